"""Give each item the newest ones of other streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from reactivex import Observable

from rxstream.core import Downstream, Operator, Reactions
from rxstream.operators._inputs import Ending, inputs, unheard
from rxstream.operators._parts import Newest, follower

T = TypeVar("T")


def with_latest_from(*others: Observable[Any]) -> Operator[T, tuple[Any, ...]]:
    """Hand on each item as a tuple with the newest item of each other stream.

    .. marble::

        a--b---c--|
        -1---2|
        [ with_latest_from(other) ]
        ---x---y--|
          where x = ("b", 1), y = ("c", 2)

    Items that come before each of the others has brought one are dropped, and counted. It completes when this stream
    does, whatever the others do, and fails when one of them all does. An other that ends goes on counting with its
    last item.

    The tuple has the item's own passport, and the watermark is this stream's.

    Args:
        others: Streams or any other Observables.

    Raises:
        ConfigurationError: If one is no Observable.

    State: the newest item of each other stream.

    Delivery: a tuple holds the records of all its items until it is handled; the newest one of each other stream is
    not settled before the next one comes, or the end.

    Example:
        >>> rates = rs.from_history([(0, 1.1), (5, 1.2)], unit="s")
        >>> rs.collect(rs.from_history([(1, "a"), (6, "b")], unit="s").pipe(ops.with_latest_from(rates)))
        [('a', 1.1), ('b', 1.2)]
    """
    return Operator("with_latest_from", start_many=_start, others=inputs("with_latest_from", others), goes_by="first")


def _start(down: Downstream[Any], count: int) -> Sequence[Reactions]:
    statistics = down.context.statistics
    newest = Newest(down.context.slot, count - 1)
    ending, emit, parts = Ending(down), follower(down), newest.parts

    def on_next(value: Any) -> None:
        if ending.stop.now or None in parts:
            statistics.dropped += 1
        else:
            emit(value, parts)

    def on_completed() -> None:
        if not ending.stop.now:
            newest.let_go()
            ending.complete()

    def other(place: int) -> Reactions:
        def on_newer(value: Any) -> None:
            if not ending.stop.now:
                newest.take(place, value)

        return Reactions(
            on_newer,
            on_completed=_nothing,
            on_error=ending.fail,
            on_watermark=unheard,
            on_idle=_nothing,
            stop=ending.stop,
        )

    left = Reactions(on_next, on_completed=on_completed, on_error=ending.fail, stop=ending.stop)
    return [left, *(other(place) for place in range(count - 1))]


def _nothing() -> None:
    """The others end unnoticed."""
