"""Let go of the first values."""

from __future__ import annotations

from typing import TypeVar

from rxstream.core import Operator, inline, natural_count

T = TypeVar("T")


def skip(n: int) -> Operator[T, T]:
    """Let the first ``n`` values go and hand on the rest.

    .. marble::

        -a-b-c-d-|
        [ skip(2) ]
        -----c-d-|

    A stream of no more than ``n`` values gives nothing.

    Args:
        n: How many.

    Raises:
        ConfigurationError: If ``n`` is negative or no whole number.

    State: one count.

    Delivery: a value that is let go is settled at once.

    Example:
        >>> rs.collect(rs.from_iterable("abcd").pipe(ops.skip(2)))
        ['c', 'd']
    """
    natural_count("skip", n=n)
    return inline("skip", "if left:\n    left -= 1\n    drop", state={"left": lambda: n})
