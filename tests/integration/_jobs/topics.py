"""Write and read topics beside rxstream, with aiokafka itself.

Every function runs an event loop of its own: none may be called from inside a running one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.partitioner import DefaultPartitioner

from tests.brokers.server import wait_until

T = TypeVar("T")

#: The tests' first instant: a full hour, and recent, as Kafka deletes what is older than a week.
BEGIN: Final = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
_SECONDS: Final = 20.0


class Sent(NamedTuple):
    """One record to be written."""

    value: bytes | None
    key: bytes | None = None
    at: datetime | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()
    partition: int | None = None


def after(seconds: float) -> datetime:
    """The instant so long after `BEGIN`."""
    return BEGIN + timedelta(seconds=seconds)


def numbered(count: int, *, first: int = 0, size: int = 100) -> list[bytes]:
    """So many different values of ``size`` bytes, without a line end."""
    return [b"%06d" % number + b"x" * (size - 6) for number in range(first, first + count)]


def write(bootstrap: str, topic: str, records: Iterable[Sent | bytes]) -> None:
    """Append records, in their order."""
    _run(_write(bootstrap, topic, [Sent(one) if isinstance(one, bytes) else one for one in records]))


def write_in_transactions(bootstrap: str, topic: str, transactions: Iterable[Sequence[bytes]]) -> None:
    """Append records in transactions, each of which leaves a mark that is no record."""
    _run(_write_in_transactions(bootstrap, topic, transactions, commit=True))


def write_and_abort(bootstrap: str, topic: str, values: Sequence[bytes]) -> None:
    """Append records in a transaction that is then aborted."""
    _run(_write_in_transactions(bootstrap, topic, [values], commit=False))


def read(bootstrap: str, topic: str) -> list[Any]:
    """All records up to the ends as they are now, by partition and offset."""
    return _run(_with_consumer(bootstrap, topic, _read))


def read_committed(bootstrap: str, topic: str) -> list[Any]:
    """All records of transactions that are committed, by partition and offset."""
    return _run(_with_consumer(bootstrap, topic, _read, isolation_level="read_committed"))


def read_values(bootstrap: str, topic: str) -> list[Any]:
    """The records' values, by partition and offset."""
    return [record.value for record in read(bootstrap, topic)]


def ends(bootstrap: str, topic: str) -> dict[int, int]:
    """The end of each partition."""
    return _run(_with_consumer(bootstrap, topic, _ends))


def count(bootstrap: str, topic: str) -> int:
    """How many records there are, marks of transactions included."""
    return sum(ends(bootstrap, topic).values())


def committed(bootstrap: str, group: str) -> dict[int, int]:
    """The group's offsets of its only topic; a partition without one is left out."""
    return _run(_committed(bootstrap, group))


def marks(bootstrap: str, group: str) -> dict[int, tuple[int, str]]:
    """The group's offsets of its only topic, with what is noted beside them."""
    return _run(_marks(bootstrap, group))


def commit(bootstrap: str, group: str, topic: str, found: dict[int, tuple[int, str]]) -> None:
    """Commit offsets, with a note each, for a group without members."""
    _run(_commit(bootstrap, group, topic, found))


def members(bootstrap: str, group: str) -> int:
    """How many members the group has; 0 while they are being gathered."""
    return _run(_members(bootstrap, group))


def visit(bootstrap: str, topic: str, *, group: str, seconds: float) -> None:
    """Be a member of the group for a while, without committing anything."""
    _run(_visit(bootstrap, topic, group, seconds))


def java_partition(key: bytes, partitions: int) -> int:
    """Where aiokafka, and so the Java client, puts a key."""
    numbers = list(range(partitions))
    found: int = DefaultPartitioner()(key, numbers, numbers)
    return found


def eventually(ask: Callable[[], T], wanted: Callable[[T], bool], seconds: float = _SECONDS) -> T:
    """Ask again and again until the answer is as wanted, or the time is over; returns the last answer."""
    answer = ask()

    def asked() -> bool:
        nonlocal answer
        answer = ask()
        return wanted(answer)

    if not wanted(answer):
        wait_until(asked, seconds)
    return answer


def doubled(found: Iterable[Any]) -> int:
    """How many of the values are there more than once, each further time counted."""
    return sum(times - 1 for times in Counter(found).values())


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, _SECONDS))


async def _write(bootstrap: str, topic: str, records: Iterable[Sent]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await asyncio.gather(*[await _send(producer, topic, record) for record in records])


async def _send(producer: Any, topic: str, record: Sent) -> Any:
    stamp = None if record.at is None else round(record.at.timestamp() * 1000)
    return await producer.send(
        topic, record.value, record.key, record.partition, timestamp_ms=stamp, headers=list(record.headers)
    )


async def _write_in_transactions(
    bootstrap: str, topic: str, transactions: Iterable[Sequence[bytes]], *, commit: bool
) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"writer-of-{topic}") as producer:
        for values in transactions:
            await producer.begin_transaction()
            await asyncio.gather(*[await _send(producer, topic, Sent(value)) for value in values])
            await (producer.commit_transaction() if commit else producer.abort_transaction())


async def _with_consumer(
    bootstrap: str, topic: str, ask: Callable[[Any, list[Any]], Coroutine[Any, Any, T]], **options: Any
) -> T:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", **options) as consumer:
        metadata = await consumer._client.fetch_all_metadata()
        partitions = [TopicPartition(topic, number) for number in sorted(metadata.partitions_for_topic(topic))]
        consumer.assign(partitions)
        return await ask(consumer, partitions)


async def _ends(consumer: Any, partitions: list[Any]) -> dict[int, int]:
    found = await consumer.end_offsets(partitions)
    return {at.partition: found[at] for at in partitions}


async def _read(consumer: Any, partitions: list[Any]) -> list[Any]:
    found = []
    up_to = await consumer.end_offsets(partitions)
    for at in partitions:
        while await consumer.position(at) < up_to[at]:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                found += records
    return sorted(found, key=lambda record: (record.partition, record.offset))


async def _committed(bootstrap: str, group: str) -> dict[int, int]:
    return {partition: offset for partition, (offset, _) in (await _marks(bootstrap, group)).items()}


async def _commit(bootstrap: str, group: str, topic: str, found: dict[int, tuple[int, str]]) -> None:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False) as consumer:
        entries = {TopicPartition(topic, partition): entry for partition, entry in found.items()}
        consumer.assign(list(entries))
        await consumer.commit(entries)


async def _marks(bootstrap: str, group: str) -> dict[int, tuple[int, str]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:
        return {}  # nobody has ever committed anything here
    finally:
        await admin.close()
    return {at.partition: (entry.offset, entry.metadata) for at, entry in sorted(found.items()) if entry.offset >= 0}


async def _members(bootstrap: str, group: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
    except GroupCoordinatorNotAvailableError:
        return 0
    finally:
        await admin.close()
    _, _, state, _, _, found, *_ = answer.groups[0]
    return len(found) if state == "Stable" else 0


async def _visit(bootstrap: str, topic: str, group: str, seconds: float) -> None:
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, heartbeat_interval_ms=200
    ) as consumer:
        await consumer.getmany(timeout_ms=round(seconds * 1000))
        await asyncio.sleep(seconds)
