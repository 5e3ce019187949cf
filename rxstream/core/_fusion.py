"""Fusion: adjacent operators become one generated function."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, Final

from rxstream.core._context import FAILURES, Context, Pause
from rxstream.core._instants import NEVER, ns_to_datetime
from rxstream.core._operator import Operator
from rxstream.core._passport import UNSET, source_event
from rxstream.core._receiver import Receiver, no_watermark
from rxstream.core._writing import Head, Source, bound_values, inline_of, makes_watermarks, write
from rxstream.errors import OutOfOrderError

#: Python allows twenty nested blocks; each loop opened by an operator is two of them.
_MOST_LOOPS: Final = 6
_MOST_STAGES: Final = 60


def segments(stages: Sequence[Operator[Any, Any]]) -> list[Sequence[Operator[Any, Any]]]:
    """Cut a long run of inline operators into pieces that one function can hold."""
    pieces: list[list[Operator[Any, Any]]] = [[]]
    loops = 0
    for stage in stages:
        opens = "each value in" in inline_of(stage).code
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
    if not makes_watermarks(stages):
        made.on_watermark = below.on_watermark
    return made


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
    run: Callable[[Any], None] = scope["build"](*ambient, *bound_values(stages, head))
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
