"""What was made of one value and has to be awaited: the end of a call, or the items of an async iterable."""

from __future__ import annotations

import inspect
from contextlib import aclosing, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from rxstream.core import FAILURES, is_cancelled, tell_task
from rxstream.errors import ConfigurationError

if TYPE_CHECKING:
    from rxstream.operators._flat_map_inner import Inners


class AsyncInner:
    """A task that hands on what comes, on behalf of the value that the slot names.

    Args:
        inners: All of the subscription.
        value: The value.
    """

    def __init__(self, inners: Inners, value: Any) -> None:
        self._inners = inners
        self._down = inners.down
        self._value = value
        self._mark = inners.marked()
        self._hold = inners.holds.keep()

    def begin(self, made: Any) -> None:
        """Start the task."""
        self._inners.note_begin()
        try:
            self._down.context.spawn(self._work(made), "flat_map")
        except ConfigurationError:
            # Nobody here can wait.
            self._inners.holds.release(self._hold)
            if inspect.iscoroutine(made):
                made.close()
            raise

    async def _work(self, made: Any) -> None:
        tell_task(self._hold)
        with self._inners.wanted:
            try:
                await self._hand_on(made)
            except FAILURES as error:
                if is_cancelled(error):
                    raise
                if not self._down.stop.now:
                    self._hold.emit(partial(self._down.failed, error), self._value)
            if self._down.stop.now:
                # What nobody wants any more is not handled, and stays unsettled.
                return
            self._inners.holds.release(self._hold)
            self._inners.unmark(self._mark)
            self._inners.note_end()

    async def _hand_on(self, made: Any) -> None:
        if hasattr(made, "__aiter__"):
            await self._hand_on_each(made)
            return
        found = await made
        if hasattr(found, "__aiter__") and not hasattr(found, "subscribe"):
            await self._hand_on_each(found)
        elif not self._down.stop.now:
            self._hold.emit(lambda found: self._inners.hand_on(found, self._value), found)

    async def _hand_on_each(self, items: Any) -> None:
        stop = self._down.stop
        async with aclosing(items) if hasattr(items, "aclose") else nullcontext():
            async for item in items:
                if stop.now:
                    return
                self._hold.emit(self._inners.hand_on_item, item)
                if stop.now:
                    return
