"""The lines that go into generated functions: a source's, and operators' own with their verbs spelled out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from rxstream.core._partition_lines import PARTITION_STATE, partition_lines
from rxstream.core._shape import HeadShape, Shape, StageShape

_INDENT: Final = "    "


@dataclass(frozen=True, slots=True)
class Manner:
    """How a generated function lets an item go, and how it counts.

    Args:
        leave: The statement that goes on with what comes next.
        in_batches: Whether it takes batches: then it counts in names of its own, which costs less than attributes.
        at_once: Whether what reaches the end is counted at the end of a batch: all but what has gone another way.
    """

    leave: str
    in_batches: bool = False
    at_once: bool = False

    def inside_loop(self) -> Manner:
        """How it does so inside a loop that an operator has opened."""
        return replace(self, leave="continue", at_once=False)

    def skip(self) -> list[str]:
        """Let an item go that went another way."""
        return [*(["left += 1"] if self.at_once else []), self.leave]

    def drop(self) -> list[str]:
        """Let an item go."""
        return ["dropped += 1" if self.in_batches else "statistics.dropped += 1", self.leave]

    def count(self, name: str) -> list[str]:
        """Count an item that has reached the end."""
        if self.at_once:
            return []
        return ["passed += 1" if self.in_batches else f"{name}.count += 1"]

    def meaning(self, verb: str) -> list[str] | None:
        """What a verb of operators' code stands for; None: it is none."""
        if verb.startswith("count "):
            return self.count(verb.removeprefix("count "))
        return {"skip": self.skip, "drop": self.drop}[verb]() if verb in ("skip", "drop") else None


def stage_lines(stage: StageShape, place: int, manner: Manner, *, heard: bool) -> list[str]:
    """An operator's lines, its names told apart from other operators' by its place; ``heard``: its watermark is."""
    text = stage.code if heard else re.sub(r"\badvance\b", "unheard", stage.code)
    for name in stage.names:
        # Not attributes of the same name.
        text = re.sub(rf"(?<!\.)\b{name}\b", renamed(name, place), text)
    lines = []
    for line in text.strip("\n").splitlines():
        indent, said = re.match(r"(\s*)(.*)", line).groups()  # type: ignore[union-attr]  # matches every line
        before, _, verb = said.rpartition(": ")
        if said.startswith("each value in"):
            manner = manner.inside_loop()
        meaning = manner.meaning(verb)
        if meaning is None:
            lines.append(line)
            continue
        if before:
            lines.append(f"{indent}{before}:")
            indent += _INDENT
        lines += [f"{indent}{one}" for one in meaning]
    return lines


def renamed(name: str, place: int) -> str:
    """An operator's name as it stands in the text."""
    return f"{name}_{place}"


def reading_record(line: str) -> str:
    """Let a line that makes another value of ``value`` make it of the record, which is the same there."""
    made, of = line.split(" = ", 1)
    return f"{made} = " + re.sub(r"\bvalue\b", "record", of)


def head_lines(head: HeadShape, shape: Shape, manner: Manner) -> list[str]:
    """What is done with a record before the first operator has its value."""
    lines = [] if shape.reads_record else _tick_lines(manner) if head.ticks else [f"value = {head.value}"]
    if head.time is not None:
        # Where it can, the clock goes first: a pass that pauses before a record has not looked at its value yet.
        at = 1 if re.search(r"\bvalue\b", head.time) else 0
        reading = ["if time is None:", f"    time = {head.time}"] if head.merged else [f"time = {head.time}"]
        lines[at:at] = [*reading, *_clock_lines(head, manner)]
        lines += _order_lines(head, watermarks=wants_watermarks(shape))
    if shape.passport or any(stage.passport for stage in shape.stages):
        lines += [
            f"slot.key = {head.key or 'UNSET'}",
            f"slot.time = {'time' if head.time else 'UNSET'}",
            f"slot.headers = {head.headers or 'UNSET'}",
        ]
    return lines


def head_state(shape: Shape) -> list[str]:
    """The names that a source's lines keep from record to record."""
    head = shape.head
    if head is None or head.time is None:
        return []
    watermarks, checked = wants_watermarks(shape), _is_checked(head)
    if head.by_partition:
        return list(PARTITION_STATE) if watermarks or head.is_asked else []
    names = ["high"] if watermarks or checked or head.is_asked else []
    return [*names, *(["wake"] if watermarks else []), *(["latest"] if checked else [])]


def _tick_lines(manner: Manner) -> list[str]:
    return [
        "row = record[1]",
        "if row.handled.at_work:",
        *[f"    {line}" for line in manner.skip()],
        "record[2] = value = row.delivered",
        "row.delivered = value + 1",
    ]


def _clock_lines(head: HeadShape, manner: Manner) -> list[str]:
    lines = []
    if head.begin is not None:
        lines += [f"if time < {head.begin}:", *[f"    {line}" for line in manner.drop()]]
    if head.drives_clock:
        lines += [
            "if time > clock.now:",
            "    if time > clock.due:",
            "        run_due(time)",
            "    clock.now = time",
        ]
    return lines


def _order_lines(head: HeadShape, *, watermarks: bool) -> list[str]:
    if not (watermarks or _is_checked(head) or head.is_asked):
        return []
    if head.by_partition:
        # Where an operator puts its own watermark in this one's place, nobody is told.
        return [line if watermarks else line.replace("advance", "unheard") for line in partition_lines("time")]
    is_later = "time is not None and time > high" if head.undated else "time > high"
    lines = [f"if {is_later}:", *_note_high(head, watermarks=watermarks)]
    if _is_checked(head):
        lines += ["    latest = record", "elif time < high:", "    out_of_order(record, time, latest, high)"]
    return lines


def _note_high(head: HeadShape, *, watermarks: bool) -> list[str]:
    lines = ["    high = reached.high = time" if watermarks or head.is_asked else "    high = time"]
    if watermarks:
        allowed = head.disorder or 0
        lines += ["    if time >= wake:", f"        wake = advance(time - {allowed}) + {allowed}"]
    return lines


def _is_checked(head: HeadShape) -> bool:
    """Whether the records must be sorted."""
    return head.disorder is None and head.drives_clock and not head.by_partition


def wants_watermarks(shape: Shape) -> bool:
    """Whether the source's own watermark reaches anybody: not where an operator puts its own in its place."""
    return shape.watermarks and not makes_watermarks(shape.stages)


def makes_watermarks(stages: tuple[StageShape, ...]) -> bool:
    """Whether one of them puts its own watermark in the place of those from above."""
    return any(stage.makes_watermarks for stage in stages)
