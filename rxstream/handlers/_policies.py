"""What to do with an item that failed: stop the run, or skip the item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rxstream.core import Context, Event

ErrorHandler = Callable[[Event[Any], BaseException], Any]


def stop() -> ErrorHandler:
    """End the run with the error: what was in flight is finished, and nothing from the item on is committed.

    This is the default.

    Example:
        >>> pipeline = rs.from_iterable([1]).to(print, on_error=rs.handlers.stop())
    """

    def stop_at(_event: Event[Any], error: BaseException) -> None:
        raise error

    return stop_at


def skip() -> ErrorHandler:
    """Let the item go and continue; it counts as failed in the report.

    Delivery: the record is settled.

    Example:
        >>> rs.collect(rs.from_iterable([1, 0]).pipe(ops.map(lambda x: 1 / x)), on_error=rs.handlers.skip())
        [1.0]
    """

    def skip_it(_event: Event[Any], _error: BaseException) -> None:
        """The item is handled as it is."""

    return skip_it


def started(handler: Any, context: Context) -> ErrorHandler:
    """Make a handler's function for one run."""
    start = getattr(handler, "start", None)
    made: ErrorHandler = handler if start is None else start(context)
    return made
