"""The notebook that needs a Kafka shows, on a real one, what it did when it was kept."""

from notebooks.execute import ON_KAFKA, TOPICS, executed, kept
from tests.brokers.kafka import Kafka, create_topic
from tests.unit.test_notebooks import RENEW, shown


def test_the_notebook_on_kafka_shows_what_it_did_when_it_was_kept(kafka: Kafka) -> None:
    for topic in TOPICS:
        create_topic(kafka.bootstrap, topic)

    assert shown(executed(ON_KAFKA, KAFKA=kafka.bootstrap)) == shown(kept(ON_KAFKA)), RENEW
