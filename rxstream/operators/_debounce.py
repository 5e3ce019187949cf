"""Hand on an item once nothing newer has come for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from rxstream.core import Downstream, Operator, Reactions, node, positive_duration_ns
from rxstream.operators._kept import Latest

T = TypeVar("T")


def debounce(d: float | timedelta) -> Operator[T, T]:
    """Hand on an item once nothing newer has come for ``d``, on the run's clock.

    .. marble::

        a--b----c-|
        [ debounce(2) ]
        --a--b----(c|)

    An item that comes exactly ``d`` after the one before still overtakes it, as items come before all else of their
    instant. At the end the last item is handed on at once. An error is handed on at once, without it.

    Args:
        d: How long nothing newer must come, in seconds or as a timedelta.

    Raises:
        ConfigurationError: If ``d`` is not greater than zero, or no duration.

    State: the newest item. The watermark waits for it.

    Delivery: an overtaken item is settled, and counted as dropped. The newest one is not settled while it is kept; a
        run that is stopped waits for it, within its budget; at ``until=`` it stays unsettled.

    Example:
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> typed = rs.from_history([(noon, "h"), (noon, "he"), (noon.replace(hour=13), "hey")])
        >>> rs.collect(typed.pipe(ops.debounce(0.3)))
        ['he', 'hey']

    See also: ``throttle``, which does not wait for quiet, and ``sample``, which does not look at items' distances.
    """
    quiet_ns = positive_duration_ns("debounce", d=d)

    def start(down: Downstream[Any]) -> Reactions:
        clock = down.context.scheduler
        latest = Latest(down)

        def on_next(value: Any) -> None:
            now = clock.now_ns
            if latest.due < now:
                # Live, a timer may be late: what had been quiet for long enough was not overtaken.
                latest.hand_on()
            latest.keep(value, now + quiet_ns)

        return latest.reactions(on_next)

    return node("debounce", start)
