"""Hand on a value only where it differs from the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rxstream.core import UNSET, Operator, callable_, inline

T = TypeVar("T")


def distinct_until_changed(key: Callable[[T], Any] | None = None) -> Operator[T, T]:
    """Let go of values that equal the one before.

    .. marble::

        -a-a-b-b-a-|
        [ distinct_until_changed() ]
        -a---b---a-|

    Values are compared with ``==``; one that cannot be compared is an error of its item, and the next one is compared
    with the value before it.

    Args:
        key: Finds what is compared, which does not enter the passport; None: the value itself.

    Raises:
        ConfigurationError: If ``key`` cannot be called, or is async.

    State: one value, or what ``key`` found of it.

    Delivery: a value that is let go is settled at once.

    Example:
        >>> rs.collect(rs.from_iterable([1, 1, 2, 2, 1]).pipe(ops.distinct_until_changed()))
        [1, 2, 1]
    """
    state = {"previous": lambda: UNSET}
    if key is None:
        lines = ["if previous is not UNSET and value == previous: drop", "previous = value"]
        return inline("distinct_until_changed", "\n".join(lines), state=state)
    callable_("distinct_until_changed", key=key)
    lines = ["found = key_of(value)", "if previous is not UNSET and found == previous: drop", "previous = found"]
    return inline("distinct_until_changed", "\n".join(lines), state=state, key_of=key)
