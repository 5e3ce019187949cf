"""Copy a topic as fast as aiokafka's public interface allows, still committing only what is acknowledged."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from tests.benchmarks._copy import Copy

if TYPE_CHECKING:
    from aiokafka.producer.message_accumulator import BatchBuilder

# Few records alive at a time suit the processor's cache and the garbage collector: 0.2 µs a record less than 4 000.
_POLL = 500
# Requests are dear, so several polls leave in one.
_SEND = 4_000
# What is sent together fits into one batch a partition; the broker refuses more than 1 MiB.
_BATCH_BYTES = 512 * 1024
_UNACKNOWLEDGED = 4
_COMMIT_SECONDS = 1.0
_KEYS = 100_000
_NO_HEADERS: list[tuple[str, bytes]] = []

Polled = Mapping[TopicPartition, Sequence[ConsumerRecord[bytes, bytes]]]
Positions = dict[TopicPartition, int]


class _PartitionOf(dict[bytes, int]):
    """The partition of each key, as the Java client chooses it, computed once."""

    def __init__(self, partitions: Iterable[int]) -> None:
        self._partitions = sorted(partitions)
        self._choose = DefaultPartitioner()

    def __missing__(self, key: bytes) -> int:
        if len(self) == _KEYS:
            self.clear()
        partition: int = self._choose(key, self._partitions, self._partitions)
        self[key] = partition
        return partition


class _Outbox:
    """Copies on their way: packed, then sent, then acknowledged, in the order of the polls."""

    def __init__(self, producer: AIOKafkaProducer, *, topic: str, partitions: Iterable[int]) -> None:
        self._producer = producer
        self._topic = topic
        self._partition_of = _PartitionOf(partitions)
        self._filling: dict[int, BatchBuilder] = {}
        self._full: list[tuple[int, BatchBuilder]] = []
        self._behind: Positions = {}
        # Oldest first: done when all that was sent together is acknowledged, and the positions behind it.
        self._sent: deque[tuple[asyncio.Future[list[object]], Positions]] = deque()
        self.safe: Positions = {}
        self.packed = 0

    def pack(self, polled: Polled, change: Callable[[bytes], bytes]) -> None:
        """Put the changed records into their partitions' batches."""
        partition_of, filling = self._partition_of, self._filling
        for source, records in polled.items():
            for record in records:
                key, value = record.key, change(record.value)
                headers = list(record.headers) if record.headers else _NO_HEADERS
                partition = partition_of[key]
                batch = filling.get(partition)
                if batch is not None:
                    if batch.append(timestamp=record.timestamp, key=key, value=value, headers=headers) is not None:
                        continue
                    self._full.append((partition, batch))
                filling[partition] = batch = self._producer.create_batch()
                batch.append(timestamp=record.timestamp, key=key, value=value, headers=headers)
            self._behind[source] = records[-1].offset + 1
            self.packed += len(records)

    async def send(self) -> None:
        """Send what is packed; waits while a partition's previous batch is not yet on its way."""
        sent = [
            await self._producer.send_batch(batch, self._topic, partition=partition)
            for partition, batch in [*self._full, *self._filling.items()]
        ]
        self._sent.append((asyncio.gather(*sent), self._behind))
        self._filling, self._full, self._behind, self.packed = {}, [], {}, 0

    async def acknowledge(self, *, at_most: int) -> None:
        """Wait until at most so many sendings are unacknowledged, and note what is safe to commit."""
        while self._sent and (len(self._sent) > at_most or self._sent[0][0].done()):
            acknowledged, behind = self._sent.popleft()
            await acknowledged
            self.safe.update(behind)


async def copy(job: Copy) -> None:
    """Copy until all records are through."""
    consumer = AIOKafkaConsumer(
        job.source,
        bootstrap_servers=job.bootstrap,
        group_id=job.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=job.bootstrap, acks="all", max_batch_size=_BATCH_BYTES)
    async with consumer, producer:
        outbox = _Outbox(producer, topic=job.output, partitions=await producer.partitions_for(job.output))
        copied, committed = 0, time.monotonic()
        while copied < job.records:
            # Waits for more only when nothing is left to be sent.
            polled = await consumer.getmany(timeout_ms=0 if outbox.packed else 1000, max_records=_POLL)
            outbox.pack(polled, job.change)
            copied += sum(map(len, polled.values()))
            if outbox.packed >= _SEND or not polled:
                await outbox.send()
                await outbox.acknowledge(at_most=_UNACKNOWLEDGED)
            if outbox.safe and time.monotonic() - committed >= _COMMIT_SECONDS:
                await consumer.commit(outbox.safe)
                outbox.safe.clear()
                committed = time.monotonic()
        await outbox.send()
        await outbox.acknowledge(at_most=0)
        await consumer.commit(outbox.safe)
