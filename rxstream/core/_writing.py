"""The text of generated functions: operators' own lines, pasted together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
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
from rxstream.core._partition_lines import PARTITION_STATE
from rxstream.core._shape import Shape, StageShape

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


@dataclass(slots=True)
class Source:
    """Generated text, and which operator each of its lines belongs to."""

    lines: list[str] = field(default_factory=list)
    stages: dict[int, int] = field(default_factory=dict)
    #: All words of the code; those of notes are none of it.
    said: set[str] = field(default_factory=set)

    def add(self, depth: int, line: str, stage: int | None = None, note: str = "") -> None:
        """Append one line, with a note that may say anything."""
        comment = f"  # {' '.join(note.split())}" if note else ""
        self.lines.append(f"{_INDENT * depth}{line}{comment}")
        self.said.update(re.findall(r"\w+", line))
        if stage is not None:
            self.stages[len(self.lines)] = stage

    def add_all(self, other: Source, depth: int) -> None:
        """Append all lines of another text, so much deeper."""
        self.stages |= {len(self.lines) + number: stage for number, stage in other.stages.items()}
        self.lines += [_INDENT * depth + line for line in other.lines]

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
    states = [renamed(name, place) for place, stage in _placed(shape) for name in stage.state]
    states += head_state(shape)
    source.add(0, f"def build({', '.join(names)}):")
    if shape.head is None or shape.head.merged:
        _write_one(source, shape, states)
    else:
        _write_loop(source, shape, names, states)
    return source


def _write_one(source: Source, shape: Shape, states: Sequence[str]) -> None:
    """Write the function that takes one item, or one record of a merge."""
    for name in states:
        source.add(1, f"{name} = {_initial(name)}")
    source.add(1, "def one(time, record):" if shape.head else "def run(value):")
    if states:
        source.add(2, f"nonlocal {', '.join(states)}")
    _write_opening(source, shape)
    if shape.head is not None:
        source.add(2, "slot.event = record")
    _write_pass(source, shape, 2, Manner("return"))
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
    counts = [name for name in ("dropped", "left", "passed") if name in said or (name == "left" and manner.at_once)]

    for name in states:
        source.add(1, f"kept_{name} = {_initial(name)}")
    source.add(1, f"def run(records, {', '.join(f'{name}={name}' for name in names if name in said)}):")
    if states:
        source.add(2, f"nonlocal {', '.join(f'kept_{name}' for name in states)}")
    source.add_all(opening, 0)
    for name in states:
        source.add(2, f"{name} = kept_{name}")
    if counts:
        source.add(2, f"{' = '.join(counts)} = 0")
    if not states and not counts:
        source.add_all(loop, 0)
    else:
        _write_kept(source, loop, shape, states, counts)
    source.add(1, "return run")


def _write_kept(source: Source, loop: Source, shape: Shape, states: Sequence[str], counts: Sequence[str]) -> None:
    """Write the loop, and what is kept and counted however it ends."""
    if shape.counts_at_once:
        source.add(2, "here = length_hint(records)")
    source.add(2, "try:")
    source.add_all(loop, 1)
    if shape.counts_at_once:
        source.add(2, "except BaseException:")
        source.add(3, "left += 1", note="the record at hand")
        source.add(3, "raise")
    source.add(2, "finally:")
    for name in states:
        source.add(3, f"kept_{name} = {name}")
    if "dropped" in counts:
        source.add(3, "statistics.dropped += dropped")
    if "passed" in counts:
        source.add(3, f"{_counter(shape)} += passed")
    if shape.counts_at_once:
        less = "".join(f" - {name}" for name in counts)
        source.add(3, f"{_counter(shape)} += here - length_hint(records){less}")


def _counter(shape: Shape) -> str:
    assert shape.counter is not None  # noqa: S101 - there is one where something is counted
    return f"{renamed(shape.counter, len(shape.stages) + len(shape.ends))}.count"


def _write_opening(source: Source, shape: Shape) -> None:
    """Write what those below want done before the first item of a batch."""
    for place, end in enumerate(shape.ends, len(shape.stages) + 1):
        for line in stage_lines(end._replace(code=end.opening), place, Manner(""), heard=True) if end.opening else ():
            source.add(2, line)


def _placed(shape: Shape) -> list[tuple[int, StageShape]]:
    """The operators, and what stands below where it has code of its own, with their places."""
    return list(enumerate((*shape.stages, *shape.ends), 1))


def _write_pass(source: Source, shape: Shape, depth: int, manner: Manner) -> None:
    """Write what happens to one record or item."""
    # Each loop has a try of its own, so that an item that fails leaves its siblings alone.
    tries = [depth]
    source.add(depth, "try:")
    depth += 1
    if shape.head is not None:
        for line in head_lines(shape.head, shape, manner):
            source.add(depth, line, 0, shape.head.name if line.startswith("value = ") else "")
    for place, stage in _placed(shape):
        heard = not makes_watermarks(shape.stages[place:])
        lines = stage_lines(stage, place, manner, heard=heard)
        if place == 1 and shape.reads_record:
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
        source.add(depth, "emit(value)", len(shape.stages) + len(shape.ends) + 1, shape.below)
    _write_stop(source, shape, depth)
    for opened in reversed(tries):
        source.add(opened, "except FAILURES as error:")
        source.add(opened + 1, "fail(error)")
        if manner.at_once:
            source.add(opened + 1, "left += 1")
        _write_stop(source, shape, opened + 1)


def _write_stop(source: Source, shape: Shape, depth: int) -> None:
    if shape.stops:
        source.add(depth, "if stop.now:")
        source.add(depth + 1, "return")


def _initial(name: str) -> str:
    # Before the first record every instant is news.
    return {"high": "-NEVER", "wake": "-NEVER", "latest": "None"}.get(name, f"start_{name}()")


def _bound_names(shape: Shape) -> list[str]:
    names = [] if shape.head is None else list(shape.head.bindings)
    if shape.head is not None and shape.head.by_partition:
        names += [f"start_{name}" for name in PARTITION_STATE]
    for place, stage in _placed(shape):
        names += [renamed(name, place) for name in stage.bindings]
        names += [f"start_{renamed(name, place)}" for name in stage.state]
    return names
