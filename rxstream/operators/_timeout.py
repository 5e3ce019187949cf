"""End with an error where nothing comes for too long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from rxstream.core import Downstream, Operator, Reactions, linked_stop, node, ns_to_datetime, positive_duration_ns

T = TypeVar("T")


def timeout(d: float | timedelta) -> Operator[T, T]:
    """Hand on all items; end with a `TimeoutError` where more than ``d`` passes without one.

    .. marble::

        -a-b------c|
        [ timeout(3) ]
        -a-b--#
          where error = TimeoutError(
              "timeout: an item must come within 3 s; none has since 1970-01-01T00:00:03+00:00. "
              "Give more time, or find out why nothing comes."
          )

    It counts from the start of the subscription to the first item, and from each item to the next one, or the end, on
    the run's clock. What comes after exactly ``d`` is in time.

    The error is the stream's, and no item's: no error handler is asked. A run is ended by it; a plain subscription
    gets it as ``on_error``. Nothing is taken from the source any more.

    Args:
        d: How long it may take, in seconds or as a timedelta.

    Raises:
        ConfigurationError: If ``d`` is not greater than zero, or no duration.
        TimeoutError: From the run.

    State: the instant of the latest item.

    Delivery: items pass at once. What comes too late is not settled.

    Example:
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> beats = rs.from_history([(noon, 1), (noon.replace(second=5), 2)])
        >>> rs.collect(beats.pipe(ops.timeout(3)))
        Traceback (most recent call last):
        TimeoutError: timeout: an item must come within 3 s; none has since 2026-01-01T12:00:00+00:00. Give more time, or find out why nothing comes.
    """  # noqa: E501 - the message is one line
    most_ns = positive_duration_ns("timeout", d=d)

    def start(down: Downstream[Any]) -> Reactions:
        clock = down.context.scheduler
        stop = linked_stop(down.stop)
        due = None

        def on_next(value: Any) -> None:
            nonlocal due
            now = clock.now_ns
            if due is not None and due < now:
                # Live, a timer may be late.
                fail()
                return
            due = now + most_ns
            timer.start_at(due)
            down.emit(value)

        def fail() -> None:
            timer.stop()
            if stop.now:
                return
            stop.set()
            since = ns_to_datetime(due - most_ns if due is not None else clock.now_ns - most_ns)
            error = TimeoutError(
                f"timeout: an item must come within {most_ns / 1e9:g} s; none has since {since.isoformat()}. "
                "Give more time, or find out why nothing comes."
            )
            down.context.source_failed(error, down.below)

        def on_completed() -> None:
            timer.stop()
            down.complete()

        def on_error(error: BaseException) -> None:
            timer.stop()
            down.fail(error)

        timer = down.timer(fail, carries=False)
        timer.start(most_ns)
        down.stop.listen(timer.stop)
        return Reactions(on_next, on_completed=on_completed, on_error=on_error, stop=stop)

    return node("timeout", start)
