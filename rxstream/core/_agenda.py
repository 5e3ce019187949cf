"""What is scheduled, soonest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any, Final

#: So many at once are worth sorting; and so many cancelled ones are worth looking for.
_MANY: Final = 128


class Work:
    """One scheduled action; cancelling it is forgetting what to do, the agenda forgets it later."""

    __slots__ = ("act", "agenda")

    def __init__(self, agenda: Agenda, act: Callable[..., Any]) -> None:
        self.agenda = agenda
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


#: The instant, the rank, a number that keeps those of one rank in order, and what to do. Tuples are compared without
#: a call.
Entry = tuple[int, float, int, Work]


class Agenda:
    """What is scheduled, soonest first.

    What comes in bulk is sorted at once, which costs less than a heap; what comes singly goes to a heap beside it.
    """

    __slots__ = ("_heap", "_incoming", "_sorted", "add", "cancelled")

    def __init__(self) -> None:
        self._incoming: list[Entry] = []
        #: Takes one in.
        self.add = self._incoming.append
        self._heap: list[Entry] = []
        self._sorted: list[Entry] = []  # the soonest last
        #: How many of them will not be done.
        self.cancelled = 0

    def first(self) -> Entry | None:
        """The soonest one that is to be done."""
        if self._incoming:
            self._take_in()
        while True:
            chosen = self._soonest()
            if not chosen:
                return None
            entry = chosen[0] if chosen is self._heap else chosen[-1]
            if entry[3].act is not None:
                return entry
            self.cancelled -= 1
            self._pop(chosen)

    def pop(self) -> None:
        """Take out the one that `first` has just given."""
        self._pop(self._soonest())

    def shift(self, by: int) -> None:
        """Put everything later."""
        if self._incoming:
            self._take_in()
        self._heap = [(at + by, rank, number, work) for at, rank, number, work in self._heap]
        self._sorted = [(at + by, rank, number, work) for at, rank, number, work in self._sorted]

    def clear(self) -> None:
        """Forget everything."""
        self._incoming.clear()
        self._heap, self._sorted = [], []

    def _soonest(self) -> list[Entry]:
        if not self._heap or (self._sorted and self._sorted[-1] < self._heap[0]):
            return self._sorted
        return self._heap

    def _pop(self, chosen: list[Entry]) -> None:
        if chosen is self._heap:
            heapq.heappop(chosen)
        else:
            chosen.pop()

    def _take_in(self) -> None:
        incoming = self._incoming.copy()
        self._incoming.clear()
        if self.cancelled > _MANY and self.cancelled > (len(self._heap) + len(self._sorted)) // 2:
            # Most of them cancelled: time-outs that were not needed, say. All at once costs least.
            self._sorted = [entry for entry in self._sorted if entry[3].act is not None]
            self._heap = [entry for entry in self._heap if entry[3].act is not None]
            heapq.heapify(self._heap)
            self.cancelled = sum(entry[3].act is None for entry in incoming)
        if len(incoming) > _MANY and len(incoming) > len(self._sorted) // 4:
            self._sorted += incoming
            self._sorted.sort(reverse=True)
        else:
            for entry in incoming:
                heapq.heappush(self._heap, entry)
