"""Begin a stream with given values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from rxstream.core import Downstream, Event, Hold, Operator, Reactions, make_event, node

T = TypeVar("T")


def start_with(*values: Any) -> Operator[T, Any]:
    """Hand on ``values`` when the stream starts, before its first item.

    .. marble::

        -----c-d-|
        [ start_with("a", "b") ]
        (ab)-c-d-|

    They come at the first instant of the run, or of the subscription, also where the stream has no items or fails at
    once. Their passports have no key and no timestamp, unless a value is an Event, which brings its own.

    Args:
        values: Any number of them.

    State: none once they are handed on.

    Delivery: they are no records of the source; the source's items stay their own.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2]).pipe(ops.start_with(0)))
        [0, 1, 2]
    """
    events = [value if isinstance(value, Event) else make_event(value, None, None, (), None) for value in values]

    def start(down: Downstream[Any]) -> Reactions:
        return _Beginning(events, down).reactions()

    return node("start_with", start)


class _Beginning:
    """The values of one subscription, until they are handed on."""

    def __init__(self, events: Sequence[Event[Any]], down: Downstream[Any]) -> None:
        self._events = events
        self._down = down
        self._begun = False
        # The instant at which the stream starts, unless its source does something before that.
        self._timer = down.timer(self._begin, carries=True)
        self._timer.start(0)

    def reactions(self) -> Reactions:
        watermark = self._on_watermark if self._down.keeps_event_time else None
        return Reactions(
            self._on_next, on_completed=self._on_completed, on_watermark=watermark, on_error=self._on_error
        )

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        self._timer.stop()
        for event in self._events:
            if self._down.stop.now:
                return
            Hold.joint(event, ()).emit(self._down.emit, event.value)

    def _on_next(self, value: Any) -> None:
        if not self._begun:
            self._begin()
        self._down.emit(value)

    def _on_watermark(self, watermark: int) -> int:
        self._begin()
        return self._down.watermark(watermark)

    def _on_completed(self) -> None:
        self._begin()
        self._down.complete()

    def _on_error(self, error: BaseException) -> None:
        self._begin()
        self._down.fail(error)
