"""The text of generated functions: operators' own lines, pasted together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rxstream.core._lines import (
    Manner,
    head_lines,
    head_state,
    makes_watermarks,
    reading_record,
    renamed,
    stage_lines,
)
from rxstream.core._places import all_placed, ending, placed, placed_branches
from rxstream.core._shape import Shape, head_names
from rxstream.core._tally import COUNTS, Tally

_INDENT: Final = "    "
#: What generated code may say without naming an operator's own things.
AMBIENT: Final = (
    "slot",
    "emit",
    "fail",
    "stop",
    "statistics",
    "advance",
    "clock",
    "run_due",
    "out_of_order",
    "unheard",
)
#: Of these, what each branch has for itself; their names end in the branch's place.
OWN: Final = ("emit", "fail", "statistics", "advance")
_OWN_WORDS: Final = re.compile(rf"(?<!\.)\b({'|'.join((*OWN, *COUNTS))})\b")


@dataclass(slots=True)
class Source:
    """Generated text, and which operator each of its lines belongs to.

    Args:
        ending: Of a branch, what the names end in that it has for itself.
    """

    ending: str = ""
    lines: list[str] = field(default_factory=list)
    stages: dict[int, int] = field(default_factory=dict)
    #: All words of the code; those of notes are none of it.
    said: set[str] = field(default_factory=set)

    def add(self, depth: int, line: str, stage: int | None = None, note: str = "") -> None:
        """Append one line, with a note that may say anything."""
        comment = f"  # {' '.join(note.split())}" if note else ""
        line = _OWN_WORDS.sub(rf"\g<1>{self.ending}", line) if self.ending else line
        self.lines.append(f"{_INDENT * depth}{line}{comment}")
        self.said.update(re.findall(r"\w+", line))
        if stage is not None:
            self.stages[len(self.lines)] = stage

    def add_all(self, other: Source, depth: int) -> None:
        """Append all lines of another text, so much deeper."""
        self.stages |= {len(self.lines) + number: stage for number, stage in other.stages.items()}
        self.lines += [_INDENT * depth + line for line in other.lines]
        self.said |= other.said

    def stage_of(self, line: int) -> int:
        """Which operator a line belongs to: its own, or that of the last one before it that has one."""
        while line not in self.stages:
            line -= 1
        return self.stages[line]

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(self.lines) + "\n"


def write(shape: Shape) -> Source:
    """Write the text of a segment's function."""
    source = Source()
    names = [*AMBIENT, *_bound_names(shape)]
    states = [renamed(name, place) for place, stage in all_placed(shape) for name in stage.state]
    states += head_state(shape)
    source.add(0, f"def build({', '.join(names)}):")
    if shape.head is not None and shape.head.pushed:
        _write_pushed(source, shape, states)
    elif shape.head is None or shape.head.merged:
        _write_one(source, shape, names, states)
    else:
        _write_loop(source, shape, names, states)
    return source


def _write_pushed(source: Source, shape: Shape, states: Sequence[str]) -> None:
    """Write the function that takes what is pushed, item by item, and lets the slot name it meanwhile."""
    assert shape.head is not None  # noqa: S101 - it says that items are pushed
    for name in states:
        source.add(1, f"{name} = {_initial(name)}")
    source.add(1, "def run(value):")
    if states:
        source.add(2, f"nonlocal {', '.join(states)}")
    _write_stop(source, shape, 2)
    source.add(2, "own = slot.event is UNSET and current() is at_home and get_ident() == thread")
    source.add(2, "try:")
    source.add(3, "if own:")
    # One by one: to gather four in a tuple costs more than to store them.
    source.add(4, "slot.event = value")
    source.add(4, "slot.batch = come")
    source.add(4, "slot.keeper = keeper")
    source.add(4, "if type(value) is Event:")
    source.add(5, "value = value._value")
    source.add(3, "elif slot.event is UNSET or current() is not keeper:")
    source.add(4, "return elsewhere(run, value)")
    if shape.head.counted:
        source.add(3, "statistics.received += 1")
    opening = Source()
    _write_opening(opening, shape)
    source.add_all(opening, 1)
    _write_pass(source, shape, 3, Manner("return"))
    source.add(2, "finally:")
    source.add(3, "if own:")
    source.add(4, "slot.event = UNSET")
    source.add(4, "slot.batch = slot.hold = slot.keeper = None")
    if shape.passport or any(stage.passport for stage in shape.stages):
        source.add(4, "slot.key = slot.time = slot.headers = UNSET")
    source.add(1, "return run")


def _write_one(source: Source, shape: Shape, names: Sequence[str], states: Sequence[str]) -> None:
    """Write the function that takes one item, or one record of a merge."""
    body = Source()
    _write_opening(body, shape)
    if shape.head is not None:
        body.add(2, "slot.event = record")
    _write_pass(body, shape, 2, Manner("return"))

    for name in states:
        source.add(1, f"{name} = {_initial(name)}")
    name, taken = ("one", ["time", "record"]) if shape.head else ("run", ["value"])
    source.add(1, f"def {name}({', '.join([*taken, *_own(names, body.said)])}):")
    if states:
        source.add(2, f"nonlocal {', '.join(states)}")
    source.add_all(body, 0)
    if shape.head is not None:
        _write_all_by_one(source, shape)
    source.add(1, "return run, one" if shape.head else "return run")


def _write_all_by_one(source: Source, shape: Shape) -> None:
    source.add(1, "def run(records):")
    source.add(2, "for record in records:")
    source.add(3, "one(None, record)")
    if shape.stops:
        source.add(3, "if stop.now:")
        source.add(4, "return")


def _write_loop(source: Source, shape: Shape, names: Sequence[str], states: Sequence[str]) -> None:
    """Write the function that takes a source's batches; what it needs for each record are its own names meanwhile."""
    manner = Manner("continue", in_batches=True, at_once=shape.counts_at_once)
    loop = Source()
    loop.add(2, "for record in records:")
    loop.add(3, "slot.event = record")
    _write_pass(loop, shape, 3, manner)
    opening = Source()
    _write_opening(opening, shape)
    said = opening.said | loop.said
    tally = Tally(shape, said)

    for name in states:
        source.add(1, f"kept_{name} = {_initial(name)}")
    source.add(1, f"def run(records, {', '.join(_own(names, said))}):")
    if states:
        source.add(2, f"nonlocal {', '.join(f'kept_{name}' for name in states)}")
    source.add_all(opening, 0)
    for name in states:
        source.add(2, f"{name} = kept_{name}")
    if tally.names:
        source.add(2, f"{' = '.join(tally.names)} = 0")
    if not states and not tally.names:
        source.add_all(loop, 0)
    else:
        _write_kept(source, loop, shape, states, tally)
    source.add(1, "return run")


def _own(names: Sequence[str], said: set[str]) -> list[str]:
    """The parameters that make what is said a function's own names, which cost less than those around it."""
    return [f"{name}={name}" for name in names if name in said]


def _write_kept(source: Source, loop: Source, shape: Shape, states: Sequence[str], tally: Tally) -> None:
    """Write the loop, and what is kept and counted however it ends."""
    if shape.counts_at_once:
        source.add(2, "here = length_hint(records)")
    source.add(2, "try:")
    source.add_all(loop, 1)
    if tally.when_broken:
        source.add(2, "except BaseException:")
        for line in tally.when_broken:
            source.add(3, line, note="the record at hand")
        source.add(3, "raise")
    source.add(2, "finally:")
    for name in states:
        source.add(3, f"kept_{name} = {name}")
    for line in tally.in_the_end:
        source.add(3, line)


def _write_opening(source: Source, shape: Shape) -> None:
    """Write what those below want done before the first item of a batch."""
    for place, end in all_placed(shape):
        for line in stage_lines(end._replace(code=end.opening), place, Manner(""), heard=True) if end.opening else ():
            source.add(2, line)


def _write_pass(source: Source, shape: Shape, depth: int, manner: Manner, first: int = 1) -> None:
    """Write what happens to one record or item; ``first``: the place of the first operator."""
    # Each loop has a try of its own, so that an item that fails leaves its siblings alone.
    tries = [depth]
    source.add(depth, "try:")
    depth += 1
    if shape.head is not None and not shape.head.pushed:
        for line in head_lines(shape.head, shape, manner):
            source.add(depth, line, 0, shape.head.name if line.startswith("value = ") else "")
    for place, stage in placed(shape, first):
        heard = not makes_watermarks(shape.stages[place - first + 1 :])
        lines = stage_lines(stage, place, manner, heard=heard)
        if place == first and shape.reads_record:
            lines[0] = reading_record(lines[0])
        for number, line in enumerate(lines):
            if line.startswith("each value in"):
                source.add(depth, line.replace("each", "for", 1), place, stage.name)
                tries.append(depth + 1)
                source.add(depth + 1, "try:")
                depth, manner = depth + 2, manner.inside_loop()
            else:
                source.add(depth, line, place, stage.name if number == 0 else "")
    if shape.below is not None:
        source.add(depth, "emit(value)", first + len(shape.stages) + len(shape.ends), shape.below)
    _write_branches(source, shape, depth, manner, first)
    _write_stop_behind(source, shape, depth, manner)
    for opened in reversed(tries):
        source.add(opened, "except FAILURES as error:")
        source.add(opened + 1, "fail(error)")
        if manner.at_once:
            source.add(opened + 1, "left += 1")
        _write_stop_behind(source, shape, opened + 1, manner)


def _write_stop_behind(source: Source, shape: Shape, depth: int, manner: Manner) -> None:
    # Of a function that takes one item it is the end anyway.
    if manner.leave != "return":
        _write_stop(source, shape, depth)


def _write_branches(source: Source, shape: Shape, depth: int, manner: Manner, first: int) -> None:
    """Write one branch after the other: each has the same value, and names of its own for what it fails and counts."""
    # What one branch makes of the value, and says of key, time and headers, is not the next one's business.
    branches = placed_branches(shape, first)
    here = first + len(shape.stages)
    is_changed = [_changes_value(branch) for _, branch in branches]
    if any(is_changed[:-1]):
        source.add(depth, f"value_{here} = value")
    if branches and shape.passport:
        source.add(depth, f"said_{here} = slot.key, slot.time, slot.headers")
    for (place, branch), changed_before in zip(branches, [False, *is_changed], strict=False):
        if changed_before:
            source.add(depth, f"value = value_{here}")
        if manner.at_once:
            source.add(depth, f"turn = {place}")
        _write_branch(source, branch, depth, manner, place)
        if shape.passport:
            source.add(depth, f"slot.key, slot.time, slot.headers = said_{here}")
    if branches and manner.at_once:
        source.add(depth, "turn = 0")


def _changes_value(shape: Shape) -> bool:
    return any(re.search(r"\bvalue = |each value in", stage.code) for _, stage in all_placed(shape))


def _write_branch(source: Source, branch: Shape, depth: int, manner: Manner, place: int) -> None:
    lines = Source(ending=ending(place))
    _write_pass(lines, branch, 0, replace(manner, leave="break"), place)
    if "break" not in lines.said:
        source.add_all(lines, depth)
        return
    # Nothing but a block that can be left.
    source.add(depth, "while True:", place, branch.names[0])
    source.add_all(lines, depth + 1)
    source.add(depth + 1, "break")


def _write_stop(source: Source, shape: Shape, depth: int) -> None:
    if shape.stops:
        source.add(depth, "if stop.now:")
        source.add(depth + 1, "return")


def _initial(name: str) -> str:
    # Before the first record every instant is news.
    return {"high": "-NEVER", "wake": "-NEVER", "latest": "None"}.get(name, f"start_{name}()")


def _bound_names(shape: Shape) -> list[str]:
    names = [] if shape.head is None else [*shape.head.bindings, *head_names(shape.head)]
    return [*names, *_bound_names_of(shape, 1)]


def _bound_names_of(shape: Shape, first: int) -> list[str]:
    names = []
    for place, stage in placed(shape, first):
        names += [renamed(name, place) for name in stage.bindings]
        names += [f"start_{renamed(name, place)}" for name in stage.state]
    for place, branch in placed_branches(shape, first):
        names += [*(f"{name}{ending(place)}" for name in OWN), *_bound_names_of(branch, place)]
    return names
