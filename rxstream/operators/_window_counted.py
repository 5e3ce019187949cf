"""Windows of so many items, in order of arrival."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from rxstream.core import NEVER, Downstream, positive_count
from rxstream.errors import ConfigurationError
from rxstream.operators._window_open import Open, Panes, in_order
from rxstream.operators.agg import Aggregate


@dataclass(frozen=True, slots=True)
class Counted:
    """How many items make a window, and after how many another one begins; made by `counted`."""

    n: int
    hop: int


def counted(n: int, *, hop: int | None = None) -> Counted:
    """Cut each key's items, in order of arrival, into windows of ``n``.

    A window is bounded by the instants of the first and the last of its items to arrive, and closes with its last.
    Windows that are not full are closed by the end of the stream. No item is late, and ``grace`` means nothing.

    Args:
        n: How many items make a window.
        hop: After how many items the next window begins; at most ``n``. None: after ``n``.

    Raises:
        ConfigurationError: If one is no whole number of at least 1, or ``hop`` is greater than ``n``.

    Example:
        >>> moving_average = ops.window(rs.counted(5, hop=1), into=rs.agg.mean())
    """
    size = positive_count("counted", n=n)
    step = size if hop is None else positive_count("counted", hop=hop)
    if step > size:
        raise ConfigurationError(
            f"counted: hop must not be greater than n, which is {n!r}; got {hop!r}. "
            "Between windows items would be lost: give a smaller hop."
        )
    return Counted(size, step)


@dataclass(slots=True)
class _Counting:
    """One key's windows: how many items came, and when so many will have come that each is full."""

    arrived: int = 0
    windows: list[tuple[int, Open]] = field(default_factory=list)


class CountedWindows:
    """The open windows of one subscription."""

    def __init__(
        self, by: Counted, aggregate: Aggregate, panes: Panes, down: Downstream[Any], changed: Callable[[Open], None]
    ) -> None:
        self._by = by
        self._aggregate = aggregate
        self._panes = panes
        self._down = down
        self._changed = changed
        self._keys: dict[Any, _Counting] = {}
        #: The watermark waits for the oldest open window, which a watermark does not close.
        self.exact = down.keeps_event_time
        self.watermark = -NEVER
        self.due = -NEVER if self.exact else NEVER
        # By the ends that windows had when they were noted; they may have grown, or be closed.
        self._ends: list[tuple[int, int, Open]] = []
        self._notes = count()
        self._told = -NEVER

    def take(self, value: Any, key: Any, instant: int, first: int) -> None:
        """Add an item to its key's open windows, and close the one that is full with it."""
        counting = self._keys.get(key) or _Counting()
        init, add = self._aggregate.init, self._aggregate.add
        begins = counting.arrived % self._by.hop == 0
        states = [add(window.state, value, instant) for _, window in counting.windows]
        if begins:
            window = Open(key, instant, instant, add(init(), value, instant), first)
            counting.windows.append((counting.arrived + self._by.n, window))
            states.append(window.state)
            self._note(window, instant)
        self._keys[key] = counting
        counting.arrived += 1
        hold = self._down.hold_if_tracked()
        for number, ((_, window), state) in enumerate(zip(counting.windows, states, strict=True)):
            if instant < window.end:
                self._note(window, instant)
            window.state, window.end = state, instant
            # A unit for each window: the last pane settles the record.
            window.hold(hold if hold is None or not number else hold.again())
        for _, window in counting.windows:
            self._changed(window)
        self._close_full(key, counting)

    def _close_full(self, key: Any, counting: _Counting) -> None:
        if counting.windows[0][0] > counting.arrived:
            return
        _, window = counting.windows.pop(0)
        if not counting.windows:
            # The next item begins anew, whatever its number.
            del self._keys[key]
        self._panes.final([window])

    def close(self, watermark: int) -> None:
        """Close what the end of the stream leaves open."""
        if watermark == NEVER:
            left = [window for counting in self._keys.values() for _, window in counting.windows]
            self._keys.clear()
            self._panes.final(in_order(left))

    def behind(self, watermark: int) -> int:
        """The oldest end of an open window, which may be handed on as it is."""
        ends = self._ends
        while ends and (ends[0][2].closed or ends[0][2].end > ends[0][0]):
            _, note, window = ends[0]
            if window.closed:
                heapq.heappop(ends)
            else:
                heapq.heapreplace(ends, (window.end, note, window))
        self._told = max(self._told, min(watermark, ends[0][0]) if ends else watermark)
        return self._told

    def _note(self, window: Open, end: int) -> None:
        if self.exact:
            heapq.heappush(self._ends, (end, next(self._notes), window))
