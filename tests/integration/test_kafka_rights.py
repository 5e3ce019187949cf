"""Who may not, or has the wrong password, is told so in one line."""

from typing import Any

import pytest

import rxstream as rs
from tests.brokers.kafka import Kafka, TopicFactory, allow_only
from tests.integration._jobs.topics import eventually, numbered, write


def logging_in(kafka: Kafka, password: str) -> dict[str, Any]:
    """The options of a client that logs in."""
    login = {"sasl_plain_username": "alice", "sasl_plain_password": password}
    extra = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", **login}
    return {"bootstrap_servers": kafka.login, "extra": extra}


def test_with_the_right_password_records_are_read_and_written(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, options = topic(), topic(), logging_in(kafka, "open sesame")
    write(kafka.bootstrap, source, numbered(10))
    report = rs.run(rs.from_kafka(source, stop="end", **options).to(rs.to_kafka(target, **options), name="copy"))

    assert (report["copy"].received, report["copy"].emitted) == (10, 10)


@pytest.mark.parametrize("who", ["from_kafka", "to_kafka"])
def test_a_wrong_password_is_told_in_a_line_that_does_not_hold_it(kafka: Kafka, topic: TopicFactory, who: str) -> None:
    name, options = topic(), logging_in(kafka, "guess")
    reading = rs.from_kafka(name, **options).to(rs.to_list())
    writing = rs.from_iterable([b"x"]).to(rs.to_kafka(name, **options))

    with pytest.raises(rs.ConnectError) as caught:
        rs.run(reading if who == "from_kafka" else writing)

    assert str(caught.value) == (
        f"{who}: the Kafka broker at {kafka.login} must let us in; it refused user and password. "
        "Correct sasl_plain_username and sasl_plain_password in extra."
    )


@pytest.mark.parametrize("stop", [None, "end"])
def test_a_topic_that_may_not_be_read_ends_the_run(kafka: Kafka, topic: TopicFactory, stop: str | None) -> None:
    name = topic()
    write(kafka.bootstrap, name, numbered(10))
    allow_only(kafka.bootstrap, name, "describe", "write")
    stream = rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, group_id=name, stop=stop)

    def refusal() -> str:
        with pytest.raises(rs.ConnectError) as caught:
            rs.run(stream.to(rs.to_list()))
        return str(caught.value)

    assert refusal() == (
        f"from_kafka: we must have the right to the topic; {kafka.bootstrap} refuses it: {name}. "
        "Have it granted, or correct the name or the user."
    )


def test_what_may_not_be_written_goes_to_the_handler(kafka: Kafka, topic: TopicFactory) -> None:
    name, failed = topic(), rs.to_list()
    allow_only(kafka.bootstrap, name, "describe", "read")
    sink = rs.to_kafka(name, bootstrap_servers=kafka.bootstrap)

    def refused() -> list[Any]:
        failed.items.clear()
        rs.run(rs.from_iterable([b"a", b"b"]).to(sink, on_error=lambda event, _error: failed.on_next(event.value)))
        return failed.items

    # A right is taken a little after the answer says so.
    assert eventually(refused, bool) == [b"a", b"b"]
