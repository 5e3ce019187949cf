"""A source that remembers: records of numbered places, and what was committed of them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import rxstream as rs
from rxstream.core import Above, Feed, Partition, Poll, Span


class Record(NamedTuple):
    """One record, at its position of one partition."""

    partition: int
    position: int
    value: Any


def located(record: Record) -> tuple[Partition, int]:
    return ("belt", record.partition), record.position


def lifted(record: Record) -> rs.Event[Any]:
    return rs.Event(record.value, key=record.partition, origin=rs.Origin("belt", record.partition, record.position))


def spans_of(records: Sequence[Record]) -> tuple[Span, ...]:
    """The stretches that the records of one poll cover."""
    found: dict[int, list[int]] = {}
    for record in records:
        found.setdefault(record.partition, []).append(record.position)
    return tuple(Span(("belt", partition), min(at), max(at) + 1) for partition, at in found.items())


FEED = Feed(name="belt", lift=lifted, value="record.value", locate=located, max_in_flight=10)


class Belt:
    """Values at the positions 0, 1, … of one partition, handed over a few at a time.

    Args:
        values: What the records hold.
        size: How many make a batch.
        step: The distance between two positions.
        max_in_flight: How many may wait for work.
        manual: Whether records are settled by answers.
        live: Whether it is live, and goes on without end.
    """

    def __init__(
        self,
        values: Sequence[Any],
        *,
        size: int = 1000,
        step: int = 1,
        max_in_flight: int = 4_000,
        manual: bool = False,
        live: bool = False,
    ) -> None:
        records = [Record(0, place * step, value) for place, value in enumerate(values)]
        self._polls = [records[start : start + size] for start in range(0, len(records), size)]
        self._max_in_flight = max_in_flight
        self._manual = manual
        self._live = live
        self.committed = 0

    @property
    def stream(self) -> rs.Stream[Any]:
        """The values as a stream, which may be run once."""
        return rs.Stream(
            feed=Feed(
                name="belt",
                lift=lifted,
                value="record.value",
                connect=self._connect,
                locate=located,
                commit_interval=1e-9,
                max_in_flight=self._max_in_flight,
                manual=self._manual,
                live=self._live,
            )
        )

    async def _connect(self) -> "Belt":
        return self

    async def read(self) -> Poll | None:
        """Hand over the next batch, after others have had a turn."""
        await asyncio.sleep(0.001 if self._live else 0)
        if not self._polls:
            return Poll(()) if self._live else None
        records = self._polls.pop(0)
        return Poll(records, spans_of(records))

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int]:
        """Remember the position, which never goes back."""
        [position] = positions.values()
        assert position >= self.committed
        self.committed = position
        return positions

    async def close(self) -> None:
        """Nothing to let go of."""
