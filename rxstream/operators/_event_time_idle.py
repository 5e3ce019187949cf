"""Event time of a stream that is left out while it is silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rxstream.core import NEVER, Downstream, Operator, PartitionWatermark, Progress, Reactions, node

#: The timer's first instant: whenever the run begins.
_BEGIN = 0


def leaving_when_idle(
    read: Callable[[Any], int], time_of: Callable[[Any], Any], disorder: int, idle: int
) -> Operator[Any, Any]:
    """Give each item its instant, and the stream its watermark; after a silence it is left out, until an item comes.

    Where the items come out of partitions, each of these is left out by itself, and the stream when all are.

    Args:
        read: Makes an instant in nanoseconds of what ``time_of`` finds.
        time_of: Finds an item's instant.
        disorder: How far the watermark stays behind the greatest instant, in nanoseconds.
        idle: The silence, in nanoseconds.
    """

    def start(down: Downstream[Any]) -> Reactions:
        return _Idling(lambda value: read(time_of(value)), disorder, idle, down).reactions()

    return node("event_time", start, passport=True)


class _Idling:
    """One subscription: who was heard when."""

    def __init__(self, instant_of: Callable[[Any], int], disorder: int, idle: int, down: Downstream[Any]) -> None:
        self._down = down
        self._instant_of = instant_of
        self._idle = idle
        self._clock = down.context.scheduler
        self._watermark = PartitionWatermark(disorder, joined=self._hear)
        #: Who is not left out, and when each was heard last; in this order.
        self._heard: dict[Progress, int] = {}
        self._silence = down.timer(self._leave, carries=False)
        self._silence.start_at(_BEGIN)
        down.stop.listen(self._silence.stop)

    def reactions(self) -> Reactions:
        """Say how to take items, the end, and watermarks: the stream has its own."""
        own = self._watermark
        return Reactions(self._on_next, on_completed=self._on_completed, on_watermark=_replaced, watermark=own)

    def _on_next(self, value: Any) -> None:
        slot, watermark = self._down.context.slot, self._watermark
        slot.time = instant = self._instant_of(value)
        *_, progress = watermark.turn(slot, self._down.watermark)
        progress.high = max(progress.high, instant)
        was_silent = progress.is_silent
        self._hear(progress)
        if was_silent:
            watermark.recount()
        elif instant >= progress.wake:
            watermark.rise(progress)
        if watermark.is_out:
            # Who was left out must be counted again, even where the watermark is no news.
            watermark.is_out = False
            watermark.tell()
        self._down.emit(value)

    def _on_completed(self) -> None:
        self._silence.stop()
        self._down.complete()

    def _hear(self, progress: Progress) -> None:
        progress.is_silent = False
        self._heard.pop(progress, None)
        self._heard[progress] = self._clock.now_ns
        if not self._silence.is_set:
            self._silence.start(self._idle)

    def _leave(self) -> None:
        """Leave out who has been silent for so long."""
        if not self._heard:
            # The run begins: before, its clock had no time to count from.
            self._hear(self._watermark.rest)
            return
        silent = [progress for progress, since in self._heard.items() if since + self._idle <= self._clock.now_ns]
        for progress in silent:
            progress.is_silent = True
            del self._heard[progress]
        if silent:
            self._watermark.recount()
        if self._heard:
            self._silence.start_at(next(iter(self._heard.values())) + self._idle)
        else:
            self._watermark.is_out = True
            self._down.idle()


def _replaced(_watermark: int) -> int:
    return NEVER
