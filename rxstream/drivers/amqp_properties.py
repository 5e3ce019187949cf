"""A message's properties as headers, and headers as a message's properties."""

from __future__ import annotations

import json
from typing import Any, Final

from rxstream.core import Headers
from rxstream.drivers.amqp import pika
from rxstream.drivers.codecs import plain
from rxstream.errors import DeliveryError

#: Properties by the names of their headers. The timestamp is none of them: it is the Event's.
_FIELDS: Final = {
    f"amqp-{field.replace('_', '-')}": field
    for field in (
        "content_type",
        "content_encoding",
        "delivery_mode",
        "priority",
        "correlation_id",
        "reply_to",
        "expiration",
        "message_id",
        "type",
        "user_id",
        "app_id",
        "cluster_id",
    )
}
_NAMES: Final = {field: name for name, field in _FIELDS.items()}
_REDELIVERED: Final = {flag: ("amqp-redelivered", str(flag).lower().encode()) for flag in (True, False)}
#: What is the sink's to say, or was the broker's.
_NOT_SENT: Final = frozenset({"amqp-redelivered", "amqp-delivery-mode"})
#: Bytes of headers that surely fit into one frame, as they must: the broker closes the connection otherwise.
_MOST_BYTES: Final = 100_000
#: Seconds from which on a year has five digits, which no datetime can say.
_YEAR_10000: Final = 253_402_300_800
#: Different headers whose properties are remembered.
_MOST_KNOWN: Final = 1_000

_write: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=plain).encode


def headers_of(properties: Any, redelivered: bool) -> Headers:
    """A message's own headers, its properties, and whether it may have been delivered before."""
    made = [
        (name, content.encode() if content.__class__ is str else _as_bytes(content))
        for name, content in (properties.headers or {}).items()
    ]
    for field, content in vars(properties).items():
        if content is not None and field in _NAMES:
            made.append((_NAMES[field], content.encode() if content.__class__ is str else _as_bytes(content)))
    made.append(_REDELIVERED[redelivered])
    return tuple(made)


def nanoseconds(timestamp: int) -> int | None:
    """The instant of a timestamp, which is in seconds; None for one that is none."""
    return timestamp * 1_000_000_000 if timestamp < _YEAR_10000 else None


class Properties:
    """Makes the properties of messages that one sink sends.

    Args:
        who: The sink, for messages.
        user: Who is logged in; the broker refuses messages that name another.
        persistent: Whether messages outlive the broker's restart.
    """

    def __init__(self, who: str, user: str, *, persistent: bool) -> None:
        self._who = who
        self._user = user.encode()
        self._mode = 2 if persistent else 1
        self._known: dict[Headers, Any] = {}

    def of(self, headers: Headers, time: int | None) -> Any:
        """The properties that say what an item's headers and instant say.

        Raises:
            DeliveryError: If they cannot be said in AMQP.
        """
        if time is not None:
            return self._made(headers, self._seconds(time))
        known = self._known.get(headers)
        if known is None:
            # Most messages of a stream have the same few headers.
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[headers] = self._made(headers, None)
        return known

    def _made(self, headers: Headers, timestamp: int | None) -> Any:
        fields: dict[str, Any] = {}
        table: dict[str, Any] = {}
        for name, content in headers:
            field = _FIELDS.get(name)
            if name in _NOT_SENT or (field == "user_id" and content != self._user):
                continue
            if field is None:
                table[name] = None if content is None else _as_text(content)
            elif content is not None:
                fields[field] = self._number(name, content) if field == "priority" else _as_text(content)
                self._check_short(name, content)
        if table:
            self._check_table(table)
        return pika().BasicProperties(headers=table or None, delivery_mode=self._mode, timestamp=timestamp, **fields)

    def _seconds(self, time: int) -> int:
        if time < 0:
            raise DeliveryError(
                f"{self._who}: a timestamp must not lie before 1970, which AMQP has no word for; got {time} ns. "
                "Take it off: event.replace(timestamp=None)."
            )
        return time // 1_000_000_000

    def _number(self, name: str, content: bytes) -> int:
        if not content.isdigit() or int(content) > 255:
            raise DeliveryError(
                f"{self._who}: header {name} must be a whole number up to 255; got {content!r}. Correct it."
            )
        return int(content)

    def _check_short(self, name: str, content: bytes) -> None:
        if len(content) > 255:
            raise DeliveryError(
                f"{self._who}: header {name} must have at most 255 bytes; got {len(content)}. Shorten it."
            )

    def _check_table(self, table: dict[str, Any]) -> None:
        longest = max(table, key=lambda name: len(name.encode()))
        if len(longest.encode()) > 255:
            raise DeliveryError(
                f"{self._who}: a header's name must have at most 255 bytes; got {longest!r}. Shorten it."
            )
        size = sum(len(name) + len(content or b"") for name, content in table.items())
        if size > _MOST_BYTES:
            raise DeliveryError(
                f"{self._who}: a message's headers must have at most {_MOST_BYTES} bytes; got {size}. "
                "Put what is long into the value."
            )


def _as_bytes(content: Any) -> bytes | None:
    if content is None or isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else _write(_in_json(content)).encode()


def _in_json(content: Any) -> Any:
    """What a field of a message's headers may be, as JSON knows it; only decimals are no more than numbers there."""
    if isinstance(content, dict):
        return {str(name): _in_json(inner) for name, inner in content.items()}
    if isinstance(content, list):
        return [_in_json(inner) for inner in content]
    return float(content) if type(content).__name__ == "Decimal" else content


def _as_text(content: bytes) -> str | bytes:
    """Text where it is some, as most clients read nothing else."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content
