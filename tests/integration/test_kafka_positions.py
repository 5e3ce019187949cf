"""Where reading begins, where it ends, and in which order partitions are merged."""

from datetime import datetime
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.integration._jobs.going import going
from tests.integration._jobs.topics import (
    Sent,
    after,
    committed,
    count,
    ends,
    eventually,
    write,
    write_and_abort,
    write_in_transactions,
)


def values(kafka: Kafka, *topics: str, **options: Any) -> list[Any]:
    return rs.collect(rs.from_kafka(*topics, bootstrap_servers=kafka.bootstrap, stop="end", **options))


def one_a_second(kafka: Kafka, name: str, count: int, *, partitions: int = 1) -> list[bytes]:
    sent = [Sent(b"%d" % n, at=after(n), partition=n % partitions) for n in range(count)]
    write(kafka.bootstrap, name, sent)
    return [record.value or b"" for record in sent]


def test_the_end_is_where_the_topic_ended_when_the_run_began(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    write(kafka.bootstrap, name, [b"1", b"2"])
    records = rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, stop="end")
    back_into_the_topic = rs.to_kafka(name, bootstrap_servers=kafka.bootstrap)

    report = rs.run(records.to(back_into_the_topic, name="echo"))

    assert report["echo"].received == 2
    assert count(kafka.bootstrap, name) == 4


@pytest.mark.parametrize("partitions", [1, 4])
@pytest.mark.parametrize("group", [None, "a group"])
def test_an_empty_topic_completes(kafka: Kafka, topic: TopicFactory, partitions: int, group: str | None) -> None:
    name = topic(partitions=partitions)

    assert values(kafka, name, group_id=group and name) == []


def test_one_partition_keeps_its_order_even_where_its_time_goes_back(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    instants = [5, 1, 3, 3, 9, 2, 7]
    write(kafka.bootstrap, name, [Sent(b"%d" % second, at=after(second)) for second in instants])

    assert values(kafka, name) == [b"%d" % second for second in instants]


@pytest.mark.parametrize("group", [None, "a group"])
def test_four_partitions_are_merged_by_time(kafka: Kafka, topic: TopicFactory, group: str | None) -> None:
    name = topic(partitions=4)
    written = one_a_second(kafka, name, 1_500, partitions=4)

    assert values(kafka, name, group_id=group and name) == written


def test_a_long_partition_is_merged_with_short_ones_and_an_empty_one(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic(partitions=4)
    sent = [Sent(b"%d" % n, at=after(n / 10), partition=0 if n % 1_000 else 1 + n // 1_000 % 2) for n in range(6_000)]
    write(kafka.bootstrap, name, sent)

    assert values(kafka, name) == [b"%d" % n for n in range(6_000)]


def test_records_of_one_instant_keep_the_order_of_their_partitions(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic(partitions=2)
    sent = [Sent(b"%d" % (n // 2), at=after(0), partition=n % 2) for n in range(1_000)]
    write(kafka.bootstrap, name, sent)

    records = rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, stop="end").pipe(ops.events())
    events = rs.collect(records)

    for partition in (0, 1):
        of_one = [int(event.value) for event in events if event.origin.partition == partition]
        assert of_one == list(range(500))


def test_the_start_may_be_the_earliest_record_whatever_was_committed(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    written = one_a_second(kafka, name, 5)
    values(kafka, name, group_id=name)

    assert values(kafka, name, group_id=name, start="earliest") == written


def test_reading_again_from_the_earliest_commits_nothing_below_what_the_group_has(
    kafka: Kafka, topic: TopicFactory
) -> None:
    name = topic()
    one_a_second(kafka, name, 2_000)
    values(kafka, name, group_id=name)
    again = rs.from_kafka(
        name, bootstrap_servers=kafka.bootstrap, group_id=name, start="earliest", commit_interval=0.05
    )
    seen: list[dict[int, int]] = []

    def fail_at_1000(value: bytes) -> bytes:
        if value == b"1000":
            raise ValueError(value)
        return value

    with pytest.raises(ValueError, match="1000"), going(again.pipe(ops.map(fail_at_1000)).to(rs.to_list())):
        seen.append(eventually(lambda: committed(kafka.bootstrap, name), lambda found: found != {0: 2_000}, 1.0))

    assert [*seen, committed(kafka.bootstrap, name)] == [{0: 2_000}, {0: 2_000}]


def test_the_start_may_be_the_latest_record(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    write(kafka.bootstrap, name, [b"before"])
    seen = rs.to_list()
    started = rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, start="latest").to(seen)

    with going(started):
        # It cannot be seen from outside when the position has been found.
        eventually(lambda: write(kafka.bootstrap, name, [b"after"]) or seen.items, bool)

    assert set(seen.items) == {b"after"}


@pytest.mark.parametrize("group", [None, "a group"])
def test_the_start_may_be_an_instant(kafka: Kafka, topic: TopicFactory, group: str | None) -> None:
    name = topic(partitions=2)
    written = one_a_second(kafka, name, 10, partitions=2)

    seen = [values(kafka, name, group_id=group and name, start=after(second)) for second in (4, 3.5, -1, 100)]

    assert seen == [written[4:], written[4:], written, []]


def test_the_start_may_be_an_offset_for_some_partitions(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic(partitions=2)
    written = one_a_second(kafka, name, 10, partitions=2)

    assert values(kafka, name, start={1: 3}) == [*written[:6:2], *written[6:10]]


def test_the_offsets_of_several_topics_name_them(kafka: Kafka, topic: TopicFactory) -> None:
    first, second = topic(), topic()
    one_a_second(kafka, first, 3)
    write(kafka.bootstrap, second, [Sent(b"a", at=after(10)), Sent(b"b", at=after(11))])

    seen = values(kafka, first, second, start={(first, 0): 2, (second, 0): 1})

    assert seen == [b"2", b"b"]


@pytest.mark.parametrize("partitions", [1, 3])
def test_the_stop_may_be_an_instant_that_is_not_read(kafka: Kafka, topic: TopicFactory, partitions: int) -> None:
    name = topic(partitions=partitions)
    written = one_a_second(kafka, name, 12, partitions=partitions)

    def up_to(instant: datetime) -> list[bytes]:
        return rs.collect(rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, stop=instant))

    assert [up_to(after(second)) for second in (5, 5.5, 100, 0)] == [written[:5], written[:6], written, []]


def test_start_and_stop_cut_out_a_span(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic(partitions=3)
    written = one_a_second(kafka, name, 12, partitions=3)

    seen = rs.collect(rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, start=after(3), stop=after(8)))

    assert seen == written[3:8]


@pytest.mark.parametrize("isolation", ["read_uncommitted", "read_committed"])
def test_the_marks_of_transactions_block_neither_the_end_nor_the_commit(
    kafka: Kafka, topic: TopicFactory, isolation: str
) -> None:
    name = topic()
    write_in_transactions(kafka.bootstrap, name, [[b"1", b"2"], [b"3"], [b"4"]])

    seen = values(kafka, name, group_id=name, extra={"isolation_level": isolation})

    assert seen == [b"1", b"2", b"3", b"4"]
    # Offsets 0, 1, 3 and 5 are records, 2, 4 and 6 are marks; the last of those is nobody's to wait for.
    assert committed(kafka.bootstrap, name)[0] >= 6


def test_records_of_an_aborted_transaction_at_the_end_do_not_block_it(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    write(kafka.bootstrap, name, [b"1", b"2"])
    write_and_abort(kafka.bootstrap, name, [b"3", b"4"])

    committed_only = values(kafka, name, extra={"isolation_level": "read_committed"})

    assert ends(kafka.bootstrap, name) == {0: 5}
    assert committed_only == [b"1", b"2"]


def test_a_partition_of_nothing_but_aborted_records_does_not_hold_back_the_others(
    kafka: Kafka, topic: TopicFactory
) -> None:
    aborted, name = topic(), topic(partitions=2)
    write_and_abort(kafka.bootstrap, aborted, [b"x"] * 10)
    written = one_a_second(kafka, name, 10, partitions=2)

    assert values(kafka, aborted, name, extra={"isolation_level": "read_committed"}) == written
