"""One of rxstream's own sources as a Source, so that the check for those takes it too."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rxstream.core import Closing, Event, Feed, Partition

#: Seconds after which a commit that could not be taken is tried again.
_AGAIN: Final = 0.1


class StreamSource:
    """A stream's source, read as a run would.

    Args:
        feed: How it is read.
    """

    def __init__(self, feed: Feed) -> None:
        self.name = feed.name
        self._feed = feed
        self._connection: Any = None
        self._batches: Iterator[Any] = iter(())
        self._reading: asyncio.Future[Any] | None = None
        self._waiting: deque[Event[Any]] = deque()

    async def open(self, positions: Mapping[Partition, int], /) -> None:
        """Connect; a source of ours goes by its own memory."""
        self._waiting.clear()
        if self._feed.connect is not None:
            self._connection = await self._feed.connect()
        elif self._feed.batches is not None:
            self._batches = self._feed.batches()

    async def read(self, max_items: int, /) -> Sequence[Event[Any]] | None:
        """Give what has come; a read that is cancelled goes on, as it does in a run."""
        if not self._waiting:
            records = await self._records()
            if records is None:
                return None
            self._waiting.extend(map(self._event, records))
        return [self._waiting.popleft() for _ in range(min(max_items, len(self._waiting)))]

    async def commit(self, positions: Mapping[Partition, int], /) -> None:
        """Commit, as soon as that can be."""
        await self._end_read()
        while self._connection is not None:
            if await self._connection.commit(positions, _nothing_above) is not None:
                return
            await asyncio.sleep(_AGAIN)

    async def close(self) -> None:
        """Let go of everything."""
        await self._end_read()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _records(self) -> Sequence[Any] | None:
        if self._connection is None:
            batch = next(self._batches, None)
            return None if batch is None or isinstance(batch, Closing) else list(batch)
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._connection.read())
        # Shielded: what it brings is for the next one who asks.
        poll = await asyncio.shield(self._reading)
        self._reading = None
        return None if poll is None else list(poll.records)

    async def _end_read(self) -> None:
        if self._reading is not None:
            reading, self._reading = self._reading, None
            poll = await reading
            self._waiting.extend(map(self._event, poll.records if poll is not None else ()))

    def _event(self, record: Any) -> Event[Any]:
        event = self._feed.lift(record)
        # What is not committed need not have a place.
        return event if self._feed.acknowledges else event.replace(origin=None)


def _nothing_above(_partition: Partition) -> Iterator[tuple[int, int]]:
    return iter(())
