"""The text of generated functions: operators' own lines, pasted together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rxstream.core._feed import Feed
from rxstream.core._operator import Inline, Operator
from rxstream.core._receiver import ENDLESS, Receiver

_INDENT: Final = "    "
#: What generated code may say without naming an operator's own things.
_AMBIENT: Final = (
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

    def add(self, depth: int, line: str, stage: int | None = None, note: str = "") -> None:
        """Append one line."""
        self.lines.append(f"{_INDENT * depth}{line}{f'  # {note}' if note else ''}")
        if stage is not None:
            self.stages[len(self.lines)] = stage

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(self.lines) + "\n"


@dataclass(frozen=True, slots=True)
class Head:
    """How a segment that stands at a source reads the source's records."""

    feed: Feed
    #: Whether the records' instants move the run's clock.
    drives_clock: bool
    #: What is earlier, in nanoseconds, is let go; None: nothing is.
    begin: int | None = None
    #: Whether other sources' records come between its own: then it takes them one by one, with their instants.
    merged: bool = False


def write(stages: Sequence[Operator[Any, Any]], below: Receiver, head: Head | None) -> Source:
    """Write the text of a segment's function."""
    source = Source()
    names = ", ".join([*_AMBIENT, *_bound_names(stages, head)])
    source.add(0, f"def build({names}):")
    states = [_renamed(name, place) for place, stage in enumerate(stages, 1) for name in inline_of(stage).state]
    if head is not None:
        states += _head_state(head, stages, below)
    for name in states:
        source.add(1, f"{name} = {_initial(name)}")
    merged = head is not None and head.merged
    source.add(1, f"def {'one(time, record)' if merged else 'run(records)' if head else 'run(value)'}:")
    if states:
        source.add(2, f"nonlocal {', '.join(states)}")
    _write_body(source, stages, below, head)
    if merged:
        _write_all_by_one(source, below)
    source.add(1, "return run, one" if merged else "return run")
    return source


def _write_all_by_one(source: Source, below: Receiver) -> None:
    source.add(1, "def run(records):")
    source.add(2, "for record in records:")
    source.add(3, "one(None, record)")
    if below.stop is not ENDLESS:
        source.add(3, "if stop.now:")
        source.add(4, "return")


def _write_body(source: Source, stages: Sequence[Operator[Any, Any]], below: Receiver, head: Head | None) -> None:
    # Each loop has a try of its own, so that an item that fails leaves its siblings alone.
    leave = "continue" if head and not head.merged else "return"
    depth = 2 if head is None else _write_record(source, head)
    tries = [depth]
    source.add(depth, "try:")
    depth += 1
    if head is not None:
        for line in _head_lines(head, stages, below, leave):
            source.add(depth, line, 0, head.feed.name if line.startswith("value = ") else "")
    for place, stage in enumerate(stages, 1):
        heard = not makes_watermarks(stages[place:])
        for number, line in enumerate(_stage_lines(stage, place, leave, heard=heard)):
            if line.startswith("each value in"):
                source.add(depth, line.replace("each", "for", 1), place, stage.name)
                tries.append(depth + 1)
                source.add(depth + 1, "try:")
                depth, leave = depth + 2, "continue"
            else:
                source.add(depth, line, place, stage.name if number == 0 else "")
    source.add(depth, "emit(value)", len(stages) + 1, below.name)
    if below.stop is not ENDLESS:
        source.add(depth, "if stop.now:")
        source.add(depth + 1, "return")
    for opened in reversed(tries):
        source.add(opened, "except FAILURES as error:")
        source.add(opened + 1, "fail(error)")
        if below.stop is not ENDLESS:
            source.add(opened + 1, "if stop.now:")
            source.add(opened + 2, "return")


def _write_record(source: Source, head: Head) -> int:
    """Write what names the record; returns the depth of what is done with it."""
    depth = 2
    if not head.merged:
        source.add(depth, "for record in records:")
        depth += 1
    source.add(depth, "slot.event = record")
    return depth


def _stage_lines(stage: Operator[Any, Any], place: int, leave: str, *, heard: bool) -> list[str]:
    code = inline_of(stage)
    # A watermark that a later operator replaces is heard by nobody.
    text = code.code if heard else code.code.replace("advance(", "unheard(")
    for name in [*code.bindings, *code.state]:
        text = re.sub(rf"\b{name}\b", _renamed(name, place), text)
    lines = []
    for line in text.strip("\n").splitlines():
        indent, verb = re.match(r"(\s*)(.*)", line).groups()  # type: ignore[union-attr]  # matches every line
        before, _, last = verb.rpartition(": ")
        if (last or verb) in {"drop", "skip"}:
            if before:
                lines.append(f"{indent}{before}:")
                indent += _INDENT
            if (last or verb) == "drop":
                lines.append(f"{indent}statistics.dropped += 1")
            lines.append(f"{indent}{leave}")
        else:
            lines.append(line)
    return lines


def _head_lines(head: Head, stages: Sequence[Operator[Any, Any]], below: Receiver, leave: str) -> list[str]:
    feed = head.feed
    lines = [f"value = {feed.value}"] if feed.ticks is None else _tick_lines(leave)
    if feed.time is not None:
        # Where it can, the clock goes first: a pass that pauses before a record has not looked at its value yet.
        at = 1 if re.search(r"\bvalue\b", feed.time) else 0
        reading = ["if time is None:", f"    time = {feed.time}"] if head.merged else [f"time = {feed.time}"]
        lines[at:at] = [*reading, *_clock_lines(head, leave)]
        lines += _order_lines(head, watermarks=_wants_watermarks(stages, below))
    if below.passport or any(stage.passport for stage in stages):
        lines += [
            f"slot.key = {feed.key or 'UNSET'}",
            f"slot.time = {'time' if feed.time else 'UNSET'}",
            f"slot.headers = {feed.headers or 'UNSET'}",
        ]
    return lines


def _tick_lines(leave: str) -> list[str]:
    return [
        "row = record[1]",
        f"if row.handled.at_work: {leave}",
        "record[2] = value = row.delivered",
        "row.delivered = value + 1",
    ]


def _clock_lines(head: Head, leave: str) -> list[str]:
    lines = []
    if head.begin is not None:
        lines += [f"if time < {head.begin}:", "    statistics.dropped += 1", f"    {leave}"]
    if head.drives_clock:
        lines += [
            "if time > clock.now:",
            "    if time > clock.due:",
            "        run_due(time)",
            "    clock.now = time",
        ]
    return lines


def _order_lines(head: Head, *, watermarks: bool) -> list[str]:
    if not watermarks and not _is_checked(head):
        return []
    lines = ["if time > high:", *_note_high(head.feed, watermarks=watermarks)]
    if _is_checked(head):
        lines += ["    latest = record", "elif time < high:", "    out_of_order(record, time, latest, high)"]
    return lines


def _note_high(feed: Feed, *, watermarks: bool) -> list[str]:
    if not watermarks:
        return ["    high = time"]
    allowed = feed.disorder or 0
    return ["    high = time", "    if time >= wake:", f"        wake = advance(time - {allowed}) + {allowed}"]


def _head_state(head: Head, stages: Sequence[Operator[Any, Any]], below: Receiver) -> list[str]:
    if head.feed.time is None:
        return []
    watermarks, checked = _wants_watermarks(stages, below), _is_checked(head)
    names = ["high"] if watermarks or checked else []
    return [*names, *(["wake"] if watermarks else []), *(["latest"] if checked else [])]


def _is_checked(head: Head) -> bool:
    """Whether the records must be sorted."""
    return head.feed.disorder is None and head.drives_clock


def _wants_watermarks(stages: Sequence[Operator[Any, Any]], below: Receiver) -> bool:
    """Whether the source's own watermark reaches anybody: not where an operator puts its own in its place."""
    return below.watermarks and not makes_watermarks(stages)


def makes_watermarks(stages: Sequence[Operator[Any, Any]]) -> bool:
    """Whether one of them puts its own watermark in the place of those from above."""
    return any(inline_of(stage).makes_watermarks for stage in stages)


def _initial(name: str) -> str:
    # Before the first record every instant is news.
    return {"high": "-NEVER", "wake": "-NEVER", "latest": "None"}.get(name, f"start_{name}()")


def _renamed(name: str, place: int) -> str:
    return f"{name}_{place}"


def _bound_names(stages: Sequence[Operator[Any, Any]], head: Head | None) -> list[str]:
    names = [] if head is None else list(head.feed.bindings)
    for place, stage in enumerate(stages, 1):
        code = inline_of(stage)
        names += [_renamed(name, place) for name in code.bindings]
        names += [f"start_{_renamed(name, place)}" for name in code.state]
    return names


def bound_values(stages: Sequence[Operator[Any, Any]], head: Head | None) -> list[Any]:
    """What the names stand for that the text is given, in its order."""
    values = [] if head is None else list(head.feed.bindings.values())
    for stage in stages:
        code = inline_of(stage)
        values += [*code.bindings.values(), *code.state.values()]
    return values


def inline_of(stage: Operator[Any, Any]) -> Inline:
    """The code of an operator that has some."""
    assert stage.inline is not None  # noqa: S101 - segments hold inline operators only
    return stage.inline
