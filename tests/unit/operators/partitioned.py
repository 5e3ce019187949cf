"""A live source of several partitions that hands over what a test says, poll by poll."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import rxstream as rs
from rxstream.core import Above, Feed, Partition, Poll, Roster


class Sent(NamedTuple):
    """One record: of which partition it is, and its second, which is also its value."""

    partition: int
    second: int


class Given(NamedTuple):
    """One poll: its records, who is read, who has more than that, who has gone, and how long it is waited for."""

    records: Sequence[Sent] = ()
    ours: Iterable[int] = ()
    unread: Iterable[int] = ()
    gone: Iterable[int] = ()
    rest: float = 0


def place(partition: int) -> Partition:
    return "shelf", partition


def places(partitions: Iterable[int]) -> frozenset[Partition]:
    return frozenset(map(place, partitions))


class Shelf:
    """Partitions that are read as the polls say.

    Args:
        polls: What is handed over, in this order.
        is_merged: Whether the records come in the order of their seconds.
        undated: Whether the source itself says nothing of time.
    """

    def __init__(self, polls: Iterable[Given], *, is_merged: bool = False, undated: bool = False) -> None:
        self._polls = list(polls)
        self._is_merged = is_merged
        self._undated = undated

    @property
    def stream(self) -> rs.Stream[Any]:
        """The seconds as a stream."""
        return rs.Stream(
            feed=Feed(
                name="shelf",
                lift=_lifted,
                value="record.second",
                time=None if self._undated else "record.second * 1_000_000_000",
                key="record.partition",
                partition_of=lambda record: place(record.partition),
                connect=self._connect,
                disorder=0,
                live=True,
            )
        )

    async def _connect(self) -> "_Open":
        return _Open(list(self._polls), self._is_merged)


class _Open:
    def __init__(self, polls: list[Given], is_merged: bool) -> None:
        self._polls = polls
        self._is_merged = is_merged
        self._unread: frozenset[Partition] = frozenset()

    async def read(self) -> Poll | None:
        if not self._polls:
            return None
        given = self._polls.pop(0)
        await asyncio.sleep(given.rest)
        ours, unread = places(given.ours), places(given.unread)
        before = ours & (self._unread | unread | places(record.partition for record in given.records))
        self._unread = unread
        rosters = Roster(ours, before, self._is_merged), Roster(ours, unread, self._is_merged)
        return Poll(given.records, (), tuple(places(given.gone)), *rosters)

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int]:
        raise AssertionError("nothing is remembered")

    async def close(self) -> None: ...


def _lifted(record: Sent) -> rs.Event[int]:
    event = rs.Event(record.second, key=record.partition, origin=rs.Origin("shelf", record.partition, 0))
    event._time = record.second * 1_000_000_000
    return event


def dealt(seconds: Mapping[int, Sequence[int]], turns: Sequence[tuple[int, int]]) -> list[Given]:
    """Polls that take, turn by turn, so many records of a partition, and in the end what is left of all.

    Every partition is ours from the start, and has records unread until its last one is handed over.
    """
    left = {partition: list(found) for partition, found in seconds.items()}
    polls = [Given(ours=left, unread=[partition for partition in left if left[partition]])]
    for partition, count in [*turns, *((partition, len(found)) for partition, found in seconds.items())]:
        taken = [Sent(partition, second) for second in left[partition][:count]]
        del left[partition][:count]
        polls.append(Given(taken, left, [other for other in left if left[other]]))
    return polls
