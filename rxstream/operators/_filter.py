"""Keep only the values that satisfy a predicate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rxstream.core import Operator, callable_, inline

T = TypeVar("T")


def filter(predicate: Callable[[T], object]) -> Operator[T, T]:
    """Keep the values for which ``predicate`` is true.

    .. marble::

        -1-2-3-4-|
        [ filter(lambda x: x % 2 == 0) ]
        ---2---4-|

    Where nothing is kept, the stream completes without a value. A value for which ``predicate`` raises is an error of
    its item; the next ones come.

    Args:
        predicate: A plain function of one value.

    Raises:
        ConfigurationError: If ``predicate`` cannot be called, or is async.

    State: none.

    Delivery: a value that is not kept is settled at once.

    Example:
        >>> rs.collect(rs.from_iterable(range(6)).pipe(ops.filter(lambda x: x % 2)))
        [1, 3, 5]
    """
    callable_("filter", predicate=predicate)
    return inline("filter", "if not predicate(value): drop", predicate=predicate)
