"""Messages go from queue to queue exactly as they are, and what goes wrong with one is that one's alone."""

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

import pika
import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.rabbitmq import RabbitMQ
from tests.integration._jobs.going import going
from tests.integration._jobs.queues import (
    bodies,
    channel,
    count,
    declare,
    eventually,
    get_all,
    numbered,
    publish,
)

MESSAGES = 3_000


def test_a_copy_has_exactly_the_messages_in_their_order(rabbitmq: RabbitMQ) -> None:
    source, target, values = declare(rabbitmq.url), declare(rabbitmq.url), numbered(MESSAGES)
    publish(rabbitmq.url, source, values)

    with going(rs.from_amqp(rabbitmq.url, source).to(rs.to_amqp(rabbitmq.url, routing_key=target))) as run:
        eventually(lambda: count(rabbitmq.url, target), lambda found: found == MESSAGES)
        report = run.stop()

    assert bodies(rabbitmq.url, target) == values
    assert count(rabbitmq.url, source) == 0
    assert report is not None
    assert (report.pipelines[0].committed, report.unsettled) == (MESSAGES, 0)


def test_a_copied_message_keeps_its_properties_and_headers(rabbitmq: RabbitMQ) -> None:
    source, target = declare(rabbitmq.url), declare(rabbitmq.url)
    said = {"content_type": "text/plain", "content_encoding": "utf-8", "priority": 5, "correlation_id": "c-1"}
    said |= {"reply_to": "r", "expiration": "600000", "message_id": "m-1", "type": "order", "app_id": "shop"}
    said |= {"timestamp": 1_700_000_000, "user_id": "guest"}
    publish(rabbitmq.url, source, [b"1"], headers={"tenant": "acme"}, **said)

    with going(rs.from_amqp(rabbitmq.url, source).to(rs.to_amqp(rabbitmq.url, routing_key=target))):
        eventually(lambda: count(rabbitmq.url, target), bool)

    (got,) = get_all(rabbitmq.url, target)
    assert got.properties == pika.BasicProperties(delivery_mode=2, headers={"tenant": "acme"}, **said)


def test_an_event_has_key_timestamp_headers_and_origin_of_its_message(rabbitmq: RabbitMQ) -> None:
    source, seen = declare(rabbitmq.url), list[rs.Event[Any]]()
    table = {"tenant": "acme", "raw": b"\xff", "count": 5, "flags": [True, None], "nothing": None}
    publish(rabbitmq.url, source, [b'{"a": 1}'], headers=table, priority=5, timestamp=1_700_000_000)

    with going(rs.from_amqp(rabbitmq.url, source, codec="json").pipe(ops.events()).to(seen.append)):
        eventually(lambda: seen, bool)

    own = (("tenant", b"acme"), ("raw", b"\xff"), ("count", b"5"), ("flags", b"[true,null]"), ("nothing", None))
    said = (("amqp-delivery-mode", b"2"), ("amqp-priority", b"5"), ("amqp-redelivered", b"false"))
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    assert seen == [rs.Event({"a": 1}, source, at, own + said, rs.Origin(source, None, 1))]


def test_a_message_that_cannot_be_decoded_goes_to_the_handler_with_its_bytes(rabbitmq: RabbitMQ) -> None:
    source, seen, failed = declare(rabbitmq.url), rs.to_list(), list[tuple[Any, str]]()
    publish(rabbitmq.url, source, [b"1", b"{", b"2"])
    records = rs.from_amqp(rabbitmq.url, source, codec="json")

    with going(records.to(seen, on_error=lambda event, error: failed.append((event.value, type(error).__name__)))):
        eventually(lambda: seen.items, lambda items: len(items) == 2)

    assert (seen.items, failed) == ([1, 2], [(b"{", "DecodeError")])
    assert count(rabbitmq.url, source) == 0


def test_a_message_no_queue_gets_fails_alone(rabbitmq: RabbitMQ) -> None:
    target, failed = declare(rabbitmq.url), list[tuple[Any, str]]()
    values = [b"a", b"lost", b"b", b"lost", b"c"]
    sink = rs.to_amqp(rabbitmq.url, routing_key=lambda value: "nowhere" if value == b"lost" else target)

    rs.run(rs.from_iterable(values).to(sink, on_error=lambda event, error: failed.append((event.value, str(error)))))

    said = (
        "to_amqp: exchange '' must have a queue for routing key 'nowhere'; the broker returned the message: NO_ROUTE. "
        "Bind a queue, or say mandatory=False."
    )
    assert failed == [(b"lost", said)] * 2
    assert bodies(rabbitmq.url, target) == [b"a", b"b", b"c"]


def test_of_messages_alike_but_for_a_header_the_one_that_came_back_fails(rabbitmq: RabbitMQ) -> None:
    target, failed = declare(rabbitmq.url), list[Any]()
    with channel(rabbitmq.url) as on:
        on.exchange_declare("by-header", "headers")
        on.queue_bind(target, "by-header", "", {"way": "here"})
    values = [rs.Event(b"same", headers=[("way", way)]) for way in (b"here", b"there", b"here")]

    rs.run(
        rs.from_iterable(values).to(
            rs.to_amqp(rabbitmq.url, exchange="by-header", routing_key=""),
            on_error=lambda event, _: failed.append(event.header("way")),
        )
    )

    assert failed == [b"there"]
    assert bodies(rabbitmq.url, target) == [b"same", b"same"]


def test_a_message_the_broker_refuses_fails_alone_and_the_others_arrive_in_order(rabbitmq: RabbitMQ) -> None:
    target, failed = declare(rabbitmq.url), list[Any]()
    values: list[bytes] = [b"%03d" % number for number in range(100)]
    values[70] = b"x" * (130 * 1024 * 1024)
    sink = rs.to_amqp(rabbitmq.url, routing_key=target)

    rs.run(rs.from_iterable(values).to(sink, on_error=lambda event, error: failed.append((event.value, str(error)))))

    assert [(value == values[70], "message size" in said) for value, said in failed] == [(True, True)]
    assert list(dict.fromkeys(bodies(rabbitmq.url, target))) == values[:70] + values[71:]


def test_a_message_a_full_queue_refuses_fails_alone(rabbitmq: RabbitMQ) -> None:
    target = declare(rabbitmq.url, arguments={"x-max-length": 2, "x-overflow": "reject-publish"})
    failed: list[Any] = []

    sink = rs.to_amqp(rabbitmq.url, routing_key=target)
    rs.run(rs.from_iterable([b"a", b"b", b"c"]).to(sink, on_error=lambda event, _: failed.append(event.value)))

    assert failed == [b"c"]
    assert bodies(rabbitmq.url, target) == [b"a", b"b"]


@pytest.mark.parametrize("requeue", [False, True])
def test_a_rejected_message_is_the_brokers_again(rabbitmq: RabbitMQ, requeue: bool) -> None:
    letters, times = declare(rabbitmq.url), list[bytes | None]()
    source = declare(rabbitmq.url, arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": letters})
    publish(rabbitmq.url, source, [b"1", b"x", b"2"])

    def number(value: bytes) -> int:
        event = rs.current_event()
        if value == b"x" and event is not None:
            times.append(event.header("amqp-redelivered"))
        return 3 if len(times) == 2 else int(value)

    seen = rs.to_list()
    with going(
        rs.from_amqp(rabbitmq.url, source).pipe(ops.map(number)).to(seen, on_error=rs.handlers.reject(requeue=requeue))
    ):
        eventually(lambda: len(seen.items) + count(rabbitmq.url, letters), lambda found: found == 3)

    assert times == [b"false", b"true"][: 1 + requeue]
    assert (bodies(rabbitmq.url, letters), count(rabbitmq.url, source)) == ([] if requeue else [b"x"], 0)


def test_a_message_that_is_held_for_long_keeps_no_other_from_being_acknowledged(rabbitmq: RabbitMQ) -> None:
    source, values, seen = declare(rabbitmq.url), numbered(500), list[bytes]()
    publish(rabbitmq.url, source, values)

    async def work(value: bytes) -> bytes:
        if value == values[3]:
            await asyncio.Event().wait()
        return value

    stream = rs.from_amqp(rabbitmq.url, source, prefetch_count=10).pipe(
        ops.map_async(work, concurrency=4, order="done")
    )
    with going(stream.to(seen.append), shutdown=0.5):
        eventually(lambda: len(seen), lambda found: found == 499)

    assert sorted(seen) == values[:3] + values[4:]
    assert bodies(rabbitmq.url, source) == [values[3]]


def test_by_hand_only_what_is_answered_is_acknowledged(rabbitmq: RabbitMQ) -> None:
    source, seen = declare(rabbitmq.url), rs.to_list()
    publish(rabbitmq.url, source, [b"a", b"b", b"c"])

    def answer(event: rs.Event[bytes]) -> None:
        if event.value != b"b":
            event.ack()

    stream = rs.from_amqp(rabbitmq.url, source, ack="manual").pipe(ops.events(), ops.observe(answer), ops.values())
    with going(stream.to(seen), shutdown=0.5):
        eventually(lambda: len(seen.items), lambda found: found == 3)

    assert bodies(rabbitmq.url, source) == [b"b"]


@pytest.mark.parametrize("kind", ["quorum", "stream"])
def test_queues_of_other_kinds_are_read_too(rabbitmq: RabbitMQ, kind: str) -> None:
    source, seen = declare(rabbitmq.url, arguments={"x-queue-type": kind}), rs.to_list()
    publish(rabbitmq.url, source, numbered(100))
    extra = {"x-stream-offset": "first"} if kind == "stream" else None

    with going(rs.from_amqp(rabbitmq.url, source, prefetch_count=10, extra=extra).to(seen)):
        eventually(lambda: seen.items, lambda items: len(items) == 100)

    assert seen.items == numbered(100)


def test_a_queue_is_declared_and_bound_before_it_is_read(rabbitmq: RabbitMQ) -> None:
    seen = rs.to_list()
    declared = {"durable": True, "arguments": {"x-max-priority": 5}}
    with channel(rabbitmq.url) as on:
        on.exchange_declare("orders", "topic")
    records = rs.from_amqp(
        rabbitmq.url, "all-orders", exchange="orders", routing_key="order.*", declare=declared, codec="json"
    )

    with going(records.to(seen)):
        with channel(rabbitmq.url) as on:
            on.confirm_delivery()
            eventually(lambda: _routed(on, "order.paid", {"id": 1}), bool)
        eventually(lambda: seen.items, bool)

    assert seen.items == [{"id": 1}]


def _routed(on: Any, key: str, value: object) -> bool:
    try:
        on.basic_publish("orders", key, json.dumps(value).encode(), mandatory=True)
    except pika.exceptions.UnroutableError:
        return False
    return True


def test_a_window_may_keep_more_messages_than_the_broker_sends_ahead(rabbitmq: RabbitMQ) -> None:
    source, panes = declare(rabbitmq.url), rs.to_list()
    publish(rabbitmq.url, source, numbered(500))
    counted = rs.from_amqp(rabbitmq.url, source, prefetch_count=10).pipe(ops.buffer(500))

    with going(counted.to(panes)):
        eventually(lambda: len(panes.items), lambda found: found == 1)
        left = eventually(lambda: count(rabbitmq.url, source), lambda found: found == 0)

    assert (panes.items, left) == ([numbered(500)], 0)


def test_messages_without_a_timestamp_raise_no_watermark_and_fail_nowhere(rabbitmq: RabbitMQ) -> None:
    source, said = declare(rabbitmq.url), list[object]()
    publish(rabbitmq.url, source, numbered(3))
    records = rs.from_amqp(rabbitmq.url, source)
    observed = records.pipe(ops.observe(lambda _: said.append(records.watermark)), ops.window(rs.tumbling(60)))

    with going(observed.to(rs.to_list())):
        eventually(lambda: len(said), lambda found: found == 3)

    assert said == [None, None, None]


def test_behind_a_sink_that_hangs_no_more_comes_than_the_broker_sends_ahead(rabbitmq: RabbitMQ) -> None:
    source, seen = declare(rabbitmq.url), rs.to_list()
    publish(rabbitmq.url, source, numbered(500))

    async def hang(_value: bytes) -> None:
        await asyncio.Event().wait()

    stream = rs.from_amqp(rabbitmq.url, source, prefetch_count=10).pipe(ops.observe(seen.on_next))
    with going(stream.to(hang), shutdown=0.1):
        eventually(lambda: len(seen.items), lambda found: found >= 10)
        time.sleep(1.0)

    assert len(seen.items) <= 20
