"""Members of a group come, go, hang and come back: nothing is lost, little repeated, and no commit goes backwards."""

import asyncio
import logging
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from operator import le
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
    count,
    doubled,
    ends,
    eventually,
    java_partition,
    members,
    numbered,
    read_values,
    visit,
    write,
)
from tests.integration._jobs.watching import watching

Note = Callable[[str, object], None]


def filled(kafka: Kafka, topic: TopicFactory, records: int, *, partitions: int = 6) -> tuple[str, list[bytes]]:
    name, values = topic(partitions=partitions), numbered(records)
    write(kafka.bootstrap, name, [Sent(value, value) for value in values])
    return name, values


def wait_for_members(kafka: Kafka, group: str, wanted: int) -> None:
    assert eventually(lambda: members(kafka.bootstrap, group), lambda found: found == wanted) == wanted


def wait_until_all_is_committed(kafka: Kafka, name: str, seconds: float = 20.0) -> None:
    wanted = ends(kafka.bootstrap, name)
    found = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == wanted, seconds)
    assert found == wanted


def test_two_then_three_then_one_member_repeat_less_than_one_record_in_a_hundred(
    kafka: Kafka, topic: TopicFactory, record_property: Note
) -> None:
    (source, values), target = filled(kafka, topic, 30_000), topic(partitions=2)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, seconds_each=0.001)

    with ExitStack() as jobs, watching(kafka.bootstrap, source) as watch:
        first, second = (jobs.enter_context(copying(copy)) for _ in range(2))
        eventually(lambda: count(kafka.bootstrap, target), partial(le, 6_000))
        third = jobs.enter_context(copying(copy))
        wait_for_members(kafka, source, 3)
        eventually(lambda: count(kafka.bootstrap, target), partial(le, 12_000))
        codes = [first.signal(signal.SIGTERM), second.signal(signal.SIGTERM)]
        assert count(kafka.bootstrap, target) < 30_000, "the last one must have work left"
        wait_until_all_is_committed(kafka, source, 40)
        codes.append(third.signal(signal.SIGTERM))

    found = read_values(kafka.bootstrap, target)
    record_property("repeated", doubled(found))
    assert (codes, sorted(set(found))) == ([0, 0, 0], values)
    assert doubled(found) < 300
    assert (watch.backwards, watch.looks > 20) == ([], True)


def test_a_function_that_blocks_longer_than_the_session_loses_nothing(
    kafka: Kafka, topic: TopicFactory, record_property: Note
) -> None:
    (source, values), target = filled(kafka, topic, 6_000), topic(partitions=2)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, seconds_each=0.001)

    with copying(replace(copy, blocking="003000")) as one, copying(replace(copy, blocking="003000")) as other:
        with watching(kafka.bootstrap, source) as watch:
            wait_until_all_is_committed(kafka, source, 60)
        codes = [one.signal(signal.SIGTERM), other.signal(signal.SIGTERM)]

    found = read_values(kafka.bootstrap, target)
    record_property("repeated", doubled(found))
    assert (codes, sorted(set(found))) == ([0, 0], values)
    assert watch.backwards == []


def test_a_static_member_that_is_killed_and_comes_back_disturbs_nobody(
    kafka: Kafka, topic: TopicFactory, caplog: pytest.LogCaptureFixture
) -> None:
    source, target, values, seen = topic(partitions=2), topic(), numbered(6_000), rs.to_list()
    copy = Copy(
        bootstrap=kafka.bootstrap, source=source, group=source, topic=target, member="killed", session_ms=20_000
    )
    staying = {"group_instance_id": "staying", "heartbeat_interval_ms": 200}
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source, extra=staying)

    with going(records.to(seen)):
        with copying(copy) as job:
            wait_for_members(kafka, source, 2)
            write(kafka.bootstrap, source, [Sent(value, value) for value in values])
            assert eventually(lambda: count(kafka.bootstrap, target), partial(le, 200)) < 2_000
            caplog.clear()
            caplog.set_level(logging.INFO, "aiokafka")
            job.signal(signal.SIGKILL)
        with copying(copy) as job:
            wait_until_all_is_committed(kafka, source)
            job.signal(signal.SIGTERM)

    revoked = [record for record in caplog.records if record.getMessage().startswith("Revoking")]
    assert revoked == []
    assert {*seen.items, *read_values(kafka.bootstrap, target)} == set(values)


def test_what_is_in_flight_is_finished_before_partitions_go(kafka: Kafka, topic: TopicFactory) -> None:
    (source, values), done = filled(kafka, topic, 400, partitions=2), list[bytes]()

    async def slowly(value: bytes) -> bytes:
        await asyncio.sleep(0.5)
        return value

    options: dict[str, Any] = {"group_id": source, "commit_interval": 60.0, "extra": {"heartbeat_interval_ms": 200}}
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, **options)
    with going(records.pipe(ops.map_async(slowly, concurrency=400)).to(done.append)):
        eventually(lambda: members(kafka.bootstrap, source), lambda found: found == 1)
        visit(kafka.bootstrap, source, group=source, seconds=1.0)
        found = committed(kafka.bootstrap, source)
        eventually(lambda: len(done), lambda found: found >= 400)

    # Nothing but the rebalance can have committed it, and nothing comes again.
    assert found == ends(kafka.bootstrap, source)
    assert sorted(done) == values


def test_work_that_takes_too_long_keeps_no_partition_and_only_what_went_is_repeated(
    kafka: Kafka, topic: TopicFactory
) -> None:
    (source, values), given, go_on = filled(kafka, topic, 10, partitions=2), list[bytes](), list[bool]()

    async def take_long(value: bytes) -> None:
        given.append(value)
        while not go_on:
            await asyncio.sleep(0.05)

    options: dict[str, Any] = {"heartbeat_interval_ms": 200, "session_timeout_ms": 3_000}
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source, extra=options)
    with going(records.pipe(ops.map_async(take_long, concurrency=10)).to(rs.to_list())):
        eventually(lambda: len(given), lambda found: found == 10)
        began = time.monotonic()
        visit(kafka.bootstrap, source, group=source, seconds=0.2)
        seconds, before = time.monotonic() - began, committed(kafka.bootstrap, source)
        go_on.append(True)
        wait_until_all_is_committed(kafka, source)

    repeated = [value for value, times in Counter(given).items() if times > 1]
    assert (seconds < 6, before, set(given)) == (True, {}, set(values))
    assert len({java_partition(value, 2) for value in repeated}) == 1, "one of two went to the visitor, one came back"


def test_a_member_whose_sink_never_answers_stays_one_and_goes_on_when_it_does(
    kafka: Kafka, topic: TopicFactory
) -> None:
    (source, values), given = filled(kafka, topic, 20_000, partitions=2), list[bytes]()

    async def stuck(value: bytes) -> None:
        given.append(value)
        while not go_on:
            await asyncio.sleep(0.05)

    go_on: list[bool] = []
    extra = {"max_poll_interval_ms": 1_500, "heartbeat_interval_ms": 200}
    records = rs.from_kafka(
        source,
        bootstrap_servers=kafka.bootstrap,
        group_id=source,
        max_in_flight=1_000,
        extra=extra,
        commit_interval=0.1,
    )
    with going(records.to(stuck, name="slow")) as run:
        eventually(lambda: len(given), lambda found: found == 1)
        stayed = [eventually(lambda: members(kafka.bootstrap, source), lambda found: found != 1, 4.0)]
        go_on.append(True)
        eventually(lambda: len(given), lambda found: found >= 20_000)
        report = run.stop()

    assert (stayed, sorted(given)) == ([1], values)
    assert report is not None
    assert committed(kafka.bootstrap, source) == ends(kafka.bootstrap, source)


def test_a_reader_knows_how_many_records_wait(kafka: Kafka, topic: TopicFactory) -> None:
    source = topic()
    write(kafka.bootstrap, source, numbered(5_000))

    async def look() -> tuple[int | None, int | None]:
        stream = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source)
        assert stream.feed is not None
        assert stream.feed.connect is not None
        reader = await stream.feed.connect()
        try:
            before = reader.lag()
            while not (found := await reader.read()).records:
                pass
            return before, reader.lag() + len(found.records)
        finally:
            await reader.close()

    assert asyncio.run(look()) == (None, 5_000)
