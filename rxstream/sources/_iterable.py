"""Whatever can be iterated, as a stream."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from rxstream.core import LONG_PASS, BatchSize, Event, Feed, Stream
from rxstream.errors import ConfigurationError

T = TypeVar("T")

_COLLECTIONS: Final = (list, tuple, range)
#: The largest batch. One may be in flight, and half of one before it.
_MOST: Final = 4_000


def from_iterable(items: Iterable[T]) -> Stream[T]:
    """Make a stream of the items of any iterable, taken lazily; an `Event` brings its passport.

    A list, range or other collection starts anew with each run; an iterator can be run once. It is finite: time is
    virtual and stands at the epoch.

    Args:
        items: The items. A slow or endless iterator is asked for one item at a time.

    Raises:
        ConfigurationError: If ``items`` cannot be iterated, or only by ``async for``.

    Delivery: nothing is acknowledged.

    Example:
        >>> rs.collect(rs.from_iterable("abc"))
        ['a', 'b', 'c']
    """
    if not isinstance(items, Iterable):
        remedy = "Use rs.from_aiter." if hasattr(items, "__aiter__") else "Give a list, a generator, …"
        raise ConfigurationError(f"from_iterable: items must be iterable; got {items!r}. {remedy}")
    collection = isinstance(items, _COLLECTIONS)
    # Numbers of a range need no look for Events among them.
    value = "record" if isinstance(items, range) else "record._value if type(record) is Event else record"
    return Stream(
        feed=Feed(
            name="from_iterable",
            lift=lifted,
            value=value,
            bindings={"Event": Event},
            batches=lambda: batched(items),
            sized=collection,
            certain=collection,
        )
    )


def lifted(record: Any) -> Event[Any]:
    """The Event of an item that may be one."""
    return record if isinstance(record, Event) else Event(record)


def batched(items: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """Cut items into batches: collections by slices, anything else without reading ahead of the consumer."""
    if isinstance(items, _COLLECTIONS):
        return _Slices(items)
    return _drawn(items)


def _drawn(items: Iterable[Any]) -> Iterator[Sequence[Any]]:
    iterator = iter(items)
    try:
        for first in iterator:
            yield _Drawn(first, iterator)
    finally:
        # What was made here is closed here, unless it is what wants no more.
        if iterator is not items and not getattr(iterator, "gi_running", False):
            getattr(iterator, "close", _nothing)()


class _Slices:
    """The batches of a collection, as large as passes are quick."""

    def __init__(self, items: Sequence[Any]) -> None:
        self._items = items
        self._start = 0
        self._size = BatchSize(_MOST)
        #: Hears how long a pass took.
        self.note_pass = self._size.note_pass

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return self

    def __next__(self) -> Sequence[Any]:
        start = self._start
        if start >= len(self._items):
            raise StopIteration
        self._start = start + self._size.now
        return self._items[start : self._start]

    def extent(self) -> tuple[int, int]:
        """How many items have been handed over, and how many there are."""
        return min(self._start, len(self._items)), len(self._items)


def _nothing() -> None:
    pass


class _Drawn(list[Any]):
    """A batch that asks its iterator for each item when the one before is done with; then it is the list of them."""

    def __init__(self, first: Any, iterator: Iterator[Any]) -> None:
        super().__init__((first,))
        self._iterator = iterator

    def __iter__(self) -> Iterator[Any]:
        yield self[0]
        deadline = time.monotonic() + LONG_PASS
        for item in islice(self._iterator, _MOST - 1):
            self.append(item)
            yield item
            if time.monotonic() > deadline:
                return
