"""Relay a queue with FastStream."""

import asyncio

from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue

from tests.benchmarks._relay import Relay


async def copy(relay: Relay) -> None:
    """Relay until all messages are through."""
    channel = Channel(prefetch_count=relay.prefetch, publisher_confirms=True)
    broker = RabbitBroker(relay.url, default_channel=channel, logger=None)
    left, done = relay.messages, asyncio.Event()

    @broker.subscriber(RabbitQueue(relay.source, durable=True, declare=False), ack_policy=AckPolicy.NACK_ON_ERROR)
    @broker.publisher(RabbitQueue(relay.output, durable=True, declare=False), persist=True)
    async def changed(body: bytes) -> bytes:
        nonlocal left
        left -= 1
        if not left:
            done.set()
        return relay.change(body)

    async with broker:
        await broker.start()
        await done.wait()
