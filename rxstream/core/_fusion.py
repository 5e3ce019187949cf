"""Fusion: adjacent operators become one generated function."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from operator import length_hint
from typing import Any, Final, NamedTuple

from rxstream.core._context import FAILURES, Context, Pause, Retrying
from rxstream.core._instants import NEVER, ns_to_datetime
from rxstream.core._operator import Operator
from rxstream.core._passport import UNSET, source_event
from rxstream.core._receiver import ENDLESS, Branch, Receiver, fan_out, never_called, no_watermark
from rxstream.core._shape import Head, Segment, Shape, bound_values, ends_of, inline_of, last_of, shape_of
from rxstream.core._writing import Source, write
from rxstream.errors import OutOfOrderError

#: Python allows twenty nested blocks; each loop opened by an operator is two of them.
_MOST_LOOPS: Final = 6
#: Besides those and the function's own three, as many are left for branches.
_MOST_NESTED: Final = 5
_MOST_STAGES: Final = 60
#: What stands below a node is written once more for those that hand on outside a pass: not too much of it.
_MOST_ENDS: Final = 8


def segments(stages: Sequence[Operator[Any, Any]]) -> tuple[Segment, ...]:
    """Cut a run of inline operators into pieces that one function can hold, at least one."""
    pieces: list[list[Operator[Any, Any]]] = [[]]
    loops = 0
    for stage in stages:
        opens = "each value in" in inline_of(stage).code
        if len(pieces[-1]) >= _MOST_STAGES or (opens and loops >= _MOST_LOOPS):
            pieces.append([])
            loops = 0
        pieces[-1].append(stage)
        loops += opens
    return tuple([Segment(piece) for piece in pieces])


def is_long(below: Receiver) -> bool:
    """Whether the code that stands below is enough for one function."""
    codes = [code.code for _, code in ends_of(below)]
    return len(codes) >= _MOST_ENDS or sum("each value in" in code for code in codes) >= _MOST_LOOPS


def part(branches: Sequence[Branch]) -> Receiver:
    """Make the receiver that hands everything to several branches: their code is pasted where that may be."""
    if not _can_be_pasted(branches):
        return fan_out([fuse(*branch) for branch in branches])
    made = fan_out([_inner_receiver(branch.pieces[0], branch.below, never_called) for branch in branches])
    made.inline, made.branches = None, branches
    return made


def _can_be_pasted(branches: Sequence[Branch]) -> bool:
    """Whether no branch can want no more or is tried again, and their code is not too much for one function."""
    plain = all(branch.below.stop is ENDLESS and branch.context.retrying is None for branch in branches)
    short = all(len(branch.pieces) == 1 for branch in branches)
    return plain and short and _nesting(branches) <= _MOST_NESTED and _size(branches) <= _MOST_STAGES


def _codes(branch: Branch) -> list[str]:
    """The pieces of code in a branch, as far as it does not branch off further."""
    own = [stage.code for piece in branch.pieces for stage in piece.stages]
    return [*own, *(code.code for _, code in ends_of(branch.below))]


def _nesting(branches: Sequence[Branch]) -> int:
    """How many blocks of branches stand one in the other: of each its own, and two of each loop."""
    loops = [sum("each value in" in code for code in _codes(branch)) for branch in branches]
    below = [_nesting(last_of(branch.below).branches) for branch in branches]
    return max((1 + 2 * one + deeper for one, deeper in zip(loops, below, strict=True)), default=0)


def _size(branches: Sequence[Branch]) -> int:
    """How many pieces of code there are in branches."""
    return sum(len(_codes(branch)) + _size(last_of(branch.below).branches) for branch in branches)


def fuse(pieces: Sequence[Segment], below: Receiver, context: Context) -> Receiver:
    """Make the receiver of a run of inline operators, one item at a time."""
    if context.retrying is not None:
        return _fuse_apart(pieces, below, context, context.retrying)
    for piece in reversed(pieces):
        below = _inner_receiver(piece, below, _build(piece, below, context, None))
    return below


def _fuse_apart(pieces: Sequence[Segment], below: Receiver, context: Context, retrying: Retrying) -> Receiver:
    """Make a function of each operator: what has failed in one is tried again there, and nowhere above."""
    apart = [Segment((operator,)) for piece in pieces for operator in piece.operators]
    # First, with no operator, what stands below.
    for piece in (Segment(()), *reversed(apart)):
        retries = retrying.at(below, context)
        below = retries.around(_inner_receiver(piece, below, _build(piece, below, retries.context, None)))
    return below


def fuse_head(
    head: Head, pieces: Sequence[Segment], below: Receiver, context: Context
) -> tuple[Callable[[Iterator[Any]], None], Callable[[int | None, Any], None] | None, Receiver]:
    """Make the functions that take a source's batches, and single records of a merge, and the receiver of its end."""
    if below.on_batch is not None:
        return below.on_batch, None, below
    # Where items are tried again, the source stands apart as every operator does.
    first, *rest = pieces if context.retrying is None else (Segment(()), *pieces)
    below = fuse(rest, below, context) if rest else below
    made: Any = _build(first, below, context, head)
    run, one = made if head.merged else (made, None)
    return run, one, _inner_receiver(first, below, run)


def _inner_receiver(piece: Segment, below: Receiver, run: Callable[[Any], None]) -> Receiver:
    return Receiver(
        name=piece.stages[0].name if piece.stages else below.name,
        on_next=run,
        on_completed=below.on_completed,
        on_error=below.on_error,
        on_watermark=no_watermark if piece.makes_watermarks else below.on_watermark,
        stop=below.stop,
        passport=below.passport or piece.passport,
        depth=below.depth,
        on_idle=below.on_idle,
    )


class Generated(NamedTuple):
    """The code of all segments of one shape: what binds it to one of them, and its text."""

    shape: Shape
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
    return Generated(shape, scope["build"], source)


def _code_of(piece: Segment, below: Receiver, head: Head | None) -> Generated:
    """The code of a segment; when it stands where the like of it stood the last time, nothing is looked up."""
    if below.inline is not None or below.branches:
        return generated(shape_of(piece, below, head))
    between = (head, below.name, below.stop is ENDLESS, below.watermarks, below.passport)
    made: Generated
    known, made = piece.known
    if known != between:
        made = generated(shape_of(piece, below, head))
        piece.known = between, made
    return made


def _build(piece: Segment, below: Receiver, context: Context, head: Head | None) -> Callable[[Any], None]:
    shape, build, source = _code_of(piece, below, head)
    blame = partial(_blame, source, shape)
    run: Callable[[Any], None] = build(
        context.slot,
        last_of(below).on_next,
        blame(below, context),
        below.stop,
        context.statistics,
        below.on_watermark,
        context.scheduler.clock,
        None if head is None else _run_due(context),
        None if head is None else _out_of_order(head.feed.name),
        no_watermark,
        *bound_values(piece, below, head),
        *_values_of_branches(below, blame),
    )
    return run


def _values_of_branches(below: Receiver, blame: Callable[[Receiver, Context], Any]) -> Iterator[Any]:
    """What the names of branches stand for, in the order of `OWN` and of what each binds."""
    for branch in last_of(below).branches:
        of, context = branch.below, branch.context
        yield from (last_of(of).on_next, blame(of, context), context.statistics, of.on_watermark)
        yield from bound_values(branch.pieces[0], of, None)
        yield from _values_of_branches(of, blame)


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
