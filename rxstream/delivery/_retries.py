"""Trying failed items again where they failed, while later items of their keys wait behind them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rxstream.core import (
    Catching,
    Context,
    Downstream,
    HeldWatermark,
    Hold,
    Mark,
    Receiver,
    RetryPolicy,
    Slot,
    StageRetries,
    item_key,
    source_event,
)
from rxstream.delivery._waiting import WaitingHolds
from rxstream.errors import attach_attempts


class Retries:
    """A pipeline's policy, and what keeps it at each stage.

    Args:
        policy: Says whether, and when.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self.wait_before = policy.wait_before

    def at(self, below: Receiver, context: Context) -> StageRetries:
        """Make what tries again the items of one stage."""
        return Rows(below, context)


def seconds_to_retry(context: Context, error: BaseException, attempts: int) -> float | None:
    """Seconds until what failed is to be tried again; None: it is not, and the error says how often it was."""
    seconds = None if context.retrying is None else context.retrying.wait_before(error, attempts)
    if seconds is None:
        attach_attempts(error, attempts)
    return seconds


async def wait_to_retry(context: Context, error: BaseException, attempts: int) -> bool:
    """Wait until what failed is to be tried again; False: it is not."""
    seconds = seconds_to_retry(context, error, attempts)
    if seconds is None:
        return False
    await asyncio.sleep(seconds)
    context.statistics.retried += 1
    return True


def place_in_order(slot: Slot) -> Any:
    """What the item that the slot names must not overtake: others of its key, or, without one, of its partition."""
    key = item_key(slot)
    if key is not None:
        return ("key", key) if isinstance(key, Hashable) else ("key", repr(key))
    origin = source_event(slot).origin
    return None if origin is None else (origin.source, origin.partition)


class _Failure(NamedTuple):
    error: BaseException
    operator: str
    below: Receiver


@dataclass(slots=True)
class _Waiting:
    """One item in a row: the first one has failed, the others wait behind it."""

    value: Any
    hold: Hold
    mark: Mark | None
    attempts: int = 0
    seconds: float = 0.0


class Rows:
    """The items of one stage that have failed there, each with those of its key that came later in a row behind it.

    The end of the stream, and the watermark, wait for them too.

    Args:
        below: What the stage hands on to.
        context: Whose policy it is, and who deals with what has failed for good.
    """

    def __init__(self, below: Receiver, context: Context) -> None:
        self.context: Context = Catching(context, self._note)
        self._owner = context
        self._below = below
        self._holds = WaitingHolds(context.slot, below.stop, "retry")
        self._rows: dict[Any, deque[_Waiting]] = {}
        self._failure: _Failure | None = None
        self._watermark = HeldWatermark(Downstream("retry", below, context)) if below.watermarks else None
        self._completing = False
        self._run: Callable[[Any], None] = below.on_next

    def around(self, stage: Receiver) -> Receiver:
        """The receiver that stands in the stage's place."""
        self._run = stage.on_next
        made = replace(stage, on_next=self._taking(), on_completed=self._on_completed)
        if self._watermark is not None and stage.watermarks:
            made.on_watermark = self._watermark.on_watermark
        return made

    def _taking(self) -> Callable[[Any], None]:
        slot, rows, run = self._owner.slot, self._rows, self._run

        def on_next(value: Any) -> None:
            if rows:
                row = rows.get(place_in_order(slot))
                if row is not None:
                    row.append(self._waiting(value))
                    return
            said = slot.key, slot.time, slot.headers
            run(value)
            if self._failure is not None:
                slot.key, slot.time, slot.headers = said
                failure, self._failure = self._failure, None
                self._take_failed(value, failure)

        return on_next

    def _note(self, error: BaseException, operator: str, _item: Any, below: Receiver) -> None:
        # What becomes of it is decided when the stage has returned: then the item is as it was before.
        self._failure = _Failure(error, operator, below)

    def _take_failed(self, value: Any, failure: _Failure) -> None:
        seconds = seconds_to_retry(self._owner, failure.error, 1)
        if seconds is None:
            self._owner.failed(failure.error, failure.operator, value, failure.below)
            return
        at = place_in_order(self._owner.slot)
        first = self._waiting(value)
        first.attempts, first.seconds = 1, seconds
        self._rows[at] = deque([first])
        self._owner.spawn(self._work(at), failure.operator)

    def _waiting(self, value: Any) -> _Waiting:
        mark = None if self._watermark is None else self._watermark.mark()
        return _Waiting(value, self._holds.keep(), mark)

    async def _work(self, at: Any) -> None:
        row = self._rows[at]
        while row:
            first = row[0]
            if first.attempts:
                await asyncio.sleep(first.seconds)
                self._owner.statistics.retried += 1
            if self._below.stop.now:
                # What nobody wants any more is not handled, and stays unsettled.
                return
            if self._is_done(first):
                row.popleft()
                self._let_go(first)
        del self._rows[at]
        if self._completing and not self._rows:
            self._below.on_completed()

    def _is_done(self, first: _Waiting) -> bool:
        """Try the first one of a row; whether it is done with, for good or ill."""
        first.hold.emit(self._run, first.value)
        failure, self._failure = self._failure, None
        if failure is None:
            return True
        first.attempts += 1
        seconds = seconds_to_retry(self._owner, failure.error, first.attempts)
        if seconds is not None:
            first.seconds = seconds
            return False

        def report(value: Any) -> None:
            self._owner.failed(failure.error, failure.operator, value, failure.below)

        first.hold.emit(report, first.value)
        return True

    def _let_go(self, waiting: _Waiting) -> None:
        self._holds.release(waiting.hold)
        if self._watermark is not None and waiting.mark is not None:
            self._watermark.unmark(waiting.mark)

    def _on_completed(self) -> None:
        self._completing = True
        if not self._rows:
            self._below.on_completed()
