"""Declare, fill and empty queues beside rxstream, with pika itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import pika
from pika.adapters.blocking_connection import BlockingChannel

from tests.brokers.server import wait_until

T = TypeVar("T")


class Got(NamedTuple):
    """One message, as another client sees it."""

    body: bytes
    properties: Any


@contextmanager
def channel(url: str) -> Iterator[BlockingChannel]:
    """A channel of a connection that lasts as long as the block."""
    parameters = pika.URLParameters(url)
    # A broker that has just come back takes connections before it answers them.
    parameters.connection_attempts, parameters.retry_delay = 20, 0.25
    connection = pika.BlockingConnection(parameters)
    try:
        yield connection.channel()
    finally:
        connection.close()


def declare(url: str, *, arguments: Mapping[str, Any] | None = None) -> str:
    """Declare a durable queue that is nobody else's, and return its name."""
    name = f"test-{uuid4().hex[:8]}"
    with channel(url) as on:
        on.queue_declare(name, durable=True, arguments=dict(arguments or {}))
    return name


def publish(url: str, queue: str, bodies: Iterable[bytes], **properties: Any) -> None:
    """Put persistent messages into a queue; they are there on return."""
    with channel(url) as on:
        on.confirm_delivery()
        on.connection.process_data_events()
        for body in bodies:
            on.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2, **properties), mandatory=True)


def count(url: str, queue: str) -> int:
    """How many messages are ready in a queue."""
    with channel(url) as on:
        found: int = on.queue_declare(queue, passive=True).method.message_count
        return found


def get_all(url: str, queue: str) -> list[Got]:
    """Take all messages out of a queue."""
    found: list[Got] = []
    with channel(url) as on:
        while True:
            method, properties, body = on.basic_get(queue, auto_ack=True)
            if method is None:
                return found
            found.append(Got(body, properties))


def bodies(url: str, queue: str) -> list[bytes]:
    """Take all messages out of a queue, and return what they say."""
    return [got.body for got in get_all(url, queue)]


def delete(url: str, queue: str) -> None:
    """Delete a queue."""
    with channel(url) as on:
        on.queue_delete(queue)


def numbered(count: int, *, size: int = 100) -> list[bytes]:
    """So many different bodies."""
    return [b"%06d" % number + b"x" * (size - 6) for number in range(count)]


def eventually(ask: Callable[[], T], enough: Callable[[T], bool], seconds: float = 20.0) -> T:
    """Ask again and again until the answer is right; returns the last one, right or not."""
    found: list[T] = []

    def is_right() -> bool:
        found[:] = [ask()]
        return enough(found[0])

    wait_until(is_right, seconds)
    return found[0]
