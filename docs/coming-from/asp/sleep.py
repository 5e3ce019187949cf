"""A doorman who walks to the door for each visitor: a replay takes his steps at once, and in order."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

import rxstream as rs
from rxstream import operators as ops

PAUSE = 0.2


class Doorman:
    """Tells the time since ``opening``."""

    def __init__(self, opening: datetime) -> None:
        self.opening = opening

    async def process(self, visit: tuple[str, float]) -> AsyncIterator[str]:
        """Hear the bell, walk for the seconds it takes, and open."""
        name, walk = visit
        rang = self.since(rs.current_event().timestamp)
        yield f"{self.since(rs.now())}  The doorman hears that {name} rang at {rang}."
        await rs.sleep(walk)
        yield f"{self.since(rs.now())}  {name} comes in."

    def since(self, instant: datetime) -> str:
        """Say how long after the opening it is."""
        return f"+{(instant - self.opening).total_seconds():06.3f} s"


async def arriving() -> AsyncIterator[tuple[str, float]]:
    """Ring one after the other; the doorman is near."""
    for name in ["Cleo", "Dan"]:
        yield name, 0.1
        await asyncio.sleep(PAUSE)


def main() -> None:
    """Replay two rings of a minute ago, five seconds' walk away, then go on with those of now."""
    opening = datetime.now(UTC) - timedelta(minutes=1)
    recorded = [(opening, ("Ada", 5.0)), (opening + timedelta(seconds=1), ("Bob", 5.0))]
    visits = rs.from_history(recorded, then=arriving)
    rs.run(visits.pipe(ops.process(Doorman(opening))).to(print), on_live=partial(print, "-- live --"))


if __name__ == "__main__":
    main()
