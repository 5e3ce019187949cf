"""A copying program is killed thirty times, at random moments, and what has arrived is compared with what was sent."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple

from tests.brokers.kafka import Kafka, create_topic
from tests.brokers.rabbitmq import RabbitMQ
from tests.brokers.server import wait_until
from tests.integration._jobs import queues
from tests.integration._jobs.amqp_copy import AmqpCopy
from tests.integration._jobs.amqp_copy import copying as copying_queue
from tests.integration._jobs.copy import Copy, Job
from tests.integration._jobs.copy import copying as copying_topic
from tests.integration._jobs.topics import Sent, count, numbered, read, read_committed, write

KILLS: Final = 30
_KEYS: Final = 100
#: Seconds in which a program that is let alone must have done the rest.
_REST: Final = 180.0
#: How often it may be let do so.
_LAST: Final = 5


class Outcome(NamedTuple):
    """What came of a trial."""

    sent: int
    missing: int
    repeated: int
    disordered: int
    kills: int
    seconds: float


def topics(records: int, seed: int, *, exactly_once: bool) -> Outcome:
    """Copy a topic of four partitions to another one, by a static member."""
    with Kafka() as kafka:
        values = numbered(records)
        for name in ("source", "target"):
            create_topic(kafka.bootstrap, name, 4, {})
        for start in range(0, records, 20_000):
            write(kafka.bootstrap, "source", [Sent(value, _key(value)) for value in values[start : start + 20_000]])
        copy = Copy(
            bootstrap=kafka.bootstrap,
            source="source",
            group="copy",
            topic="target",
            member="one",
            seconds_each=0.0001,
            exactly_once=exactly_once,
        )

        def arrived() -> list[bytes]:
            found = (read_committed if exactly_once else read)(kafka.bootstrap, "target")
            return [record.value for record in found]

        return _trial(
            values,
            seed,
            work=lambda: copying_topic(copy),
            is_done=lambda: count(kafka.bootstrap, "target") >= records and set(arrived()) >= set(values),
            arrived=arrived,
        )


def queue(messages: int, seed: int) -> Outcome:
    """Copy a queue to another one."""
    with RabbitMQ() as rabbitmq:
        source, target = queues.declare(rabbitmq.url), queues.declare(rabbitmq.url)
        bodies = queues.numbered(messages)
        queues.publish(rabbitmq.url, source, bodies)
        copy = AmqpCopy(url=rabbitmq.url, source=source, target=target, seconds_each=0.0001)

        def is_done() -> bool:
            return queues.count(rabbitmq.url, target) >= messages and queues.count(rabbitmq.url, source) == 0

        return _trial(
            bodies,
            seed,
            work=lambda: copying_queue(copy),
            is_done=is_done,
            arrived=lambda: queues.bodies(rabbitmq.url, target),
        )


def _trial(
    values: Sequence[bytes],
    seed: int,
    *,
    work: Callable[[], AbstractContextManager[Job]],
    is_done: Callable[[], bool],
    arrived: Callable[[], list[bytes]],
) -> Outcome:
    """Kill the program at random moments, let it finish, and compare."""
    moments, began = random.Random(seed), time.monotonic()  # noqa: S311 - a seed, so that a trial can be repeated
    for _ in range(KILLS):
        with work() as job:
            time.sleep(moments.uniform(0.2, 2.0))
            job.signal(signal.SIGKILL)
    for _ in range(_LAST):
        with work() as job:
            wait_until(is_done, _REST)
            job.signal(signal.SIGTERM)
        # Now what the program was handed and had not worked on is its source's again.
        if is_done():
            break
    found = arrived()
    first = list(dict.fromkeys(found))
    return Outcome(
        sent=len(values),
        missing=len(set(values) - set(found)),
        repeated=sum(Counter(found).values()) - len(first),
        disordered=_disordered(first),
        kills=KILLS,
        seconds=time.monotonic() - began,
    )


def _disordered(found: Sequence[bytes]) -> int:
    """How many values came, for the first time, after a later one of their key."""
    latest: dict[bytes, bytes] = {}
    wrong = 0
    for value in found:
        key = _key(value)
        wrong += value < latest.get(key, b"")
        latest[key] = max(value, latest.get(key, b""))
    return wrong


def _key(value: bytes) -> bytes:
    return b"%02d" % (int(value[:6]) % _KEYS)
