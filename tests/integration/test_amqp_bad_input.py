"""What is wrong with a RabbitMQ pipeline is said in one sentence within ten seconds, and never with a password."""

import gc
import socket
import time
from collections.abc import Callable, Iterator

import pytest

import rxstream as rs
from tests.brokers.ports import LOOPBACK, free_port
from tests.brokers.rabbitmq import RabbitMQ
from tests.integration._jobs.queues import declare


@pytest.fixture(autouse=True)
def _blame_whoever_leaves_a_connection_open() -> Iterator[None]:
    yield
    gc.collect()


def reading(url: str, queue: str = "orders") -> rs.Pipeline:
    return rs.from_amqp(url, queue).to(rs.to_list())


def writing(url: str, queue: str = "orders") -> rs.Pipeline:
    return rs.from_iterable([b"1"]).to(rs.to_amqp(url, routing_key=queue))


BOTH = pytest.mark.parametrize(("who", "made"), [("from_amqp", reading), ("to_amqp", writing)])


def said_by(pipeline: rs.Pipeline) -> str:
    began = time.monotonic()
    with pytest.raises(rs.ConnectError) as caught:
        rs.run(pipeline)
    assert time.monotonic() - began < 10.0
    return str(caught.value)


def place(rabbitmq: RabbitMQ) -> str:
    return rabbitmq.url.split("@")[1].split("/")[0]


@BOTH
def test_where_nobody_answers_the_address_is_named(who: str, made: Callable[[str], rs.Pipeline]) -> None:
    address = f"{LOOPBACK}:{free_port()}"

    assert said_by(made(f"amqp://guest:secret@{address}/")) == (
        f"{who}: a RabbitMQ broker must answer at {address}; none did. Start it, or correct url."
    )


@BOTH
def test_a_host_that_does_not_exist_is_named(who: str, made: Callable[[str], rs.Pipeline]) -> None:
    assert said_by(made("amqp://guest:secret@no-such-host.invalid/")) == (
        f"{who}: a RabbitMQ broker must answer at no-such-host.invalid:5672; there is no such host. "
        "Start it, or correct url."
    )


@BOTH
def test_who_accepts_and_says_nothing_is_no_broker(who: str, made: Callable[[str], rs.Pipeline]) -> None:
    with socket.create_server((LOOPBACK, 0)) as mute:
        address = f"{LOOPBACK}:{mute.getsockname()[1]}"
        said = said_by(made(f"amqp://guest:secret@{address}/"))

    assert said == (
        f"{who}: a RabbitMQ broker must answer at {address}; none did within 9 s. Start it, or correct url."
    )


@BOTH
def test_a_wrong_password_is_not_shown(rabbitmq: RabbitMQ, who: str, made: Callable[[str], rs.Pipeline]) -> None:
    assert said_by(made(rabbitmq.url.replace("guest:guest", "guest:secret"))) == (
        f"{who}: the broker at {place(rabbitmq)} must let user 'guest' in; it refused the password. "
        "Correct user and password in url."
    )


@BOTH
def test_a_virtual_host_must_exist(rabbitmq: RabbitMQ, who: str, made: Callable[[str], rs.Pipeline]) -> None:
    assert said_by(made(rabbitmq.url.replace("%2F", "nix"))) == (
        f"{who}: the broker at {place(rabbitmq)} must have a virtual host 'nix' that user 'guest' may use; it says: "
        "NOT_ALLOWED - vhost nix not found. Create it, or correct url."
    )


@BOTH
def test_a_broker_that_was_stopped_is_named(rabbitmq: RabbitMQ, who: str, made: Callable[[str], rs.Pipeline]) -> None:
    rabbitmq.stop()

    assert said_by(made(rabbitmq.url)) == (
        f"{who}: a RabbitMQ broker must answer at {place(rabbitmq)}; none did. Start it, or correct url."
    )


def test_a_queue_to_be_read_must_exist(rabbitmq: RabbitMQ) -> None:
    assert said_by(reading(rabbitmq.url, "nix")) == (
        f"from_amqp: the queue must exist; {place(rabbitmq)} has none named 'nix'. Create it, or have it declared: "
        "declare={'durable': True}."
    )


def test_a_queue_to_be_written_must_exist(rabbitmq: RabbitMQ) -> None:
    assert said_by(writing(rabbitmq.url, "nix")) == (
        f"to_amqp: the queue must exist; {place(rabbitmq)} has none named 'nix'. Create it, or correct routing_key, "
        "which is its name where exchange is ''."
    )


def test_an_exchange_to_be_written_must_exist(rabbitmq: RabbitMQ) -> None:
    sink = rs.to_amqp(rabbitmq.url, exchange="nix", routing_key="orders")

    assert said_by(rs.from_iterable([b"1"]).to(sink)) == (
        f"to_amqp: the exchange must exist; {place(rabbitmq)} has none named 'nix'. Create it, or correct the name."
    )


def test_an_exchange_to_be_bound_to_must_exist(rabbitmq: RabbitMQ) -> None:
    source = declare(rabbitmq.url)

    assert said_by(rs.from_amqp(rabbitmq.url, source, exchange="nix").to(rs.to_list())) == (
        f"from_amqp: the exchange must exist; {place(rabbitmq)} has none named 'nix'. Create it, or correct the name."
    )


def test_a_queue_that_is_there_must_be_what_is_declared(rabbitmq: RabbitMQ) -> None:
    source = declare(rabbitmq.url)

    said = said_by(rs.from_amqp(rabbitmq.url, source, declare={"durable": False}).to(rs.to_list()))

    assert said == (
        f"from_amqp: queue {source!r} must be what declare says; {place(rabbitmq)} says: PRECONDITION_FAILED - "
        f"inequivalent arg 'durable' for queue '{source}' in vhost '/': received 'false' but current is 'true'. "
        "Correct declare, or delete the queue."
    )
