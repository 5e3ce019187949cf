"""Instants and durations: aware datetimes and seconds outside, integer nanoseconds inside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Final

from rxstream.errors import ConfigurationError, StreamError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000_000_000
#: An instant after every other: "never".
NEVER: Final = 1 << 200

UNITS: Final = {"s": SECOND, "ms": 1_000_000, "us": 1_000, "ns": 1}


def datetime_to_ns(instant: datetime) -> int:
    """Nanoseconds since the epoch of an *aware* datetime, exactly."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000


def ns_to_datetime(ns: int) -> datetime:
    """The UTC datetime of nanoseconds since the epoch, cut to the microsecond.

    Raises:
        StreamError: If there is no such datetime.
    """
    try:
        return EPOCH + timedelta(microseconds=ns // 1_000)
    except OverflowError:
        raise StreamError(
            f"rxstream: instants must lie in the years 1 to 9999; got {ns} ns since 1970. "
            "Correct the timestamps, or the unit= in which they are read."
        ) from None


def seconds_to_ns(seconds: float) -> int:
    """Whole nanoseconds of a number of seconds; an int stays exact."""
    return seconds * SECOND if isinstance(seconds, int) else round(seconds * SECOND)


def timedelta_to_ns(span: timedelta) -> int:
    """Whole nanoseconds of a timedelta, exactly."""
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds * 1_000


def is_naive(instant: datetime) -> bool:
    """Whether a datetime says nothing of its zone, so that it names no instant."""
    return instant.tzinfo is None or instant.utcoffset() is None


def instant_argument(who: str, what: str, instant: object) -> int:
    """Read an instant that a caller gave as an argument.

    Raises:
        ConfigurationError: If it is no aware datetime.
    """
    if not isinstance(instant, datetime) or is_naive(instant):
        raise ConfigurationError(
            f"{who}: {what} must be an aware datetime; got {instant!r}. "
            "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC)."
        )
    return datetime_to_ns(instant)


def instant_reader(who: str, unit: str | None) -> Callable[[object], int]:
    """Make the function that reads an instant out of data.

    It takes aware datetimes, ISO 8601 text with a zone and, where a unit is given, numbers (also as text).

    Raises:
        StreamError: From the function made, for anything that names no instant.
    """
    factor = None if unit is None else UNITS[unit]

    def read(raw: object) -> int:
        # What most are where there is a unit comes first, as this is done with every item.
        if type(raw) is int and factor is not None:
            return raw * factor
        if isinstance(raw, datetime):
            if is_naive(raw):
                raise StreamError(
                    f"{who}: a timestamp must be an aware datetime; got {raw!r}. Give it a zone, "
                    "for instance tzinfo=UTC."
                )
            return datetime_to_ns(raw)
        if factor is not None:
            return _number_to_ns(who, raw, factor)
        if isinstance(raw, str):
            return read(_parse_iso(who, raw))
        raise StreamError(
            f"{who}: a timestamp must be an aware datetime or ISO 8601 text with a zone; got {raw!r}. "
            'For numbers, say what they count: unit="s", "ms", "us" or "ns".'
        )

    return read


def _number_to_ns(who: str, raw: object, factor: int) -> int:
    try:
        if isinstance(raw, str):
            return _text_to_ns(raw, factor)
        if isinstance(raw, Real | Decimal) and not isinstance(raw, bool):
            return _real_to_ns(raw, factor)
    except (ValueError, OverflowError):
        pass
    raise StreamError(
        f"{who}: a timestamp must be a number, as unit= says; got {raw!r}. "
        "Leave unit= out for datetimes and ISO 8601 text."
    )


def _real_to_ns(raw: Any, factor: int) -> int:
    if isinstance(raw, Integral):
        return int(raw) * factor
    # A float of the present holds no more than microseconds; its further digits are noise.
    whole = int(raw)
    microseconds: int = round((raw - whole) * factor / 1_000)
    return whole * factor + microseconds * 1_000


def _text_to_ns(raw: str, factor: int) -> int:
    try:
        return int(raw) * factor
    except ValueError:
        return _real_to_ns(float(raw), factor)


def _parse_iso(who: str, raw: str) -> datetime:
    try:
        return datetime.fromisoformat(raw)
    except ValueError:
        raise StreamError(
            f"{who}: a timestamp must be ISO 8601 text with a zone; got {raw!r}. "
            'Give time= a function that reads it, or unit="s", "ms", "us" or "ns" for numbers.'
        ) from None
