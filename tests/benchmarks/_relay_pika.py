"""Relay a queue with pika in callbacks: publish as messages come, and acknowledge together what is confirmed."""

import asyncio
from typing import Any

import pika
from pika.adapters.asyncio_connection import AsyncioConnection

from tests.benchmarks._relay import Relay

#: How many are acknowledged together.
_TOGETHER = 100
_PERSISTENT = 2


class _Hands:
    """One channel that reads and publishes: the first message published is the first that came, and so on."""

    def __init__(self, relay: Relay, connection: AsyncioConnection) -> None:
        self._relay = relay
        self._connection = connection
        self._channel: Any = None
        self._unconfirmed: set[int] = set()
        self._published = 0
        self._acknowledged = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin(self, channel: Any) -> None:
        """Ask for messages."""
        self._channel = channel
        channel.add_on_close_callback(self._on_closed)
        channel.add_on_return_callback(self._on_returned)
        channel.confirm_delivery(self._on_confirmed)
        channel.basic_qos(prefetch_count=self._relay.prefetch)
        channel.basic_consume(self._relay.source, self._on_message)

    def _on_message(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        properties = pika.BasicProperties(headers=properties.headers, delivery_mode=_PERSISTENT)
        channel.basic_publish("", self._relay.output, self._relay.change(body), properties, mandatory=True)
        self._published = method.delivery_tag
        self._unconfirmed.add(method.delivery_tag)

    def _on_confirmed(self, frame: Any) -> None:
        method = frame.method
        if isinstance(method, pika.spec.Basic.Nack):
            self._fail(f"the broker refused message {method.delivery_tag}")
            return
        if method.multiple:
            self._unconfirmed = {tag for tag in self._unconfirmed if tag > method.delivery_tag}
        else:
            self._unconfirmed.discard(method.delivery_tag)
        if len(self._unconfirmed) == 0 or self._published - self._acknowledged >= 2 * _TOGETHER:
            self._acknowledge()

    def _acknowledge(self) -> None:
        safe = min(self._unconfirmed) - 1 if self._unconfirmed else self._published
        if safe - self._acknowledged >= _TOGETHER or not self._unconfirmed:
            self._channel.basic_ack(safe, multiple=True)
            self._acknowledged = safe
        if safe == self._relay.messages and not self.done.done():
            self.done.set_result(None)

    def _on_returned(self, _channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
        self._fail(f"the broker returned a message: {method.reply_text}")

    def _on_closed(self, _channel: Any, reason: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(reason)

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))


async def copy(relay: Relay) -> None:
    """Relay until all messages are through."""
    connection = AsyncioConnection(pika.URLParameters(relay.url))
    hands = _Hands(relay, connection)
    connection.add_on_open_callback(lambda _: connection.channel(on_open_callback=hands.begin))
    closed = asyncio.Event()
    connection.add_on_close_callback(lambda *_: closed.set())
    await hands.done
    connection.close()
    await closed.wait()
