"""Event time of a stream that is left out while it is silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rxstream.core import NEVER, Downstream, Operator, Reactions, node

#: The timer's first instant: whenever the run begins.
_BEGIN = 0


def leaving_when_idle(
    read: Callable[[Any], int], time_of: Callable[[Any], Any], disorder: int, idle: int
) -> Operator[Any, Any]:
    """Give each item its instant, and the stream its watermark; after a silence it is left out, until an item comes.

    Args:
        read: Makes an instant in nanoseconds of what ``time_of`` finds.
        time_of: Finds an item's instant.
        disorder: How far the watermark stays behind the greatest instant, in nanoseconds.
        idle: The silence, in nanoseconds.
    """

    def start(down: Downstream[Any]) -> Reactions:
        slot, emit = down.context.slot, down.emit
        high = wake = -NEVER
        has_begun = is_out = False

        def on_next(value: Any) -> None:
            nonlocal high, wake, has_begun, is_out
            slot.time = instant = read(time_of(value))
            high = max(high, instant)
            # Who was left out must be counted again, even where the watermark is no news.
            if is_out or high >= wake:
                is_out = False
                wake = down.watermark(high - disorder) + disorder
            has_begun = True
            silence.start(idle)
            emit(value)

        def leave() -> None:
            nonlocal has_begun, is_out
            if has_begun:
                is_out = True
                down.idle()
            else:
                # The run begins: before, its clock had no time to count from.
                has_begun = True
                silence.start(idle)

        silence = down.timer(leave, carries=False)
        silence.start_at(_BEGIN)
        down.stop.listen(silence.stop)
        return Reactions(on_next, on_completed=_stopping(silence.stop, down.complete), on_watermark=_replaced)

    return node("event_time", start, passport=True)


def _stopping(stop: Callable[[], None], complete: Callable[[], None]) -> Callable[[], None]:
    def on_completed() -> None:
        stop()
        complete()

    return on_completed


def _replaced(_watermark: int) -> int:
    """The stream has a watermark of its own."""
    return NEVER
