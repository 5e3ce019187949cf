"""In which order calls begin, and results are handed on: as the items came, as they are done, or key by key."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from rxstream.operators._map_async_jobs import MADE, NOT_DONE, WAITS_FOR, Job

HandOn = Callable[[Job], None]


class Order(Protocol):
    """Who is next; asked by those who do the work, all in one thread."""

    #: Takes in one item.
    put: Callable[[Job], None]

    def take(self) -> Job:
        """Give the item whose call may begin now.

        Raises:
            IndexError: If there is none, as a deque's own method says it: to ask first would cost as much again.
        """

    def finish(self, job: Job) -> None:
        """Take the end of a call, and hand on what may be handed on now."""


class AsDone:
    """Results go on as they are done."""

    def __init__(self, hand_on: HandOn) -> None:
        waiting: deque[Job] = deque()
        self.put = waiting.append
        self.take = waiting.popleft
        self.finish = hand_on


class AsTheyCame:
    """Results go on in the order of the items; what is done early waits for those before it."""

    def __init__(self, hand_on: HandOn) -> None:
        waiting: deque[Job] = deque()
        line: deque[Job] = deque()  # those whose calls have begun
        begin, begun, first = waiting.popleft, line.append, line.popleft

        # Functions rather than methods, which would look up every name in turn.
        def take() -> Job:
            job = begin()
            begun(job)
            return job

        def finish(job: Job) -> None:
            if not line or line[0] is not job:
                return
            try:
                hand_on(first())
                while line and line[0][MADE] is not NOT_DONE:
                    hand_on(first())
            except BaseException:
                # It ends the run: what is behind that item is not to be handed on.
                line.clear()
                raise

        self.put = waiting.append
        self.take = take
        self.finish = finish


class ByKey:
    """A key's items come one after the other; other items overtake those that wait for their key, but not many.

    Args:
        hand_on: Hands a result on.
        most: How many may wait for their keys; then nobody is looked at before one of them has begun.
    """

    def __init__(self, hand_on: HandOn, most: int) -> None:
        self._waiting: deque[Job] = deque()
        self.put = self._waiting.append
        self._hand_on = hand_on
        self._most = most
        self._behind: dict[Any, deque[Job]] = {}  # of each key at work, who waits for it
        self._parked = 0
        self._free: deque[Job] = deque()

    def take(self) -> Job:
        """Give the first item whose key nobody is at work on; who has none need not wait."""
        if self._free:
            return self._free.popleft()
        while self._parked < self._most:
            job = self._waiting.popleft()
            key = job[WAITS_FOR]
            if key is None:
                return job
            behind = self._behind.get(key)
            if behind is None:
                self._behind[key] = deque()
                return job
            behind.append(job)
            self._parked += 1
        raise IndexError

    def finish(self, job: Job) -> None:
        """Hand the result on, and let the next one of its key begin."""
        self._hand_on(job)
        key = job[WAITS_FOR]
        if key is None:
            return
        behind = self._behind[key]
        if behind:
            self._free.append(behind.popleft())
            self._parked -= 1
        else:
            del self._behind[key]
