"""Send the items to a RabbitMQ exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from rxstream.core import UNSET, callable_, item_time, source_event, thread_slot
from rxstream.drivers import codec_of
from rxstream.drivers.amqp import address_of
from rxstream.drivers.amqp_properties import Properties
from rxstream.drivers.amqp_writer import Message, Writer
from rxstream.errors import ConfigurationError, DeliveryError


def to_amqp(
    url: str,
    *,
    exchange: str = "",
    routing_key: str | Callable[[Any], str],
    codec: Any = None,
    persistent: bool = True,
    mandatory: bool = True,
) -> AmqpSink:
    """Send each item as a message with its passport's headers and timestamp.

    Headers called ``amqp-content-type``, ``amqp-correlation-id``, … leave as properties, all others as the message's
    headers. The timestamp is in whole seconds. ``amqp-delivery-mode`` and ``amqp-redelivered`` are left behind, and so
    is an ``amqp-user-id`` that is not the user of ``url``, which a broker would refuse. The key does not travel.

    Args:
        url: ``"amqp://user:password@host:port/vhost"``, or ``amqps://``.
        exchange: The exchange's name; ``""`` is the default one, whose routing keys are names of queues.
        routing_key: A text, or a function of the value.
        codec: ``"bytes"`` (the default), ``"str"``, ``"json"``, ``"msgpack"`` or an object with ``encode``.
        persistent: Whether messages in durable queues outlive the broker's restart.
        mandatory: Whether a message that no queue gets is the item's error, a `DeliveryError`; otherwise the broker
            drops it.

    Raises:
        ConfigurationError: If an argument is none of these.
        MissingExtraError: If pika is not installed.
        ConnectError: From the run, if the broker is away or refuses, or the exchange (or the default one's queue) does
            not exist.

    Delivery: an item is settled when the broker has confirmed its message. What it had not confirmed when the
    connection was lost is sent again.

    Example:
        >>> sink = rs.to_amqp("amqp://guest:guest@localhost/", routing_key="bills", codec="json")
    """
    if not isinstance(exchange, str):
        raise ConfigurationError(
            f"to_amqp: exchange must be a name; got {exchange!r}. Give one, or '' for the default."
        )
    if not isinstance(routing_key, str) and not callable(routing_key):
        raise ConfigurationError(
            f"to_amqp: routing_key must be a text or a function of the value; got {routing_key!r}. Give one."
        )
    if not isinstance(routing_key, str):
        callable_("to_amqp", routing_key=routing_key)
    elif len(routing_key.encode()) > 255 or not (exchange or routing_key):
        raise ConfigurationError(
            "to_amqp: routing_key must be a text of at most 255 bytes, and where exchange is '' the name of a queue; "
            f"got {routing_key!r}. Correct it, or give a function of the value."
        )
    encode = None if codec in (None, "bytes") else codec_of("to_amqp", codec).encode
    address = address_of("to_amqp", url)
    properties = Properties("to_amqp", address.user, persistent=persistent)
    return AmqpSink(Writer(address, exchange=exchange, mandatory=mandatory), routing_key, encode, properties)


class AmqpSink:
    """The sink that `to_amqp` makes."""

    real_time = True

    #: It wants every item's time and headers, read from the record without lifting an Event.
    passport = True

    def __init__(
        self,
        writer: Writer,
        routing_key: str | Callable[[Any], str],
        encode: Callable[[Any], bytes] | None,
        properties: Properties,
    ) -> None:
        self.name = f"to_amqp({writer.exchange or routing_key})" if isinstance(routing_key, str) else "to_amqp"
        self._writer = writer
        self._routing_key = routing_key
        self._encode = encode
        self._properties = properties

    async def open(self) -> None:
        """Connect.

        Raises:
            ConnectError: If the broker is away or refuses, or the exchange or queue does not exist.
        """
        queue = self._routing_key if isinstance(self._routing_key, str) and not self._writer.exchange else None
        await self._writer.open(queue)

    def packer(self) -> Packer:
        """Make what makes messages of the items of one pipeline, within its passes."""
        return Packer(self._routing_key, self._encode, self._properties)

    async def write(self, messages: Sequence[Message]) -> Awaitable[None]:
        """Publish messages; what is returned waits until the broker has them all."""
        return await self._writer.write(messages)

    async def close(self) -> None:
        """Close the connection."""
        await self._writer.close()


class Packer:
    """Makes messages of the items of one pipeline."""

    def __init__(
        self,
        routing_key: str | Callable[[Any], str],
        encode: Callable[[Any], bytes] | None,
        properties: Properties,
    ) -> None:
        self._slot = thread_slot()
        self._key_of = None if isinstance(routing_key, str) else routing_key
        self._key = routing_key if isinstance(routing_key, str) else ""
        self._encode = encode
        self._properties_of = properties.of
        self._messages: list[Message] = []

    def encode(self, value: Any) -> Any:
        """Make the message of the item that is just passing."""
        slot = self._slot
        time = item_time(slot) if slot.time is UNSET else slot.time
        headers = source_event(slot).headers if slot.headers is UNSET else slot.headers
        raw = value if self._encode is None else self._encode(value)
        if raw.__class__ is not bytes:
            raw = codec_of("to_amqp", "bytes").encode(raw)
        key = self._key if self._key_of is None else checked_key(self._key_of(value))
        self._messages.append((key, raw, self._properties_of(headers, time)))
        return value

    def take(self) -> Sequence[Message]:
        """What was made since the last time."""
        taken, self._messages = self._messages, []
        return taken


def checked_key(key: Any) -> str:
    """A routing key as a function gave it.

    Raises:
        DeliveryError: If it is none.
    """
    if not isinstance(key, str) or len(key.encode()) > 255:
        raise DeliveryError(
            f"to_amqp: routing_key must give a text of at most 255 bytes; got {key!r}. Correct the function."
        )
    return key
