"""When a record's offset is committed: when it is handled, when its Event is told so, or before."""

import asyncio
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.integration._jobs.going import going
from tests.integration._jobs.topics import Sent, commit, committed, ends, eventually, marks, numbered, write


def from_group(kafka: Kafka, name: str, **options: Any) -> rs.Stream[Any]:
    options = {"group_id": name, "commit_interval": 0.05, **options}
    return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, **options)


@pytest.mark.parametrize("stop", [None, "end"])
def test_before_a_record_is_handed_over_its_offset_is_committed(
    kafka: Kafka, topic: TopicFactory, stop: str | None
) -> None:
    name, found = topic(), list[dict[int, int]]()
    write(kafka.bootstrap, name, numbered(5))

    async def look(_value: bytes) -> None:
        found.append(await asyncio.to_thread(committed, kafka.bootstrap, name))

    with going(from_group(kafka, name, ack="before", stop=stop).to(look)):
        eventually(lambda: len(found), lambda seen: seen == 5)

    assert found[0] == {0: 5}


def test_at_most_once_loses_what_failed_and_repeats_nothing(kafka: Kafka, topic: TopicFactory) -> None:
    name, values, first, second = topic(), numbered(2_000), rs.to_list(), rs.to_list()
    write(kafka.bootstrap, name, values)

    def refuse(value: bytes) -> bytes:
        if value == values[700]:
            raise ValueError("refused")
        return value

    with pytest.raises(ValueError, match="refused"):
        rs.run(from_group(kafka, name, ack="before", stop="end").pipe(ops.map(refuse)).to(first))
    rs.run(from_group(kafka, name, ack="before", stop="end").to(second))

    assert first.items == values[:700]
    assert second.items == values[len(values) - len(second.items) :]
    assert values[700] not in second.items


@pytest.mark.parametrize("partitions", [1, 3])
def test_at_most_once_reads_everything_once(kafka: Kafka, topic: TopicFactory, partitions: int) -> None:
    name, values = topic(partitions=partitions), numbered(3_000)
    write(kafka.bootstrap, name, [Sent(value, value) for value in values])

    seen = rs.collect(from_group(kafka, name, ack="before", stop="end"))

    assert sorted(seen) == values
    assert committed(kafka.bootstrap, name) == ends(kafka.bootstrap, name)


def test_at_most_once_commits_nothing_below_what_the_group_has(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    write(kafka.bootstrap, name, numbered(10))
    commit(kafka.bootstrap, name, name, {0: (20, "")})

    seen = rs.collect(from_group(kafka, name, ack="before", stop="end", start="earliest"))

    assert (len(seen), committed(kafka.bootstrap, name)) == (10, {0: 20})


def test_what_was_acked_out_of_order_does_not_come_again(kafka: Kafka, topic: TopicFactory) -> None:
    name, values, first, second = topic(), numbered(10), list[rs.Event[Any]](), rs.to_list()
    write(kafka.bootstrap, name, values)

    with going(from_group(kafka, name, ack="manual").pipe(ops.events()).to(first.append), shutdown=0.5):
        eventually(lambda: len(first), lambda found: found == 10)
        for place in (0, 1, 3, 4, 7):
            first[place].ack()
        found = eventually(lambda: marks(kafka.bootstrap, name), lambda found: found == {0: (2, "rx1:1-2,2")})
    rs.run(from_group(kafka, name, stop="end").to(second))

    assert found == {0: (2, "rx1:1-2,2")}
    assert second.items == [values[place] for place in (2, 5, 6, 8, 9)]
