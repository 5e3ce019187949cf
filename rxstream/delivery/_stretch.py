"""One partition's records in flight: the batches they came in, and the position below which all is settled."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from rxstream.core import Partition, Span

if TYPE_CHECKING:
    from rxstream.delivery._ledger import Batch

#: Of one batch and partition, as many held records as take less room for themselves than by their positions.
_FEW: Final = 16
#: Of one partition, how many unsettled records are looked past for what is settled above them.
_MOST_LOOKED_PAST: Final = 100_000


class Entry:
    """One batch's stretch of one partition, until everything in it is settled."""

    __slots__ = ("batch", "end", "first", "partition", "pins", "places", "records", "stretch")

    def __init__(self, batch: Batch, span: Span, stretch: Stretch) -> None:
        self.batch = batch
        self.stretch = stretch
        self.partition, self.first, self.end, self.records = span
        # Position -> how often it is held; or, where few are left for long, their records, each as often.
        self.pins: dict[int, int] | list[Any] = {}
        self.places: array[int] | None = None  # its records' positions, where they are needed and have gaps

    @property
    def settled(self) -> bool:
        return not self.pins and self.batch.released

    @property
    def safe(self) -> int:
        """The position below which everything of it is settled."""
        return self.positions[0] if self.pins and self.batch.released else self.first

    @property
    def positions(self) -> list[int]:
        """Those that are held, in order."""
        pins = self.pins
        return sorted(pins) if isinstance(pins, dict) else sorted({self.stretch.locate(record)[1] for record in pins})

    def pin(self, record: Any, position: int) -> None:
        """Hold a record."""
        pins = self.pins
        if isinstance(pins, dict):
            pins[position] = pins.get(position, 0) + 1
        else:
            pins.append(record)

    def unpin(self, position: int) -> None:
        """Hold a record once less."""
        pins = self.pins
        if not isinstance(pins, dict):
            del pins[next(place for place, held in enumerate(pins) if self.stretch.locate(held)[1] == position)]
            self.stretch.changes += 1
        elif pins[position] == 1:
            del pins[position]
            self.stretch.changes += 1
        else:
            pins[position] -= 1

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

    def thin(self, located: Sequence[tuple[int, Any]]) -> list[Any]:
        """Do without the batch's records, given all of its own with their positions; those that must stay with it.

        Where few are held they become its pins, in place of their positions, and none must stay.
        """
        # Mostly the same number, which is kept once.
        self.records = self.stretch.sizes.setdefault(len(located), len(located))
        pins = self.pins
        assert isinstance(pins, dict)  # noqa: S101 - a batch is thinned once
        if pins and self.records != self.end - self.first:
            self.places = array("q", [position for position, _ in located])
        held = [(position, record) for position, record in located if position in pins]
        if sum(pins.values()) > _FEW:
            return [record for _, record in held]
        found = [record for position, record in held for _ in range(pins[position])]
        # A copy is as long as it must be, and no longer.
        self.pins = found[:]
        return []

    @property
    def unsettled(self) -> Sequence[tuple[int, int]]:
        """Its ranges that are not settled, in order."""
        if not self.batch.released:
            return [(self.first, self.end)]
        return [(pin, pin + 1) for pin in self.positions]


class Stretch:
    """One partition's entries in the order they were read, and the position below which all is settled."""

    __slots__ = (
        "changes",
        "committed",
        "counted",
        "end",
        "entries",
        "locate",
        "settled",
        "sizes",
        "thinned",
        "told",
        "told_last",
    )

    def __init__(self, begin: int, locate: Callable[[Any], tuple[Partition, int]]) -> None:
        self.locate = locate
        self.sizes: dict[int, int] = {}
        self.entries: deque[Entry] = deque()
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
    def first_unsettled(self) -> Entry | None:
        """The first entry that is not settled."""
        # Copied at once: it is asked from other threads too, while the run's goes on.
        return next((entry for entry in tuple(self.entries) if not entry.settled), None)

    @property
    def has_news(self) -> bool:
        """Whether there is something to commit."""
        if self.safe > self.committed:
            return True
        return self.changes > self.told and next(self.above(), None) is not None
