"""The ledger: which records of a source are still being worked on, and how far it may commit."""

from __future__ import annotations

import asyncio
import time
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from rxstream.core import Event, Feed, Partition, Poll, Span
from rxstream.delivery._answers import Answers

#: Of `max_in_flight`, what may still be waiting when reading goes on: so that it does not flutter.
_RESUME_SHARE: Final = 0.75
#: Of one partition, how many unsettled records are looked past for what is settled above them.
_MOST_LOOKED_PAST: Final = 100_000


class _Entry:
    """One batch's stretch of one partition, until everything in it is settled."""

    __slots__ = ("batch", "end", "first", "partition", "pins", "places", "records", "stretch")

    def __init__(self, batch: Batch, span: Span, stretch: _Stretch) -> None:
        self.batch = batch
        self.stretch = stretch
        self.partition, self.first, self.end, self.records = span
        self.pins: dict[int, int] = {}  # position -> how often it is held
        self.places: array[int] | None = None  # its records' positions, where they are needed and have gaps

    @property
    def settled(self) -> bool:
        return not self.pins and self.batch.released

    @property
    def safe(self) -> int:
        """The position below which everything of it is settled."""
        return min(self.pins) if self.pins and self.batch.released else self.first

    def below(self, position: int) -> int:
        """How many of its records lie below a position."""
        if position >= self.end and self.records is not None:
            return self.records
        if position <= self.first:
            return 0
        if self.records == self.end - self.first:
            return position - self.first
        if self.places is not None:
            return bisect_left(self.places, position)
        return self.batch.count(self.partition, position)

    def forget_records(self, positions: array[int]) -> None:
        """Do without the batch's records, given all their positions."""
        self.records = len(positions)
        if self.pins and self.records != self.end - self.first:
            self.places = positions

    @property
    def unsettled(self) -> Sequence[tuple[int, int]]:
        """Its ranges that are not settled, in order."""
        if not self.batch.released:
            return [(self.first, self.end)]
        return [(pin, pin + 1) for pin in sorted(self.pins)]


class _Stretch:
    """One partition's entries in the order they were read, and the position below which all is settled."""

    __slots__ = ("changes", "committed", "counted", "end", "entries", "settled", "thinned", "told", "told_last")

    def __init__(self, begin: int) -> None:
        self.entries: deque[_Entry] = deque()
        self.end = begin
        self.settled = 0  # records of entries that are settled as a whole
        self.committed = begin
        self.counted = 0  # records below what is committed
        self.changes = 0  # how often something in it was settled
        self.told_last = 0  # of these, how many were known when commits were asked for
        self.told = 0  # and when they were last taken
        self.thinned = 0  # how many entries from the first on have been looked at for what need not be kept

    @property
    def safe(self) -> int:
        self.let_go()
        return self.entries[0].safe if self.entries else self.end

    def let_go(self) -> None:
        """Forget what is settled and has nothing unsettled before it."""
        while self.entries and self.entries[0].settled:
            entry = self.entries.popleft()
            self.thinned = max(0, self.thinned - 1)
            self.settled += entry.below(entry.end)

    def below(self, position: int) -> int:
        """How many records lie below a position that is safe."""
        return self.settled + (self.entries[0].below(position) if self.entries else 0)

    def above(self) -> Iterator[tuple[int, int]]:
        """The ranges that are settled above the first record that is not, in order."""
        settled_from: int | None = None
        looked_past = 0
        for entry in self.entries:
            for first, end in entry.unsettled:
                if settled_from is not None and settled_from < first:
                    yield settled_from, first
                settled_from = end
                looked_past += 1
            if looked_past > _MOST_LOOKED_PAST:
                return
        if settled_from is not None and settled_from < self.end:
            yield settled_from, self.end

    def thin(self) -> None:
        """Let go of what is settled of those batches that stay because something else in them is not."""
        for entry in islice(self.entries, self.thinned, None):
            if not entry.batch.released:
                return
            entry.batch.thin()
            self.thinned += 1

    @property
    def first_unsettled(self) -> _Entry | None:
        """The first entry that is not settled."""
        return next((entry for entry in tuple(self.entries) if not entry.settled), None)

    @property
    def has_news(self) -> bool:
        """Whether there is something to commit."""
        if self.safe > self.committed:
            return True
        return self.changes > self.told and next(self.above(), None) is not None


class Batch:
    """The records of one poll, unsettled until the pass is over and nobody holds any of them."""

    __slots__ = (
        "_entries",
        "_forgotten",
        "_ledger",
        "_open",
        "_waiting",
        "_weight",
        "_whole",
        "lift",
        "opened",
        "records",
        "tracks",
    )

    def __init__(self, ledger: Ledger, records: Sequence[Any], lift: Callable[[Any], Event[Any]], tracks: bool) -> None:
        self._ledger = ledger
        # Few, and mostly one: to look through them costs less than a dict.
        self._entries: tuple[_Entry, ...] = ()
        self._open = True
        self._forgotten = 0  # records that are settled and no longer kept
        self._whole = 0
        self._waiting = 0
        #: When it was handed over, on a clock that only runs on.
        self.opened = time.monotonic()
        self._weight = 0
        self.records = records
        self.lift = lift
        self.tracks = tracks

    @property
    def released(self) -> bool:
        """Whether the pass is over and nobody holds the batch as a whole."""
        return not self._open and not self._whole

    def pin(self, record: Any, waiting: bool) -> None:
        """Keep one record unsettled."""
        if waiting:
            self._waiting += 1
            self._ledger.at_work += 1
            self._weigh()
        if self.tracks:
            partition, position = self._ledger.locate(record)
            pins = self._entry_of(partition).pins
            pins[position] = pins.get(position, 0) + 1

    def unpin(self, record: Any, waiting: bool) -> None:
        """Take one pin back."""
        if self.tracks:
            partition, position = self._ledger.locate(record)
            entry = self._entry_of(partition)
            pins = entry.pins
            if pins[position] == 1:
                del pins[position]
                entry.stretch.changes += 1
            else:
                pins[position] -= 1
        if waiting:
            self._waiting -= 1
            self._ledger.at_work -= 1
            self._weigh()

    def hold_all(self) -> None:
        """Keep the whole batch unsettled, as waiting for work."""
        self._whole += 1
        self._weigh()

    def release_all(self) -> None:
        """Take one hold on the whole batch back."""
        self._whole -= 1
        self._weigh()
        self._note_change()

    def close(self) -> None:
        """The pass is over: what nobody holds is settled."""
        self._open = False
        self._note_change()

    def close_at(self, record: Any) -> None:
        """The pass broke at ``record``: it and all behind it in the batch stay unsettled for ever."""
        self._pin_for_ever(record, behind=0)

    def close_behind(self, record: Any) -> None:
        """Nothing behind ``record`` was wanted: it stays unsettled for ever."""
        self._pin_for_ever(record, behind=1)

    def count(self, partition: Partition, position: int) -> int:
        """How many of its records lie below a position of a partition."""
        located = map(self._ledger.locate, self.records)
        return sum(at == partition and found < position for at, found in located)

    def _pin_for_ever(self, record: Any, *, behind: int) -> None:
        # Where nothing is tracked the records are left alone: a lazy batch would ask its source for more.
        if self.tracks:
            place = next((place for place, found in enumerate(self.records) if found is record), 0)
            for unsettled in self.records[place + behind :]:
                self.pin(unsettled, False)
        self._open = False

    def enter(self, span: Span, stretch: _Stretch) -> _Entry:
        """Make the entry of one of its stretches."""
        entry = _Entry(self, span, stretch)
        self._entries += (entry,)
        return entry

    def thin(self) -> None:
        """Keep of the records, once it is released, those that are held: there may be one for years."""
        positions: dict[Partition, array[int]] = {entry.partition: array("q") for entry in self._entries}
        kept = []
        for record in self.records:
            partition, position = self._ledger.locate(record)
            positions[partition].append(position)
            if position in self._entry_of(partition).pins:
                kept.append(record)
        if not self._forgotten:
            for entry in self._entries:
                entry.forget_records(positions[entry.partition])
        self._forgotten += len(self.records) - len(kept)
        self.records = tuple(kept)

    def _entry_of(self, partition: Partition) -> _Entry:
        entries = self._entries
        return entries[0] if len(entries) == 1 else next(entry for entry in entries if entry.partition == partition)

    def _note_change(self) -> None:
        if self.released:
            for entry in self._entries:
                entry.stretch.changes += 1
                # Its records go while they are young: kept until the next commit, the garbage collector counts them.
                entry.stretch.let_go()

    def _weigh(self) -> None:
        # Held as a whole it weighs its records; otherwise what is held for work, but no more than it has.
        size = len(self.records) + self._forgotten
        weight = size if self._whole else min(self._waiting, size)
        if weight != self._weight:
            self._ledger.add_waiting(weight - self._weight)
            self._weight = weight


class Stuck(NamedTuple):
    """A record that is not settled, and for how many seconds it has been."""

    batch: Batch
    record: Any
    seconds: float


class Ledger:
    """One source's records in flight.

    The number that wait for work or for a sink is the backpressure, those that functions are at work on is `at_work`;
    the position below which everything is settled is what the source may commit.

    Args:
        feed: The source.
        answers: Where its records wait for answers; None: they are settled without.
    """

    def __init__(self, feed: Feed, answers: Answers | None = None) -> None:
        self._feed = feed
        self._answers = answers
        self._stretches: dict[Partition, _Stretch] = {}
        self._room = asyncio.Event()
        self._room.set()
        self.locate = feed.locate or _nowhere
        self._latest = 0
        self.waiting = 0
        self.at_work = 0
        self.committed = 0

    def open(self, poll: Poll) -> Batch:
        """Start a batch: all of it is unsettled until it is closed."""
        batch = Batch(self, poll.records, self._feed.lift, bool(poll.spans))
        self._latest = len(poll.records)
        for span in poll.spans:
            stretch = self._stretches.setdefault(span.partition, _Stretch(span.first))
            stretch.entries.append(batch.enter(span, stretch))
            stretch.end = span.end
        if self._answers is not None:
            self._answers.expect(batch)
        return batch

    def forget(self, partitions: Iterable[Partition]) -> None:
        """Commit nothing more of what was read of these partitions: another reader has them, and begins anew."""
        for partition in partitions:
            self._stretches.pop(partition, None)

    def add_waiting(self, change: int) -> None:
        """Note that more or fewer records wait for work."""
        self.waiting += change
        # The next poll, likely to be as large as the latest, must find room too; but no poll is so large that one
        # record which waits for long keeps all others from being read.
        most = self._feed.max_in_flight
        limit = most - min(self._latest, most // 2)
        if self.waiting > limit:
            self._room.clear()
        elif self.waiting <= min(limit, most * _RESUME_SHARE):
            self._room.set()

    @property
    def has_room(self) -> bool:
        """Whether more may be read."""
        return self._room.is_set()

    async def wait_room(self) -> None:
        """Wait until so few records wait for work that more may be read."""
        await self._room.wait()

    def commits(self) -> dict[Partition, int]:
        """Of the partitions in which something was settled since the last commit, the positions to commit."""
        found = {}
        for partition, stretch in self._stretches.items():
            stretch.thin()
            if stretch.has_news:
                stretch.told_last = stretch.changes
                found[partition] = stretch.safe
        return found

    def above(self, partition: Partition) -> Iterator[tuple[int, int]]:
        """The ranges ``(first, end)`` of a partition that are settled above the position to commit, in order."""
        stretch = self._stretches.get(partition)
        return iter(()) if stretch is None else stretch.above()

    def note_committed(self, positions: Mapping[Partition, int]) -> None:
        """Note what was committed."""
        for partition, position in positions.items():
            stretch = self._stretches.get(partition)
            if stretch is not None:
                below = stretch.below(position)
                self.committed += below - stretch.counted
                stretch.committed, stretch.counted = position, below
                stretch.told = stretch.told_last

    @property
    def oldest(self) -> Stuck | None:
        """The record that has been unsettled for longest; None where there is none."""
        firsts = [entry for stretch in list(self._stretches.values()) if (entry := stretch.first_unsettled) is not None]
        entry = min(firsts, key=lambda found: found.batch.opened, default=None)
        if entry is None:
            return None
        position, _ = entry.unsettled[0]
        at = (entry.partition, position)
        records = entry.batch.records
        # Where positions have gaps, the first one of a stretch may be that of no record.
        record = next((one for one in records if self.locate(one) >= at and self.locate(one)[0] == at[0]), records[0])
        return Stuck(entry.batch, record, time.monotonic() - entry.batch.opened)

    @property
    def unsettled(self) -> int:
        """How many records have not been settled."""
        return sum(
            len(entry.pins) if entry.batch.released else entry.below(entry.end)
            for stretch in self._stretches.values()
            for entry in stretch.entries
        )


def _nowhere(_record: Any) -> tuple[Partition, int]:
    raise AssertionError("a source without positions has no pins")
