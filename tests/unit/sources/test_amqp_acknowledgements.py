"""What is settled of a queue is acknowledged once, and nothing else is, whatever comes first and whatever breaks."""

import asyncio
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import pika
from hypothesis import given
from hypothesis import strategies as st

from rxstream.drivers.amqp import address_of
from rxstream.drivers.amqp_reader import Reader, Settings

SETTINGS = Settings(
    address=address_of("from_amqp", "amqp://localhost/"),
    queue="q",
    exchange=None,
    routing_key=None,
    declare=None,
    prefetch=100,
    extra={},
    acks_before=False,
)
#: A number of messages that come, one of those that have come that is settled, or a loss of the connection.
STEPS = st.lists(st.integers(1, 8) | st.tuples(st.integers(0, 1_000)) | st.none(), max_size=60)


class Queue:
    """What a broker keeps of one channel, and a link to it."""

    is_open = True

    def __init__(self) -> None:
        self.channel = self
        self.sent = 0
        self.unacked: set[int] = set()
        self.lost: Any = None

    def send(self, reader: Reader) -> None:
        self.sent += 1
        self.unacked.add(self.sent)
        method = pika.spec.Basic.Deliver(delivery_tag=self.sent)
        reader._taker()(self, method, pika.BasicProperties(), b"")

    def basic_ack(self, tag: int, *, multiple: bool = False) -> None:
        assert tag in self.unacked, "a broker closes the channel for a tag that it does not know"
        self.unacked -= {known for known in self.unacked if known <= tag} if multiple else {tag}


def above(settled: set[int], position: int) -> Iterator[tuple[int, int]]:
    return ((at, at + 1) for at in sorted(settled) if at >= position)


@given(steps=STEPS)
def test_what_is_settled_is_acknowledged_and_nothing_else(steps: list[Any]) -> None:
    async def work() -> None:
        reader, queue, read, settled = Reader(SETTINGS), Queue(), list[int](), set[int]()
        for step in steps:
            reader._link = queue  # type: ignore[assignment]  # it stands for one
            if step is None:
                reader._forget()
                queue, read, settled = Queue(), [], set()
            elif isinstance(step, int):
                for _ in range(step):
                    queue.send(reader)
                read += [record[0] for record in (await reader.read()).records]
            elif read:
                settled.add(read[step[0] % len(read)])
                done = list(takewhile(settled.__contains__, read))
                safe = done[-1] + 1 if done else read[0]
                await reader.commit({("q", None): safe}, lambda _: above(settled, safe))  # noqa: B023 - called here
            unsettled = set(read) - settled

            assert len(queue.unacked) == len(unsettled)
            assert not read or {tag + read[0] - 1 for tag in queue.unacked} == unsettled

    asyncio.run(work())


def test_what_an_earlier_channel_brought_acknowledges_nothing_of_the_next() -> None:
    async def work() -> set[int]:
        reader, before, after = Reader(SETTINGS), Queue(), Queue()
        reader._link = before  # type: ignore[assignment]  # it stands for one
        before.send(reader)
        poll = await reader.read()
        reader._forget()
        reader._link = after  # type: ignore[assignment]  # as above
        after.send(reader)
        again = await reader.read()
        assert again.gone == (("q", None),)
        await reader.commit({("q", None): poll.spans[0].end}, lambda _: iter(()))
        return after.unacked

    assert asyncio.run(work()) == {1}
