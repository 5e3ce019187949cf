"""The records of Kafka topics."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from rxstream.core import (
    Event,
    Feed,
    Origin,
    Partition,
    Stream,
    choice,
    instant_argument,
    make_source_event,
    positive_count,
    positive_duration_ns,
)
from rxstream.drivers import decoder_of, require_client
from rxstream.drivers.kafka import check_extra, checked_servers
from rxstream.drivers.kafka_past import opened
from rxstream.drivers.kafka_settings import POLL, Settings
from rxstream.drivers.kafka_transactions import Reading
from rxstream.errors import ConfigurationError, DecodeError

_STARTS: Final = ("committed", "earliest", "latest")
_RESETS: Final = ("earliest", "latest")
_ACKS: Final = ("auto", "manual", "before")
_PARTITION: Final = attrgetter("topic", "partition")


def from_kafka(
    *topics: str | re.Pattern[str],
    bootstrap_servers: str,
    group_id: str | None = None,
    codec: Any = None,
    key_codec: Any = None,
    start: str | datetime | Mapping[Any, int] = "committed",
    stop: str | datetime | None = None,
    auto_offset_reset: str = "earliest",
    ack: str = "auto",
    max_in_flight: int = 4_000,
    commit_interval: float = 1.0,
    extra: Mapping[str, Any] | None = None,
) -> Stream[Any]:
    """Make a stream of topics' records; a record's offset is committed when it has been handled.

    The Event has the record's key, timestamp, headers and, as its origin, topic, partition and offset. A tombstone is
    the value None. A record that the codec cannot read goes to the error handler as a `DecodeError`, its bytes the
    event's value.

    Windows and joins below go by the records' timestamps, unless an `event_time` says otherwise. Live, each partition
    has a watermark, and the smallest counts: one that is ahead makes nobody late. An empty partition is not waited for;
    one that has brought something is, until ``event_time(…, idle=…)`` leaves it out or it goes to another member.

    Args:
        topics: Names of topics, or compiled patterns that their names match from the start; topics that are created
            later are found too, at the latest after ``metadata_max_age_ms``.
        bootstrap_servers: ``"host:port"``, several with commas.
        group_id: The consumer group; its members share the partitions, and its commits say where to go on. None: all
            partitions are read, and nothing is committed.
        codec: For values: ``"bytes"`` (the default), ``"str"``, ``"json"``, ``"msgpack"`` or an object with ``decode``.
        key_codec: For keys, likewise.
        start: ``"committed"``, ``"earliest"``, ``"latest"``, an aware datetime, or ``{partition: offset}`` (of several
            topics ``{(topic, partition): offset}``). Any but ``"committed"`` counts at every start. From a datetime up
            to the ends as they are at the start, it is a past, merged by time with every other; then it is live.
        stop: None: goes on for ever. ``"end"``: up to the ends as they are at the start; a datetime: up to the first
            record at or after it. Then the source is finite, and its partitions are merged by time.
        auto_offset_reset: Where to begin with nothing committed: ``"earliest"``, so that nothing is lost, or
            ``"latest"``.
        ack: ``"auto"``: an offset is committed when all below it has been handled, at least once. ``"manual"``: a
            record counts as handled when its `Event` is told so (`Event.ack`, `Event.nack`), and not before.
            ``"before"``: an offset is committed before the record is handed over, at most once.
        max_in_flight: How many records may wait for work before reading pauses.
        commit_interval: Seconds between two commits.
        extra: Further options of the client, by aiokafka's names. ``group_instance_id`` makes a static member: one that
            is back within its session goes on where it was, and disturbs nobody.

    Raises:
        ConfigurationError: If an argument is none of these.
        MissingExtraError: If aiokafka is not installed.
        ConnectError: From the run, if no broker answers or a topic does not exist.

    Delivery: at least once. Per partition the offset below which everything is settled is committed, and with it what
        is settled above, which after a restart does not come again. Before partitions go to another member, what is in
        flight may finish, within half of the client's ``rebalance_timeout_ms`` (by default its session) and 10 s. With
        ``ack="before"`` at most once: what was in flight at a crash is lost.

    Example:
        >>> orders = rs.from_kafka("orders", bootstrap_servers="localhost:9092", group_id="billing", codec="json")
    """
    settings = Settings(
        topics=_topics(topics),
        ack=_ack(ack, group_id),
        bootstrap=checked_servers("from_kafka", bootstrap_servers),
        group=group_id,
        start=_start(start),
        stop=_stop(stop),
        reset=choice("from_kafka", _RESETS, auto_offset_reset=auto_offset_reset),
        extra=_extra(extra),
        # A poll is handed over whole: what it brings must find room.
        most=min(POLL, -(-positive_count("from_kafka", max_in_flight=max_in_flight) // 2)),
    )
    reading = Reading(settings)
    decode = decoder_of("from_kafka", codec)
    decode_key = decoder_of("from_kafka", key_codec, "key")

    def lift(record: Any) -> Event[Any]:
        origin = Origin(record.topic, record.partition, record.offset)
        raw = record.value
        time = record.timestamp * 1_000_000
        try:
            value = raw if decode is None or raw is None else decode(raw)
            key = record.key if decode_key is None or record.key is None else decode_key(record.key)
        except DecodeError:
            return make_source_event(raw, record.key, time, tuple(record.headers), origin, raw)
        return make_source_event(value, key, time, tuple(record.headers), origin, raw)

    return Stream(
        feed=Feed(
            name="from_kafka",
            lift=lift,
            value=_expression("record.value", "decode", decode),
            key=_expression("record.key", "decode_key", decode_key),
            time="record.timestamp * 1_000_000",
            headers="record.headers",
            bindings={"decode": decode, "decode_key": decode_key},
            connect=lambda: opened(settings, reading),
            locate=None if group_id is None else _located,
            partition_of=_PARTITION,
            reading=reading,
            manual=settings.ack == "manual",
            time_of=_time_of,
            disorder=0,
            live=stop is None,
            past=stop is None and isinstance(start, datetime),
            backlog=0 if stop is not None else positive_count("from_kafka", max_in_flight=max_in_flight),
            max_in_flight=positive_count("from_kafka", max_in_flight=max_in_flight),
            commit_interval=positive_duration_ns("from_kafka", commit_interval=commit_interval) / 1e9,
        )
    )


def _topics(topics: tuple[Any, ...]) -> tuple[str | re.Pattern[str], ...]:
    patterns = [topic for topic in topics if isinstance(topic, re.Pattern) and isinstance(topic.pattern, str)]
    names = [topic for topic in topics if isinstance(topic, str) and topic]
    if not topics or len(names) + len(patterns) < len(topics):
        raise ConfigurationError(
            f"from_kafka: topics must be names or compiled patterns; got {topics!r}. Give at least one."
        )
    if len({pattern.flags for pattern in patterns}) > 1:
        raise ConfigurationError(
            f"from_kafka: patterns must have the same flags; got {patterns!r}. Write flags into the patterns: (?i:…)."
        )
    return topics


def _ack(ack: Any, group_id: str | None) -> str:
    chosen = choice("from_kafka", _ACKS, ack=ack)
    if chosen != "auto" and group_id is None:
        raise ConfigurationError(
            f"from_kafka: ack={chosen!r} needs a group, which remembers what was acknowledged; got group_id=None. "
            "Give a group_id, or leave ack out."
        )
    return chosen


def _start(start: Any) -> str | int | Mapping[Any, int]:
    if isinstance(start, str):
        return choice("from_kafka", _STARTS, start=start)
    if isinstance(start, Mapping):
        for partition, offset in start.items():
            named = partition[1] if isinstance(partition, tuple) and len(partition) == 2 else partition
            if not isinstance(named, int) or not isinstance(offset, int) or offset < 0:
                raise ConfigurationError(
                    "from_kafka: start must be a dict of partitions, or (topic, partition), to offsets from 0; "
                    f"got {partition!r}: {offset!r}. Correct it."
                )
        return start
    return instant_argument("from_kafka", "start", start)


def _stop(stop: Any) -> str | int | None:
    if stop is None:
        return None
    return (
        choice("from_kafka", ("end",), stop=stop)
        if isinstance(stop, str)
        else instant_argument("from_kafka", "stop", stop)
    )


def _extra(extra: Mapping[str, Any] | None) -> Mapping[str, Any]:
    require_client("from_kafka", "aiokafka", extra="kafka")
    return check_extra("from_kafka", "AIOKafkaConsumer", extra)


def _expression(raw: str, name: str, decode: Callable[[bytes], Any] | None) -> str:
    return raw if decode is None else f"None if {raw} is None else {name}({raw})"


def _located(record: Any) -> tuple[Partition, int]:
    return (record.topic, record.partition), record.offset


def _time_of(record: Any) -> int:
    time: int = record.timestamp * 1_000_000
    return time
