"""Which topics are read: those that a pattern matches, now and later, and partitions that are added."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

import rxstream as rs
from tests.brokers.kafka import Kafka, TopicFactory, create_topic
from tests.integration._jobs.going import going
from tests.integration._jobs.topics import Sent, after, eventually, write

SOON: dict[str, Any] = {"metadata_max_age_ms": 300}


def created(kafka: Kafka, prefix: str, *names: str) -> list[str]:
    topics = [f"{prefix}-{name}" for name in names]
    for topic in topics:
        create_topic(kafka.bootstrap, topic)
    return topics


async def add_partitions(kafka: Kafka, topic: str, count: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(count)})
    finally:
        await admin.close()


@pytest.fixture
def prefix() -> str:
    return f"pattern-{uuid4().hex[:8]}"


@pytest.mark.parametrize("group", [None, "a group"])
def test_a_pattern_names_all_topics_that_it_matches(kafka: Kafka, prefix: str, group: str | None) -> None:
    for number, topic in enumerate(created(kafka, prefix, "a", "b", "other")):
        write(kafka.bootstrap, topic, [Sent(b"%d" % number, at=after(number))])

    records = rs.from_kafka(
        re.compile(f"{prefix}-[ab]"), bootstrap_servers=kafka.bootstrap, group_id=group and prefix, stop="end"
    )

    assert rs.collect(records) == [b"0", b"1"]


def test_a_pattern_may_stand_beside_a_name(kafka: Kafka, prefix: str) -> None:
    for number, topic in enumerate(created(kafka, prefix, "a", "b", "other", "others")):
        write(kafka.bootstrap, topic, [Sent(b"%d" % number, at=after(number))])

    records = rs.from_kafka(
        re.compile(f"{prefix}-[ab]"), f"{prefix}-other", bootstrap_servers=kafka.bootstrap, stop="end"
    )

    assert rs.collect(records) == [b"0", b"1", b"2"]


@pytest.mark.parametrize("group", [None, "a group"])
def test_a_topic_that_is_created_later_is_found(kafka: Kafka, prefix: str, group: str | None) -> None:
    (first,), seen = created(kafka, prefix, "a"), rs.to_list()
    write(kafka.bootstrap, first, [b"1", b"2"])
    records = rs.from_kafka(
        re.compile(prefix), bootstrap_servers=kafka.bootstrap, group_id=group and prefix, extra=SOON
    )

    with going(records.to(seen)):
        eventually(lambda: len(seen.items), lambda found: found == 2)
        (second,) = created(kafka, prefix, "b")
        write(kafka.bootstrap, second, [b"3"])
        eventually(lambda: len(seen.items), lambda found: found == 3)
        write(kafka.bootstrap, first, [b"4"])
        eventually(lambda: len(seen.items), lambda found: found == 4)

    assert seen.items == [b"1", b"2", b"3", b"4"]


def test_a_pattern_waits_for_the_first_topic_that_it_matches(kafka: Kafka, prefix: str) -> None:
    seen = rs.to_list()
    records = rs.from_kafka(re.compile(prefix), bootstrap_servers=kafka.bootstrap, group_id=prefix, extra=SOON)

    with going(records.to(seen)):
        (topic,) = created(kafka, prefix, "a")
        write(kafka.bootstrap, topic, [b"1"])
        eventually(lambda: seen.items, bool)

    assert seen.items == [b"1"]


@pytest.mark.parametrize("group", [None, "a group"])
def test_partitions_that_are_added_are_read_and_no_other_again(
    kafka: Kafka, topic: TopicFactory, group: str | None
) -> None:
    name, seen = topic(), rs.to_list()
    write(kafka.bootstrap, name, [b"1", b"2"])
    records = rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, group_id=group and name, extra=SOON)

    with going(records.to(seen)):
        eventually(lambda: len(seen.items), lambda found: found == 2)
        asyncio.run(add_partitions(kafka, name, 3))
        write(kafka.bootstrap, name, [Sent(b"3", partition=2)])
        eventually(lambda: len(seen.items), lambda found: found >= 3)

    assert seen.items == [b"1", b"2", b"3"]
