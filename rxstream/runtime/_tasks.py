"""The coroutines that belong to a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from typing import Any

from rxstream.delivery import Outlet

_Guard = Callable[[Coroutine[Any, Any, Any]], Coroutine[Any, Any, None]]


class Tasks:
    """What was spawned, and the sinks' writers: who still has work, and whether it is real or virtual time's.

    Args:
        guarded: Wraps work so that its error ends the run.
        outlets: Gives the sinks' outlets.
    """

    def __init__(self, guarded: _Guard, outlets: Callable[[], Sequence[Outlet]]) -> None:
        self._guarded = guarded
        self._outlets = outlets
        self._spawned: dict[asyncio.Task[None], tuple[str, bool]] = {}
        self._writers: list[asyncio.Task[None]] = []
        self._jobs: list[asyncio.Task[None]] = []

    def spawn(self, work: Coroutine[Any, Any, Any], name: str, context: Context, *, real: bool) -> None:
        """Start one whose end the run awaits."""
        task = self._made(work, name, context)
        self._spawned[task] = (name, real)
        task.add_done_callback(self._forget)

    def start_writers(self, outlets: Sequence[Outlet], user: Context, world: Context) -> None:
        """Start what writes to some sinks."""
        for outlet in outlets:
            context = world if outlet.is_real else user
            self._writers.append(self._made(outlet.work(), outlet.name, context))

    @property
    def has_virtual_work(self) -> bool:
        """Whether coroutines of the user are under way."""
        return any(not real for _, real in self._spawned.values()) or any(
            not outlet.is_real and not outlet.idle for outlet in self._outlets()
        )

    @property
    def has_real_work(self) -> bool:
        """Whether something that talks to the world is under way."""
        return any(real for _, real in self._spawned.values()) or any(
            outlet.is_real and not outlet.idle for outlet in self._outlets()
        )

    @property
    def waiting(self) -> list[str]:
        """The names of those who are not done."""
        names = [name for name, _ in self._spawned.values()]
        names += [outlet.name for outlet in self._outlets() if not outlet.idle]
        return names

    async def wait_idle(self) -> None:
        """Wait until nobody has work; what one finishes may give another one some."""
        while True:
            for outlet in self._outlets():
                await outlet.wait_idle()
            if self._spawned:
                await asyncio.wait(set(self._spawned))
            elif all(outlet.idle for outlet in self._outlets()):
                return

    def start_job(self, work: Coroutine[Any, Any, Any], name: str, context: Context) -> None:
        """Start one that runs beside the pipelines."""
        self.spawn(work, name, context, real=False)
        self._jobs.append(next(reversed(self._spawned)))

    def cancel_jobs(self) -> None:
        """Cancel those that run beside the pipelines."""
        for task in self._jobs:
            task.cancel()

    def cancel_spawned(self) -> None:
        """Cancel all but the writers."""
        for task in self._spawned:
            task.cancel()

    async def close(self) -> None:
        """Cancel all, and wait for their ends."""
        tasks = [*self._writers, *self._spawned]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _made(self, work: Coroutine[Any, Any, Any], name: str, context: Context) -> asyncio.Task[None]:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._guarded(work), name=f"rxstream {name}", context=context.copy())
        # One that is cancelled before its first step never comes to it.
        task.add_done_callback(lambda _: work.close())
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._spawned.pop(task, None)
