"""Hand on each item later."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import Any, TypeVar

from rxstream.core import NEVER, Downstream, Operator, Reactions, duration_ns, node
from rxstream.operators._kept import Keeper, Kept

T = TypeVar("T")


def delay(d: float | timedelta) -> Operator[T, T]:
    """Hand on each item ``d`` later, on the run's clock, and the end ``d`` after it came.

    .. marble::

        -a-b---c|
        [ delay(2) ]
        ---a-b---c|

    Items keep their order, their distances and their passports: the timestamp stays as it was. An error is handed
    on at once, and what is kept then is not handed on any more. With ``d`` 0 items come at the end of the instant.

    Args:
        d: How much later, in seconds or as a timedelta.

    Raises:
        ConfigurationError: If ``d`` is no duration, or negative.

    State: the items of the last ``d``. The watermark waits for the oldest one.

    Delivery: a kept item is not settled, but does not keep its source from reading on. A run that is stopped waits
        until all are handed on, within its budget; at ``until=`` what is kept stays unsettled.

    Example:
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> news = rs.from_history([(noon, "old")]).pipe(ops.delay(60))
        >>> rs.collect(news.pipe(ops.map(lambda word: f"{rs.now():%H:%M} {word}")))
        ['12:01 old']
    """
    delay_ns = duration_ns("delay", d=d)

    def start(down: Downstream[Any]) -> Reactions:
        return _Delayed(down, delay_ns).reactions()

    return node("delay", start)


class _Delayed:
    """One subscription: the items that are on their way, under one timer for the first of them."""

    def __init__(self, down: Downstream[Any], delay_ns: int) -> None:
        self._down = down
        self._delay = delay_ns
        self._clock = down.context.scheduler
        self._keeper = Keeper(down)
        self._waiting: deque[Kept] = deque()
        self._end = NEVER
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
        self._waiting.append(self._keeper.keep(value, self._clock.now_ns + self._delay))
        if len(self._waiting) == 1:
            self._wait()

    def _on_completed(self) -> None:
        self._end = self._clock.now_ns + self._delay
        self._wait()

    def _on_error(self, error: BaseException) -> None:
        self._timer.stop()
        self._down.fail(error)

    def _hand_on(self) -> None:
        now, waiting = self._clock.now_ns, self._waiting
        while waiting and waiting[0].due <= now and not self._down.stop.now:
            self._keeper.hand_on(waiting.popleft())
        if self._down.stop.now:
            return
        if self._end <= now and not waiting:
            self._down.complete()
        else:
            self._wait()

    def _wait(self) -> None:
        """Wait for what is due first."""
        due = self._waiting[0].due if self._waiting else self._end
        if due < NEVER:
            self._timer.start_at(due)
