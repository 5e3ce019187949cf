"""Starting a run: in a script, on an event loop, in a notebook cell, or embedded in an application."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from reactivex import Observable

from rxstream.core import Pipeline, Stream, as_stream
from rxstream.errors import ConfigurationError, NotRunningError
from rxstream.runtime._pipelines import is_job, is_live, with_branches
from rxstream.runtime._progress import shown_progress
from rxstream.runtime._report import Outcome, Report
from rxstream.runtime._run import Job, Run
from rxstream.runtime._signals import graceful


def run(*pipelines: Pipeline | Job, progress: bool | None = None, shutdown: float = 30.0) -> Report:
    """Run pipelines until they complete, and say what they did. Blocks.

    Where every source is finite, time is virtual: nothing waits for a clock. SIGINT and SIGTERM end the run
    gracefully (in the main thread): reading stops, what is in flight is finished and committed, and the report's
    reason is ``"stopped"``. A second signal ends at once. In a notebook cell the run gets a thread of its own.

    Args:
        pipelines: What ``stream.to(…)`` made; a coroutine function among them is started at the first instant and
            awaited too.
        progress: Whether to show a line of counts on the error output, where that is a terminal.
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
    options = _Options(pipelines, progress=bool(progress), shutdown=shutdown)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(options)
    return _run_in_thread(options)


async def run_async(*pipelines: Pipeline | Job, progress: bool | None = None, shutdown: float = 30.0) -> Report:
    """Run pipelines as `run` does, without blocking the event loop. Cancelling it stops the run gracefully.

    A purely live run works on the calling loop; any other has a thread and a loop of its own.

    Example:
        >>> seen = rs.to_list()
        >>> report = asyncio.run(rs.run_async(rs.from_iterable([1, 2]).to(seen)))
        >>> report.reason
        'completed'
    """
    async with running(*pipelines, progress=progress, shutdown=shutdown) as embedded:
        return await embedded.wait()


@contextlib.asynccontextmanager
async def running(
    *pipelines: Pipeline | Job, progress: bool | None = None, shutdown: float = 30.0
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
    options = _Options(pipelines, progress=bool(progress), shutdown=shutdown)
    embedded = Running(options)
    try:
        await embedded.begin()
        yield embedded
    finally:
        await embedded.end()
    embedded.tell()


def collect(
    stream: Stream[Any], *, on_error: Any = None, progress: bool | None = None, shutdown: float = 30.0
) -> list[Any]:
    """Run a stream and return its items.

    Args:
        stream: What to run.
        on_error: What is done with an item that fails, as in ``stream.to``.
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
    run(as_stream(stream).to(items.append, on_error=on_error), progress=progress, shutdown=shutdown)
    return items


class _Options:
    """What was asked for, checked."""

    def __init__(self, given: tuple[Any, ...], *, progress: bool, shutdown: float) -> None:
        for candidate in given:
            if not isinstance(candidate, Pipeline) and not is_job(candidate):
                raise ConfigurationError(
                    f"run: needs pipelines; got {candidate!r}. End a stream in a sink, stream.to(…), "
                    "or give a coroutine function."
                )
        if not given:
            raise ConfigurationError(
                "run: needs at least one pipeline; got none. End a stream in a sink: stream.to(…)."
            )
        if not isinstance(shutdown, int | float) or shutdown < 0:
            raise ConfigurationError(
                f"run: shutdown must be seconds, not negative; got {shutdown!r}. 30 is the default."
            )
        self.pipelines = with_branches([made for made in given if isinstance(made, Pipeline)])
        self.jobs = [made for made in given if not isinstance(made, Pipeline)]
        self.shutdown = shutdown
        self.progress = progress
        self.live = is_live(self.pipelines)
        _refuse_twins(self.pipelines)

    async def execute(self, started: Callable[[Run], None]) -> Outcome:
        made = Run(self.pipelines, self.jobs, shutdown=self.shutdown)
        started(made)
        with shown_progress(made.report) if self.progress else contextlib.nullcontext():
            return await made.execute()


def _refuse_twins(pipelines: list[Pipeline]) -> None:
    names = [pipeline.name for pipeline in pipelines if pipeline.name is not None]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(
                f"run: pipelines of one run must have different names; got {name!r} twice. Rename one."
            )


def _run_here(options: _Options) -> Report:
    running_now: list[Run] = []
    with asyncio.Runner() as runner, graceful(runner.get_loop(), running_now):
        outcome = runner.run(options.execute(running_now.append))
    return outcome.result()


class _Thread:
    """A run in a thread of its own, with a loop of its own."""

    def __init__(self, options: _Options, begun: Callable[[], object], done: Callable[[], object]) -> None:
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
            with asyncio.Runner() as runner:
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


def _run_in_thread(options: _Options) -> Report:
    ended = threading.Event()
    thread = _Thread(options, _nothing, ended.set)
    try:
        ended.wait()
    except KeyboardInterrupt:
        thread.call(Run.stop)
        ended.wait()
    return thread.result()


class Running:
    """A run beside other work; what `rs.running` gives."""

    def __init__(self, options: _Options) -> None:
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
        if self._options.live:
            self._task = loop.create_task(self._options.execute(self._note))
            self._task.add_done_callback(lambda _: self._note_end())
        else:
            self._thread = _Thread(
                self._options,
                lambda: loop.call_soon_threadsafe(self._begun.set),
                lambda: loop.call_soon_threadsafe(self._note_end),
            )
        await self._begun.wait()

    async def end(self) -> None:
        """Stop and wait; an error that `wait` has raised already, or would have, is left to it."""
        self._act(Run.stop)
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
