"""In which order calls begin, and results are handed on: as the items came, as they are done, or key by key."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from rxstream.operators._map_async_jobs import NOT_DONE, Job

HandOn = Callable[[Job], None]


class Order(Protocol):
    """Who is next; asked by those who do the work, all in one thread."""

    #: Whoever waits and has not been looked at.
    waiting: deque[Job]

    def put(self, job: Job) -> None:
        """Take in one item."""

    def take(self) -> Job | None:
        """Give the item whose call may begin now, if there is one."""

    def finish(self, job: Job) -> None:
        """Take the end of a call, and hand on what may be handed on now."""


class AsDone:
    """Results go on as they are done."""

    def __init__(self, hand_on: HandOn) -> None:
        self.waiting: deque[Job] = deque()
        self.put = self.waiting.append
        self.finish = hand_on

    def take(self) -> Job | None:
        """Give the next item."""
        return self.waiting.popleft() if self.waiting else None


class AsTheyCame:
    """Results go on in the order of the items; what is done early waits for those before it."""

    def __init__(self, hand_on: HandOn) -> None:
        self.waiting: deque[Job] = deque()
        self._line: deque[Job] = deque()
        self._hand_on = hand_on
        self._busy = False

    def put(self, job: Job) -> None:
        """Take in one item."""
        job.made = NOT_DONE
        self.waiting.append(job)
        self._line.append(job)

    def take(self) -> Job | None:
        """Give the next item."""
        return self.waiting.popleft() if self.waiting else None

    def finish(self, job: Job) -> None:
        """Hand on all that are done, from the first one on."""
        line = self._line
        while line and line[0].made is not NOT_DONE and not self._busy:
            # It stays so when handing on ends the run: what is behind that item is not to be handed on.
            self._busy = True
            self._hand_on(line.popleft())
            self._busy = False


class ByKey:
    """A key's items come one after the other; other items overtake those that wait for their key, but not many.

    Args:
        hand_on: Hands a result on.
        most: How many may wait for their keys; then nobody is looked at before one of them has begun.
    """

    def __init__(self, hand_on: HandOn, most: int) -> None:
        self.waiting: deque[Job] = deque()
        self.put = self.waiting.append
        self._hand_on = hand_on
        self._most = most
        self._behind: dict[Any, deque[Job]] = {}  # of each key at work, who waits for it
        self._parked = 0
        self._free: deque[Job] = deque()

    def take(self) -> Job | None:
        """Give the first item whose key nobody is at work on; who has none need not wait."""
        if self._free:
            return self._free.popleft()
        while self.waiting and self._parked < self._most:
            job = self.waiting.popleft()
            if job.key is None:
                return job
            behind = self._behind.get(job.key)
            if behind is None:
                self._behind[job.key] = deque()
                return job
            behind.append(job)
            self._parked += 1
        return None

    def finish(self, job: Job) -> None:
        """Hand the result on, and let the next one of its key begin."""
        self._hand_on(job)
        if job.key is None:
            return
        behind = self._behind[job.key]
        if behind:
            self._free.append(behind.popleft())
            self._parked -= 1
        else:
            del self._behind[job.key]
