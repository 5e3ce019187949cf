"""Copy a topic of JSON with FastStream, batch by batch; it writes keys, but not to the partitions they belong to."""

from collections.abc import Callable
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage, KafkaPublishMessage

from tests.benchmarks._copy import Copy


async def copy(job: Copy, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Copy until all records are through."""
    # Of the default 16 KiB a batch of 500 would be too many; and whoever exits lets the last one be written.
    broker = KafkaBroker(job.bootstrap, acks="all", max_batch_size=1024 * 1024, graceful_timeout=10.0, logger=None)
    app = FastStream(broker, logger=None)
    left = job.records

    @broker.subscriber(
        job.source,
        group_id=job.group,
        auto_offset_reset="earliest",
        batch=True,
        max_records=500,
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    @broker.publisher(job.output, batch=True)
    async def changed(readings: list[dict[str, Any]], message: KafkaMessage) -> list[KafkaPublishMessage]:
        nonlocal left
        left -= len(readings)
        if not left:
            app.exit()
        return [
            KafkaPublishMessage(change(reading), key=record.key)
            for reading, record in zip(readings, message.raw_message, strict=True)
        ]

    await app.run()
