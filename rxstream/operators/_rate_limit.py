"""Hand on no more than so many items in any span of time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from rxstream.core import (
    FAILURES,
    Downstream,
    Operator,
    Reactions,
    callable_,
    node,
    positive_duration_ns,
)
from rxstream.errors import ConfigurationError, StreamError
from rxstream.operators._kept import Keeper, Kept

T = TypeVar("T")


def rate_limit(rate: float | Callable[[], float], *, per: float | timedelta = 1.0) -> Operator[T, T]:
    """Hand on at most ``rate`` items in any span ``[t, t + per)``, on the run's clock; the others wait.

    .. marble::

        (abcde|)
        [ rate_limit(2, per=4) ]
        (ab)(cd)(e|)

    Items keep their order, and none is dropped; it completes when the last one is handed on. An error is handed on at
    once, and what waits then is not handed on any more.

    A function is asked whenever an item's turn comes. If it allows none, it is asked again after ``per``. Its error,
    or an answer that is no number, is that item's error, and the next item has its turn.

    Args:
        rate: How many: a number, or a plain function without arguments that returns one. A rate of 2.5 allows 2.
        per: The length of the span, in seconds or as a timedelta.

    Raises:
        ConfigurationError: If ``rate`` is neither, or ``per`` is not greater than zero.

    State: the items that wait, and the instants of those handed on in the last ``per``.

    Delivery: an item that waits is work to be done: it is not settled, its source pauses when too many wait, and a
        timer above skips its ticks meanwhile. A run that is stopped waits until all are handed on, within its budget;
        at ``until=`` what waits stays unsettled.

    Example:
        >>> calls = rs.from_iterable("abc").pipe(ops.rate_limit(2, per=60))
        >>> rs.collect(calls.pipe(ops.map(lambda name: f"{rs.now():%H:%M} {name}")))
        ['00:00 a', '00:00 b', '00:01 c']
    """
    allowed = _checked_rate(rate)
    span_ns = positive_duration_ns("rate_limit", per=per)

    def start(down: Downstream[Any]) -> Reactions:
        return _Limited(down, allowed, span_ns).reactions()

    return node("rate_limit", start)


def _checked_rate(rate: float | Callable[[], float]) -> Callable[[], int]:
    if not callable(rate):
        if not isinstance(rate, int | float) or isinstance(rate, bool) or not 1 <= rate < math.inf:
            raise ConfigurationError(
                f"rate_limit: rate must be a number of at least 1, or a function; got {rate!r}. "
                "For less than one in a second say so with per=…"
            )
        fixed = math.floor(rate)
        return lambda: fixed
    callable_("rate_limit", rate=rate)
    asked: Callable[[], Any] = rate

    def ask() -> int:
        given = asked()
        if not isinstance(given, int | float) or isinstance(given, bool) or not -math.inf < given < math.inf:
            raise StreamError(
                f"rate_limit: the function must return a number; got {given!r}. Return how many items may pass."
            )
        return math.floor(given)

    return ask


class _Limited:
    """One subscription: the items that wait, and when the latest ones were handed on."""

    def __init__(self, down: Downstream[Any], allowed: Callable[[], int], span_ns: int) -> None:
        self._down = down
        self._allowed = allowed
        self._span = span_ns
        self._clock = down.context.scheduler
        self._keeper = Keeper(down, waiting=True)
        self._waiting: deque[Kept] = deque()
        self._passed: deque[int] = deque()
        self._completing = False
        self._timer = down.timer(self._hand_on, carries=True)
        down.stop.listen(self._timer.stop)

    def reactions(self) -> Reactions:
        return Reactions(
            self._on_next,
            on_completed=self._on_completed,
            on_watermark=self._keeper.on_watermark,
            on_error=self._on_error,
        )

    def _on_next(self, value: Any) -> None:
        due = self._next_turn() if not self._waiting else None
        if due is not None and due <= self._clock.now_ns:
            self._down.emit(value)
            self._note_passed()
            return
        self._waiting.append(self._keeper.keep(value))
        if due is not None:
            self._timer.start_at(due)

    def _on_completed(self) -> None:
        if self._waiting:
            self._completing = True
        else:
            self._down.complete()

    def _on_error(self, error: BaseException) -> None:
        self._timer.stop()
        self._down.fail(error)

    def _hand_on(self) -> None:
        while self._waiting and not self._down.stop.now:
            try:
                due = self._next_turn()
            except FAILURES as error:
                self._keeper.fail(self._waiting.popleft(), error)
                continue
            if due > self._clock.now_ns:
                self._timer.start_at(due)
                return
            self._keeper.hand_on(self._waiting.popleft())
            self._note_passed()
        if self._completing and not self._down.stop.now:
            self._down.complete()

    def _next_turn(self) -> int:
        """When the next item may be handed on; not later than now: at once."""
        now, passed = self._clock.now_ns, self._passed
        while passed and passed[0] + self._span <= now:
            passed.popleft()
        allowed = self._allowed()
        if allowed <= 0:
            return now + self._span
        return now if len(passed) < allowed else passed[-allowed] + self._span

    def _note_passed(self) -> None:
        # Behind the item: live, those below have it a little later than it was sent.
        self._passed.append(self._clock.now_ns)
