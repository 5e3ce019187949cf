"""Await a function for each value, several at once."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from rxstream.core import (
    SECOND,
    Downstream,
    Operator,
    Reactions,
    choice,
    name_of,
    node,
    positive_count,
    positive_duration_ns,
)
from rxstream.errors import ConfigurationError
from rxstream.operators._map_async_work import AsyncCalls, limited

T = TypeVar("T")
R = TypeVar("R")

_ORDERS: Final = ("input", "done", "key")


def map_async(
    f: Callable[[T], Awaitable[R]],
    *,
    concurrency: int = 1,
    order: str = "input",
    timeout: float | timedelta | None = None,
) -> Operator[T, R]:
    """Hand on what ``await f(value)`` gives, for several values at once; ``None`` is a value like any other.

    .. marble::

        -123-----|
        [ map_async(lambda x: asyncio.sleep(3, x), concurrency=2) ]
        ----12-3-|

    It completes when the last call is done. A value whose call fails goes to the error handler, in its place of the
    order, and is left out. When no more is wanted below, the calls at work are cancelled. The source pauses when as
    many items wait as it may have in flight.

    Args:
        f: An async function of one value; of a plain one, what it returns is awaited if it can be.
        concurrency: How many calls are at work at once.
        order: How results come: ``"input"``: in the order of the values; ``"done"``: as they are done; ``"key"``: as
            they are done, but a key's values are called for one after the other. Values without a key wait for
            nobody. No more than ``2 * concurrency`` values wait for their keys; then no other overtakes them.
        timeout: How long a call may take, in seconds or as a timedelta; a longer one is cancelled, and fails with the
            builtin `TimeoutError`.

    Raises:
        ConfigurationError: If an argument is none of these; from a plain subscription, which cannot await.

    State: the values that wait, are at work, or are done before their turn.

    Delivery: each is settled when its result has been handled. The watermark does not overtake one that is held.

    Example:
        >>> async def price(name):
        ...     await asyncio.sleep(1 / len(name))
        ...     return name.upper()
        >>> rs.collect(rs.from_iterable(["a", "bb", "ccc"]).pipe(ops.map_async(price, concurrency=3)))
        ['A', 'BB', 'CCC']
        >>> rs.collect(rs.from_iterable(["a", "bb"]).pipe(ops.map_async(price, concurrency=2, order="done")))
        ['BB', 'A']
    """
    _check_function(f)
    positive_count("map_async", concurrency=concurrency)
    choice("map_async", _ORDERS, order=order)
    call: Callable[[Any], Any] = f
    if timeout is not None:
        call = limited(f, positive_duration_ns("map_async", timeout=timeout) / SECOND)

    def start(down: Downstream[Any]) -> Reactions:
        return AsyncCalls("map_async", call, down, concurrency=concurrency, order=order).reactions()

    return node("map_async", start, passport=order == "key")


def _check_function(f: object) -> None:
    if not callable(f):
        raise ConfigurationError(f"map_async: f must be callable; got {f!r}. Give an async function of one value.")
    if inspect.isasyncgenfunction(f):
        raise ConfigurationError(
            f"map_async: f must give one result a value; got the async generator function {name_of(f)}. "
            "Use ops.flat_map."
        )
