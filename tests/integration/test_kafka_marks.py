"""What is settled above a record that is not does not come again, however the run ends."""

import asyncio
import signal
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
    commit,
    committed,
    count,
    doubled,
    eventually,
    marks,
    numbered,
    read_values,
    write,
)

RECORDS = 5_000


def from_group(kafka: Kafka, name: str, **options: Any) -> rs.Stream[Any]:
    options = {"group_id": name, "commit_interval": 0.05, **options}
    return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, **options)


def test_only_the_record_that_was_never_settled_comes_again_after_a_crash(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, values = topic(), topic(), numbered(RECORDS)
    write(kafka.bootstrap, source, values)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, member="one", seconds_each=0.0)

    with copying(replace(copy, held="000100")) as job:
        eventually(lambda: marks(kafka.bootstrap, source), lambda found: found == {0: (100, "rx1:1-3s3")})
        job.signal(signal.SIGKILL)
    with copying(copy) as job:
        eventually(lambda: committed(kafka.bootstrap, source), lambda found: found == {0: RECORDS})
        job.signal(signal.SIGTERM)
        received = job.report()["received"]

    assert received == 1
    assert sorted(read_values(kafka.bootstrap, target)) == values


@pytest.mark.parametrize("seen", [2_500, 3_500])
def test_what_was_in_flight_at_a_crash_is_all_that_comes_again(kafka: Kafka, topic: TopicFactory, seen: int) -> None:
    source, target, values = topic(), topic(), numbered(RECORDS)
    write(kafka.bootstrap, source, values)
    copy = Copy(bootstrap=kafka.bootstrap, source=source, group=source, topic=target, member="one")

    with copying(replace(copy, held="000100")) as job:
        eventually(lambda: count(kafka.bootstrap, target), lambda found: found >= seen)
        job.signal(signal.SIGKILL)
    with copying(replace(copy, seconds_each=0.0)) as job:
        eventually(lambda: committed(kafka.bootstrap, source), lambda found: found == {0: RECORDS})
        job.signal(signal.SIGTERM)

    found = read_values(kafka.bootstrap, target)
    assert sorted(set(found)) == values
    # Between two commits lie a few passes of 500 records; without the marks all of them would come again.
    assert doubled(found) <= 1_500


def test_what_is_known_to_be_settled_and_not_read_yet_stays_known(kafka: Kafka, topic: TopicFactory) -> None:
    name, given = topic(), list[bytes]()
    write(kafka.bootstrap, name, numbered(3_000))
    commit(kafka.bootstrap, name, name, {0: (10, "rx1:5-5,2jq-a")})  # 15 to 19, and 3_322 to 3_331, not written yet

    async def hold_the_first(value: bytes) -> None:
        given.append(value)
        if len(given) == 1:
            await asyncio.Event().wait()

    holding = ops.map_async(hold_the_first, concurrency=8, order="done")
    with going(from_group(kafka, name).pipe(holding).to(rs.to_list()), shutdown=0.5):
        eventually(lambda: len(given), lambda found: found == 2_985)
        found = eventually(lambda: marks(kafka.bootstrap, name), lambda found: found == {0: (10, "rx1:1-2b1,8y-a")})

    assert (given[0], found) == (numbered(1, first=10)[0], {0: (10, "rx1:1-2b1,8y-a")})


@pytest.mark.parametrize("metadata", ["offset by another tool", "rx1:", "rx1:5-", "rx2:0-5", "rx1:0-5,"])
def test_what_others_note_beside_an_offset_is_no_reason_to_pass_over_records(
    kafka: Kafka, topic: TopicFactory, metadata: str
) -> None:
    name, values = topic(), numbered(10)
    write(kafka.bootstrap, name, values)
    commit(kafka.bootstrap, name, name, {0: (2, metadata)})

    assert rs.collect(from_group(kafka, name, stop="end")) == values[2:]


@pytest.mark.parametrize("partitions", [1, 2])
def test_a_finite_reading_passes_over_what_is_settled(kafka: Kafka, topic: TopicFactory, partitions: int) -> None:
    name, values = topic(partitions=partitions), numbered(10 * partitions)
    write(kafka.bootstrap, name, [Sent(value, partition=n % partitions) for n, value in enumerate(values)])
    commit(kafka.bootstrap, name, name, {0: (2, "rx1:1-3,1-3")})

    found = rs.collect(from_group(kafka, name, stop="end"))

    of_the_first = [value for value in found if value in values[::partitions]]
    assert of_the_first == [values[place * partitions] for place in (2, 6)]
    assert committed(kafka.bootstrap, name) == dict.fromkeys(range(partitions), 10)


def test_a_start_that_is_given_counts_for_more_than_what_is_settled(kafka: Kafka, topic: TopicFactory) -> None:
    name, values = topic(), numbered(10)
    write(kafka.bootstrap, name, values)
    commit(kafka.bootstrap, name, name, {0: (2, "rx1:1-3")})

    assert rs.collect(from_group(kafka, name, stop="end", start="earliest")) == values


def test_more_gaps_than_a_commit_has_room_for_are_cut_off_at_the_end(kafka: Kafka, topic: TopicFactory) -> None:
    name, given = topic(), list[int]()
    write(kafka.bootstrap, name, [b"%d" % number for number in range(6_000)])

    async def hold_the_even(value: int) -> None:
        given.append(value)
        if value % 2 == 0:
            await asyncio.Event().wait()

    holding = ops.map_async(hold_the_even, concurrency=6_000, order="done")
    records = from_group(kafka, name, codec="json", max_in_flight=10_000)
    with going(records.pipe(holding).to(rs.to_list()), shutdown=0.5):
        eventually(lambda: len(given), lambda found: found == 6_000)
        found = eventually(lambda: marks(kafka.bootstrap, name), lambda found: bool(found) and len(found[0][1]) > 3_990)
    again = rs.collect(from_group(kafka, name, codec="json", stop="end").pipe(ops.filter(lambda value: value % 2 == 1)))

    assert len(found[0][1].encode()) <= 4_096
    assert 0 < len(again) < 1_100
    assert again == list(range(6_000 - 2 * len(again) + 1, 6_000, 2))
