"""Finding where in a partition to begin."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def is_told(start: Any, at: Any) -> bool:
    """Whether a start says where a partition is to begin."""
    return start != "committed" and (not isinstance(start, Mapping) or _offset(start, at) is not None)


async def put_to_start(consumer: Any, partitions: Collection[Any], start: Any) -> None:
    """Put partitions to ``"earliest"``, ``"latest"``, an instant in nanoseconds, or the offsets of a mapping."""
    if start == "earliest":
        await consumer.seek_to_beginning(*partitions)
    elif start == "latest":
        await consumer.seek_to_end(*partitions)
    else:
        found = await offsets_at(consumer, partitions, start) if isinstance(start, int) else None
        for at in partitions:
            consumer.seek(at, _offset(start, at) if found is None else found[at])


async def offsets_at(consumer: Any, partitions: Collection[Any], instant: int) -> Mapping[Any, int]:
    """Per partition the offset of the first record at or after an instant; the end where there is none."""
    # Kafka's instants are milliseconds: the first one that is not before ours.
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, -(-instant // 1_000_000)))
    ends = await consumer.end_offsets(partitions)
    return {at: ends[at] if found.get(at) is None else found[at].offset for at in partitions}


def _offset(start: Mapping[Any, int], at: Any) -> int | None:
    return start.get((at.topic, at.partition), start.get(at.partition))
