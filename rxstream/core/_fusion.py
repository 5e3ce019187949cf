"""Fusion: adjacent operators become one generated function."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import length_hint
from typing import Any, Final, NamedTuple

from rxstream.core._context import FAILURES, Context, Pause, Retrying
from rxstream.core._instants import NEVER, ns_to_datetime
from rxstream.core._operator import Operator
from rxstream.core._passport import UNSET, source_event
from rxstream.core._receiver import Receiver, no_watermark
from rxstream.core._shape import Head, Shape, bound_values, ends_of, inline_of, last_of, shape_of
from rxstream.core._writing import Source, write
from rxstream.errors import OutOfOrderError

#: Python allows twenty nested blocks; each loop opened by an operator is two of them.
_MOST_LOOPS: Final = 6
_MOST_STAGES: Final = 60
#: What stands below a node is written once more for those that hand on outside a pass: not too much of it.
_MOST_ENDS: Final = 8


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


def is_long(below: Receiver) -> bool:
    """Whether the code that stands below is enough for one function."""
    codes = [code.code for _, code in ends_of(below)]
    return len(codes) >= _MOST_ENDS or sum("each value in" in code for code in codes) >= _MOST_LOOPS


def fuse(stages: Sequence[Operator[Any, Any]], below: Receiver, context: Context) -> Receiver:
    """Make the receiver of a run of inline operators, one item at a time."""
    if context.retrying is not None:
        return _fuse_apart(stages, below, context, context.retrying)
    for piece in reversed(segments(stages)):
        below = _inner_receiver(piece, below, _build(piece, below, context, None))
    return below


def _fuse_apart(
    stages: Sequence[Operator[Any, Any]], below: Receiver, context: Context, retrying: Retrying
) -> Receiver:
    """Make a function of each operator: what has failed in one is tried again there, and nowhere above."""
    for place in range(len(stages), -1, -1):
        # First, with no operator, what stands below.
        piece = stages[place : place + 1]
        retries = retrying.at(below, context)
        below = retries.around(_inner_receiver(piece, below, _build(piece, below, retries.context, None)))
    return below


def fuse_head(
    head: Head, stages: Sequence[Operator[Any, Any]], below: Receiver, context: Context
) -> tuple[Callable[[Iterator[Any]], None], Callable[[int | None, Any], None] | None, Receiver]:
    """Make the functions that take a source's batches, and single records of a merge, and the receiver of its end."""
    if below.on_batch is not None:
        return below.on_batch, None, below
    # Where items are tried again, the source stands apart as every operator does.
    first, *rest = segments(stages) if context.retrying is None else ([], stages)
    below = fuse([stage for piece in rest for stage in piece], below, context) if rest else below
    made: Any = _build(first, below, context, head)
    run, one = made if head.merged else (made, None)
    return run, one, _inner_receiver(first, below, run)


def _inner_receiver(stages: Sequence[Operator[Any, Any]], below: Receiver, run: Callable[[Any], None]) -> Receiver:
    made = Receiver(
        name=stages[0].name if stages else below.name,
        on_next=run,
        on_completed=below.on_completed,
        on_error=below.on_error,
        stop=below.stop,
        depth=below.depth,
        passport=below.passport or any(stage.passport for stage in stages),
        on_idle=below.on_idle,
    )
    if not any(inline_of(stage).makes_watermarks for stage in stages):
        made.on_watermark = below.on_watermark
    return made


class Generated(NamedTuple):
    """The code of all segments of one shape: what binds it to one of them, and its text."""

    build: Callable[..., Any]
    source: Source


@lru_cache(maxsize=512)
def generated(shape: Shape) -> Generated:
    """Generate the code of a shape, its text kept where debuggers and tracebacks look for it."""
    source = write(shape)
    text = source.text
    filename = f"<rxstream {' → '.join(shape.names)} {hash(text) & 0xFFFFFFFF:08x}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"FAILURES": FAILURES, "UNSET": UNSET, "NEVER": NEVER, "length_hint": length_hint}
    exec(compile(text, filename, "exec"), scope)  # noqa: S102 - the text is ours; users' functions are bound by name
    return Generated(scope["build"], source)


def _build(
    stages: Sequence[Operator[Any, Any]], below: Receiver, context: Context, head: Head | None
) -> Callable[[Any], None]:
    shape = shape_of(stages, below, head)
    build, source = generated(shape)
    run: Callable[[Any], None] = build(
        context.slot,
        last_of(below).on_next,
        _blame(source, shape, below, context),
        below.stop,
        context.statistics,
        below.on_watermark,
        context.scheduler.clock,
        _run_due(context),
        None if head is None else _out_of_order(head.feed.name),
        no_watermark,
        *bound_values(stages, below, head),
    )
    return run


def _blame(source: Source, shape: Shape, below: Receiver, context: Context) -> Callable[[BaseException], None]:
    """Make the function that finds out which operator failed, from the line that was being executed."""

    def fail(error: BaseException) -> None:
        traceback = error.__traceback__
        assert traceback is not None  # noqa: S101 - it was just caught
        place = source.stage_of(traceback.tb_lineno)
        # Where the source's own line failed, or the first operator's, `value` is still that of the record before.
        before = place <= shape.reads_record if shape.head else False
        item = source_event(context.slot).value if before else traceback.tb_frame.f_locals.get("value")
        context.failed(error, shape.names[place] if shape.head else shape.names[place - 1], item, below)

    return fail


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
