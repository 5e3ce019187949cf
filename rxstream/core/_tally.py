"""What a generated function counts over a batch: in names of its own, which cost less than attributes."""

from __future__ import annotations

from collections.abc import Container
from typing import Final, NamedTuple

from rxstream.core._lines import renamed
from rxstream.core._places import ending, placed_branches
from rxstream.core._shape import Shape

#: What is let go, what goes another way, and what reaches the end, where that is counted one by one.
COUNTS: Final = ("dropped", "left", "passed")


class _Part(NamedTuple):
    """A segment, or one of its branches.

    ``endings`` are what the names end in that it counts with, behind those of the segments that it branches off from.
    """

    shape: Shape
    first: int
    endings: tuple[str, ...]

    @property
    def counter(self) -> str | None:
        """What counts the items that reach its end."""
        place = self.first + len(self.shape.stages) + len(self.shape.ends) - 1
        return None if self.shape.counter is None else f"{renamed(self.shape.counter, place)}.count"


class Tally:
    """The counting of one function.

    Args:
        shape: Of which it is.
        said: The words of its code.
    """

    def __init__(self, shape: Shape, said: Container[str]) -> None:
        self._shape = shape
        self._said = said
        self._parts = _parts(shape, 1, ("",))

    @property
    def names(self) -> list[str]:
        """The names that begin with nothing."""
        counts = [f"{name}{part.endings[-1]}" for part in self._parts for name in COUNTS]
        turn = ["turn"] if self._shape.branches else []
        return [name for name in [*counts, *turn] if name in self._said]

    @property
    def when_broken(self) -> list[str]:
        """What is done where the pass breaks at a record: it has passed those branches whose turn was over."""
        if not self._shape.counts_at_once:
            return []
        if not self._shape.branches:
            return ["left += 1"]
        return [f"left{part.endings[-1]} += turn <= {part.first}" for part in self._parts if part.counter is not None]

    @property
    def in_the_end(self) -> list[str]:
        """What is done however the batch ends."""
        lines = []
        for part in self._parts:
            own = part.endings[-1]
            if f"dropped{own}" in self._said:
                lines.append(f"statistics{own}.dropped += dropped{own}")
            if f"passed{own}" in self._said:
                lines.append(f"{part.counter} += passed{own}")
        return [*lines, *self._counted_at_once()]

    def _counted_at_once(self) -> list[str]:
        parts = [part for part in self._parts if self._shape.counts_at_once and part.counter is not None]
        return [f"{part.counter} += here - length_hint(records){self._missed(part)}" for part in parts]

    def _missed(self, part: _Part) -> str:
        names = [f"{name}{one}" for one in part.endings for name in COUNTS]
        return "".join(f" - {name}" for name in names if name in self._said)


def _parts(shape: Shape, first: int, endings: tuple[str, ...]) -> list[_Part]:
    branches = placed_branches(shape, first)
    below = [found for at, branch in branches for found in _parts(branch, at, (*endings, ending(at)))]
    return [_Part(shape, first, endings), *below]
