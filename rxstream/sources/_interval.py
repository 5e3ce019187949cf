"""Ticks at a fixed rate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

from rxstream.core import Stream, instant_argument, positive_duration_ns
from rxstream.errors import ConfigurationError
from rxstream.sources._timer import due_argument, ticking


def interval(
    period: float | timedelta, *, start: datetime | None = None, end: float | timedelta | datetime | None = None
) -> Stream[int]:
    """Tick at ``start + period``, ``start + 2 * period`` and so on; the value counts the ticks delivered, from 0.

    .. marble::

        [ interval(2, end=6) ]
        --0-1-(2|)

    The rate is fixed: a tick is due when it is due, however late the one before was. One that is due while the one
    before is still being handled is skipped, and not counted. The item's timestamp is the due instant exactly.

    Args:
        period: Seconds or a timedelta, greater than zero.
        start: From where to count, an aware datetime; None: the run's start. Ticks that were due before the run's
            start are left out.
        end: The last instant at which it may tick: an aware datetime, or seconds or a timedelta from ``start``.
            None: it goes on for ever.

    Raises:
        ConfigurationError: If an argument is none of these, or ``end`` lies before ``start``.

    Delivery: nothing is acknowledged.

    Example:
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> rs.collect(rs.interval(0.5, start=noon, end=1).pipe(ops.events()))
        [Event(0, timestamp=2026-01-01T12:00:00.500000+00:00), Event(1, timestamp=2026-01-01T12:00:01+00:00)]
    """
    step = positive_duration_ns("interval", period=period)
    begin = None if start is None else instant_argument("interval", "start", start)
    end_after = None if end is None else due_argument("interval", end=end)
    if begin is not None and end_after is not None and end_after(begin) < begin:
        raise ConfigurationError(f"interval: end must not be before start {start!r}; got {end!r}. Correct one of them.")

    def ticks(run_start: int) -> Iterator[int]:
        origin = run_start if begin is None else begin
        # The first one that is not before the run, found without counting up to it.
        first = origin + step * max(1, -((origin - run_start) // step))
        return count(first, step) if end_after is None else iter(range(first, end_after(origin) + 1, step))

    return ticking("interval", ticks, endless=end is None)
