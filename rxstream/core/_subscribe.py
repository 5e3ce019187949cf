"""Plain subscription: a stream run for one Rx observer, on the spot, with Rx's contract for errors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

from reactivex import abc
from reactivex.scheduler import CurrentThreadScheduler, VirtualTimeScheduler

from rxstream.core._catching import Catching
from rxstream.core._connect import Connections, End, connect, observer_receiver
from rxstream.core._context import FAILURES, Context, Gate, Retrying, Statistics
from rxstream.core._feed import Feed
from rxstream.core._intake import Intake
from rxstream.core._known_watermarks import KnownWatermarks
from rxstream.core._loose import loose_reader, pass_all
from rxstream.core._operator import Operator
from rxstream.core._passport import Slot, source_event, thread_slot
from rxstream.core._receiver import ENDLESS, Receiver, Stop
from rxstream.core._replay import Merge
from rxstream.core._scheduler import StreamScheduler
from rxstream.core._sink import is_observer, sink_name
from rxstream.core._stepping import SteppedScheduler, step_through
from rxstream.core._stream import Stream, lineage
from rxstream.core._timekeeper import Timekeeper, on_time_of
from rxstream.errors import ConfigurationError, ErrorContext, attach_context

#: Whoever comes, need not wait.
_OPEN: Final = Gate(is_open=True)


class _Subscription(abc.DisposableBase):
    """One plain subscription, and the context of its stages: an item's failure ends the stream.

    Args:
        slot: Names the items.
        stepped: The clock, if one was given.
        on_error: Takes an error that ends the stream.
        on_completed: Takes the end. Of ends, the first one counts.
    """

    def __init__(
        self,
        slot: Slot,
        stepped: SteppedScheduler | None,
        on_error: abc.OnError,
        on_completed: abc.OnCompleted,
    ) -> None:
        self.slot = slot
        self._on_error = on_error
        self._on_completed = on_completed
        self._has_ended = False
        self._raised: BaseException | None = None
        self._stepped = stepped
        self.scheduler = self.wall = stepped or StreamScheduler.virtual()
        self.statistics = Statistics()
        self.stop = Stop()
        self.gate = _OPEN
        self.calls = 0
        self._merge: Merge | None = None
        self.pending: list[str] = []
        self.retrying: Retrying | None = None
        self.paces = stepped is not None
        self._catching_up = False
        #: Set where there are foreign operators, which are given a clock that stands still between two pushes.
        self.catch_up: Callable[[], None] | None = None
        self.watermarks = KnownWatermarks()
        #: Of foreign Observables.
        self.subscriptions: list[abc.DisposableBase] = []

    def dispose(self) -> None:
        """Want no more."""
        self.stop.set()
        self.catch_up = None
        subscriptions, self.subscriptions = self.subscriptions, []
        for subscription in subscriptions:
            subscription.dispose()

    def receiver_of(self, on_next: abc.OnNext[Any]) -> Receiver:
        """Who stands last: behind the end, and once it wants no more, it hears nothing."""
        stop = self.stop

        def hear(value: Any) -> None:
            # An operator whose own function has ended the stream may still be handing on.
            if not stop.now:
                on_next(value)

        return Receiver("subscribe", hear, self._complete, self._end_by, stop=stop)

    def failed_to_start(self, error: Exception) -> bool:
        """Tell of an error by which it could not be subscribed; False: it hears nothing any more."""
        if self._has_ended or self.stop.now:
            return False
        self._end_by(error)
        return True

    def _complete(self) -> None:
        self._end(self._on_completed)

    def _end_by(self, error: BaseException) -> None:
        self._end(partial(self._on_error, error))  # type: ignore[arg-type]  # Rx says Exception; a CancelledError is none

    def _end(self, tell: Callable[[], None]) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        try:
            tell()
        except BaseException as error:
            self._raised = error
            raise
        finally:
            self.dispose()

    @property
    def keeper(self) -> Timekeeper:
        # As an attribute it would be a ring, and all that is connected would wait for the garbage collector.
        return self

    def failed(self, error: BaseException, operator: str, item: Any, below: Receiver) -> None:
        if error is self._raised:
            # It comes from whoever was told of the end; whoever has brought the end about is to hear of it.
            raise error
        attach_context(error, ErrorContext(None, operator, item), self)
        self.stop.set()
        below.on_error(error)

    def catching(self, handler: Any) -> Context:
        if hasattr(handler, "wait_before"):
            raise ConfigurationError(
                "subscribe: retry has to wait, which a plain subscription cannot do. "
                "Run it with rs.run or rs.run_async, or test it with rxstream.testing.marbles."
            )
        start = getattr(handler, "start", None)
        handle = handler if start is None else start(self)

        def failed(error: BaseException, operator: str, item: Any, below: Receiver) -> None:
            attach_context(error, ErrorContext(None, operator, item), self)
            try:
                made = handle(source_event(self.slot), error)
                if inspect.iscoroutine(made):
                    self.spawn(made, "catch_each")
            except FAILURES as raised:
                self.failed(raised, operator, item, below)

        return Catching(self, failed)

    def source_failed(self, error: BaseException, below: Receiver) -> None:
        below.on_error(error)

    def receiver(self, sink: Any) -> Receiver:
        if not is_observer(sink):
            raise ConfigurationError(
                f"subscribe: {sink_name(sink)} needs a run, which a plain subscription is not. Run it with rs.run."
            )
        return observer_receiver(sink, ENDLESS)

    def do_what_is_due(self) -> None:
        """Do what foreign operators have put off to this instant: behind a push nobody else moves the clock."""
        if self._catching_up or self._merge is not None or not self._has_due:
            return
        self._catching_up = True
        try:
            on_time_of(self, self._run_due)
        finally:
            self._catching_up = False

    @property
    def _has_due(self) -> bool:
        return self.scheduler.clock.due <= self.scheduler.now_ns

    def _run_due(self) -> None:
        self.scheduler.run_until(self.scheduler.now_ns, inclusive=True)

    def post(self, act: Callable[[], None]) -> None:
        # As in Rx, whoever pushes does the work.
        act()

    def when_stopped(self, flush: Callable[[], None]) -> None:
        # It has no end but its sources' and its subscriber's.
        pass

    def attach(self, connections: Connections) -> None:
        if connections.intakes:
            self.take(connections.intakes)

    def take(self, intakes: list[Intake]) -> None:
        """Let everything of some sources pass: here and now, or as the scheduler's time goes."""
        if self._merge is not None:
            # They may have something that is earlier than what comes next of the others.
            self._merge.add(loose_reader(intake, self.scheduler.now_ns) for intake in intakes)
            self.scheduler.touch()
        elif self._stepped is not None:
            step_through(intakes, self.slot, self._stepped, self)
        else:
            self._pass(intakes)

    def spawn(self, work: Coroutine[Any, Any, None], name: str, *, real: bool = False) -> None:
        work.close()
        raise ConfigurationError(
            f"subscribe: {name} has to be awaited, which a plain subscription cannot do. "
            "Run it with rs.run or rs.run_async, or test it with rxstream.testing.marbles."
        )

    def guard(self, act: Callable[[], object]) -> object:
        # As in Rx: whoever scheduled it hears of it.
        return act()

    def _pass(self, intakes: list[Intake]) -> None:
        try:
            # What foreign operators have put off to the clock, they want done before anything comes.
            if self._has_due:
                self._run_due()
            on_time_of(self, lambda: pass_all(intakes, self.slot, self.scheduler, self._note_merge))
        except FAILURES as error:
            if self.stop.now:
                # It was told already, and came back from whoever was told.
                raise
            # A source that breaks, as it is read.
            self.stop.set()
            for intake in intakes:
                intake.receiver.on_error(error)
        finally:
            self._merge = None

    def _note_merge(self, merge: Merge) -> None:
        self._merge = merge


def subscribe(
    stream: Stream[Any],
    on_next: abc.OnNext[Any],
    on_error: abc.OnError,
    on_completed: abc.OnCompleted,
    scheduler: abc.SchedulerBase | None,
) -> abc.DisposableBase:
    """Push a stream's items into an observer until it ends or the subscription is disposed of.

    Raises:
        ConfigurationError: As ``on_error`` has it: if a source has to be waited for.
    """
    context = _Subscription(thread_slot(), _stepped(scheduler), on_error, on_completed)
    trampoline = CurrentThreadScheduler.singleton()
    is_first = trampoline.schedule_required()

    def start(*_: Any) -> None:
        try:
            intakes = _connected(stream, on_next, context)
        except Exception as error:
            # As in Rx, whoever hears of errors hears of this one.
            if not context.failed_to_start(error):
                raise
            return
        if scheduler is None and is_first and not context.subscriptions:
            # Nobody has put anything off that would come before.
            context.take(intakes)
        else:
            # Not before everybody has subscribed: who unsubscribes in mid-stream must be able to reach us.
            (scheduler or trampoline).schedule(lambda *_: context.take(intakes))

    # Reactivex's own sources put off what they have to the trampoline's next turn: until all have subscribed.
    if is_first:
        trampoline.schedule(start)
    else:
        start()
    return context


def _connected(stream: Stream[Any], on_next: abc.OnNext[Any], context: _Subscription) -> list[Intake]:
    """Connect a stream to who stands last; foreign Observables are subscribed to, its sources are still to be read."""
    for made_from in lineage(stream):
        if made_from.sides:
            raise ConfigurationError(
                "subscribe: the branches of tee need a run, which a plain subscription is not. Run it with rs.run."
            )
    steps = [made.step for made in lineage(stream) if made.step is not None]
    if not context.paces and not all(isinstance(step, Operator) for step in steps):
        context.catch_up = context.do_what_is_due
    end = End(stream, context.receiver_of(on_next), context)
    connections = connect([end], virtual=True, watermarks=context.watermarks)
    for intake in connections.intakes:
        _check(intake.feed, paced=context.paces)
    context.subscriptions = connections.foreign
    if context.stop.now:
        # One of them has ended it already.
        context.dispose()
    return connections.intakes


def _stepped(scheduler: abc.SchedulerBase | None) -> SteppedScheduler | None:
    """The clock of a subscription on a virtual scheduler, which moves it."""
    if scheduler is not None and isinstance(scheduler, VirtualTimeScheduler | StreamScheduler):
        return SteppedScheduler(scheduler)
    return None


def _check(feed: Feed, *, paced: bool) -> None:
    if feed.connect is not None:
        raise ConfigurationError(
            f"subscribe: {feed.name} has to be waited for, which a plain subscription cannot do. "
            "Run it with rs.run, rs.run_async or `async for`."
        )
    if feed.endless and not paced:
        raise ConfigurationError(
            f"subscribe: {feed.name} needs a clock, as it never ends; a plain subscription has none. "
            "Run it with rs.run, or give subscribe a StreamScheduler."
        )
