"""Diagrams drawn below each other, a column a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from rxstream.testing._diagram import Mark
from rxstream.testing._progress import progress_text

#: So many idle frames are drawn; more are written as progress of time.
_DRAWN: Final = 10
#: Behind these nothing more comes.
_LAST: Final = frozenset("|#!")


class Lane(NamedTuple):
    """One diagram as it was drawn.

    Args:
        text: The diagram.
        columns: Where in the text each mark stands.
        off: For each mark, whether its column does not say its instant: it lies between two frames, or what stands
            before it needed the room.
    """

    text: str
    columns: list[int]
    off: list[bool]


class _Fold(NamedTuple):
    """Columns in which no lane has anything, and what is written instead."""

    begin: int
    end: int
    text: str


class _Layout:
    """One lane's characters by their columns, while a column is a frame."""

    def __init__(self, marks: Sequence[Mark], frame: int) -> None:
        self.symbols: dict[int, str] = {}
        self.columns: list[int] = []
        self.off: list[bool] = []
        self.width = 0
        self.ended = bool(marks) and marks[-1].symbol in _LAST
        for at, together in groupby(marks, key=lambda mark: mark.at):
            self._add(at, [mark.symbol for mark in together], frame)

    def _add(self, at: int, symbols: list[str], frame: int) -> None:
        begin = max(at // frame, self.width)
        alone = len(symbols) == 1
        text = symbols[0] if alone else f"({''.join(symbols)})"
        self.symbols |= dict(enumerate(text, begin))
        self.columns += [begin + place + (not alone) for place in range(len(symbols))]
        self.off += [begin * frame != at] * len(symbols)
        self.width = begin + len(text)

    def drawn(self, begin: int, end: int) -> str:
        return "".join(self.symbols.get(column, self._idle(column)) for column in range(begin, end))

    def folded(self, fold: _Fold) -> str:
        return fold.text if self._idle(fold.begin) == "-" else " " * len(fold.text)

    def _idle(self, column: int) -> str:
        return " " if self.ended and column >= self.width else "-"


def draw(lanes: Sequence[Sequence[Mark]], frame: int) -> list[Lane]:
    """Draw diagrams so that what happens in one frame stands below each other.

    Args:
        lanes: What each of them holds, in order.
        frame: How long a frame lasts, in nanoseconds.
    """
    layouts = [_Layout(marks, frame) for marks in lanes]
    width = max([1, *(layout.width for layout in layouts)])
    folds = list(_folds(layouts, frame))
    return [_lane(layout, folds, width) for layout in layouts]


def _folds(layouts: Sequence[_Layout], frame: int) -> Iterator[_Fold]:
    begin = 0
    for column in sorted({column for layout in layouts for column in layout.symbols}):
        text = f" {progress_text((column - begin) * frame)} "
        if column - begin > max(_DRAWN, len(text)):
            yield _Fold(begin, column, text)
        begin = column + 1


def _lane(layout: _Layout, folds: Sequence[_Fold], width: int) -> Lane:
    text, begin = "", 0
    for fold in folds:
        text += layout.drawn(begin, fold.begin) + layout.folded(fold)
        begin = fold.end
    text += layout.drawn(begin, width)
    return Lane(text.rstrip(), [_folded_column(column, folds) for column in layout.columns], layout.off)


def _folded_column(column: int, folds: Sequence[_Fold]) -> int:
    saved = [fold.end - fold.begin - len(fold.text) for fold in folds if fold.end <= column]
    return column - sum(saved)
