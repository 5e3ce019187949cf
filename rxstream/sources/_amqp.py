"""The messages of a RabbitMQ queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from rxstream.core import (
    Event,
    Feed,
    Origin,
    Partition,
    Stream,
    choice,
    make_source_event,
    positive_count,
    require_names,
)
from rxstream.drivers import decoder_of
from rxstream.drivers.amqp import address_of
from rxstream.drivers.amqp_properties import headers_of, nanoseconds
from rxstream.drivers.amqp_reader import MOST_PREFETCHED, Message, Settings, reading
from rxstream.errors import ConfigurationError, DecodeError

_ACKS: Final = ("auto", "manual", "before")
_DECLARED: Final = ("durable", "exclusive", "auto_delete", "arguments")
#: The consumer arguments that RabbitMQ knows; it says nothing of one it does not know.
_EXTRA: Final = (
    "x-cancel-on-ha-failover",
    "x-priority",
    "x-stream-filter",
    "x-stream-match-unfiltered",
    "x-stream-offset",
)
#: Seconds between two acknowledgements, as the broker sends no more than ``prefetch_count`` without.
_COMMIT_INTERVAL: Final = 0.005


class _Taken(Origin):
    """Where a message was read, and how it is given back."""

    reject: Callable[[bool], None]


def from_amqp(
    url: str,
    queue: str,
    *,
    exchange: str | None = None,
    routing_key: str | None = None,
    declare: Mapping[str, Any] | None = None,
    prefetch_count: int = 1000,
    codec: Any = None,
    ack: str = "auto",
    extra: Mapping[str, Any] | None = None,
) -> Stream[Any]:
    """Make a stream of a queue's messages, at least once: a message is acknowledged when it has been handled.

    The Event has the routing key as its key, the message's timestamp property, if there is one, and as its origin
    queue, None and delivery tag. Its headers are the message's own, its properties as ``amqp-content-type``,
    ``amqp-correlation-id``, … (what is no text as JSON), and ``amqp-redelivered``, ``true`` or ``false``. A message
    that the codec cannot read goes to the error handler as a `DecodeError`, its bytes the event's value.

    A broker that goes away later is waited for; what was not acknowledged comes again then. A queue that is deleted
    ends the run.

    Args:
        url: ``"amqp://user:password@host:port/vhost"``, or ``amqps://``.
        queue: The queue's name.
        exchange: An exchange that the queue is bound to first.
        routing_key: With which key.
        declare: The queue is declared first, with these: ``durable``, ``exclusive``, ``auto_delete`` and ``arguments``.
            None: it must be there.
        prefetch_count: How many messages may be unacknowledged before the broker pauses. Where operators keep as many
            (a long window), it becomes more, up to 65 535.
        codec: ``"bytes"`` (the default), ``"str"``, ``"json"``, ``"msgpack"`` or an object with ``decode``.
        ack: ``"auto"``, ``"manual"`` (by ``event.ack()``), or ``"before"``: acknowledged before it is handed over.
        extra: Arguments of the consumer, such as ``x-stream-offset``.

    Raises:
        ConfigurationError: If an argument is none of these.
        MissingExtraError: If pika is not installed.
        ConnectError: From the run, if the broker is away or refuses, or the queue does not exist.

    Delivery: at least once; with ``ack="before"`` at most once.

    Example:
        >>> orders = rs.from_amqp("amqp://guest:guest@localhost/", "orders", codec="json")
    """
    if not isinstance(queue, str) or not queue:
        raise ConfigurationError(f"from_amqp: queue must be a name; got {queue!r}. Give one.")
    if routing_key is not None and exchange is None:
        raise ConfigurationError(
            f"from_amqp: routing_key must come with the exchange it is for; got {routing_key!r} alone. "
            "Give exchange=, or leave it out."
        )
    prefetch = positive_count("from_amqp", prefetch_count=prefetch_count)
    if prefetch > MOST_PREFETCHED:
        raise ConfigurationError(
            f"from_amqp: prefetch_count must be at most {MOST_PREFETCHED}; got {prefetch}. Give a smaller one."
        )
    if declare is not None:
        require_names("from_amqp", "declare", declare, _DECLARED)
    require_names("from_amqp", "extra", extra or {}, _EXTRA)
    settings = Settings(
        address=address_of("from_amqp", url),
        queue=queue,
        exchange=exchange,
        routing_key=routing_key,
        declare=declare,
        prefetch=prefetch,
        extra=extra or {},
        acks_before=choice("from_amqp", _ACKS, ack=ack) == "before",
    )
    return Stream(feed=_feed(settings, decoder_of("from_amqp", codec), manual=ack == "manual"))


def _feed(settings: Settings, decode: Callable[[bytes], Any] | None, *, manual: bool) -> Feed:
    partition = settings.partition

    def lift(record: Message) -> Event[Any]:
        position, method, properties, raw, reader = record
        origin = _Taken(settings.queue, None, method.delivery_tag)
        if not settings.acks_before:
            origin.reject = partial(reader.reject, position)
        time = None if properties.timestamp is None else nanoseconds(properties.timestamp)
        headers = headers_of(properties, method.redelivered)
        try:
            value = raw if decode is None else decode(raw)
        except DecodeError:
            value = raw
        return make_source_event(value, method.routing_key, time, headers, origin, raw)

    def locate(record: Message) -> tuple[Partition, int]:
        return partition, record[0]

    return Feed(
        name="from_amqp",
        lift=lift,
        value="record[3]" if decode is None else "decode(record[3])",
        key="record[1].routing_key",
        time="None if record[2].timestamp is None else nanoseconds(record[2].timestamp)",
        undated=True,
        headers="headers_of(record[2], record[1].redelivered)",
        bindings={"decode": decode, "nanoseconds": nanoseconds, "headers_of": headers_of},
        connect=partial(reading, settings),
        locate=None if settings.acks_before else locate,
        live=True,
        max_in_flight=settings.prefetch,
        commit_interval=_COMMIT_INTERVAL,
        manual=manual,
    )
