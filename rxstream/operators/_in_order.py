"""Sort items by event time."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar

from rxstream.core import NEVER, Downstream, Hold, Operator, Reactions, item_time, node

T = TypeVar("T")


def in_order() -> Operator[T, T]:
    """Hand on the items in the order of their timestamps.

    .. marble::

        -c-b-d-a---|
        [ event_time(lambda x: ord(x), unit="s", disorder=2), in_order() ]
        -----b-----(cd|)

    An item is handed on as soon as the watermark has reached it, as no earlier one comes then: the disorder that the
    source or ``event_time`` was given is how far items are sorted, and without any nothing waits. Ties come as they
    came. The end hands on the rest; an error is handed on at once, and what is kept then is not. Passports stay as
    they are. Items without a timestamp count by the run's clock.

    An item that is behind the watermark is late: it could no longer be put in order, so it is let go, and counted in
    the report. Give more ``disorder`` to keep it. Without a watermark (no ``event_time`` and no dated source above)
    everything waits for the end.

    State: the items that the watermark has not reached.

    Delivery: an item that is kept is not settled, but does not keep its source from reading on.

    Example:
        >>> readings = rs.from_history([(2, "b"), (1, "a"), (9, "c")], unit="s", disorder=5)
        >>> rs.collect(readings.pipe(ops.in_order()))
        ['a', 'b', 'c']
    """

    def start(down: Downstream[Any]) -> Reactions:
        return _Sorting(down).reactions()

    # It hands on passports as they are, but must see the instants that operators above have said.
    return node("in_order", start, passport=True)


class _Sorting:
    """One subscription: the items that the watermark has not reached."""

    def __init__(self, down: Downstream[Any]) -> None:
        self._down = down
        self._slot = down.context.slot
        self._watermark = self._wake = -NEVER
        self._numbers = count()
        #: By instant, and those of one instant in order of arrival.
        self._kept: list[tuple[int, int, Any, Hold]] = []

    def reactions(self) -> Reactions:
        return Reactions(self._on_next, on_completed=self._on_completed, on_watermark=self._on_watermark)

    def _on_next(self, value: Any) -> None:
        time = item_time(self._slot)
        if time is None:
            time = self._down.context.scheduler.now_ns
        if time > self._watermark:
            heappush(self._kept, (time, next(self._numbers), value, self._down.hold()))
        elif time == self._watermark:
            self._down.emit(value)
        else:
            self._down.context.statistics.late += 1

    def _on_watermark(self, watermark: int) -> int:
        if watermark > self._watermark:
            self._watermark = watermark
            self._hand_on(watermark)
            if watermark >= self._wake:
                self._wake = self._down.watermark(watermark)
        # Whether an item is late depends on every step.
        return watermark + 1

    def _on_completed(self) -> None:
        self._hand_on(NEVER)
        self._down.complete()

    def _hand_on(self, until: int) -> None:
        kept, stop = self._kept, self._down.stop
        while kept and kept[0][0] <= until and not stop.now:
            _, _, value, hold = heappop(kept)
            hold.emit(self._down.emit, value)
            hold.release()
