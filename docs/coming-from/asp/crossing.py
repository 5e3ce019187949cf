"""From what was recorded a minute ago into the present: who came in then is known now."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

import rxstream as rs
from rxstream import operators as ops

PAUSE = 0.1


async def arriving() -> AsyncIterator[str]:
    """Come in one after the other."""
    for name in ["Bob", "Cleo", "Ada"]:
        yield name
        await asyncio.sleep(PAUSE)


def welcomes(names: rs.Stream, opening: datetime) -> rs.Stream:
    """Say who comes in, and who does so again."""
    return names.pipe(
        ops.scan_by_key(lambda visit, name: (name, visit[1] + 1), ("nobody", 0), key=lambda name: name),
        ops.map(lambda visit: f"+{(rs.now() - opening).total_seconds():06.3f} s  {welcome(*visit)}"),
    )


def welcome(name: str, visits: int) -> str:
    """Find the words for a visit."""
    return f"Welcome, {name}." if visits == 1 else f"Welcome back, {name}."


def main() -> None:
    """Replay two visits of a minute ago, then go on with those of now."""
    opening = datetime.now(UTC) - timedelta(minutes=1)
    recorded = [(opening, "Ada"), (opening + timedelta(seconds=1), "Bob")]
    names = rs.from_history(recorded, then=arriving)
    rs.run(welcomes(names, opening).to(print), on_live=partial(print, "-- live --"))


if __name__ == "__main__":
    main()
