"""When panes of windows are shown: on closing only, at every change, or every so often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from rxstream.core import FAILURES, NEVER, Downstream, Hold
from rxstream.operators._window_open import Open, Panes, in_order


class Kind(Protocol):
    """The open windows of one subscription, of one kind.

    ``exact`` says that it must know every ``watermark``, and not only those at which it closes something: the next is
    ``due``.
    """

    exact: bool
    watermark: int
    due: int

    def take(self, value: Any, key: Any, instant: int, first: int) -> None:
        """Take an item, the one of all that came as number ``first``; it says which windows changed."""

    def close(self, watermark: int) -> None:
        """Close what a watermark closes, which may not be the latest yet."""

    def behind(self, watermark: int) -> int:
        """What the watermark is for those below: no pane still to come is earlier."""


class AtClosing:
    """Shows windows when they close."""

    exact = False

    def start(self, kind: Kind) -> None:
        self._kind = kind
        self.take: Callable[[Any, Any, int, int], None] = kind.take

    def changed(self, window: Open) -> None:
        """Nothing is shown."""

    def advance(self, watermark: int) -> int:
        self._kind.close(watermark)
        return NEVER


class AtChange:
    """Shows each window whenever it changes."""

    #: A pane carries the watermark.
    exact = True

    def __init__(self, panes: Panes) -> None:
        self._panes = panes

    def start(self, kind: Kind) -> None:
        self._kind = kind
        self.take: Callable[[Any, Any, int, int], None] = kind.take

    def changed(self, window: Open) -> None:
        self._panes.early(window, self._kind.watermark)

    def advance(self, watermark: int) -> int:
        self._kind.close(watermark)
        return NEVER


class _Ahead(NamedTuple):
    """An item that the next tick must not show yet."""

    value: Any
    key: Any
    instant: int
    first: int
    hold: Hold


class AtTicks:
    """Shows what changed, every so often in event time.

    A tick shows what lies before its instant. What does not is set aside until the tick is over, except where windows
    go by the order of arrival.

    Args:
        down: Who hears of items that fail.
        panes: Hands panes on.
        every: Ticks are at the multiples of that many nanoseconds since the epoch.
        by_arrival: Whether windows go by the order of arrival.
    """

    exact = False

    def __init__(self, down: Downstream[Any], panes: Panes, every: int, *, by_arrival: bool) -> None:
        self._down = down
        self._panes = panes
        self._every: Final = every
        self._by_arrival: Final = by_arrival
        self._next = -NEVER
        self._changed: list[Open] = []
        self._ahead: dict[int, list[_Ahead]] = {}

    def start(self, kind: Kind) -> None:
        self._kind = kind

    def changed(self, window: Open) -> None:
        if not window.changed:
            window.changed = True
            self._changed.append(window)

    def take(self, value: Any, key: Any, instant: int, first: int) -> None:
        if self._by_arrival or instant < self._next:
            self._kind.take(value, key, instant, first)
            return
        hash(key)
        item = _Ahead(value, key, instant, first, self._down.hold())
        self._ahead.setdefault(instant - instant % self._every, []).append(item)

    def advance(self, watermark: int) -> int:
        latest = watermark - watermark % self._every
        if self._next == -NEVER:
            # Before there is any watermark there are no ticks.
            self._next = latest if watermark < NEVER else NEVER
        while (tick := self._next if self._changed else min(self._ahead, default=NEVER)) <= min(latest, NEVER - 1):
            self._tick(tick)
        self._next = max(self._next, latest + self._every)
        self._kind.watermark = watermark
        self._kind.close(watermark)
        return self._next

    def _tick(self, tick: int) -> None:
        # What was set aside is taken as if it came right behind the tick.
        self._kind.watermark = tick
        self._kind.close(tick)
        changed, self._changed = self._changed, []
        for window in in_order(window for window in changed if window.changed):
            window.changed = False
            self._panes.early(window, tick)
        self._next = tick + self._every
        for item in self._ahead.pop(tick, ()):
            item.hold.emit(self._take_now, item)
            item.hold.release()

    def _take_now(self, item: _Ahead) -> None:
        try:
            self._kind.take(item.value, item.key, item.instant, item.first)
        except FAILURES as error:
            self._down.failed(error, item.value)
