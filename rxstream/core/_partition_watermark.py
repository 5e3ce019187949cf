"""The watermark of items that come out of partitions: the least of theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from rxstream.core._feed import Partition
from rxstream.core._instants import NEVER
from rxstream.core._partitions import Partitions
from rxstream.core._passport import Slot
from rxstream.core._receiver import no_watermark


class Progress:
    """How far one partition has come."""

    __slots__ = ("high", "is_silent", "wake")

    def __init__(self) -> None:
        #: Its greatest instant; `-NEVER`: nothing has come of it.
        self.high = -NEVER
        #: From which instant on it may raise the watermark.
        self.wake = -NEVER
        #: Whether it is left out until something comes of it.
        self.is_silent = False


#: A batch, how to find the partition of its items where they may be of several, a partition, and its progress.
Turn = tuple[Any, "Callable[[Any], Partition] | None", Any, Progress]


class PartitionWatermark:
    """The watermark of one stream, told as its partitions come farther.

    A partition counts from the first item that comes of it; and before, as long as its source has some of it unread.
    What comes of no partition counts as another source; of several sources, the one that is farthest on decides, as
    for them nothing is known but the greatest instant.

    Args:
        disorder: How far the watermark stays behind the least instant, in nanoseconds.
        is_own: Whether instants are the source's own, by which it may have merged its partitions.
        joined: Hears of each partition that is waited for from now on.
    """

    def __init__(
        self, disorder: int, *, is_own: bool = False, joined: Callable[[Progress], None] | None = None
    ) -> None:
        self.rest = Progress()
        self.is_out = False
        self._disorder = disorder
        self._is_own = is_own
        self._joined = joined
        self._sources: dict[Partitions, dict[Partition, Progress]] = {}
        self._advance: Callable[[int], int] = no_watermark
        self._told = self._wake = -NEVER
        #: Whose instants are the watermark, where nobody else can hold it back.
        self._only: Progress | None = self.rest

    def turn(self, slot: Slot, advance: Callable[[int], int]) -> Turn:
        """Find the progress of the partition of which the slot's item is, and of which other items are too."""
        self._advance = advance
        batch = slot.batch
        if batch is None or batch.partitions is None:
            if self._sources:
                self._only = None
            return batch, None, None, self.rest
        partitions = batch.partitions
        if partitions not in self._sources:
            self._take_in(partitions)
        found, at = self._sources[partitions], partitions.of(slot.event)
        if at not in found:
            found[at] = Progress()
            self._note_only()
        return batch, partitions.of if partitions.are_several else None, at, found[at]

    @property
    def now(self) -> int:
        """The watermark, whether or not anybody was told of it."""
        high = self._only.high if self._only is not None else max(bound for bound, _ in self._bounds())
        return max(self._told, high) - self._disorder

    def rise(self, progress: Progress) -> None:
        """Tell how far a partition has come, where that is news to those below."""
        if progress is self._only and progress.high > self._told:
            self._told = progress.high
            self.tell()
            progress.wake = self._wake
        else:
            self.recount()

    def recount(self) -> None:
        """Find the watermark anew, and tell it where that is news to those below."""
        bounds = self._bounds()
        least = max(bound for bound, _ in bounds)
        if least > self._told:
            self._told = least
            if least >= self._wake:
                self.tell()
        for bound, those in bounds:
            self._wake_up(those, bound)

    def tell(self) -> None:
        """Tell the watermark, be it news or not."""
        self._wake = self._advance(self._told - self._disorder) + self._disorder

    def _bounds(self) -> list[tuple[int, list[Progress]]]:
        """How far each source has come, and the partitions that say so."""
        found = [(self._bound(partitions, known), [*known.values()]) for partitions, known in self._sources.items()]
        return [(self.rest.high, [self.rest]), *found]

    def _wake_up(self, those: Iterable[Progress], bound: int) -> None:
        """Let those look again that may raise the bound of their source: who is beyond it cannot."""
        for progress in those:
            progress.wake = self._wake if progress.high <= bound else NEVER

    def _bound(self, partitions: Partitions, found: dict[Partition, Progress]) -> int:
        """Before which instant nothing more is expected of a source; `-NEVER`: nobody knows."""
        roster = partitions.roster
        if not roster.ours or (self._is_own and roster.is_merged):
            return max((progress.high for progress in found.values()), default=-NEVER)
        least = NEVER
        for at in roster.ours:
            progress = found[at]
            if not progress.is_silent and (progress.high > -NEVER or at in roster.unread):
                least = min(least, progress.high)
        return least if least < NEVER else -NEVER

    def _take_in(self, partitions: Partitions) -> None:
        found: dict[Partition, Progress] = {}
        self._sources[partitions] = found
        partitions.listen(partial(self._go_by_roster, partitions, found))
        self._enroll(partitions, found)

    def _go_by_roster(self, partitions: Partitions, found: dict[Partition, Progress]) -> None:
        self._enroll(partitions, found)
        self.recount()

    def _enroll(self, partitions: Partitions, found: dict[Partition, Progress]) -> None:
        ours = partitions.roster.ours
        for at in found.keys() - ours:
            del found[at]
        for at in ours - found.keys():
            found[at] = Progress()
            if self._joined is not None:
                self._joined(found[at])
        self._note_only()

    def _note_only(self) -> None:
        everyone = [progress for found in self._sources.values() for progress in found.values()]
        if not everyone or self.rest.high > -NEVER:
            everyone.append(self.rest)
        self._only = everyone[0] if len(everyone) == 1 else None
