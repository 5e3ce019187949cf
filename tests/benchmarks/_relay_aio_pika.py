"""Relay a queue with aio-pika as its documentation shows it: a task for each message, which waits for the confirm."""

import asyncio

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from tests.benchmarks._relay import Relay


async def copy(relay: Relay) -> None:
    """Relay until all messages are through."""
    connection = await aio_pika.connect_robust(relay.url)
    left, done = relay.messages, asyncio.Event()

    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.set_qos(prefetch_count=relay.prefetch)
        queue = await channel.get_queue(relay.source)

        async def take(message: AbstractIncomingMessage) -> None:
            nonlocal left
            async with message.process():
                changed = aio_pika.Message(
                    relay.change(message.body),
                    headers=message.headers,
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                )
                await channel.default_exchange.publish(changed, relay.output)
            left -= 1
            if not left:
                done.set()

        await queue.consume(take)
        await done.wait()
