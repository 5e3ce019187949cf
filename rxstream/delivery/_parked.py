"""Items that a sink has not taken and that are written again, each with later ones of its key behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from rxstream.core import Context
from rxstream.delivery._gathered import Gathered
from rxstream.delivery._retries import place_in_order, wait_to_retry


@dataclass(slots=True)
class _Parked:
    """One item, held for itself; what it failed with, or that it waits for its turn."""

    item: Gathered
    error: BaseException | None
    attempts: int


class Parked:
    """Rows of items, one a key: the first ones have failed, the others wait behind them.

    Args:
        name: The sink's.
        context: Whose policy it is.
        write: Writes a batch, and says which of its items failed.
        finish: Takes an item that is written, or that has failed for good.
        on_idle: Called when nothing is parked any more.
        real: Whether the sink's time is the wall's.
    """

    def __init__(
        self,
        name: str,
        context: Context,
        *,
        write: Callable[[Gathered], Awaitable[Mapping[int, BaseException]]],
        finish: Callable[[Gathered, BaseException | None], None],
        on_idle: Callable[[], None],
        real: bool,
    ) -> None:
        self._name = name
        self._context = context
        self._write = write
        self._finish = finish
        self._on_idle = on_idle
        self._real = real
        self._rows: dict[Any, deque[_Parked]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def take_failed(self, batch: Gathered, failed: Mapping[int, BaseException]) -> dict[int, BaseException]:
        """Park what is to be tried again of a batch; returns what has failed for good."""
        for_good: dict[int, BaseException] = {}
        for place, error in failed.items():
            retrying = self._context.retrying
            if retrying is None or retrying.wait_before(error, 1) is None:
                for_good[place] = error
            else:
                self._park(batch, place, error)
        return for_good

    def without_waiting(self, batch: Gathered) -> Gathered:
        """What of a batch may be written now; those whose keys have a row wait in it."""
        places = [self._place_of(batch, place) for place in range(len(batch))]
        waiting = [place for place, at in enumerate(places) if at in self._rows]
        if not waiting:
            return batch
        going = batch.part((place for place, at in enumerate(places) if at not in self._rows), self._context.slot)
        for place in waiting:
            self._park(batch, place, None)
        batch.settle()
        return going

    def _place_of(self, batch: Gathered, place: int) -> Any:
        found: list[Any] = []
        slot = self._context.slot
        batch.in_the_name_of(place, slot, lambda: found.append(place_in_order(slot)))
        return found[0]

    def _park(self, batch: Gathered, place: int, error: BaseException | None) -> None:
        at = self._place_of(batch, place)
        parked = _Parked(batch.part([place], self._context.slot), error, 0 if error is None else 1)
        row = self._rows.get(at)
        if row is None:
            self._rows[at] = deque([parked])
            self._context.spawn(self._work(at), self._name, real=self._real)
        else:
            row.append(parked)

    async def _work(self, at: Any) -> None:
        row = self._rows[at]
        while row:
            first = row[0]
            if first.error is None:
                tried = list(takewhile(lambda parked: parked.error is None, row))
            elif await wait_to_retry(self._context, first.error, first.attempts):
                tried = [first]
            else:
                row.popleft()
                self._finish(first.item, first.error)
                continue
            await self._try(tried)
            done = [parked for parked in tried if parked.error is None]
            self._rows[at] = row = deque(parked for parked in row if parked not in done)
            for parked in done:
                self._finish(parked.item, None)
        del self._rows[at]
        self._on_idle()

    async def _try(self, tried: Iterable[_Parked]) -> None:
        """Write some of a row; what each then failed with, is noted."""
        listed = list(tried)
        failed = await self._write(Gathered.of([parked.item for parked in listed]))
        for place, parked in enumerate(listed):
            parked.attempts += 1
            parked.error = failed.get(place)
