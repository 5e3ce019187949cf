"""The source and the sink for Kafka keep the contract that anybody's own must keep."""

import asyncio
from collections.abc import Callable
from typing import Any

import rxstream as rs
from rxstream.testing import check_sink, check_source
from tests.brokers.kafka import Kafka, TopicFactory
from tests.integration._jobs.topics import Sent, read_values, write

LETTERS = list("abcdefgh")


def written(kafka: Kafka, topic: TopicFactory, partitions: int) -> Callable[[], Any]:
    """Make a factory of sources, each of a topic of its own with eight letters in it."""

    def begin() -> str:
        name = topic(partitions)
        sent = [Sent(letter.encode(), partition=place % partitions) for place, letter in enumerate(LETTERS)]
        write(kafka.bootstrap, name, sent)
        return name

    async def made() -> Any:
        name = await asyncio.to_thread(begin)
        return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, group_id=name, codec="str"), LETTERS

    return made


def test_from_kafka_keeps_the_contract_of_a_source(kafka: Kafka, topic: TopicFactory) -> None:
    check_source(written(kafka, topic, partitions=1))


def test_from_kafka_keeps_it_with_several_partitions(kafka: Kafka, topic: TopicFactory) -> None:
    check_source(written(kafka, topic, partitions=3))


def test_to_kafka_keeps_the_contract_of_a_sink(kafka: Kafka, topic: TopicFactory) -> None:
    async def made() -> Any:
        name = await asyncio.to_thread(topic)

        async def read_back() -> list[str]:
            found = await asyncio.to_thread(read_values, kafka.bootstrap, name)
            return [value.decode() for value in found]

        return rs.to_kafka(name, bootstrap_servers=kafka.bootstrap, codec="str"), read_back

    check_sink(made)
