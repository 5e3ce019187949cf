"""Fresh topics for the tests against a real Kafka."""

import re
from collections.abc import Mapping
from uuid import uuid4

import pytest

from tests.brokers.kafka import Kafka, TopicFactory, create_topic


@pytest.fixture
def topic(kafka: Kafka, request: pytest.FixtureRequest) -> TopicFactory:
    """Create topics that carry the test's name and are nobody else's."""
    readable = re.sub(r"[^a-zA-Z0-9]+", "-", request.node.name)[:100]

    def create(partitions: int = 1, configs: Mapping[str, str] | None = None) -> str:
        name = f"{readable}-{uuid4().hex[:8]}"
        create_topic(kafka.bootstrap, name, partitions, configs)
        return name

    return create
