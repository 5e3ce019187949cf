"""A past that goes over into what is live."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from reactivex import Observable, abc

from rxstream.core import NEVER, Downstream, Hold, Operator, Reactions, Stream, as_stream
from rxstream.errors import ConfigurationError
from rxstream.sources._aiter import from_aiter


def live_stream(then: Any, *, buffer: int, overflow: str) -> Stream[Any]:
    """Take what was given as the live part.

    Raises:
        ConfigurationError: If it is no Stream, Observable or async iterable.
    """
    if isinstance(then, Stream):
        return then
    if isinstance(then, Observable):
        return as_stream(_Kept(then, buffer))
    if hasattr(then, "__aiter__") or callable(then):
        return from_aiter(then, buffer=buffer, overflow=overflow)
    raise ConfigurationError(
        f"from_history: then must be a Stream, an Observable or an async iterable; got {then!r}. "
        "For a list give rs.from_iterable(…)."
    )


class _Kept(Observable[Any]):
    """An Observable, and how many of its items may wait for the past to be done."""

    def __init__(self, observable: Observable[Any], buffer: int) -> None:
        super().__init__()
        self.room = buffer
        self._observable = observable

    def _subscribe_core(
        self, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        return self._observable.subscribe(observer, scheduler=scheduler)


def handover(live: Stream[Any], dedupe: Callable[[Any], Any] | None) -> Operator[Any, Any]:
    """Hand on a past, and behind it what is live, less what the past had already.

    Args:
        live: The live part.
        dedupe: Tells items apart, so that the live ones which the past had are let go; None: none are.
    """

    def start(down: Downstream[Any], _inputs: int) -> Sequence[Reactions]:
        return _Handover(down, dedupe).reactions()

    return Operator("from_history", start_many=start, others=(live,), goes_by="greatest")


class _Handover:
    def __init__(self, down: Downstream[Any], dedupe: Callable[[Any], Any] | None) -> None:
        self._down = down
        self._dedupe = dedupe
        self._had: set[Any] = set()
        self._early: deque[tuple[Hold, Any]] = deque()
        self._is_past = True
        self._live_ended = False
        self._watermark = self._told = -NEVER
        self._wake = -NEVER

    def reactions(self) -> list[Reactions]:
        timed = self._down.keeps_event_time
        return [
            Reactions(
                self._down.emit if self._dedupe is None else self._on_past,
                on_completed=self._on_past_ended,
                on_watermark=self._advance if timed else None,
            ),
            Reactions(
                self._on_live,
                on_completed=self._on_live_ended,
                on_watermark=self._on_live_watermark if timed else None,
            ),
        ]

    def _on_past(self, value: Any) -> None:
        assert self._dedupe is not None  # noqa: S101 - otherwise items are handed on directly
        self._had.add(self._dedupe(value))
        self._down.emit(value)

    def _on_past_ended(self) -> None:
        self._is_past = False
        while self._early:
            hold, value = self._early.popleft()
            hold.emit(self._hand_on, value)
            hold.release()
        self._advance(self._watermark)
        if self._live_ended:
            self._down.complete()

    def _on_live(self, value: Any) -> None:
        if self._is_past:
            # A run keeps what is live back; what is finite too comes when it comes.
            self._early.append((self._down.hold(waiting=True), value))
        else:
            self._hand_on(value)

    def _hand_on(self, value: Any) -> None:
        if self._dedupe is not None and self._dedupe(value) in self._had:
            self._down.context.statistics.dropped += 1
        else:
            self._down.emit(value)

    def _on_live_ended(self) -> None:
        self._live_ended = True
        if not self._is_past:
            self._down.complete()

    def _on_live_watermark(self, watermark: int) -> int:
        self._watermark = watermark
        return -NEVER if self._is_past else self._advance(watermark)

    def _advance(self, watermark: int) -> int:
        if watermark > self._told:
            self._told = watermark
            self._wake = self._down.watermark(watermark)
        return self._wake
