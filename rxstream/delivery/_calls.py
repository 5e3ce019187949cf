"""Calling a function for one item after the other, awaiting what has to be awaited."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rxstream.core import FAILURES, Context, Hold, Receiver, is_cancelled, tell_task
from rxstream.delivery._retries import wait_to_retry
from rxstream.delivery._waiting import WaitingHolds
from rxstream.errors import ConfigurationError

_NOT_CALLED: Final[Any] = object()


@dataclass(slots=True)
class _Waiting:
    value: Any
    hold: Hold
    made: Any


class Calls:
    """A user's function at work, plain or async; items keep their order.

    While nothing has to be awaited, an item is handled within its pass; behind one that has to be, items queue up,
    each under a hold.

    Args:
        name: Whose errors they are.
        call: The function, of one value.
        on_made: Takes what came of an item: the function's result, awaited; called in the item's name.
        context: The run's view of the pipeline.
        below: Where an error goes in a plain subscription.
        on_idle: Called when the queue has run empty.
    """

    def __init__(
        self,
        name: str,
        call: Callable[[Any], Any],
        *,
        on_made: Callable[[Any], None],
        context: Context,
        below: Receiver,
        on_idle: Callable[[], None],
    ) -> None:
        self._name = name
        self._call = call
        self._on_made = on_made
        self._context = context
        self._below = below
        self._holds = WaitingHolds(context.slot, below.stop, name)
        self._on_idle = on_idle
        #: Items that wait: the first one is being awaited.
        self.queue: deque[_Waiting] = deque()

    @property
    def busy(self) -> bool:
        """Whether items wait."""
        return bool(self.queue)

    def on_next(self, value: Any) -> None:
        """Take one item."""
        if self.queue:
            self.line_up(value)
        else:
            self.take(value, self._call(value))

    def line_up(self, value: Any) -> None:
        """Take one item behind those that wait."""
        self.queue.append(_Waiting(value, self._holds.keep(), _NOT_CALLED))

    def take(self, value: Any, made: Any) -> None:
        """Take what the function has made of an item, while none waits."""
        if made is None or not must_wait(made):
            self._on_made(made)
            return
        waiting = _Waiting(value, self._holds.keep(), made)
        self.queue.append(waiting)
        try:
            self._context.spawn(self._work(), self._name)
        except ConfigurationError:
            # Nobody here can wait.
            self.queue.clear()
            self._holds.release(waiting.hold)
            if inspect.iscoroutine(made):
                made.close()
            raise

    async def _work(self) -> None:
        while self.queue:
            if self._below.stop.now:
                # What nobody wants any more is not handled, and stays unsettled.
                return
            waiting = self.queue[0]
            tell_task(waiting.hold)
            await self._finish(waiting)
            self.queue.popleft()
            self._holds.release(waiting.hold)
        self._on_idle()

    async def _finish(self, waiting: _Waiting) -> None:
        attempts = 0
        while True:
            try:
                made = self._call(waiting.value) if waiting.made is _NOT_CALLED else waiting.made
                if hasattr(made, "__aiter__"):
                    async for item in made:
                        waiting.hold.emit(self._on_made, item)
                    return
                if inspect.isawaitable(made):
                    made = await made
            except FAILURES as error:
                if is_cancelled(error):
                    raise
                attempts += 1
                if await wait_to_retry(self._context, error, attempts):
                    waiting.made = _NOT_CALLED
                    continue
                self._fail(waiting, error)
                return
            waiting.hold.emit(self._on_made, made)
            return

    def _fail(self, waiting: _Waiting, error: BaseException) -> None:
        def report(value: Any) -> None:
            self._context.failed(error, self._name, value, self._below)

        waiting.hold.emit(report, waiting.value)


def must_wait(made: Any) -> bool:
    """Whether what a function returned has to be awaited, or iterated by ``async for``."""
    return inspect.isawaitable(made) or hasattr(made, "__aiter__")
