"""Fill the topics that are copied, and make sure that a copy is whole."""

import asyncio
import uuid

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.benchmarks._copy import Copy
from tests.brokers.kafka import create_topic

_PARTITIONS = 4
_AT_ONCE = 5_000
# Records in each partition of an output before the copy: the broker begins the index after 4 KiB.
_BEFORE = 3


def create_input(bootstrap: str, *, records: int, size: int, keys: int) -> str:
    """Create a topic with ``records`` values of ``size`` bytes, and return its name."""
    name = f"in-{uuid.uuid4().hex}"
    create_topic(bootstrap, name, partitions=_PARTITIONS)
    asyncio.run(_fill(bootstrap, name, records=records, size=size, keys=keys))
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


def check(job: Copy) -> None:
    """Make sure that every record was written, and that every one is committed."""
    asyncio.run(_check(job))


async def _fill(bootstrap: str, name: str, *, records: int, size: int, keys: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for first in range(0, records, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, records))
            await asyncio.gather(
                *[await producer.send(name, **_record(number, size=size, keys=keys)) for number in numbers]
            )


def _record(number: int, *, size: int, keys: int) -> dict[str, bytes]:
    # The keys come in no order, as from many devices.
    return {"value": (b"value %d;" % number * size)[:size], "key": b"key%05d" % (number * 7919 % keys)}


async def _lay_out(bootstrap: str, name: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for partition in range(_PARTITIONS):
            for _ in range(_BEFORE):
                await producer.send_and_wait(name, b"before " * 1_000, partition=partition)


async def _check(job: Copy) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=job.bootstrap, group_id=job.group, enable_auto_commit=False)
    async with consumer:
        ends = await consumer.end_offsets(_partitions(job.source))
        written = sum((await consumer.end_offsets(_partitions(job.output))).values()) - _PARTITIONS * _BEFORE
        committed = {partition: await consumer.committed(partition) for partition in ends}
    if written != job.records:
        raise AssertionError(f"{job.output}: {job.records} records must have been written, and {written} were")
    if committed != ends:
        raise AssertionError(f"{job.group}: all of {job.source}, {ends}, must be committed, and {committed} is")


def _partitions(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in range(_PARTITIONS)]
