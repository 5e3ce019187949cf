"""However many partitions a topic has, windows and joins give the same."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, create_topic
from tests.integration._jobs.topics import Sent, after, write

PARTITIONS = (1, 4, 8)
#: Key, second and number: a key's records come closer together and farther apart by turns.
RECORDS = [(f"key-{number * 7 % 11}", number * (1 + number % 3) * 0.05, number) for number in range(1_500)]
SORTED = sorted(RECORDS, key=lambda record: record[1])
#: Where two happened at one instant, only one of them is taken, as partitions say nothing of their order.
DISTINCT = list({second: (key, second, number) for key, second, number in SORTED}.values())
CUTS = {
    "tumbling": rs.tumbling(2),
    "hopping": rs.hopping(3, 1),
    "session": rs.session(0.4),
    "sliding": rs.sliding(0.5),
}


def instant(second: float) -> datetime:
    return after(round(second, 3))


@pytest.fixture(scope="module")
def topics(kafka: Kafka) -> dict[int, str]:
    """The same records in topics of so many partitions, written once, as nobody changes them."""
    made = {count: f"partitions-{count}-{uuid4().hex[:8]}" for count in PARTITIONS}
    sent = [Sent(str(number).encode(), key.encode(), instant(second)) for key, second, number in DISTINCT]
    for count, name in made.items():
        create_topic(kafka.bootstrap, name, count)
        write(kafka.bootstrap, name, sent)
    return made


def history() -> rs.Stream[int]:
    return rs.from_history([rs.Event(n, key=key, timestamp=instant(second)) for key, second, n in DISTINCT])


def topic(kafka: Kafka, name: str) -> rs.Stream[Any]:
    options: dict[str, Any] = {"codec": "json", "key_codec": "str", "stop": "end"}
    return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, **options)


@pytest.mark.parametrize("partitions", PARTITIONS)
@pytest.mark.parametrize("by", CUTS)
def test_windows_are_those_of_the_history(kafka: Kafka, topics: dict[int, str], by: str, partitions: int) -> None:
    summed = ops.window(CUTS[by], into={"sum": rs.agg.sum(), "all": list})

    assert rs.collect(topic(kafka, topics[partitions]).pipe(summed)) == rs.collect(history().pipe(summed))


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_pairs_are_those_of_the_history(kafka: Kafka, topics: dict[int, str], partitions: int) -> None:
    def pairs(left: rs.Stream[Any], right: rs.Stream[Any]) -> list[Any]:
        joined = left.pipe(ops.join(right.pipe(ops.filter(lambda n: n % 5 == 0)), within=0.3, how="left"))
        return sorted(rs.collect(joined), key=repr)

    found = pairs(topic(kafka, topics[partitions]), topic(kafka, topics[partitions]))

    assert found == pairs(history(), history())
