"""A source of one's own, as a stream."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, TypeVar

from rxstream.core import Above, Event, Feed, Partition, Poll, Source, Span, Stream, awaited
from rxstream.errors import ConfigurationError, StreamError

T = TypeVar("T")

_METHODS: Final = ("open", "read", "commit", "close")
#: How many items may wait for work, or for the end of a past.
_IN_FLIGHT: Final = 4_000
#: How many items are asked for at once.
_POLL: Final = 500
#: Seconds that a read waits before it says that nothing has come, which is also how late a stop may be heard.
_WAIT: Final = 0.1
#: Seconds from a read that gave nothing to the next one.
_PAUSE: Final = 0.02


def from_source(source: Source[T]) -> Stream[T]:
    """Make a stream of what an object reads that has the methods of `Source`.

    It is live: it is read in real time, from the start of the run to the end that ``read`` says with None. Nothing is
    read while 4 000 items wait for work. An error of one of its methods ends the run. Each run calls ``open`` again.

    Args:
        source: An object with ``open``, ``read``, ``commit`` and ``close``, plain or async.

    Raises:
        ConfigurationError: If it lacks one of them.
        StreamError: From the run, if what ``read`` gives are no Events, or a partition's offsets do not increase.

    Delivery: at least once. Per partition the offset below which everything is settled is committed, once a second and
        at the end; items without an origin are never committed.

    Example:
        >>> class Letters:
        ...     async def open(self, positions):
        ...         self.place = positions.get(("letters", 0), 0)
        ...
        ...     async def read(self, max_items):
        ...         start, self.place = self.place, min(self.place + max_items, 3)
        ...         offsets = range(start, self.place)
        ...         return [rs.Event("abc"[at], origin=rs.Origin("letters", 0, at)) for at in offsets] or None
        ...
        ...     async def commit(self, positions):
        ...         print(positions)
        ...
        ...     async def close(self): ...
        >>> rs.collect(rs.from_source(Letters()))
        {('letters', 0): 3}
        ['a', 'b', 'c']
    """
    _check(source)
    name = type(source).__name__
    committed: dict[Partition, int] = {}

    async def connect() -> Opened:
        opened = Opened(source, name, committed)
        await opened.open()
        return opened

    return Stream(
        feed=Feed(
            name=f"from_source({name})",
            lift=_itself,
            value="record._value",
            connect=connect,
            locate=_located,
            live=True,
            backlog=_IN_FLIGHT,
            max_in_flight=_IN_FLIGHT,
        )
    )


def _check(source: object) -> None:
    if isinstance(source, type):
        raise ConfigurationError(
            f"from_source: source must be an object; got the class {source.__name__}. Call it: {source.__name__}(…)."
        )
    missing = [name for name in _METHODS if not callable(getattr(source, name, None))]
    if missing:
        raise ConfigurationError(
            "from_source: source must have the methods open, read, commit and close; "
            f"{type(source).__name__} has no {' and no '.join(missing)}. Add what is missing, see rs.Source."
        )


def _itself(event: Event[Any]) -> Event[Any]:
    return event


def _located(event: Event[Any]) -> tuple[Partition, int]:
    source, partition, offset = event._origin  # type: ignore[misc]  # only what has one is located
    return (source, partition), offset


class Opened:
    """A source that is open.

    Args:
        source: The source.
        name: Its name, for messages.
        committed: What earlier runs have committed; what this one commits is added.
    """

    def __init__(self, source: Any, name: str, committed: dict[Partition, int]) -> None:
        self._source = source
        self._name = name
        self._committed = committed
        self._told: dict[Partition, int] = {}
        self._reading: asyncio.Future[Any] | None = None
        self._polls: deque[Poll] = deque()
        self._ends: dict[Partition, int] = {}  # behind the last offset of each partition

    async def open(self) -> None:
        """Open it; where that fails it is closed."""
        try:
            await awaited(self._source.open(dict(self._committed)))
        except BaseException as error:
            try:
                await awaited(self._source.close())
            except Exception as second:  # noqa: BLE001 - whatever it is, the first error is the one to tell
                error.add_note(f"from_source: then {self._name}.close failed too: {second!r}")
            raise

    async def read(self) -> Poll | None:
        """Wait for the next items."""
        if not self._polls:
            began = time.monotonic()
            events = await self._read()
            if events is None:
                return None
            if not events:
                await asyncio.sleep(max(0.0, began + _PAUSE - time.monotonic()))
                return Poll(())
            self._polls.extend(self._polls_of(events))
        return self._polls.popleft()

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int]:
        """Tell it what has moved; what is settled above that comes again after a restart."""
        moved = {at: position for at, position in positions.items() if self._told.get(at) != position}
        if moved:
            await self._interrupt()
            await awaited(self._source.commit(dict(moved)))
            self._told.update(moved)
            self._committed.update(moved)
        return positions

    async def close(self) -> None:
        """Close it."""
        await self._interrupt()
        if self._reading is not None:
            # An error there stands behind what was wanted.
            self._reading.exception()
        await awaited(self._source.close())

    async def _read(self) -> Sequence[Any] | None:
        """What one read gives; nothing while it still waits."""
        if self._reading is None:
            made = self._source.read(_POLL)
            if not inspect.isawaitable(made):
                return self._checked(made)
            self._reading = asyncio.ensure_future(made)
        await asyncio.wait({self._reading}, timeout=_WAIT)
        if not self._reading.done():
            return ()
        reading, self._reading = self._reading, None
        if reading.cancelled():
            raise StreamError(
                f"from_source: {self._name}.read must return, or raise an error of its own; it raised CancelledError. "
                "Catch that where it cancels what it waits for."
            )
        return self._checked(reading.result())

    async def _interrupt(self) -> None:
        """Cancel a read that waits, as no two methods are called at once; one that is done is kept."""
        reading = self._reading
        if reading is not None:
            reading.cancel()
            await asyncio.wait({reading})
            self._reading = None if reading.cancelled() else reading

    def _checked(self, given: Any) -> Sequence[Any] | None:
        if given is None or isinstance(given, list | tuple):
            return given
        raise StreamError(
            f"from_source: {self._name}.read must give a list of Events, or None at the end; got {given!r}. "
            "Return a list; an empty one says that there is nothing for now."
        )

    def _polls_of(self, events: Sequence[Any]) -> Iterator[Poll]:
        """Cut what was read where what can be committed ends or begins: usually nowhere."""
        try:
            alike = {event._origin is None for event in events}
        except AttributeError:
            given = next(event for event in events if not isinstance(event, Event))
            raise StreamError(
                f"from_source: {self._name}.read must give Events; got {given!r}. "
                "Wrap it: rs.Event(value, origin=rs.Origin(source, partition, offset))."
            ) from None
        parts = [events] if len(alike) == 1 else [list(part) for _, part in groupby(events, _has_no_origin)]
        return (Poll(part, self._spans_of(part)) for part in parts)

    def _spans_of(self, events: Sequence[Any]) -> tuple[Span, ...]:
        if events[0]._origin is None:
            return ()
        found: dict[Partition, list[int]] = {}
        ends = self._ends
        for event in events:
            source, partition, offset = event._origin
            at = (source, partition)
            if offset.__class__ is not int or offset < ends.get(at, offset):
                raise self._unordered(at, offset)
            ends[at] = offset + 1
            stretch = found.get(at)
            if stretch is None:
                found[at] = [offset, 1]
            else:
                stretch[1] += 1
        return tuple(Span(at, first, ends[at], count) for at, (first, count) in found.items())

    def _unordered(self, at: Partition, offset: Any) -> StreamError:
        before = f" after {self._ends[at] - 1}" if at in self._ends else ""
        return StreamError(
            f"from_source: offsets must be whole numbers that increase within a partition; {self._name}.read gave "
            f"{offset!r}{before} in {at!r}. Number the items in the order in which read gives them."
        )


def _has_no_origin(event: Event[Any]) -> bool:
    return event.origin is None
