"""Fusion: adjacent operators become one generated function, pasted together from their own lines."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any, Final

from rxstream.core._context import FAILURES, Context, Pause
from rxstream.core._feed import Feed
from rxstream.core._instants import NEVER, ns_to_datetime
from rxstream.core._operator import Inline, Operator
from rxstream.core._passport import UNSET, source_event
from rxstream.core._receiver import ENDLESS, Receiver, no_watermark
from rxstream.errors import OutOfOrderError

#: Python allows twenty nested blocks; each loop opened by an operator is two of them.
_MOST_LOOPS: Final = 6
_MOST_STAGES: Final = 60
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


def segments(stages: Sequence[Operator[Any, Any]]) -> list[Sequence[Operator[Any, Any]]]:
    """Cut a long run of inline operators into pieces that one function can hold."""
    pieces: list[list[Operator[Any, Any]]] = [[]]
    loops = 0
    for stage in stages:
        opens = "each value in" in _inline(stage).code
        if len(pieces[-1]) >= _MOST_STAGES or (opens and loops >= _MOST_LOOPS):
            pieces.append([])
            loops = 0
        pieces[-1].append(stage)
        loops += opens
    return list(pieces)


def fuse(stages: Sequence[Operator[Any, Any]], below: Receiver, context: Context) -> Receiver:
    """Make the receiver of a run of inline operators, one item at a time."""
    for piece in reversed(segments(stages)):
        below = _fuse_piece(piece, below, context)
    return below


def fuse_head(
    head: Head, stages: Sequence[Operator[Any, Any]], below: Receiver, context: Context
) -> tuple[Callable[[Iterable[Any]], None], Callable[[int | None, Any], None] | None, Receiver]:
    """Make the functions that take a source's batches, and single records of a merge, and the receiver of its end."""
    first, *rest = segments(stages)
    below = fuse([stage for piece in rest for stage in piece], below, context) if rest else below
    made: Any = _build(write(first, below, head), first, below, context, head)
    run, one = made if head.merged else (made, None)
    return run, one, _inner_receiver(first, below, run)


def _fuse_piece(stages: Sequence[Operator[Any, Any]], below: Receiver, context: Context) -> Receiver:
    run = _build(write(stages, below, None), stages, below, context, None)
    return _inner_receiver(stages, below, run)


def _inner_receiver(stages: Sequence[Operator[Any, Any]], below: Receiver, run: Callable[[Any], None]) -> Receiver:
    made = Receiver(
        name=stages[0].name if stages else below.name,
        on_next=run,
        on_completed=below.on_completed,
        on_error=below.on_error,
        stop=below.stop,
        passport=below.passport or any(stage.passport for stage in stages),
    )
    if not _makes_watermarks(stages):
        made.on_watermark = below.on_watermark
    return made


def write(stages: Sequence[Operator[Any, Any]], below: Receiver, head: Head | None) -> Source:
    """Write the text of a segment's function."""
    source = Source()
    names = ", ".join([*_AMBIENT, *_bound_names(stages, head)])
    source.add(0, f"def build({names}):")
    states = [_renamed(name, place) for place, stage in enumerate(stages, 1) for name in _inline(stage).state]
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
        heard = not _makes_watermarks(stages[place:])
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
    code = _inline(stage)
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
    lines = [f"value = {feed.value}"]
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
    if head.feed.ticks is not None:
        lines += ["if record.row.is_busy:", f"    {leave}"]
    return lines


def _order_lines(head: Head, *, watermarks: bool) -> list[str]:
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
    names = ["high", "wake"] if _wants_watermarks(stages, below) else ["high"]
    return [*names, "latest"] if _is_checked(head) else names


def _is_checked(head: Head) -> bool:
    """Whether the records must be sorted."""
    return head.feed.disorder is None and head.drives_clock


def _wants_watermarks(stages: Sequence[Operator[Any, Any]], below: Receiver) -> bool:
    """Whether the source's own watermark reaches anybody: not where an operator puts its own in its place."""
    return below.watermarks and not _makes_watermarks(stages)


def _makes_watermarks(stages: Sequence[Operator[Any, Any]]) -> bool:
    return any(_inline(stage).makes_watermarks for stage in stages)


def _initial(name: str) -> str:
    # Before the first record every instant is news.
    return {"high": "-NEVER", "wake": "-NEVER", "latest": "None"}.get(name, f"start_{name}()")


def _renamed(name: str, place: int) -> str:
    return f"{name}_{place}"


def _bound_names(stages: Sequence[Operator[Any, Any]], head: Head | None) -> list[str]:
    names = [] if head is None else list(head.feed.bindings)
    for place, stage in enumerate(stages, 1):
        code = _inline(stage)
        names += [_renamed(name, place) for name in code.bindings]
        names += [f"start_{_renamed(name, place)}" for name in code.state]
    return names


def _bound_values(stages: Sequence[Operator[Any, Any]], head: Head | None) -> list[Any]:
    values = [] if head is None else list(head.feed.bindings.values())
    for stage in stages:
        code = _inline(stage)
        values += [*code.bindings.values(), *code.state.values()]
    return values


def _inline(stage: Operator[Any, Any]) -> Inline:
    assert stage.inline is not None  # noqa: S101 - segments hold inline operators only
    return stage.inline


@lru_cache(maxsize=512)
def compiled(text: str, title: str) -> CodeType:
    """Compile a segment once a shape, its text kept where debuggers and tracebacks look for it."""
    filename = f"<rxstream {title} {hash(text) & 0xFFFFFFFF:08x}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return compile(text, filename, "exec")


def _build(
    source: Source, stages: Sequence[Operator[Any, Any]], below: Receiver, context: Context, head: Head | None
) -> Callable[[Any], None]:
    names = [head.feed.name] if head else []
    title = " → ".join([*names, *(stage.name for stage in stages), below.name])
    scope: dict[str, Any] = {"FAILURES": FAILURES, "UNSET": UNSET, "NEVER": NEVER}
    exec(compiled(source.text, title), scope)  # noqa: S102 - the text is ours; users' functions are bound by name
    scheduler = context.scheduler
    ambient = (
        context.slot,
        below.on_next,
        _blame(source, stages, below, context, head),
        below.stop,
        context.statistics,
        below.on_watermark,
        scheduler.clock,
        _run_due(context),
        None if head is None else _out_of_order(head.feed.name),
        no_watermark,
    )
    run: Callable[[Any], None] = scope["build"](*ambient, *_bound_values(stages, head))
    return run


def _blame(
    source: Source, stages: Sequence[Operator[Any, Any]], below: Receiver, context: Context, head: Head | None
) -> Callable[[BaseException], None]:
    """Make the function that finds out which operator failed, from the line that was being executed."""
    names = ["" if head is None else head.feed.name, *(stage.name for stage in stages), below.name]

    def fail(error: BaseException) -> None:
        traceback = error.__traceback__
        assert traceback is not None  # noqa: S101 - it was just caught
        place = _stage_of_line(source, traceback.tb_lineno)
        # Where the source's own line failed, `value` is still the record before.
        item = traceback.tb_frame.f_locals.get("value") if place else source_event(context.slot).value
        context.failed(error, names[place], item, below)

    return fail


def _stage_of_line(source: Source, line: int) -> int:
    while line not in source.stages:
        line -= 1
    return source.stages[line]


def _run_due(context: Context) -> Callable[[int], None]:
    slot, scheduler = context.slot, context.scheduler

    def run_due(instant: int) -> None:
        saved = slot.save()
        slot.clear()
        try:
            scheduler.run_until(instant, inclusive=False)
        finally:
            slot.restore(saved)
        if scheduler.clock.touched:
            raise Pause(instant)

    return run_due


def _out_of_order(name: str) -> Callable[[Any, int, Any, int], None]:
    def out_of_order(record: Any, time: int, latest: Any, high: int) -> None:
        raise OutOfOrderError(
            f"{name}: items must be sorted by time; {record!r} at {ns_to_datetime(time).isoformat()} follows "
            f"{latest!r} at {ns_to_datetime(high).isoformat()}. "
            "Sort them, or say how far they may be out of order: disorder=…"
        )

    return out_of_order
