"""Turn each tuple into another value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from rxstream.core import Operator, callable_, inline

R = TypeVar("R")


def starmap(f: Callable[..., R]) -> Operator[Iterable[Any], R]:
    """Hand on ``f(*value)`` for each value: its parts are the function's arguments.

    .. marble::

        -a-b-|
        [ starmap(lambda x, y: x + y) ]
        -3-7-|
          where a = (1, 2), b = (3, 4)

    A value that has no parts, or not as many as ``f`` takes, is an error of its item.

    Args:
        f: A plain function of as many arguments as the values have parts.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.

    State: none.

    Delivery: the result travels on as the same record.

    Example:
        >>> rs.collect(rs.from_iterable([(2, 3), (3, 2)]).pipe(ops.starmap(pow)))
        [8, 9]
    """
    callable_("starmap", f=f)
    return inline("starmap", "value = f(*value)", f=f)
