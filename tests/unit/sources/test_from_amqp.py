"""What `from_amqp` refuses before anything runs, and how a message's properties become headers and properties again."""

from typing import Any

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream.drivers.amqp_properties import Properties, headers_of, nanoseconds

URL = "amqp://guest:secret@localhost/"
SHORT = st.text(min_size=1, max_size=60)
TEXTS = ("content_type", "content_encoding", "correlation_id", "reply_to", "expiration", "message_id", "type", "app_id")
SAID = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(TEXTS, SHORT) | {"priority": st.integers(0, 255), "user_id": st.just("guest")}
)
TABLE = st.dictionaries(SHORT.filter(lambda name: not name.startswith("amqp-")), st.none() | st.text(), min_size=1)


def refusal(**wrong: Any) -> str:
    arguments: dict[str, Any] = {"url": URL, "queue": "orders"} | wrong
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_amqp(**arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://guest:secret@localhost/", "'http://guest:***@localhost/'"),
        ("amqp://guest:secret@localhost:port/", "'amqp://guest:***@localhost:port/'"),
        ("amqp://guest:sec/r@t@localhost/", "'amqp://guest:***@localhost/'"),
        ("amqp://guest:secret@localhost/?heartbeat=often", "'amqp://guest:***@localhost/?heartbeat=often'"),
        ("localhost", "'localhost'"),
        (None, "None"),
    ],
)
def test_an_address_is_checked_and_its_password_not_shown(url: Any, shown: str) -> None:
    assert refusal(url=url) == (
        f"from_amqp: url must be amqp://user:password@host:port/vhost; got {shown}. "
        "Correct it; special characters are written as %2F and the like."
    )


def test_a_queue_has_a_name() -> None:
    assert refusal(queue="") == "from_amqp: queue must be a name; got ''. Give one."


def test_a_routing_key_is_for_an_exchange() -> None:
    assert refusal(routing_key="a.*") == (
        "from_amqp: routing_key must come with the exchange it is for; got 'a.*' alone. "
        "Give exchange=, or leave it out."
    )


def test_at_least_one_message_is_prefetched() -> None:
    assert refusal(prefetch_count=0) == (
        "from_amqp: prefetch_count must be a whole number of at least 1; got 0. Correct it."
    )


def test_no_more_messages_are_prefetched_than_the_protocol_can_say() -> None:
    assert refusal(prefetch_count=70_000) == (
        "from_amqp: prefetch_count must be at most 65535; got 70000. Give a smaller one."
    )


def test_a_misspelt_declaration_names_the_nearest() -> None:
    assert refusal(declare={"durabel": True}) == (
        "from_amqp: declare must be options of the client; got 'durabel'. Did you mean 'durable'?"
    )


def test_a_misspelt_consumer_argument_names_the_nearest() -> None:
    assert refusal(extra={"x-stream-ofset": "first"}).endswith("got 'x-stream-ofset'. Did you mean 'x-stream-offset'?")


def test_a_misspelt_acknowledgement_names_the_nearest() -> None:
    assert refusal(ack="befor") == (
        "from_amqp: ack must be one of 'auto', 'manual', 'before'; got 'befor'. Did you mean 'before'?"
    )


def test_an_unknown_codec_names_the_nearest() -> None:
    assert refusal(codec="jsn").endswith("got 'jsn'. Did you mean 'json'?")


@given(said=SAID, table=TABLE)
def test_properties_become_headers_and_the_same_properties_again(said: dict[str, Any], table: dict[str, Any]) -> None:
    came = pika.BasicProperties(headers=table, delivery_mode=2, **said)

    left = Properties("to_amqp", "guest", persistent=True).of(headers_of(came, redelivered=True), None)

    assert left == came


def test_what_is_no_text_is_json_as_a_header() -> None:
    came = pika.BasicProperties(headers={"n": 5, "all": [1, {"a": None}], "raw": b"\xff", "none": None})

    assert headers_of(came, redelivered=False) == (
        ("n", b"5"),
        ("all", b'[1,{"a":null}]'),
        ("raw", b"\xff"),
        ("none", None),
        ("amqp-redelivered", b"false"),
    )


def test_a_timestamp_no_calendar_has_is_none() -> None:
    assert (nanoseconds(1), nanoseconds(1_700_000_000_000)) == (1_000_000_000, None)
