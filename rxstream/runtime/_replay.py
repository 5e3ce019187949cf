"""A run's virtual time: what is past, and what is due, in one order, as fast as possible or paced."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from rxstream.core import NEVER, TICKS, BatchSize, Merge, Reader, close_reader
from rxstream.errors import StreamError

if TYPE_CHECKING:
    from rxstream.runtime._run import Run

#: Seconds after which a step gives others their turn.
_LONGEST: Final = 0.005
#: How many calls that are due are made at a time, at most.
_MOST_CALLS: Final = 256
#: Nanoseconds between two looks at whether more may be read.
_SHORTLY: Final = 10_000_000


class Replay:
    """Moves a run's virtual time, a step at a time, whenever nothing else is to be done.

    Args:
        run: The run.
        until: Where time ends, in nanoseconds; `NEVER`: nowhere.
        speed: How many times faster than the wall's it goes; None: as fast as possible.
        on_over: Called once, when nothing of the past is left; in a run that then goes live, time is the wall's.
    """

    def __init__(self, run: Run, *, until: int, speed: float | None, on_over: Callable[[], None]) -> None:
        self.scheduler = run.scheduler
        self.replaying = True
        self.merge = Merge(self._close)
        self._run = run
        self._until = until
        self._speed = speed
        self._on_over = on_over
        self._over = False
        self._began = (time.monotonic(), self.scheduler.now_ns)
        self._calls = BatchSize(_MOST_CALLS)
        self._timed = False
        self._idle = True
        self._limit = until

    def begin(self, readers: Sequence[Reader]) -> None:
        """Take the sources in, and let the items of the first instant pass: they come before all else."""
        self.merge.add(readers)
        start = self.scheduler.now_ns
        if self.merge.at == -NEVER:
            self.merge.push(self._run.slot)
        while -NEVER < self.merge.at <= start < self._until:
            self.merge.push(self._run.slot, start + 1)

    def step(self, *, idle: bool, frozen: bool) -> bool:
        """Do what comes next, until others have something to do; False: nothing does before something real happens.

        ``idle``: nobody on the loop has anything to do, so that who waits then is waiting for time. ``frozen``: real
        work is under way, for which time stands still.
        """
        self._idle = idle and not frozen
        until = NEVER if self._over else self._until
        self._limit = min(until, self.scheduler.now_ns + 1) if frozen else until
        # An error has ended the run: what that brings is to be done.
        return self._run.guard(self._step) is not False

    def _step(self) -> bool:
        clock, deadline = self.scheduler.clock, time.monotonic() + _LONGEST
        while not clock.touched and time.monotonic() < deadline:
            if not self._over and (self._run.brakes.is_stopping or self._is_over()):
                self._finish()
                return True
            if not self._move():
                return False
        return True

    def _move(self) -> bool:
        """Let one thing happen; False: nothing can before something real does."""
        run, merge = self._run, self.merge
        due = self.scheduler.next_due
        if due >= self._limit:
            due = NEVER
        if self._over:
            # What is in flight is finished, whatever time that takes.
            if self._until <= due < NEVER and not run.tasks.has_virtual_work:
                run.end_until()
            awaited = run.tasks.has_virtual_work or run.has_pending
            return awaited and (self._run_due(due) or self._wait(may_wait=False))
        waits = merge.waits
        merge.take_back(run.reading.may_read_of)
        while (first := merge.first) is not None and first.at == -NEVER and not self._may_push():
            # It has no time, so what has may go on.
            merge.set_first_aside()
        at = merge.at
        # A source that has to be waited for may bring something earlier than all the others.
        if at <= due and at < self._limit and not waits and self._may_push():
            return not self._is_paced(at) and self._push()
        if due < NEVER and (due < at or not run.tasks.has_real_work) and not waits:
            return not self._is_paced(due) and self._run_due(due)
        return self._wait(may_wait=waits)

    def _wait(self, *, may_wait: bool) -> bool:
        run = self._run
        if may_wait or run.can_be_woken or not self._idle:
            return False
        # Nor is what nothing wakes waited for.
        if run.brakes.is_stopping:
            run.brakes.end_now()
            return False
        error = StreamError(
            f"run: whatever waits must have something that wakes it; nothing will ever wake {run.not_done}. "
            "Wake it, or mark what it waits for as real: async with rs.real_time()."
        )
        run.end_now(error)
        return False

    def _push(self) -> bool:
        limit = self._limit
        if self._speed is not None and self.merge.at > -NEVER:
            limit = min(limit, self.merge.at + 1)
        first = self.merge.first
        if first is not None and first.row is not None:
            limit = min(limit, max(self._last_tick(), first.at) + 1)
        self.merge.push(self._run.slot, limit)
        return True

    def _last_tick(self) -> int:
        """Up to when timers may tick before it is asked again whether that is still wanted."""
        if self._run.goes_live:
            # What is later than now is for the wall's time to bring.
            return self._run.wall.now_ns
        if self._run.is_endless or any(not reader.intake.feed.endless for reader in self.merge.readers):
            return NEVER
        due = self.scheduler.next_due
        return due if due < NEVER else self.scheduler.now_ns

    def _run_due(self, due: int) -> bool:
        if due == NEVER:
            return False
        if self._speed is None and not self._run.goes_live and due < self.merge.at:
            # Nothing comes between; and yet not all, as meanwhile the end may have come.
            limit = min(self.merge.at, self._limit)
            began = time.monotonic()
            self.scheduler.run_until(limit, inclusive=False, most=self._calls.now)
            self._calls.note_pass(time.monotonic() - began)
        else:
            self.scheduler.run_until(due, inclusive=True)
        return True

    def _may_push(self) -> bool:
        reader = self.merge.first
        return reader is not None and (reader.closing is not None or self._run.reading.may_read_of(reader))

    def _is_over(self) -> bool:
        """Whether nothing of the past is left that anybody waits for."""
        run, merge = self._run, self.merge
        if merge.waits:
            return False
        due = self.scheduler.next_due
        first = min(merge.at, due)
        if self._until <= first < NEVER:
            run.end_until()
            return True
        if run.goes_live:
            # Timers go on live; what is due before now is the past's still.
            return first > run.wall.now_ns and all(reader.row is not None for reader in merge.readers)
        if any(not reader.intake.feed.endless for reader in merge.readers) or run.tasks.has_virtual_work:
            return False
        if run.is_endless:
            return first == NEVER
        if first <= self.scheduler.now_ns:
            # The instant is not over.
            return False
        # A timer that never ends may yet bring what somebody below waits for.
        return not run.is_awaited or (first == NEVER and not run.reading.hears_world)

    def _is_paced(self, at: int) -> bool:
        """Whether it is too early by the wall for this instant; then the loop is woken in time."""
        if self._speed is None or at <= self._began[1]:
            return False
        early = (at - self._began[1]) / 1e9 / self._speed - (time.monotonic() - self._began[0])
        if early <= 0:
            return False
        if not self._timed:
            self._timed = True
            self._run.loop.call_later(early, self._on_time, context=self._run.real_context)
        return True

    def _on_time(self) -> None:
        self._timed = False

    def _close(self, reader: Reader) -> None:
        # Where only the past of a source ends, it goes on live.
        if not self._run.brakes.is_stopping and not reader.intake.feed.past:
            close_reader(reader, self.scheduler)

    def _finish(self) -> None:
        self._over = True
        self._on_over()


def tick_live(reader: Reader, run: Run) -> None:
    """Let a timer tick by the wall clock, from where virtual time has left it."""
    scheduler = run.scheduler

    def tick() -> None:
        if reader.row is None and not run.reading.may_read_of(reader):
            scheduler.call_at(scheduler.now_ns + _SHORTLY, tick, TICKS)
            return
        try:
            reader.push(run.slot, reader.at, inclusive=True)
        finally:
            run.slot.clear()
        wait()

    def wait() -> None:
        reader.look()
        if reader.closing is None:
            scheduler.call_at(reader.at, tick, TICKS)
        elif reader.closing.at is not None:
            run.reading.ended(reader.intake)

    wait()
