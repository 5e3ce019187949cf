"""Turn each value into any number of values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from reactivex import Observable, abc

from rxstream.core import UNSET, Downstream, Hold, Operator, Reactions, callable_, node
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

        def on_next(value: Any) -> None:
            made = f(value)
            if isinstance(made, Observable):
                inner.subscribe(made, value)
                return
            stop = down.stop
            for item in _iterated(made):
                down.emit(item)
                if stop.now:
                    return

        return Reactions(on_next, on_completed=inner.outer_completed)

    return node("flat_map", start)


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
        self._running += 1
        hold = self.down.hold(waiting=True)
        subscription = inner.subscribe(_Inner(self, hold, outer), scheduler=self.down.context.scheduler)
        self.down.stop.listen(subscription.dispose)

    def outer_completed(self) -> None:
        self.ended()

    def ended(self) -> None:
        self._running -= 1
        if not self._running:
            self.down.complete()


class _Inner(abc.ObserverBase[Any]):
    """One inner stream's observer: what it says is said on the outer item's behalf."""

    def __init__(self, streams: _InnerStreams, hold: Hold, outer: Any) -> None:
        self._streams = streams
        self._hold = hold
        self._outer = outer

    def on_next(self, value: Any) -> None:
        down = self._streams.down
        slot = down.context.slot
        if slot.event is UNSET or slot.event is self._hold.event:
            self._hold.emit(down.emit, value)
            return
        # The inner stream has passports of its own; what keeps the outer record unsettled is the hold.
        before, slot.hold = slot.hold, self._hold
        try:
            down.emit(value)
        finally:
            slot.hold = before

    def on_error(self, error: Exception) -> None:
        try:
            self._hold.emit(lambda item: self._streams.down.failed(error, item), self._outer)
        finally:
            self.on_completed()

    def on_completed(self) -> None:
        self._hold.release()
        self._streams.ended()
