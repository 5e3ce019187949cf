"""A stream made anew with somebody behind every stage who writes down what passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from rxstream.core import (
    NEVER,
    Downstream,
    Event,
    Operator,
    Pipeline,
    Reactions,
    Stream,
    item_time,
    node,
    parents_of,
    sinks_of,
)
from rxstream.handlers import stop
from rxstream.notebook._graph import downwards, node_of
from rxstream.notebook._record import Lane, Record
from rxstream.operators import take

_Handler = Callable[[Event[Any], BaseException], Any]


def tapped(stream: Stream[Any], record: Record, on_error: Any, most: int | None = None) -> Pipeline:
    """Make a pipeline that does what a stream does, and writes it down; ``most``: of so many items of a source."""
    taps = _Taps(record, most)
    end = taps.tapped(stream)
    return end.to(_nowhere, on_error=Telling(on_error or stop(), record))


def _nowhere(_value: Any) -> None:
    """It has been written down."""


class _Taps:
    """Streams made anew so far, each with the lane that tells of it."""

    def __init__(self, record: Record, most: int | None) -> None:
        self._record = record
        self._most = most
        self._made: dict[int, tuple[Stream[Any], int]] = {}

    def tapped(self, stream: Stream[Any]) -> Stream[Any]:
        """Make a stream anew."""
        for found in downwards(stream):
            if id(found) not in self._made:
                above = tuple(self._made[id(parent)][1] for parent in parents_of(found))
                lane = len(self._record.lanes)
                self._record.lanes.append(Lane(node_of(found), above))
                again = self._again(found)
                tap = _tap(self._record, lane, is_source=not above)
                if not above and self._most is not None:
                    again = again.pipe(take(self._most))
                self._made[id(found)] = again.pipe(tap), lane
        return self._made[id(stream)][0]

    def _again(self, stream: Stream[Any]) -> Stream[Any]:
        upstream, step = stream.upstream, stream.step
        if isinstance(upstream, Stream):
            upstream = self._made[id(upstream)][0]
        if isinstance(step, Operator):
            others = tuple(self._made[id(other)][0] for other in step.others)
            handler = None if step.handler is None else Telling(step.handler, self._record)
            step = replace(step, others=others, handler=handler, start=_taking(step, others))
        sides = tuple(self._side(side) for side in stream.sides)
        return Stream(feed=stream.feed, upstream=upstream, step=step, sides=sides)

    def _side(self, side: Pipeline) -> Pipeline:
        on_error = Telling(side.on_error or stop(), self._record)
        return Pipeline(self.tapped(side.stream), side.sinks, on_error, side.name)


def _taking(step: Operator[Any, Any], others: tuple[Stream[Any], ...]) -> Any:
    """What starts an operator, with other inputs: `concat`, which begins with them itself, was given them."""
    if not isinstance(step.start, partial):
        return step.start
    given = [others if one is step.others else one for one in step.start.args]
    return partial(step.start.func, *given, **step.start.keywords)


class Telling:
    """An error handler that writes down what it is asked about."""

    def __init__(self, handler: Any, record: Record) -> None:
        self.sinks = tuple(sinks_of(handler))
        self._handler = handler
        self._record = record
        if hasattr(handler, "wait_before"):
            self.wait_before = handler.wait_before

    def start(self, context: Any) -> _Handler:
        """Start the handler of one run."""
        start = getattr(self._handler, "start", None)
        handle: _Handler = self._handler if start is None else start(context)

        def told(event: Event[Any], error: BaseException) -> Any:
            self._record.failed(error)
            return handle(event, error)

        return told


def _tap(record: Record, lane: int, *, is_source: bool) -> Operator[Any, Any]:
    def start(down: Downstream[Any]) -> Reactions:
        slot, statistics, emit, passing = down.context.slot, down.context.statistics, down.emit, record.passing
        clock = down.context.scheduler
        record.now = lambda: clock.now_ns
        wanted = -NEVER

        def on_next(value: Any) -> None:
            if is_source:
                record.turn += 1
            mark = record.tell(lane, "value", value, item_time(slot))
            passing.append(lane)
            try:
                emit(value)
            finally:
                passing.pop()
                record.note_late(mark, statistics)

        def on_completed() -> None:
            if is_source:
                record.turn += 1
            record.tell(lane, "end")
            down.complete()

        def on_error(error: BaseException) -> None:
            record.tell(lane, "error", error)
            down.fail(error)

        def on_watermark(watermark: int) -> int:
            nonlocal wanted
            if watermark < NEVER:
                record.note_watermark(lane, watermark)
            if watermark >= wanted:
                wanted = down.watermark(watermark)
            return watermark + 1

        return Reactions(on_next, on_completed, on_watermark if down.keeps_event_time else None, on_error)

    return node("marble", start, passport=True)
