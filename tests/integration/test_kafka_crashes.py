"""Programs that read Kafka are killed and stopped in the middle of their work, and nothing is lost."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.brokers.kafka import Kafka, TopicFactory
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
            eventually(lambda seen=seen: count(kafka.bootstrap, target), lambda found, seen=seen: found >= seen)
            assert job.signal(signal.SIGTERM) == 0

    assert read_values(kafka.bootstrap, target) == values


def test_a_copy_told_to_stop_twice_ends_at_once(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic()
    write(kafka.bootstrap, source, numbered(RECORDS))
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, seconds_each=0.02)

    with copying(copy) as job:
        eventually(lambda: members(kafka.bootstrap, source), bool, 1.0)
        job.process.send_signal(signal.SIGTERM)
        eventually(lambda: None, bool, 0.3)
        code = job.signal(signal.SIGTERM)

    assert code == 143


def test_a_member_that_has_no_partition_stops_when_told_to(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(partitions=1), topic()
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target)

    with copying(copy) as first, copying(copy) as second:
        eventually(lambda: members(kafka.bootstrap, source), lambda members: members == 2)
        first.process.send_signal(signal.SIGTERM)
        second.process.send_signal(signal.SIGTERM)

        assert [first.process.wait(10), second.process.wait(10)] == [0, 0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_member_leaves_behind_is_done_by_the_other(
    kafka: Kafka, topic: TopicFactory, number: signal.Signals, record_property: Note
) -> None:
    source, target, values = topic(partitions=4), topic(), numbered(2 * RECORDS)
    write(kafka.bootstrap, source, [Sent(value, value) for value in values])
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, session_ms=1_500)

    with copying(copy) as leaving, copying(copy) as staying:
        eventually(lambda: (members(kafka.bootstrap, source), count(kafka.bootstrap, target)), lambda found: found >= (2, 1_000))
        left = leaving.signal(number)
        before = count(kafka.bootstrap, target)
        done = eventually(lambda: sum(committed(kafka.bootstrap, source).values()), lambda found: found >= 2 * RECORDS)
        stayed = staying.signal(signal.SIGTERM)

    found = read_values(kafka.bootstrap, target)
    record_property("duplicates", doubled(found))
    assert before < 2 * RECORDS, "the first must leave in the middle"
    assert (left, stayed, done) == (0 if number == signal.SIGTERM else -number, 0, 2 * RECORDS)
    assert sorted(set(found)) == values
