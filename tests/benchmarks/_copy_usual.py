"""Copy a topic with aiokafka as people write it: send each record, wait for all, commit, and poll again."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.benchmarks._copy import Copy


async def copy(job: Copy) -> None:
    """Copy until all records are through."""
    consumer = AIOKafkaConsumer(
        job.source,
        bootstrap_servers=job.bootstrap,
        group_id=job.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=job.bootstrap, acks="all")
    async with consumer, producer:
        copied = 0
        while copied < job.records:
            polled = await consumer.getmany(timeout_ms=1000, max_records=500)
            sent = []
            for records in polled.values():
                for record in records:
                    sent.append(  # noqa: PERF401 - as people write it, and no faster otherwise: it awaits
                        await producer.send(
                            job.output,
                            job.change(record.value),
                            key=record.key,
                            timestamp_ms=record.timestamp,
                            headers=list(record.headers),
                        )
                    )
            await asyncio.gather(*sent)
            await consumer.commit()
            copied += len(sent)
