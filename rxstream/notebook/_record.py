"""What is written down while a stream runs: what passes each stage, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from reprlib import Repr
from typing import Any, Final, Literal, NamedTuple

from rxstream.core import Statistics
from rxstream.errors import error_context
from rxstream.notebook._graph import Node
from rxstream.notebook._words import clean

#: ``failed``: an item with which the stage failed, and which was handled; ``error``: what ended the stream.
Kind = Literal["value", "end", "error", "failed"]

#: What cannot change is looked at only when it is drawn.
_LASTING: Final = (int, float, bool, str, bytes, type(None))
_BRIEF: Final = Repr()
_BRIEF.maxstring = _BRIEF.maxother = 80
_LONGEST: Final = 200


class Key(NamedTuple):
    """When something happened.

    Args:
        at: The clock's instant, in nanoseconds.
        turn: How much the sources had told by then.
        place: How much the stage itself had told at this point before.
    """

    at: int
    turn: int
    place: int


@dataclass(slots=True)
class Mark:
    """One thing that a stage told.

    Args:
        key: When.
        kind: What.
        value: The value, or the error, or what was said of it at once, as it may change.
        time: The item's instant in event time, in nanoseconds.
        late: Whether it came too late for the stage below.
    """

    key: Key
    kind: Kind
    value: Any = None
    time: int | None = None
    late: bool = False

    @property
    def label(self) -> str:
        """What was told, in the fewest words."""
        return clean(self.value.label if isinstance(self.value, _Said) else brief(self.value))

    @property
    def text(self) -> str:
        """What was told, in a line."""
        return clean(self.value.text if isinstance(self.value, _Said) else brief(self.value))

    def tells(self, value: object) -> bool:
        """Whether it is this value that was told, as far as a line of it shows."""
        return self.text == clean(brief(value))


class _Said(NamedTuple):
    """A value that could change, in words: the fewest, and all."""

    label: str
    text: str


def brief(value: object) -> str:
    """A value in a line that is not too long; text without quotation marks."""
    try:
        line = _line(value)
    except Exception:  # noqa: BLE001 - what a user's object says of itself is his own code
        line = type(value).__name__
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _line(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    if type(value) is dict:
        # In the order of its entries, which reprlib does not keep.
        few = [f"{_BRIEF.repr(key)}: {_BRIEF.repr(held)}" for key, held in islice(value.items(), _BRIEF.maxdict)]
        return f"{{{', '.join([*few, '...'] if len(value) > len(few) else few)}}}"
    return str(value) if type(value) in _LASTING else _BRIEF.repr(value)


def _inner(value: Any) -> str:
    """What matters of a value: of what operators make its inner ones, and of a dict what it holds.

    What a dict's entries are called is mostly the same in a whole lane.
    """
    if type(value).__module__.startswith("rxstream."):
        if hasattr(value, "left") and hasattr(value, "right"):
            return f"{_inner(value.left)}+{_inner(value.right)}"
        if hasattr(value, "value"):
            return _inner(value.value)
    if type(value) is dict and value:
        return " ".join(map(brief, islice(value.values(), _BRIEF.maxdict)))
    return brief(value)


@dataclass(slots=True)
class Lane:
    """What one stage told.

    Args:
        node: What the stage is.
        above: The lanes that it gets its items from.
        marks: What it told, in order.
        watermarks: When it told that time had come how far, in nanoseconds.
    """

    node: Node
    above: tuple[int, ...] = ()
    marks: list[Mark] = field(default_factory=list)
    watermarks: list[tuple[Key, int]] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether nothing more could come."""
        return bool(self.marks) and self.marks[-1].kind in ("end", "error")


class Record:
    """What all stages tell, while one run lasts."""

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.now: Callable[[], int] = lambda: 0
        #: The lanes whose items are on their way, the last one innermost.
        self.passing: list[int] = []
        self.turn = 0
        self._late: dict[int, int] = {}

    def tell(self, lane: int, kind: Kind, value: Any = None, time: int | None = None) -> Mark:
        """Write down what a lane tells."""
        kept = (
            value if type(value) in _LASTING or isinstance(value, BaseException) else _Said(_inner(value), brief(value))
        )
        mark = Mark(self.key(lane), kind, kept, time)
        self.lanes[lane].marks.append(mark)
        return mark

    def key(self, lane: int) -> Key:
        """This point of the run, for what a lane tells next."""
        marks, at = self.lanes[lane].marks, self.now()
        last = marks[-1].key if marks else None
        place = last.place + 1 if last is not None and last[:2] == (at, self.turn) else 0
        return Key(at, self.turn, place)

    def note_watermark(self, lane: int, watermark: int) -> None:
        """Write down how far time has come; where an item made it rise, at that item."""
        marks, key = self.lanes[lane].marks, self.key(lane)
        self.lanes[lane].watermarks.append((marks[-1].key if key.place else key, watermark))

    def note_late(self, mark: Mark, counted: Statistics) -> None:
        """Note whether a pipeline has counted more late items by now: then it was this one, as it has just passed."""
        mark.late = counted.late > self._late.get(id(counted), 0)
        self._late[id(counted)] = counted.late

    def failed(self, error: BaseException) -> None:
        """Write down that a stage failed with the item that is on its way."""
        inner = self.passing[-1] if self.passing else None
        named = self._named(error)
        below = [at for at in named if inner in self.lanes[at].above]
        self.tell((below or named or [0 if inner is None else inner])[0], "failed", error)

    def broke(self, error: BaseException) -> None:
        """Write down that the run ended with an error, at the stage from which it came and all below it."""
        if not self._where(error) and self._named(error):
            self.failed(error)
        broken = self._where(error)
        from_sources = not broken
        for at, lane in enumerate(self.lanes):
            if at in broken:
                lane.marks[-1].kind = "error"
            elif not lane.ended and (broken.intersection(lane.above) or (from_sources and not lane.above)):
                broken.add(at)
                self.tell(at, "error", error)

    @property
    def error(self) -> BaseException | None:
        """What the last stage that broke ended with."""
        ends = [lane.marks[-1] for lane in self.lanes if lane.marks and lane.marks[-1].kind == "error"]
        return ends[-1].value if ends else None

    def _named(self, error: BaseException) -> list[int]:
        """The lanes of those who could have raised an error: of its operator, or of whom its sentence begins with."""
        name = error_context(error).operator or str(error).partition(":")[0]
        return [at for at, lane in enumerate(self.lanes) if lane.node.name == name]

    def _where(self, error: BaseException) -> set[int]:
        """The lanes that have told of an error last."""
        return {at for at, lane in enumerate(self.lanes) if lane.marks and lane.marks[-1].value is error}
