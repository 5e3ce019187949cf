"""What an endpoint streams to its callers: the lines of an async generator, taken from a stream."""

import asyncio
from collections.abc import AsyncIterator

import rxstream as rs
from rxstream import operators as ops


async def quotes() -> AsyncIterator[float]:
    """Bring prices as they come."""
    for price in (10.0, 10.0, 10.5, 10.4):
        yield price
        await asyncio.sleep(0.01)


async def updates() -> AsyncIterator[str]:
    """Give a line for each change of the price: what `StreamingResponse(updates())` takes."""
    async for price in rs.from_aiter(quotes).pipe(ops.distinct_until_changed()):
        yield f"{price:.2f}\n"


async def main() -> None:
    """Take the server's place: hand each line to the one who called."""
    async for line in updates():
        print(line, end="")


if __name__ == "__main__":
    asyncio.run(main())
