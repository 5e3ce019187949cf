"""What a reader of Kafka topics is asked for, and connecting as asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rxstream.drivers.kafka import client_of, closed, connected, require_topics

#: Records a poll: more of them cost more each, as they outlive the youngest generation of the garbage collector.
POLL: Final = 500


@dataclass(frozen=True, slots=True)
class Settings:
    """What a reader was asked for; instants are nanoseconds, and ``most`` is how many records a poll may bring."""

    topics: tuple[str | re.Pattern[str], ...]
    bootstrap: str
    group: str | None
    start: str | int | Mapping[Any, int]
    stop: str | int | None
    reset: str
    ack: str
    most: int
    extra: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        """The topics that are named."""
        return [topic for topic in self.topics if isinstance(topic, str)]

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """What the names of all topics match, named ones too; None: all are named."""
        patterns = [topic for topic in self.topics if isinstance(topic, re.Pattern)]
        if not patterns:
            return None
        named = [rf"{re.escape(name)}\Z" for name in self.names]
        return re.compile("|".join(f"(?:{one})" for one in (*(p.pattern for p in patterns), *named)), patterns[0].flags)


async def connect(settings: Settings, *, in_transactions: bool) -> tuple[Any, Mapping[str, list[int]]]:
    """Connect; returns the client and the topics' partitions.

    Raises:
        ConnectError: If no broker answers, or a topic does not exist.
    """
    # What may still be aborted is not to be handled once and for all.
    isolation = {"isolation_level": "read_committed"} if in_transactions else {}
    options = {"group_id": settings.group, "enable_auto_commit": False, "auto_offset_reset": settings.reset}
    consumer = client_of(
        "from_kafka", "AIOKafkaConsumer", settings.bootstrap, {**options, **isolation, **settings.extra}
    )
    await connected("from_kafka", consumer, settings.bootstrap)
    try:
        known = await partitions_of(settings, consumer)
    except BaseException:
        await closed(consumer)
        raise
    return consumer, known


async def partitions_of(settings: Settings, consumer: Any) -> dict[str, list[int]]:
    """The topics as they are now, with their partitions.

    Raises:
        ConnectError: If one that is named does not exist.
    """
    found = await require_topics("from_kafka", consumer._client, settings.names, settings.bootstrap)
    if settings.pattern is not None:
        metadata = await consumer._client.fetch_all_metadata()
        for topic in metadata.topics(exclude_internal_topics=True):
            if settings.pattern.match(topic):
                found[topic] = sorted(metadata.partitions_for_topic(topic))
    return found
