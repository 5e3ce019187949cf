"""The broker goes away in mid-stream and comes back: pipelines wait for it and lose nothing."""

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.brokers.server import wait_until
from tests.integration._jobs.copy import Copy, copying
from tests.integration._jobs.going import going
from tests.integration._jobs.topics import committed, count, doubled, eventually, numbered, read_values, write

RECORDS = 5_000
# Figures are noted for whoever asks for a JUnit file (--junitxml).
Note = Callable[[str, object], None]


def test_a_pipeline_goes_on_by_itself_when_the_broker_comes_back(
    kafka: Kafka, topic: TopicFactory, record_property: Note
) -> None:
    source, target, values = topic(), topic(), numbered(RECORDS)
    write(kafka.bootstrap, source, values)
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source, commit_interval=0.1)

    with going(records.pipe(ops.map(slowly)).to(rs.to_kafka(target, bootstrap_servers=kafka.bootstrap))):
        eventually(lambda: count(kafka.bootstrap, target), lambda found: found >= 1_000)
        kafka.kill()
        kafka.start()
        back, before = time.monotonic(), count(kafka.bootstrap, target)
        eventually(lambda: count(kafka.bootstrap, target), lambda found: found > before)
        record_property("seconds to the first record", time.monotonic() - back)
        done = eventually(lambda: committed(kafka.bootstrap, source), lambda found: found == {0: RECORDS})

    found = read_values(kafka.bootstrap, target)
    record_property("duplicates", doubled(found))
    assert before < RECORDS, "the broker must go away in the middle"
    assert (done, sorted(set(found))) == ({0: RECORDS}, values)


def test_a_pipeline_that_waits_for_records_finds_those_after_an_outage(kafka: Kafka, topic: TopicFactory) -> None:
    source, seen = topic(), rs.to_list()
    write(kafka.bootstrap, source, [b"before"])
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, group_id=source, commit_interval=0.1)

    with going(records.to(seen)):
        eventually(lambda: seen.items, bool)
        kafka.kill()
        kafka.start()
        write(kafka.bootstrap, source, [b"after"])
        eventually(lambda: seen.items, lambda items: b"after" in items)
        done = eventually(lambda: committed(kafka.bootstrap, source), lambda found: found == {0: 2})

    assert (seen.items, done) == ([b"before", b"after"], {0: 2})


def test_a_copy_told_to_stop_while_the_broker_is_away_ends_when_its_budget_is_over(
    kafka: Kafka, topic: TopicFactory
) -> None:
    source, target, values = topic(), topic(), numbered(RECORDS)
    write(kafka.bootstrap, source, values)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, member="one", shutdown=1.0)

    # One answer of the broker holds all records, and they last for 20 s: there are some in hand whenever it goes away.
    with copying(replace(copy, seconds_each=0.004)) as job:
        eventually(lambda: count(kafka.bootstrap, target), lambda found: found >= 100)
        kafka.kill()
        assert not wait_until(lambda: job.process.poll() is not None, 0.5), "meanwhile it takes what nobody confirms"
        code = job.signal(signal.SIGTERM, within=10.0)
        said = job.report()

    assert (code, said["reason"]) == (1, "stopped")
    assert said["unsettled"] > 0


def test_a_copy_to_a_file_told_to_stop_while_the_broker_is_away_ends_too(
    kafka: Kafka, topic: TopicFactory, tmp_path: Path
) -> None:
    source, target, values = topic(), tmp_path / "copy.txt", numbered(RECORDS)
    write(kafka.bootstrap, source, values)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, path=str(target), member="one")

    with copying(replace(copy, shutdown=1.0)) as job:
        eventually(target.exists, bool)
        eventually(lambda: target.stat().st_size, lambda found: found > 50_000)
        kafka.kill()
        job.signal(signal.SIGTERM, within=10.0)
    kafka.start()
    with copying(copy) as job:
        eventually(lambda: committed(kafka.bootstrap, source), lambda found: found == {0: RECORDS})

    assert sorted(set(target.read_bytes().splitlines())) == values


def slowly(value: bytes) -> bytes:
    time.sleep(0.001)
    return value
