"""Publishing to an exchange: what is not confirmed yet, what comes back, and what is sent again."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from rxstream.drivers.amqp import FIRST_PAUSE, LONGEST_PAUSE, Address, Link, Refused, linked
from rxstream.errors import BatchError, ConnectError, DeliveryError

_LOG: Final = logging.getLogger("rxstream")
#: How many messages may be unconfirmed: a broker that is short of memory or disk takes none for as long as it likes.
_MOST_UNCONFIRMED: Final = 5_000
#: Reply code: what is not there.
_NOT_FOUND: Final = 404

#: What is published: routing key, body, properties.
Message = tuple[str, bytes, Any]


class _Receipt:
    """What became of one batch."""

    __slots__ = ("errors", "future", "left")

    def __init__(self, count: int) -> None:
        self.left = count
        self.errors: dict[int, BaseException] = {}
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not count:
            self.future.set_result(None)

    def note(self, place: int, error: BaseException | None) -> None:
        """Note what became of one message; that of the last one is what became of all."""
        if error is not None:
            self.errors[place] = error
        self.left -= 1
        if self.left or self.future.done():
            return
        if self.errors:
            self.future.set_exception(BatchError(self.errors))
            # Seen: a run that was ended meanwhile does not ask, and nobody is to complain of it.
            self.future.exception()
        else:
            self.future.set_result(None)


#: A message that is not confirmed: its batch's receipt, its place there, and itself.
_Sent = tuple[_Receipt, int, Message]


class Writer:
    """Publishes to one exchange with confirms.

    What is unconfirmed when the connection is lost is published again, in its order, before anything else. Where the
    broker closed the channel because of a message it will not have, that one is found among the unconfirmed and fails.

    Args:
        address: The broker's.
        exchange: Where to; its default one is ``""``.
        mandatory: Whether the broker must say what it has no queue for.
    """

    def __init__(self, address: Address, *, exchange: str, mandatory: bool) -> None:
        self._address = address
        self.exchange = exchange
        self._mandatory = mandatory
        self._pending: deque[_Sent] = deque()
        self._tag = 1  # the delivery tag of the first that is pending
        self._searched = 0  # the delivery tag of the last that came back
        self._early: set[int] = set()  # delivery tags that were answered before the first
        self._link: Link
        self._ready = False
        self._closing = False
        self._progress = asyncio.Event()
        self._mending: asyncio.Task[None] | None = None

    async def open(self, queue: str | None) -> None:
        """Connect.

        Args:
            queue: One that must be there.

        Raises:
            ConnectError: If the broker is away or lets nobody in, or the exchange or queue does not exist.
        """
        self._link = await linked(self._address)
        try:
            await self._check(queue)
            await self._begin()
        except (Refused, ConnectionError) as error:
            await self._link.close()
            raise self._why_not(error, queue) from error
        except BaseException:
            await self._link.close()
            raise
        self._ready = True

    async def write(self, messages: Sequence[Message]) -> Awaitable[None]:
        """Publish messages; what is returned waits until the broker has them all."""
        receipt = _Receipt(len(messages))
        sending = [(receipt, place, message) for place, message in enumerate(messages)]
        while sending:
            if not self._has_room():
                await self._until(self._has_room)
            room = _MOST_UNCONFIRMED - len(self._pending)
            self._publish(sending[:room])
            del sending[:room]
        return receipt.future

    async def close(self) -> None:
        """Close the connection."""
        self._closing = True
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.wait({self._mending})
        await self._link.close()

    def _has_room(self) -> bool:
        return self._ready and len(self._pending) < _MOST_UNCONFIRMED

    def _publish(self, sending: Sequence[_Sent]) -> None:
        self._pending += sending
        if not self._link.is_open:
            return
        publish, exchange, mandatory = self._link.channel.basic_publish, self.exchange, self._mandatory
        with self._link.in_one_piece():
            for _, _, (key, body, properties) in sending:
                publish(exchange, key, body, properties, mandatory)

    async def _check(self, queue: str | None) -> None:
        if self.exchange:
            await self._link.call("exchange_declare", exchange=self.exchange, passive=True)
        if queue is None:
            return
        try:
            await self._link.call("queue_declare", queue=queue, passive=True)
        except Refused as error:
            if error.code == _NOT_FOUND:
                raise
            # It is there, but somebody else's: whoever may not look into it may well send to it.
            await self._link.close()
            self._link = await linked(self._address)

    async def _begin(self) -> None:
        """Begin with a channel on which nothing was published yet."""
        link = self._link
        self._tag, self._searched = 1, 0
        self._early.clear()
        link.channel.add_on_return_callback(self._on_returned)
        await link.call("confirm_delivery", ack_nack_callback=self._on_answer)
        link.lost.add_done_callback(self._on_lost)

    def _on_answer(self, frame: Any) -> None:
        method = frame.method
        refused = method.NAME == "Basic.Nack"
        if method.multiple:
            while self._pending and (self._tag <= method.delivery_tag or not method.delivery_tag):
                self._settle_first(refused)
        elif method.delivery_tag == self._tag:
            self._settle_first(refused)
        else:
            self._early.add(method.delivery_tag)
            self._settle(self._pending[method.delivery_tag - self._tag], refused)
        while self._tag in self._early:
            self._early.remove(self._tag)
            self._pending.popleft()
            self._tag += 1
        self._progress.set()

    def _settle_first(self, refused: bool) -> None:
        sent = self._pending.popleft()
        if self._tag in self._early:
            self._early.remove(self._tag)
        else:
            self._settle(sent, refused)
        self._tag += 1

    def _settle(self, sent: _Sent, refused: bool) -> None:
        receipt, place, message = sent
        error = self._refused(message, "it says no more") if refused else None
        receipt.note(place, error)

    def _refused(self, message: Message, said: str) -> DeliveryError:
        return DeliveryError(
            f"to_amqp: the broker must take what is sent to exchange {self.exchange!r} with routing key "
            f"{message[0]!r}; it refused the message: {said}. See to it there, or change the message."
        )

    def _on_returned(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        """Note what came back; the broker confirms it all the same, a little later."""
        tag = self._tag_of(method.routing_key, body, properties)
        if tag is None:
            _LOG.error("to_amqp: the broker returned a message that was not sent, of %d bytes", len(body))
            return
        self._searched = tag
        receipt, place, message = self._pending[tag - self._tag]
        receipt.errors[place] = DeliveryError(
            f"to_amqp: exchange {self.exchange!r} must have a queue for routing key {message[0]!r}; the broker "
            f"returned the message: {method.reply_text}. Bind a queue, or say mandatory=False."
        )

    def _tag_of(self, key: str, body: bytes, properties: Any) -> int | None:
        """Find what came back, which carries no tag: the first that is the same, behind the one before.

        Returns come in the order of publishing, and each before its confirm. Where messages are alike in every byte,
        either may stand for the other.
        """
        begin = max(self._tag, self._searched + 1)
        alike: int | None = None
        for tag, (_, _, sent) in enumerate(islice(self._pending, begin - self._tag, None), begin):
            if sent[1] == body and sent[0] == key and tag not in self._early:
                if sent[2] == properties:
                    return tag
                alike = tag if alike is None else alike
        return alike

    def _on_lost(self, _reason: object) -> None:
        if not self._closing and self._ready:
            self._ready = False
            _LOG.warning("to_amqp: the broker at %s closed the connection; opening it again", self._address.place)
            self._mending = asyncio.get_running_loop().create_task(self._mend())
        self._progress.set()

    async def _mend(self) -> None:
        """Connect, and publish again what was not confirmed, in ever smaller parts if the broker will not have it."""
        parts = self._parts([])
        while parts or not self._link.is_open:
            await self._connect()
            part = parts.pop() if parts else ()
            for receipt, place, _ in part:
                receipt.errors.pop(place, None)
            self._publish(part)
            await self._until(lambda: not self._pending or not self._link.is_open)
            parts = self._parts(parts)
        self._ready = True
        self._progress.set()

    def _parts(self, further: Iterable[Sequence[_Sent]]) -> list[Sequence[_Sent]]:
        """What is to be published, the last part first."""
        unconfirmed = [sent for tag, sent in enumerate(self._pending, self._tag) if tag not in self._early]
        self._pending.clear()
        self._early.clear()
        parts = [part for part in further if part]
        reason = self._link.lost.result() if self._link.lost.done() else None
        if not unconfirmed:
            return parts
        if not isinstance(reason, Refused):
            return [*parts, unconfirmed]
        if len(unconfirmed) == 1 or reason.code == _NOT_FOUND:
            for receipt, place, message in unconfirmed:
                receipt.note(place, self._refused(message, reason.text))
            return parts
        half = len(unconfirmed) // 2
        return [*parts, unconfirmed[half:], unconfirmed[:half]]

    async def _connect(self) -> None:
        """Have a channel that is open, however long it takes."""
        pause = FIRST_PAUSE
        while not self._link.is_open:
            await self._link.close()
            with suppress(ConnectError, Refused, ConnectionError):
                self._link = await linked(self._address)
                await self._begin()
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._progress.clear()
            await self._progress.wait()

    def _why_not(self, error: Exception, queue: str | None) -> ConnectError:
        place, exchange = self._address.place, self.exchange
        if not isinstance(error, Refused):
            return ConnectError(
                f"to_amqp: a RabbitMQ broker must answer at {place}; it went away. Start it, or correct url."
            )
        if error.code != _NOT_FOUND:
            return ConnectError(
                f"to_amqp: exchange {exchange!r} must be ours to send to; {place} says: {error.text}. See to it there."
            )
        if "no exchange" in error.text:
            return ConnectError(
                f"to_amqp: the exchange must exist; {place} has none named {exchange!r}. "
                "Create it, or correct the name."
            )
        return ConnectError(
            f"to_amqp: the queue must exist; {place} has none named {queue!r}. "
            "Create it, or correct routing_key, which is its name where exchange is ''."
        )
