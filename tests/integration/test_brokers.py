"""The brokers that the other tests rely on are real, durable and gone afterwards."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pika
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError

from tests.brokers.kafka import Kafka, TopicFactory
from tests.brokers.ports import accepts
from tests.brokers.rabbitmq import RabbitMQ
from tests.brokers.server import wait_until

VALUES = [b"one", b"two", b"three"]


def test_kafka_hands_out_what_it_was_sent(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()

    asyncio.run(send(kafka, name, VALUES))

    assert asyncio.run(read(kafka, name, len(VALUES))) == VALUES


def test_kafka_knows_a_topic_as_soon_as_it_is_created(kafka: Kafka, topic: TopicFactory) -> None:
    names = [topic(partitions=3) for _ in range(20)]

    described = [asyncio.run(describe(kafka, name)) for name in names]

    assert [len(one["partitions"]) for one in described] == [3] * 20


def test_kafka_does_not_create_a_topic_for_whoever_asks(kafka: Kafka) -> None:
    described = asyncio.run(describe(kafka, "nobody-created-this"))

    assert described["error_code"] == UnknownTopicOrPartitionError.errno


def test_kafka_keeps_its_records_and_its_address_when_killed(kafka: Kafka, topic: TopicFactory) -> None:
    name, address = topic(), kafka.bootstrap
    asyncio.run(send(kafka, name, VALUES))

    kafka.kill()
    kafka.start()

    assert kafka.bootstrap == address
    assert asyncio.run(read(kafka, name, len(VALUES))) == VALUES


def test_a_stopped_kafka_starts_again(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    asyncio.run(send(kafka, name, VALUES))

    kafka.stop()
    kafka.start()

    assert asyncio.run(read(kafka, name, len(VALUES))) == VALUES


def test_rabbitmq_hands_out_what_it_was_sent(rabbitmq: RabbitMQ) -> None:
    publish(rabbitmq, "hands-out", VALUES)

    assert consume(rabbitmq, "hands-out") == VALUES


def test_rabbitmq_keeps_confirmed_messages_and_its_address_when_killed(rabbitmq: RabbitMQ) -> None:
    address = rabbitmq.url
    publish(rabbitmq, "survives", VALUES)

    rabbitmq.kill()
    rabbitmq.start()

    assert rabbitmq.url == address
    assert consume(rabbitmq, "survives") == VALUES


# The fixtures say here that the broker can be had; the tests end one of their own.
@pytest.mark.usefixtures("kafka")
def test_a_closed_kafka_leaves_nothing_behind() -> None:
    with Kafka() as other:
        while_up = processes_in(other.folder)

    assert other.pid in while_up
    assert wait_until(lambda: processes_in(other.folder) == [], 5)
    assert not other.folder.exists()


@pytest.mark.usefixtures("rabbitmq")
def test_a_closed_rabbitmq_leaves_nothing_behind() -> None:
    with RabbitMQ() as other:
        while_up = processes_in(other.folder)

    assert other.pid in while_up
    assert wait_until(lambda: processes_in(other.folder) == [], 5)
    assert not other.folder.exists()


@pytest.mark.usefixtures("kafka")
def test_kafka_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.brokers.kafka"],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        port = int(owner.stdout.readline().rpartition(":")[2])
        assert accepts(port)
        owner.send_signal(signal.SIGKILL)

    assert wait_until(lambda: not accepts(port) and list(tmp_path.iterdir()) == [], 5)


async def send(kafka: Kafka, topic: str, values: Iterable[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def read(kafka: Kafka, topic: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        return [(await asyncio.wait_for(consumer.getone(), 10)).value for _ in range(count)]


async def describe(kafka: Kafka, topic: str) -> dict[str, Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        described: list[dict[str, Any]] = await admin.describe_topics([topic])
        return described[0]
    finally:
        await admin.close()


def publish(rabbitmq: RabbitMQ, queue: str, values: Iterable[bytes]) -> None:
    with closing(pika.BlockingConnection(pika.URLParameters(rabbitmq.url))) as connection:
        channel = connection.channel()
        channel.queue_declare(queue, durable=True)
        channel.confirm_delivery()
        for value in values:
            persistent = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
            channel.basic_publish("", queue, value, persistent, mandatory=True)


def consume(rabbitmq: RabbitMQ, queue: str) -> list[bytes]:
    values = []
    with closing(pika.BlockingConnection(pika.URLParameters(rabbitmq.url))) as connection:
        for method, _, body in connection.channel().consume(queue, auto_ack=True, inactivity_timeout=0.5):
            if method is None:
                break
            values.append(body)
    return values


def processes_in(folder: Path) -> list[int]:
    """Return the processes whose working folder this is, or was."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if str(link.readlink()).startswith(str(folder)):
                found.append(int(link.parent.name))
        except OSError:
            continue  # it has ended, or is someone else's
    return found
