"""Copy a topic with confluent-kafka, pipelined: produce as records come, and once a second flush and commit."""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from tests.benchmarks._copy import Copy

_POLL = 500
_COMMIT_SECONDS = 1.0


def copy(job: Copy) -> None:
    """Copy until all records are through."""
    producer = Producer(
        {
            "bootstrap.servers": job.bootstrap,
            "acks": "all",
            "partitioner": "murmur2_random",  # the Java client's
            "on_delivery": _fail,
            "delivery.report.only.error": True,
        }
    )
    consumer = Consumer(
        {
            "bootstrap.servers": job.bootstrap,
            "group.id": job.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([job.source])
    copied, committed = 0, time.monotonic()
    behind: dict[int, int] = {}
    while copied < job.records:
        polled = consumer.consume(_POLL, timeout=1.0)
        for message in polled:
            _produce(producer, message, job)
            behind[message.partition()] = message.offset() + 1
        copied += len(polled)
        producer.poll(0)
        if behind and (time.monotonic() - committed >= _COMMIT_SECONDS or copied == job.records):
            producer.flush()
            places = [TopicPartition(job.source, *place) for place in behind.items()]
            consumer.commit(offsets=places, asynchronous=False)
            behind.clear()
            committed = time.monotonic()
    consumer.close()


def _produce(producer: Producer, message: Message, job: Copy) -> None:
    if message.error() is not None:
        raise KafkaException(message.error())
    while True:
        try:
            producer.produce(
                job.output,
                job.change(message.value()),
                message.key(),
                timestamp=message.timestamp()[1],
                headers=message.headers(),
            )
            return
        except BufferError:
            # Its queue is full.
            producer.poll(0.1)


def _fail(error: KafkaError | None, _message: Message) -> None:
    if error is not None:
        raise KafkaException(error)
