"""README's pipeline runs as pasted against a real Kafka, once it is told where that is."""

import asyncio
import json
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.brokers.kafka import Kafka, create_topic
from tests.unit.test_readme import code


async def load(kafka: Kafka) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for celsius in ("19.0", "21.0", "broken"):
            reading = json.dumps({"room": "hall", "celsius": celsius}).encode()
            await producer.send_and_wait("readings", reading, timestamp_ms=1_772_000_000_000)


async def read(kafka: Kafka, topic: str) -> Any:
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        return await asyncio.wait_for(consumer.getone(), 20)


def test_readmes_pipeline_runs_on_kafka_as_pasted(kafka: Kafka) -> None:
    for topic in ("readings", "means", "letters"):
        create_topic(kafka.bootstrap, topic)
    asyncio.run(load(kafka))

    exec(code(None) + code("kafka").replace("localhost:9092", kafka.bootstrap), {"__name__": "readme"})

    assert asyncio.run(read(kafka, "means")).value == b"06:00 hall 20.0"
    assert json.loads(asyncio.run(read(kafka, "letters")).value) == {"room": "hall", "celsius": "broken"}
