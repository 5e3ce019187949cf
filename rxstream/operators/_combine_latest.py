"""Bring the newest items of several streams together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from reactivex import Observable

from rxstream.core import Downstream, Operator, Reactions
from rxstream.operators._inputs import Ending, Watermarks, inputs
from rxstream.operators._parts import Newest, emitter

T = TypeVar("T")


def combine_latest(*others: Observable[Any]) -> Operator[T, tuple[Any, ...]]:
    """Hand on a tuple of the newest item of each stream whenever one of them brings a new one.

    .. marble::

        -a---b----|
        --1----2|
        [ combine_latest(other) ]
        --x--y-z--|
          where x = ("a", 1), y = ("b", 1), z = ("b", 2)

    Nothing comes before each stream has brought an item. It completes when all have, or as soon as one has without
    any item, and fails when one does. Without others it makes tuples of one.

    A tuple's passport has the key if all of its items have the same, and the timestamp of the latest; items without
    one do not count. The watermark is the smallest of the streams'; kept items do not hold it back, as each tuple has
    at least the timestamp of the item that brought it about.

    Args:
        others: Streams or any other Observables.

    Raises:
        ConfigurationError: If one is no Observable.

    State: the newest item of each stream.

    Delivery: a tuple holds the records of all its items until it is handled; the newest one of each stream is not
    settled before the next one comes, or the end.

    Example:
        >>> rs.collect(rs.from_iterable("ab").pipe(ops.combine_latest(rs.from_iterable([1, 2]))))
        [('b', 1), ('b', 2)]
    """
    return Operator("combine_latest", start_many=_start, others=inputs("combine_latest", others))


def _start(down: Downstream[Any], count: int) -> Sequence[Reactions]:
    slot, statistics = down.context.slot, down.context.statistics
    newest, running = Newest(slot, count), count
    ending, watermarks, emit = Ending(down), Watermarks(down, count), emitter(down, count)
    parts = newest.parts

    def reactions(place: int) -> Reactions:
        def on_next(value: Any) -> None:
            if ending.stop.now:
                statistics.dropped += 1
                return
            newest.take(place, value)
            if None not in parts:
                emit(tuple(parts))

        def on_completed() -> None:
            nonlocal running
            running -= 1
            watermarks.leave(place)
            if not ending.stop.now and (not running or parts[place] is None):
                newest.let_go()
                ending.complete()

        return Reactions(
            on_next,
            on_completed=on_completed,
            on_error=ending.fail,
            on_watermark=watermarks.taking(place),
            on_idle=watermarks.leaving(place),
            stop=ending.stop,
        )

    return [reactions(place) for place in range(count)]
