"""Windows that end at the instants of a key's items."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from rxstream.core import NEVER, Downstream, Hold, positive_duration_ns
from rxstream.operators._window_open import Late, Open, Panes, in_order
from rxstream.operators.agg import Aggregate


@dataclass(frozen=True, slots=True)
class Sliding:
    """How far back a window reaches from its end, in nanoseconds; made by `sliding`."""

    size: int


def sliding(size: float | timedelta) -> Sliding:
    """For each instant at which a key has an item, gather its items of the ``size`` up to it.

    Windows are ``[t - size, t]``: both ends belong to them. One closes when the watermark is greater than t and the
    window's ``grace``; an item is late when the window of its own instant is closed.

    Args:
        size: Seconds or a timedelta.

    Raises:
        ConfigurationError: If ``size`` is no duration or not greater than zero.

    Example:
        >>> calls_in_the_last_minute = ops.window(rs.sliding(60), into=rs.agg.count())
    """
    return Sliding(positive_duration_ns("sliding", size=size))


class _Item(NamedTuple):
    """An item that a window of a later instant may reach back to."""

    value: Any
    instant: int
    first: int
    hold: Hold | None


@dataclass(slots=True)
class _Line:
    """One key's items and open windows, each in order of time."""

    items: list[_Item] = field(default_factory=list)
    windows: list[Open] = field(default_factory=list)


class SlidingWindows:
    """The open windows of one subscription, each with a state of its own."""

    #: Whether an item is late depends on the watermark itself.
    exact = True

    def __init__(
        self,
        by: Sliding,
        aggregate: Aggregate,
        grace: int,
        late: Late,
        panes: Panes,
        down: Downstream[Any],
        changed: Callable[[Open], None],
    ) -> None:
        self._grace = grace
        self._size = by.size
        self._aggregate = aggregate
        self._late = late
        self._panes = panes
        self._down = down
        self._changed = changed
        self._lines: dict[Any, _Line] = {}
        self._ends: list[tuple[int, int, Open]] = []
        self._items: list[tuple[int, int, Any]] = []
        self.watermark = -NEVER
        self.due = NEVER

    def take(self, value: Any, key: Any, instant: int, first: int) -> None:
        """Add an item to the windows that reach back to it, and begin that of its own instant."""
        if instant + self._grace < self.watermark:
            self._late.take(value)
            return
        line = self._lines.get(key) or _Line()
        add = self._aggregate.add
        reaching = _between(line.windows, instant, instant + self._size)
        # All of them are made before one is set: an aggregate that raises leaves the panes as they were.
        own = None if reaching and reaching[0].end == instant else self._own(line, value, key, instant, first)
        states = [add(window.state, value, instant) for window in reaching]
        hold = self._down.hold_if_tracked()
        for window, state in zip(reaching, states, strict=True):
            window.state, window.first = state, min(window.first, first)
        if own is not None:
            self._open(line, own)
            reaching.insert(0, own)
        item = _Item(value, instant, first, hold)
        line.items.insert(bisect_right(line.items, instant, key=_instant_of), item)
        heapq.heappush(self._items, (instant, first, key))
        self.due = self._next_due()
        self._lines[key] = line
        for window in reaching:
            window.hold(None if hold is None else hold.again())
        for window in reaching:
            self._changed(window)

    def _own(self, line: _Line, value: Any, key: Any, instant: int, first: int) -> Open:
        """Make the window of an item's instant, with what came before."""
        start = instant - self._size
        earlier = _items_of(line, start, instant)
        state = self._aggregate.init()
        for item in earlier:
            state = self._aggregate.add(state, item.value, item.instant)
        state = self._aggregate.add(state, value, instant)
        return Open(key, start, instant, state, min([first, *[item.first for item in earlier]]))

    def _open(self, line: _Line, window: Open) -> None:
        line.windows.insert(bisect_left(line.windows, window.end, key=_end_of), window)
        heapq.heappush(self._ends, (window.end, window.first, window))
        for item in _items_of(line, window.start, window.end):
            window.hold(None if item.hold is None else item.hold.again())

    def close(self, watermark: int) -> None:
        """Close the windows whose end and grace the watermark has passed; forget what no window can reach any more."""
        before = watermark - self._grace
        closing = []
        while self._ends and self._ends[0][0] < before:
            closing.append(heapq.heappop(self._ends)[2])
        for window in closing:
            self._lines[window.key].windows.remove(window)
        self._panes.final(in_order(closing))
        while self._items and self._items[0][0] < before - self._size:
            self._forget(heapq.heappop(self._items)[2])
        self.due = self._next_due()

    def _next_due(self) -> int:
        ends = self._ends[0][0] if self._ends else NEVER
        reached = self._items[0][0] + self._size if self._items else NEVER
        return min(ends, reached) + self._grace + 1

    def behind(self, watermark: int) -> int:
        """The watermark less the grace."""
        return watermark - self._grace

    def _forget(self, key: Any) -> None:
        """Forget a key's earliest item."""
        line = self._lines[key]
        item = line.items.pop(0)
        if item.hold is not None:
            item.hold.release()
        if not line.items:
            del self._lines[key]


def _between(windows: list[Open], first: int, last: int) -> list[Open]:
    return windows[bisect_left(windows, first, key=_end_of) : bisect_right(windows, last, key=_end_of)]


def _items_of(line: _Line, first: int, last: int) -> list[_Item]:
    items = line.items
    return items[bisect_left(items, first, key=_instant_of) : bisect_right(items, last, key=_instant_of)]


def _instant_of(item: _Item) -> int:
    return item.instant


def _end_of(window: Open) -> int:
    return window.end
