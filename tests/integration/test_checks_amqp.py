"""The source and the sink for AMQP keep the contract that anybody's own must keep."""

import asyncio
from typing import Any

import rxstream as rs
from rxstream.testing import check_sink, check_source
from tests.brokers.rabbitmq import RabbitMQ
from tests.integration._jobs.queues import declare, get_all, publish

LETTERS = list("abcdefgh")


def test_from_amqp_keeps_the_contract_of_a_source(rabbitmq: RabbitMQ) -> None:
    async def made() -> Any:
        name = await asyncio.to_thread(declare, rabbitmq.url)
        await asyncio.to_thread(publish, rabbitmq.url, name, [letter.encode() for letter in LETTERS])
        return rs.from_amqp(rabbitmq.url, name, codec="str"), LETTERS

    check_source(made)


def test_to_amqp_keeps_the_contract_of_a_sink(rabbitmq: RabbitMQ) -> None:
    async def made() -> Any:
        name = await asyncio.to_thread(declare, rabbitmq.url)
        found: list[str] = []

        async def read_back() -> list[str]:
            found.extend(got.body.decode() for got in await asyncio.to_thread(get_all, rabbitmq.url, name))
            return list(found)

        return rs.to_amqp(rabbitmq.url, routing_key=name, codec="str"), read_back

    check_sink(made)
