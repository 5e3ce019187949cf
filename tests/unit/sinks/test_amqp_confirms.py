"""What a broker says of messages, in whatever order and together, is said of each of them once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream.drivers.amqp import address_of
from rxstream.drivers.amqp_writer import Writer


class Exchange:
    """A link to an exchange that takes everything."""

    is_open = True

    def __init__(self) -> None:
        self.channel = self
        self.published: list[bytes] = []

    def basic_publish(self, _exchange: str, _key: str, body: bytes, *_: Any) -> None:
        self.published.append(body)

    @contextmanager
    def in_one_piece(self) -> Iterator[None]:
        yield


def answer(writer: Writer, tag: int, *, taken: bool, multiple: bool = False) -> None:
    kind = pika.spec.Basic.Ack if taken else pika.spec.Basic.Nack
    writer._on_answer(pika.frame.Method(1, kind(tag, multiple)))


@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    refused=st.sets(st.integers(1, 40)),
    order=st.randoms(use_true_random=False),
)
def test_each_batch_fails_for_what_was_refused_of_it(sizes: list[int], refused: set[int], order: Any) -> None:
    async def work() -> list[set[int]]:
        writer = Writer(address_of("to_amqp", "amqp://localhost/"), exchange="", mandatory=True)
        writer._link, writer._ready = Exchange(), True  # type: ignore[assignment]  # it stands for one
        receipts = [await writer.write([("q", b"", None)] * size) for size in sizes]
        waiting = list(range(1, sum(sizes) + 1))
        while waiting:
            tag = order.choice(waiting)
            below = [open_ for open_ in waiting if open_ <= tag]
            # Together only what has one and the same answer.
            together = len({open_ in refused for open_ in below}) == 1 and order.random() < 0.5
            answer(writer, tag, taken=tag not in refused, multiple=together)
            waiting = [open_ for open_ in waiting if open_ not in (below if together else [tag])]
        found = await asyncio.gather(*receipts, return_exceptions=True)
        return [set(error.errors) if isinstance(error, rs.BatchError) else set() for error in found]

    begins = [sum(sizes[:place]) for place in range(len(sizes))]
    expected = [
        {at for at in range(size) if begin + at + 1 in refused} for begin, size in zip(begins, sizes, strict=True)
    ]
    assert asyncio.run(work()) == expected


def test_no_more_is_published_while_too_much_is_unconfirmed() -> None:
    async def work() -> tuple[int, int]:
        writer, exchange = Writer(address_of("to_amqp", "amqp://localhost/"), exchange="", mandatory=True), Exchange()
        writer._link, writer._ready = exchange, True  # type: ignore[assignment]  # it stands for one
        writing = asyncio.ensure_future(writer.write([("q", b"", None)] * 6_000))
        await asyncio.wait({writing}, timeout=0.01)
        before = len(exchange.published)
        answer(writer, 5_000, taken=True, multiple=True)
        await writing
        return before, len(exchange.published)

    assert asyncio.run(work()) == (5_000, 6_000)
