"""Where lines of nodes stand side by side: near to what they are joined to, and without touching each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import Final, NamedTuple

#: So often columns are moved to where those are that they are joined to.
_SWEEPS: Final = 20

#: For each place those above it, and those below it.
Links = tuple[list[list[int]], list[list[int]]]


class Room(NamedTuple):
    """How much room places need across the layers, and what stays free between two of them."""

    breadths: Sequence[float]
    gap: float

    def apart(self, left: int, right: int) -> float:
        """How far apart the middles of two neighbours must be."""
        return (self.breadths[left] + self.breadths[right]) / 2 + self.gap


def across(
    layers: Sequence[Sequence[int]], columns: Sequence[Sequence[int]], links: Links, room: Room
) -> Sequence[float]:
    """The middle of each place; those of one column are the same.

    Args:
        layers: Which places stand side by side, in their order.
        columns: Which stand in one line, from the first layer on; no two cross.
        links: Whom places should be near to.
        room: What they need.
    """
    column_of = {place: at for at, column in enumerate(columns) for place in column}
    beside = _beside(layers, column_of, room)
    wishes = [_wishes(column, column_of, links) for column in columns]
    order = _leftmost_first(beside)
    middles = _apart(order, beside, [0.0] * len(columns))
    for _ in range(_SWEEPS):
        # Half the way, or two that want to be where the other is would change places for ever.
        wanted = [(middle + _mean(middles, wished, middle)) / 2 for wished, middle in zip(wishes, middles, strict=True)]
        middles = _apart(order, beside, wanted)
    # What has been pushed farther than it need be comes back, on neither side before the other.
    one, other = (_drawn_near(turn, beside, wishes, list(middles)) for turn in (order, order[::-1]))
    middles = [(left + right) / 2 for left, right in zip(one, other, strict=True)]
    return [middles[column_of[place]] for place in range(len(column_of))]


def _wishes(column: Sequence[int], column_of: dict[int, int], links: Links) -> list[int]:
    """The columns that one should be near to; not those that end below it, as they only hang on it."""
    above = [other for place in column for other in links[0][place] if other not in column]
    below = [other for place in column for other in links[1][place] if other not in column]
    going_on = [other for other in below if links[1][other]]
    return [column_of[other] for other in [*above, *going_on] or below]


def _mean(middles: Sequence[float], of: Sequence[int], otherwise: float) -> float:
    return sum([middles[other] for other in of]) / len(of) if of else otherwise


class _Beside(NamedTuple):
    """For each column its neighbours on the left and on the right, and how far away they must stay."""

    left: Sequence[dict[int, float]]
    right: Sequence[dict[int, float]]

    def nearest(self, at: int, wish: float, middles: Sequence[float]) -> float:
        """The place nearest to ``wish`` that a column's neighbours leave free."""
        least = max((middles[other] + apart for other, apart in self.left[at].items()), default=-inf)
        most = min((middles[other] - apart for other, apart in self.right[at].items()), default=inf)
        return max(least, min(wish, most))


def _drawn_near(
    order: Sequence[int], beside: _Beside, wishes: Sequence[Sequence[int]], middles: list[float]
) -> list[float]:
    """Move one column after the other as near to its wish as its neighbours let it."""
    for at in order:
        middles[at] = beside.nearest(at, _mean(middles, wishes[at], middles[at]), middles)
    return middles


def _beside(layers: Sequence[Sequence[int]], column_of: dict[int, int], room: Room) -> _Beside:
    count = max(column_of.values(), default=-1) + 1
    beside = _Beside([{} for _ in range(count)], [{} for _ in range(count)])
    for layer in layers:
        for left, right in pairwise(layer):
            one, other, apart = column_of[left], column_of[right], room.apart(left, right)
            beside.left[other][one] = max(apart, beside.left[other].get(one, 0.0))
            beside.right[one][other] = max(apart, beside.right[one].get(other, 0.0))
    return beside


def _leftmost_first(beside: _Beside) -> list[int]:
    """The columns, each behind those on its left."""
    waiting = [len(left) for left in beside.left]
    ready = [at for at, count in enumerate(waiting) if not count]
    for at in ready:
        for other in beside.right[at]:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return ready


def _apart(order: Sequence[int], beside: _Beside, wanted: Sequence[float]) -> list[float]:
    """Where columns want to be, moved as far as they must not to touch.

    Moved only to the right they are far enough apart, and so they are moved only to the left. Then they are in the
    middle between both as well, and there those that want to be in one place stand around it.
    """
    rightmost, leftmost = list(wanted), list(wanted)
    for at in order:
        for other, apart in beside.left[at].items():
            rightmost[at] = max(rightmost[at], rightmost[other] + apart)
    for at in reversed(order):
        for other, apart in beside.right[at].items():
            leftmost[at] = min(leftmost[at], leftmost[other] - apart)
    return [(left + right) / 2 for left, right in zip(leftmost, rightmost, strict=True)]
