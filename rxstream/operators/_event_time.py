"""Say when things happened, and how far out of order they may come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from rxstream.core import Operator, duration_ns, field_reader, instant_reader, positive_duration_ns, timed, unit_choice
from rxstream.operators._event_time_idle import leaving_when_idle

T = TypeVar("T")


def event_time(
    time: Callable[[T], Any] | str,
    *,
    unit: str | None = None,
    disorder: float | timedelta = 0.0,
    idle: float | timedelta | None = None,
) -> Operator[T, T]:
    """Give each item its timestamp, and the stream its watermark: the greatest timestamp seen, less the disorder.

    .. marble::

        -3-7-|
        [ event_time(int, unit="s"), events(), map(lambda event: event.timestamp.second) ]
        -3-7-|

    The watermark comes from the timestamps alone, so windows and joins below give the same answer live, in a replay
    and in a test. It replaces what the source said of time. An item without a timestamp goes to the error handler.

    Where streams meet (`merge`, `join`, …), the watermark is the smallest of theirs: one that is silent holds back the
    others. With ``idle`` it is left out while it is silent for longer, by the run's clock; items with which it comes
    back may be late then. This is the one rule by which a live run and a replay may differ.

    Below a Kafka source each partition has a watermark, and the smallest counts: one that is ahead makes nobody late. A
    partition is waited for if it has brought something, or has something unread; ``idle`` leaves out a silent one.

    Args:
        time: Finds an item's instant: a function of the value, or a field's name. An aware datetime, ISO 8601 text
            with a zone, or, with ``unit``, a number.
        unit: What numbers count since the epoch: ``"s"``, ``"ms"``, ``"us"`` or ``"ns"``.
        disorder: How long after a later one an item may still come, in seconds or as a timedelta.
        idle: After what silence the stream, or a partition of it, is left out, in seconds or as a timedelta; None:
            never.

    Raises:
        ConfigurationError: If ``time`` is neither, ``unit`` is unknown, ``disorder`` is negative or ``idle`` is not
            greater than zero.

    State: the greatest timestamp, below a source with partitions that of each.

    Delivery: the item stays the same record.

    Example:
        >>> rides = rs.from_iterable([{"at": 1_700_000_000}])
        >>> [event] = rs.collect(rides.pipe(ops.event_time("at", unit="s"), ops.events()))
        >>> event.timestamp.isoformat()
        '2023-11-14T22:13:20+00:00'
    """
    allowed = duration_ns("event_time", disorder=disorder)
    read = instant_reader("event_time", unit_choice("event_time", unit))
    time_of = field_reader("event_time", time=time)
    if idle is not None:
        return leaving_when_idle(read, time_of, allowed, positive_duration_ns("event_time", idle=idle))
    lines = ["slot.time = instant = read(time_of(value))"]
    return timed("event_time", lines, disorder=allowed, read=read, time_of=time_of)
