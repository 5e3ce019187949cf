"""What a broker refuses is found among what it takes, and the rest keeps what the operators made of it."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka
from tests.integration._jobs.topics import read_values
from tests.integration.conftest import TopicFactory


async def keys_of(kafka: Kafka, topic: str, count: int) -> list[Any]:
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        return [(await asyncio.wait_for(consumer.getone(), 20)).key for _ in range(count)]


def test_what_is_sent_again_has_the_key_it_was_given_on_the_way(kafka: Kafka, topic: TopicFactory) -> None:
    target = topic(configs={"max.message.bytes": "1000"})
    values = [b"a", b"b", b"x" * 5_000, b"c"]
    stream = rs.from_iterable([rs.Event(value, key="before") for value in values]).pipe(ops.key_by(lambda _: "after"))
    failed: list[int] = []

    rs.run(
        stream.to(
            rs.to_kafka(target, bootstrap_servers=kafka.bootstrap),
            on_error=lambda event, _: failed.append(len(event.value)),
        )
    )

    assert (failed, asyncio.run(keys_of(kafka, target, 3))) == ([5_000], [b"after"] * 3)


def test_a_record_of_twenty_megabytes_goes_to_the_handler_alone_in_one_clear_line(
    kafka: Kafka, topic: TopicFactory
) -> None:
    target, failed = topic(), list[str]()
    sink = rs.to_kafka(target, bootstrap_servers=kafka.bootstrap)

    rs.run(
        rs.from_iterable([b"a", b"x" * 20_000_000, b"b"]).to(
            sink, on_error=lambda _event, error: failed.append(str(error))
        )
    )

    assert failed == [
        f"to_kafka: a value must have at most 1048576 bytes; got 20000000, for {target}. "
        "Raise max_request_size in extra, and max.message.bytes of the topic, or make it smaller."
    ]
    assert read_values(kafka.bootstrap, target) == [b"a", b"b"]
