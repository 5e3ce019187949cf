"""Starting a run: in a script, on an event loop, in a notebook cell, or embedded in an application."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from contextvars import copy_context
from datetime import datetime
from typing import Any

from reactivex import Observable

from rxstream.core import Pipeline, Stream, as_stream, keep_time
from rxstream.errors import ConfigurationError, NotRunningError
from rxstream.runtime._loop import ClockLoop
from rxstream.runtime._options import Asked, Job, Options
from rxstream.runtime._report import Outcome, Report
from rxstream.runtime._run import Run
from rxstream.runtime._signals import forwarded, graceful
from rxstream.runtime._time import real_time


def run(
    *pipelines: Pipeline | Job,
    start: datetime | None = None,
    until: datetime | None = None,
    speed: float | None = None,
    on_live: Callable[[], Any] | None = None,
    progress: bool | None = None,
    shutdown: float = 30.0,
) -> Report:
    """Run pipelines until they complete, and say what they did. Blocks.

    Where every source is finite or past, time is virtual: nothing waits for a clock. Where some are live, the past is
    replayed first, and the run goes on with the wall clock's time. SIGINT and SIGTERM end the run
    gracefully (in the main thread): reading stops, what is in flight is finished and committed, and the report's
    reason is ``"stopped"``. A second signal ends at once. In a notebook cell the run gets a thread of its own.

    Args:
        pipelines: What ``stream.to(…)`` made; a coroutine function among them is started at the first instant and
            awaited too.
        start: Where the past begins: what is earlier is let go. None: at the first instant there is.
        until: Where the run ends: before the first item or tick at or after it.
        speed: How many times faster than the wall clock the past is replayed; None: as fast as possible.
        on_live: Called once, between the past and what is live; it may be async.
        progress: Whether to show how far it has come: in the cell of a notebook, in a few lines of a terminal, or in a
            plain line a pipeline on any other error output, every ten seconds and, after a minute, every minute. None:
            in a notebook or a terminal, once it has lasted half a second.
        shutdown: Seconds that work in flight has to finish once the run is stopped.

    Returns:
        What was done.

    Raises:
        ConfigurationError: If something is no pipeline.
        ConnectError: If a source or sink cannot be reached.
        Exception: What no error handler took; the report is its ``report``.

    Example:
        >>> seen = rs.to_list()
        >>> report = rs.run(rs.from_iterable([1, 2]).to(seen, name="numbers"))
        >>> seen.items, report["numbers"].emitted
        ([1, 2], 2)
    """
    asked = Asked(start=start, until=until, speed=speed, on_live=on_live, progress=progress, shutdown=shutdown)
    options = Options(pipelines, asked)
    return run_blocking(options)


def run_blocking(options: Options) -> Report:
    """Run to the end: here, or, where a loop runs here, in a thread."""
    return _run_in_thread(options) if _is_loop_running() else _run_here(options)


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def run_async(
    *pipelines: Pipeline | Job,
    start: datetime | None = None,
    until: datetime | None = None,
    speed: float | None = None,
    on_live: Callable[[], Any] | None = None,
    progress: bool | None = None,
    shutdown: float = 30.0,
) -> Report:
    """Run pipelines as `run` does, without blocking the event loop. Cancelling it stops the run gracefully.

    A purely live run works on the calling loop; any other has a thread and a loop of its own.

    Example:
        >>> seen = rs.to_list()
        >>> report = asyncio.run(rs.run_async(rs.from_iterable([1, 2]).to(seen)))
        >>> report.reason
        'completed'
    """
    asked = running(
        *pipelines,
        start=start,
        until=until,
        speed=speed,
        on_live=on_live,
        progress=progress,
        shutdown=shutdown,
    )
    async with asked as embedded:
        return await embedded.wait()


@contextlib.asynccontextmanager
async def running(
    *pipelines: Pipeline | Job,
    start: datetime | None = None,
    until: datetime | None = None,
    speed: float | None = None,
    on_live: Callable[[], Any] | None = None,
    progress: bool | None = None,
    shutdown: float = 30.0,
) -> AsyncIterator[Running]:
    """Run pipelines beside the block's body; leaving the block stops them gracefully.

    What ended the run is raised by ``wait`` and ``stop``, or, where neither was called, on leaving the block.

    Example:
        >>> async def serve():
        ...     async with rs.running(rs.from_iterable(range(3)).to(print)) as run:
        ...         return (await run.wait()).reason
        >>> asyncio.run(serve())
        0
        1
        2
        'completed'
    """
    asked = Asked(start=start, until=until, speed=speed, on_live=on_live, progress=progress, shutdown=shutdown)
    options = Options(pipelines, asked)
    embedded = Running(options)
    try:
        await embedded.begin()
        yield embedded
    finally:
        await embedded.end()
    embedded.tell()


def collect(
    stream: Stream[Any],
    *,
    on_error: Any = None,
    start: datetime | None = None,
    until: datetime | None = None,
    speed: float | None = None,
    on_live: Callable[[], Any] | None = None,
    progress: bool | None = None,
    shutdown: float = 30.0,
) -> list[Any]:
    """Run a stream and return its items.

    Args:
        stream: What to run.
        on_error: What is done with an item that fails, as in ``stream.to``.
        start: As in `run`, and so are the others.
        until: As in `run`.
        speed: As in `run`.
        on_live: As in `run`.
        progress: As in `run`.
        shutdown: As in `run`.

    Raises:
        Exception: As `run`.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2]).pipe(ops.map(lambda x: x + 1)))
        [2, 3]
    """
    if not isinstance(stream, Observable):
        raise ConfigurationError(f"collect: needs a stream; got {stream!r}. For a list write rs.from_iterable(…).")
    items: list[Any] = []
    pipeline = as_stream(stream).to(items.append, on_error=on_error)
    run(pipeline, start=start, until=until, speed=speed, on_live=on_live, progress=progress, shutdown=shutdown)
    return items


def _run_here(options: Options) -> Report:
    running_now: list[Run] = []
    with asyncio.Runner(loop_factory=_loop_for(options)) as runner, graceful(runner.get_loop(), running_now):
        # Whoever calls may be in a run himself, whose time is not ours.
        context = copy_context()
        context.run(keep_time, None)
        outcome = runner.run(options.execute(running_now.append), context=context)
    return outcome.result()


def _loop_for(options: Options) -> type[ClockLoop] | None:
    return ClockLoop if options.replays else None


class _Thread:
    """A run in a thread of its own, with a loop of its own."""

    def __init__(self, options: Options, begun: Callable[[], object], done: Callable[[], object]) -> None:
        self.run: Run | None = None
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None
        self._options = options
        self._begun = begun
        self._done = done
        self._known = threading.Event()
        self._thread = threading.Thread(target=self._work, name="rxstream", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def result(self) -> Report:
        """Wait for the end; raises what ended the run."""
        self.join()
        if self.error is not None:
            raise self.error
        assert self.outcome is not None  # noqa: S101 - a run ends with an outcome or an error
        return self.outcome.result()

    def call(self, act: Callable[[Run], None]) -> None:
        """Do something to the run, on its own loop."""
        self._known.wait()
        run = self.run
        if run is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: there is nothing left to do
                run.loop.call_soon_threadsafe(act, run)

    def _work(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_loop_for(self._options)) as runner:
                self.outcome = runner.run(self._options.execute(self._note))
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits, whatever it is
            self.error = error
        finally:
            self._known.set()
            with contextlib.suppress(RuntimeError):  # who waited has gone, and its loop with it
                self._done()

    def _note(self, run: Run) -> None:
        self.run = run
        self._known.set()
        with contextlib.suppress(RuntimeError):
            self._begun()


def _run_in_thread(options: Options) -> Report:
    ended = threading.Event()
    thread = _Thread(options, _nothing, ended.set)
    with forwarded(lambda: thread.call(Run.stop), lambda error: thread.call(lambda run: run.end_now(error))):
        ended.wait()
    return thread.result()


class Running:
    """A run beside other work; what `rs.running` gives."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._thread: _Thread | None = None
        self._run: Run | None = None
        self._task: asyncio.Task[Outcome] | None = None
        self._told = False
        self._begun = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def report(self) -> Report:
        """What was done so far.

        Raises:
            NotRunningError: Before the run has begun.
        """
        run = self._run if self._thread is None else self._thread.run
        if run is None:
            raise NotRunningError("running: there is no report yet; the run has not begun. Ask inside the block.")
        return run.report()

    async def wait(self) -> Report:
        """Wait until the run ends by itself; raises what `run` would."""
        async with real_time():
            await self._ended.wait()
        self._told = True
        return self._result()

    def tell(self) -> None:
        """Raise what ended the run, if nobody was told."""
        if not self._told:
            self._result()

    def _result(self) -> Report:
        if self._thread is not None:
            return self._thread.result()
        assert self._task is not None  # noqa: S101 - begun
        return self._task.result().result()

    async def stop(self) -> Report:
        """Stop reading, finish what is in flight, and end; raises what `run` would."""
        self._act(Run.stop)
        return await self.wait()

    def pause(self) -> None:
        """Stop reading until `resume`; sources keep their membership. Any thread may call."""
        self._act(Run.pause)

    def resume(self) -> None:
        """Read on. Any thread may call."""
        self._act(Run.resume)

    async def begin(self) -> None:
        """Start."""
        loop = asyncio.get_running_loop()
        if not self._options.replays:
            self._task = loop.create_task(self._options.execute(self._note))
            self._task.add_done_callback(lambda _: self._note_end())
        else:
            self._thread = _Thread(
                self._options,
                lambda: loop.call_soon_threadsafe(self._begun.set),
                lambda: loop.call_soon_threadsafe(self._note_end),
            )
        async with real_time():
            await self._begun.wait()

    async def end(self) -> None:
        """Stop and wait; an error that `wait` has raised already, or would have, is left to it."""
        self._act(Run.stop)
        async with real_time():
            await self._ended.wait()
        if self._thread is not None:
            self._thread.join()
        if self._task is not None and not self._task.cancelled():
            self._task.exception()

    def _note(self, run: Run) -> None:
        self._run = run
        self._begun.set()

    def _note_end(self) -> None:
        self._begun.set()
        self._ended.set()

    def _act(self, act: Callable[[Run], None]) -> None:
        if self._thread is not None:
            self._thread.call(act)
        elif self._run is not None:
            self._run.loop.call_soon_threadsafe(act, self._run)


def _nothing() -> None:
    pass
