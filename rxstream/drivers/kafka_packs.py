"""Packing records by partition, within the pass that makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from rxstream.core import UNSET, item_key, item_time, source_event, thread_slot
from rxstream.drivers.codecs import codec_of
from rxstream.drivers.kafka import PartitionOf
from rxstream.errors import DeliveryError

_NO_HEADERS: Final[list[tuple[str, bytes | None]]] = []


class Settings(Protocol):
    """What a packer must know of its sink."""

    topic: str | Callable[[Any], str]
    partition: Callable[[Any], int] | None
    encode_value: Callable[[Any], bytes] | None
    encode_key: Callable[[Any], bytes]
    known: dict[str, PartitionOf]
    most_bytes: int


class Packs:
    """Records packed by partition, in their order; a pack that is full stays behind, and a new one is begun.

    Args:
        create: Makes an empty pack.
        turn: Which partition, counted on and on, takes the records without a key.
        most_bytes: How large a value may be.
    """

    __slots__ = ("_create", "_most_bytes", "_turn", "all", "appends", "unplaced")

    def __init__(self, create: Callable[[], Any], turn: int, most_bytes: int) -> None:
        self.all: list[tuple[tuple[str, int], Any]] = []
        self.unplaced: list[Any] = []  # of topics whose partitions are not known yet
        self.appends: dict[tuple[str, int], Callable[..., Any]] = {}
        self._create = create
        self._turn = turn
        self._most_bytes = most_bytes

    def add(
        self,
        known: PartitionOf,
        topic: str,
        partition: int | None,
        key: bytes | None,
        value: bytes | None,
        time: int | None,
        headers: list[tuple[str, bytes | None]],
    ) -> None:
        """Append a record to its partition's pack."""
        if partition is None:
            partition = known[key] if key is not None else self.in_turn(known)
        append = self.appends.get((topic, partition))
        if append is None or append(timestamp=time, key=key, value=value, headers=headers) is None:
            self.begin(topic, partition, key, value, time, headers)

    def in_turn(self, known: PartitionOf) -> int:
        """The partition whose turn it is to take the records without a key."""
        return known.numbers[self._turn % len(known.numbers)]

    def begin(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        time: int | None,
        headers: list[tuple[str, bytes | None]],
    ) -> None:
        """Begin a partition's next pack with a record.

        Raises:
            DeliveryError: If it is larger than the client sends; one that large always comes here, as it fits nowhere.
        """
        if value is not None and len(value) > self._most_bytes:
            # Refused by the broker it would be found again among all that were sent with it.
            raise DeliveryError(
                f"to_kafka: a value must have at most {self._most_bytes} bytes; got {len(value)}, for {topic}. "
                "Raise max_request_size in extra, and max.message.bytes of the topic, or make it smaller."
            )
        pack = self._create()
        pack.append(timestamp=time, key=key, value=value, headers=headers)
        self.all.append(((topic, partition), pack))
        self.appends[topic, partition] = pack.append


class Packer:
    """Packs the items of one pipeline."""

    def __init__(self, sink: Settings, create: Callable[[], Any]) -> None:
        self._sink = sink
        self._slot = thread_slot()
        self._create = create
        self._takes_bytes = sink.encode_key is text_or_bytes
        self._turn = 0
        self._packs = Packs(create, 0, sink.most_bytes)

    def encode(self, value: Any) -> Any:
        """Pack the item that is just passing."""
        slot, sink = self._slot, self._sink
        key = item_key(slot) if slot.key is UNSET else slot.key
        time = item_time(slot) if slot.time is UNSET else slot.time
        headers = source_event(slot).headers if slot.headers is UNSET else slot.headers
        if key is not None:
            if key.__class__ is not bytes or not self._takes_bytes:
                key = sink.encode_key(key)
        elif value is None:
            raise DeliveryError("to_kafka: a tombstone must have a key; got None for both. Give it one: ops.key_by(f).")
        raw = value if value is None or sink.encode_value is None else sink.encode_value(value)
        if raw.__class__ is not bytes and raw is not None:
            raw = codec_of("to_kafka", "bytes").encode(raw)
        topic: Any = sink.topic if sink.topic.__class__ is str else sink.topic(value)  # type: ignore[operator]  # a function
        partition = None if sink.partition is None else sink.partition(value)
        # The client takes milliseconds, and nothing but lists of headers.
        stamp = None if time is None else time // 1_000_000
        listed = list(headers) if headers else _NO_HEADERS
        known = sink.known.get(topic)
        if known is None:
            self._packs.unplaced.append((topic, partition, key, raw, stamp, listed))
            return value
        packs = self._packs
        if partition is None:
            partition = known[key] if key is not None else packs.in_turn(known)
        # In place of a call of `add`, which costs as much as the rest.
        append = packs.appends.get((topic, partition))
        if append is None or append(timestamp=stamp, key=key, value=raw, headers=listed) is None:
            packs.begin(topic, partition, key, raw, stamp, listed)
        return value

    def take(self) -> Packs:
        """What was packed since the last time."""
        taken = self._packs
        self._turn += 1
        self._packs = Packs(self._create, self._turn, self._sink.most_bytes)
        return taken


def text_or_bytes(key: Any) -> bytes:
    """A key that needs no codec."""
    if key.__class__ is bytes:
        found: bytes = key
        return found
    if isinstance(key, str):
        return key.encode()
    raise TypeError(f'to_kafka: a key must be bytes or text; got {key!r}. Say key_codec="json", or ops.key_by(f).')
