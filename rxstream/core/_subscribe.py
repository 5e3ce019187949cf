"""Plain subscription: a stream run for one Rx observer, on the spot, with Rx's contract for errors."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from reactivex import abc
from reactivex.disposable import Disposable
from reactivex.scheduler import CurrentThreadScheduler, VirtualTimeScheduler

from rxstream.core._connect import Connections, End, Intake, connect, observer_receiver
from rxstream.core._context import FAILURES, Gate, Statistics
from rxstream.core._feed import Feed
from rxstream.core._loose import pass_all
from rxstream.core._passport import Slot, thread_slot
from rxstream.core._receiver import ENDLESS, Receiver, Stop
from rxstream.core._scheduler import StreamScheduler
from rxstream.core._sink import is_observer, sink_name
from rxstream.core._stepping import SteppedScheduler, step_through
from rxstream.core._stream import Stream, lineage
from rxstream.core._timekeeper import Timekeeper, on_time_of
from rxstream.errors import ConfigurationError, ErrorContext, attach_context


class _Subscription:
    """The context of one plain subscription: an item's failure ends the stream."""

    def __init__(self, slot: Slot, scheduler: StreamScheduler) -> None:
        self.slot = slot
        self.scheduler = self.wall = scheduler
        self.statistics = Statistics()
        self.stop = Stop()
        self.gate = Gate(is_open=True)
        self.keeper: Timekeeper = self
        self.calls = 0
        self.paces = isinstance(scheduler, SteppedScheduler)

    def failed(self, error: BaseException, operator: str, item: Any, below: Receiver) -> None:
        attach_context(error, ErrorContext(None, operator, item), self)
        self.stop.set()
        below.on_error(error)

    def source_failed(self, error: BaseException, below: Receiver) -> None:
        below.on_error(error)

    def receiver(self, sink: Any) -> Receiver:
        if not is_observer(sink):
            raise ConfigurationError(
                f"subscribe: {sink_name(sink)} needs a run, which a plain subscription is not. Run it with rs.run."
            )
        return observer_receiver(sink, ENDLESS)

    def post(self, act: Callable[[], None]) -> None:
        # As in Rx, whoever pushes does the work.
        act()

    def attach(self, connections: Connections) -> None:
        self.take(connections.intakes)

    def take(self, intakes: list[Intake]) -> None:
        """Let everything of some sources pass: here and now, or as the scheduler's time goes."""
        if isinstance(self.scheduler, SteppedScheduler):
            step_through(intakes, self.slot, self.scheduler, self)
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
            self.scheduler.run_until(self.scheduler.now_ns, inclusive=True)
            on_time_of(self, lambda: pass_all(intakes, self.slot, self.scheduler))
        except FAILURES as error:
            if self.stop.now:
                # It was told already, and came back from whoever was told.
                raise
            # A source that breaks, as it is read.
            self.stop.set()
            for intake in intakes:
                intake.receiver.on_error(error)


def subscribe(
    stream: Stream[Any], observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None
) -> abc.DisposableBase:
    """Push a stream's items into an observer until it ends or the subscription is disposed of.

    On a virtual scheduler that is given, items come at their instants, as its time goes; otherwise all that there is
    comes at once.

    Raises:
        ConfigurationError: If a source has to be waited for.
    """
    for made_from in lineage(stream):
        if made_from.sides:
            raise ConfigurationError(
                "subscribe: the branches of tee need a run, which a plain subscription is not. Run it with rs.run."
            )
    context = _Subscription(thread_slot(), _clock(scheduler))
    connections = connect([End(stream, observer_receiver(observer, context.stop), context)], virtual=True)
    for intake in connections.intakes:
        _check(intake.feed, context.scheduler)
    # Not before everybody has subscribed: who unsubscribes in mid-stream must be able to reach us.
    starter = scheduler or CurrentThreadScheduler.singleton()
    starter.schedule(lambda *_: context.take(connections.intakes))
    return Disposable(lambda: _dispose(context, connections))


def _clock(scheduler: abc.SchedulerBase | None) -> StreamScheduler:
    if isinstance(scheduler, VirtualTimeScheduler | StreamScheduler):
        return SteppedScheduler(scheduler)
    return StreamScheduler.virtual()


def _check(feed: Feed, scheduler: StreamScheduler) -> None:
    if feed.connect is not None:
        raise ConfigurationError(
            f"subscribe: {feed.name} has to be waited for, which a plain subscription cannot do. "
            "Run it with rs.run, rs.run_async or `async for`."
        )
    if feed.endless and not isinstance(scheduler, SteppedScheduler):
        raise ConfigurationError(
            f"subscribe: {feed.name} needs a clock, as it never ends; a plain subscription has none. "
            "Run it with rs.run, or give subscribe a StreamScheduler."
        )


def _dispose(context: _Subscription, connections: Connections) -> None:
    context.stop.set()
    for subscription in connections.foreign:
        subscription.dispose()
