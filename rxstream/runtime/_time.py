"""The run's clock for the code that runs in it: what time it is, sleeping, and doing something later."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Callable
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from rxstream.core import (
    UNSET,
    WORK,
    Timekeeper,
    Work,
    awaited,
    callable_,
    current_event,
    datetime_to_ns,
    duration_ns,
    is_naive,
    name_of,
    tell_task,
    thread_slot,
    timekeeper,
)
from rxstream.errors import ConfigurationError, NotRunningError, StreamError
from rxstream.runtime._loop import ClockLoop

#: Seconds that no run lasts; what is longer, or no number, is looked at with care.
_FOR_EVER: Final = 1e12


def now() -> datetime:
    """Say what time it is on the run's clock: in a replay where the items are, live the wall's.

    Raises:
        NotRunningError: Outside a run.

    Example:
        >>> past = rs.from_history([(0, "a"), (60, "b")], unit="s")
        >>> rs.collect(past.pipe(ops.map(lambda value: f"{rs.now():%H:%M} {value}")))
        ['00:00 a', '00:01 b']
    """
    return _keeper("now").scheduler.now


async def sleep(duration: float | timedelta | datetime) -> None:
    """Sleep on the run's clock; in virtual time that takes no time.

    Args:
        duration: Seconds, a timedelta, or the instant until which to sleep; one that is past means now.

    Raises:
        NotRunningError: Outside a run.
        ConfigurationError: If the duration is negative, or the instant names no zone.
        StreamError: Within `real_time`, where virtual time stands still.

    Example:
        >>> async def nap():
        ...     await rs.sleep(3600)
        ...     print(f"{rs.now():%H:%M}")
        >>> _ = rs.run(nap)
        01:00
    """
    keeper = _keeper("sleep")
    loop = asyncio.get_running_loop()
    if isinstance(loop, ClockLoop) and loop.stands_still_for_me:
        raise StreamError(
            f"sleep: the run's clock must go on; within rs.real_time() it stands still, got {duration!r}. "
            "Sleep outside, or use asyncio.sleep."
        )
    woken = loop.create_future()
    work = keeper.scheduler.call_at(_due(keeper, "sleep", "duration", duration), lambda: _wake(woken))
    try:
        await woken
    finally:
        work.cancel()


class Later(Work):
    """A call that is to come; what `rs.call_later` gives."""

    __slots__ = ("_args", "_context", "_keeper")

    def __init__(self, keeper: Timekeeper, at: int, f: Callable[..., Any], args: tuple[Any, ...]) -> None:
        # What `Work` does, without the call: there may be a million of them.
        self.agenda = keeper.scheduler.agenda
        self.at, self.rank = at, WORK
        self.act: Callable[..., Any] | None = f
        self._keeper = keeper
        self._args = args
        self._context = copy_context()
        if thread_slot().event is not UNSET:
            # Later, no record is on its way any more.
            self._context.run(tell_task, current_event())
        keeper.calls += 1

    def cancel(self) -> None:
        """Do not call; after the call it does nothing."""
        if self.act is not None:
            self._keeper.calls -= 1
            super().cancel()

    def do(self) -> None:
        """Call."""
        f, self.act, keeper = self.act, None, self._keeper
        if f is None:
            return
        keeper.calls -= 1
        try:
            made = self._context.run(f, *self._args)
        except BaseException as error:  # noqa: BLE001 - the guard knows what to do with it
            keeper.guard(partial(_raise, error))
            return
        if made is not None and inspect.isawaitable(made):
            keeper.spawn(awaited(made), name_of(f))


def call_later(delay: float | timedelta | datetime | None, f: Callable[..., Any], *args: Any) -> Later:
    """Call ``f(*args)`` later on the run's clock, behind the items and ticks of that instant.

    An error in it ends the run, as a pipeline's does. The run waits for the call.

    Args:
        delay: Seconds, a timedelta, or an instant, where a past one means now; None: this instant, after its items.
        f: What to call; it may be async.
        args: What to call it with.

    Returns:
        A handle whose ``cancel()`` takes it back.

    Raises:
        NotRunningError: Outside a run.
        ConfigurationError: If ``f`` cannot be called, the delay is negative, or the instant names no zone.

    Example:
        >>> def greet(name):
        ...     rs.call_later(60, lambda: print(f"{rs.now():%H:%M} goodbye {name}"))
        ...     return f"{rs.now():%H:%M} hello {name}"
        >>> rs.collect(rs.from_iterable(["Ann"]).pipe(ops.map(greet)))
        00:01 goodbye Ann
        ['00:00 hello Ann']
    """
    keeper = _keeper("call_later")
    if not callable(f):
        callable_("call_later", f=f)
    at = keeper.scheduler.now_ns if delay is None else _due(keeper, "call_later", "delay", delay)
    later = Later(keeper, at, f, args)
    keeper.scheduler.enter(later)
    return later


@contextlib.asynccontextmanager
async def real_time() -> AsyncIterator[None]:
    """Mark real work: meanwhile virtual time stands still, and asyncio's timers here run on the wall clock.

    What waits for an executor or a socket call of the loop is known to be real without it. Where time is not virtual
    it does nothing.

    Example:
        >>> async def fetch():
        ...     async with rs.real_time():
        ...         await asyncio.sleep(0.001)
        ...     return rs.now().timestamp()
        >>> async def job():
        ...     print(await fetch())
        >>> _ = rs.run(job)
        0.0
    """
    loop = asyncio.get_running_loop()
    with loop.real_work() if isinstance(loop, ClockLoop) else contextlib.nullcontext():
        yield


def _keeper(who: str) -> Timekeeper:
    keeper = timekeeper()
    if keeper is None:
        raise NotRunningError(
            f"{who}: needs a run, whose clock it asks; there is none here. "
            "Call it from what a pipeline calls, or from a coroutine function given to rs.run."
        )
    return keeper


def _due(keeper: Timekeeper, who: str, what: str, given: Any) -> int:
    present = keeper.scheduler.now_ns
    if type(given) is float and 0.0 <= given < _FOR_EVER:
        return present + round(given * 1e9)
    if not isinstance(given, datetime):
        return present + duration_ns(who, **{what: given})
    if is_naive(given):
        raise ConfigurationError(
            f"{who}: an instant must be an aware datetime; got {given!r}. "
            "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC)."
        )
    return max(present, datetime_to_ns(given))


def _raise(error: BaseException) -> None:
    raise error


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
