"""Programs that read RabbitMQ are killed and stopped in the middle of their work, and nothing is lost."""

import signal
from dataclasses import replace

import pytest

from tests.brokers.rabbitmq import RabbitMQ
from tests.integration._jobs.amqp_copy import AmqpCopy, copying
from tests.integration._jobs.queues import bodies, count, declare, eventually, numbered, publish

MESSAGES = 5_000
COUNTS = ("received", "emitted", "committed")


def filled(rabbitmq: RabbitMQ) -> AmqpCopy:
    source = declare(rabbitmq.url)
    publish(rabbitmq.url, source, numbered(MESSAGES))
    # Slow enough that a signal finds it at work, however late it comes.
    return AmqpCopy(url=rabbitmq.url, source=source, target=declare(rabbitmq.url), seconds_each=0.001)


def finished(rabbitmq: RabbitMQ, copy: AmqpCopy) -> int:
    """Copy what is left, and return the exit code.

    A queue that looks empty may have handed its last messages over to a program that has not worked on them yet.
    """
    while True:
        with copying(copy) as job:
            eventually(lambda: count(rabbitmq.url, copy.source), lambda found: found == 0)
            code = job.signal(signal.SIGTERM)
        if code or not eventually(lambda: count(rabbitmq.url, copy.source), bool, 0.5):
            return code


def test_a_copy_killed_five_times_loses_nothing(rabbitmq: RabbitMQ) -> None:
    copy, kills = filled(rabbitmq), 0

    for seen in (300, 1_100, 1_900, 2_700, 3_500):
        with copying(copy) as job:
            eventually(lambda: count(rabbitmq.url, copy.target), lambda found: found >= seen)  # noqa: B023 - called here
            kills += job.signal(signal.SIGKILL) == -signal.SIGKILL
    left = count(rabbitmq.url, copy.source)
    code = finished(rabbitmq, copy)

    assert (kills, code) == (5, 0)
    assert 0 < left < MESSAGES, "the kills must land in the middle"
    assert sorted(set(bodies(rabbitmq.url, copy.target))) == numbered(MESSAGES)
    assert count(rabbitmq.url, copy.source) == 0


def test_a_copy_that_acknowledges_before_does_nothing_twice(rabbitmq: RabbitMQ) -> None:
    copy = replace(filled(rabbitmq), ack="before")

    for seen in (300, 1_100, 1_900):
        with copying(copy) as job:
            eventually(lambda: count(rabbitmq.url, copy.target), lambda found: found >= seen)  # noqa: B023 - called here
            job.signal(signal.SIGKILL)
    code = finished(rabbitmq, copy)

    found = bodies(rabbitmq.url, copy.target)
    assert (code, len(found)) == (0, len(set(found)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_copy_told_to_stop_acknowledges_all_that_it_has_read(rabbitmq: RabbitMQ, number: signal.Signals) -> None:
    copy = filled(rabbitmq)

    with copying(copy) as job:
        eventually(lambda: count(rabbitmq.url, copy.target), lambda found: found >= 1_000)
        code = job.signal(number)
        said = job.report()

    done = said["received"]
    assert 0 < done < MESSAGES, "the signal must land in the middle"
    assert (code, said) == (0, {"reason": "stopped", "unsettled": 0} | dict.fromkeys(COUNTS, done))
    assert bodies(rabbitmq.url, copy.target) == numbered(MESSAGES)[:done]
    assert bodies(rabbitmq.url, copy.source) == numbered(MESSAGES)[done:]
