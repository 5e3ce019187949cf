"""Watching streams in virtual time: each is subscribed to and let go at given instants, on one clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from rxstream.core import (
    NEVER,
    End,
    Pipeline,
    Receiver,
    Stop,
    Stream,
    connect,
    ns_to_datetime,
    timekeeper,
)
from rxstream.errors import ErrorContext, attach_context
from rxstream.runtime._context import PipelineContext
from rxstream.runtime._options import Asked, Options
from rxstream.runtime._run import Run
from rxstream.runtime._start import run_blocking


@dataclass(frozen=True, slots=True)
class Observation:
    """Who watches a stream, and from when until when; instants are nanoseconds.

    Args:
        stream: What is watched.
        observer: Is told of items, the end and an error.
        begin_ns: When it subscribes.
        end_ns: When it unsubscribes, before the items of that instant; None: never.
    """

    stream: Stream[Any]
    observer: Any
    begin_ns: int = 0
    end_ns: int | None = None


def observe_all(observations: Sequence[Observation], *, start_ns: int = 0, until_ns: int | None = None) -> None:
    """Watch streams until nothing is left to do, or until an instant; an error of one ends only that one.

    Raises:
        StreamError: If a coroutine waits for what will never come.
        Exception: What an observer raises.
    """

    async def observe() -> None:
        run = cast("Run", timekeeper())
        together: dict[int, list[_Watched]] = {}
        for place, observation in enumerate(observations, 1):
            watched = _Watched(run, observation, f"observed-{place}")
            await watched.open()
            together.setdefault(observation.begin_ns, []).append(watched)
            if observation.end_ns is not None:
                run.scheduler.call_at(observation.end_ns, watched.stop.set)
        for begin_ns, group in together.items():
            run.scheduler.call_at(begin_ns, partial(_subscribe, run, group))

    until = None if until_ns is None else ns_to_datetime(until_ns)
    options = Options((observe,), Asked(start=ns_to_datetime(start_ns), until=until, progress=False))
    options.exhausts = True
    if run_blocking(options).reason == "stopped":
        # What was not watched to its end tells nothing.
        raise KeyboardInterrupt


def _subscribe(run: Run, group: Sequence[_Watched]) -> None:
    """Begin those of one instant together, so that they share what they have in common."""
    ends = [watched.end() for watched in group]
    run.reading.attach(connect(ends, virtual=True, watermarks=run.watermarks))


class _Watched(PipelineContext):
    """One watched stream: an item's failure ends it, as in Rx."""

    def __init__(self, run: Run, observation: Observation, name: str) -> None:
        super().__init__(run, Pipeline(observation.stream, (observation.observer,), None, name), name)
        self._observation = observation
        self.stop = Stop()

    async def open(self) -> None:
        """Get the sinks ready that operators have."""
        for outlet in self.outlets:
            await outlet.open()
            outlet.prepare(asyncio.Lock())
        self._run.take_up(self)

    def end(self) -> End:
        """Where the stream's items go."""
        observer, end = self._observation.observer, self._observation.end_ns
        last = NEVER if end is None else end
        receiver = Receiver(
            type(observer).__name__,
            partial(self._in_time, last, observer.on_next),
            self._complete,
            observer.on_error,
            stop=self.stop,
        )
        return End(self._observation.stream, receiver, self)

    def failed(self, error: BaseException, operator: str, item: Any, below: Receiver) -> None:
        """End this stream."""
        attach_context(error, ErrorContext(self.name, operator, item), self)
        self.stop.set()
        below.on_error(error)

    def source_failed(self, error: BaseException, below: Receiver) -> None:
        """End this stream."""
        below.on_error(error)

    def _complete(self) -> None:
        if not self.stop.now:
            self._observation.observer.on_completed()

    def _in_time(self, last: int, on_next: Any, value: Any) -> None:
        if self.scheduler.now_ns < last:
            on_next(value)
