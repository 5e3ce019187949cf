"""Hand on values until one is not as it should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rxstream.core import Downstream, Operator, Reactions, callable_, linked_stop, node

T = TypeVar("T")


def take_while(predicate: Callable[[T], object], *, inclusive: bool = False) -> Operator[T, T]:
    """Hand on values as long as ``predicate`` is true, then complete and take no more from the source.

    .. marble::

        -1-2-9-3-|
        [ take_while(lambda x: int(x) < 5) ]
        -1-2-|

    A value for which ``predicate`` raises is an error of its item and ends nothing.

    Args:
        predicate: A plain function of one value.
        inclusive: Whether the value that ends it is handed on too.

    Raises:
        ConfigurationError: If ``predicate`` cannot be called, or is async.

    State: whether it has ended.

    Delivery: the value that ends it is settled at once, unless it is handed on; what comes behind it is not taken from
    the source's current batch, and not settled.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2, 9, 3]).pipe(ops.take_while(lambda x: x < 5)))
        [1, 2]
    """
    callable_("take_while", predicate=predicate)

    def start(down: Downstream[Any]) -> Reactions:
        stop = linked_stop(down.stop)
        ended = linked_stop(down.stop)

        def on_next(value: Any) -> None:
            if ended.now:
                return
            goes_on = predicate(value)
            if goes_on or inclusive:
                down.emit(value)
            else:
                down.context.statistics.dropped += 1
            if not goes_on:
                finish()

        def finish() -> None:
            if not ended.now:
                ended.set()
                down.complete()
            stop.set()

        return Reactions(on_next, on_completed=finish, stop=stop)

    return node("take_while", start, completes="before")
