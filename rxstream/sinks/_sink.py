"""A function as a sink, with how many calls may be at work and how long each may take."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Generic, TypeVar

from rxstream.core import (
    FAILURES,
    SECOND,
    Sink,
    SinkBatch,
    is_async,
    is_cancelled,
    is_observer,
    name_of,
    positive_count,
    positive_duration_ns,
    tell_task,
)
from rxstream.errors import BatchError, ConfigurationError

T = TypeVar("T")


class CallingSink(Generic[T]):
    """The sink that `sink` makes: a function of one value, which knows how it is to be called.

    A run calls it for each item as it comes. It can be written in batches too, by whoever holds it as a sink.

    Args:
        name: The function's name.
        call: The function.
        concurrency: How many calls may be at work at once.
    """

    def __init__(self, name: str, call: Callable[[T], Any], concurrency: int) -> None:
        self.name = name
        self.concurrency = concurrency
        self._call = call

    def __call__(self, value: T) -> Any:
        """Call the function."""
        return self._call(value)

    async def open(self) -> None:
        """Nothing to get ready."""

    async def write(self, batch: SinkBatch[T]) -> None:
        """Call the function for each value, several at once.

        Raises:
            BatchError: Naming those whose calls have failed.
        """
        places, errors = iter(range(len(batch))), dict[int, BaseException]()
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.concurrency, len(batch))):
                group.create_task(self._work(batch, places, errors))
        if errors:
            raise BatchError(errors)

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _work(self, batch: SinkBatch[T], places: Iterator[int], errors: dict[int, BaseException]) -> None:
        for place in places:
            tell_task(batch.events[place])
            try:
                made = self._call(batch[place])
                if inspect.isawaitable(made):
                    await made
            except FAILURES as error:
                if is_cancelled(error):
                    raise
                errors[place] = error

    def __repr__(self) -> str:
        return f"sink({self.name})"


def sink(f: Callable[[T], Any], *, concurrency: int = 1, timeout: float | timedelta | None = None) -> CallingSink[T]:
    """Call a function for each item, several at once if wanted; what comes back awaitable is awaited.

    One call at a time goes in the order of the items; several at once keep no order, and a slow one keeps nobody. An
    item whose call fails goes to the error handler, and does not keep the others. In ``f``, `current_event` is the
    passport of its item.

    Args:
        f: A function of one value, plain or async. A plain one that returns nothing to await is done when it returns,
            so that there is never more than one call of it.
        concurrency: How many calls are at work at once.
        timeout: How long a call may take, in seconds or as a timedelta; a longer one is cancelled, and fails with the
            builtin `TimeoutError`. Only an async function can be cancelled.

    Raises:
        ConfigurationError: If an argument is none of these.

    Delivery: an item is settled when its call has returned.

    Example:
        >>> async def store(name):
        ...     await asyncio.sleep(1 / len(name))
        ...     print(name)
        >>> _ = rs.run(rs.from_iterable(["a", "bb", "ccc"]).to(rs.sink(store, concurrency=3)))
        ccc
        bb
        a
    """
    _check(f)
    positive_count("sink", concurrency=concurrency)
    if timeout is None:
        return CallingSink(name_of(f), f, concurrency)
    seconds = positive_duration_ns("sink", timeout=timeout) / SECOND
    if not is_async(f):
        raise ConfigurationError(
            f"sink: with timeout= the function must be async, as a plain one cannot be interrupted; got {name_of(f)}. "
            "Make it async def, or leave timeout= out."
        )
    return CallingSink(name_of(f), _limited(f, seconds), concurrency)


def _check(f: object) -> None:
    if isinstance(f, Sink) or is_observer(f):
        raise ConfigurationError(f"sink: f must be a function of one value; got the sink {f!r}. Use it as it is.")
    if not callable(f):
        raise ConfigurationError(f"sink: f must be a function of one value; got {f!r}. Give a plain or async one.")
    if inspect.isasyncgenfunction(f):
        raise ConfigurationError(
            f"sink: f must not yield anything; got the async generator function {name_of(f)}. Let it return."
        )


def _limited(f: Callable[[T], Any], seconds: float) -> Callable[[T], Any]:
    """Call the function, but wait no longer than so many seconds."""

    async def wait(value: T) -> None:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                await f(value)
        except TimeoutError as error:
            if limit.expired():
                raise TimeoutError(
                    f"sink: a call of {name_of(f)} must be done within {seconds:g} s; the one for {value!r} was not. "
                    "Give it more time: timeout=…"
                ) from error
            raise

    return wait
