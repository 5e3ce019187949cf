"""Programs that read Kafka are killed and stopped in the middle of their work, and nothing is lost."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from operator import le
from pathlib import Path

import pytest

import rxstream as rs
from tests.brokers.kafka import Kafka, TopicFactory
from tests.brokers.server import wait_until
from tests.integration._jobs.copy import Copy, copying
from tests.integration._jobs.topics import (
    Sent,
    committed,
    count,
    doubled,
    eventually,
    members,
    numbered,
    read_values,
    write,
)

RECORDS = 5_000
COUNTS = ("received", "emitted", "committed")
# Figures are noted for whoever asks for a JUnit file (--junitxml).
Note = Callable[[str, object], None]


@pytest.mark.parametrize("seen", [500, 2_000, 3_500])
def test_a_killed_copy_to_a_topic_loses_nothing(
    kafka: Kafka, topic: TopicFactory, seen: int, record_property: Note
) -> None:
    source, target, values = topic(), topic(), numbered(RECORDS)
    write(kafka.bootstrap, source, values)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, member="one")

    with copying(copy) as job:
        eventually(lambda: count(kafka.bootstrap, target), lambda found: found >= seen)
        job.signal(signal.SIGKILL)
    before = len(set(read_values(kafka.bootstrap, target)))
    with copying(copy) as job:
        eventually(lambda: committed(kafka.bootstrap, source), lambda found: found == {0: RECORDS})
        code = job.signal(signal.SIGTERM)

    found = read_values(kafka.bootstrap, target)
    record_property("duplicates", doubled(found))
    assert 0 < before < RECORDS, "the kill must land in the middle"
    assert (code, sorted(set(found))) == (0, values)


@pytest.mark.parametrize("seen", [500, 2_000, 3_500])
def test_a_killed_copy_to_a_file_loses_nothing_and_tears_no_line(
    kafka: Kafka, topic: TopicFactory, tmp_path: Path, seen: int, record_property: Note
) -> None:
    source, target, values = topic(), tmp_path / "copy.txt", numbered(RECORDS)
    write(kafka.bootstrap, source, values)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, path=str(target), member="one")

    with copying(copy) as job:
        eventually(lambda: target.exists() and len(target.read_bytes()) // 101, lambda found: found >= seen)
        job.signal(signal.SIGKILL)
    before = len(set(target.read_bytes().splitlines()))
    with copying(copy) as job:
        eventually(lambda: committed(kafka.bootstrap, source), lambda found: found == {0: RECORDS})
        code = job.signal(signal.SIGTERM)

    found = target.read_bytes().splitlines()
    record_property("duplicates", doubled(found))
    assert 0 < before < RECORDS, "the kill must land in the middle"
    assert (code, sorted(set(found))) == (0, values)


def test_a_line_torn_by_a_crash_is_cut_off_before_the_next_one(
    kafka: Kafka, topic: TopicFactory, tmp_path: Path
) -> None:
    source, target, values = topic(), tmp_path / "copy.txt", numbered(100)
    write(kafka.bootstrap, source, values)
    target.write_bytes(b"before\n" + values[0][:50])

    with copying(Copy(bootstrap=kafka.bootstrap, source=source, group=source, path=str(target))) as job:
        eventually(lambda: committed(kafka.bootstrap, source), lambda found: found == {0: 100})
        job.signal(signal.SIGTERM)

    assert target.read_bytes().splitlines() == [b"before", *values]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_copy_told_to_stop_commits_all_that_it_has_read(
    kafka: Kafka, topic: TopicFactory, number: signal.Signals
) -> None:
    source, target, values = topic(), topic(), numbered(RECORDS)
    write(kafka.bootstrap, source, values)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target)

    with copying(copy) as job:
        eventually(lambda: count(kafka.bootstrap, target), lambda found: found >= 1_000)
        code = job.signal(number)
        said = job.report()

    done = said["received"]
    assert 0 < done < RECORDS, "the signal must land in the middle"
    assert (code, said) == (0, {"reason": "stopped", "unsettled": 0} | dict.fromkeys(COUNTS, done))
    assert committed(kafka.bootstrap, source) == {0: done}
    assert read_values(kafka.bootstrap, target) == values[:done]


def test_what_a_stopped_copy_left_is_done_by_the_next_and_nothing_twice(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, values = topic(), topic(), numbered(RECORDS)
    write(kafka.bootstrap, source, values)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target)

    for seen in (500, 2_000, 3_500, RECORDS):
        with copying(copy) as job:
            eventually(lambda: count(kafka.bootstrap, target), partial(le, seen))
            assert job.signal(signal.SIGTERM) == 0

    assert read_values(kafka.bootstrap, target) == values


def test_a_copy_told_to_stop_twice_ends_at_once(kafka: Kafka, topic: TopicFactory, tmp_path: Path) -> None:
    source, target = topic(), tmp_path / "copy.txt"
    write(kafka.bootstrap, source, numbered(10))
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, path=str(target), stuck=True)

    with copying(copy) as job:
        eventually(lambda: target.exists() and target.read_bytes(), bool)
        job.process.send_signal(signal.SIGTERM)
        assert not wait_until(lambda: job.process.poll() is not None, 0.5), "the first signal must find work to finish"
        code = job.signal(signal.SIGTERM, within=5.0)

    assert (code, committed(kafka.bootstrap, source).get(0, 0)) == (143, 0)


def test_a_copy_that_cannot_finish_ends_with_its_budget(kafka: Kafka, topic: TopicFactory, tmp_path: Path) -> None:
    source, target = topic(), tmp_path / "copy.txt"
    write(kafka.bootstrap, source, numbered(10))
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, path=str(target), stuck=True, shutdown=0.5)

    with copying(copy) as job:
        eventually(lambda: target.exists() and target.read_bytes(), bool)
        code, said = job.signal(signal.SIGTERM, within=5.0), job.report()

    assert (code, said["reason"], said.get("unsettled")) == (1, "stopped", 10)
    assert committed(kafka.bootstrap, source).get(0, 0) == 0


def test_a_member_without_a_partition_stops_when_told_to(kafka: Kafka, topic: TopicFactory) -> None:
    source, left, right = topic(partitions=1), topic(), topic()
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source)

    with copying(replace(copy, topic=left)) as first, copying(replace(copy, topic=right)) as second:
        eventually(lambda: members(kafka.bootstrap, source), lambda found: found == 2)
        write(kafka.bootstrap, source, [b"for one of them"])
        reached = eventually(lambda: [name for name in (left, right) if count(kafka.bootstrap, name)], bool)
        idle = second if reached == [left] else first

        assert idle.signal(signal.SIGTERM, within=5.0) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_member_leaves_behind_is_done_by_the_other(
    kafka: Kafka, topic: TopicFactory, number: signal.Signals, record_property: Note
) -> None:
    source, target, values = topic(partitions=4), topic(), numbered(2 * RECORDS)
    write(kafka.bootstrap, source, [Sent(value, value) for value in values])
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, session_ms=1_500)

    with copying(copy) as leaving, copying(copy) as staying:
        eventually(lambda: members(kafka.bootstrap, source), partial(le, 2))
        eventually(lambda: count(kafka.bootstrap, target), partial(le, 1_000))
        leaving.signal(number)
        before = set(read_values(kafka.bootstrap, target))
        eventually(lambda: set(read_values(kafka.bootstrap, target)), lambda found: found >= set(values))
        lag = eventually(lambda: lag_of(kafka, source), lambda found: found == 0, 5.0)
        stayed = staying.signal(signal.SIGTERM)

    found = read_values(kafka.bootstrap, target)
    record_property("duplicates", doubled(found))
    assert len(before) < 2 * RECORDS, "the first must leave in the middle"
    assert sorted(set(found)) == values
    assert (stayed, lag) == (0, 0)


def test_two_members_share_a_finite_reading(kafka: Kafka, topic: TopicFactory) -> None:
    name, values, seen = topic(partitions=4), numbered(2 * RECORDS), []
    write(kafka.bootstrap, name, [Sent(value, value) for value in values])

    def slowly(value: bytes) -> None:
        time.sleep(0.0003)
        seen.append(value)

    def read_all(seconds_later: float) -> str:
        time.sleep(seconds_later)
        heartbeat = {"heartbeat_interval_ms": 200}
        records = rs.from_kafka(
            name, bootstrap_servers=kafka.bootstrap, group_id=name, stop="end", commit_interval=0.1, extra=heartbeat
        )
        return rs.run(records.to(slowly)).reason

    with ThreadPoolExecutor() as threads:
        ended = list(threads.map(read_all, [0.0, 1.0]))

    assert ended == ["completed", "completed"]
    assert sorted(set(seen)) == values
    assert lag_of(kafka, name) == 0


def lag_of(kafka: Kafka, name: str) -> int:
    return count(kafka.bootstrap, name) - sum(committed(kafka.bootstrap, name).values())
