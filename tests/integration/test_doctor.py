"""``rxstream doctor`` asks real brokers."""

import pytest

from rxstream.cli import main
from tests.brokers.kafka import Kafka
from tests.brokers.rabbitmq import RabbitMQ


def test_brokers_that_answer_are_exit_code_0(
    kafka: Kafka, rabbitmq: RabbitMQ, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["doctor", kafka.bootstrap, rabbitmq.url])
    lines = capsys.readouterr().out.splitlines()

    assert (code, [line.split()[0] for line in lines[-2:]]) == (0, ["Kafka", "RabbitMQ"])
    assert all(line.endswith("  answers") for line in lines[-2:])


def test_a_broker_that_refuses_the_password_is_exit_code_1_and_the_password_is_not_told(
    rabbitmq: RabbitMQ, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["doctor", rabbitmq.url.replace("guest:guest", "guest:secret")])
    out, err = capsys.readouterr()

    assert (code, err, "secret" in out) == (1, "", False)
    assert "must let user 'guest' in; it refused the password." in " ".join(out.split())
