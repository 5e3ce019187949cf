"""A guard's rounds at a fixed rate: short ones, and ones that are longer than the time between them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import rxstream as rs
from rxstream import operators as ops

EVENING = datetime(2026, 1, 5, 22, tzinfo=UTC)


class Guard:
    """Walks rounds of so many seconds."""

    def __init__(self, name: str, seconds: float) -> None:
        self.name = name
        self.seconds = seconds

    async def process(self, tick: int) -> AsyncIterator[str]:
        """Walk one round."""
        yield f"{rs.now():%H:%M:%S.%f}  {self.name} begins round {tick + 1}"
        await rs.sleep(self.seconds)
        yield f"{rs.now():%H:%M:%S.%f}  {self.name} is back from round {tick + 1}"


def rounds(guard: Guard) -> rs.Pipeline:
    """Send a guard on a round every second, for five seconds."""
    return rs.interval(1, end=5).pipe(ops.process(guard)).to(print)


def main() -> None:
    """Let a quick guard walk, then a slow one; the bell rings once, at the end of the quick one's watch."""
    bell = rs.timer(6).pipe(ops.map(lambda _: f"{rs.now():%H:%M:%S.%f}  The bell rings"))
    rs.run(rounds(Guard("Quick", 0.4)), bell.to(print), start=EVENING)
    rs.run(rounds(Guard("Slow", 1.5)), start=EVENING)


if __name__ == "__main__":
    main()
