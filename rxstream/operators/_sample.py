"""Hand on the latest item at a fixed rate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from rxstream.core import NEVER, Downstream, Operator, Reactions, node, positive_duration_ns
from rxstream.operators._kept import Latest

T = TypeVar("T")


def sample(d: float | timedelta) -> Operator[T, T]:
    """Every ``d`` hand on the latest item, if one has come since the time before.

    .. marble::

        -a-bc-----d|
        [ sample(3) ]
        ---b--c----(d|)

    The instants are the start of the subscription plus ``d``, plus twice ``d`` and so on, on the run's clock. An item
    that comes exactly then counts. At the end the item that is kept is handed on at once, as the last one of the
    stream. An error is handed on at once, without it.

    Args:
        d: How often, in seconds or as a timedelta.

    Raises:
        ConfigurationError: If ``d`` is not greater than zero, or no duration.

    State: the latest item. The watermark waits for it.

    Delivery: an overtaken item is settled, and counted as dropped. The latest one is not settled while it is kept; a
        run that is stopped waits for it, within its budget; at ``until=`` it stays unsettled.

    Example:
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> readings = rs.from_history([(noon.replace(second=at), at) for at in (0, 3, 9, 11, 12)])
        >>> rs.collect(readings.pipe(ops.sample(10)))
        [9, 12]

    See also: ``throttle``, whose spans begin with items, and ``debounce``, which waits until nothing comes.
    """
    period_ns = positive_duration_ns("sample", d=d)

    def start(down: Downstream[Any]) -> Reactions:
        clock = down.context.scheduler
        latest = Latest(down)
        begin = due = clock.now_ns

        def note_begin() -> None:
            nonlocal begin, due
            if latest.due == NEVER:
                begin = due = clock.now_ns

        def on_next(value: Any) -> None:
            nonlocal due
            now = clock.now_ns
            if latest.due < now:
                # Live, a timer may be late.
                latest.hand_on()
            if latest.due == NEVER:
                # The first instant that is not before this one, and at which nothing was handed on yet.
                due = max(due + period_ns, begin - (begin - now) // period_ns * period_ns)
            latest.keep(value, due)

        if not clock.is_live:
            # A replay's time begins where its sources do, which is not known yet.
            clock.call_at(begin, note_begin)
        return latest.reactions(on_next)

    return node("sample", start)
