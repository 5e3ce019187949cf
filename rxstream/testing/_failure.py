"""A failed expectation, told: the first difference in words, then both sides as lanes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rxstream.testing._difference import Difference, difference, sentence
from rxstream.testing._progress import instant_text
from rxstream.testing._said import Said
from rxstream.testing._sheet import Sheet, legend, sheet

_LABEL: Final = "expected: "
#: So many notifications from the first difference on are drawn.
_BEHIND: Final = 20


def failure(what: str, expected: Said, actual: Said, *, frame: int) -> str | None:
    """Say how what a stream said differs from what was expected; None: it does not.

    Args:
        what: The stream's name.
        expected: What it should say.
        actual: What it said.
        frame: How long a frame lasts, in nanoseconds.
    """
    found = difference(expected, actual)
    if found is None:
        return None
    lines = [f"  {line}" for line in _compared(expected, actual, found, frame)]
    return "\n".join([f"{what}: {sentence(found, frame)}", "", *lines])


def _compared(expected: Said, actual: Said, found: Difference, frame: int) -> Iterator[str]:
    made = sheet({"expected": expected, "actual": actual}, frame, most=found.place + _BEHIND)
    for name, lane in made.lanes.items():
        yield f"{name + ':':{len(_LABEL)}}{lane.text}"
    yield " " * (len(_LABEL) + _column(made, found)) + "^"
    if found.inner is None:
        yield from legend(made, frame)
        return
    yield f"the stream at {instant_text(found.at, frame)}:"
    yield from (f"  {line}" for line in _inner_compared(*found.inner, frame))
    # These two are drawn above already.
    yield from legend(made, frame, without=found.place)


def _inner_compared(expected: Said, actual: Said, frame: int) -> Iterator[str]:
    found = difference(expected, actual)
    return iter(()) if found is None else _compared(expected, actual, found, frame)


def _column(made: Sheet, found: Difference) -> int:
    return min(lane.columns[found.place] for lane in made.lanes.values() if found.place < len(lane.columns))
