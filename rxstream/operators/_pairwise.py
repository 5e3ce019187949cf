"""Put each value beside the one before it."""

from __future__ import annotations

from typing import Any, TypeVar

from rxstream.core import Downstream, Operator, Reactions, node
from rxstream.operators._parts import Part, emitter, kept, let_go

T = TypeVar("T")


def pairwise() -> Operator[T, tuple[T, T]]:
    """Hand on each value as a pair with the one before it: ``(previous, present)``.

    .. marble::

        -a-b-c-|
        [ pairwise() ]
        ---x-y-|
          where x = ("a", "b"), y = ("b", "c")

    The first value alone gives nothing. A pair's passport has the key if both agree, and the later of their
    timestamps.

    State: one item.

    Delivery: a record is settled when both pairs that it is part of are handled, so the latest one waits for the next
    value, or for the end.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.pairwise()))
        [(1, 2), (2, 3)]
    """
    return node("pairwise", _start)


def _start(down: Downstream[Any]) -> Reactions:
    slot, emit = down.context.slot, emitter(down, 2)
    previous: Part | None = None

    def on_next(value: Any) -> None:
        nonlocal previous
        before, previous = previous, kept(slot, value)
        if before is not None:
            emit((before, previous))
            let_go(before)

    def on_completed() -> None:
        if previous is not None:
            let_go(previous)
        down.complete()

    return Reactions(on_next, on_completed=on_completed)
