"""One pipeline while it runs: its counts, its error handler, and its sinks."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from rxstream.core import (
    FAILURES,
    Connections,
    Event,
    Feed,
    Halt,
    Hold,
    Operator,
    Pipeline,
    Receiver,
    Sink,
    Slot,
    Statistics,
    Stream,
    StreamScheduler,
    Timekeeper,
    is_cancelled,
    is_observer,
    lineage,
    sink_name,
    source_event,
)
from rxstream.delivery import Calls, Outlet, sink_receiver
from rxstream.errors import ErrorContext, OutOfOrderError, attach_context, error_context
from rxstream.handlers import stop
from rxstream.runtime._pipelines import is_endless
from rxstream.runtime._report import PipelineReport

if TYPE_CHECKING:
    from rxstream.runtime._run import Run


class PipelineContext:
    """What the operators and sinks of one pipeline see of the run."""

    def __init__(self, run: Run, pipeline: Pipeline, name: str) -> None:
        self.name = name
        self.pipeline = pipeline
        self.slot: Slot = run.slot
        self.scheduler: StreamScheduler = run.scheduler
        self.wall: StreamScheduler = run.wall
        self.gate = run.gate
        self.paces = True
        self.keeper: Timekeeper = run
        #: Whether a timer that never ends is among the sources.
        self.is_endless = is_endless(pipeline)
        self.statistics = Statistics()
        self.outlets: list[Outlet] = []
        self._run = run
        self._sinks: list[Callable[[], int]] = []
        self._letters: list[Callable[[], int]] = []
        self._handling: deque[_Failed] = deque()
        self._open_ends = 0
        self._receivers: dict[int, Receiver] = {}
        handler = pipeline.on_error or stop()
        self._letters_to = LetterContext(self)
        start = getattr(handler, "start", None)
        self._handle: Callable[..., Any] = handler if start is None else start(self._letters_to)
        #: The receivers of the pipeline's sinks, in their order.
        self.ends_made = [self._end(sink) for sink in pipeline.sinks]
        # Those of the operators' sinks are made now, so that the run can open them before anything is read.
        for stream in lineage(pipeline.stream):
            for sink in getattr(stream.step, "sinks", ()):
                self.receiver(sink)

    def receiver(self, sink: Any) -> Receiver:
        """The receiver of a sink that one of the operators names."""
        if id(sink) not in self._receivers:
            self._receivers[id(sink)], _ = self._made(sink, self)
        return self._receivers[id(sink)]

    def letters(self, sink: Any, context: LetterContext) -> Receiver:
        """The receiver of a sink for what failed."""
        receiver, confirmed = self._made(sink, context)
        self._letters.append(confirmed)
        return receiver

    def failed(self, error: BaseException, operator: str, item: Any, below: Receiver) -> None:
        """Ask the handler about the item that the slot names; an error it does not take ends the run."""
        event = source_event(self.slot)
        attach_context(error, ErrorContext(self.name, operator, item), self)
        note = f"pipeline {self.name!r}, operator {operator!r}, event {_shortened(event)}"
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        if isinstance(error, OutOfOrderError):
            # Not the item's fault: the source is not what it was said to be.
            self.abort(error, operator)
        if self._handling:
            # Failed items are handled in their order: behind one that is being awaited, the next ones wait.
            self._handle_later(event, error, None)
            return
        try:
            made = self._handle(event, error)
        except FAILURES as raised:
            self.statistics.failed += 1
            self.abort(raised, operator)
        if inspect.isawaitable(made):
            self._handle_later(event, error, made)
        else:
            self.statistics.failed += 1

    def abort(self, error: BaseException, operator: str) -> None:
        """End the run with ``error``."""
        if error_context(error).pipeline is None:
            attach_context(error, ErrorContext(self.name, operator, None), self)
            error.add_note(f"pipeline {self.name!r}, error handler, event {_shortened(source_event(self.slot))}")
        self._run.fail(error)
        raise Halt

    def source_failed(self, error: BaseException, below: Receiver) -> None:
        """End the run: a source that is no longer there cannot be handled item by item."""
        self._run.fail(error)

    def attach(self, connections: Connections) -> None:
        """Take in what a foreign operator subscribed to while the run was under way."""
        self._run.reading.attach(connections)

    def spawn(self, work: Coroutine[Any, Any, None], name: str, *, real: bool = False) -> None:
        """Start a task that belongs to the run."""
        self._run.spawn(work, name, real=real)

    def post(self, act: Callable[[], None]) -> None:
        """Do ``act`` on the run's own thread, soon."""
        self._run.loop.call_soon_threadsafe(act)

    @property
    def completed(self) -> bool:
        """Whether the end has come at every sink."""
        return self._open_ends == 0

    def report(self, received: Callable[[Feed], int], committed: Callable[[Feed], int]) -> PipelineReport:
        """What was done so far, given what was read of a source and committed there."""
        counted = self.statistics
        feeds = [stream.feed for stream in lineage(self.pipeline.stream) if stream.feed is not None]
        return PipelineReport(
            name=self.name,
            received=counted.received + sum(map(received, feeds)),
            emitted=min((confirmed() for confirmed in self._sinks), default=0),
            dropped=counted.dropped,
            late=counted.late,
            failed=counted.failed,
            retried=counted.retried,
            dead_lettered=sum(confirmed() for confirmed in self._letters),
            committed=sum(map(committed, feeds)),
        )

    def _end(self, sink: Any) -> Receiver:
        receiver, confirmed = self._made(sink, self)
        self._sinks.append(confirmed)
        on_completed = receiver.on_completed

        def complete() -> None:
            self._open_ends -= 1
            on_completed()

        self._open_ends += 1
        receiver.on_completed = complete
        return receiver

    def _made(self, sink: Any, context: Any) -> tuple[Receiver, Callable[[], int]]:
        if isinstance(sink, Sink):
            changed = context is not self or _changes_passports(self.pipeline.stream)
            outlet = Outlet(sink, context, notes_passports=changed)
            self.outlets.append(outlet)
            return outlet.receiver, lambda: outlet.confirmed
        if is_observer(sink):
            return _observed(sink)
        return _called(sink, context)

    def _handle_later(self, event: Event[Any], error: BaseException, made: Awaitable[Any] | None) -> None:
        self._handling.append(_Failed(event, error, made, Hold(self.slot, waiting=True)))
        if len(self._handling) == 1:
            self.spawn(self._handle_one_by_one(), "on_error")

    async def _handle_one_by_one(self) -> None:
        while self._handling:
            failed = self._handling[0]
            try:
                made = self._handle(failed.event, failed.error) if failed.made is None else failed.made
                if inspect.isawaitable(made):
                    await made
            except FAILURES as raised:
                if is_cancelled(raised):
                    raise
                self.statistics.failed += 1
                failed.hold.emit(
                    partial(self.abort, operator=error_context(failed.error).operator or "on_error"), raised
                )
            self.statistics.failed += 1
            self._handling.popleft()
            failed.hold.release()


@dataclass(slots=True)
class _Failed:
    """A failed item that an async handler is at work on, or that waits behind one."""

    event: Event[Any]
    error: BaseException
    made: Awaitable[Any] | None
    hold: Hold


class LetterContext:
    """The context of sinks that take what failed: their own failure has no handler."""

    def __init__(self, owner: PipelineContext) -> None:
        self.slot = owner.slot
        self.scheduler = owner.scheduler
        self.wall = owner.wall
        self.gate = owner.gate
        self.paces = True
        self.keeper = owner.keeper
        self.statistics = owner.statistics
        self._owner = owner

    def receiver(self, sink: Any) -> Receiver:
        """The receiver of a handler's sink."""
        return self._owner.letters(sink, self)

    def source_failed(self, error: BaseException, below: Receiver) -> None:
        """End the run."""
        self._owner.source_failed(error, below)

    def failed(self, error: BaseException, operator: str, item: Any, below: Receiver) -> None:
        """End the run: what could not even be reported must not be settled."""
        self._owner.abort(error, operator)

    def post(self, act: Callable[[], None]) -> None:
        """Do ``act`` on the run's own thread, soon."""
        self._owner.post(act)

    def attach(self, connections: Connections) -> None:
        """Take in what was subscribed to while the run was under way."""
        self._owner.attach(connections)

    def spawn(self, work: Coroutine[Any, Any, None], name: str, *, real: bool = False) -> None:
        """Start a task that belongs to the run."""
        self._owner.spawn(work, name, real=real)


def _changes_passports(stream: Stream[Any]) -> bool:
    return any(isinstance(made.step, Operator) and made.step.passport for made in lineage(stream))


def _observed(observer: Any) -> tuple[Receiver, Callable[[], int]]:
    count = 0

    def on_next(value: Any) -> None:
        nonlocal count
        observer.on_next(value)
        count += 1

    receiver = Receiver(sink_name(observer), on_next, observer.on_completed, observer.on_error)
    return receiver, lambda: count


def _called(f: Callable[[Any], Any], context: Any) -> tuple[Receiver, Callable[[], int]]:
    count = 0

    def counted(_made: Any) -> None:
        nonlocal count
        count += 1

    def on_next(value: Any) -> None:
        nonlocal count
        if queue:
            calls.line_up(value)
            return
        made = f(value)
        # What most functions give is looked at here, as a call costs as much as all the rest.
        if made is None:
            count += 1
        else:
            calls.take(value, made)

    receiver = sink_receiver(sink_name(f), on_next)
    calls = Calls(receiver.name, f, on_made=counted, context=context, below=receiver, on_idle=_nothing)
    queue = calls.queue
    return receiver, lambda: count


def _nothing() -> None:
    pass


def _shortened(event: object) -> str:
    text = repr(event)
    return text if len(text) <= 400 else f"{text[:400]}…"
