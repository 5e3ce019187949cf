"""Replay: batches of several sources in the order of their instants, taken lazily."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rxstream.core._connect import Intake
from rxstream.core._context import FAILURES
from rxstream.core._instants import NEVER
from rxstream.core._scheduler import StreamScheduler

_OnEnd = Callable[[Intake], None]


class _Reader:
    """One source being read, and the records of its current batch that are still to come."""

    __slots__ = ("batches", "intake", "place", "records")

    def __init__(self, intake: Intake) -> None:
        assert intake.feed.batches is not None  # noqa: S101 - only sources that need no waiting are replayed
        self.intake = intake
        self.batches = intake.feed.batches()
        self.records: Sequence[Any] = ()
        self.place = 0

    def fill(self) -> bool:
        """Make sure that there is a next record; False at the end."""
        while self.place >= len(self.records):
            if self.intake.receiver.stop.now:
                return False
            following = next(self.batches, None)
            if following is None:
                return False
            self.records, self.place = following, 0
        return not self.intake.receiver.stop.now

    def take_all(self) -> Sequence[Any]:
        """The rest of the batch."""
        taken = self.records[self.place :] if self.place else self.records
        # A lazy batch grows while it is consumed: its length now is not its end.
        self.records, self.place = (), 0
        return taken

    def take_until(self, limit: int, *, inclusive: bool) -> Sequence[Any]:
        """The records whose instants, as far as seen, lie before ``limit`` (``inclusive``: or at it); at least one."""
        records, first, place = self.records, self.place, self.place + 1
        while place < len(records):
            time = _instant(self.intake, records[place])
            if time > limit or (time == limit and not inclusive):
                break
            place += 1
        self.place = place
        return records[first:place]

    def close(self) -> None:
        """Let the source's generator finish its `with` blocks and `finally` clauses."""
        close = getattr(self.batches, "close", None)
        if close is not None:
            close()


def replay(
    intakes: Sequence[Intake], scheduler: StreamScheduler | None, on_end: Callable[[Intake], None]
) -> Iterator[tuple[Intake, Sequence[Any]]]:
    """Hand out batches: undated sources by turns, dated ones merged by time, ties in the order they were given.

    ``on_end`` is called after the last batch of a source, and what is still scheduled is done in the end.
    """
    readers = [_Reader(intake) for intake in intakes]
    undated = deque(reader for reader in readers if reader.intake.feed.time_of is None)
    dated = [reader for reader in readers if reader.intake.feed.time_of is not None]
    try:
        yield from _by_turns(undated, on_end)
        yield from _by_time(dated, on_end)
        if scheduler is not None:
            scheduler.run()
    finally:
        for reader in readers:
            reader.close()


def _by_turns(waiting: deque[_Reader], on_end: _OnEnd) -> Iterator[tuple[Intake, Sequence[Any]]]:
    while waiting:
        reader = waiting.popleft()
        if reader.fill():
            yield reader.intake, reader.take_all()
            waiting.append(reader)
        else:
            on_end(reader.intake)


def _by_time(readers: Sequence[_Reader], on_end: _OnEnd) -> Iterator[tuple[Intake, Sequence[Any]]]:
    heap: list[tuple[int, int]] = []
    for place, reader in enumerate(readers):
        _enter(heap, place, reader, on_end)
    while heap:
        _, place = heapq.heappop(heap)
        reader = readers[place]
        # Alone, a source need not be cut: the generated code keeps the clock record by record.
        if heap:
            limit, rival = heap[0]
            yield reader.intake, reader.take_until(limit, inclusive=place < rival)
        else:
            yield reader.intake, reader.take_all()
        _enter(heap, place, reader, on_end)


def _enter(heap: list[tuple[int, int]], place: int, reader: _Reader, on_end: _OnEnd) -> None:
    if not reader.fill():
        on_end(reader.intake)
        return
    heapq.heappush(heap, (_instant(reader.intake, reader.records[reader.place]), place))


def _instant(intake: Intake, record: Any) -> int:
    time_of = intake.feed.time_of
    assert time_of is not None  # noqa: S101 - only dated sources are merged by time
    try:
        return time_of(record)
    except FAILURES:
        # A record without an instant waits for nobody; its own pass hands it to the error handler.
        return -NEVER
