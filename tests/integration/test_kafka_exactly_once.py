"""What is written and what is committed is one transaction: nothing twice and nothing lost, whatever happens."""

import asyncio
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.integration._jobs.copy import Copy, copying
from tests.integration._jobs.going import going
from tests.integration._jobs.topics import (
    Sent,
    committed,
    ends,
    eventually,
    members,
    numbered,
    read_committed,
    write,
)

RECORDS = 20_000
KEYS = 50
Note = Callable[[str, object], None]


def keyed(values: list[bytes]) -> list[Sent]:
    return [Sent(value, b"key-%d" % (number % KEYS)) for number, value in enumerate(values)]


def by_key(records: list[Any]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for record in records:
        found.setdefault(record.key, []).append(record.value)
    return found


def lag(kafka: Kafka, name: str) -> int:
    return sum(ends(kafka.bootstrap, name).values()) - sum(committed(kafka.bootstrap, name).values())


def copied(kafka: Kafka, source: str, target: str, **options: Any) -> rs.Pipeline:
    options = {"commit_interval": 0.1, "group_id": source, "bootstrap_servers": kafka.bootstrap, **options}
    return rs.from_kafka(source, **options).to(
        rs.to_kafka(target, bootstrap_servers=kafka.bootstrap, delivery="exactly_once"), name="copy"
    )


def test_a_copy_that_is_killed_ten_times_writes_each_record_once_and_in_order(
    kafka: Kafka, topic: TopicFactory, record_property: Note
) -> None:
    source, target, values = topic(partitions=4), topic(partitions=3), numbered(RECORDS)
    write(kafka.bootstrap, source, keyed(values))
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, member="one", exactly_once=True)
    seed = time.time_ns()
    record_property("seed", seed)
    seconds = random.Random(seed)  # noqa: S311 - no secret, only a moment

    for _ in range(10):
        with copying(replace(copy, seconds_each=0.001)) as job:
            time.sleep(1.0 + seconds.uniform(0.2, 2.0))
            job.signal(signal.SIGKILL)
    killed = len(read_committed(kafka.bootstrap, target))
    with copying(replace(copy, seconds_each=0.0)) as job:
        eventually(lambda: lag(kafka, source), lambda found: found == 0)
        code = job.signal(signal.SIGTERM)

    record_property("committed by those that were killed", killed)
    found = read_committed(kafka.bootstrap, target)
    assert (0 < killed < RECORDS, code) == (True, 0), "the kills must land in the middle"
    assert by_key(found) == {b"key-%d" % key: values[key::KEYS] for key in range(KEYS)}
    assert sorted(record.value for record in found) == values


def test_what_is_written_is_seen_when_it_is_committed_with_its_offsets(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, values = topic(), topic(), numbered(100)
    write(kafka.bootstrap, source, values)

    report = rs.run(copied(kafka, source, target, stop="end"))

    assert [record.value for record in read_committed(kafka.bootstrap, target)] == values
    assert (report["copy"].committed, committed(kafka.bootstrap, source)) == (100, {0: 100})


def test_what_operators_drop_is_committed_too(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic()
    write(kafka.bootstrap, source, numbered(100))
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source, stop="end")
    sink = rs.to_kafka(target, bootstrap_servers=kafka.bootstrap, delivery="exactly_once")

    rs.run(records.pipe(ops.filter(lambda _: False)).to(sink))

    assert (read_committed(kafka.bootstrap, target), committed(kafka.bootstrap, source)) == ([], {0: 100})


def test_what_is_asked_for_again_is_written_again(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, values = topic(), topic(), numbered(100)
    write(kafka.bootstrap, source, values)
    rs.run(copied(kafka, source, target, stop="end"))

    rs.run(copied(kafka, source, target, stop="end", start="earliest"))

    assert [record.value for record in read_committed(kafka.bootstrap, target)] == values + values
    assert committed(kafka.bootstrap, source) == {0: 100}


def test_a_record_that_waits_does_not_keep_what_others_brought_from_being_seen_later(
    kafka: Kafka, topic: TopicFactory
) -> None:
    source, target, values = topic(), topic(), numbered(50)
    write(kafka.bootstrap, source, values)

    async def slowly(value: bytes) -> bytes:
        await asyncio.sleep(1.0 if value == values[10] else 0.0)
        return value

    sink = rs.to_kafka(target, bootstrap_servers=kafka.bootstrap, delivery="exactly_once")
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source, commit_interval=0.05)
    with going(records.pipe(ops.map_async(slowly, concurrency=8, order="done")).to(sink)):
        done = eventually(lambda: committed(kafka.bootstrap, source), lambda found: found == {0: 50})

    assert done == {0: 50}
    assert sorted(record.value for record in read_committed(kafka.bootstrap, target)) == values


def test_a_run_that_fails_leaves_nothing_that_the_next_one_repeats(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, values = topic(), topic(), numbered(3_000)
    write(kafka.bootstrap, source, values)
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source, stop="end")

    with pytest.raises(ValueError, match="not in list"):
        rs.run(
            records.pipe(ops.observe(values[:1_234].index)).to(
                rs.to_kafka(target, bootstrap_servers=kafka.bootstrap, delivery="exactly_once")
            )
        )
    rs.run(copied(kafka, source, target, stop="end"))

    assert [record.value for record in read_committed(kafka.bootstrap, target)] == values


def test_a_record_that_the_broker_refuses_ends_the_run_and_nothing_of_its_transaction_is_seen(
    kafka: Kafka, topic: TopicFactory
) -> None:
    source, target = topic(), topic(configs={"max.message.bytes": "1000"})
    write(kafka.bootstrap, source, [b"a", b"x" * 5_000, b"b"])
    pipeline = copied(kafka, source, target, stop="end")
    pipeline.on_error = rs.handlers.skip()

    with pytest.raises(rs.DeliveryError, match="a transaction must be committed as a whole"):
        rs.run(pipeline)

    assert (read_committed(kafka.bootstrap, target), committed(kafka.bootstrap, source)) == ([], {})


def test_members_that_come_and_go_write_each_record_once(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, values = topic(partitions=4), topic(partitions=3), numbered(RECORDS)
    write(kafka.bootstrap, source, keyed(values))
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, exactly_once=True)

    with copying(copy) as first, copying(copy) as second:
        eventually(lambda: len(read_committed(kafka.bootstrap, target)), lambda found: found > 1_000)
        with copying(copy) as third:
            eventually(lambda: len(read_committed(kafka.bootstrap, target)), lambda found: found > 8_000)
            codes = [first.signal(signal.SIGTERM), second.signal(signal.SIGTERM)]
            eventually(lambda: lag(kafka, source), lambda found: found == 0)
            codes.append(third.signal(signal.SIGTERM))

    assert codes == [0, 0, 0]
    assert sorted(record.value for record in read_committed(kafka.bootstrap, target)) == values


def test_who_was_thought_dead_commits_nothing_when_it_wakes(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, values = topic(partitions=2), topic(), numbered(2_000)
    write(kafka.bootstrap, source, keyed(values))
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, exactly_once=True)

    with copying(replace(copy, blocking="000100", session_ms=2_000)) as zombie:
        eventually(lambda: members(kafka.bootstrap, source), bool)
        with copying(copy) as other:
            code = zombie.process.wait(40)
            eventually(lambda: lag(kafka, source), lambda found: found == 0)
            other.signal(signal.SIGTERM)

    assert code != 0
    assert sorted(record.value for record in read_committed(kafka.bootstrap, target)) == values


def test_a_branch_alone_commits_its_offsets_without_a_transaction(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, seen = topic(), topic(), rs.to_list()
    write(kafka.bootstrap, source, numbered(10))
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source, stop="end")
    records.to(rs.to_kafka(target, bootstrap_servers=kafka.bootstrap, delivery="exactly_once"))

    rs.run(records.to(seen))

    assert (len(seen.items), committed(kafka.bootstrap, source)) == (10, {0: 10})


def test_two_sinks_of_one_source_cannot_both_write_exactly_once(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic()
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source, stop="end")
    sinks = [rs.to_kafka(target, bootstrap_servers=kafka.bootstrap, delivery="exactly_once") for _ in range(2)]

    with pytest.raises(rs.ConfigurationError) as caught:
        rs.run(*[records.to(sink) for sink in sinks])

    assert str(caught.value) == (
        "to_kafka: exactly once needs to be said of one sink of a source; got 2 in one run. "
        'Say delivery="at_least_once" of the others, or read the topic once for each.'
    )


def test_two_processes_under_one_static_name_write_nothing_twice(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, values = topic(), topic(), numbered(20_000)
    write(kafka.bootstrap, source, values)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, member="one", exactly_once=True)

    with copying(replace(copy, seconds_each=0.001)) as first:
        eventually(lambda: len(read_committed(kafka.bootstrap, target)), bool)
        with copying(replace(copy, seconds_each=0.001)) as second:
            ended = eventually(lambda: [job.process.poll() for job in (first, second)], any)
    with copying(replace(copy, seconds_each=0.0)) as last:
        eventually(lambda: lag(kafka, source), lambda found: found == 0)
        code = last.signal(signal.SIGTERM)

    assert (any(ended), code) == (True, 0)
    assert [record.value for record in read_committed(kafka.bootstrap, target)] == values
