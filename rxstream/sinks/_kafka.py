"""Write the items to Kafka topics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from rxstream.core import Feed, callable_, choice, name_of
from rxstream.drivers import codec_of, require_client
from rxstream.drivers.kafka import (
    PartitionOf,
    aiokafka,
    check_extra,
    checked_servers,
    client_of,
    closed,
    connected,
    require_topics,
)
from rxstream.drivers.kafka_packs import Packer, Packs, text_or_bytes
from rxstream.drivers.kafka_transactions import Transactions
from rxstream.errors import ConfigurationError, DeliveryError

#: Bytes a request and partition; large ones spare the client and the broker most of their work.
_BATCH_BYTES: Final = 256 * 1024
#: Bytes of the largest request, as the client has it.
_REQUEST_BYTES: Final = 1024 * 1024
_DELIVERIES: Final = ("at_least_once", "exactly_once")


def to_kafka(
    topic: str | Callable[[Any], str],
    *,
    bootstrap_servers: str,
    codec: Any = None,
    key_codec: Any = None,
    partition: Callable[[Any], int] | None = None,
    delivery: str = "at_least_once",
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
        delivery: ``"at_least_once"``, or ``"exactly_once"``: behind `from_kafka` of the same cluster, what is written
            and what is committed of the source is one transaction every ``commit_interval`` of the source.
        extra: Further options of the client, by aiokafka's names.

    Raises:
        ConfigurationError: If an argument is none of these.
        MissingExtraError: If aiokafka is not installed.
        ConnectError: From the run, if no broker answers or the topic does not exist.

    Delivery: an item is settled when all in-sync replicas have its record. With ``"exactly_once"`` its record can be
        seen, by those who read with ``isolation_level="read_committed"``, when the transaction is committed. For that
        reading waits until nothing is at work. If a transaction fails, or partitions go to another member before what
        was read of them is done, it is aborted, and the run ends with a `DeliveryError`: the next one goes on from what
        was committed last. What a window or a buffer keeps is not part of a transaction before it is handed on. A
        member that is killed is soonest back under its static name (``extra={"group_instance_id": …}`` of the source);
        under a new one its open transaction is over when ``transaction_timeout_ms`` is.

    Example:
        >>> sink = rs.to_kafka("bills", bootstrap_servers="localhost:9092", codec="json")
    """
    if not isinstance(topic, str):
        callable_("to_kafka", topic=topic)
    elif not topic:
        raise ConfigurationError("to_kafka: topic must be a name; got ''. Give one, or a function of the value.")
    if partition is not None:
        callable_("to_kafka", partition=partition)
    choice("to_kafka", _DELIVERIES, delivery=delivery)
    require_client("to_kafka", "aiokafka", extra="kafka")
    options = check_extra("to_kafka", "AIOKafkaProducer", extra)
    exactly_once = Transactions("to_kafka", name_of(topic) if callable(topic) else topic)
    transactions = exactly_once if delivery == "exactly_once" else None
    servers = checked_servers("to_kafka", bootstrap_servers)
    return KafkaSink(topic, servers, codec, key_codec, partition, options, transactions=transactions)


class KafkaSink:
    """The sink that `to_kafka` makes: the connection, and what is known of the topics."""

    real_time = True

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
        *,
        transactions: Transactions | None,
    ) -> None:
        self.name = f"to_kafka({topic})" if isinstance(topic, str) else "to_kafka"
        self.topic = topic
        self.partition = partition
        self.encode_value: Callable[[Any], bytes] | None = (
            None if codec in (None, "bytes") else codec_of("to_kafka", codec).encode
        )
        self.encode_key: Callable[[Any], bytes] = (
            text_or_bytes if key_codec is None else codec_of("to_kafka", key_codec).encode
        )
        self.known: dict[str, PartitionOf] = {}
        self.most_bytes: int = options.get("max_request_size", _REQUEST_BYTES)
        self._bootstrap = bootstrap
        self._options = options
        self._producer: Any = None
        self._broken = False
        self._transactions = transactions

    def behind(self, feeds: Sequence[Feed], beside: Sequence[Any]) -> None:
        """Take note of the sources above, and of the other sinks.

        Raises:
            ConfigurationError: If it is to write exactly once, and they are not one reading of the same cluster, or
                there are other sinks.
        """
        if self._transactions is not None:
            self._transactions.pair(feeds, beside, self._bootstrap)

    async def open(self) -> None:
        """Connect.

        Raises:
            ConnectError: If no broker answers, or the topic does not exist.
        """
        await self._connect()
        try:
            if isinstance(self.topic, str):
                await require_topics("to_kafka", self._producer.client, [self.topic], self._bootstrap)
                await self.learn(self.topic)
        except BaseException:
            await self.close()
            raise

    async def _connect(self) -> None:
        options = {"max_batch_size": _BATCH_BYTES, "enable_idempotence": True, **self._options}
        if self._transactions is not None:
            options["transactional_id"] = self._transactions.producer_name
        self._producer = client_of("to_kafka", "AIOKafkaProducer", self._bootstrap, options)
        await connected("to_kafka", self._producer, self._bootstrap)
        self._broken = False
        if self._transactions is not None:
            self._transactions.begin(self._producer)

    def packer(self) -> Packer:
        """Make what packs the items of one pipeline, within its passes."""
        return Packer(self, self._producer.create_batch)

    async def write(self, packs: Packs) -> Awaitable[Any]:
        """Send what was packed; what is returned waits until all in-sync replicas have it."""
        if self._transactions is not None:
            return await self._transactions.around(lambda: self._write(packs))
        return await self._write(packs)

    async def _write(self, packs: Packs) -> Awaitable[Any]:
        if self._broken:
            # An idempotent producer of which one batch was refused sends nothing more to that partition.
            await self.close()
            await self._connect()
        for record in packs.unplaced:
            await self.learn(record[0])
            packs.add(self.known[record[0]], *record)
        by_partition: dict[tuple[str, int], list[Any]] = {}
        for at, pack in packs.all:
            by_partition.setdefault(at, []).append(pack)
        # Side by side, as a partition takes a pack only when its last one has left.
        sent = await asyncio.gather(*(self._sent(*at, packs) for at, packs in by_partition.items()))
        sending = [answer for answers in sent for answer in answers]
        for topic in self.known:
            await self.learn(topic)
        return self._all(sending)

    async def close(self) -> None:
        """Close the connections."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            if self._transactions is not None:
                await self._transactions.end()
            await closed(producer)

    async def learn(self, topic: str) -> None:
        """Note a topic's partitions."""
        numbers = sorted(await self._producer.partitions_for(topic))
        known = self.known.get(topic)
        if known is None or known.numbers != numbers:
            self.known[topic] = PartitionOf(numbers)

    async def _all(self, sending: Sequence[Awaitable[Any]]) -> None:
        answers = await asyncio.gather(*sending, return_exceptions=True)
        failed = next((answer for answer in answers if isinstance(answer, BaseException)), None)
        if failed is not None:
            self._broken = True
            raise DeliveryError(
                f"{self.name}: the broker must take every record; {failed}. See the error's cause."
            ) from failed

    async def _sent(self, topic: str, partition: int, packs: Sequence[Any]) -> list[Awaitable[Any]]:
        return [await self._taken(topic, partition, pack) for pack in packs]

    async def _taken(self, topic: str, partition: int, pack: Any) -> Awaitable[Any]:
        while True:
            try:
                sending: Awaitable[Any] = await self._producer.send_batch(pack, topic, partition=partition)
            except aiokafka().errors.KafkaTimeoutError:
                # The partition's last pack has not left: the broker is away, and will be waited for.
                continue
            return sending
