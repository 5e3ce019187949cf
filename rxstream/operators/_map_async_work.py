"""Calling an async function for several items at once."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from types import CoroutineType
from typing import Any, Final

from rxstream.core import (
    FAILURES,
    UNSET,
    Context,
    Downstream,
    HeldWatermark,
    Reactions,
    is_cancelled,
    item_key,
    tell_task,
)
from rxstream.delivery import wait_to_retry
from rxstream.errors import ConfigurationError
from rxstream.operators._map_async_jobs import (
    KEPT,
    MADE,
    NOT_DONE,
    Block,
    Failure,
    Job,
    Keeping,
)
from rxstream.operators._map_async_orders import AsDone, AsTheyCame, ByKey, HandOn, Order
from rxstream.operators._map_async_tasks import Wanted

#: For each call that may be at work, how many items may wait for their keys, and how many are pinned singly.
_EACH: Final = 2


class AsyncCalls:
    """One subscription: the items that wait, and the tasks that work on them, which end when there are none.

    Args:
        name: Whose errors they are.
        call: The function.
        down: Where results go.
        concurrency: How many calls there may be at once.
        order: ``"input"``, ``"done"`` or ``"key"``.
    """

    def __init__(
        self, name: str, call: Callable[[Any], Any], down: Downstream[Any], *, concurrency: int, order: str
    ) -> None:
        self._name = name
        self._call = call if down.context.retrying is None else _tried(call, down.context)
        self._down = down
        self._concurrency = concurrency
        self._is_keyed = order == "key"
        self._keeping = Keeping(down.context.slot, down.stop, _EACH * concurrency)
        self._watermark = HeldWatermark(down) if down.keeps_event_time else None
        self._order = _order(order, self._handing_on(), concurrency)
        self._wanted = Wanted(down.stop)
        self._working = 0
        self._may_begin = True
        self._completing = False

    def reactions(self) -> Reactions:
        """What the operator does with what comes."""
        watermark = None if self._watermark is None else self._watermark.on_watermark
        return Reactions(self._taking(), on_completed=self._on_completed, on_watermark=watermark)

    def _taking(self) -> Callable[[Any], None]:
        """Make the function that takes an item; what it needs of ours for each one are its own names."""
        slot, keeping, put = self._down.context.slot, self._keeping, self._order.put
        is_keyed, watermark, most, few = self._is_keyed, self._watermark, self._concurrency, keeping.few

        def on_next(value: Any) -> None:
            key = _key(slot) if is_keyed else None
            kept: Any = keeping.block
            if kept.open > few and kept.batch is slot.batch and slot.hold is None:
                kept.open += 1
                hold = None
            else:
                kept = keeping.keep()
                hold = None if type(kept) is Block else kept
            mark = None if watermark is None else watermark.mark()
            batch = kept.batch
            put([value, slot.event, batch, hold, slot.key, slot.time, slot.headers, kept, key, mark, NOT_DONE])
            if self._working < most:
                self._begin()

        return on_next

    def _on_completed(self) -> None:
        self._completing = True
        self._complete()

    def _complete(self) -> None:
        """Hand the end on, if it has come and nobody is at work: then nobody waits either."""
        if self._completing and not self._working and self._may_begin and not self._down.stop.now:
            self._down.complete()

    def _begin(self) -> None:
        """Start as many tasks as may be at work and have something to do."""
        while self._may_begin and self._working < self._concurrency:
            try:
                job = self._order.take()
            except IndexError:
                return
            self._working += 1
            try:
                self._down.context.spawn(self._work(job), self._name)
            except ConfigurationError:
                # Nobody here can wait.
                self._may_begin = False
                self._keeping.let_go(job[KEPT])
                raise

    async def _work(self, job: Job) -> None:
        # All in one coroutine: each one more that an await goes through costs a tenth of the whole.
        call, order, stop, most = self._call, self._order, self._down.stop, self._concurrency
        take, finish = order.take, order.finish
        with self._wanted:
            try:
                while not stop.now:
                    value, record, batch, hold, key, time, headers, _, _, _, _ = job
                    tell_task((record, batch, hold, key, time, headers))
                    try:
                        made = call(value)
                        if type(made) is CoroutineType or inspect.isawaitable(made):
                            made = await made
                    except FAILURES as error:
                        if is_cancelled(error):
                            raise
                        made = Failure(error)
                    job[MADE] = made
                    finish(job)
                    if not self._may_begin:
                        break
                    try:
                        job = take()
                    except IndexError:
                        break
                    if self._working < most:
                        self._begin()
            except BaseException:
                # The run ends: what has not begun by now stays unsettled.
                self._may_begin = False
                raise
            finally:
                self._working -= 1
        self._complete()

    def _handing_on(self) -> HandOn:
        """Make the function that hands a result on."""
        down, stop, slot, emit = self._down, self._down.stop, self._down.context.slot, self._down.emit
        watermark, let_go, most = self._watermark, self._keeping.let_go, self._keeping.few + 1

        def hand_on(job: Job) -> None:
            if stop.now:
                # What nobody wants any more is not handled, and stays unsettled.
                return
            value, slot.event, slot.batch, slot.hold, slot.key, slot.time, slot.headers, kept, _, mark, made = job
            try:
                if type(made) is Failure:
                    down.failed(made.error, value)
                else:
                    emit(made)
            finally:
                # In a task's turn nobody else is on his way. What `Slot.clear` does, without the call.
                slot.event = slot.key = slot.time = slot.headers = UNSET
                slot.batch = slot.hold = None
            if type(kept) is Block and kept.open > most:
                kept.open -= 1
            else:
                let_go(kept)
            if watermark is not None:
                watermark.unmark(mark)

        return hand_on


def _tried(call: Callable[[Any], Any], context: Context) -> Callable[[Any], Awaitable[Any]]:
    """Call the function, and again as the pipeline's policy says."""

    async def call_until_done(value: Any) -> Any:
        attempts = 0
        while True:
            try:
                made = call(value)
                return await made if inspect.isawaitable(made) else made
            except FAILURES as error:
                attempts += 1
                if is_cancelled(error) or not await wait_to_retry(context, error, attempts):
                    raise

    return call_until_done


def limited(call: Callable[[Any], Any], seconds: float) -> Callable[[Any], Awaitable[Any]]:
    """Call the function, but wait no longer than so many seconds for what it gives."""

    async def wait(value: Any) -> Any:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                made = call(value)
                return await made if inspect.isawaitable(made) else made
        except TimeoutError as error:
            if limit.expired():
                raise TimeoutError(
                    f"map_async: a call must be done within {seconds:g} s; the one for {value!r} was not. "
                    "Give it more time: timeout=…"
                ) from error
            raise

    return wait


def _order(order: str, hand_on: HandOn, concurrency: int) -> Order:
    if order == "key":
        return ByKey(hand_on, _EACH * concurrency)
    return AsTheyCame(hand_on) if order == "input" else AsDone(hand_on)


def _key(slot: Any) -> Any:
    key = item_key(slot)
    # What cannot be a key is this item's error, and not of somebody who looks for it later.
    hash(key)
    return key
