"""Fill the topics that are copied, and make sure that a copy is whole."""

import asyncio
import uuid
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from tests.benchmarks._copy import Copy
from tests.brokers.kafka import create_topic

_PARTITIONS = 4
_AT_ONCE = 5_000
# Records in each partition of an output before the copy: the broker begins the index after 4 KiB.
_BEFORE = 3


def text(number: int) -> bytes:
    """Make a value of 100 bytes."""
    return (b"value %d;" % number * 100)[:100]


def create_input(bootstrap: str, *, records: int, keys: int = 10_000, value_of: Callable[[int], bytes] = text) -> str:
    """Create a topic with the values of so many numbers, and return its name."""
    name = f"in-{uuid.uuid4().hex}"
    create_topic(bootstrap, name, partitions=_PARTITIONS)
    asyncio.run(_fill(bootstrap, name, records=records, keys=keys, value_of=value_of))
    return name


def create_output(bootstrap: str) -> str:
    """Create a topic with a few records in each partition, and return its name.

    At first a partition makes the broker lay out its index on the disk, which may take 50 ms: a quarter of a copy,
    nobody's merit, and in people's topics long done.
    """
    name = f"out-{uuid.uuid4().hex}"
    create_topic(bootstrap, name, partitions=_PARTITIONS)
    asyncio.run(_lay_out(bootstrap, name))
    return name


def check(job: Copy, is_copy: Callable[[ConsumerRecord[bytes, bytes]], bool]) -> None:
    """Make sure that every record was written, and that every one is committed, if the job has a group.

    The last record of each partition must be a copy.
    """
    asyncio.run(_check(job, is_copy))
    if job.group is not None:
        check_committed(job.bootstrap, job.source, job.group)


def check_committed(bootstrap: str, topic: str, group: str) -> None:
    """Make sure that a group has committed all of a topic."""
    asyncio.run(_check_committed(bootstrap, topic, group))


async def _fill(bootstrap: str, name: str, *, records: int, keys: int, value_of: Callable[[int], bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for first in range(0, records, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, records))
            await asyncio.gather(
                # The keys come in no order, as from many devices.
                *[
                    await producer.send(name, value_of(number), key=b"key%05d" % (number * 7919 % keys))
                    for number in numbers
                ]
            )


async def _lay_out(bootstrap: str, name: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for partition in range(_PARTITIONS):
            for _ in range(_BEFORE):
                await producer.send_and_wait(name, b"before " * 1_000, partition=partition)


async def _check(job: Copy, is_copy: Callable[[ConsumerRecord[bytes, bytes]], bool]) -> None:
    async with AIOKafkaConsumer(bootstrap_servers=job.bootstrap) as consumer:
        written = await consumer.end_offsets(_partitions(job.output))
        consumer.assign(list(written))
        for partition, end in written.items():
            consumer.seek(partition, end - 1)
        last = [await consumer.getone(partition) for partition in written]
    count = sum(written.values()) - _PARTITIONS * _BEFORE
    if count != job.records:
        raise AssertionError(f"{job.output}: {job.records} records must have been written, and {count} were")
    if wrong := [record for record in last if not is_copy(record)]:
        raise AssertionError(f"{job.output}: it must hold copies, and holds {wrong}")


async def _check_committed(bootstrap: str, topic: str, group: str) -> None:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False) as consumer:
        ends = await consumer.end_offsets(_partitions(topic))
        committed = {partition: await consumer.committed(partition) for partition in ends}
    if committed != ends:
        raise AssertionError(f"{group}: all of {topic}, {ends}, must be committed, and {committed} is")


def _partitions(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in range(_PARTITIONS)]
