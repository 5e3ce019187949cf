"""Two histories that lie between each other, record by record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Literal

SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEGIN = 1_700_000_000 * SECOND
_STEP = SECOND // 1_000
_KEYS = [f"sensor-{number:02}" for number in range(100)]

Value = tuple[str, int]

#: Every contender calls it, once a record.
key_of: Callable[[Value], str] = itemgetter(0)


@dataclass(frozen=True, slots=True)
class History:
    """Pairs of an instant and a value; ``unit`` is that of numbers, None where the instants are datetimes."""

    pairs: Sequence[tuple[Any, Value]]
    unit: str | None


def histories(records: int, *, second_unit: Literal["ns"] | None) -> tuple[History, History]:
    """Return two of so many records each: one each millisecond, the second half a step behind the first."""
    first = _numbered(records, begin=_BEGIN, key_step=7)
    second = _numbered(records, begin=_BEGIN + _STEP // 2, key_step=3)
    if second_unit == "ns":
        return History(first, "ns"), History(second, "ns")
    return History(first, "ns"), History([(to_datetime(at), value) for at, value in second], None)


def _numbered(records: int, *, begin: int, key_step: int) -> list[tuple[int, Value]]:
    keys = len(_KEYS)
    return [(begin + number * _STEP, (_KEYS[number * key_step % keys], number)) for number in range(records)]


def to_datetime(instant: int) -> datetime:
    """Return the aware datetime of nanoseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=instant // 1_000)


def to_ns(instant: datetime) -> int:
    """Return the nanoseconds since the epoch, exactly."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000
