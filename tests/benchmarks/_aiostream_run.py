"""Run an aiostream to its end."""

import asyncio
from typing import Any

from aiostream.core import Stream

from tests.benchmarks._ways import Hear


def run_stream(made: Stream[Any], hear: Hear) -> None:
    """Let ``hear`` hear of each item, on a loop of its own."""

    async def listen() -> None:
        async with made.stream() as items:
            async for item in items:
                hear(item)

    asyncio.run(listen())
