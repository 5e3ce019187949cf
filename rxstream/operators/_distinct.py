"""Hand on what has not been seen before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from rxstream.core import UNSET, Downstream, Operator, Reactions, callable_, inline, node
from rxstream.operators._keyed import undated, watermark_to
from rxstream.state import Keys, Limits, limits_of, refuse_unhashable

T = TypeVar("T")


def distinct(
    key: Callable[[T], Any] | None = None, *, within: float | timedelta | None = None, max_keys: int | None = None
) -> Operator[T, T]:
    """Let go of values whose key was seen before.

    .. marble::

        -a-b-a-c-b-|
        [ distinct() ]
        -a-b---c---|

    With ``within``, a key that is not seen for more than that is forgotten, and its next value is handed on; exactly
    that long after its last value it is not. A value that is let go counts as seen. The key's instants are those of
    the passports, or the run's clock where an item has none; late items do not make a key older. Silent keys are
    forgotten as the watermark passes them (in a stream without one: the greatest instant of an item).

    Args:
        key: Finds what must not come twice, which enters the passport; None: the value itself, and the passport stays.
        within: How long a key may be silent, in event time, in seconds or as a timedelta; None: for ever.
        max_keys: How many keys are remembered; another one takes the place of the one least recently seen.

    Raises:
        ConfigurationError: If ``key`` cannot be called, or is async, or if ``within`` or ``max_keys`` is not greater
            than zero.

    State: the keys seen; without ``within`` and ``max_keys`` their number grows with every new one.

    Delivery: a value that is let go is settled at once. A value that cannot be a key is an error of its item.

    Example:
        >>> rs.collect(rs.from_iterable("abacb").pipe(ops.distinct()))
        ['a', 'b', 'c']
    """
    if key is not None:
        callable_("distinct", key=key)
    what = "a value without a key=" if key is None else "a key"
    limits = limits_of("distinct", max_keys=max_keys, within=within)
    if limits is not None:
        return _forgetful(key, limits, what)
    lines = [
        "group = value" if key is None else "group = key_of(value)",
        "try:",
        "    if group in seen: drop",
        "    seen.add(group)",
        "except TypeError:",
        '    refuse_unhashable("distinct", what, group)',
        "    raise",
        *([] if key is None else ["slot.key = group"]),
    ]
    find: dict[str, Any] = {} if key is None else {"key_of": key}
    return inline(
        "distinct",
        "\n".join(lines),
        state={"seen": set},
        passport=key is not None,
        refuse_unhashable=refuse_unhashable,
        what=what,
        **find,
    )


def _forgetful(key: Callable[[Any], Any] | None, limits: Limits, what: str) -> Operator[Any, Any]:
    def start(down: Downstream[Any]) -> Reactions:
        keys = Keys(limits)
        slot, statistics, instant = down.context.slot, down.context.statistics, undated(limits, down)

        def on_next(value: Any) -> None:
            group = value if key is None else key(value)
            time = slot.time
            if time is UNSET or time is None:
                time = instant()
            try:
                known = keys.find(group, time)
            except TypeError:
                refuse_unhashable("distinct", what, group)
                raise
            if known is not None:
                statistics.dropped += 1
                return
            keys.add(group, None, time)
            if key is not None:
                slot.key = group
            down.emit(value)

        return Reactions(on_next, on_watermark=watermark_to(keys, down, limits))

    return node("distinct", start, passport=True)
