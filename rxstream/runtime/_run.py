"""One run of pipelines: connected, driven to their end or stopped, and everything closed again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from contextvars import Context, copy_context
from functools import partial
from typing import Any, Final, TypeVar

from rxstream.core import (
    FAILURES,
    NEVER,
    VIRTUAL,
    Feed,
    Gate,
    Halt,
    KnownWatermarks,
    StreamScheduler,
    is_cancelled,
    keep_time,
    ns_to_datetime,
    thread_slot,
)
from rxstream.delivery import Outlet
from rxstream.runtime._brakes import Brakes
from rxstream.runtime._context import PipelineContext
from rxstream.runtime._loop import ClockLoop
from rxstream.runtime._options import Options
from rxstream.runtime._pipelines import names_of
from rxstream.runtime._reading import Reading
from rxstream.runtime._report import Outcome, Report
from rxstream.runtime._tasks import Tasks

_LOG: Final = logging.getLogger("rxstream")
#: Seconds between two looks at what nobody tells.
_SHORTLY: Final = 0.01


T = TypeVar("T")


class Run:
    """One run, on one event loop, in one thread.

    What is past it replays in virtual time; then, if something is live, it goes on with the wall's.

    Args:
        options: What was asked for.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self.slot = thread_slot()
        self.loop = asyncio.get_running_loop()
        self.brakes = Brakes(options.shutdown)
        self.goes_live = options.live
        self.scheduler = StreamScheduler.virtual() if options.replays else StreamScheduler.live()
        #: The clock of what is live, which does not wait for the past.
        self.wall = StreamScheduler.live() if options.live and options.replays else self.scheduler
        self.gate = Gate(is_open=not options.replays or not options.live)
        self.reading = Reading(self, options)
        self.watermarks = KnownWatermarks()
        self.tasks = Tasks(self.guarded, self._outlets)
        self.user_context = self.real_context = Context()
        #: How many calls are waited for.
        self.calls = 0
        self._is_user = False
        self._error: BaseException | None = None
        self._wall_began = time.monotonic()
        self._ended: int | None = None
        self._reason = "running"
        self._unsettled = 0
        self.contexts = [
            PipelineContext(self, pipeline, name)
            for pipeline, name in zip(options.pipelines, names_of(options.pipelines), strict=True)
        ]

    def stop(self) -> None:
        """Stop reading, finish what is in flight, and end; what only runs beside the pipelines is cancelled."""
        self.tasks.cancel_jobs()
        self.brakes.stop()

    def pause(self) -> None:
        """Stop reading until `resume`."""
        self.brakes.pause()

    def resume(self) -> None:
        """Read again."""
        self.brakes.resume()

    def fail(self, error: BaseException) -> None:
        """End because of ``error``; the first one counts."""
        if self._error is None:
            self._error = error
        self.stop()

    def end_now(self, error: BaseException) -> None:
        """End because of ``error``, without waiting for what is in flight."""
        self._error = error
        self.tasks.cancel_jobs()
        self.brakes.end_now()

    def end_until(self) -> None:
        """End because the time has come that was asked for."""
        if not self.brakes.is_stopping:
            self._ended = self._options.until
            self.stop()

    def as_user(self, act: Callable[[], Any]) -> Any:
        """Do ``act`` in the context of what the user wrote."""
        if self._is_user:
            return act()
        self._is_user = True
        try:
            return self.user_context.run(act)
        finally:
            self._is_user = False

    def guard(self, act: Callable[[], T]) -> T | None:
        """Do ``act``, and return what it gives; what it raises ends the run, and gives None."""
        try:
            return act()
        except (Halt, KeyboardInterrupt, SystemExit, *FAILURES) as error:
            self._end_by(error)
            return None

    def spawn(self, work: Coroutine[Any, Any, None], name: str, *, real: bool = False) -> None:
        """Start a task whose end the run awaits and whose error ends it; ``real``: it talks to the world."""
        self.tasks.spawn(work, name, self.real_context if real else self.user_context, real=real)

    def take_up(self, context: PipelineContext) -> None:
        """Take in what is watched from now on."""
        self.contexts.append(context)
        self.tasks.start_writers(context.outlets, self.user_context, self.real_context)

    async def execute(self) -> Outcome:
        """Run to the end. What no handler took is in the outcome: not every error may be raised from a coroutine."""
        self._part_times()
        for context in self.contexts:
            context.pipeline.note_begin(context.why_stuck)
        try:
            await self.guarded(self._course())
        finally:
            done = self.report()
            for context, row in zip(self.contexts, done.pipelines, strict=True):
                context.pipeline.note_end(row.counts, done.wall)
            if isinstance(self.loop, ClockLoop):
                self.loop.driver = None
        stopped = "stopped" if self._ended is None else "until"
        self._reason = "error" if self._error else stopped if self.brakes.is_stopping else "completed"
        report = self.report()
        self.scheduler.close()
        self.wall.close()
        if self._error is not None:
            self._tell_observers(self._error)
            self._error.report = report  # type: ignore[attr-defined]  # documented: an error of a run carries its report
        return Outcome(report, self._error)

    def _part_times(self) -> None:
        """Make the contexts of what the user wrote, and of what talks to the world."""
        self.user_context, self.real_context = copy_context(), copy_context()
        for context in (self.user_context, self.real_context):
            context.run(keep_time, self)
        self.user_context.run(VIRTUAL.set, self._options.replays)
        # Here sources are opened: what is live has the wall's time from the start.
        keep_time(_Wall(self))
        self.scheduler.guard = lambda act: self.as_user(lambda: self.guard(act))

    async def _course(self) -> None:
        async with AsyncExitStack() as stack:
            await self._open_sinks(stack)
            self.tasks.start_writers(self._outlets(), self.user_context, self.real_context)
            try:
                await self.reading.work()
            finally:
                self.reading.close()
                await self.tasks.close()

    async def _open_sinks(self, stack: AsyncExitStack) -> None:
        writing: dict[int, asyncio.Lock] = {}
        for outlet in self._outlets():
            if id(outlet.sink) not in writing:
                writing[id(outlet.sink)] = asyncio.Lock()
                await outlet.open()
                stack.push_async_callback(outlet.close)
            outlet.prepare(writing[id(outlet.sink)])

    @property
    def can_be_woken(self) -> bool:
        """Whether something real may still come."""
        world = isinstance(self.loop, ClockLoop) and self.loop.is_open_to_the_world
        return world or self.tasks.has_real_work or self.brakes.is_paused or self.reading.hears_world

    @property
    def is_endless(self) -> bool:
        """Whether it goes on for as long as anything is left: there is nothing but timers that never end."""
        return self._options.exhausts

    @property
    def is_awaited(self) -> bool:
        """Whether what is scheduled is waited for: by a call, or by a pipeline that has not completed."""
        return self.calls > 0 or any(not context.is_endless and not context.completed for context in self.contexts)

    async def drain(self) -> None:
        """Wait for what is in flight: as long as it takes after a normal end, else for the shutdown budget."""
        if self.brakes.is_stopping:
            self.reading.dispose_foreign()
        waiting = asyncio.ensure_future(self._wait_idle())
        stopping = asyncio.ensure_future(self.brakes.wait_stop())
        await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not waiting.done():
            self.reading.dispose_foreign()
            ending = asyncio.ensure_future(self.brakes.ending.wait())
            await asyncio.wait({waiting, ending}, timeout=self.brakes.shutdown, return_when=asyncio.FIRST_COMPLETED)
            ending.cancel()
        if not waiting.done():
            waiting.cancel()
            self._unsettled = self.reading.unsettled
            if not self.brakes.ending.is_set():
                budget = "the shutdown budget of %s s is over with %s records unsettled; not done: %s"
                _LOG.error(budget, self.brakes.shutdown, self._unsettled, self.not_done)
                for context in self.contexts:
                    _LOG.error("%s", context.why_stuck())
            self.tasks.cancel_spawned()
        await asyncio.gather(waiting, stopping, return_exceptions=True)

    async def _wait_idle(self) -> None:
        await self._wait_done()
        if self.brakes.is_stopping and self._error is None:
            # From the sources down, as what is handed on above may be gathered again below.
            for flush in [flush for context in self.contexts for flush in reversed(context.flushes)]:
                self.as_user(partial(self.guard, flush))
                await self._wait_done()

    async def _wait_done(self) -> None:
        await self.tasks.wait_idle()
        # Behind the end that was asked for no timer goes off: what it carries stays unsettled.
        while self.has_pending:
            await asyncio.sleep(_SHORTLY)
            await self.tasks.wait_idle()

    @property
    def has_pending(self) -> bool:
        """Whether timers carry items that are waited for."""
        if self._ended is not None or self._error is not None:
            return False
        # Live, a foreign operator may have put off what it has, and with it the end.
        going_on = self.scheduler.is_live and not self.brakes.is_stopping
        put_off = self.scheduler.next_due < NEVER or self.reading.hears_others
        return (going_on and put_off and self.is_awaited) or any(context.pending for context in self.contexts)

    @property
    def not_done(self) -> str:
        """Who is not done, in words."""
        names = [*self.tasks.waiting, *(name for context in self.contexts for name in context.pending)]
        unfinished = [context.name for context in self.contexts if not context.completed]
        return " and ".join(dict.fromkeys(names or unfinished))

    async def guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do ``work``; its error ends the run."""
        try:
            await work
        except (Halt, KeyboardInterrupt, SystemExit, *FAILURES) as error:
            if is_cancelled(error):
                raise
            self._end_by(error)

    def _end_by(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            self.end_now(error)
        elif not isinstance(error, Halt):
            # Of a halt the run knows already.
            self.fail(error)

    def why_stuck(self, feed: Feed) -> list[str]:
        """Why the pipelines that read a source are stuck."""
        reading = [context for context in self.contexts if context.reads(feed)]
        return [context.why_stuck() for context in reading]

    def _outlets(self) -> list[Outlet]:
        return [outlet for context in self.contexts for outlet in context.outlets]

    def _tell_observers(self, error: BaseException) -> None:
        for context in self.contexts:
            for receiver in context.ends_made:
                receiver.on_error(error)

    def report(self) -> Report:
        """What was done so far."""
        now = self.scheduler.now_ns if self._ended is None else max(self._ended, self.reading.began or 0)
        return Report(
            tuple(context.report(self.reading.received_of, self.reading.committed_of) for context in self.contexts),
            ns_to_datetime(now if self.reading.began is None else self.reading.began),
            ns_to_datetime(now),
            time.monotonic() - self._wall_began,
            self._reason,
            self._unsettled,
        )


class _Wall:
    """The time of what is live, from the start of the run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.scheduler = run.wall
        self.spawn, self.guard, self.watermarks = run.spawn, run.guard, run.watermarks

    @property
    def calls(self) -> int:
        return self._run.calls

    @calls.setter
    def calls(self, calls: int) -> None:
        self._run.calls = calls
