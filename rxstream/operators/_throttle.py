"""Hand on one item a span of time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from rxstream.core import NEVER, Downstream, Operator, Reactions, choice, node, positive_duration_ns
from rxstream.operators._kept import Latest

T = TypeVar("T")


def throttle(d: float | timedelta, *, emit: str = "first") -> Operator[T, T]:
    """Hand on one item a span; a span begins with an item that comes while none is open, and lasts ``d``.

    .. marble::

        -ab-c---d-|
        [ throttle(3) ]
        -a--c---d-|

    .. marble::

        -ab-c---d-|
        [ throttle(3, emit="last") ]
        ----b--c--(d|)

    Time is the run's clock. An item exactly at a span's end begins a new one. The last item of a span is handed on at
    its end, or at the end of the stream. An error is handed on at once, without it.

    Args:
        d: How long a span lasts, in seconds or as a timedelta.
        emit: Which item of a span: ``"first"``, as it comes, or ``"last"``, at the span's end.

    Raises:
        ConfigurationError: If ``d`` is not greater than zero, or ``emit`` is neither.

    State: the end of the span, and with ``"last"`` an item, for which the watermark waits.

    Delivery: the other items of a span are settled, and counted as dropped. What is kept is not settled; a run that is
        stopped waits for it, within its budget; at ``until=`` it stays unsettled.

    Example:
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> clicks = rs.from_history([(noon.replace(second=at), at) for at in (0, 1, 5, 6)])
        >>> rs.collect(clicks.pipe(ops.throttle(5)))
        [0, 5]
        >>> rs.collect(clicks.pipe(ops.throttle(5, emit="last")))
        [1, 6]

    See also: ``sample``, whose spans do not begin with items, and ``debounce``, which waits until nothing comes.
    """
    span_ns = positive_duration_ns("throttle", d=d)
    first = choice("throttle", ("first", "last"), emit=emit) == "first"

    def start(down: Downstream[Any]) -> Reactions:
        return _first(down, span_ns) if first else _last(down, span_ns)

    return node("throttle", start)


def _first(down: Downstream[Any], span_ns: int) -> Reactions:
    clock, counted = down.context.scheduler, down.context.statistics
    end = -NEVER

    def on_next(value: Any) -> None:
        nonlocal end
        now = clock.now_ns
        if now >= end:
            end = now + span_ns
            down.emit(value)
        else:
            counted.dropped += 1

    return Reactions(on_next)


def _last(down: Downstream[Any], span_ns: int) -> Reactions:
    clock = down.context.scheduler
    latest = Latest(down)

    def on_next(value: Any) -> None:
        now = clock.now_ns
        if latest.due <= now:
            # The span is over, though its timer comes behind the items of this instant.
            latest.hand_on()
        latest.keep(value, now + span_ns if latest.due == NEVER else latest.due)

    return latest.reactions(on_next)
