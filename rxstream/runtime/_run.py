"""One run of pipelines: connected, driven to their end or stopped, and everything closed again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, Final

from rxstream.core import (
    Connections,
    End,
    Entry,
    Halt,
    Intake,
    Pipeline,
    Poll,
    StreamScheduler,
    connect,
    lineage,
    readable,
    replay,
    thread_slot,
)
from rxstream.delivery import Ledger, Outlet
from rxstream.runtime._context import PipelineContext
from rxstream.runtime._pipelines import is_live, names_of
from rxstream.runtime._report import Outcome, PipelineReport, Report

_LOG: Final = logging.getLogger("rxstream")
#: Seconds; after a pass that took longer, those who wait for the network get more than one turn of the loop.
_LONG_PASS: Final = 0.01
#: Seconds in which a source must hear the stop.
_HEARING: Final = 1.0

Job = Callable[[], Coroutine[Any, Any, Any]]


class Run:
    """One run, on one event loop, in one thread.

    Args:
        pipelines: What runs, the branches of `tee` among them.
        jobs: Coroutine functions that run beside them.
        shutdown: Seconds that work in flight has to finish once the run is stopped.
    """

    def __init__(self, pipelines: Sequence[Pipeline], jobs: Sequence[Job], *, shutdown: float) -> None:
        self.slot = thread_slot()
        self._live = is_live(pipelines)
        self.scheduler = StreamScheduler.live() if self._live else StreamScheduler.virtual()
        self._jobs = jobs
        self._shutdown = shutdown
        names = names_of(pipelines)
        self.contexts = [PipelineContext(self, pipeline, name) for pipeline, name in zip(pipelines, names, strict=True)]
        self._ledgers: dict[int, Ledger] = {}
        self._received: dict[int, int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._error: BaseException | None = None
        self._stopping = asyncio.Event()
        self._ending = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()
        self.loop = asyncio.get_running_loop()
        self._began = time.monotonic()
        self._started: datetime | None = None
        self._begun = False
        self._reason = "running"
        self._unsettled = 0
        self._entries: list[Entry] = []

    def stop(self) -> None:
        """Stop reading, finish what is in flight, and end."""
        self._stopping.set()
        self._going.set()

    def pause(self) -> None:
        """Stop reading until `resume`."""
        self._going.clear()

    def resume(self) -> None:
        """Read again."""
        self._going.set()

    def fail(self, error: BaseException) -> None:
        """End because of ``error``; the first one counts."""
        if self._error is None:
            self._error = error
        self.stop()

    def end_now(self, error: BaseException) -> None:
        """End because of ``error``, without waiting for what is in flight."""
        self._error = error
        self._shutdown = 0.0
        self._ending.set()
        self.stop()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Start a task whose end the run awaits and whose error ends it."""
        task = self.loop.create_task(self._guarded(work), name=f"rxstream {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def attach(self, connections: Connections) -> None:
        """Take in what a foreign operator subscribed to while the run was under way."""
        self._entries += connections.entries
        for intake in connections.intakes:
            if intake.feed.batches is not None:
                self.spawn(self._replay([intake]), intake.feed.name)
            else:
                self.spawn(self._read_late(intake), intake.feed.name)

    async def _read_late(self, intake: Intake) -> None:
        async with self._opened(intake) as pump:
            await pump

    def report(self) -> Report:
        """What was done so far."""
        now = self.scheduler.now
        return Report(
            tuple(self._pipeline_report(context) for context in self.contexts),
            self._started or now,
            now,
            time.monotonic() - self._began,
            self._reason,
            self._unsettled,
        )

    async def execute(self) -> Outcome:
        """Run to the end. What no handler took is in the outcome: not every error may be raised from a coroutine."""
        await self._guarded(self._course())
        self._reason = "error" if self._error else "stopped" if self._stopping.is_set() else "completed"
        report = self.report()
        if self._error is not None:
            self._tell_observers(self._error)
            self._error.report = report  # type: ignore[attr-defined]  # documented: an error of a run carries its report
        return Outcome(report, self._error)

    async def _course(self) -> None:
        async with AsyncExitStack() as stack:
            await self._open_sinks(stack)
            await self._drive()

    async def _open_sinks(self, stack: AsyncExitStack) -> None:
        writing: dict[int, asyncio.Lock] = {}
        for outlet in self._outlets():
            if id(outlet.sink) not in writing:
                writing[id(outlet.sink)] = asyncio.Lock()
                await outlet.open()
                stack.push_async_callback(outlet.close)
            outlet.prepare(writing[id(outlet.sink)])

    async def _drive(self) -> None:
        writers = [self.loop.create_task(self._guarded(outlet.work())) for outlet in self._outlets()]
        try:
            connections = self._connect()
            self._started = self.scheduler.now
            for job in self._jobs:
                self.spawn(job(), getattr(job, "__name__", "job"))
            await self._read_all(connections)
        finally:
            for writer in writers:
                writer.cancel()
            await asyncio.gather(*writers, *self._tasks, return_exceptions=True)

    def _connect(self) -> Connections:
        ends = [
            End(context.pipeline.stream, receiver, context)
            for context in self.contexts
            for receiver in context.ends_made
        ]
        return connect(ends, virtual=not self._live)

    async def _read_all(self, connections: Connections) -> None:
        at_once = [intake for intake in connections.intakes if intake.feed.batches is not None]
        waited_for = [intake for intake in connections.intakes if intake.feed.batches is None]
        async with AsyncExitStack() as stack:
            pumps = [await stack.enter_async_context(self._opened(intake)) for intake in waited_for]
            self._entries = connections.entries
            # What foreign operators have put off to the clock, they want done before anything comes.
            self.scheduler.run_until(self.scheduler.now_ns, inclusive=True)
            # Even without sources to replay, virtual time must go on for what is scheduled.
            replayed = [self._replay(at_once)] if at_once or not self._live else []
            readers = [*pumps, *replayed, self._until_ended()]
            await self._read_out([self.loop.create_task(self._guarded(reader)) for reader in readers])
            for subscription in connections.foreign:
                subscription.dispose()
            await self._drain()

    async def _read_out(self, readers: Sequence[asyncio.Task[None]]) -> None:
        """Wait until all sources have ended, or have heard the stop; one that waits for a broker does not hear it."""
        stopping = self.loop.create_task(self._stopping.wait())
        reading: set[asyncio.Task[Any]] = set(readers)
        while reading and not stopping.done():
            await asyncio.wait({*reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            reading = {reader for reader in reading if not reader.done()}
        stopping.cancel()
        if reading:
            _, deaf = await asyncio.wait(reading, timeout=_HEARING)
            for reader in deaf:
                reader.cancel()
            await asyncio.gather(*deaf, return_exceptions=True)

    @asynccontextmanager
    async def _opened(self, intake: Intake) -> AsyncIterator[Coroutine[Any, Any, None]]:
        assert intake.feed.connect is not None  # noqa: S101 - a source is read at once or waited for
        connection = await intake.feed.connect()
        ledger = self._ledger(intake)
        try:
            yield self._pump(intake, connection, ledger)
            await self._commit_last(connection, ledger)
        finally:
            await connection.close()

    async def _pump(self, intake: Intake, connection: Any, ledger: Ledger) -> None:
        due = self.loop.time() + intake.feed.commit_interval
        while not self._stopping.is_set() and not intake.receiver.stop.now:
            if self.loop.time() >= due:
                await self._commit(connection, ledger)
                due = self.loop.time() + intake.feed.commit_interval
            await self._room(ledger, max(0.0, due - self.loop.time()))
            if self._stopping.is_set() or not self._may_read(ledger):
                continue
            poll = await connection.read()
            if poll is None or intake.receiver.stop.now:
                break
            ledger.forget(poll.gone)
            if poll.records:
                await self._let_others_work(self._push(intake, ledger, poll))
        self._ended(intake)

    async def _let_others_work(self, seconds: float) -> None:
        """Give the loop to whoever has work now: a turn, or several after a long pass, for what takes several."""
        await asyncio.sleep(0 if seconds < _LONG_PASS else _LONG_PASS / 10)

    def _may_read(self, ledger: Ledger) -> bool:
        return ledger.has_room and self._going.is_set()

    async def _room(self, ledger: Ledger, seconds: float) -> None:
        """Wait until more may be read, at most so long."""
        if self._may_read(ledger):
            return
        await self._unless_stopped(self._allowed(ledger), seconds)

    async def _allowed(self, ledger: Ledger) -> None:
        await ledger.wait_room()
        await self._going.wait()

    async def _unless_stopped(self, work: Coroutine[Any, Any, None], seconds: float | None = None) -> bool:
        """Wait for ``work``, but no longer than for the stop, or so many seconds; whether it was done."""
        task = self.loop.create_task(work)
        stopping = self.loop.create_task(self._stopping.wait())
        await asyncio.wait({task, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        done = task.done()
        stopping.cancel()
        task.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)
        return done

    async def _replay(self, intakes: Sequence[Intake]) -> None:
        for intake, records in replay(intakes, self.scheduler, self._ended):
            ledger = self._ledger(intake)
            await self._let_others_work(self._push(intake, ledger, Poll(records)))
            while not self._stopping.is_set() and not self._may_read(ledger):
                await self._room(ledger, 1.0)
            if self._stopping.is_set():
                return

    async def _until_ended(self) -> None:
        """Wait for the end of the foreign Observables, or the stop."""
        while not self._stopping.is_set() and not all(entry.ended for entry in self._entries):
            await asyncio.sleep(0.01)

    async def _drain(self) -> None:
        """Wait for what is in flight: as long as it takes after a normal end, else for the shutdown budget."""
        waiting = asyncio.ensure_future(self._all_idle())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not waiting.done():
            ending = asyncio.ensure_future(self._ending.wait())
            await asyncio.wait({waiting, ending}, timeout=self._shutdown, return_when=asyncio.FIRST_COMPLETED)
            ending.cancel()
        if not waiting.done():
            waiting.cancel()
            self._unsettled = sum(ledger.waiting for ledger in self._ledgers.values())
            _LOG.error("the shutdown budget of %s s is over with %s records unsettled", self._shutdown, self._unsettled)
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(waiting, stopping, return_exceptions=True)

    async def _all_idle(self) -> None:
        # What one of them finishes may give another one work: until nobody had any.
        while True:
            outlets = self._outlets()
            for outlet in outlets:
                await outlet.wait_idle()
            if self._tasks:
                await asyncio.wait(set(self._tasks))
            elif all(outlet.idle for outlet in outlets):
                return

    async def _commit_last(self, connection: Any, ledger: Ledger) -> None:
        """Commit at the end; where the run was stopped, a broker that is away is not waited for beyond the budget."""
        task = self.loop.create_task(self._commit(connection, ledger))
        done, _ = await asyncio.wait({task}, timeout=self._shutdown if self._stopping.is_set() else None)
        if done:
            await task
        else:
            task.cancel()
            _LOG.error("the last commit was not answered; what was handled since the one before will come again")

    async def _commit(self, connection: Any, ledger: Ledger) -> None:
        positions = ledger.commits()
        if positions:
            ledger.note_committed(await connection.commit(positions))

    def _push(self, intake: Intake, ledger: Ledger, poll: Poll) -> float:
        """Let one batch pass through everything that needs no waiting; returns the seconds it took."""
        began = time.monotonic()
        batch = ledger.open(poll)
        self._begin_at(intake, poll)
        slot = self.slot
        slot.batch = batch
        try:
            intake.run(poll.records)
        except BaseException:
            batch.close_at(slot.event)
            raise
        else:
            if intake.receiver.stop.now:
                batch.close_behind(slot.event)
            else:
                batch.close()
        finally:
            slot.clear()
            # Only now: a lazy batch grows while it is consumed.
            self._received[id(intake.feed)] = self._received.get(id(intake.feed), 0) + len(poll.records)
        return time.monotonic() - began

    def _begin_at(self, intake: Intake, poll: Poll) -> None:
        """Let virtual time begin at the first instant of the past."""
        time_of = intake.feed.time_of
        if self._begun or self._live or time_of is None:
            return
        self._begun = True
        first = readable(time_of, poll.records[0])
        if first is not None:
            self.scheduler.begin(first)
            self._started = self.scheduler.now

    def _ended(self, intake: Intake) -> None:
        # A stopped source has not ended: what is kept waits for the rest, and is not settled.
        # Who wanted no more has completed those below already, and what is kept above is not to be settled by it.
        if not self._stopping.is_set() and not intake.receiver.stop.now:
            intake.receiver.on_completed()

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except Halt:
            pass
        except (KeyboardInterrupt, SystemExit) as error:
            self.end_now(error)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever ends a part of the run ends the run, with that error
            self.fail(error)

    def _ledger(self, intake: Intake) -> Ledger:
        if id(intake.feed) not in self._ledgers:
            self._ledgers[id(intake.feed)] = Ledger(intake.feed)
        return self._ledgers[id(intake.feed)]

    def _outlets(self) -> list[Outlet]:
        return [outlet for context in self.contexts for outlet in context.outlets]

    def _tell_observers(self, error: BaseException) -> None:
        for context in self.contexts:
            for receiver in context.ends_made:
                receiver.on_error(error)

    def _pipeline_report(self, context: PipelineContext) -> PipelineReport:
        counted = context.statistics
        feeds = [stream.feed for stream in lineage(context.pipeline.stream) if stream.feed is not None]
        return PipelineReport(
            name=context.name,
            received=counted.received + sum(self._received.get(id(feed), 0) for feed in feeds),
            emitted=context.emitted(),
            dropped=counted.dropped,
            late=counted.late,
            failed=counted.failed,
            retried=counted.retried,
            dead_lettered=context.dead_lettered(),
            committed=sum(self._ledgers[id(feed)].committed for feed in feeds if id(feed) in self._ledgers),
        )
