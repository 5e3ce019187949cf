"""Measure handing a Kafka topic's records to a function beside a bare loop of aiokafka's polls."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.benchmarks._harness import Contender, Figure, Speed, Unit, Work
from tests.benchmarks._topics import check_committed, create_input
from tests.brokers.kafka import Kafka

_RECORDS = 500_000
_POLL = 500
_COMMIT_SECONDS = 1.0
_LOOP = "aiokafka, getmany(500)"
_RXSTREAM = "rxstream"
_PER_RECORD = Unit("µs a record", 1e-6 * _RECORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One topic to read, committing once a second, until ``hear``, which gets each value, has set ``heard_all``."""

    bootstrap: str
    topic: str
    group: str
    hear: Callable[[bytes], None]
    heard_all: asyncio.Event


def works() -> Iterator[Work]:
    """Yield reading a topic on a broker of its own."""
    # A group's first moments are noisy; what goes wrong for good is raised.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with Kafka() as broker:
        topic = create_input(broker.bootstrap, records=_RECORDS)

        def contender(name: str, read: Callable[[Reading], None]) -> Contender:
            return Contender(name, lambda: _measure(read, bootstrap=broker.bootstrap, topic=topic))

        yield Work(
            name="Kafka → function, 500 000 records of 100 B",
            contenders=[
                contender(_LOOP, by_loop),
                contender(_RXSTREAM, by_rxstream),
                contender("rxstream, merged by time", by_rxstream_merged),
            ],
            figures=[
                Figure("time", _PER_RECORD, targets={_RXSTREAM: [Speed(0.67, of=_LOOP)]}),
                Figure("the client's CPU time", _PER_RECORD),
            ],
            rounds=5,
        )


def by_loop(reading: Reading) -> None:
    """Read in the loop that users of aiokafka write for speed."""
    asyncio.run(_read_in_a_loop(reading))


async def _read_in_a_loop(reading: Reading) -> None:
    from aiokafka import AIOKafkaConsumer

    consumer = AIOKafkaConsumer(
        reading.topic,
        bootstrap_servers=reading.bootstrap,
        group_id=reading.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    async with consumer:
        committed = time.monotonic()
        while not reading.heard_all.is_set():
            polled = await consumer.getmany(timeout_ms=1000, max_records=_POLL)
            for records in polled.values():
                for record in records:
                    reading.hear(record.value)
            if time.monotonic() - committed >= _COMMIT_SECONDS:
                await consumer.commit()
                committed = time.monotonic()
        await consumer.commit()


def by_rxstream(reading: Reading) -> None:
    """Read with a pipeline, as records come."""
    asyncio.run(_read_in_a_pipeline(reading))


async def _read_in_a_pipeline(reading: Reading) -> None:
    import rxstream as rs

    records = rs.from_kafka(reading.topic, bootstrap_servers=reading.bootstrap, group_id=reading.group)
    async with rs.running(records.to(reading.hear)):
        await reading.heard_all.wait()


def by_rxstream_merged(reading: Reading) -> None:
    """Read up to the end in the order of time, which the others do not."""
    import rxstream as rs

    records = rs.from_kafka(reading.topic, bootstrap_servers=reading.bootstrap, group_id=reading.group, stop="end")
    rs.run(records.to(reading.hear))


def _measure(read: Callable[[Reading], None], *, bootstrap: str, topic: str) -> Sequence[float]:
    """Take the time and the processor's from making the client to the last record: closing is no reading."""
    heard = 0
    heard_all = asyncio.Event()
    end = end_cpu = 0.0

    def hear(_value: bytes) -> None:
        nonlocal heard, end, end_cpu
        heard += 1
        if heard == _RECORDS:
            end, end_cpu = time.perf_counter(), time.process_time()
            heard_all.set()

    reading = Reading(bootstrap=bootstrap, topic=topic, group=uuid.uuid4().hex, hear=hear, heard_all=heard_all)
    begin, begin_cpu = time.perf_counter(), time.process_time()
    read(reading)
    if heard != _RECORDS:
        raise AssertionError(f"{topic}: {_RECORDS} records must have been heard of, and {heard} were")
    check_committed(bootstrap, topic, reading.group)
    return [end - begin, end_cpu - begin_cpu]
