"""Run pipelines in a thread, beside a test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import rxstream as rs


class Going:
    """A live run in a thread of its own."""

    def __init__(self, pipelines: tuple[rs.Pipeline, ...], shutdown: float) -> None:
        self.report: rs.Report | None = None
        self.error: BaseException | None = None
        self._budget = shutdown + 5.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work(pipelines, shutdown)), daemon=True)
        self._thread.start()
        self._begun.wait()

    def stop(self) -> rs.Report | None:
        """Stop it gracefully, and return its report."""
        if self._thread.is_alive() and self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self.join()
        return self.report

    def join(self) -> None:
        """Wait for its end."""
        self._thread.join(self._budget)
        assert not self._thread.is_alive(), f"the run must end within {self._budget} s"

    async def _work(self, pipelines: tuple[rs.Pipeline, ...], shutdown: float) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with rs.running(*pipelines, shutdown=shutdown) as run:
                self._begun.set()
                ended = asyncio.ensure_future(run.wait())
                stopped = asyncio.ensure_future(self._stop.wait())
                await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
                stopped.cancel()
                self.report = await (ended if ended.done() else run.stop())
        except Exception as error:  # noqa: BLE001 - the test's to look at
            self.error = error
        finally:
            self._begun.set()


@contextmanager
def going(*pipelines: rs.Pipeline, shutdown: float = 10.0) -> Iterator[Going]:
    """Run pipelines while the block lasts; an error of the run is raised behind it."""
    run = Going(pipelines, shutdown)
    try:
        yield run
    finally:
        run.stop()
    if run.error is not None:
        raise run.error
