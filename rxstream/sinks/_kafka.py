"""Write the items to Kafka topics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from rxstream.core import UNSET, callable_, item_key, item_time, source_event, thread_slot
from rxstream.drivers import codec_of
from rxstream.drivers.kafka import (
    PartitionOf,
    aiokafka,
    check_extra,
    connected,
    require_aiokafka,
    require_topics,
)
from rxstream.errors import ConfigurationError, DeliveryError

#: Bytes a request and partition; large ones spare the client and the broker most of their work.
_BATCH_BYTES: Final = 256 * 1024


def to_kafka(
    topic: str | Callable[[Any], str],
    *,
    bootstrap_servers: str,
    codec: Any = None,
    key_codec: Any = None,
    partition: Callable[[Any], int] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> KafkaSink:
    """Write each item as a record with its passport's key, timestamp and headers.

    Keys go to partitions as with the Java client (murmur2); records without a key go to one partition a batch, each
    batch to the next. None is a tombstone. The producer is idempotent: its own retries write nothing twice.

    Args:
        topic: A name, or a function of the value.
        bootstrap_servers: ``"host:port"``, several with commas.
        codec: For values: ``"bytes"`` (the default), ``"str"``, ``"json"``, ``"msgpack"`` or an object with ``encode``.
        key_codec: For keys, likewise; None: bytes as they are, text as UTF-8.
        partition: A function of the value; None: by the key.
        extra: Further options of the client, by aiokafka's names.

    Raises:
        ConfigurationError: If an argument is none of these.
        MissingExtraError: If aiokafka is not installed.
        ConnectError: From the run, if no broker answers or the topic does not exist.

    Delivery: an item is settled when all in-sync replicas have its record.

    Example:
        >>> sink = rs.to_kafka("bills", bootstrap_servers="localhost:9092", codec="json")
    """
    if not isinstance(topic, str):
        callable_("to_kafka", topic=topic)
    elif not topic:
        raise ConfigurationError("to_kafka: topic must be a name; got ''. Give one, or a function of the value.")
    if partition is not None:
        callable_("to_kafka", partition=partition)
    require_aiokafka("to_kafka")
    options = check_extra("to_kafka", "AIOKafkaProducer", extra)
    return KafkaSink(topic, bootstrap_servers, codec, key_codec, partition, options)


_NO_HEADERS: Final[list[tuple[str, bytes | None]]] = []


class _Packs:
    """Records packed by partition, in their order."""

    __slots__ = ("filling", "full_and_filling", "unplaced")

    def __init__(self) -> None:
        self.full_and_filling: list[tuple[str, int, Any]] = []
        self.filling: dict[tuple[str, int], Callable[..., Any]] = {}
        self.unplaced: list[Any] = []  # of topics whose partitions are not known yet


class KafkaSink:
    """The sink that `to_kafka` makes."""

    #: It wants every item's key, time and headers, read from the record without lifting an Event.
    passport = True

    def __init__(
        self,
        topic: str | Callable[[Any], str],
        bootstrap: str,
        codec: Any,
        key_codec: Any,
        partition: Callable[[Any], int] | None,
        options: Mapping[str, Any],
    ) -> None:
        self.name = f"to_kafka({topic})" if isinstance(topic, str) else "to_kafka"
        self._topic = topic
        self._bootstrap = bootstrap
        self._encode_value = None if codec in (None, "bytes") else codec_of("to_kafka", codec).encode
        self._encode_key = _text_or_bytes if key_codec is None else codec_of("to_kafka", key_codec).encode
        self._partition = partition
        self._options = options
        self._slot = thread_slot()
        self._producer: Any = None
        self._known: dict[str, PartitionOf] = {}
        self._turn = 0
        self._packs = _Packs()

    async def open(self) -> None:
        """Connect.

        Raises:
            ConnectError: If no broker answers, or the topic does not exist.
        """
        self._slot = thread_slot()
        options = {"max_batch_size": _BATCH_BYTES, **self._options}
        self._producer = aiokafka().AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, enable_idempotence=True, **options
        )
        await connected("to_kafka", self._producer, self._bootstrap)
        if isinstance(self._topic, str):
            await require_topics("to_kafka", self._producer.client, [self._topic], self._bootstrap)
            await self._learn(self._topic)

    def encode(self, value: Any) -> Any:
        """Pack the item that is just passing."""
        slot = self._slot
        key = item_key(slot) if slot.key is UNSET else slot.key
        time = item_time(slot) if slot.time is UNSET else slot.time
        headers = source_event(slot).headers if slot.headers is UNSET else slot.headers
        if key is not None and (key.__class__ is not bytes or self._encode_key is not _text_or_bytes):
            key = self._encode_key(key)
        if value is None and key is None:
            raise DeliveryError("to_kafka: a tombstone must have a key; got None for both. Give it one: ops.key_by(f).")
        raw = value if value is None or self._encode_value is None else self._encode_value(value)
        if raw.__class__ is not bytes and raw is not None:
            raw = _as_bytes(raw)
        topic = self._topic if self._topic.__class__ is str else self._topic(value)  # type: ignore[operator]  # a function
        chosen = None if self._partition is None else self._partition(value)
        # The client takes milliseconds, and nothing but lists of headers.
        stamp = None if time is None else time // 1_000_000
        self._pack(self._packs, topic, chosen, key, raw, stamp, list(headers) if headers else _NO_HEADERS)
        return value

    async def write(self, batch: Sequence[Any]) -> Awaitable[Any]:
        """Send what is packed; what is returned waits until all in-sync replicas have it."""
        # At once, before anything is awaited: what is packed now is what this batch holds.
        packs, self._packs = self._packs, _Packs()
        for record in packs.unplaced:
            await self._learn(record[0])
            self._pack(packs, *record)
        self._turn += 1
        sending = [
            await self._producer.send_batch(pack, topic, partition=partition)
            for topic, partition, pack in packs.full_and_filling
        ]
        for topic in self._known:
            await self._learn(topic)
        return _all(sending, self.name)

    async def close(self) -> None:
        """Close the connections."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    def _pack(
        self,
        packs: _Packs,
        topic: str,
        partition: int | None,
        key: bytes | None,
        value: bytes | None,
        time: int | None,
        headers: list[tuple[str, bytes | None]],
    ) -> None:
        """Append a record to its partition's pack; one that is full stays behind, and a new one is begun."""
        known = self._known.get(topic)
        if known is None:
            packs.unplaced.append((topic, partition, key, value, time, headers))
            return
        if partition is None:
            partition = known.numbers[self._turn % len(known.numbers)] if key is None else known[key]
        append = packs.filling.get((topic, partition))
        if append is None or append(timestamp=time, key=key, value=value, headers=headers) is None:
            pack = self._producer.create_batch()
            pack.append(timestamp=time, key=key, value=value, headers=headers)
            packs.full_and_filling.append((topic, partition, pack))
            packs.filling[topic, partition] = pack.append

    async def _learn(self, topic: str) -> None:
        """Note a topic's partitions."""
        numbers = sorted(await self._producer.partitions_for(topic))
        known = self._known.get(topic)
        if known is None or known.numbers != numbers:
            self._known[topic] = PartitionOf(numbers)


async def _all(sending: Sequence[Awaitable[Any]], name: str) -> None:
    answers = await asyncio.gather(*sending, return_exceptions=True)
    failed = next((answer for answer in answers if isinstance(answer, BaseException)), None)
    if failed is not None:
        raise DeliveryError(f"{name}: the broker must take every record; {failed}. See the error's cause.") from failed


def _text_or_bytes(key: Any) -> bytes:
    if isinstance(key, bytes):
        return key
    if isinstance(key, str):
        return key.encode()
    raise TypeError(f'to_kafka: a key must be bytes or text; got {key!r}. Say key_codec="json", or ops.key_by(f).')


def _as_bytes(value: Any) -> bytes:
    return codec_of("to_kafka", "bytes").encode(value)
