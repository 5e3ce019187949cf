"""Reading one source that has to be waited for: its connection, what it commits, and its end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rxstream.core import PENDING, Connection, Intake, Poll
from rxstream.delivery import Ledger

if TYPE_CHECKING:
    from rxstream.runtime._run import Run

_LOG: Final = logging.getLogger("rxstream")
#: Seconds after which a commit that could not be taken is tried again.
_AGAIN: Final = 0.1
#: Of the time that there is before records' partitions go, what work in flight may take; the rest is the commit's.
_FOR_WORK: Final = 0.75
#: Seconds for which reading waits so that a commit can be of everything that was read.
_PATIENCE: Final = 10.0
#: Seconds between two looks at what nobody tells.
_SHORTLY: Final = 0.01
#: Seconds after which it is said why nothing more is read.
_LONG: Final = 60.0


class Pump:
    """One source that has to be waited for, while it is open.

    A past that it begins with is taken by `following`, in the order of time with every other one; what is live is
    pushed by `work`, once the past is done everywhere.
    """

    def __init__(self, run: Run, intake: Intake, connection: Connection, ledger: Ledger) -> None:
        self.intake = intake
        self.ledger = ledger
        self._run = run
        self._connection = connection
        self._kept: deque[Poll] = deque()
        self._reading: asyncio.Task[Poll | None] | None = None
        self._committing = asyncio.Lock()
        self._commits_whole: bool = getattr(connection, "commits_whole", False)
        #: Say how much of a finite source was read, and of how much, and how many records wait there; None: unknown.
        self.extent: Callable[[], tuple[int, int] | None] | None = getattr(connection, "extent", None)
        self.lag: Callable[[], int | None] | None = getattr(connection, "lag", None)
        if hasattr(connection, "settle"):
            connection.settle = self.settle
        self._due = run.loop.time() + intake.feed.commit_interval
        self._full_since: float | None = None

    def following(self) -> Any:
        """The next records of its past, `PENDING` while there are none, None at its end."""
        self._note_passed()
        if self._reading is None:
            self._reading = self._run.loop.create_task(self._commit_and_read(), context=self._run.real_context.copy())
        if not self._reading.done():
            return PENDING
        poll, self._reading = self._reading.result(), None
        if poll is None:
            return None
        self._note(poll)
        return poll if poll.records else self.following()

    async def work(self) -> None:
        """Push what is live until the end, or the stop."""
        run, receiver = self._run, self.intake.receiver
        if self.intake.feed.past:
            await run.brakes.unless_stopped(run.reading.gate_opened())
            await self._connection.go_live()  # type: ignore[attr-defined]  # a past and a live part: it can go on
        elif not await self._keep_until_live():
            return
        while not run.brakes.is_stopping and not receiver.stop.now:
            await self._commit_if_due()
            await run.brakes.wait_room(self.ledger, max(0.0, self._due - run.loop.time()))
            if run.brakes.is_stopping or not run.brakes.may_read(self.ledger):
                self._note_full()
                continue
            self._full_since = None
            poll = await self._next()
            if poll is None or receiver.stop.now:
                break
            run.as_user(partial(self._note, poll))
            seconds = run.reading.push(self.intake, self.ledger, poll) if poll.records else None
            run.as_user(self._note_passed)
            if seconds is not None:
                await run.reading.let_others_work(seconds)
        run.reading.ended(self.intake)

    async def _keep_until_live(self) -> bool:
        """Keep what comes while the past is replayed, as much as there is room for; whether to go on."""
        run, kept = self._run, 0
        while not run.gate.is_open and not run.brakes.is_stopping:
            if kept >= self.intake.feed.backlog:
                await run.brakes.unless_stopped(run.reading.gate_opened())
                continue
            if self._reading is None:
                self._reading = run.loop.create_task(self._connection.read())
            await run.brakes.unless_stopped(self._read_or_live(self._reading))
            if self._reading.done():
                poll, self._reading = self._reading.result(), None
                self._kept.append(poll or _END)
                kept = self.intake.feed.backlog if poll is None else kept + len(poll.records)
        return not run.brakes.is_stopping

    async def _read_or_live(self, reading: asyncio.Task[Any]) -> None:
        live = self._run.loop.create_task(self._run.reading.gate_opened())
        try:
            await asyncio.wait({reading, live}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            live.cancel()

    async def _next(self) -> Poll | None:
        if self._kept:
            poll = self._kept.popleft()
            return None if poll is _END else poll
        if self._reading is None:
            return await self._connection.read()
        reading, self._reading = self._reading, None
        return await reading

    def _note_full(self) -> None:
        """Say why nothing more is read, when it has been so for long."""
        if self.ledger.has_room:
            return
        now = time.monotonic()
        if self._full_since is None:
            self._full_since = now
        elif now - self._full_since >= _LONG:
            self._full_since = now
            for reason in self._run.why_stuck(self.intake.feed):
                _LOG.warning("no more is read, as too much waits: %s", reason)

    def _note_passed(self) -> None:
        """Note that what was handed over has passed: partitions that have nothing more are waited for no longer."""
        rosters = self.ledger.rosters
        if rosters is not None and rosters.has_news and not self.intake.receiver.stop.now:
            rosters.end()

    def _note(self, poll: Poll) -> None:
        """Note what went and what has come, and stretches in which nothing is to be handed over."""
        self.ledger.forget(poll.gone)
        rosters = self.ledger.rosters
        if rosters is not None and (poll.before is not None or poll.gone):
            rosters.begin(poll)
        if poll.spans and not poll.records:
            self.ledger.open(poll).close()

    async def settle(self, seconds: float) -> bool:
        """Let what was read be finished, as long as there is time, and commit it: another reader may go on from there.

        Returns whether it was done; what operators keep is not waited for.

        Called by the connection, also while it is being read: what it handed over before has been pushed by then.
        """
        began = time.monotonic()
        while self.ledger.waiting and time.monotonic() - began < seconds * _FOR_WORK:
            await asyncio.sleep(_SHORTLY)
        with suppress(TimeoutError):
            return await asyncio.wait_for(self._commit(), seconds - (time.monotonic() - began))
        return False

    async def _commit_and_read(self) -> Poll | None:
        await self._commit_if_due()
        return await self._connection.read()

    async def close(self) -> None:
        """Let go of everything."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self._connection.close()

    async def commit_last(self) -> None:
        """Commit at the end; where the run was stopped, a broker that is away is not waited for beyond the budget."""
        task = self._run.loop.create_task(self._commit_all())
        done, _ = await asyncio.wait({task}, timeout=self._run.brakes.budget)
        if done:
            await task
        else:
            task.cancel()
            _LOG.error("the last commit was not answered; what was handled since the one before will come again")

    async def _commit_if_due(self) -> None:
        if self._run.loop.time() >= self._due:
            await self._commit()
            self._due = self._run.loop.time() + self.intake.feed.commit_interval

    async def _commit_all(self) -> None:
        """Commit until it is done: nobody comes after us to whom the rest could be left."""
        while not await self._commit():
            if self._commits_whole and self.ledger.waiting:
                # What is at work now will never be done.
                return
            await asyncio.sleep(_AGAIN)

    async def _commit(self) -> bool:
        """Commit what can be; whether the source took it."""
        async with self._committing:
            if self._commits_whole and not await self._all_done():
                return False
            positions = self.ledger.commits()
            committed = await self._connection.commit(positions, self.ledger.above) if positions else {}
            self.ledger.note_committed(committed or {})
        return committed is not None

    async def _all_done(self) -> bool:
        """Wait a while until nothing is at work: what it brings forth must not be committed without its record."""
        began = time.monotonic()
        brakes = self._run.brakes
        while self.ledger.waiting and not brakes.is_stopping and time.monotonic() - began < _PATIENCE:
            await asyncio.sleep(_SHORTLY)
        return not self.ledger.waiting


_END: Final = Poll(())
