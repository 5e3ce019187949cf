"""Asking an error handler about failed items, one after the other."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from rxstream.core import FAILURES, Event, Hold, Receiver, is_cancelled, source_event
from rxstream.errors import ErrorContext, OutOfOrderError, attach_context, error_context

if TYPE_CHECKING:
    from rxstream.runtime._context import LetterContext, PipelineContext


class Handling:
    """One handler at work: the pipeline's, or that of an operator for what stands above it.

    Args:
        handler: The handler.
        owner: The pipeline, which counts, and ends if the handler raises.
        letters: Where the handler's sinks are.
    """

    def __init__(self, handler: Any, owner: PipelineContext, letters: LetterContext) -> None:
        self._owner = owner
        self._waiting: deque[_Failed] = deque()
        start = getattr(handler, "start", None)
        self._handle: Callable[..., Any] = handler if start is None else start(letters)

    def failed(self, error: BaseException, operator: str, item: Any, below: Receiver) -> None:
        """Ask about the item that the slot names; an error that is not taken ends the run."""
        owner = self._owner
        event = source_event(owner.slot)
        attach_context(error, ErrorContext(owner.name, operator, item), owner)
        note = f"pipeline {owner.name!r}, operator {operator!r}, event {shortened(event)}"
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        if isinstance(error, OutOfOrderError):
            # Not the item's fault: the source is not what it was said to be.
            owner.abort(error, operator)
        if self._waiting:
            # Failed items are handled in their order: behind one that is being awaited, the next ones wait.
            self._handle_later(event, error, None)
            return
        try:
            made = self._handle(event, error)
        except FAILURES as raised:
            owner.statistics.failed += 1
            owner.abort(raised, operator)
        if inspect.isawaitable(made):
            self._handle_later(event, error, made)
        else:
            owner.statistics.failed += 1

    def _handle_later(self, event: Event[Any], error: BaseException, made: Awaitable[Any] | None) -> None:
        self._waiting.append(_Failed(event, error, made, Hold(self._owner.slot, waiting=True, holder="on_error")))
        if len(self._waiting) == 1:
            self._owner.spawn(self._handle_one_by_one(), "on_error")

    async def _handle_one_by_one(self) -> None:
        owner = self._owner
        while self._waiting:
            failed = self._waiting[0]
            try:
                made = self._handle(failed.event, failed.error) if failed.made is None else failed.made
                if inspect.isawaitable(made):
                    await made
            except FAILURES as raised:
                if is_cancelled(raised):
                    raise
                owner.statistics.failed += 1
                operator = error_context(failed.error).operator or "on_error"
                failed.hold.emit(partial(owner.abort, operator=operator), raised)
            owner.statistics.failed += 1
            self._waiting.popleft()
            failed.hold.release()


@dataclass(slots=True)
class _Failed:
    """A failed item that an async handler is at work on, or that waits behind one."""

    event: Event[Any]
    error: BaseException
    made: Awaitable[Any] | None
    hold: Hold


def shortened(event: object) -> str:
    """An Event in words that fit a line."""
    text = repr(event)
    return text if len(text) <= 400 else f"{text[:400]}…"
