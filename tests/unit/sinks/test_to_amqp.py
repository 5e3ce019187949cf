"""What `to_amqp` refuses before anything runs, and what cannot be said in AMQP."""

from datetime import UTC, datetime
from typing import Any

import pytest

import rxstream as rs
from rxstream.core import Headers
from rxstream.drivers.amqp_properties import Properties
from rxstream.sinks._amqp import checked_key

URL = "amqp://guest:secret@localhost/"


def refusal(**wrong: Any) -> str:
    arguments: dict[str, Any] = {"url": URL, "routing_key": "bills"} | wrong
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.to_amqp(**arguments)
    return str(caught.value)


def properties(headers: Headers, time: int | None = None, *, persistent: bool = True) -> Any:
    return Properties("to_amqp", "guest", persistent=persistent).of(headers, time)


def unsaid(headers: Headers, time: int | None = None) -> str:
    with pytest.raises(rs.DeliveryError) as caught:
        properties(headers, time)
    return str(caught.value)


def test_an_address_is_checked_and_its_password_not_shown() -> None:
    assert refusal(url="amqp:guest:secret@localhost") == (
        "to_amqp: url must be amqp://user:password@host:port/vhost; got 'amqp:***@localhost'. "
        "Correct it; special characters are written as %2F and the like."
    )


def test_an_exchange_has_a_name() -> None:
    assert refusal(exchange=None) == "to_amqp: exchange must be a name; got None. Give one, or '' for the default."


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_routing_key_fits_and_names_a_queue_of_the_default_exchange(key: str) -> None:
    assert refusal(routing_key=key) == (
        "to_amqp: routing_key must be a text of at most 255 bytes, and where exchange is '' the name of a queue; "
        f"got {key!r}. Correct it, or give a function of the value."
    )


def test_a_routing_key_is_a_text_or_a_function() -> None:
    assert refusal(routing_key=5) == "to_amqp: routing_key must be a text or a function of the value; got 5. Give one."


@pytest.mark.parametrize("key", [None, b"bytes", "k" * 256])
def test_a_function_gives_a_routing_key(key: Any) -> None:
    with pytest.raises(rs.DeliveryError) as caught:
        checked_key(key)

    assert str(caught.value) == (
        f"to_amqp: routing_key must give a text of at most 255 bytes; got {key!r}. Correct the function."
    )


def test_the_timestamp_leaves_in_whole_seconds() -> None:
    time = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000_000 + 999_999_999

    assert properties((), time).timestamp == 1_577_836_800


@pytest.mark.parametrize(("persistent", "mode"), [(True, 2), (False, 1)])
def test_whether_a_message_persists_is_the_sinks_to_say(persistent: bool, mode: int) -> None:
    assert properties((("amqp-delivery-mode", b"7"),), persistent=persistent).delivery_mode == mode


def test_the_name_of_another_user_stays_behind() -> None:
    assert properties((("amqp-user-id", b"root"),)).user_id is None


def test_a_time_before_1970_cannot_be_said() -> None:
    assert unsaid((), -1) == (
        "to_amqp: a timestamp must not lie before 1970, which AMQP has no word for; got -1 ns. "
        "Take it off: event.replace(timestamp=None)."
    )


@pytest.mark.parametrize("content", [b"high", b"256", b"-1"])
def test_a_priority_is_a_small_number(content: bytes) -> None:
    assert unsaid((("amqp-priority", content),)) == (
        f"to_amqp: header amqp-priority must be a whole number up to 255; got {content!r}. Correct it."
    )


def test_a_property_is_short() -> None:
    assert unsaid((("amqp-message-id", b"m" * 256),)) == (
        "to_amqp: header amqp-message-id must have at most 255 bytes; got 256. Shorten it."
    )


def test_a_headers_name_is_short() -> None:
    name = "n" * 256

    assert unsaid(((name, b""),)) == (
        f"to_amqp: a header's name must have at most 255 bytes; got {name!r}. Shorten it."
    )


def test_headers_fit_into_one_frame() -> None:
    assert unsaid((("long", b"x" * 100_000),)) == (
        "to_amqp: a message's headers must have at most 100000 bytes; got 100004. Put what is long into the value."
    )
