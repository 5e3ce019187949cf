"""`async for` over a stream: a run whose only sink hands its batches over and waits until they are used up."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import AsyncIterator, Sequence
from typing import Any

from rxstream.core import Stream
from rxstream.runtime._start import running

_Handed = tuple[Sequence[Any], "concurrent.futures.Future[None]"]


class _Handing:
    """The sink; it may live on another thread's loop than who iterates."""

    name = "async for"
    real_time = True

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.batches: asyncio.Queue[_Handed | None] = asyncio.Queue()
        self.pending: concurrent.futures.Future[None] = concurrent.futures.Future()
        self.gone = False

    async def open(self) -> None:
        pass

    async def write(self, batch: Sequence[Any]) -> None:
        # Confirmed when the consumer asks for more: what it never saw is not settled.
        self.pending = concurrent.futures.Future()
        if self.gone:
            self.pending.cancel()
        self._loop.call_soon_threadsafe(self.batches.put_nowait, (list(batch), self.pending))
        await asyncio.wrap_future(self.pending)

    async def close(self) -> None:
        pass


class Iterating:
    """What a stream asks to be iterated by."""

    async def iterate(self, stream: Stream[Any]) -> AsyncIterator[Any]:
        """Hand out the stream's items one by one; leaving the loop early stops the run."""
        sink = _Handing()
        async with running(stream.to(sink), progress=False) as run:
            ended = asyncio.ensure_future(run.wait())
            ended.add_done_callback(lambda _: sink.batches.put_nowait(None))
            try:
                while (handed := await sink.batches.get()) is not None:
                    values, done = handed
                    for value in values:
                        yield value
                    done.set_result(None)
                await ended
            finally:
                sink.gone = True
                sink.pending.cancel()
                if not ended.done():
                    ended.cancel()
