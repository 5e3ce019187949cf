"""Calls to a service: at most two in a second, in batches of three, or of what there is after five seconds."""

from datetime import UTC, datetime, timedelta

import rxstream as rs
from rxstream import operators as ops

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def batches(calls: rs.Stream) -> rs.Stream:
    """Slow down, then gather."""
    return calls.pipe(ops.rate_limit(2), ops.buffer(3, timeout=5))


def main() -> None:
    """Seven calls at noon, and one ten seconds later."""
    calls = [(NOON, f"call {number}") for number in range(1, 8)] + [(NOON + timedelta(seconds=10), "call 8")]
    rs.run(batches(rs.from_history(calls)).to(lambda batch: print(f"{rs.now():%H:%M:%S.%f}", batch)))


if __name__ == "__main__":
    main()
