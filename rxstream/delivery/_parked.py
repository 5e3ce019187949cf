"""What a sink has not taken and is to be written again, with later items of the same keys behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from rxstream.core import Context
from rxstream.delivery._gathered import Gathered, failures_of
from rxstream.delivery._retries import place_in_order, seconds_to_retry, wait_to_retry


class _Unit:
    """Items that are written together: they have failed, or wait behind others that have.

    Args:
        items: The items, each held for itself.
        keys: Their keys; later items of these wait.
    """

    __slots__ = ("attempts", "behind", "failed", "items", "keys")

    def __init__(self, items: Gathered, keys: Iterable[Any]) -> None:
        self.items = items
        self.keys = set(keys)
        #: By place, what they have failed with so far.
        self.failed: Mapping[int, BaseException] = {}
        self.attempts = 0
        #: What waits for it.
        self.behind: _Unit | None = None


class Parked:
    """Units of items, in rows: the first one of each has failed, the others wait behind it.

    A write that failed as a whole is repeated as a whole; of one that says which items failed, each of these is a unit.

    Args:
        name: The sink's.
        context: Whose policy it is.
        write: Writes a batch, and says what was wrong.
        finish: Takes items that are written, or have failed for good by what it is told.
        on_idle: Called when nothing is parked any more.
        real: Whether the sink's time is the wall's.
    """

    def __init__(
        self,
        name: str,
        context: Context,
        *,
        write: Callable[[Gathered], Awaitable[BaseException | None]],
        finish: Callable[[Gathered, Mapping[int, BaseException]], object],
        on_idle: Callable[[], None],
        real: bool,
    ) -> None:
        self._name = name
        self._context = context
        self._write = write
        self._finish = finish
        self._on_idle = on_idle
        self._real = real
        #: For each key the last unit that it stands in.
        self._last: dict[Any, _Unit] = {}

    def __bool__(self) -> bool:
        return bool(self._last)

    def take_failed(self, batch: Gathered, error: BaseException | None) -> dict[int, BaseException]:
        """Park what is to be tried again of a batch; returns what has failed for good."""
        failed = failures_of(batch, error)
        again = [place for place in failed if seconds_to_retry(self._context, failed[place], 1) is not None]
        whole = len(again) == len(batch) and len(set(map(id, failed.values()))) == 1
        for places in [again] if whole else [[place] for place in again]:
            if places:
                self._park(batch, places, [failed[place] for place in places])
        return {place: failed[place] for place in failed if place not in again}

    def without_waiting(self, batch: Gathered) -> Gathered:
        """What of a batch may be written now; what has a key that is parked, waits behind it."""
        keys = [self._key_of(batch, place) for place in range(len(batch))]
        waiting = [place for place, key in enumerate(keys) if key in self._last]
        if not waiting:
            return batch
        going = batch.part([place for place, key in enumerate(keys) if key not in self._last], self._context.slot)
        for place in waiting:
            self._line_up(batch.part([place], self._context.slot), keys[place])
        batch.settle()
        return going

    def _key_of(self, batch: Gathered, place: int) -> Any:
        found: list[Any] = []
        slot = self._context.slot
        batch.in_the_name_of(place, slot, lambda: found.append(place_in_order(slot)))
        return found[0]

    def _park(self, batch: Gathered, places: list[int], errors: list[BaseException]) -> None:
        keys = [self._key_of(batch, place) for place in places]
        items = batch.part(places, self._context.slot)
        if len(places) == 1 and keys[0] in self._last:
            # The second one of its key in one batch.
            self._line_up(items, keys[0])
            return
        unit = _Unit(items, keys)
        unit.failed, unit.attempts = dict(enumerate(errors)), 1
        self._last |= dict.fromkeys(keys, unit)
        self._context.spawn(self._work(unit), self._name, real=self._real)

    def _line_up(self, item: Gathered, key: Any) -> None:
        last = self._last[key]
        if last.behind is None:
            last.behind = _Unit(Gathered(self._name), [])
        last.behind.items.take_over(item)
        last.behind.keys.add(key)
        self._last[key] = last.behind

    async def _work(self, first: _Unit) -> None:
        unit: _Unit | None = first
        while unit is not None:
            await self._write_until_done(unit)
            for key in unit.keys:
                if self._last[key] is unit:
                    del self._last[key]
            unit = unit.behind
        self._on_idle()

    async def _write_until_done(self, unit: _Unit) -> None:
        while len(unit.items):
            if unit.failed and not await wait_to_retry(self._context, next(iter(unit.failed.values())), unit.attempts):
                self._finish(unit.items, unit.failed)
                return
            failed = failures_of(unit.items, await self._write(unit.items))
            unit.attempts += 1
            items, again = unit.items, sorted(failed)
            unit.items = items.part(again, self._context.slot)
            unit.failed = {place: failed[found] for place, found in enumerate(again)}
            self._finish(
                items.part([place for place in range(len(items)) if place not in failed], self._context.slot), {}
            )
            items.settle()
