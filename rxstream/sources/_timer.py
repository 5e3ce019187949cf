"""One tick at a due instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from rxstream.core import Event, Feed, Stream, Tick, duration_ns, instant_argument, make_event
from rxstream.errors import ConfigurationError


def timer(due: float | timedelta | datetime) -> Stream[int]:
    """Tick once, with the value 0, at an instant or after some time, then complete.

    .. marble::

        [ timer(4) ]
        ----(0|)

    One that was due before the run's start ticks there. The item's timestamp is the due instant exactly.

    Args:
        due: An aware datetime, or seconds or a timedelta, not negative, from the run's start.

    Raises:
        ConfigurationError: If it is none of these.

    Delivery: nothing is acknowledged.

    Example:
        >>> rs.collect(rs.timer(3600))
        [0]
    """
    due_after = due_argument("timer", due=due)
    return ticking("timer", lambda start: iter((due_after(start),)), endless=False)


def due_argument(who: str, **named: object) -> Callable[[int], int]:
    """Read an instant, or a time that counts from a start; returns the function from that start to the due instant.

    Raises:
        ConfigurationError: If it is neither, or a negative time.
    """
    ((what, given),) = named.items()
    if isinstance(given, datetime):
        instant = instant_argument(who, what, given)
        return lambda _start: instant
    if not isinstance(given, int | float | timedelta) or isinstance(given, bool):
        raise ConfigurationError(
            f"{who}: {what} must be an aware datetime or a duration; got {given!r}. "
            "Give a datetime with a zone, seconds or a timedelta."
        )
    span = duration_ns(who, **named)
    return lambda start: start + span


def ticking(name: str, ticks: Callable[[int], Iterator[int]], *, endless: bool) -> Stream[int]:
    """Make the stream of a timer.

    Args:
        name: The timer's name, for messages.
        ticks: Makes the iterator of the due instants, in nanoseconds, given the run's start.
        endless: Whether they never end.
    """
    return Stream(
        feed=Feed(
            name=name,
            lift=_lifted,
            value="record[2]",
            time="record[0]",
            ticks=ticks,
            endless=endless,
            time_of=itemgetter(0),
            times_of=lambda ticks: [tick[0] for tick in ticks],
            disorder=0,
        )
    )


def _lifted(tick: Tick) -> Event[Any]:
    return make_event(tick[2], None, tick[0], (), None)
