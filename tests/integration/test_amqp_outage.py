"""A broker that goes away is waited for, a queue that goes away ends the run, and nothing is lost."""

import asyncio
import time
from collections.abc import Callable

import pika
import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.rabbitmq import RabbitMQ
from tests.integration._jobs.going import Going, going
from tests.integration._jobs.queues import bodies, channel, count, declare, delete, eventually, numbered, publish

MESSAGES = 5_000
# Figures are noted for whoever asks for a JUnit file (--junitxml).
Note = Callable[[str, object], None]


def slowly(value: bytes) -> bytes:
    time.sleep(0.0005)
    return value


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_copy_goes_on_by_itself_when_the_broker_comes_back(
    rabbitmq: RabbitMQ, end: str, record_property: Note
) -> None:
    source, target, values = declare(rabbitmq.url), declare(rabbitmq.url), numbered(MESSAGES)
    publish(rabbitmq.url, source, values)
    seen: set[bytes] = set()
    records = rs.from_amqp(rabbitmq.url, source, prefetch_count=200).pipe(ops.map(slowly), ops.observe(seen.add))

    with going(records.to(rs.to_amqp(rabbitmq.url, routing_key=target))):
        eventually(lambda: count(rabbitmq.url, target), lambda found: found >= 1_000)
        getattr(rabbitmq, end)()
        rabbitmq.start()
        back, before = time.monotonic(), count(rabbitmq.url, target)
        eventually(lambda: count(rabbitmq.url, target), lambda found: found > before)
        record_property("seconds to the first message", time.monotonic() - back)
        eventually(lambda: len(seen), lambda found: found == MESSAGES, 40.0)

    assert before < MESSAGES, "the broker must go away in the middle"
    assert sorted(set(bodies(rabbitmq.url, target))) == values


def test_messages_that_come_again_after_an_outage_say_so(rabbitmq: RabbitMQ) -> None:
    source, said = declare(rabbitmq.url), list[tuple[bytes, bytes | None]]()
    publish(rabbitmq.url, source, [b"a", b"b"])
    records = rs.from_amqp(rabbitmq.url, source)

    def note(event: rs.Event[bytes]) -> None:
        said.append((event.value, event.header("amqp-redelivered")))

    # What a buffer keeps is not acknowledged.
    with going(records.pipe(ops.events(), ops.observe(note), ops.buffer(4)).to(rs.to_list())):
        eventually(lambda: len(said), lambda found: found == 2)
        rabbitmq.kill()
        rabbitmq.start()
        eventually(lambda: len(said), lambda found: found == 4)

    assert said == [(b"a", b"false"), (b"b", b"false"), (b"a", b"true"), (b"b", b"true")]


def test_what_is_handled_late_acknowledges_nothing_that_came_after_an_outage(rabbitmq: RabbitMQ) -> None:
    source, began, seen = declare(rabbitmq.url), list[bytes](), rs.to_list()
    publish(rabbitmq.url, source, [b"a", b"b"])

    async def work(value: bytes) -> bytes:
        began.append(value)
        # Those from before wait until they have come again, and what has come again for ever.
        awaited = 4 if len(began) <= 2 else 5
        while len(began) < awaited:
            await asyncio.sleep(0.01)
        return value

    with going(rs.from_amqp(rabbitmq.url, source).pipe(ops.map_async(work, concurrency=4)).to(seen), shutdown=0.5):
        eventually(lambda: len(began), lambda found: found == 2)
        rabbitmq.kill()
        rabbitmq.start()
        eventually(lambda: len(seen.items), lambda found: found == 2)

    assert began == [b"a", b"b"] * 2
    assert bodies(rabbitmq.url, source) == [b"a", b"b"]


def test_a_stream_is_read_on_from_where_an_outage_interrupted_it(rabbitmq: RabbitMQ) -> None:
    source, values, seen = declare(rabbitmq.url, arguments={"x-queue-type": "stream"}), numbered(200), rs.to_list()
    publish(rabbitmq.url, source, values[:100])
    prefetched = 20
    records = rs.from_amqp(rabbitmq.url, source, prefetch_count=prefetched, extra={"x-stream-offset": "first"})

    with going(records.to(seen)):
        eventually(lambda: len(seen.items), lambda found: found == 100)
        rabbitmq.stop()
        rabbitmq.start()
        assert eventually(lambda: published(rabbitmq, source, values[100]), bool), "the stream must be there again"
        publish(rabbitmq.url, source, values[101:])
        eventually(lambda: seen.items[-1], lambda found: found == values[-1])

    # What was not acknowledged yet when the broker went away comes again, as from any queue: no more than it had sent.
    assert list(dict.fromkeys(seen.items)) == values
    assert len(seen.items) <= len(values) + prefetched


def test_a_queue_deleted_while_it_is_read_ends_the_run(rabbitmq: RabbitMQ) -> None:
    source, seen = declare(rabbitmq.url), rs.to_list()
    publish(rabbitmq.url, source, [b"1"])

    with going(rs.from_amqp(rabbitmq.url, source).to(seen)) as run:
        eventually(lambda: seen.items, bool)
        delete(rabbitmq.url, source)
        error = ended_by(run)

    assert isinstance(error, rs.ConnectError)
    assert str(error) == (
        f"from_amqp: queue {source!r} must stay while it is read; {place(rabbitmq)} stopped sending from it, as "
        "brokers do when a queue is deleted. Create it, and run again."
    )


def test_a_queue_that_an_outage_took_away_ends_the_run(rabbitmq: RabbitMQ) -> None:
    source, seen = "of-memory", rs.to_list()
    with channel(rabbitmq.url) as on:
        on.queue_declare(source, durable=False)
    publish(rabbitmq.url, source, [b"1"])

    with going(rs.from_amqp(rabbitmq.url, source).to(seen)) as run:
        eventually(lambda: seen.items, bool)
        rabbitmq.kill()
        rabbitmq.start()
        error = ended_by(run)

    assert isinstance(error, rs.ConnectError)
    assert str(error) == (
        f"from_amqp: the queue must exist; {place(rabbitmq)} has none named {source!r}. Create it, or have it "
        "declared: declare={'durable': True}."
    )


def test_an_exchange_deleted_meanwhile_fails_each_message(rabbitmq: RabbitMQ) -> None:
    source, target, failed = declare(rabbitmq.url), declare(rabbitmq.url), list[bytes]()
    with channel(rabbitmq.url) as on:
        on.exchange_declare("short-lived", "fanout")
        on.queue_bind(target, "short-lived")
    sink = rs.to_amqp(rabbitmq.url, exchange="short-lived", routing_key="")

    with going(rs.from_amqp(rabbitmq.url, source).to(sink, on_error=lambda event, _: failed.append(event.value))):
        publish(rabbitmq.url, source, [b"before"])
        eventually(lambda: count(rabbitmq.url, target), bool)
        with channel(rabbitmq.url) as on:
            on.exchange_delete("short-lived")
        publish(rabbitmq.url, source, [b"after", b"that"])
        eventually(lambda: len(failed), lambda found: found == 2)

    assert failed == [b"after", b"that"]
    assert count(rabbitmq.url, source) == 0


def published(rabbitmq: RabbitMQ, queue: str, body: bytes) -> bool:
    """Whether a message could be put into a queue, which for a stream takes a while after a start."""
    try:
        publish(rabbitmq.url, queue, [body])
    except pika.exceptions.UnroutableError:
        return False
    return True


def ended_by(run: Going) -> BaseException | None:
    """Wait for a run's own end, and take its error."""
    run.join()
    error, run.error = run.error, None
    return error


def place(rabbitmq: RabbitMQ) -> str:
    return rabbitmq.url.split("@")[1].split("/")[0]
