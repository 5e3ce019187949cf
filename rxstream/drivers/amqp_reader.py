"""Reading a queue as messages come: one channel after the other, positions and acknowledgements."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from rxstream.core import Above, Partition, Poll, Span
from rxstream.drivers.amqp import FIRST_PAUSE, LONGEST_PAUSE, Address, Link, Refused, linked
from rxstream.errors import ConnectError

_LOG: Final = logging.getLogger("rxstream")
#: Messages a poll. They are acknowledged together: with more, too many of what may be unacknowledged wait for the last.
_POLL: Final = 200
#: Seconds a poll waits, which is also how late a stop may come.
_WAIT: Final = 0.1
#: The same while something is not acknowledged: soon, as the broker sends no more than `prefetch`, but for what takes
#: long not for ever as soon.
_SOON: Final = 0.005
_LESS_SOON: Final = 0.02

#: After so many polls that brought nothing, the broker waits for acknowledgements, and is not merely slow.
_LONG: Final = 16
#: What the protocol has room for.
MOST_PREFETCHED: Final = 65_535

#: Reply codes: what is not there, and what somebody else has for himself.
_NOT_FOUND: Final = 404
_LOCKED: Final = 405
_NOT_ALIKE: Final = 406

#: A consumer's argument, and a message's header: a place in a stream.
_OFFSET: Final = "x-stream-offset"

#: A message as it is handed over: its position, the client's method, properties and body, and who read it.
Message = tuple[int, Any, Any, bytes, "Reader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a reader was asked for.

    Args:
        declare: How the queue is declared; None: it must be there.
        extra: Arguments of the consumer.
        acks_before: Whether messages are acknowledged before they are handed over.
    """

    address: Address
    queue: str
    exchange: str | None
    routing_key: str | None
    declare: Mapping[str, Any] | None
    prefetch: int
    extra: Mapping[str, Any]
    acks_before: bool

    @property
    def partition(self) -> Partition:
        """What its positions are of."""
        return (self.queue, None)


async def reading(settings: Settings) -> Reader:
    """Open a queue for reading.

    Raises:
        ConnectError: If the broker is away or lets nobody in, or the queue does not exist.
    """
    link = await linked(settings.address)
    reader = Reader(settings)
    try:
        await reader.consume(link)
    except (Refused, ConnectionError) as error:
        await link.close()
        raise _why_not(settings, error) from error
    except BaseException:
        await link.close()
        raise
    return reader


class Reader:
    """Reads as messages come, and goes on by itself when a broker comes back.

    A message's position is its delivery tag plus all that came in the channels before: so what is settled of an
    earlier channel can never acknowledge a message of the present one.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._buffer: list[Message] = []
        self._unacked: list[int] = []  # positions that were handed over, in order
        self._offsets: dict[int, int] = {}  # where in a stream messages stand, by position
        self._resume: Mapping[str, int] = {}
        self._allowed = settings.prefetch
        self._tag = f"rxstream-{uuid4().hex}"
        self._base = 0
        self._end = 0  # the last position there was
        self._gone = False
        self._empties = 0
        self._failure: BaseException | None = None
        self._news: asyncio.Future[None] | None = None
        self._mending: asyncio.Task[None] | None = None
        self._link: Link

    async def consume(self, link: Link) -> None:
        """Begin to read from a channel."""
        self._link = link
        settings = self._settings
        if settings.declare is None:
            await link.call("queue_declare", queue=settings.queue, passive=True)
        else:
            await link.call("queue_declare", queue=settings.queue, **settings.declare)
        if settings.exchange is not None:
            await link.call(
                "queue_bind", queue=settings.queue, exchange=settings.exchange, routing_key=settings.routing_key or ""
            )
        link.channel.add_on_cancel_callback(self._on_cancelled)
        await self._subscribe(self._taker())
        link.lost.add_done_callback(self._on_lost)

    async def _subscribe(self, take: Callable[[Any, Any, Any, bytes], None]) -> None:
        await self._link.call("basic_qos", prefetch_count=self._allowed)
        await self._link.call(
            "basic_consume",
            queue=self._settings.queue,
            on_message_callback=take,
            consumer_tag=self._tag,
            arguments={**self._settings.extra, **self._resume},
        )

    async def read(self) -> Poll:
        """What has come; nothing, after a while without."""
        if not self._buffer and not self._gone:
            if self._failure is not None:
                raise self._failure
            await self._wait_news()
        gone, self._gone = (self._settings.partition,) if self._gone else (), False
        records = self._buffer[:_POLL]
        del self._buffer[:_POLL]
        if not records:
            self._empties += 1
            if self._empties % _LONG == 0 and len(self._unacked) >= self._allowed:
                await self._allow_more()
            return Poll((), (), gone)
        self._empties = 0
        if self._settings.acks_before:
            return Poll(records if await self._ack_all(records) else ())
        first, self._end = records[0][0], records[-1][0]
        self._unacked += range(first, self._end + 1)
        self._note_offsets(records)
        return Poll(records, (Span(self._settings.partition, first, self._end + 1, len(records)),), gone)

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int]:
        """Acknowledge what is settled; what came in an earlier channel is the broker's to send again."""
        position = positions.get(self._settings.partition, 0)
        if position <= self._base or not self._link.is_open:
            return {}
        settled = bisect_left(self._unacked, position)
        if settled:
            # Up to the last that is not acknowledged yet: the broker refuses a tag that it no longer knows.
            self._link.channel.basic_ack(self._unacked[settled - 1] - self._base, multiple=True)
            del self._unacked[:settled]
        if self._unacked:
            self._ack_above(iter(above(self._settings.partition)))
        return positions

    def reject(self, position: int, requeue: bool) -> None:
        """Give a message back to the broker; one of an earlier channel it has taken back already."""
        place = bisect_left(self._unacked, position)
        if self._unacked[place : place + 1] == [position] and self._link.is_open:
            self._link.channel.basic_nack(position - self._base, requeue=requeue)
            del self._unacked[place]

    async def close(self) -> None:
        """Close the connection; what is not acknowledged, the broker sends again."""
        self._failure = ConnectionAbortedError("closed")
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.wait({self._mending})
        await self._link.close()

    def _taker(self) -> Callable[[Any, Any, Any, bytes], None]:
        base, append = self._base, self._buffer.append

        def take(_channel: Any, method: Any, properties: Any, body: bytes) -> None:
            append((base + method.delivery_tag, method, properties, body, self))
            if self._news is not None:
                self._wake()

        return take

    def _ack_above(self, ranges: Iterator[tuple[int, int]]) -> None:
        first, end = next(ranges, (0, 0))
        if not end:
            return
        kept, channel = [], self._link.channel
        for position in self._unacked:
            while end and end <= position:
                first, end = next(ranges, (0, 0))
            if first <= position < end:
                channel.basic_ack(position - self._base)
            else:
                kept.append(position)
        self._unacked = kept

    async def _ack_all(self, records: list[Message]) -> bool:
        """Acknowledge messages that are about to be handed over; whether the broker has taken it."""
        if not self._link.is_open:
            return False
        self._link.channel.basic_ack(records[-1][0] - self._base, multiple=True)
        self._end = records[-1][0]
        self._note_offsets(records)
        try:
            # The answer to whatever is asked next says that it has heard what was said before.
            await self._link.call("basic_qos", prefetch_count=self._settings.prefetch)
        except (Refused, ConnectionError):
            return False
        return True

    def _note_offsets(self, records: list[Message]) -> None:
        """Remember where in a stream its messages stand: its broker keeps no account of what was acknowledged."""
        if _OFFSET in (records[0][2].headers or ()):
            first = self._unacked[0] if self._unacked else records[0][0]
            kept = {position: offset for position, offset in self._offsets.items() if position >= first}
            self._offsets = kept | {record[0]: record[2].headers[_OFFSET] for record in records}

    async def _wait_news(self) -> None:
        seconds = min(_SOON * 2 ** min(self._empties, 10), _LESS_SOON) if self._unacked else _WAIT
        loop = asyncio.get_running_loop()
        self._news = loop.create_future()
        timer = loop.call_later(seconds, self._wake)
        try:
            await self._news
        finally:
            timer.cancel()
            self._news = None

    async def _allow_more(self) -> None:
        """Let the broker send more, as what we have is kept by operators: they would wait for the rest for ever.

        Whoever reads waits for work to be done first, so it is not that. A consumer's allowance is fixed: there must be
        a new one. While it is used up nothing is on its way, so that none comes twice or in another order.
        """
        self._allowed = min(2 * self._allowed, MOST_PREFETCHED)
        if self._offsets:
            self._resume = {_OFFSET: max(self._offsets.values()) + 1}
        with suppress(ConnectionError):
            await self._link.call("basic_cancel", consumer_tag=self._tag)
            await self._subscribe(self._taker())

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _on_cancelled(self, _frame: Any) -> None:
        settings = self._settings
        self._failure = ConnectError(
            f"from_amqp: queue {settings.queue!r} must stay while it is read; {settings.address.place} stopped "
            "sending from it, as brokers do when a queue is deleted. Create it, and run again."
        )
        self._wake()

    def _on_lost(self, _reason: object) -> None:
        if self._failure is None:
            self._forget()
            self._mending = asyncio.get_running_loop().create_task(self._mend())
            self._mending.add_done_callback(self._on_mended)

    def _on_mended(self, mending: asyncio.Task[None]) -> None:
        if not mending.cancelled() and mending.exception() is not None:
            self._failure = mending.exception()
            self._wake()

    def _forget(self) -> None:
        """Nothing that came in this channel can be acknowledged any more."""
        if self._offsets:
            first = self._unacked[0] if self._unacked else None
            last = max(self._offsets)
            self._resume = {_OFFSET: self._offsets[last] + 1 if first is None else self._offsets[first]}
            self._offsets = {}
        self._base = self._buffer[-1][0] if self._buffer else self._end
        self._end = self._base
        self._buffer.clear()
        self._unacked.clear()
        self._gone = True

    async def _mend(self) -> None:
        """Connect again, and again."""
        settings, pause = self._settings, FIRST_PAUSE
        _LOG.warning("from_amqp: the broker at %s went away; waiting for it", settings.address.place)
        await self._link.close()
        while True:
            try:
                link = await linked(settings.address)
            except ConnectError:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            try:
                await self.consume(link)
            except (Refused, ConnectionError) as error:
                self._forget()
                await link.close()
                if _is_for_good(error):
                    raise _why_not(settings, error) from error
                await asyncio.sleep(pause)
                continue
            except BaseException:
                await link.close()
                raise
            return


def _is_for_good(error: Exception) -> bool:
    # A cluster's node may come back; and who held the queue may be ourselves, whom the broker takes for alive.
    return isinstance(error, Refused) and error.code != _LOCKED and "inaccessible" not in error.text


def _why_not(settings: Settings, error: Exception) -> ConnectError:
    queue, place = settings.queue, settings.address.place
    if not isinstance(error, Refused):
        return ConnectError(
            f"from_amqp: a RabbitMQ broker must answer at {place}; it went away. Start it, or correct url."
        )
    if error.code == _NOT_FOUND and "no queue" in error.text:
        return ConnectError(
            f"from_amqp: the queue must exist; {place} has none named {queue!r}. "
            "Create it, or have it declared: declare={'durable': True}."
        )
    if error.code == _NOT_FOUND and "no exchange" in error.text:
        return ConnectError(
            f"from_amqp: the exchange must exist; {place} has none named {settings.exchange!r}. "
            "Create it, or correct the name."
        )
    if error.code == _NOT_ALIKE and settings.declare is not None:
        return ConnectError(
            f"from_amqp: queue {queue!r} must be what declare says; {place} says: {error.text}. "
            "Correct declare, or delete the queue."
        )
    return ConnectError(
        f"from_amqp: queue {queue!r} must be ours to read; {place} says: {error.text}. See to it there."
    )
