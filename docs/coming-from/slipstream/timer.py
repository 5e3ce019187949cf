"""A clock that ticks: by the second, and by the calendar."""

from datetime import UTC, datetime

import rxstream as rs
from rxstream import operators as ops

START = datetime(2026, 5, 1, 23, 25, 9, tzinfo=UTC)


def shown(_tick: int) -> str:
    """Say what time it is on the run's clock."""
    return f"{rs.now():%H:%M:%S}"


def main() -> None:
    """Tick three times, and at the next two full hours; as nothing is live, it takes no time."""
    seconds = rs.interval(1, start=START).pipe(ops.map(shown), ops.take(3))
    hours = rs.cron("0 * * * *").pipe(ops.map(shown), ops.take(2))
    rs.run(seconds.to(print), hours.to(print), start=START)


if __name__ == "__main__":
    main()
