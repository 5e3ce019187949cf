"""One pipeline while it runs: its counts, its error handler, and its sinks."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from rxstream.core import (
    Catching,
    Connections,
    Context,
    Downstream,
    Feed,
    Halt,
    Inline,
    Operator,
    Pipeline,
    Receiver,
    Retrying,
    Sink,
    Slot,
    Statistics,
    Stream,
    StreamScheduler,
    Timekeeper,
    is_observer,
    lineage,
    ns_to_datetime,
    sink_name,
    source_event,
)
from rxstream.delivery import Calls, Outlet, Retries, sink_receiver
from rxstream.errors import ErrorContext, attach_context, error_context
from rxstream.handlers import stop
from rxstream.operators._map_async_work import AsyncCalls
from rxstream.runtime._handling import Handling, shortened
from rxstream.runtime._pipelines import is_endless
from rxstream.runtime._report import PipelineReport
from rxstream.runtime._why_stuck import why_stuck
from rxstream.sinks._sink import CallingSink

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
        self.catch_up: Callable[[], None] | None = None
        self.keeper: Timekeeper = run
        #: Whether a timer that never ends is among the sources.
        self.is_endless = is_endless(pipeline)
        self.statistics = Statistics()
        self.pending: list[str] = []
        #: Hands on what waits for more, where there will be no more.
        self.flushes: list[Callable[[], None]] = []
        self.outlets: list[Outlet] = []
        self._run = run
        self._sinks: list[Callable[[], int]] = []
        self._letters: list[Callable[[], int]] = []
        self._open_ends = 0
        self._receivers: dict[int, Receiver] = {}
        self._letters_to = LetterContext(self)
        self.retrying = _retrying(pipeline.on_error)
        self._handling = Handling(pipeline.on_error or stop(), self, self._letters_to)
        self._catching: dict[int, Context] = {}
        #: The receivers of the pipeline's sinks, in their order.
        self.ends_made = [self._end(sink) for sink in pipeline.sinks]
        # Those of the operators' sinks are made now, so that the run can open them before anything is read.
        for stream in lineage(pipeline.stream):
            for sink in getattr(stream.step, "sinks", ()):
                self.receiver(sink)
            handler = getattr(stream.step, "handler", None)
            if isinstance(stream.step, Operator) and handler is not None:
                self._catching[id(handler)] = self.catching(handler)

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
        self._handling.failed(error, operator, item, below)

    def catching(self, handler: Any) -> Context:
        """The context of what stands above an operator whose handler is asked first."""
        made = self._catching.get(id(handler))
        return made or Catching(self, Handling(handler, self, self._letters_to).failed, _retrying(handler))

    def abort(self, error: BaseException, operator: str) -> None:
        """End the run with ``error``."""
        if error_context(error).pipeline is None:
            attach_context(error, ErrorContext(self.name, operator, None), self)
            error.add_note(f"pipeline {self.name!r}, error handler, event {shortened(source_event(self.slot))}")
        self._run.fail(error)
        raise Halt

    def source_failed(self, error: BaseException, below: Receiver) -> None:
        """End the run: a source that is no longer there cannot be handled item by item."""
        self._run.fail(error)

    def when_stopped(self, flush: Callable[[], None]) -> None:
        """Call ``flush`` where the run is stopped before the end of its sources."""
        self.flushes.append(flush)

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

    def reads(self, feed: Feed) -> bool:
        """Whether a source is one of the pipeline's."""
        return any(made.feed is feed for made in lineage(self.pipeline.stream))

    def why_stuck(self) -> str:
        """Which record has been unsettled for longest, and who holds it."""
        stream = self.pipeline.stream
        return why_stuck(self.name, stream, self._run.reading.ledgers_of(stream), self._run.not_done)

    def report(self, received: Callable[[Feed], int], committed: Callable[[Feed], int]) -> PipelineReport:
        """What was done so far, given what was read of a source and committed there."""
        counted = self.statistics
        feeds = [stream.feed for stream in lineage(self.pipeline.stream) if stream.feed is not None]
        watermark = self._run.watermarks.of(self.pipeline.stream)
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
            watermark=None if watermark is None else ns_to_datetime(watermark),
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
        if not is_observer(sink):
            # Nobody is told of an error that has come through to the end: so the run is.
            receiver.on_error = self._run.fail
        return receiver

    def _made(self, sink: Any, context: Any) -> tuple[Receiver, Callable[[], int]]:
        if isinstance(sink, CallingSink):
            # Item by item, not in batches: a slow one keeps nobody.
            return _called_side_by_side(sink, context) if sink.concurrency > 1 else _called(sink, context)
        if isinstance(sink, Sink):
            changed = context is not self or _changes_passports(self.pipeline.stream)
            outlet = Outlet(sink, context, notes_passports=changed)
            self.outlets.append(outlet)
            return outlet.receiver, lambda: outlet.confirmed
        if is_observer(sink):
            return _observed(sink)
        return _called(sink, context)


class LetterContext:
    """The context of sinks that take what failed: their own failure has no handler."""

    def __init__(self, owner: PipelineContext) -> None:
        self.slot = owner.slot
        self.scheduler = owner.scheduler
        self.wall = owner.wall
        self.gate = owner.gate
        self.paces = True
        self.catch_up: Callable[[], None] | None = None
        self.keeper = owner.keeper
        self.statistics = owner.statistics
        self.pending: list[str] = []
        self.retrying: Retrying | None = None
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

    def when_stopped(self, flush: Callable[[], None]) -> None:
        """Call ``flush`` where the run is stopped before the end of its sources."""
        self._owner.when_stopped(flush)

    def attach(self, connections: Connections) -> None:
        """Take in what was subscribed to while the run was under way."""
        self._owner.attach(connections)

    def spawn(self, work: Coroutine[Any, Any, None], name: str, *, real: bool = False) -> None:
        """Start a task that belongs to the run."""
        self._owner.spawn(work, name, real=real)


def _retrying(handler: Any) -> Retrying | None:
    return Retries(handler) if hasattr(handler, "wait_before") else None


def _changes_passports(stream: Stream[Any]) -> bool:
    return any(isinstance(made.step, Operator) and made.step.passport for made in lineage(stream))


class _Taken:
    """How many items a sink has taken."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


def _observed(observer: Any) -> tuple[Receiver, Callable[[], int]]:
    taken = _Taken()
    observe = observer.on_next

    def on_next(value: Any) -> None:
        observe(value)
        taken.count += 1

    receiver = Receiver(sink_name(observer), on_next, observer.on_completed, observer.on_error)
    receiver.inline = Inline("observe(value)\ncount taken", {"observe": observe, "taken": taken}, {})
    return receiver, lambda: taken.count


#: What is given for an item that waits behind others.
_WAITS: Final = object()
# What most functions give is None, and is looked at where they are called, as a call costs as much as all the rest.
# Where items wait, others are handed to the queue in place of the function, so that nobody has to ask for each.
_CALLING: Final = """\
made = hand(value)
if made is not None:
    if made is not WAITS:
        take(value, made)
    hand = line_up if queue else call
    skip
count taken
"""


def _called(f: Callable[[Any], Any], context: Any) -> tuple[Receiver, Callable[[], int]]:
    taken = _Taken()

    def counted(_made: Any) -> None:
        taken.count += 1

    receiver = sink_receiver(sink_name(f), f)
    calls = Calls(receiver.name, f, on_made=counted, context=context, below=receiver, on_idle=_nothing)
    receiver.on_next = calls.on_next

    def line_up(value: Any) -> object:
        calls.line_up(value)
        return _WAITS

    names = {"queue": calls.queue, "call": f, "line_up": line_up, "take": calls.take, "taken": taken, "WAITS": _WAITS}
    receiver.inline = Inline(_CALLING, names, {}, opening="hand = line_up if queue else call")
    return receiver, lambda: taken.count


def _called_side_by_side(sink: CallingSink[Any], context: Any) -> tuple[Receiver, Callable[[], int]]:
    taken = _Taken()

    def counted(_made: Any) -> None:
        taken.count += 1

    down: Downstream[Any] = Downstream(sink.name, sink_receiver(sink.name, counted), context)
    calls = AsyncCalls(sink.name, sink, down, concurrency=sink.concurrency, order="done").reactions()
    assert calls.on_next is not None  # noqa: S101 - it takes items
    return sink_receiver(sink.name, calls.on_next), lambda: taken.count


def _nothing() -> None:
    pass
