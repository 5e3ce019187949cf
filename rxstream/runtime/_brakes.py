"""Whether a run may read on, is to stop, or must end at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from rxstream.delivery import Ledger


class Brakes:
    """What stops a run's sources, for a while or for good.

    Args:
        shutdown: Seconds that work in flight has to finish once the run is stopped.
    """

    def __init__(self, shutdown: float) -> None:
        self.shutdown = shutdown
        self.ending = asyncio.Event()
        self._stopping = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()

    @property
    def is_stopping(self) -> bool:
        """Whether nothing more is to be read."""
        return self._stopping.is_set()

    @property
    def is_paused(self) -> bool:
        """Whether nothing is to be read for now."""
        return not self._going.is_set()

    @property
    def budget(self) -> float | None:
        """Seconds for what comes last: unlimited after a normal end."""
        return self.shutdown if self.is_stopping else None

    def stop(self) -> None:
        """Stop reading for good."""
        self._stopping.set()
        self._going.set()

    def end_now(self) -> None:
        """Stop, and do not wait for what is in flight."""
        self.shutdown = 0.0
        self.ending.set()
        self.stop()

    def pause(self) -> None:
        """Stop reading until `resume`."""
        self._going.clear()

    def resume(self) -> None:
        """Read again."""
        self._going.set()

    def may_read(self, ledger: Ledger) -> bool:
        """Whether more of a source may be read."""
        return ledger.has_room and self._going.is_set()

    async def wait_room(self, ledger: Ledger, seconds: float) -> None:
        """Wait until more may be read, at most so long."""
        if not self.may_read(ledger):
            await self.unless_stopped(self._allowed(ledger), seconds)

    async def wait_stop(self) -> None:
        """Wait until nothing more is to be read."""
        await self._stopping.wait()

    async def unless_stopped(self, work: Coroutine[Any, Any, Any], seconds: float | None = None) -> bool:
        """Wait for ``work``, but no longer than for the stop, or so many seconds; whether it was done."""
        task = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({task, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        done = task.done()
        stopping.cancel()
        task.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)
        return done

    async def _allowed(self, ledger: Ledger) -> None:
        await ledger.wait_room()
        await self._going.wait()
