"""Seconds on a run's clock."""

from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import rxstream as rs

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What is said of a coroutine that nothing wakes.
STUCK = (
    "run: whatever waits must have something that wakes it; nothing will ever wake {}. "
    "Wake it, or mark what it waits for as real: async with rs.real_time()."
)


def at(second: float) -> datetime:
    """Give the instant so many seconds after the epoch."""
    return EPOCH + timedelta(seconds=second)


def second_of(instant: datetime) -> float:
    """Give the seconds since the epoch; no two microseconds have the same."""
    return (instant - EPOCH) / timedelta(seconds=1)


def second() -> float:
    """Say what second it is on the run's clock."""
    return second_of(rs.now())


def history(*seconds: float) -> rs.Stream[float]:
    """Replay seconds at themselves."""
    return rs.from_history([(at(second), second) for second in seconds])


def notes(to: list[Any]) -> Any:
    """Make a sink that notes each value with the second at which it came."""
    return lambda value: to.append((second(), value))


async def noting(work: Coroutine[Any, Any, Any], to: list[float]) -> None:
    """Note the second at which ``work`` is done."""
    await work
    to.append(second())


def replayed(*streams: rs.Stream[Any], to: list[Any], **options: Any) -> rs.Report:
    """Run streams, noting each value with the second at which it came."""
    return rs.run(*(stream.to(notes(to)) for stream in streams), **options)
