"""Sources on somebody else's virtual clock: each instant's items come when that clock has come there."""

from __future__ import annotations

from collections.abc import Sequence

from reactivex import abc

from rxstream.core._agenda import Work
from rxstream.core._context import FAILURES
from rxstream.core._instants import NEVER, datetime_to_ns, ns_to_datetime
from rxstream.core._intake import Intake
from rxstream.core._loose import close_reader, loose_reader
from rxstream.core._passport import Slot
from rxstream.core._replay import Merge
from rxstream.core._scheduler import ITEMS, TICKS, StreamScheduler
from rxstream.core._timekeeper import Timekeeper, on_time_of


class SteppedScheduler(StreamScheduler):
    """A clock that another scheduler moves: `StreamScheduler` itself, or one of reactivex's virtual ones."""

    def __init__(self, mover: abc.SchedulerBase) -> None:
        super().__init__(0)
        self._mover = mover
        self._reached = 0
        # No item moves this clock.
        self.clock.now = NEVER

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the epoch, as the other scheduler has it."""
        mover = self._mover
        if isinstance(mover, StreamScheduler):
            return mover.now_ns
        # Its floats may fall short of the instant that its own work was scheduled for.
        return max(self._reached, datetime_to_ns(mover.now))

    def enter(self, work: Work) -> None:
        """Let the other scheduler do it."""
        mover, at = self._mover, work.at

        def act(*_: object) -> None:
            self._reached = max(self._reached, at)
            work.do()

        if isinstance(mover, StreamScheduler):
            mover.call_at(at, act, work.rank)
        else:
            mover.schedule_absolute(ns_to_datetime(at), act)


def step_through(intakes: Sequence[Intake], slot: Slot, scheduler: SteppedScheduler, keeper: Timekeeper) -> None:
    """Let sources pass, merged by time, one entry in the other scheduler at a time."""
    merge = Merge(lambda reader: close_reader(reader, None))

    def step() -> None:
        now = scheduler.now_ns
        saved = slot.save()
        slot.clear()
        try:
            while merge.at <= now:
                merge.push(slot, now + 1)
        except FAILURES as error:
            _fail(intakes, error)
            merge.close()
        finally:
            slot.restore(saved)
        wait()

    def wait() -> None:
        if merge.first is not None:
            rank = ITEMS if merge.first.row is None else TICKS
            scheduler.call_at(max(merge.at, scheduler.now_ns), lambda: on_time_of(keeper, step), rank)

    merge.add(loose_reader(intake, scheduler.now_ns) for intake in intakes)
    on_time_of(keeper, step)


def _fail(intakes: Sequence[Intake], error: BaseException) -> None:
    for intake in intakes:
        if intake.receiver.stop.now:
            raise error
        intake.receiver.on_error(error)
