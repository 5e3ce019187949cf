"""Visitors as they come: each line shows how long the door has been open."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import rxstream as rs
from rxstream import operators as ops

PAUSE = 0.1


async def visitors() -> AsyncIterator[str]:
    """Come in one after the other."""
    for name in ["Ada", "Bob", "Cleo", "Ada"]:
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
    """Welcome them."""
    rs.run(welcomes(rs.from_aiter(visitors), datetime.now(UTC)).to(print))


if __name__ == "__main__":
    main()
