"""The twins that need a broker print, on a real one, what their pages show."""

import subprocess
import sys

import pytest

from tests.brokers.kafka import Kafka, create_topic
from tests.brokers.rabbitmq import RabbitMQ
from tests.integration._jobs.queues import channel
from tests.unit.test_coming_from import EVERY, FOLDERS, needs, sections

TOPICS = {
    "aes/kafka.py": "aes-readings",
    "faust/agent.py": "faust-orders",
    "slipstream/codec.py": "slipstream-numbers",
    "slipstream/topic.py": "slipstream-pets",
}
QUEUES = {"aspyx-event/hello.py": "aspyx-greetings"}


def printed_by(sample: str, **environment: str) -> str:
    command = [sys.executable, str(FOLDERS / sample)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ran.stderr == ""
    return ran.stdout


def shown(sample: str) -> str:
    folder, _, name = sample.partition("/")
    return sections(folder)[name]["text"]


def test_every_sample_that_needs_a_broker_is_run_here() -> None:
    assert {sample for sample in EVERY if needs(sample)} == TOPICS.keys() | QUEUES.keys()


@pytest.mark.parametrize("sample", TOPICS)
def test_a_sample_on_kafka_prints_what_its_page_shows(sample: str, kafka: Kafka) -> None:
    create_topic(kafka.bootstrap, TOPICS[sample])

    assert printed_by(sample, KAFKA=kafka.bootstrap) == shown(sample)


@pytest.mark.parametrize("sample", QUEUES)
def test_a_sample_on_rabbitmq_prints_what_its_page_shows(sample: str, rabbitmq: RabbitMQ) -> None:
    with channel(rabbitmq.url) as on:
        on.queue_declare(QUEUES[sample], durable=True)

    assert printed_by(sample, RABBITMQ=rabbitmq.url) == shown(sample)
