"""Records that cannot be read or handled: what the handler is told, and what a dead letter says."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.integration._jobs.going import going
from tests.integration._jobs.topics import Sent, after, committed, eventually, read, read_values, write


def objects(kafka: Kafka, name: str, **options: Any) -> rs.Stream[Any]:
    options = {"group_id": name, "codec": "json", "commit_interval": 0.05, "stop": "end", **options}
    return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, **options)


def test_a_record_that_cannot_be_decoded_reaches_the_handler_as_it_came(kafka: Kafka, topic: TopicFactory) -> None:
    name, delivered, failed = topic(), rs.to_list(), []
    write(kafka.bootstrap, name, [b"1", Sent(b"{torn", b"k", after(1), (("h", b"x"),)), b"3"])

    rs.run(objects(kafka, name).to(delivered, on_error=lambda *told: failed.append(told)))

    ((event, error),) = failed
    assert event == rs.Event(b"{torn", b"k", after(1), (("h", b"x"),), rs.Origin(name, 0, 1))
    assert isinstance(error, rs.DecodeError)
    assert str(error) == (
        "from_kafka: the value must be what codec 'json' reads (Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)); got b'{torn'. Mend the producer or the codec."
    )
    assert (delivered.items, committed(kafka.bootstrap, name)) == ([1, 3], {0: 3})


def test_a_key_that_cannot_be_decoded_reaches_the_handler_too(kafka: Kafka, topic: TopicFactory) -> None:
    name, failed = topic(), []
    write(kafka.bootstrap, name, [Sent(b"1", b"\xff"), Sent(b"2", b"fine")])

    keyed = objects(kafka, name, key_codec="str").pipe(ops.events(), ops.map(lambda event: (event.key, event.value)))
    seen = rs.collect(keyed, on_error=lambda event, error: failed.append((event.key, event.value, type(error))))

    assert seen == [("fine", 2)]
    assert failed == [(b"\xff", b"1", rs.DecodeError)]


@pytest.mark.parametrize("stop", ["end", None])
def test_many_records_that_cannot_be_decoded_do_not_disturb_the_others(
    kafka: Kafka, topic: TopicFactory, stop: str | None
) -> None:
    name, delivered, failed = topic(), rs.to_list(), []
    write(kafka.bootstrap, name, [b"%d" % n if n % 3 else b"{torn %d" % n for n in range(1_500)])

    with going(objects(kafka, name, stop=stop).to(delivered, on_error=lambda event, _: failed.append(event.value))):
        done = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: 1_500})

    assert delivered.items == [n for n in range(1_500) if n % 3]
    assert failed == [b"{torn %d" % n for n in range(0, 1_500, 3)]
    assert done == {0: 1_500}


def test_a_record_that_cannot_be_decoded_ends_the_run_without_a_handler(kafka: Kafka, topic: TopicFactory) -> None:
    name, delivered = topic(), rs.to_list()
    write(kafka.bootstrap, name, [b"1", b"{torn", b"3"])

    with pytest.raises(rs.DecodeError):
        rs.run(objects(kafka, name).to(delivered))

    assert (delivered.items, committed(kafka.bootstrap, name)) == ([1], {0: 1})


def test_a_dead_letter_is_the_sources_record_and_says_what_happened(kafka: Kafka, topic: TopicFactory) -> None:
    name, letters, delivered = topic(partitions=2), topic(), rs.to_list()
    sent = Sent(b'{"n": 0}', b"k", after(1), (("trace", b"7"), ("nothing", None)), partition=1)
    write(kafka.bootstrap, name, [sent])

    def reciprocal(row: dict[str, int]) -> float:
        return 1 / row["n"]

    handler = rs.handlers.dead_letter(rs.to_kafka(letters, bootstrap_servers=kafka.bootstrap))
    mapped = objects(kafka, name).pipe(ops.key_by(str), ops.map(reciprocal))
    report = rs.run(mapped.to(delivered, on_error=handler, name="main"))

    (letter,) = read(kafka.bootstrap, letters)
    assert (letter.key, letter.value, letter.timestamp) == (sent.key, sent.value, after(1).timestamp() * 1000)
    assert letter.headers == (
        *sent.headers,
        ("rx-error-type", b"builtins.ZeroDivisionError"),
        ("rx-error-message", b"division by zero"),
        ("rx-error-operator", b"map"),
        ("rx-source", name.encode()),
        ("rx-partition", b"1"),
        ("rx-offset", b"0"),
        ("rx-attempts", b"1"),
    )
    assert (report["main"].failed, report["main"].dead_lettered, report["main"].emitted) == (1, 1, 0)


def test_the_letter_of_an_undecodable_record_has_its_raw_bytes(kafka: Kafka, topic: TopicFactory) -> None:
    name, letters = topic(), topic()
    write(kafka.bootstrap, name, [b"1", Sent(b"\xff{torn", b"\xfe"), b"3"])

    handler = rs.handlers.dead_letter(rs.to_kafka(letters, bootstrap_servers=kafka.bootstrap))
    seen = rs.collect(objects(kafka, name, key_codec="str"), on_error=handler)

    (letter,) = read(kafka.bootstrap, letters)
    assert seen == [1, 3]
    assert (letter.key, letter.value) == (b"\xfe", b"\xff{torn")
    assert dict(letter.headers)["rx-error-type"] == b"rxstream.errors.DecodeError"


def test_a_letter_of_a_decoded_key_has_the_sources_key(kafka: Kafka, topic: TopicFactory) -> None:
    name, letters = topic(), topic()
    write(kafka.bootstrap, name, [Sent(b"{torn", b'{"customer": 5}'), Sent(b"1", b'{"customer": 6}')])

    handler = rs.handlers.dead_letter(rs.to_kafka(letters, bootstrap_servers=kafka.bootstrap, key_codec="json"))
    rs.collect(objects(kafka, name, key_codec="json").pipe(ops.map(len)), on_error=handler)

    assert [letter.value for letter in read(kafka.bootstrap, letters)] == [b"{torn", b"1"]


def test_the_letter_of_a_record_that_a_sink_refused_names_the_sink(kafka: Kafka, topic: TopicFactory) -> None:
    name, letters = topic(), topic()
    write(kafka.bootstrap, name, [b"1", b"2", b"3"])

    def refuse_two(value: int) -> None:
        if value == 2:
            raise ValueError("two")

    handler = rs.handlers.dead_letter(rs.to_kafka(letters, bootstrap_servers=kafka.bootstrap))
    rs.run(objects(kafka, name).to(refuse_two, on_error=handler))

    (letter,) = read(kafka.bootstrap, letters)
    headers = dict(letter.headers)
    assert (letter.value, headers["rx-error-operator"], headers["rx-offset"]) == (b"2", b"refuse_two", b"1")
    assert committed(kafka.bootstrap, name) == {0: 3}


def test_a_letter_that_fails_again_keeps_its_first_place(kafka: Kafka, topic: TopicFactory) -> None:
    name, letters, again = topic(), topic(), topic()
    write(kafka.bootstrap, name, [b"1", b"{torn"])

    for source, target in ((name, letters), (letters, again)):
        handler = rs.handlers.dead_letter(rs.to_kafka(target, bootstrap_servers=kafka.bootstrap))
        rs.collect(objects(kafka, source), on_error=handler)

    (letter,) = read(kafka.bootstrap, again)
    headers = dict(letter.headers)
    assert (headers["rx-source"], headers["rx-partition"], headers["rx-offset"]) == (name.encode(), b"0", b"1")
    assert len(headers) == len(letter.headers)


class Silent:
    """A sink that never answers."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    async def open(self) -> None: ...

    async def write(self, batch: Sequence[bytes]) -> None:
        self.given += batch
        await asyncio.Event().wait()

    async def close(self) -> None: ...


def test_the_source_is_not_committed_past_a_letter_that_is_not_confirmed(kafka: Kafka, topic: TopicFactory) -> None:
    name, letters, delivered = topic(), Silent(), rs.to_list()
    write(kafka.bootstrap, name, [b"1", b"2", b"{torn", b"4"])
    live = objects(kafka, name, stop=None).to(delivered, on_error=rs.handlers.dead_letter(letters))

    with going(live, shutdown=0.3):
        eventually(lambda: delivered.items, lambda items: items == [1, 2, 4])
        found = eventually(lambda: committed(kafka.bootstrap, name).get(0, 0), lambda found: found > 2, 1.0)

    assert (delivered.items, letters.given) == ([1, 2, 4], [b"{torn"])
    assert found <= 2
    assert committed(kafka.bootstrap, name).get(0, 0) <= 2


def test_a_letter_that_cannot_be_written_ends_the_run_and_nothing_is_committed_past_it(
    kafka: Kafka, topic: TopicFactory
) -> None:
    name, letters = topic(), topic(configs={"max.message.bytes": "100"})
    write(kafka.bootstrap, name, [b"1", b"2", b"{torn", b"4"])
    handler = rs.handlers.dead_letter(rs.to_kafka(letters, bootstrap_servers=kafka.bootstrap))

    with pytest.raises(rs.DeliveryError):
        rs.run(objects(kafka, name).to(rs.to_list(), on_error=handler), shutdown=2)

    assert committed(kafka.bootstrap, name).get(0, 0) <= 2
    assert read_values(kafka.bootstrap, letters) == []
