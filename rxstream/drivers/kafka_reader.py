"""Reading Kafka topics: for ever as records come, or up to given ends in the order of time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from operator import attrgetter, itemgetter, le
from typing import Any, Final

from rxstream.core import Partition, Poll, Span
from rxstream.drivers.kafka import aiokafka, closed, connected, require_topics

#: Records a poll: more of them cost more each, as they outlive the youngest generation of the garbage collector.
_POLL: Final = 500
#: Records of partitions that are ahead of the others, while those are waited for.
_MOST_KEPT: Final = 100_000
#: Milliseconds a poll waits, which is also how late a stop may come.
_WAIT: Final = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """What a reader was asked for; instants are nanoseconds."""

    topics: tuple[str, ...]
    bootstrap: str
    group: str | None
    start: str | int | Mapping[Any, int]
    stop: str | int | None
    reset: str
    extra: Mapping[str, Any]


async def opened(settings: Settings) -> Any:
    """Connect, take partitions and go to the start.

    Raises:
        ConnectError: If no broker answers, or a topic does not exist.
    """
    client = aiokafka()
    consumer = client.AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        group_id=settings.group,
        enable_auto_commit=False,
        auto_offset_reset=settings.reset,
        **settings.extra,
    )
    await connected("from_kafka", consumer, settings.bootstrap)
    try:
        known = await require_topics("from_kafka", consumer._client, settings.topics, settings.bootstrap)
        await _take_partitions(consumer, settings, known)
        await _position(consumer, settings)
        ends = await _ends(consumer, settings)
    except BaseException:
        await consumer.stop()
        raise
    return _LiveReader(consumer, settings.group) if ends is None else _PastReader(consumer, settings.group, ends)


async def _take_partitions(consumer: Any, settings: Settings, known: Mapping[str, list[int]]) -> None:
    if settings.group is not None:
        consumer.subscribe(list(settings.topics))
        # The group decides who reads what; nobody else wakes us when it has.
        while not consumer.assignment():
            await consumer.getmany(timeout_ms=0)
            await asyncio.sleep(0.01)
        return
    partition = aiokafka().TopicPartition
    consumer.assign([partition(topic, number) for topic, numbers in known.items() for number in numbers])


async def _position(consumer: Any, settings: Settings) -> None:
    start, partitions = settings.start, consumer.assignment()
    if start == "earliest":
        await consumer.seek_to_beginning(*partitions)
    elif start == "latest":
        await consumer.seek_to_end(*partitions)
    elif isinstance(start, int):
        for partition, offset in (await _offsets_at(consumer, start)).items():
            consumer.seek(partition, offset)
    elif isinstance(start, Mapping):
        offsets: Mapping[Any, Any] = start
        for partition in partitions:
            offset = offsets.get((partition.topic, partition.partition), offsets.get(partition.partition))
            if offset is not None:
                consumer.seek(partition, offset)


async def _offsets_at(consumer: Any, instant: int) -> dict[Any, int]:
    """Per partition the offset of the first record at or after an instant; the end where there is none."""
    partitions = consumer.assignment()
    # Kafka's instants are milliseconds: the first one that is not before ours.
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, -(-instant // 1_000_000)))
    ends = await consumer.end_offsets(partitions)
    return {at: ends[at] if found.get(at) is None else found[at].offset for at in partitions}


async def _ends(consumer: Any, settings: Settings) -> dict[Any, int] | None:
    if settings.stop is None:
        return None
    if isinstance(settings.stop, int):
        return await _offsets_at(consumer, settings.stop)
    ends: dict[Any, int] = await consumer.end_offsets(consumer.assignment())
    return ends


class _LiveReader:
    """Reads as records come."""

    def __init__(self, consumer: Any, group: str | None) -> None:
        self._consumer = consumer
        self._group = group

    async def read(self) -> Poll | None:
        """Wait for the next records."""
        found = await self._consumer.getmany(timeout_ms=_WAIT, max_records=_POLL)
        return self._poll(found)

    async def commit(self, positions: Mapping[Partition, int]) -> bool:
        """Commit; False if the group took the partitions away meanwhile: then their next owner begins earlier."""
        client = aiokafka()
        owned = self._consumer.assignment()
        offsets = {
            at: client.structs.OffsetAndMetadata(position, "")
            for (topic, number), position in positions.items()
            if (at := client.TopicPartition(topic, number)) in owned
        }
        try:
            if offsets:
                await self._consumer.commit(offsets)
        except (client.errors.CommitFailedError, client.errors.IllegalStateError):
            return False
        return True

    async def close(self) -> None:
        """Leave the group and close the connections."""
        await closed(self._consumer)

    def _poll(self, found: Mapping[Any, list[Any]]) -> Poll:
        if len(found) == 1:
            (records,) = found.values()
        else:
            records = [record for part in found.values() for record in part]
        return Poll(records, self._spans(found))

    def _spans(self, found: Mapping[Any, list[Any]]) -> tuple[Span, ...]:
        if self._group is None:
            return ()
        return tuple(
            Span((at.topic, at.partition), part[0].offset, part[-1].offset + 1) for at, part in found.items() if part
        )


class _PastReader(_LiveReader):
    """Reads up to given ends, the partitions merged by time.

    A partition's instant is the greatest seen in it, so that its records keep their order; what may be handed on is
    what no other partition can still precede.
    """

    def __init__(self, consumer: Any, group: str | None, ends: dict[Any, int]) -> None:
        super().__init__(consumer, group)
        self._ends = ends
        self._waiting: dict[Any, list[Any]] = {}
        self._greatest: dict[Any, int] = {}
        self._unfinished = set(ends)

    async def read(self) -> Poll | None:
        """Wait for the next records; None when every partition is at its end."""
        if not await self._go_on() and not self._waiting:
            return None
        await self._fill(0)
        if self._empty():
            # The client fetches nothing new while records lie unread in it: so those are read first, up to a bound.
            if sum(map(len, self._waiting.values())) < _MOST_KEPT:
                self._take(await self._consumer.getmany(timeout_ms=0))
            await self._fill(_WAIT)
        if self._empty():
            return Poll(())
        return self._merged()

    async def _fill(self, wait: int) -> None:
        """Read a little of each partition that has nothing waiting; one by one, or the first would fill the poll."""
        for at in self._empty():
            self._take(await self._consumer.getmany(at, timeout_ms=wait, max_records=_POLL))
        await self._go_on()

    def _empty(self) -> list[Any]:
        """The partitions that must bring something before anything can be handed on."""
        return [at for at in self._unfinished if not self._waiting.get(at)]

    def _take(self, found: Mapping[Any, list[Any]]) -> None:
        for at, records in found.items():
            end = self._ends[at]
            before = records if records[-1].offset < end else [record for record in records if record.offset < end]
            if before:
                self._waiting.setdefault(at, []).extend(before)
                self._greatest[at] = max(self._greatest.get(at, 0), _greatest(before))

    async def _go_on(self) -> bool:
        """Note which partitions have come to their ends; False when all have."""
        for at in list(self._unfinished):
            # The position passes over what is no record: gaps of compaction, marks of transactions.
            if at in self._waiting and self._waiting[at][-1].offset + 1 < self._ends[at]:
                continue
            if await self._consumer.position(at) >= self._ends[at]:
                self._unfinished.discard(at)
        return bool(self._unfinished)

    def _merged(self) -> Poll:
        waiting = self._waiting
        if len(waiting) == 1 and not self._unfinished - waiting.keys():
            ((at, records),) = waiting.items()
            self._waiting = {at: records[_POLL:]} if len(records) > _POLL else {}
            return self._poll({at: records[:_POLL]})
        # Up to the least of what the unfinished ones may still bring, and no more at a time than keeps caches warm.
        bounds = [self._greatest[at] for at in waiting if at in self._unfinished]
        bounds += [_greatest(records[:_POLL]) for records in waiting.values() if len(records) > _POLL]
        bound = min(bounds, default=None)
        taken: dict[Any, list[Any]] = {}
        for at in sorted(waiting):
            place = len(waiting[at]) if bound is None else _place_after(waiting[at], bound)
            taken[at] = waiting[at][:place]
            del waiting[at][:place]
            if not waiting[at]:
                del waiting[at]
        taken = {at: part for at, part in taken.items() if part}
        return Poll(_in_time_order(list(taken.values())), self._spans(taken))


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
