"""What is scheduled, soonest first."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count
from operator import attrgetter
from typing import Any, Final

#: So many at once are worth sorting; and so many cancelled ones are worth looking for.
_MANY: Final = 128
_AT: Final = attrgetter("at")
_RANK: Final = attrgetter("rank")


class Work:
    """One scheduled action; cancelling it is forgetting what to do, the agenda forgets it later.

    It is itself what the agenda keeps: among a million that wait, each object more costs the garbage collector time.

    Args:
        agenda: Where it is going to be entered.
        at: The instant, in nanoseconds.
        rank: What comes first at one instant: the lower one.
        act: What to do.
    """

    __slots__ = ("act", "agenda", "at", "rank")

    def __init__(self, agenda: Agenda, at: int, rank: float, act: Callable[..., Any]) -> None:
        self.agenda = agenda
        self.at = at
        self.rank = rank
        self.act: Callable[..., Any] | None = act

    def do(self) -> None:
        """Do it, once."""
        act, self.act = self.act, None
        if act is not None:
            act()

    def cancel(self) -> None:
        """Do not do it."""
        if self.act is not None:
            self.act = None
            self.agenda.cancelled += 1


class Agenda:
    """What is scheduled, soonest first; of one instant and rank in the order in which it was entered.

    It is a row. What comes behind all that is there, as most timers do, is appended; what comes in bulk is sorted in,
    which costs less than a heap; what comes singly between waits in a heap beside the row. So whatever is in the heap
    comes before the last of the row, and behind those of the row that tie with it.
    """

    __slots__ = ("_heap", "_incoming", "_numbers", "_row", "add", "cancelled")

    def __init__(self) -> None:
        self._incoming: list[Work] = []
        #: Takes one in.
        self.add = self._incoming.append
        self._row: deque[Work] = deque()
        # The instant, the rank, a number that keeps the order, and what to do: tuples are compared without a call.
        self._heap: list[tuple[int, float, int, Work]] = []
        self._numbers = count()
        #: How many of them will not be done.
        self.cancelled = 0

    def first(self) -> Work | None:
        """The soonest one that is to be done."""
        if self._incoming:
            self._take_in()
        while self._row:
            work = self._row[0]
            if self._heap and self._heap[0][:2] < (work.at, work.rank):
                work = self._heap[0][3]
            if work.act is not None:
                return work
            self.cancelled -= 1
            self._remove(work)
        return None

    def take(self, limit: int) -> Work | None:
        """Take out the soonest one, if it is due before ``limit``."""
        work = self.first()
        if work is None or work.at >= limit:
            return None
        self._remove(work)
        return work

    def shift(self, by: int) -> None:
        """Put everything later."""
        self._take_in()
        for _, _, _, work in self._heap:
            work.at += by
        self._heap = [(at + by, rank, number, work) for at, rank, number, work in self._heap]
        for work in self._row:
            work.at += by

    def clear(self) -> None:
        """Forget everything."""
        self._incoming.clear()
        self._row.clear()
        self._heap.clear()

    def _remove(self, first: Work) -> None:
        if self._row[0] is first:
            self._row.popleft()
        else:
            heapq.heappop(self._heap)

    def _take_in(self) -> None:
        incoming = self._incoming.copy()
        # Another thread may just have added one more.
        del self._incoming[: len(incoming)]
        waiting = len(self._row) + len(self._heap)
        # Many may have come, or been cancelled: time-outs that were not needed, say. All at once costs least.
        if len(incoming) > max(_MANY, waiting // 4) or self.cancelled > max(_MANY, waiting // 2):
            self._sort_in(incoming)
            return
        for work in incoming:
            self._place(work)

    def _place(self, work: Work) -> None:
        last = self._row[-1] if self._row else work
        if (work.at, work.rank) < (last.at, last.rank):
            heapq.heappush(self._heap, (work.at, work.rank, next(self._numbers), work))
        else:
            self._row.append(work)

    def _sort_in(self, incoming: Iterable[Work]) -> None:
        beside = (entry[3] for entry in sorted(self._heap))
        works = [work for works in (self._row, beside, incoming) for work in works if work.act is not None]
        # Sorting is stable, and compares numbers much faster than tuples of them.
        works.sort(key=_RANK)
        works.sort(key=_AT)
        self._row, self._heap, self.cancelled = deque(works), [], 0
