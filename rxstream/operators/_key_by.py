"""Give each item a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rxstream.core import Operator, callable_, inline

T = TypeVar("T")


def key_by(f: Callable[[T], Any]) -> Operator[T, T]:
    """Write ``f(value)`` into the passport as the key; the values stay as they are.

    .. marble::

        -a-b-|
        [ key_by(str.upper), events(), map(lambda event: event.key) ]
        -A-B-|

    Keyed operators, windows, joins and sinks below use that key where they are given none.

    Args:
        f: A plain function of one value.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.

    State: none.

    Delivery: the item stays the same record.

    Example:
        >>> rs.collect(rs.from_iterable(["ab"]).pipe(ops.key_by(len), ops.events()))
        [Event('ab', key=2)]
    """
    callable_("key_by", f=f)
    return inline("key_by", "slot.key = f(value)", f=f, passport=True)
