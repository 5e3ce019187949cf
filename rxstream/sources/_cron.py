"""Ticks at the times of a calendar."""

from __future__ import annotations

import importlib
import importlib.util
import zoneinfo
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from rxstream.core import NEVER, SECOND, Stream, datetime_to_ns, did_you_mean, ns_to_datetime
from rxstream.drivers import require_client
from rxstream.errors import ConfigurationError, StreamError
from rxstream.sources._timer import ticking

#: The fields in their order, and what may stand in each.
_FIELDS: Final = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, L or LW",
    "month": "1-12 or JAN-DEC",
    "day-of-week": "0-7 or SUN-SAT",
}
#: What some crons take for five fields.
_NICKNAMES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_DAY: Final = 86_400 * SECOND


def cron(expression: str, *, tz: str | tzinfo = "UTC") -> Stream[int]:
    """Tick whenever the local time is what a crontab's five fields say; the value counts the ticks, from 0.

    It begins after the run's start, and goes on for ever. A time of day that is skipped when clocks go forward ticks
    right after the gap, with others skipped there once; one that comes twice when they go back ticks the first time.
    Where the hour field has a ``*`` or a step, every hour that really passes counts instead: what is skipped does not
    tick, and what comes twice ticks twice. Where the day of the month and the day of the week are both given, a day
    that is either will do, unless one of the two begins with ``*``.

    A tick that is due while the one before is still being handled is skipped, and not counted. The item's timestamp is
    the due instant exactly.

    Args:
        expression: Minute, hour, day of the month, month and day of the week: numbers, or names of months and days;
            lists ``1,15``, ranges ``MON-FRI``, steps ``*/10``; ``L`` is a month's last day, ``LW`` its last workday,
            ``FRI#2`` its second Friday, ``5L`` its last.
        tz: Whose local time: a zone's name, or a tzinfo object.

    Raises:
        ConfigurationError: If the expression is none or never comes true, or there is no such zone.
        MissingExtraError: If cronsim is not installed.

    Delivery: nothing is acknowledged.

    Example:
        >>> mornings = rs.cron("30 8 * * MON-FRI", tz="Europe/Berlin")
        >>> rs.collect(mornings.pipe(ops.take(1), ops.events()))
        [Event(0, timestamp=1970-01-01T07:30:00+00:00)]
    """
    fields = _fields(expression)
    zone = _zone(tz)
    _require_sense(expression, fields)
    every_hour = "*" in fields[1] or "/" in fields[1]

    def ticks(run_start: int) -> Iterator[int]:
        # What comes twice is at most a day long, so that whatever is still to come again lies behind this.
        begin = ns_to_datetime(run_start).astimezone(zone).replace(tzinfo=None) - timedelta(days=1)
        instants = _every_hour(expression, begin, zone) if every_hour else _once(expression, begin, zone)
        latest = run_start
        # The calendar ends with the year 9999, which a local time and an instant say each in its own way.
        with suppress(OverflowError, StreamError):
            for instant in instants:
                if instant > latest:
                    yield instant
                    latest = instant

    return ticking("cron", ticks, endless=True)


def _once(expression: str, begin: datetime, zone: tzinfo) -> Iterator[int]:
    """Yield the instants, not before one another, at which local times come for the first time."""
    instants = _clock(zone)
    for local in _cronsim().CronSim(expression, begin):
        first, second = instants(local)
        yield first if first <= second else _after_gap(second, first, zone)


def _every_hour(expression: str, begin: datetime, zone: tzinfo) -> Iterator[int]:
    """Yield the instants in order, each time that local times come."""
    instants = _clock(zone)
    again: deque[int] = deque()
    for local in _cronsim().CronSim(expression, begin):
        first, second = instants(local)
        if first > second:
            continue
        while again and again[0] < first:
            yield again.popleft()
        yield first
        if first < second:
            again.append(second)


def _clock(zone: tzinfo) -> Callable[[datetime], tuple[int, int]]:
    """Make the function that says when a local time comes, for times in order.

    It gives one instant twice; or two, in order; or, where the time is skipped, two in reverse: one behind the gap,
    one before.
    """
    day, before, behind = -NEVER, 0, 0

    def instants(local: datetime) -> tuple[int, int]:
        nonlocal day, before, behind
        at = datetime_to_ns(local.replace(tzinfo=UTC))
        if at // _DAY != day:
            day = at // _DAY
            # Asked at instants, not at local times: what zones say of those skipped differs from library to library.
            before, behind = _offset((day - 1) * _DAY, zone), _offset((day + 2) * _DAY, zone)
        both = at - before, at - behind
        if before == behind:
            return both
        come = [instant for instant in both if at - instant == _offset(instant, zone)]
        return (come[0], come[0]) if len(come) == 1 else both

    return instants


def _after_gap(before: int, behind: int, zone: tzinfo) -> int:
    """Find the instant between two at which a zone's clocks go forward."""
    seconds = range(before // SECOND, behind // SECOND + 1)
    later = _offset(behind, zone)
    return seconds[bisect_left(seconds, later, key=lambda second: _offset(second * SECOND, zone))] * SECOND


def _offset(instant: int, zone: tzinfo) -> int:
    """How far a zone's clocks are ahead of UTC at an instant, in nanoseconds."""
    return datetime_to_ns(ns_to_datetime(instant).astimezone(zone).replace(tzinfo=UTC)) - instant


def _fields(expression: object) -> list[str]:
    fields = expression.split() if isinstance(expression, str) else []
    if len(fields) != len(_FIELDS):
        if isinstance(expression, str) and expression.strip().lower() in _NICKNAMES:
            remedy = f"Write {_NICKNAMES[expression.strip().lower()]!r}."
        elif len(fields) == len(_FIELDS) + 1:
            remedy = "Leave seconds and years out; for seconds there is rs.interval."
        else:
            remedy = "Give all of them, for instance '30 8 * * MON-FRI'."
        raise ConfigurationError(
            "cron: expression must have five fields, minute hour day-of-month month day-of-week; "
            f"got {expression!r}. {remedy}"
        )
    return fields


def _require_sense(expression: str, fields: list[str]) -> None:
    cronsim = _cronsim()
    for place, (name, allowed) in enumerate(_FIELDS.items()):
        alone = ["*"] * len(fields)
        alone[place] = fields[place]
        try:
            cronsim.CronSim(" ".join(alone), datetime(2000, 1, 1))
        except (cronsim.CronSimError, ValueError):
            raise ConfigurationError(
                f"cron: {name} must be * or {allowed}, also in lists, ranges (a-b) and steps (*/n); "
                f"got {fields[place]!r} in {expression!r}. Correct it."
            ) from None
    try:
        comes = next(cronsim.CronSim(expression, datetime(2000, 1, 1)), None)
    except cronsim.CronSimError:
        comes = None
    if comes is None:
        raise ConfigurationError(
            f"cron: expression must name a day that comes; got {expression!r}, which has none in 50 years. "
            "Correct day or month."
        )


def _zone(tz: object) -> tzinfo:
    if isinstance(tz, tzinfo):
        return tz
    if not isinstance(tz, str):
        raise ConfigurationError(
            f"cron: tz must be a zone's name or a tzinfo; got {tz!r}. Give a name, for instance 'Europe/Berlin'."
        )
    if tz == "UTC":
        return UTC
    try:
        return zoneinfo.ZoneInfo(tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"cron: tz must be the name of a time zone; got {tz!r}. {_nearest(tz)}") from None


def _nearest(tz: str) -> str:
    known = {name.casefold(): name for name in zoneinfo.available_timezones()}
    if not known:
        return "This machine knows none; run: pip install tzdata"
    if tz.casefold() in known:
        return f"Did you mean {known[tz.casefold()]!r}?"
    hint = did_you_mean(tz, known.values())
    return "Give one like 'Europe/Berlin'." if hint == "Choose one of them." else hint


def _cronsim() -> Any:
    """The library that knows crontabs."""
    require_client("cron", "cronsim", extra="cron")
    return importlib.import_module("cronsim")
