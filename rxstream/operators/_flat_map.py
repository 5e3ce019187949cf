"""Turn each value into any number of values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from reactivex import Observable, abc

from rxstream.core import (
    UNSET,
    Downstream,
    Event,
    Hold,
    Operator,
    Reactions,
    Receiver,
    Stream,
    callable_,
    linked_stop,
    node,
    run_inner,
)
from rxstream.errors import StreamError

T = TypeVar("T")
R = TypeVar("R")


def flat_map(f: Callable[[T], Iterable[R] | Observable[R]]) -> Operator[T, R]:
    """Hand on every item of ``f(value)``: an iterable's in place, one by one; a stream's as they come.

    .. marble::

        -1---2-----|
        [ flat_map(lambda n: ["a"] * n) ]
        -a---(aa)--|

    It completes when the stream and every inner stream have. Items get the outer item's passport; Events, and the
    items of inner streams that have one, keep their own.

    Args:
        f: A plain function of one value.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.

    State: the inner streams that have not ended.

    Delivery: the outer record is settled when all that was made of it is handled.

    Example:
        >>> rs.collect(rs.from_iterable(["a b", "c"]).pipe(ops.flat_map(str.split)))
        ['a', 'b', 'c']
    """
    callable_("flat_map", f=f)

    def start(down: Downstream[R]) -> Reactions:
        inner = _InnerStreams(down)
        slot, stop = down.context.slot, down.stop

        def on_next(value: Any) -> None:
            made = f(value)
            if isinstance(made, Observable):
                inner.subscribe(made, value)
                return
            # What is said of one item's key and time is not its siblings' business.
            said = slot.key, slot.time, slot.headers
            for item in _iterated(made):
                if isinstance(item, Event):
                    slot.key, slot.time, slot.headers = item.key, item.timestamp_ns, item.headers
                    down.emit(item.value)
                else:
                    down.emit(item)
                if stop.now:
                    return
                slot.key, slot.time, slot.headers = said

        return Reactions(on_next, on_completed=inner.ended)

    return node("flat_map", start, passport=True)


def _iterated(made: Any) -> Iterable[Any]:
    try:
        found: Iterable[Any] = iter(made)
    except TypeError:
        raise StreamError(
            f"flat_map: the function must return an iterable or a stream; got {made!r}. "
            "Return a list of one item, or use ops.map."
        ) from None
    return found


class _InnerStreams:
    """The inner streams that have not ended; the last one completes those downstream."""

    def __init__(self, down: Downstream[Any]) -> None:
        self.down = down
        self._running = 1  # the outer stream

    def subscribe(self, inner: Observable[Any], outer: Any) -> None:
        """Begin an inner stream: rxstream's own in place, any other as it likes."""
        self._running += 1
        down = self.down
        told = _Inner(self, down.hold(waiting=True), outer)
        if isinstance(inner, Stream):
            stop = linked_stop(down.stop)
            run_inner(
                inner, Receiver("flat_map", told.on_next, told.on_completed, told.on_error, stop=stop), down.context
            )
            return
        scheduler = down.context.scheduler
        subscription = inner.subscribe(told, scheduler=scheduler)
        told.forget_on_end(subscription.dispose)
        if not scheduler.is_live:
            # What it does at this instant, it does at once, and in nobody's name.
            slot = down.context.slot
            saved = slot.save()
            slot.clear()
            try:
                scheduler.run_until(scheduler.now_ns, inclusive=True)
            finally:
                slot.restore(saved)

    def ended(self) -> None:
        """One stream less."""
        self._running -= 1
        if not self._running:
            self.down.complete()


class _Inner(abc.ObserverBase[Any]):
    """One inner stream's observer: what it says is said on the outer item's behalf."""

    def __init__(self, streams: _InnerStreams, hold: Hold, outer: Any) -> None:
        self._streams = streams
        self._hold = hold
        self._outer = outer
        self._ended = False
        self._dispose: Callable[[], None] | None = None

    def forget_on_end(self, dispose: Callable[[], None]) -> None:
        """Be disposed of when those below want no more, unless it has ended by then."""
        if not self._ended:
            self._dispose = dispose
            self._streams.down.stop.listen(dispose)

    def on_next(self, value: Any) -> None:
        down = self._streams.down
        slot = down.context.slot
        if self._ended or down.stop.now:
            return
        if slot.event is UNSET or slot.event is self._hold.event:
            self._hold.emit(down.emit, value)
            return
        # The inner stream has passports of its own; what keeps the outer record unsettled is the hold.
        before, slot.hold = slot.hold, self._hold
        try:
            down.emit(value)
        finally:
            slot.hold = before

    def on_error(self, error: BaseException) -> None:
        if not self._ended:
            try:
                self._hold.emit(lambda item: self._streams.down.failed(error, item), self._outer)
            finally:
                self.on_completed()

    def on_completed(self) -> None:
        if not self._ended:
            self._ended = True
            if self._dispose is not None:
                self._streams.down.stop.forget(self._dispose)
            self._hold.release()
            self._streams.ended()
