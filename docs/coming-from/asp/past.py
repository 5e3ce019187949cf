"""A morning at the door, replayed: each line shows the run's clock, then the instant that was recorded."""

from datetime import UTC, datetime, timedelta

import rxstream as rs
from rxstream import operators as ops

OPENING = datetime(2026, 1, 5, 9, tzinfo=UTC)
VISITORS = ["Ada", "Bob", "Cleo", "Ada"]


def welcomes(visitors: rs.Stream) -> rs.Stream:
    """Say who comes in, and who does so again."""
    return visitors.pipe(
        ops.scan_by_key(lambda visit, name: (name, visit[1] + 1), ("nobody", 0), key=lambda name: name),
        ops.map(lambda visit: f"{rs.now():%H:%M:%S.%f}  {rs.current_event().timestamp:%H:%M:%S.%f}  {welcome(*visit)}"),
    )


def welcome(name: str, visits: int) -> str:
    """Find the words for a visit."""
    return f"Welcome, {name}." if visits == 1 else f"Welcome back, {name}."


def main() -> None:
    """Replay the visits, a second apart."""
    visits = [(OPENING + timedelta(seconds=second), name) for second, name in enumerate(VISITORS)]
    rs.run(welcomes(rs.from_history(visits)).to(print))


if __name__ == "__main__":
    main()
