"""Tasks that are at work for as long as anybody below wants something."""

from __future__ import annotations

import asyncio
from typing import Any

from rxstream.core import Stop


class Wanted:
    """Cancels tasks once no more is wanted; each says with ``with`` that it is at work.

    Args:
        stop: Says when.
    """

    def __init__(self, stop: Stop) -> None:
        self._tasks: dict[asyncio.Task[Any] | None, None] = {}  # in the order in which they began
        stop.listen(self._cancel)

    def __enter__(self) -> None:
        self._tasks[asyncio.current_task()] = None

    def __exit__(self, *_: object) -> None:
        del self._tasks[asyncio.current_task()]

    def _cancel(self) -> None:
        for task in self._tasks:
            # Who has just handed on the last one that was wanted ends by himself.
            if task is not None and task is not asyncio.current_task():
                task.cancel()
