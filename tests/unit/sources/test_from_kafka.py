"""What is refused before anything runs, and what reaches the client."""

import re
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops

pytest.importorskip("aiokafka")

BROKER = "localhost:9092"


def refused(make: Callable[[], object]) -> str:
    with pytest.raises(rs.ConfigurationError) as caught:
        make()
    return str(caught.value)


def orders(*topics: Any, **options: Any) -> rs.Stream[Any]:
    return rs.from_kafka(*(topics or ("orders",)), **{"bootstrap_servers": BROKER, **options})


def exactly_once(bootstrap: str = BROKER) -> Any:
    return rs.to_kafka("bills", bootstrap_servers=bootstrap, delivery="exactly_once")


def test_a_topic_is_a_name_or_a_pattern_of_names() -> None:
    assert refused(lambda: orders(re.compile(b"orders"))) == (
        "from_kafka: topics must be names or compiled patterns; got (re.compile(b'orders'),). Give at least one."
    )


def test_patterns_of_different_flags_are_refused() -> None:
    assert refused(lambda: orders(re.compile("a"), re.compile("b", re.IGNORECASE))) == (
        "from_kafka: patterns must have the same flags; got [re.compile('a'), re.compile('b', re.IGNORECASE)]. "
        "Write flags into the patterns: (?i:…)."
    )


@pytest.mark.parametrize("ack", ["manual", "before"])
def test_acknowledging_by_hand_or_before_needs_a_group(ack: str) -> None:
    assert refused(lambda: orders(ack=ack)) == (
        f"from_kafka: ack={ack!r} needs a group, which remembers what was acknowledged; got group_id=None. "
        "Give a group_id, or leave ack out."
    )


def test_a_misspelt_ack_or_delivery_names_the_nearest() -> None:
    assert refused(lambda: orders(ack="manuel", group_id="g")) == (
        "from_kafka: ack must be one of 'auto', 'manual', 'before'; got 'manuel'. Did you mean 'manual'?"
    )
    assert refused(lambda: rs.to_kafka("bills", bootstrap_servers=BROKER, delivery="exactly-once")) == (
        "to_kafka: delivery must be one of 'at_least_once', 'exactly_once'; got 'exactly-once'. "
        "Did you mean 'exactly_once'?"
    )


SOURCES: list[tuple[rs.Stream[Any], str]] = [
    (rs.from_iterable([b"1"]), "from_iterable"),
    (orders(), "from_kafka"),
    (orders(group_id="g").pipe(ops.merge(rs.interval(1))), "from_kafka, interval"),
    (orders(group_id="g").pipe(ops.merge(orders(group_id="h"))), "from_kafka, from_kafka"),
]


@pytest.mark.parametrize(("source", "named"), SOURCES, ids=[named for _, named in SOURCES])
def test_exactly_once_needs_one_source_that_commits(source: rs.Stream[Any], named: str) -> None:
    assert refused(lambda: source.to(exactly_once())) == (
        f"to_kafka: exactly once needs one from_kafka with a group_id as its only source; got {named}. "
        'Say delivery="at_least_once".'
    )


def test_exactly_once_needs_to_be_the_only_sink() -> None:
    assert refused(lambda: orders(group_id="g").to(exactly_once(), print)) == (
        "to_kafka: exactly once needs to be the only sink, as another one would get records again; got print too. "
        'Give that a pipeline of its own, or say delivery="at_least_once".'
    )


def test_exactly_once_needs_one_cluster() -> None:
    assert refused(lambda: orders(group_id="g").to(exactly_once("elsewhere:9092"))) == (
        "to_kafka: exactly once needs a source of the same cluster; got 'localhost:9092' and 'elsewhere:9092'. "
        'Give both the same addresses, or say delivery="at_least_once".'
    )


def test_exactly_once_is_not_at_most_once() -> None:
    assert refused(lambda: orders(group_id="g", ack="before").to(exactly_once())) == (
        "to_kafka: exactly once needs a source that is committed with what is written; got ack='before'. "
        'Leave ack out, or say delivery="at_least_once".'
    )


def test_what_the_client_does_not_take_is_said_in_a_line() -> None:
    assert refused(lambda: rs.run(orders(extra={"security_protocol": "SSL"}).to(rs.to_list()))) == (
        "from_kafka: extra must hold what the client takes; got an option that it refuses: "
        "`ssl_context` is mandatory if security_protocol=='SSL'. Correct it."
    )


@pytest.mark.parametrize("made", ["source", "sink"])
def test_a_client_that_is_told_to_encrypt_does(made: str) -> None:
    heard = list[bytes]()

    def listen() -> None:
        connection, _ = listener.accept()
        heard.append(connection.recv(2))
        connection.close()
        listener.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        options: Any = {"security_protocol": "SASL_SSL", "ssl_context": ssl.create_default_context()}
        options |= {"sasl_mechanism": "PLAIN", "sasl_plain_username": "me", "sasl_plain_password": "secret"}
        sink = rs.to_kafka("bills", bootstrap_servers=address, extra=options)
        source = orders(bootstrap_servers=address, extra=options)
        thread = threading.Thread(target=listen)
        thread.start()
        with pytest.raises(rs.ConnectError) as caught:
            rs.run(source.to(rs.to_list()) if made == "source" else rs.from_iterable([b"1"]).to(sink))
        thread.join()

    # The first record of a TLS handshake.
    assert heard == [b"\x16\x03"]
    assert "secret" not in str(caught.value)
