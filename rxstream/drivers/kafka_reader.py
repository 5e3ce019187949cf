"""Reading Kafka topics as records come: partitions, positions and commits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rxstream.core import Above, Partition, Poll, Span
from rxstream.drivers.kafka import aiokafka, closed, connected, require_topics

#: Records a poll: more of them cost more each, as they outlive the youngest generation of the garbage collector.
POLL: Final = 500
#: Milliseconds a poll waits, which is also how late a stop may come.
WAIT: Final = 100


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


async def connect(settings: Settings) -> tuple[Any, Mapping[str, list[int]]]:
    """Connect; returns the client and the topics' partitions.

    Raises:
        ConnectError: If no broker answers, or a topic does not exist.
    """
    consumer = aiokafka().AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        group_id=settings.group,
        enable_auto_commit=False,
        auto_offset_reset=settings.reset,
        **settings.extra,
    )
    await connected("from_kafka", consumer, settings.bootstrap)
    try:
        known = await require_topics("from_kafka", consumer._client, settings.topics, settings.bootstrap)
    except BaseException:
        await closed(consumer)
        raise
    return consumer, known


class LiveReader:
    """Reads as records come."""

    def __init__(self, consumer: Any, settings: Settings, known: Mapping[str, list[int]]) -> None:
        self._consumer = consumer
        self._settings = settings
        self._positioned: set[Any] = set()
        self._floor: dict[Any, int] = {}  # what the group has committed already, where we begin anew
        self._gone: set[Partition] = set()
        self._joined = settings.group is None
        if settings.group is None:
            partition = aiokafka().TopicPartition
            consumer.assign([partition(topic, number) for topic, numbers in known.items() for number in numbers])
        else:
            consumer.subscribe(list(settings.topics), listener=_listener(self._on_assigned, self._on_revoked))

    async def read(self) -> Poll | None:
        """Wait for the next records."""
        await self._begin_new_ones()
        found = await self._consumer.getmany(timeout_ms=WAIT, max_records=POLL)
        if self._settings.start != "committed":
            # Of a partition that has just come, what was read before it was put to its start does not count.
            found = {at: records for at, records in found.items() if at in self._positioned}
        return self._poll(found)

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int] | None:
        """Commit what is still ours; returns what was committed, None while the group shares out its partitions."""
        client = aiokafka()
        try:
            ours = {(at.topic, at.partition): at for at in self._consumer.assignment()}
            for partition in self._gone & ours.keys():
                # Ours once more: whoever had it meanwhile may have come further.
                self._floor[ours[partition]] = await self._consumer.committed(ours[partition]) or 0
            taken = {
                partition: position
                for partition, position in positions.items()
                if partition in ours and position > self._floor.get(ours[partition], -1)
            }
            if taken:
                offset = client.structs.OffsetAndMetadata
                await self._consumer.commit({ours[at]: offset(position, "") for at, position in taken.items()})
        except (client.errors.CommitFailedError, client.errors.IllegalStateError):
            return None
        return taken

    async def close(self) -> None:
        """Leave the group and close the connections."""
        await closed(self._consumer)

    def _poll(self, found: Mapping[Any, list[Any]]) -> Poll:
        gone, self._gone = self._gone, set()
        if len(found) == 1:
            (records,) = found.values()
        else:
            records = [record for part in found.values() for record in part]
        return Poll(records, self._spans(found), tuple(gone))

    def _spans(self, found: Mapping[Any, list[Any]]) -> tuple[Span, ...]:
        if self._settings.group is None:
            return ()
        return tuple(
            Span((at.topic, at.partition), part[0].offset, part[-1].offset + 1, len(part))
            for at, part in found.items()
            if part
        )

    def _on_assigned(self, _assigned: Collection[Any]) -> None:
        self._joined = True

    def _on_revoked(self, revoked: Collection[Any]) -> None:
        self._joined = False
        self._gone |= {(at.topic, at.partition) for at in revoked}

    async def _begin_new_ones(self) -> None:
        """Put partitions that we have for the first time to where reading starts."""
        new = self._consumer.assignment() - self._positioned
        if not new:
            return
        if self._settings.start != "committed":
            if self._settings.group is not None:
                for at in new:
                    self._floor[at] = await self._consumer.committed(at) or 0
            await _put_to_start(self._consumer, new, self._settings.start)
        self._positioned |= new


def _listener(on_assigned: Callable[[Collection[Any]], None], on_revoked: Callable[[Collection[Any]], None]) -> Any:
    class Listener(aiokafka().abc.ConsumerRebalanceListener):  # type: ignore[misc]  # the client demands its own class
        async def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
            on_assigned(assigned)

        async def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
            on_revoked(revoked)

    return Listener()


async def _put_to_start(consumer: Any, partitions: Collection[Any], start: Any) -> None:
    if start == "earliest":
        await consumer.seek_to_beginning(*partitions)
    elif start == "latest":
        await consumer.seek_to_end(*partitions)
    elif isinstance(start, int):
        for at, offset in (await offsets_at(consumer, partitions, start)).items():
            consumer.seek(at, offset)
    else:
        for at in partitions:
            offset = start.get((at.topic, at.partition), start.get(at.partition))
            if offset is not None:
                consumer.seek(at, offset)


async def offsets_at(consumer: Any, partitions: Collection[Any], instant: int) -> dict[Any, int]:
    """Per partition the offset of the first record at or after an instant; the end where there is none."""
    # Kafka's instants are milliseconds: the first one that is not before ours.
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, -(-instant // 1_000_000)))
    ends = await consumer.end_offsets(partitions)
    return {at: ends[at] if found.get(at) is None else found[at].offset for at in partitions}
