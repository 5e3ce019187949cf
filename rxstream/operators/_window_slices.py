"""Overlapping windows put together of slices, so that an item is added to one state only."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any

from rxstream.core import FAILURES, NEVER, Downstream
from rxstream.operators._window_hopping import Hopping
from rxstream.operators._window_open import Broken, Late, Panes
from rxstream.operators._window_stretch import Stretch
from rxstream.operators.agg import Aggregate


class SlicedWindows:
    """The open windows of one subscription, which are shown when they close; see `Stretches`.

    A slice is as long as sizes and hops allow. When a window closes, its slices are merged, and so that a window of
    many slices costs few merges, neighbours are merged in pairs, the pairs in pairs, and so on, as in a binary tree
    over time; what is merged is kept as long as it holds. The tree is aligned to the epoch: which states are merged
    with which depends on the items' instants only.
    """

    def __init__(self, by: Hopping, aggregate: Aggregate, late: Late, panes: Panes, down: Downstream[Any]) -> None:
        self._by = by
        self._init = aggregate.init
        assert aggregate.join is not None  # noqa: S101 - who has none has a state for each window
        self._merge = aggregate.join
        self._late = late
        self._panes = panes
        self._length = math.gcd(by.size, by.hop)
        # By place in time: slice n begins n lengths after the offset.
        self._slices: dict[int, Stretch] = {}
        self._places: list[int] = []
        self._merged: dict[tuple[int, int], Stretch] = {}
        self._merged_before = -NEVER
        self._arrivals = 0
        self._down = down
        self._is_holding = self._is_broken = False
        self._first_open = -NEVER
        self._turn_away()

    def turn_to(self, instant: int, value: Any) -> bool:
        """Find the slice of an instant; False: all its windows are closed."""
        if instant < self._first_open:
            self._late.take(value)
            return False
        since = instant - self._by.offset
        self._place = place = since // self._length
        self.start = start = instant - since % self._length
        self.end = start + self._length
        self._present = self._slices.get(place) or Stretch()
        self.states = self._present.states
        if place < self._merged_before:
            self._forget_merged(place)
        return True

    def begin(self, key: Any) -> Any:
        """Make the state of a key that has none in the present slice."""
        if self._place not in self._slices:
            self._slices[self._place] = self._present
            insort(self._places, self._place)
        self._arrivals += 1
        self._present.firsts[key] = self._arrivals
        return self._init()

    def hold(self, key: Any) -> None:
        """Keep the item of a key that the slot names."""
        self._is_holding = True
        self._present.holds.setdefault(key, []).append(self._down.hold())

    def close(self, watermark: int) -> int:
        """Close the windows that end by a watermark."""
        start = self._by.first_start(watermark)
        since, self._first_open = self._first_open, max(self._first_open, start)
        self._turn_away()
        for closing in self._closing(since, start):
            first = self._place_of(closing)
            behind = first + self._by.size // self._length
            window = self._window(first, behind)
            if self._is_holding:
                self._take_holds(window, first, behind)
            self._panes.close(closing, closing + self._by.size, window)
            self._forget_slices(first + self._by.hop // self._length)
        return start + self._by.size

    def _turn_away(self) -> None:
        """Look for the next item's slice anew."""
        self.start, self.end = NEVER, NEVER
        self._present = Stretch()
        self.states = self._present.states
        self._place = 0

    def _place_of(self, instant: int) -> int:
        return (instant - self._by.offset) // self._length

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

    def _window(self, first: int, behind: int) -> Stretch:
        """Put a window together, its keys in order of first arrival."""
        window = Stretch()
        self._merged_before = behind
        for part in self._parts(first, behind):
            self._merge_into(window, part)
        states, firsts = window.states, window.firsts
        # A key whose first item failed has no state yet.
        window.states = {key: states[key] for key in sorted(states, key=firsts.__getitem__)}
        return window

    def _parts(self, first: int, behind: int) -> Iterator[Stretch]:
        """The fewest nodes of the tree that make up a stretch of slices, in order of time."""
        while first < behind:
            level = 0
            while not first >> level & 1 and first + (2 << level) <= behind:
                level += 1
            part = self._node(level, first >> level)
            if part is not None:
                yield part
            first += 1 << level

    def _node(self, level: int, place: int) -> Stretch | None:
        if not level:
            return self._slices.get(place)
        known = self._merged.get((level, place))
        if known is not None:
            return known
        if not self._has_any(place << level, place + 1 << level):
            return None
        one, other = self._node(level - 1, 2 * place), self._node(level - 1, 2 * place + 1)
        made = one or other
        assert made is not None  # noqa: S101 - there is something in one of them
        if one is not None and other is not None:
            made = Stretch(dict(one.states), dict(one.firsts))
            self._merge_into(made, other)
        self._merged[level, place] = made
        return made

    def _has_any(self, first: int, behind: int) -> bool:
        at = bisect_left(self._places, first)
        return at < len(self._places) and self._places[at] < behind

    def _merge_into(self, made: Stretch, later: Stretch) -> None:
        """Merge what is later in time into a stretch of ours."""
        states, firsts = made.states, made.firsts
        if not states:
            states.update(later.states)
            firsts.update(later.firsts)
            return
        merge = self._merge_whole if self._is_broken else self._merge
        known = states.get
        for key, state in later.states.items():
            earlier = known(key, _NOTHING)
            if earlier is _NOTHING:
                states[key] = state
                firsts[key] = later.firsts[key]
                continue
            try:
                states[key] = merge(earlier, state)
            except FAILURES as error:
                self._is_broken = True
                states[key] = Broken(error)
            first = later.firsts[key]
            if first < firsts[key]:
                firsts[key] = first

    def _merge_whole(self, one: Any, other: Any) -> Any:
        """Merge two states of which one may stand for those that could not be merged."""
        if isinstance(one, Broken) or isinstance(other, Broken):
            return one if isinstance(one, Broken) else other
        return self._merge(one, other)

    def _take_holds(self, window: Stretch, first: int, behind: int) -> None:
        """Give a window units of its items' holds: those of slices that no later window has, or else one more."""
        leaving = first + self._by.hop // self._length
        at = bisect_left(self._places, first)
        while at < len(self._places) and (place := self._places[at]) < behind:
            for key, holds in self._slices[place].holds.items():
                units = holds if place < leaving else [hold.again() for hold in holds]
                window.holds.setdefault(key, []).extend(units)
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


_NOTHING: Any = object()
