"""What comes out of Kafka goes into Kafka again with everything that travels beside the value."""

from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.integration._jobs.topics import Sent, after, java_partition, read, read_values, write


def copy(kafka: Kafka, source: str, target: str, *operators: Any, **codecs: str) -> rs.Report:
    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, stop="end", **codecs)
    return rs.run(records.pipe(*operators).to(rs.to_kafka(target, bootstrap_servers=kafka.bootstrap, **codecs)))


def test_values_that_were_mapped_arrive(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic()
    write(kafka.bootstrap, source, [b"one", b"two", b"three"])

    report = copy(kafka, source, target, ops.map(bytes.upper))

    assert read_values(kafka.bootstrap, target) == [b"ONE", b"TWO", b"THREE"]
    assert (report.reason, report["pipeline-1"].received, report["pipeline-1"].emitted) == ("completed", 3, 3)


def test_key_timestamp_and_headers_travel_beside_a_mapped_value(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic()
    headers = (("trace", b"1"), ("trace", b"2"), ("empty", b""), ("nothing", None))
    write(kafka.bootstrap, source, [Sent(b"v", b"k", after(1.25), headers)])

    copy(kafka, source, target, ops.map(bytes.upper))

    (record,) = read(kafka.bootstrap, target)
    assert (record.value, record.key, tuple(record.headers)) == (b"V", b"k", headers)
    assert record.timestamp == after(1.25).timestamp() * 1000


def test_an_event_of_the_source_says_where_it_comes_from(kafka: Kafka, topic: TopicFactory) -> None:
    source = topic(partitions=2)
    write(kafka.bootstrap, source, [Sent(b"v", b"k", after(1), (("h", b"1"),), partition=1)])

    records = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, stop="end")
    events = rs.collect(records.pipe(ops.events()))

    assert events == [rs.Event(b"v", b"k", after(1), (("h", b"1"),), rs.Origin(source, 1, 0))]


@pytest.mark.parametrize("codec", ["bytes", "str", "json"])
def test_a_tombstone_stays_a_tombstone(kafka: Kafka, topic: TopicFactory, codec: str) -> None:
    source, target = topic(), topic()
    write(kafka.bootstrap, source, [Sent(None, b'"k"')])

    copy(kafka, source, target, codec=codec, key_codec=codec)

    (record,) = read(kafka.bootstrap, target)
    assert (record.key, record.value) == (b'"k"', None)


def test_a_record_without_a_key_has_none_afterwards(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic()
    write(kafka.bootstrap, source, [Sent(b"v", None), Sent(b"w", b"")])

    copy(kafka, source, target)

    assert [(record.key, record.value) for record in read(kafka.bootstrap, target)] == [(None, b"v"), (b"", b"w")]


def test_records_without_a_key_reach_every_partition(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic(partitions=3)
    values = [b"%d" % number for number in range(3_000)]
    write(kafka.bootstrap, source, values)

    copy(kafka, source, target)

    found = read(kafka.bootstrap, target)
    assert sorted(int(record.value) for record in found) == list(range(3_000))
    assert {record.partition for record in found} == {0, 1, 2}


def test_a_key_goes_to_the_partition_that_the_java_client_chooses(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic(partitions=7)
    keys = [b"", b"a", "Grüße".encode(), *(b"key-%d" % number for number in range(300))]
    write(kafka.bootstrap, source, [Sent(b"v", key) for key in keys])

    copy(kafka, source, target)

    found = {record.key: record.partition for record in read(kafka.bootstrap, target)}
    assert found == {key: java_partition(key, 7) for key in keys}


def test_a_function_of_the_value_may_choose_the_partition(kafka: Kafka, topic: TopicFactory) -> None:
    target = topic(partitions=3)
    sink = rs.to_kafka(target, bootstrap_servers=kafka.bootstrap, codec="json", partition=lambda value: value % 3)

    rs.run(rs.from_iterable(range(6)).to(sink))

    found = [(record.partition, record.value) for record in read(kafka.bootstrap, target)]
    assert found == [(0, b"0"), (0, b"3"), (1, b"1"), (1, b"4"), (2, b"2"), (2, b"5")]


def test_a_function_of_the_value_may_choose_the_topic(kafka: Kafka, topic: TopicFactory) -> None:
    even, odd = topic(), topic()
    sink = rs.to_kafka(lambda n: odd if n % 2 else even, bootstrap_servers=kafka.bootstrap, codec="json")

    rs.run(rs.from_iterable(range(5)).to(sink))

    assert read_values(kafka.bootstrap, even) == [b"0", b"2", b"4"]
    assert read_values(kafka.bootstrap, odd) == [b"1", b"3"]


def test_the_records_of_a_key_keep_their_order(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(partitions=4), topic(partitions=3)
    write(kafka.bootstrap, source, [Sent(b"%d" % number, b"key-%d" % (number % 10)) for number in range(5_000)])

    copy(kafka, source, target)

    by_key: dict[bytes, list[int]] = {}
    for record in read(kafka.bootstrap, target):
        by_key.setdefault(record.key, []).append(int(record.value))
    assert by_key == {b"key-%d" % key: list(range(key, 5_000, 10)) for key in range(10)}


@pytest.mark.parametrize(
    ("codec", "raw", "value"),
    [
        ("bytes", b"\x00\xff", b"\x00\xff"),
        ("str", "Grüße".encode(), "Grüße"),
        ("json", '{"a":[1,2.5,null,"ü"]}'.encode(), {"a": [1, 2.5, None, "ü"]}),
    ],
)
def test_a_codec_reads_and_writes_values(
    kafka: Kafka, topic: TopicFactory, codec: str, raw: bytes, value: object
) -> None:
    source, target = topic(), topic()
    write(kafka.bootstrap, source, [raw])
    seen: list[object] = []

    copy(kafka, source, target, ops.observe(seen.append), codec=codec)

    assert seen == [value]
    assert read_values(kafka.bootstrap, target) == [raw]


def test_a_key_codec_reads_and_writes_keys(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic()
    write(kafka.bootstrap, source, [Sent(b"v", b'["a",1]')])
    seen: list[object] = []

    keys = ops.events(), ops.observe(lambda event: seen.append(event.key)), ops.values()
    copy(kafka, source, target, *keys, key_codec="json")

    assert seen == [["a", 1]]
    assert [record.key for record in read(kafka.bootstrap, target)] == [b'["a",1]']


def test_a_codec_of_ones_own_is_an_object_with_two_methods(kafka: Kafka, topic: TopicFactory) -> None:
    class Reversed:
        def encode(self, value: bytes) -> bytes:
            return value[::-1]

        decode = encode

    source = topic()
    rs.run(rs.from_iterable([b"abc"]).to(rs.to_kafka(source, bootstrap_servers=kafka.bootstrap, codec=Reversed())))

    assert read_values(kafka.bootstrap, source) == [b"cba"]
    read_back = rs.from_kafka(source, bootstrap_servers=kafka.bootstrap, stop="end", codec=Reversed())
    assert rs.collect(read_back) == [b"abc"]


def test_several_topics_are_one_stream_in_the_order_of_time(kafka: Kafka, topic: TopicFactory) -> None:
    first, second = topic(), topic(partitions=2)
    write(kafka.bootstrap, first, [Sent(b"0", at=after(0)), Sent(b"2", at=after(2))])
    write(kafka.bootstrap, second, [Sent(b"1", at=after(1), partition=1), Sent(b"3", at=after(3), partition=0)])

    records = rs.from_kafka(first, second, bootstrap_servers=kafka.bootstrap, stop="end")

    assert rs.collect(records) == [b"0", b"1", b"2", b"3"]


def test_a_record_larger_than_a_batch_of_the_client_arrives(kafka: Kafka, topic: TopicFactory) -> None:
    source, target = topic(), topic()
    values = [b"a" * 10, b"b" * 400_000, b"c" * 10, b"d" * 900_000]
    write_large(kafka, source, values)

    copy(kafka, source, target)

    assert read_values(kafka.bootstrap, target) == values


def test_a_record_that_the_broker_finds_too_large_goes_to_the_handler_alone(kafka: Kafka, topic: TopicFactory) -> None:
    target = topic(configs={"max.message.bytes": "1000"})
    values = [b"a", b"b", b"c" * 5_000, b"d", b"e"]
    failed: list[tuple[object, str]] = []

    sink = rs.to_kafka(target, bootstrap_servers=kafka.bootstrap)
    rs.run(rs.from_iterable(values).to(sink, on_error=lambda event, error: failed.append((event.value, str(error)))))

    assert [value for value, _ in failed] == [b"c" * 5_000]
    assert read_values(kafka.bootstrap, target) == [b"a", b"b", b"d", b"e"]


def test_a_timestamp_that_the_broker_refuses_goes_to_the_handler_alone(kafka: Kafka, topic: TopicFactory) -> None:
    target = topic()
    events = [rs.Event(b"now", None, after(0)), rs.Event(b"too far ahead", None, after(100_000)), rs.Event(b"and on")]
    failed: list[object] = []

    sink = rs.to_kafka(target, bootstrap_servers=kafka.bootstrap)
    rs.run(rs.from_iterable(events).to(sink, on_error=lambda event, _: failed.append(event.value)))

    assert failed == [b"too far ahead"]
    assert read_values(kafka.bootstrap, target) == [b"now", b"and on"]


def write_large(kafka: Kafka, name: str, values: list[bytes]) -> None:
    for value in values:
        write(kafka.bootstrap, name, [value])
