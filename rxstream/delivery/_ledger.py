"""The ledger: which records of a source are still being worked on, and how far it may commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rxstream.core import Event, Feed, Partition, Partitions, Poll, Span
from rxstream.delivery._answers import Answers
from rxstream.delivery._rosters import Rosters
from rxstream.delivery._stretch import Entry, Stretch

#: Of `max_in_flight`, what may still be waiting when reading goes on: so that it does not flutter.
_RESUME_SHARE: Final = 0.75
#: Seconds.
_MOMENT: Final = 0.1


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
        "partitions",
        "records",
        "tracks",
    )

    def __init__(self, ledger: Ledger, records: Sequence[Any], lift: Callable[[Any], Event[Any]], tracks: bool) -> None:
        self._ledger = ledger
        # Few, and mostly one: to look through them costs less than a dict.
        self._entries: tuple[Entry, ...] = ()
        self._open = True
        self._forgotten = 0  # records that are no longer kept here
        self._whole = 0
        self._waiting = 0
        #: When it was handed over, on a clock that only runs on.
        self.opened = ledger.moment()
        self._weight = 0
        self.partitions = ledger.partitions
        self.records = records
        self.lift = lift
        self.tracks = tracks

    @property
    def released(self) -> bool:
        """Whether the pass is over and nobody holds the batch as a whole."""
        return not self._open and not self._whole

    @property
    def is_at_work(self) -> bool:
        """Whether some of its records wait for work, or are worked on."""
        return self._weight > 0

    def pin(self, record: Any, waiting: bool) -> None:
        """Keep one record unsettled."""
        if waiting:
            self._waiting += 1
            self._ledger.at_work += 1
            self._weigh()
        if self.tracks:
            partition, position = self._ledger.locate(record)
            self._entry_of(partition).pin(record, position)

    def unpin(self, record: Any, waiting: bool) -> None:
        """Take one pin back."""
        if self.tracks:
            partition, position = self._ledger.locate(record)
            self._entry_of(partition).unpin(position)
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
        if self._whole:
            # One that is read lazily has grown since it was weighed.
            self._weigh()
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

    def enter(self, span: Span, stretch: Stretch) -> Entry:
        """Make the entry of one of its stretches."""
        entry = Entry(self, span, stretch)
        self._entries += (entry,)
        return entry

    def thin(self) -> None:
        """Keep of the records, once it is released, those that are held: there may be one for years."""
        if self._forgotten:
            return
        located: dict[Partition, list[tuple[int, Any]]] = {entry.partition: [] for entry in self._entries}
        for record in self.records:
            partition, position = self._ledger.locate(record)
            located[partition].append((position, record))
        kept = [record for entry in self._entries for record in entry.thin(located[entry.partition])]
        self._forgotten = len(self.records) - len(kept)
        self.records = tuple(kept)

    def _entry_of(self, partition: Partition) -> Entry:
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
        self._stretches: dict[Partition, Stretch] = {}
        self._room = asyncio.Event()
        self._room.set()
        self.locate = feed.locate or _nowhere
        self.partitions = None if feed.partition_of is None else Partitions(feed.partition_of)
        self.rosters = None if self.partitions is None else Rosters(self.partitions)
        self._latest = 0
        self._moment = 0.0
        self.waiting = 0
        self.at_work = 0
        self.committed = 0

    def moment(self) -> float:
        """Now, to a tenth of a second: batches of one moment share the number."""
        now = time.monotonic()
        if now - self._moment >= _MOMENT:
            self._moment = now
        return self._moment

    def open(self, poll: Poll) -> Batch:
        """Start a batch: all of it is unsettled until it is closed."""
        batch = Batch(self, poll.records, self._feed.lift, bool(poll.spans))
        self._latest = len(poll.records)
        for span in poll.spans:
            stretch = self._stretches.get(span.partition)
            if stretch is None:
                stretch = self._stretches[span.partition] = Stretch(span.first, self.locate)
            stretch.entries.append(batch.enter(span, stretch))
            stretch.end = span.end
        if self._answers is not None:
            self._answers.expect(batch)
        if self.rosters is not None:
            self.rosters.opened(batch)
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
        records = [*entry.batch.records, *(entry.pins if isinstance(entry.pins, list) else ())]
        # Where positions have gaps, the first one of a stretch may be that of no record.
        record = next((one for one in records if self.locate(one) >= at and self.locate(one)[0] == at[0]), records[0])
        return Stuck(entry.batch, record, time.monotonic() - entry.batch.opened)

    @property
    def unsettled(self) -> int:
        """How many records have not been settled."""
        return sum(
            len(entry.positions) if entry.batch.released else entry.below(entry.end)
            for stretch in self._stretches.values()
            for entry in stretch.entries
        )


def _nowhere(_record: Any) -> tuple[Partition, int]:
    raise AssertionError("a source without positions has no pins")
