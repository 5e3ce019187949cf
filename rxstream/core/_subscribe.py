"""Plain subscription: a stream run for one Rx observer, on the spot, with Rx's contract for errors."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from reactivex import abc
from reactivex.disposable import Disposable
from reactivex.scheduler import CurrentThreadScheduler

from rxstream.core._connect import Connections, End, Intake, connect, observer_receiver
from rxstream.core._context import FAILURES, Statistics
from rxstream.core._loose import pass_all
from rxstream.core._passport import Slot, thread_slot
from rxstream.core._receiver import ENDLESS, Receiver, Stop
from rxstream.core._scheduler import StreamScheduler
from rxstream.core._sink import is_observer, sink_name
from rxstream.core._stream import Stream, lineage
from rxstream.errors import ConfigurationError, ErrorContext, attach_context


class _Subscription:
    """The context of one plain subscription: an item's failure ends the stream."""

    def __init__(self, slot: Slot, scheduler: StreamScheduler) -> None:
        self.slot = slot
        self.scheduler = scheduler
        self.statistics = Statistics()
        self.stop = Stop()

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
        _run(connections.intakes, self)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        work.close()
        raise ConfigurationError(
            f"subscribe: {name} has to be awaited, which a plain subscription cannot do. "
            "Run it with rs.run or rs.run_async."
        )


def subscribe(
    stream: Stream[Any], observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None
) -> abc.DisposableBase:
    """Push a stream's items into an observer until it ends or the subscription is disposed of.

    Raises:
        ConfigurationError: If a source has to be waited for.
    """
    for made_from in lineage(stream):
        if made_from.sides:
            raise ConfigurationError(
                "subscribe: the branches of tee need a run, which a plain subscription is not. Run it with rs.run."
            )
    clock = scheduler if isinstance(scheduler, StreamScheduler) else StreamScheduler.virtual()
    context = _Subscription(thread_slot(), clock)
    connections = connect([End(stream, observer_receiver(observer, context.stop), context)], virtual=True)
    for intake in connections.intakes:
        if intake.feed.batches is None:
            raise ConfigurationError(
                f"subscribe: {intake.feed.name} has to be waited for, which a plain subscription cannot do. "
                "Run it with rs.run, rs.run_async or `async for`."
            )
    # Not before everybody has subscribed: who unsubscribes in mid-stream must be able to reach us.
    starter = scheduler or CurrentThreadScheduler.singleton()
    starter.schedule(lambda *_: _run(connections.intakes, context))
    return Disposable(lambda: _dispose(context, connections))


def _run(intakes: list[Intake], context: _Subscription) -> None:
    try:
        # What foreign operators have put off to the clock, they want done before anything comes.
        context.scheduler.run_until(context.scheduler.now_ns, inclusive=True)
        pass_all(intakes, context.slot, context.scheduler)
    except FAILURES as error:
        if context.stop.now:
            # It was told already, and came back from whoever was told.
            raise
        # A source that breaks, as it is read.
        context.stop.set()
        for intake in intakes:
            intake.receiver.on_error(error)


def _dispose(context: _Subscription, connections: Connections) -> None:
    context.stop.set()
    for subscription in connections.foreign:
        subscription.dispose()
