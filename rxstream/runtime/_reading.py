"""What a run reads: its sources, connected and opened, replayed, and then live."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rxstream.core import (
    LONG_PASS,
    NEVER,
    Batch,
    Connections,
    End,
    Feed,
    Intake,
    Poll,
    Reader,
    Stream,
    connect,
    lineage,
    reader_of,
)
from rxstream.delivery import Answers, Ledger
from rxstream.runtime._loop import ClockLoop
from rxstream.runtime._options import Options
from rxstream.runtime._pump import Pump
from rxstream.runtime._replay import Replay, tick_live

if TYPE_CHECKING:
    from rxstream.runtime._run import Run

#: Seconds in which a source must hear the stop.
_HEARING: Final = 1.0
#: Seconds between two looks at what nobody tells.
_SHORTLY: Final = 0.01


class Reading:
    """The sources of one run.

    Args:
        run: The run.
        options: What was asked for.
    """

    def __init__(self, run: Run, options: Options) -> None:
        self._run = run
        self._options = options
        self.replay: Replay | None = None
        #: Where the run's time began, in nanoseconds.
        self.began: int | None = None
        self._replayed = asyncio.Event()
        self._connected = Connections()
        self._ledgers: dict[int, Ledger] = {}
        self._received: dict[int, int] = {}
        self._readers: list[Reader] = []
        #: What was replayed from the start, and what is open that has to be waited for.
        self.sources: Sequence[Reader] = ()
        self.pumps: list[Pump] = []
        #: How many sources are being read that were not there from the start.
        self._late = 0

    def attach(self, connections: Connections) -> None:
        """Take in what a foreign operator subscribed to while the run was under way."""
        self._connected.entries = [entry for entry in self._connected.entries if not entry.ended] + connections.entries
        self._connected.foreign += connections.foreign
        self._take_in([intake for intake in connections.intakes if intake.feed.connect is None])
        for intake in connections.intakes:
            if intake.feed.connect is not None:
                self._late += 1
                self._run.spawn(self._read_late(intake), intake.feed.name, real=True)

    async def work(self) -> None:
        """Read all sources to their ends, or the stop, and let what is in flight finish; then commit."""
        made = self._connected = self._connect()
        at_once = [intake for intake in made.intakes if intake.feed.connect is None]
        async with AsyncExitStack() as stack:
            pumps = [
                await stack.enter_async_context(self._opened(intake))
                for intake in made.intakes
                if intake.feed.connect is not None
            ]
            if self._options.replays:
                await self._begin_replay(at_once, [pump for pump in pumps if pump.intake.feed.has_past])
            else:
                self._begin_live(at_once)
            reading = [pump.work() for pump in pumps if pump.intake.feed.live]
            reading += [self._go_through()] if self._options.replays else []
            reading += [self._until_ended()] if self._run.goes_live else []
            await self._read_out([self._run.loop.create_task(self._run.guarded(reader)) for reader in reading])
            await self._run.drain()
            self.dispose_foreign()

    def dispose_foreign(self) -> None:
        """Take nothing more from foreign Observables."""
        for subscription in self._connected.foreign:
            subscription.dispose()

    @property
    def hears_others(self) -> bool:
        """Whether a foreign Observable may still say something."""
        return any(not entry.ended for entry in self._connected.entries)

    @property
    def hears_world(self) -> bool:
        """Whether a foreign Observable may still say something that is no operator."""
        return any(entry.is_source and not entry.ended for entry in self._connected.entries)

    def _connect(self) -> Connections:
        ends = [
            End(context.pipeline.stream, receiver, context)
            for context in self._run.contexts
            for receiver in context.ends_made
        ]
        virtual, begin = self._options.replays, self._options.start
        known = self._run.watermarks
        made: Connections = self._run.as_user(lambda: connect(ends, virtual=virtual, begin=begin, watermarks=known))
        return made

    def _begin_live(self, timers: Sequence[Intake]) -> None:
        self.began = self._run.scheduler.now_ns
        self._go_live()
        self._start_jobs()
        self._run.as_user(lambda: self._take_in(timers))

    async def _begin_replay(self, intakes: Sequence[Intake], pumps: Sequence[Pump]) -> None:
        assert isinstance(self._run.loop, ClockLoop)  # noqa: S101 - whoever runs what is virtual gives such a loop
        readers = [self._reader(intake) for intake in intakes if intake.feed.ticks is None]
        readers += [self._past_reader(pump) for pump in pumps]
        try:
            for reader in readers:
                await self._first(reader)
        except BaseException:
            for reader in readers:
                reader.close()
            raise
        self._begin_at(readers)
        readers += [self._reader(intake) for intake in intakes if intake.feed.ticks is not None]
        order = {id(intake): place for place, intake in enumerate(self._connected.intakes)}
        readers.sort(key=lambda reader: order[id(reader.intake)])
        self.sources = readers
        replay = Replay(self._run, until=self._options.until, speed=self._options.speed, on_over=self._replayed.set)
        self.replay = replay
        self._run.loop.drive(replay, self._run.user_context)
        # What foreign operators have put off to the clock, they want done before anything comes.
        self._run.scheduler.guard(lambda: self._run.scheduler.run_until(self._run.scheduler.now_ns, inclusive=True))
        self._run.scheduler.guard(lambda: replay.begin(readers))
        self._start_jobs()

    async def _first(self, reader: Reader) -> None:
        """Wait for a source's first record."""
        self._run.as_user(reader.look)
        while reader.waits and not self._run.brakes.is_stopping:
            await asyncio.sleep(_SHORTLY)
            self._run.as_user(reader.look)

    def _begin_at(self, readers: Sequence[Reader]) -> None:
        """Let virtual time begin where it was asked to, or at the first instant of the past."""
        start = self._options.start
        if start is None:
            found = [reader.first_instant for reader in readers]
            nothing = self._run.wall.now_ns if self._run.goes_live else 0
            start = min((instant for instant in found if instant is not None), default=nothing)
        self._run.scheduler.begin(start)
        self.began = start

    def _start_jobs(self) -> None:
        for job in self._options.jobs:
            self._run.tasks.start_job(job(), getattr(job, "__name__", "job"), self._run.user_context)

    def _reader(self, intake: Intake) -> Reader:
        ledger = self._ledger(intake)
        made = reader_of(intake, ledger.open, self._run.scheduler.now_ns, ledger)
        self._readers.append(made)
        return made

    def _past_reader(self, pump: Pump) -> Reader:
        made = Reader(pump.intake, pump.following, pump.ledger.open, _nothing, extent=pump.extent)
        self._readers.append(made)
        return made

    def _take_in(self, intakes: Sequence[Intake]) -> None:
        readers = [self._reader(intake) for intake in intakes]
        if self.replay is not None and self.replay.replaying:
            self.replay.merge.add(readers)
            # They may have something that is earlier than what comes next of the others.
            self._run.scheduler.touch()
            return
        for reader in readers:
            reader.intake.receiver.stop.listen(reader.close)
            tick_live(reader, self._run)

    async def _read_late(self, intake: Intake) -> None:
        try:
            async with self._opened(intake) as pump:
                await pump.work()
        finally:
            self._late -= 1

    async def _go_through(self) -> None:
        """Wait for the end of the past; then, where something is live, go on with the wall's time."""
        await self._run.brakes.unless_stopped(self._replayed.wait())
        replay = self.replay
        if self._run.brakes.is_stopping or not self._run.goes_live or replay is None:
            self.close()
            return
        replay.replaying = False
        self._run.scheduler.go_live()
        if self._options.on_live is not None and self._options.has_past:
            made = self._run.as_user(self._options.on_live)
            if inspect.isawaitable(made):
                await made
        self._go_live()
        for reader in replay.merge.readers:
            self._run.scheduler.guard(partial(tick_live, reader, self._run))
        self._run.scheduler.guard(self._run.gate.open)

    def _go_live(self) -> None:
        """Let what is due be done by the wall's time from now on, and the end come with it."""
        if self._options.until < NEVER:
            self._run.scheduler.call_at(self._options.until, self._run.end_until)
        self._run.scheduler.guard(lambda: self._run.scheduler.run_until(self._run.scheduler.now_ns, inclusive=True))

    async def gate_opened(self) -> None:
        """Wait until the past is done everywhere."""
        opened = asyncio.Event()
        self._run.gate.when_open(opened.set)
        await opened.wait()

    async def _read_out(self, readers: Sequence[asyncio.Task[None]]) -> None:
        """Wait until all sources have ended, or have heard the stop; one that waits for a broker does not hear it."""
        stopping = self._run.loop.create_task(self._run.brakes.wait_stop())
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
    async def _opened(self, intake: Intake) -> AsyncIterator[Pump]:
        assert intake.feed.connect is not None  # noqa: S101 - a source is read at once or waited for
        pump = Pump(self._run, intake, await intake.feed.connect(), self._ledger(intake))
        self.pumps.append(pump)
        try:
            yield pump
            await pump.commit_last()
        finally:
            self.pumps.remove(pump)
            await pump.close()

    async def let_others_work(self, seconds: float) -> None:
        """Give the loop to whoever has work now: a turn, or several after a long pass, for what takes several."""
        await asyncio.sleep(0 if seconds < LONG_PASS else LONG_PASS / 10)

    def may_read_of(self, reader: Reader) -> bool:
        """Whether more of a source of the past may be read."""
        return self._run.brakes.may_read(self._ledger(reader.intake))

    async def _until_ended(self) -> None:
        """Wait for the end of the foreign Observables, of calls and of timers, or the stop."""
        while not self._run.brakes.is_stopping and not self._has_ended():
            await asyncio.sleep(_SHORTLY)

    def _has_ended(self) -> bool:
        ticking = any(reader.is_open and not reader.intake.feed.endless for reader in self._readers)
        return (
            self._run.gate.is_open and not self._run.calls and not self._late and not ticking and not self.hears_others
        )

    def push(self, intake: Intake, ledger: Ledger, poll: Poll) -> float:
        """Let one batch pass through everything that needs no waiting; returns the seconds it took."""
        began = time.monotonic()
        batch = ledger.open(poll)
        slot = self._run.slot
        slot.batch = batch
        try:
            self._run.as_user(lambda: intake.run(iter(poll.records)))
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
            self._received[id(intake.feed)] = self._received.get(id(intake.feed), 0) + len(poll.records)
        return time.monotonic() - began

    def ended(self, intake: Intake) -> None:
        """Tell those below a source that it has ended."""
        # A stopped source has not ended: what is kept waits for the rest, and is not settled.
        # Who wanted no more has completed those below already, and what is kept above is not to be settled by it.
        if not self._run.brakes.is_stopping and not intake.receiver.stop.now:
            self._run.as_user(intake.receiver.on_completed)

    def _ledger(self, intake: Intake) -> Ledger:
        if id(intake.feed) not in self._ledgers:
            self._ledgers[id(intake.feed)] = Ledger(intake.feed, self._answers(intake) if intake.feed.manual else None)
        return self._ledgers[id(intake.feed)]

    def _answers(self, intake: Intake) -> Answers:
        def post(act: Callable[[], None]) -> None:
            run.loop.call_soon_threadsafe(act, context=run.user_context.copy())

        run, locate = self._run, intake.feed.locate
        assert locate is not None  # noqa: S101 - what is settled by answers has positions
        return Answers(locate, partial(self._refuse, intake), post)

    def _refuse(self, intake: Intake, batch: Batch, record: Any, error: BaseException) -> bool:
        """Hand a record that was answered with an error to the handler of its pipeline; whether it took it."""
        run = self._run
        context = next(context for context in run.contexts if context.reads(intake.feed))
        saved = run.slot.save()
        run.slot.clear()
        run.slot.event, run.slot.batch = record, batch

        def report() -> bool:
            context.failed(error, "nack", batch.lift(record).value, intake.receiver)
            return True

        try:
            return run.guard(report) is not None
        finally:
            run.slot.restore(saved)

    def ledgers_of(self, stream: Stream[Any]) -> list[Ledger]:
        """What is known of the records of a stream's sources."""
        feeds = [id(made.feed) for made in lineage(stream)]
        return [ledger for feed, ledger in list(self._ledgers.items()) if feed in feeds]

    def received_of(self, feed: Feed) -> int:
        """How many records of a source were read."""
        read = sum(reader.received for reader in self._readers if reader.intake.feed is feed)
        return read + self._received.get(id(feed), 0)

    def committed_of(self, feed: Feed) -> int:
        """How many records of a source were committed."""
        return self._ledgers[id(feed)].committed if id(feed) in self._ledgers else 0

    def close(self) -> None:
        """Let go of what is replayed."""
        if self.replay is not None:
            self.replay.merge.close()

    @property
    def unsettled(self) -> int:
        """How many records wait for work, or, of a source that remembers, are not settled."""
        return sum(max(ledger.waiting, ledger.unsettled) for ledger in self._ledgers.values())


def _nothing() -> None:
    pass
