"""Fold all values into one result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rxstream.core import UNSET, Downstream, Hold, Operator, Reactions, callable_, make_event, node, source_event
from rxstream.operators._scan import starter

T = TypeVar("T")
S = TypeVar("S")


def reduce(f: Callable[[S, T], S], seed: S | Callable[[], S]) -> Operator[T, S]:
    """Hand on one result when the stream completes: ``f(result so far, value)`` of all values in turn.

    .. marble::

        -1-2-3-|
        [ reduce(lambda total, x: total + x, 0) ]
        -------(6|)

    An empty stream gives the seed. A stream that fails, or a run that is stopped, gives nothing. A value for which
    ``f`` raises leaves the result as it was. The result's passport has the key if all agree, and the latest timestamp.

    Args:
        f: A plain function of the result so far and a value.
        seed: The first "result so far": a callable is called for each subscription, anything else copied.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.

    State: one result.

    Delivery: the result holds the records of all values; they are settled when it is handled.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.reduce(lambda total, x: total + x, 0)))
        [6]
    """
    callable_("reduce", f=f)
    seeded = starter(seed)

    def start(down: Downstream[Any]) -> Reactions:
        slot = down.context.slot
        result = seeded()
        agreed: Any = UNSET
        latest: int | None = None
        kept: list[Hold] = []

        def on_next(value: Any) -> None:
            nonlocal result, agreed, latest
            result = f(result, value)
            key, time = slot.key, slot.time
            if key is UNSET or time is UNSET:
                # Lifted once, as that costs more than all the rest.
                event = source_event(slot)
                key = event.key if key is UNSET else key
                time = event.timestamp_ns if time is UNSET else time
            agreed = key if agreed is UNSET or agreed == key else None
            if latest is None or (time is not None and time > latest):
                latest = time
            hold = down.hold_if_tracked()
            if hold is not None:
                kept.append(hold)

        def on_completed() -> None:
            key = None if agreed is UNSET else agreed
            joint = Hold.joint(make_event(result, key, latest, (), None), kept)
            joint.emit(down.emit, result)
            joint.release()
            down.complete()

        return Reactions(on_next, on_completed=on_completed)

    return node("reduce", start, passport=True)
