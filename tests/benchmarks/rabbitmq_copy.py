"""Measure relaying a RabbitMQ queue, at least once, beside pika by hand and other libraries."""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from tests.benchmarks._harness import Contender, Figure, Speed, Unit, Work, timed_with_cpu
from tests.benchmarks._relay import Relay
from tests.brokers.rabbitmq import RabbitMQ

_MESSAGES = 20_000
#: Of what takes hundreds of microseconds a message.
_FEWER_MESSAGES = 2_000
_PREFETCH = 1_000
_PIKA = "pika, callbacks"
_RXSTREAM = "rxstream"
_PER_MESSAGE = Unit("µs a message", 1e-6)

#: Relays what it is told to relay, at least once.
DoRelay = Callable[[Relay], None]


def works() -> Iterator[Work]:
    """Yield relaying a queue on a broker of its own."""
    with RabbitMQ() as broker:

        def contender(name: str, relay: DoRelay, messages: int = _MESSAGES) -> Contender:
            return Contender(name, lambda: _measure(relay, url=broker.url, messages=messages))

        yield Work(
            name="RabbitMQ → map → RabbitMQ, messages of 100 B",
            contenders=[
                contender(_PIKA, by_pika),
                contender(_RXSTREAM, by_rxstream),
                contender("aio-pika", by_aio_pika, _FEWER_MESSAGES),
                contender("FastStream", by_faststream, _FEWER_MESSAGES),
            ],
            figures=[
                Figure("time", _PER_MESSAGE, targets={_RXSTREAM: [Speed(0.8, of=_PIKA)]}),
                Figure("the client's CPU time", _PER_MESSAGE),
            ],
            rounds=5,
        )


def by_pika(relay: Relay) -> None:
    """Relay with the client rxstream uses too."""
    from tests.benchmarks import _relay_pika

    asyncio.run(_relay_pika.copy(relay))


def by_rxstream(relay: Relay) -> None:
    """Relay with a pipeline."""
    import rxstream as rs
    from rxstream import operators as ops

    messages = rs.from_amqp(relay.url, relay.source, prefetch_count=relay.prefetch)
    changed = messages.pipe(ops.map(relay.change), ops.take(relay.messages))
    rs.run(changed.to(rs.to_amqp(relay.url, routing_key=relay.output)))


def by_aio_pika(relay: Relay) -> None:
    """Relay with the client most programs of asyncio use."""
    from tests.benchmarks import _relay_aio_pika

    asyncio.run(_relay_aio_pika.copy(relay))


def by_faststream(relay: Relay) -> None:
    """Relay with a handler."""
    from tests.benchmarks import _relay_faststream

    asyncio.run(_relay_faststream.copy(relay))


def _change(body: bytes) -> bytes:
    return body.upper()


def _measure(relay: DoRelay, *, url: str, messages: int) -> Sequence[float]:
    """Time everything from making the clients to having closed them; the queues are made and filled before."""
    # Imported when a broker is there: it needs the client.
    from tests.benchmarks._queues import check_and_delete, create_queue

    job = Relay(
        url=url,
        source=create_queue(url, messages=messages),
        output=create_queue(url),
        messages=messages,
        prefetch=_PREFETCH,
        change=_change,
    )
    taken = timed_with_cpu(lambda: relay(job))()
    check_and_delete(job)
    return [seconds / messages for seconds in taken]
