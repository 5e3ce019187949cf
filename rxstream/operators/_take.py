"""Hand on only the first values."""

from __future__ import annotations

from typing import Any, TypeVar

from rxstream.core import Downstream, Operator, Reactions, linked_stop, natural_count, node

T = TypeVar("T")


def take(n: int) -> Operator[T, T]:
    """Hand on the first ``n`` values, then complete and take no more from the source.

    .. marble::

        -a-b-c-d-|
        [ take(2) ]
        -a-(b|)

    A stream that ends earlier completes then; with ``n`` 0 it completes at the first item, which is let go.

    Args:
        n: How many.

    Raises:
        ConfigurationError: If ``n`` is negative or no whole number.

    State: one count.

    Delivery: what comes behind the ``n``-th is not taken from the source's current batch, and not settled.

    Example:
        >>> rs.collect(rs.from_iterable(range(10**9)).pipe(ops.take(3)))
        [0, 1, 2]
    """
    natural_count("take", n=n)

    def start(down: Downstream[Any]) -> Reactions:
        left = n
        stop = linked_stop(down.stop)

        def on_next(value: Any) -> None:
            nonlocal left
            left -= 1
            if left >= 0:
                down.emit(value)
            if left <= 0:
                finish()

        def finish() -> None:
            nonlocal left
            if not done.now:
                done.set()
                down.complete()
            stop.set()

        done = linked_stop(down.stop)
        return Reactions(on_next, on_completed=finish, stop=stop)

    return node("take", start, completes="before")
