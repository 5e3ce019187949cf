"""Turn each value into another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rxstream.core import Operator, callable_, inline

T = TypeVar("T")
R = TypeVar("R")


def map(f: Callable[[T], R]) -> Operator[T, R]:
    """Hand on ``f(value)`` for each value; ``None`` is a value like any other.

    .. marble::

        -1-2-3-|
        [ map(lambda x: x * 2) ]
        -2-4-6-|

    A value for which ``f`` raises is an error of its item; the next ones come. The end and errors of the stream pass.

    Args:
        f: A plain function of one value. For an async one there are ``process`` and ``map_async``.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.

    State: none.

    Delivery: the result travels on as the same record.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.map(lambda x: x * 2)))
        [2, 4, 6]
    """
    callable_("map", f=f)
    return inline("map", "value = f(value)", f=f)
