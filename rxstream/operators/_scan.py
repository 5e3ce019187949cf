"""Fold the values into a running result: of the whole stream, or of each key."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final, TypeVar

from rxstream.core import Operator, callable_, inline, item_key

T = TypeVar("T")
S = TypeVar("S")

#: Values that cannot change need no copy.
_ATOMS: Final = (int, float, complex, bool, str, bytes, type(None))


def scan(f: Callable[[S, T], S], seed: S | Callable[[], S]) -> Operator[T, S]:
    """Hand on the running result after each value: ``f(result so far, value)``.

    .. marble::

        -1-2-3-|
        [ scan(lambda total, x: total + x, 0) ]
        -1-3-6-|

    An empty stream gives nothing. A value for which ``f`` raises leaves the result as it was.

    Args:
        f: A plain function of the result so far and a value.
        seed: The first "result so far": a callable is called for each subscription, anything else copied.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.

    State: one result.

    Delivery: the result travels on as the record that brought it about.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.scan(lambda total, x: total + x, 0)))
        [1, 3, 6]
    """
    callable_("scan", f=f)
    return inline("scan", "result = f(result, value)\nvalue = result", f=f, state={"result": starter(seed)})


def scan_by_key(
    f: Callable[[S, T], S], seed: S | Callable[[], S], *, key: Callable[[T], Any] | None = None
) -> Operator[T, S]:
    """Hand on the running result of the value's key after each value.

    .. marble::

        -a-b-a-a-|
        [ scan_by_key(lambda n, _: n + 1, 0, key=str) ]
        -1-1-2-3-|

    A value for which ``f`` or ``key`` raises leaves every result as it was.

    Args:
        f: A plain function of the key's result so far and a value.
        seed: Each key's first "result so far": a callable is called for each key, anything else copied.
        key: Finds a value's key, which enters its passport; None: the passport's key counts.

    Raises:
        ConfigurationError: If ``f`` or ``key`` cannot be called, or is async.

    State: one result a key, kept until the stream ends.

    Delivery: the result travels on as the record that brought it about.

    Example:
        >>> words = rs.from_iterable(["a", "b", "a"])
        >>> rs.collect(words.pipe(ops.scan_by_key(lambda n, _: n + 1, 0, key=lambda word: word)))
        [1, 1, 2]
    """
    callable_("scan_by_key", f=f)
    start = starter(seed)
    lines = [
        "known = results.get(group, UNSET)",
        "value = results[group] = f(start() if known is UNSET else known, value)",
    ]
    if key is None:
        first = "group = item_key(slot)"
        return inline(
            "scan_by_key",
            "\n".join([first, *lines]),
            f=f,
            start=start,
            item_key=item_key,
            state={"results": dict},
            passport=True,
        )
    callable_("scan_by_key", key=key)
    first = "slot.key = group = key_of(value)"
    return inline(
        "scan_by_key", "\n".join([first, *lines]), f=f, start=start, key_of=key, state={"results": dict}, passport=True
    )


def starter(seed: Any) -> Callable[[], Any]:
    """Make the function that gives each start its own seed."""
    if callable(seed):
        made: Callable[[], Any] = seed
        return made
    if isinstance(seed, _ATOMS):
        return lambda: seed
    return lambda: copy.deepcopy(seed)
