"""Whatever can be iterated with ``async for``, as a stream."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing, nullcontext, suppress
from functools import partial
from typing import Any, Final, TypeVar

from rxstream.core import Above, Event, Feed, Partition, Poll, Stream, choice, is_async, name_of, positive_count
from rxstream.errors import BufferOverflowError, ConfigurationError, StreamError
from rxstream.sources._iterable import lifted

T = TypeVar("T")

_OVERFLOWS: Final = ("block", "drop_oldest", "drop_newest", "error")
#: Items handed over at once, and taken from a source that never waits before others on the loop have their turn.
_POLL: Final = 500
#: Seconds a read waits for the first item, which is also how late a stop may come.
_WAIT: Final = 0.1


def from_aiter(
    aiter: AsyncIterable[T] | Callable[[], AsyncIterable[T]], *, buffer: int = 1_000, overflow: str = "block"
) -> Stream[T]:
    """Make a stream of the items of an async iterable, taken as they come; an `Event` brings its passport.

    It is live. An async generator function is called anew for each run; an async iterator can be run once. It is
    iterated from the start of the run, by a task of its own, and closed when the run is over or wants no more: a
    generator's ``finally`` runs. An error of the source ends the stream, behind the items before it.

    Args:
        aiter: An async iterable, or an async generator function without arguments.
        buffer: How many items may wait between it and the pipeline. When about as many wait in the pipeline for work
            (async maps, sinks, retries), it takes no more.
        overflow: What is done when so many wait. ``"block"``: the source is not asked for more; ``"drop_oldest"``,
            ``"drop_newest"``: an item is let go; ``"error"``: the stream ends with an error, behind what waits.

    Raises:
        ConfigurationError: If an argument is none of these.
        BufferOverflowError: From the run, with ``overflow="error"``.

    State: the items that wait.

    Delivery: nothing is acknowledged; what is dropped never reached the pipeline, and is in none of its counts.

    Example:
        >>> async def letters():
        ...     for letter in "abc":
        ...         await asyncio.sleep(0)
        ...         yield letter
        >>> rs.collect(rs.from_aiter(letters))
        ['a', 'b', 'c']
    """
    start = _starter(aiter)
    size = positive_count("from_aiter", buffer=buffer)
    when_full = choice("from_aiter", _OVERFLOWS, overflow=overflow)

    async def connect() -> Arrivals:
        return Arrivals(start(), size, when_full)

    return Stream(
        feed=Feed(
            name="from_aiter",
            lift=lifted,
            value="record._value if type(record) is Event else record",
            bindings={"Event": Event},
            connect=connect,
            live=True,
            max_in_flight=size,
        )
    )


class Arrivals:
    """What an async iterator has yielded and nobody has taken yet.

    Made in the run's loop, where a task of its own iterates.

    Args:
        items: The iterator; it is closed in the end, if it can be.
        size: How many may wait.
        overflow: What is done when so many wait.
    """

    def __init__(self, items: AsyncIterator[Any], size: int, overflow: str) -> None:
        self.dropped = 0
        self._items = items
        self._size = size
        self._overflow = overflow
        self._waiting: deque[Any] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._begun = self._closing = False
        self._error: BaseException | None = None
        self._task = asyncio.get_running_loop().create_task(self._iterate(), name="rxstream from_aiter")

    async def read(self) -> Poll | None:
        """Wait for the next items."""
        if not self._waiting and not self._task.done():
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_WAIT):
                    await self._news.wait()
        if self._waiting:
            return Poll(self._taken())
        if not self._task.done():
            return Poll(())
        error, self._error = self._error, None
        if error is not None:
            raise error
        return None

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int]:
        """Take nothing: there are no positions."""
        return {}

    async def close(self) -> None:
        """Stop iterating, and close the iterator; what fails in that is raised."""
        self._closing = True
        if isinstance(self._error, Exception):
            # It stood behind what was wanted.
            self._error = None
        self._task.cancel()
        await asyncio.wait({self._task})
        if not self._begun:
            async with self._held_open():
                pass
        if self._error is not None:
            raise self._error

    def _taken(self) -> list[Any]:
        self._room.set()
        if len(self._waiting) <= _POLL:
            taken = list(self._waiting)
            self._waiting.clear()
            return taken
        return [self._waiting.popleft() for _ in range(_POLL)]

    async def _iterate(self) -> None:
        self._begun = True
        try:
            async with self._held_open():
                await self._gather()
        except asyncio.CancelledError as error:
            if not self._closing:
                self._error = _cancelled(error)
        except BaseException as error:  # noqa: BLE001 - whatever it is, whoever reads is told
            self._error = error
        self._news.set()

    def _held_open(self) -> Any:
        """The context at whose end the iterator is closed, if it can be."""
        return aclosing(self._items) if hasattr(self._items, "aclose") else nullcontext()

    async def _gather(self) -> None:
        waiting, blocks, turn = self._waiting, self._overflow == "block", 0
        async for item in self._items:
            if self._closing:
                return
            turn += 1
            if len(waiting) < self._size or await self._make_room(item):
                waiting.append(item)
                self._news.set()
            if blocks and len(waiting) >= self._size:
                self._room.clear()
                await self._room.wait()
            elif turn % _POLL == 0:
                await asyncio.sleep(0)

    async def _make_room(self, item: Any) -> bool:
        """See to it that there is room for one more item; False: it is the one to let go."""
        # A pipeline that only waits for its turn is not behind.
        await asyncio.sleep(0)
        if len(self._waiting) < self._size:
            return True
        if self._overflow == "error":
            raise BufferOverflowError(
                f"from_aiter: no more than buffer={self._size} items may wait for the pipeline; got {item!r} besides. "
                'Give a larger buffer, or overflow="block", "drop_oldest" or "drop_newest".'
            )
        self.dropped += 1
        if self._overflow == "drop_oldest":
            self._waiting.popleft()
            return True
        return False


def _cancelled(error: asyncio.CancelledError) -> StreamError:
    told = StreamError(
        "from_aiter: the source must end, or raise an error of its own; it raised CancelledError. "
        "Catch that where it cancels what it waits for."
    )
    told.__cause__ = error
    return told


def _starter(given: Any) -> Callable[[], AsyncIterator[Any]]:
    """Make the function that begins to iterate."""
    if isinstance(given, AsyncIterable):
        return lambda: aiter(given)
    if not _makes_async_generators(given):
        raise ConfigurationError(
            f"from_aiter: aiter must be an async iterable or an async generator function; got {_told(given)}"
        )
    try:
        inspect.signature(given).bind()
    except TypeError as error:
        raise ConfigurationError(
            f"from_aiter: aiter must need no arguments; got {name_of(given)}, {error}. "
            "Bind them: functools.partial(f, …)."
        ) from None
    return lambda: aiter(given())


def _makes_async_generators(f: object) -> bool:
    while isinstance(f, partial):
        f = f.func
    call = getattr(type(f), "__call__", None)  # noqa: B004 - the method itself is wanted, not whether there is one
    return inspect.isasyncgenfunction(f) or inspect.isasyncgenfunction(call)


def _told(given: Any) -> str:
    """What came instead, and what to do."""
    if hasattr(given, "subscribe"):
        return f"the Observable {given!r}. Give it to rs.from_observable."
    if isinstance(given, Iterable):
        return f"{given!r}. Give it to rs.from_iterable."
    if inspect.iscoroutine(given) or is_async(given):
        return f"the coroutine {name_of(given)}. Await it and give the result to rs.from_iterable, or let it yield."
    if inspect.isgeneratorfunction(given):
        return f"the plain generator function {name_of(given)}. Call it and give the result to rs.from_iterable."
    if callable(given):
        return f"the plain function {name_of(given)}. Make it async def, and let it yield."
    return f"{given!r}. Give what async for can iterate."
