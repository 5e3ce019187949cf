"""Bring several streams together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from reactivex import Observable

from rxstream.core import ENDLESS, Downstream, Operator, Reactions
from rxstream.operators._inputs import Ending, Watermarks, inputs

T = TypeVar("T")


def merge(*others: Observable[Any]) -> Operator[T, Any]:
    """Hand on the items of this stream and of others, as they come.

    .. marble::

        -a---b-|
        --1-2---|
        [ merge(other) ]
        -a1-2b--|

    It completes when all have, and fails when one does. In virtual time histories are merged by their instants; at
    one instant this stream comes first, then the others in the order given. Sources without instants take turns.
    The watermark is the smallest of the inputs'.

    Args:
        others: Streams or any other Observables.

    Raises:
        ConfigurationError: If one is no Observable.

    State: each input's watermark.

    Delivery: every item stays its own record.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2]).pipe(ops.merge(rs.from_iterable([3]))))
        [1, 2, 3]
    """
    return Operator("merge", start_many=_start, others=inputs("merge", others))


def _start(down: Downstream[Any], count: int) -> Sequence[Reactions]:
    running = count
    watermarks = Watermarks(down, count)
    # Where nobody below can want no more, an error ends the whole run; sources that hear no stop are read faster.
    ending = None if down.stop is ENDLESS else Ending(down)

    def reactions(place: int) -> Reactions:
        def on_completed() -> None:
            nonlocal running
            running -= 1
            watermarks.leave(place)
            if not running:
                (ending or down).complete()

        return Reactions(
            on_completed=on_completed,
            on_watermark=watermarks.taking(place),
            on_idle=watermarks.leaving(place),
            on_error=None if ending is None else ending.fail,
            stop=None if ending is None else ending.stop,
        )

    return [reactions(place) for place in range(count)]
