"""Fill the queues that are relayed, and make sure that nothing was lost on the way."""

import uuid

import pika

from tests.benchmarks._relay import Relay

_FIRST = b"message 0;"
_SIZE = 100


def create_queue(url: str, *, messages: int = 0) -> str:
    """Create a durable queue with so many messages of 100 bytes, and return its name."""
    name = uuid.uuid4().hex
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.queue_declare(name, durable=True)
        for number in range(messages):
            channel.basic_publish("", name, (b"message %d;" % number * _SIZE)[:_SIZE])
        # The answer to it says that all of them have come.
        channel.queue_declare(name, passive=True)
    return name


def check_and_delete(relay: Relay) -> None:
    """Make sure that every message was acknowledged and its copy written, in order at the beginning."""
    with pika.BlockingConnection(pika.URLParameters(relay.url)) as connection:
        channel = connection.channel()
        left, written = (channel.queue_declare(name, passive=True).method.message_count for name in _queues(relay))
        _, _, first = channel.basic_get(relay.output, auto_ack=True)
        for name in _queues(relay):
            channel.queue_delete(name)
    if (left, written) != (0, relay.messages):
        raise AssertionError(f"all of {relay.messages} must be written and none left; {written} are, {left} are left")
    if first is None or not first.startswith(relay.change(_FIRST)):
        raise AssertionError(f"the first of {relay.output} must be the first changed; it is {first!r}")


def _queues(relay: Relay) -> tuple[str, str]:
    return relay.source, relay.output
