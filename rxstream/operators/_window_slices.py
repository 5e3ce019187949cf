"""Overlapping windows put together of slices, so that an item is added to one state only."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from rxstream.core import FAILURES, NEVER, Downstream, Hold, Reactions
from rxstream.operators._window_hopping import Hopping
from rxstream.operators._window_open import Broken, Late, Open, Panes, in_order
from rxstream.operators._window_subscription import taking
from rxstream.operators._window_tumbling import ADDING
from rxstream.operators.agg import Aggregate


@dataclass(slots=True)
class _Slice:
    """One key's state in one slice, or in several that follow each other."""

    state: Any
    first: int
    holds: list[Hold] | None = None

    def hold(self, hold: Hold) -> None:
        """Keep an item's hold."""
        if self.holds is None:
            self.holds = []
        self.holds.append(hold)


_Slices: TypeAlias = dict[Any, _Slice]


class SlicedWindows:
    """The open windows of one subscription, which are shown when they close.

    A slice is as long as sizes and hops allow. When a window closes, its slices are merged, and so that a window of
    many slices costs few merges, neighbours are merged in pairs, the pairs in pairs, and so on, as in a binary tree
    over time; what is merged is kept as long as it holds. The tree is aligned to the epoch: which states are merged
    with which depends on the items' instants only.
    """

    def __init__(
        self, by: Hopping, aggregate: Aggregate, grace: int, late: Late, panes: Panes, down: Downstream[Any]
    ) -> None:
        self._by = by
        self._grace = grace
        self._aggregate = aggregate
        assert aggregate.join is not None  # noqa: S101 - who has none has a state for each window
        self._merge = aggregate.join
        self._late = late
        self._panes = panes
        self._length = math.gcd(by.size, by.hop)
        # By place in time: slice n begins n lengths after the offset.
        self._slices: dict[int, _Slices] = {}
        self._places: list[int] = []
        self._merged: dict[tuple[int, int], _Slices] = {}
        self._arrivals = 0
        self._down = down
        self._is_holding = self._is_broken = False
        self._first_open = -NEVER
        # The slice of the latest item, which is likely the next one's too.
        self.start, self.end = NEVER, NEVER
        self.keys: _Slices = {}

    def reactions(self, key: Callable[[Any], Any] | None) -> Reactions:
        """What becomes of items, watermarks and the end."""
        down = self._down
        add = self._aggregate.add
        code = ADDING.format(add=self._aggregate.step or "add(state, value, instant)")
        names = {"windows": self, "turn_to": self._turn_to, "begin": self._begin, "add": add, "hold": self._hold}

        def on_watermark(watermark: int) -> int:
            first_open = self._by.first_start(watermark - self._grace)
            self._close_before(first_open)
            below = down.watermark(watermark - self._grace)
            return min(first_open + self._by.size, below) + self._grace

        def on_completed() -> None:
            self._close_before(NEVER)
            down.complete()

        inline = taking(down, key, code, **names)
        return Reactions(inline=inline, on_completed=on_completed, on_watermark=on_watermark)

    def _turn_to(self, instant: int, value: Any) -> bool:
        """Find the slice of an instant; False: all its windows are closed."""
        if self._by.last_start(instant) < self._first_open:
            self._late.take(value)
            return False
        place = self._place(instant)
        self.start = self._by.offset + place * self._length
        self.end = self.start + self._length
        self.keys = self._slices.get(place, {})
        self._forget_merged(place)
        return True

    def _place(self, instant: int) -> int:
        return (instant - self._by.offset) // self._length

    def _begin(self, key: Any, value: Any, instant: int) -> _Slice:
        """Take a key's first item in the present slice."""
        self._arrivals += 1
        made = _Slice(self._aggregate.add(self._aggregate.init(), value, instant), self._arrivals)
        if not self.keys:
            place = self._place(instant)
            self._slices[place] = self.keys
            insort(self._places, place)
        self.keys[key] = made
        return made

    def _hold(self) -> Hold:
        self._is_holding = True
        return self._down.hold()

    def _close_before(self, start: int) -> None:
        """Close the windows that start before ``start``."""
        since, self._first_open = self._first_open, max(self._first_open, start)
        self.start, self.end, self.keys = NEVER, NEVER, {}
        for closing in self._closing(since, start):
            first = self._place(closing)
            behind = first + self._by.size // self._length
            windows = self._windows(closing, first, behind)
            if self._is_holding:
                self._take_holds(windows, first, behind)
            self._panes.final(in_order(windows.values()))
            self._forget_slices(first + self._by.hop // self._length)

    def _closing(self, since: int, before: int) -> Iterator[int]:
        """The starts of windows that have slices, earliest first, whatever lies between; those before are closed."""
        while self._places:
            # Slices that no later window has are gone by then.
            oldest = self._by.offset + self._places[0] * self._length
            start = max(self._by.first_start(oldest), since)
            if start >= before:
                return
            yield start
            since = start + self._by.hop

    def _windows(self, start: int, first: int, behind: int) -> dict[Any, Open]:
        windows: dict[Any, Open] = {}
        for part in self._parts(first, behind):
            for key, found in part.items():
                window = windows.get(key)
                if window is None:
                    windows[key] = Open(key, start, start + self._by.size, found.state, found.first)
                else:
                    window.state = self._join(window.state, found.state)
                    if found.first < window.first:
                        window.first = found.first
        return windows

    def _parts(self, first: int, behind: int) -> Iterator[_Slices]:
        """The fewest nodes of the tree that make up a stretch of slices, in order of time."""
        while first < behind:
            level = 0
            while not first >> level & 1 and first + (2 << level) <= behind:
                level += 1
            part = self._node(level, first >> level)
            if part:
                yield part
            first += 1 << level

    def _node(self, level: int, place: int) -> _Slices:
        if not level:
            return self._slices.get(place, _NOTHING)
        known = self._merged.get((level, place))
        if known is not None:
            return known
        if not self._has_any(place << level, place + 1 << level):
            return _NOTHING
        one, other = self._node(level - 1, 2 * place), self._node(level - 1, 2 * place + 1)
        made = self._both(one, other) if one and other else one or other
        self._merged[level, place] = made
        return made

    def _has_any(self, first: int, behind: int) -> bool:
        at = bisect_left(self._places, first)
        return at < len(self._places) and self._places[at] < behind

    def _both(self, one: _Slices, other: _Slices) -> _Slices:
        made = dict(one)
        for key, right in other.items():
            left = made.get(key)
            if left is None:
                made[key] = right
            else:
                made[key] = _Slice(self._join(left.state, right.state), min(left.first, right.first))
        return made

    def _join(self, one: Any, other: Any) -> Any:
        if self._is_broken and (isinstance(one, Broken) or isinstance(other, Broken)):
            return one if isinstance(one, Broken) else other
        try:
            return self._merge(one, other)
        except FAILURES as error:
            self._is_broken = True
            return Broken(error)

    def _take_holds(self, windows: dict[Any, Open], first: int, behind: int) -> None:
        """Give windows units of their items' holds: those of slices that no later window has, or else one more."""
        leaving = first + self._by.hop // self._length
        at = bisect_left(self._places, first)
        while at < len(self._places) and (place := self._places[at]) < behind:
            for key, found in self._slices[place].items():
                for hold in found.holds or ():
                    windows[key].hold(hold if place < leaving else hold.again())
            at += 1

    def _forget_slices(self, before: int) -> None:
        """Forget the slices that no window has any more."""
        gone = bisect_left(self._places, before)
        for place in self._places[:gone]:
            del self._slices[place]
            self._forget_merged(place)
        del self._places[:gone]

    def _forget_merged(self, place: int) -> None:
        """Forget what was merged of a slice."""
        level = 1
        while 1 << level <= 2 * self._by.size // self._length:
            self._merged.pop((level, place >> level), None)
            level += 1


_NOTHING: _Slices = {}
