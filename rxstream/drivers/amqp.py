"""Talking to RabbitMQ: the one place that imports pika."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Final

from rxstream.drivers.clients import require_client
from rxstream.errors import ConfigurationError, ConnectError

#: Seconds in which a broker must answer at the start.
CONNECT_BUDGET: Final = 9.0
#: Seconds to wait before the broker is tried again: at first, and at most.
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0

_SCHEMES: Final = ("amqp", "amqps")


@cache
def pika() -> Any:
    """The client library."""
    # Its log is the application's to show; without logging set up, its lines would appear beside our errors.
    logging.getLogger("pika").addHandler(logging.NullHandler())
    return importlib.import_module("pika")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is and who connects; it never prints a password.

    Args:
        who: The source or sink, for messages.
        place: Host and port.
        host: The virtual host.
        user: Who logs in.
        parameters: The client's.
    """

    who: str
    place: str
    host: str
    user: str
    parameters: Any = field(repr=False)


def address_of(who: str, url: Any) -> Address:
    """Read a ``url=`` argument.

    Raises:
        ConfigurationError: If it is no URL of a broker.
    """
    require_client(who, "pika", extra="amqp")
    try:
        if url.partition("://")[0] not in _SCHEMES:
            raise ValueError(url)
        parameters = pika().URLParameters(url)
    except (AttributeError, IndexError, TypeError, ValueError):
        # Without the cause: the parser's words may hold a part of the password.
        raise ConfigurationError(
            f"{who}: url must be amqp://user:password@host:port/vhost; got {_without_password(url)!r}. "
            "Correct it; special characters are written as %2F and the like."
        ) from None
    parameters.connection_attempts = 1
    place = f"{parameters.host}:{parameters.port}"
    return Address(who, place, parameters.virtual_host, parameters.credentials.username, parameters)


class Refused(Exception):  # noqa: N818 - a word of the broker's, which becomes an error of ours where its cause is known
    """The broker closed the channel, or the connection, because of what was asked of it.

    Args:
        code: Its reply code.
        text: What it says.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


class Link:
    """A connection with one channel, until either is closed.

    ``lost`` has the reason as its result then.
    """

    def __init__(self, address: Address) -> None:
        self.lost: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self.channel: Any = None
        self._address = address
        self._connection: Any = None
        self._closed = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        return not self.lost.done() and self.channel is not None and self.channel.is_open

    async def open(self) -> None:
        """Connect, and open the channel."""
        opened = asyncio.get_running_loop().create_future()
        self._connection = _connection_class()(
            self._address.parameters,
            on_open_callback=partial(_answer, opened),
            on_open_error_callback=self._on_closed,
            on_close_callback=self._on_closed,
            custom_ioloop=asyncio.get_running_loop(),
        )
        await self._answered(opened)
        found = asyncio.get_running_loop().create_future()
        self._connection.channel(on_open_callback=partial(_answer, found))
        self.channel = await self._answered(found)
        self.channel.add_on_close_callback(self._on_channel_closed)

    async def call(self, method: str, **arguments: Any) -> None:
        """Call a method of the channel, and wait for the broker's answer.

        Raises:
            Refused: If the broker refuses.
            ConnectionError: If the connection is lost meanwhile.
        """
        answer = asyncio.get_running_loop().create_future()
        if not self.is_open:
            raise ConnectionResetError("the connection is lost")
        getattr(self.channel, method)(callback=partial(_answer, answer), **arguments)
        await self._answered(answer)

    @contextmanager
    def in_one_piece(self) -> Iterator[None]:
        """Send what is sent in the block, which must not await, at its end."""
        self._connection.kept = []
        try:
            yield
        finally:
            frames, self._connection.kept = self._connection.kept, None
            if frames:
                self._connection._output_marshaled_frames(frames)

    async def close(self) -> None:
        """Close the connection; a broker that does not answer is not waited for, hardly so if all is to end at once."""
        if self._connection is None or self._closed.is_set():
            return
        with suppress(pika().exceptions.AMQPError):
            self._connection.close()
        task = asyncio.current_task()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), 0.2 if task is not None and task.cancelling() else 2.0)
        if not self._closed.is_set():
            # What the client offers waits for the broker's answer; its socket would stay open for ever.
            self._connection._adapter_disconnect_stream()

    async def _answered(self, answer: asyncio.Future[Any]) -> Any:
        await asyncio.wait({answer, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        reason = self.lost.result()
        raise reason if isinstance(reason, Refused) else ConnectionResetError(str(reason)) from reason

    def _on_channel_closed(self, _channel: Any, reason: BaseException) -> None:
        _answer(self.lost, _refusal(reason))

    def _on_closed(self, _connection: Any, reason: BaseException) -> None:
        self._closed.set()
        _answer(self.lost, _refusal(reason))


def _adapter() -> Any:
    return importlib.import_module(f"{pika().__name__}.adapters.asyncio_connection")


@cache
def _connection_class() -> Any:
    class Connection(_adapter().AsyncioConnection):  # type: ignore[misc]  # known only when it is imported
        """Sends frames together; the client's way costs each a call of the system, and the network a packet.

        A client that no longer calls this method sends them as it likes.
        """

        kept: list[bytes] | None = None

        def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
            if self.kept is None:
                super()._output_marshaled_frames([b"".join(marshaled_frames)])
            else:
                self.kept += marshaled_frames

    return Connection


async def linked(address: Address) -> Link:
    """Connect to a broker.

    Raises:
        ConnectError: If it does not answer, or lets nobody in; in one line with the address, never with a password.
    """
    link = Link(address)
    try:
        await asyncio.wait_for(link.open(), CONNECT_BUDGET)
    except Exception as error:
        reason = link.lost.result() if link.lost.done() else error
        await link.close()
        raise ConnectError(_why_not(address, reason)) from error
    except BaseException:
        await link.close()
        raise
    return link


#: The operator shut the broker down, or it ran out of something: nothing that was asked is to blame.
_NOT_OUR_FAULT: Final = frozenset({311, 313, 320, 506, 541})


def _refusal(reason: BaseException) -> BaseException:
    by_broker = pika().exceptions.ChannelClosedByBroker, pika().exceptions.ConnectionClosedByBroker
    if isinstance(reason, by_broker) and reason.reply_code not in _NOT_OUR_FAULT:
        return Refused(reason.reply_code, reason.reply_text)
    return reason


def _answer(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _why_not(address: Address, reason: BaseException) -> str:
    errors = pika().exceptions
    if isinstance(reason, errors.AuthenticationError | errors.ProbableAuthenticationError):
        return (
            f"{address.who}: the broker at {address.place} must let user {address.user!r} in; it refused the password. "
            "Correct user and password in url."
        )
    if isinstance(reason, Refused | errors.ProbableAccessDeniedError):
        said = reason.text if isinstance(reason, Refused) else _quoted(str(reason))
        return (
            f"{address.who}: the broker at {address.place} must have a virtual host {address.host!r} that user "
            f"{address.user!r} may use; it says: {said}. Create it, or correct url."
        )
    return (
        f"{address.who}: a RabbitMQ broker must answer at {address.place}; {_words(reason)}. Start it, or correct url."
    )


def _quoted(said: str) -> str:
    found = re.search(r"'(.*)'", said)
    return said if found is None else found[1]


def _words(reason: BaseException) -> str:
    """What happened, without the client's own words for "nobody was there", which name its internals."""
    if isinstance(reason, TimeoutError):
        return f"none did within {CONNECT_BUDGET:.0f} s"
    if "gaierror" in repr(reason):
        return "there is no such host"
    return "what did is none" if isinstance(reason, pika().exceptions.IncompatibleProtocolError) else "none did"


def _without_password(url: object) -> object:
    return re.sub(r"^(\w+://)?([^:@/]*):.*@", r"\1\2:***@", url) if isinstance(url, str) else url
