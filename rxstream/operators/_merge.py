"""Bring several streams together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from reactivex import Observable

from rxstream.core import NEVER, Downstream, Operator, Reactions, as_stream
from rxstream.errors import ConfigurationError

T = TypeVar("T")


def merge(*others: Observable[Any]) -> Operator[T, Any]:
    """Hand on the items of this stream and of others, as they come.

    .. marble::

        -a---b-|
        --1-2---|
        [ merge ]
        -a1-2b--|

    It completes when all have, and fails when one does. In virtual time histories are merged by their instants; at
    one instant this stream comes first, then the others in the order given. Sources without instants take turns.
    The watermark is the smallest of the inputs'.

    Args:
        others: Streams or any other Observables.

    Raises:
        ConfigurationError: If one is no Observable.

    State: each input's watermark.

    Delivery: every item stays its own record.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2]).pipe(ops.merge(rs.from_iterable([3]))))
        [1, 2, 3]
    """
    for other in others:
        if not isinstance(other, Observable):
            raise ConfigurationError(
                f"merge: every input must be a Stream or an Observable; got {other!r}. Wrap it, "
                "for instance in rs.from_iterable(…)."
            )
    return Operator("merge", start_many=_start, others=tuple(as_stream(other) for other in others))


def _start(down: Downstream[Any], inputs: int) -> Sequence[Reactions]:
    running = inputs
    watermarks = [-NEVER] * inputs
    merged = -NEVER
    wake = -NEVER

    def advance() -> int:
        nonlocal merged, wake
        least = min(watermarks)
        if merged < least < NEVER:
            merged = least
            wake = down.watermark(merged)
        return wake

    def reactions(place: int) -> Reactions:
        def on_completed() -> None:
            nonlocal running
            running -= 1
            watermarks[place] = NEVER
            if running:
                advance()
            else:
                down.complete()

        def on_watermark(watermark: int) -> int:
            watermarks[place] = watermark
            return advance()

        return Reactions(
            down.emit, on_completed=on_completed, on_watermark=on_watermark if down.keeps_event_time else None
        )

    return [reactions(place) for place in range(inputs)]
