"""The one clock of a run: a reactivex scheduler that is virtual, live, or first the one and then the other."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from reactivex import abc, typing
from reactivex.disposable import Disposable, SingleAssignmentDisposable
from reactivex.scheduler.periodicscheduler import PeriodicScheduler

from rxstream.core._agenda import Agenda, Work
from rxstream.core._instants import (
    EPOCH,
    NEVER,
    datetime_to_ns,
    instant_argument,
    is_naive,
    ns_to_datetime,
    seconds_to_ns,
    timedelta_to_ns,
)
from rxstream.errors import ConfigurationError

_TState = TypeVar("_TState")
_NOBODYS: Final = Context()


#: What is due at one instant comes in this order: items, then the ticks of timers, then what was scheduled.
ITEMS: Final = 0
TICKS: Final = 1
WORK: Final = 2


class Clock:
    """Where virtual time stands, and when the next scheduled work is due; both in nanoseconds.

    Generated code compares every item's instant with these two numbers, so they are plain attributes.
    """

    __slots__ = ("due", "now", "touched")

    def __init__(self, now: int) -> None:
        self.now = now
        self.due = NEVER
        #: Whether coroutines were woken at this instant: before time goes on, they have to have their turn.
        self.touched = False


class StreamScheduler(PeriodicScheduler):
    """A clock with work to do at given instants.

    Work of one instant runs in the order in which it was scheduled, however much there is; an action that raises
    leaves everything else scheduled. Make one with `virtual` or `live`.
    """

    def __init__(self, start_ns: int) -> None:
        super().__init__()
        self.clock: Final = Clock(start_ns)
        self.agenda: Final = Agenda()
        self._wall: Callable[[], int] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._inbox: deque[Work] = deque()
        self._latest = start_ns
        #: Does the work that is due live; a run takes care there of what it raises.
        self.guard: Callable[[Callable[[], None]], None] = _directly

    @classmethod
    def virtual(cls, start: datetime | None = None) -> StreamScheduler:
        """A clock that stands still until it is advanced, from ``start`` or the Unix epoch.

        Raises:
            ConfigurationError: If ``start`` is no aware datetime.
        """
        return cls(0 if start is None else instant_argument("StreamScheduler.virtual", "start", start))

    @classmethod
    def live(cls, loop: asyncio.AbstractEventLoop | None = None) -> StreamScheduler:
        """The wall clock, its work done by an asyncio loop (the running one, unless given).

        Raises:
            ConfigurationError: If there is no loop.
        """
        scheduler = cls(0)
        scheduler.go_live(loop)
        return scheduler

    def begin(self, instant: int) -> None:
        """Put virtual time to where it begins, before anything was done; what was put off, is from there."""
        self.agenda.shift(instant - self.clock.now)
        self.clock.now = instant
        self._note_next()

    def go_live(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Follow the wall clock from now on; what is already due runs at once."""
        if loop is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                raise ConfigurationError(
                    "StreamScheduler.live: needs an asyncio loop; none is running here. "
                    "Call it from a coroutine, or give loop=."
                ) from None
        # One reading of the wall at the start, the loop's own clock from there: never backwards, and "now"
        # and delays cannot disagree.
        # A loop that has two times says which is the wall's.
        seconds = getattr(loop, "wall_time", loop.time)
        offset = time.time_ns() - round(seconds() * 1e9)
        self._loop = loop
        self._latest = self.clock.now
        self._wall = lambda: offset + round(seconds() * 1e9)
        # No item moves the clock from now on, whatever instant it names.
        self.clock.now = NEVER
        if self._is_elsewhere():
            loop.call_soon_threadsafe(self._arm)
        else:
            self._arm()

    @property
    def is_live(self) -> bool:
        """Whether it follows the wall clock."""
        return self._wall is not None

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the epoch; never runs backwards."""
        if self._wall is None:
            return self.clock.now
        self._latest = max(self._latest, self._wall())
        return self._latest

    @property
    def now(self) -> datetime:
        """The clock's instant, in UTC."""
        return ns_to_datetime(self.now_ns)

    def schedule(self, action: typing.ScheduledAction[_TState], state: _TState | None = None) -> abc.DisposableBase:
        """Do ``action`` at this instant, after what is already scheduled for it."""
        return self._schedule(self.now_ns, action, state)

    def schedule_relative(
        self, duetime: typing.RelativeTime, action: typing.ScheduledAction[_TState], state: _TState | None = None
    ) -> abc.DisposableBase:
        """Do ``action`` after a while: seconds or a timedelta."""
        return self._schedule(self.now_ns + max(0, _relative_ns(duetime)), action, state)

    def schedule_absolute(
        self, duetime: typing.AbsoluteTime, action: typing.ScheduledAction[_TState], state: _TState | None = None
    ) -> abc.DisposableBase:
        """Do ``action`` at an instant: an aware datetime, or seconds since the epoch. A past one means now."""
        return self._schedule(max(self.now_ns, _absolute_ns(duetime)), action, state)

    def schedule_periodic(
        self,
        period: typing.RelativeTime,
        action: typing.ScheduledPeriodicAction[_TState],
        state: _TState | None = None,
    ) -> abc.DisposableBase:
        """Do ``action`` at start + k x period, k from 1, without drift; a tick missed meanwhile is skipped."""
        period_ns = _relative_ns(period)
        if period_ns <= 0:
            raise ConfigurationError(
                f"StreamScheduler: period must be greater than zero; got {period!r}. Give seconds or a timedelta."
            )
        due = self.now_ns + period_ns
        disposed = False
        work: Work

        def tick() -> None:
            nonlocal due, state, work
            state = action(state)
            due += period_ns * max(1, -((due - self.now_ns) // period_ns))
            if not disposed:
                work = self.call_at(due, tick)

        def dispose() -> None:
            nonlocal disposed
            disposed = True
            work.cancel()

        work = self.call_at(due, tick)
        return Disposable(dispose)

    def call_at(self, at: int, run: Callable[[], Any], rank: float = WORK) -> Work:
        """Do ``run`` at an instant in nanoseconds, unless the handle returned is cancelled; any thread may call."""
        work = Work(self.agenda, at, rank, run)
        self.enter(work)
        return work

    def enter(self, work: Work) -> None:
        """Schedule work for its instant; any thread may call."""
        if self._loop is None:
            self.agenda.add(work)
            if work.at < self.clock.due:
                self.clock.due = work.at
            return
        # Behind what other threads have scheduled before.
        self._inbox.append(work)
        if self._is_elsewhere():
            self._loop.call_soon_threadsafe(self._take_in)
        else:
            self._take_in()

    @property
    def next_due(self) -> int:
        """When the next work is due, in nanoseconds; `NEVER` if there is none."""
        first = self.agenda.first()
        return NEVER if first is None else first.at

    def touch(self) -> None:
        """Note that coroutines have been woken: whoever moves the clock lets them have their turn first."""
        clock = self.clock
        clock.touched = True
        clock.due = -NEVER

    def settle(self) -> None:
        """Note that all coroutines have had their turn."""
        self.clock.touched = False
        self._note_next()

    def _is_elsewhere(self) -> bool:
        """Whether the loop runs, and not in this thread."""
        try:
            return asyncio.get_running_loop() is not self._loop
        except RuntimeError:
            return self._loop is not None and self._loop.is_running()

    def advance_to(self, instant: datetime) -> None:
        """Move virtual time to ``instant``, doing on the way what is due up to and including it.

        Raises:
            ConfigurationError: If the instant is naive, or lies before the clock's.
        """
        at = instant_argument("StreamScheduler.advance_to", "instant", instant)
        if at < self.clock.now:
            raise ConfigurationError(
                f"StreamScheduler.advance_to: time goes forward only; it is {self.now}, got {instant}. "
                "Make a new clock."
            )
        self.run_until(at, inclusive=True)
        self.clock.now = max(self.clock.now, at)

    def run(self) -> None:
        """Do everything that is scheduled, in virtual time, until nothing is left."""
        self.run_until(NEVER, inclusive=False)

    def run_until(self, limit: int, *, inclusive: bool, most: int = NEVER) -> None:
        """Do what is due before ``limit`` (``inclusive``: and at it), moving virtual time from one to the next.

        It stops early where coroutines were woken, which have to have their turn first, and after the ``most``-th one.
        """
        agenda, clock = self.agenda, self.clock
        if inclusive:
            limit += 1
        try:
            while most and not clock.touched and (work := agenda.take(limit)) is not None:
                most -= 1
                if work.at > clock.now:
                    clock.now = work.at
                work.do()
        finally:
            self._note_next()

    def _schedule(self, at: int, action: typing.ScheduledAction[_TState], state: _TState | None) -> abc.DisposableBase:
        inner = SingleAssignmentDisposable()

        def run() -> None:
            made = action(self, state)
            if made is not None:
                inner.disposable = made

        work = self.call_at(at, run)

        def dispose() -> None:
            work.cancel()
            inner.dispose()

        return Disposable(dispose)

    def _take_in(self) -> None:
        while self._inbox:
            work = self._inbox.popleft()
            self.agenda.add(work)
            if work.at < self.clock.due:
                self._note_next()

    def _note_next(self) -> None:
        if not self.clock.touched:
            self.clock.due = self.next_due
        if self._loop is not None:
            self._arm()

    def close(self) -> None:
        """Do nothing any more."""
        self.agenda.clear()
        self._inbox.clear()
        self._note_next()

    def _arm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        due = self.next_due
        if self._loop is not None and due < NEVER:
            wait = max(0, due - self.now_ns) / 1e9
            # In no context: the alarm is the wall's, whoever's time is virtual.
            self._alarm = self._loop.call_later(wait, self._ring, context=_NOBODYS)

    def _ring(self) -> None:
        self._alarm = None
        self.settle()
        self.guard(lambda: self.run_until(self.now_ns, inclusive=True))

    @classmethod
    def to_datetime(cls, value: typing.AbsoluteOrRelativeTime) -> datetime:
        """Read an instant as reactivex's operators do: a number or timedelta counts from the epoch."""
        return value if isinstance(value, datetime) else EPOCH + cls.to_timedelta(value)

    @classmethod
    def to_timedelta(cls, value: typing.AbsoluteOrRelativeTime) -> timedelta:
        """Read a span as reactivex's operators do: a datetime is its distance from the epoch."""
        if isinstance(value, datetime):
            return value.astimezone(UTC) - EPOCH
        return value if isinstance(value, timedelta) else timedelta(seconds=value)


def _directly(act: Callable[[], None]) -> None:
    act()


def _relative_ns(duetime: typing.RelativeTime) -> int:
    return timedelta_to_ns(duetime) if isinstance(duetime, timedelta) else seconds_to_ns(duetime)


def _absolute_ns(duetime: typing.AbsoluteTime) -> int:
    if not isinstance(duetime, datetime):
        return seconds_to_ns(duetime)
    if is_naive(duetime):
        raise ConfigurationError(
            f"StreamScheduler: an instant must be an aware datetime; got {duetime!r}. Give it a zone, "
            "for instance tzinfo=UTC."
        )
    return datetime_to_ns(duetime)
