"""A batch for a sink: values, their passports on demand, and the holds that keep their records unsettled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from rxstream.core import UNSET, Batch, Event, Hold, Slot, passport
from rxstream.errors import BatchError

_NOTHING_SAID: Final = (UNSET, UNSET, UNSET)


class Gathered(Sequence[Any]):
    """Values for a sink, with what is needed to make their passports and to settle them.

    A source's batch is held once, as a whole; only what a keeper hands on has a hold of its own.

    Args:
        holder: The sink's name, for whoever asks why something is not settled.
    """

    __slots__ = ("_batches", "_holds", "_said", "holder", "last", "records", "values")

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self.values: list[Any] = []
        self.records: list[Any] = []
        self._batches: list[tuple[int, Batch]] = []  # from which place on records are of which batch
        self.last: Batch | None = None
        self._holds: dict[int, Hold] = {}
        self._said: list[tuple[Any, Any, Any]] = []  # key, time and headers, where operators may have changed them

    def __repr__(self) -> str:
        return f"Batch({self.values!r})"

    def hold(self, slot: Slot) -> None:
        """Keep the record of the item that the slot names; nothing to do for a batch that is held already."""
        if slot.hold is not None:
            # For itself: those above may be done with it, and still it waits for the sink.
            self._holds[len(self.values)] = Hold(slot, waiting=True, holder=self.holder)
        elif slot.batch is not self.last:
            self._begin(slot.batch)

    def note_passport(self, slot: Slot) -> None:
        """Remember what operators made of the item's key, time and headers."""
        self._said.append((slot.key, slot.time, slot.headers))

    def part(self, places: Iterable[int], slot: Slot) -> Gathered:
        """Some of its items, each held for itself, so that they outlive the rest; ``slot`` is lent for it."""
        made = Gathered(self.holder)
        saved = slot.save()
        for place in places:
            self.name_in(slot, place)
            made._holds[len(made.values)] = Hold(slot, waiting=True, holder=self.holder)
            made._append_from(self, place)
        slot.restore(saved)
        return made

    def take_over(self, part: Gathered) -> None:
        """Append what `part` made, and hold it from now on."""
        for place in range(len(part)):
            self._holds[len(self.values)] = part._holds[place]
            self._append_from(part, place)

    def _append_from(self, other: Gathered, place: int) -> None:
        self.values.append(other.values[place])
        self.records.append(other.records[place])
        if other._said:
            self._said.append(other._said[place])

    def _begin(self, batch: Batch | None) -> None:
        self.last = batch
        if batch is not None:
            self._batches.append((len(self.values), batch))
            batch.hold_all()

    @property
    def events(self) -> Sequence[Event[Any]]:
        """One Event a value: the item's passport."""
        return _Passports(self)

    def name_in(self, slot: Slot, place: int) -> None:
        """Make ``slot`` name the item at ``place``."""
        hold = self._holds.get(place)
        slot.event, slot.hold = self.records[place], hold
        slot.batch = self._batch_of(place) if hold is None else hold.batch
        slot.key, slot.time, slot.headers = self._said[place] if self._said else _NOTHING_SAID

    def in_the_name_of(self, place: int, slot: Slot, act: Callable[[], None]) -> None:
        """Call ``act`` as if the item at ``place`` were just passing."""
        saved = slot.save()
        self.name_in(slot, place)
        try:
            act()
        finally:
            slot.restore(saved)

    def passport_of(self, place: int) -> Event[Any]:
        """The Event of one item."""
        slot = Slot()
        self.name_in(slot, place)
        return passport(slot, self.values[place])

    def keeps(self, batch: Batch) -> bool:
        """Whether it holds a source's batch as a whole."""
        return any(held is batch for _, held in self._batches)

    def settle(self) -> None:
        """Let go of everything."""
        for hold in self._holds.values():
            hold.release()
        for _, batch in self._batches:
            batch.release_all()
        self._holds, self._batches = {}, []

    def _batch_of(self, place: int) -> Batch | None:
        found: Batch | None = None
        for first, batch in self._batches:
            if first > place:
                break
            found = batch
        return found

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: Any) -> Any:
        return self.values[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)


def failures_of(batch: Gathered, error: BaseException | None) -> dict[int, BaseException]:
    """By place, what failed of a batch: what the error says, or all of it."""
    if error is None:
        return {}
    return dict(error.errors) if isinstance(error, BatchError) else dict.fromkeys(range(len(batch)), error)


class _Passports(Sequence[Event[Any]]):
    """The passports of a batch, each made when it is asked for."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered

    def __len__(self) -> int:
        return len(self._gathered)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self._gathered.passport_of(at) for at in range(*place.indices(len(self)))]
        return self._gathered.passport_of(range(len(self))[place])
