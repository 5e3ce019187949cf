"""A door that is opened a moment after the bell has rung, then and now."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

import rxstream as rs

MOMENT = 0.05
PAUSE = 0.2


class Door:
    """Tells the time since ``opening``."""

    def __init__(self, opening: datetime) -> None:
        self.opening = opening

    def ring(self, name: str) -> None:
        """Hear the bell, and open in a moment."""
        self.tell(f"{name} rings.")
        rs.call_later(MOMENT, self.tell, f"{name} comes in.")

    def tell(self, what: str) -> None:
        """Say what happens, and when."""
        since = (rs.now() - self.opening).total_seconds()
        print(f"+{since:06.3f} s  {what}")


async def arriving() -> AsyncIterator[str]:
    """Ring one after the other."""
    for name in ["Cleo", "Dan"]:
        yield name
        await asyncio.sleep(PAUSE)


def main() -> None:
    """Replay two rings of a minute ago, a moment apart, then go on with those of now."""
    opening = datetime.now(UTC) - timedelta(minutes=1)
    recorded = [(opening, "Ada"), (opening + timedelta(seconds=MOMENT), "Bob")]
    rings = rs.from_history(recorded, then=arriving)
    rs.run(rings.to(Door(opening).ring), on_live=partial(print, "-- live --"))


if __name__ == "__main__":
    main()
