"""What the tests of windows share: histories of seconds, and what is in panes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import rxstream as rs
from rxstream import operators as ops

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return EPOCH + timedelta(seconds=second)


def history(*seconds: float, disorder: float | None = None) -> rs.Stream[float]:
    """Items that are their own instants."""
    return rs.from_history(seconds, time=lambda second: second, unit="s", disorder=disorder)


def values(stream: rs.Stream[Any], **options: Any) -> list[Any]:
    return [pane.value for pane in rs.collect(stream, **options)]


def bounds(stream: rs.Stream[Any]) -> list[tuple[float, float, Any]]:
    return [
        ((pane.start - EPOCH).total_seconds(), (pane.end - EPOCH).total_seconds(), pane.value)
        for pane in rs.collect(stream)
    ]


def shown(stream: rs.Stream[Any]) -> list[tuple[Any, int, bool]]:
    return [(pane.value, pane.revision, pane.final) for pane in rs.collect(stream)]


def late_of(stream: rs.Stream[Any], by: Any, **options: Any) -> tuple[list[Any], list[Any]]:
    """Return what is in panes, and what is late."""
    late = rs.to_list()
    return values(stream.pipe(ops.window(by, late=late, **options))), [event.value for event in late.items]
