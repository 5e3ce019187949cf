"""Reading Kafka topics up to given ends, in the order of time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from itertools import accumulate, chain, islice
from operator import attrgetter, itemgetter, le
from typing import Any, Final

from rxstream.core import Poll
from rxstream.drivers.kafka import aiokafka, closed
from rxstream.drivers.kafka_reader import POLL, WAIT, LiveReader, Settings, connect, offsets_at

#: Records of partitions that are ahead of the others, while those are waited for.
_MOST_KEPT: Final = 100_000


async def opened(settings: Settings) -> LiveReader:
    """Connect, and make the reader that goes on for ever or up to the ends, as the settings say.

    Raises:
        ConnectError: If no broker answers, or a topic does not exist.
    """
    consumer, known = await connect(settings)
    try:
        if settings.stop is None:
            return LiveReader(consumer, settings, known)
        partition = aiokafka().TopicPartition
        everywhere = [partition(topic, number) for topic, numbers in known.items() for number in numbers]
        if isinstance(settings.stop, int):
            ends = await offsets_at(consumer, everywhere, settings.stop)
        else:
            ends = await consumer.end_offsets(everywhere)
        return PastReader(consumer, settings, known, ends)
    except BaseException:
        await closed(consumer)
        raise


class PastReader(LiveReader):
    """Reads up to given ends, the partitions merged by time.

    A partition's instant is the greatest seen in it, so that its records keep their order; what may be handed on is
    what no other partition can still precede.
    """

    def __init__(self, consumer: Any, settings: Settings, known: Mapping[str, list[int]], ends: dict[Any, int]) -> None:
        super().__init__(consumer, settings, known)
        self._ends = ends
        self._waiting: dict[Any, list[Any]] = {}
        self._greatest: dict[Any, int] = {}
        self._finished: set[Any] = set()

    async def read(self) -> Poll | None:
        """Wait for the next records; None when every partition that is ours is at its end."""
        await self._begin_new_ones()
        if not self._joined:
            await asyncio.sleep(0.01)
            return Poll(())
        self._forget_gone()
        await self._go_on()
        if not self._unfinished() and not self._waiting:
            return None
        await self._fill(0)
        if self._empty():
            # The client fetches nothing new while records lie unread in it: so those are read first, up to a bound.
            if sum(map(len, self._waiting.values())) < _MOST_KEPT:
                self._take(await self._consumer.getmany(timeout_ms=0))
            await self._fill(WAIT)
        if self._empty():
            return self._poll({})
        return self._merged()

    def _unfinished(self) -> set[Any]:
        ours: set[Any] = self._positioned & self._consumer.assignment()
        return ours - self._finished

    def _empty(self) -> list[Any]:
        """The partitions that must bring something before anything can be handed on."""
        return [at for at in self._unfinished() if not self._waiting.get(at)]

    def _forget_gone(self) -> None:
        """Let go of what was read of partitions that another member has now."""
        for at in [at for at in self._ends if (at.topic, at.partition) in self._gone]:
            self._waiting.pop(at, None)
            self._finished.discard(at)

    async def _fill(self, wait: int) -> None:
        """Read a little of each partition that has nothing waiting; one by one, or the first would fill the poll."""
        for at in self._empty():
            self._take(await self._consumer.getmany(at, timeout_ms=wait, max_records=POLL))
        await self._go_on()

    def _take(self, found: Mapping[Any, list[Any]]) -> None:
        for at, records in found.items():
            end = self._ends[at]
            before = records if records[-1].offset < end else [record for record in records if record.offset < end]
            if before and at in self._positioned:
                self._waiting.setdefault(at, []).extend(before)
                self._greatest[at] = max(self._greatest.get(at, 0), _greatest(before))

    async def _go_on(self) -> None:
        """Note which partitions have come to their ends."""
        for at in self._unfinished():
            # The position passes over what is no record: gaps of compaction, marks of transactions.
            if at in self._waiting and self._waiting[at][-1].offset + 1 < self._ends[at]:
                continue
            try:
                if await self._consumer.position(at) >= self._ends[at]:
                    self._finished.add(at)
            except aiokafka().errors.IllegalStateError:
                # The group has just taken it away.
                continue

    def _merged(self) -> Poll:
        waiting, unfinished = self._waiting, self._unfinished()
        if len(waiting) == 1 and not unfinished - waiting.keys():
            ((at, records),) = waiting.items()
            self._waiting = {at: records[POLL:]} if len(records) > POLL else {}
            return self._poll({at: records[:POLL]})
        # Up to the least of what the unfinished ones may still bring, and no more at a time than keeps caches warm.
        bounds = [self._greatest[at] for at in waiting if at in unfinished]
        bounds += [_greatest(records[:POLL]) for records in waiting.values() if len(records) > POLL]
        bound = min(bounds, default=None)
        taken: dict[Any, list[Any]] = {}
        for at in sorted(waiting):
            place = len(waiting[at]) if bound is None else _place_after(waiting[at], bound)
            taken[at] = waiting[at][:place]
            del waiting[at][:place]
            if not waiting[at]:
                del waiting[at]
        taken = {at: part for at, part in taken.items() if part}
        return self._poll(taken)._replace(records=_in_time_order(list(taken.values())))


_TIMESTAMP: Final = attrgetter("timestamp")


def _greatest(records: list[Any]) -> int:
    time: int = max(map(_TIMESTAMP, records))
    return time


def _place_after(records: list[Any], bound: int) -> int:
    """How many of the records, as a stretch from the first, lie at or before ``bound``."""
    for place, record in enumerate(records):
        if record.timestamp > bound:
            return place
    return len(records)


def _in_time_order(parts: list[list[Any]]) -> list[Any]:
    """Merge, each part's order kept: a record's instant is the greatest so far in its part."""
    if all(_is_sorted(part) for part in parts):
        # Sorting is stable, and quick with stretches that are sorted already.
        return sorted(chain.from_iterable(parts), key=_TIMESTAMP)
    dated = [(time, record) for part in parts for time, record in zip(_so_far(part), part, strict=True)]
    return [record for _, record in sorted(dated, key=itemgetter(0))]


def _is_sorted(part: list[Any]) -> bool:
    times = list(map(_TIMESTAMP, part))
    return all(map(le, times, islice(times, 1, None)))


def _so_far(part: list[Any]) -> Iterator[int]:
    return accumulate(map(_TIMESTAMP, part), max)
