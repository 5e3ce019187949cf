"""Watching streams in virtual time: each is subscribed to and let go at given instants, on one clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from rxstream.core import (
    NEVER,
    Connections,
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
        for place, observation in enumerate(observations, 1):
            watched = _Watched(run, observation, f"observed-{place}")
            await watched.open()
            run.scheduler.call_at(observation.begin_ns, watched.subscribe)
            if observation.end_ns is not None:
                run.scheduler.call_at(observation.end_ns, watched.unsubscribe)

    until = None if until_ns is None else ns_to_datetime(until_ns)
    options = Options((observe,), Asked(start=ns_to_datetime(start_ns), until=until))
    options.exhausts = True
    run_blocking(options)


class _Watched(PipelineContext):
    """One watched stream: an item's failure ends it, as in Rx."""

    def __init__(self, run: Run, observation: Observation, name: str) -> None:
        super().__init__(run, Pipeline(observation.stream, (observation.observer,), None, name), name)
        self._observation = observation
        self._stop = Stop()
        self._connected = Connections()

    async def open(self) -> None:
        """Get the sinks ready that operators have."""
        for outlet in self.outlets:
            await outlet.open()
            outlet.prepare(asyncio.Lock())
        self._run.take_up(self)

    def subscribe(self) -> None:
        """Begin."""
        observer, end = self._observation.observer, self._observation.end_ns
        last = NEVER if end is None else end
        receiver = Receiver(
            type(observer).__name__,
            partial(self._in_time, last, observer.on_next),
            observer.on_completed,
            observer.on_error,
            stop=self._stop,
        )
        made = connect([End(self._observation.stream, receiver, self)], virtual=True)
        self._connected = made
        self._run.reading.attach(made)

    def unsubscribe(self) -> None:
        """End."""
        self._stop.set()
        for subscription in self._connected.foreign:
            subscription.dispose()

    def failed(self, error: BaseException, operator: str, item: Any, below: Receiver) -> None:
        """End this stream."""
        attach_context(error, ErrorContext(self.name, operator, item), self)
        self._stop.set()
        below.on_error(error)

    def source_failed(self, error: BaseException, below: Receiver) -> None:
        """End this stream."""
        below.on_error(error)

    def _in_time(self, last: int, on_next: Any, value: Any) -> None:
        if self.scheduler.now_ns < last:
            on_next(value)
