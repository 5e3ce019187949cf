"""Handle the items that fail above, one by one."""

from __future__ import annotations

from typing import Any, TypeVar

from rxstream.core import Downstream, Handler, Operator, Reactions
from rxstream.errors import ConfigurationError

T = TypeVar("T")


def catch_each(handler: Handler) -> Operator[T, T]:
    """Hand items on as they are; those that fail in an operator above are ``handler``'s.

    .. marble::

        -1-x-3-|
        [ map(int), catch_each(rs.handlers.skip()) ]
        -1---3-|

    What fails below is the pipeline's ``on_error``'s as before, or a later `catch_each`'s: each takes what stands
    above it, up to the next one. The end, and an error that ends the source, pass.

    Args:
        handler: ``rs.handlers.…``, or ``f(event, error)``, plain or async, whose return means "handled".

    Raises:
        ConfigurationError: If ``handler`` cannot be called and is none of ``rs.handlers``.

    State: none; while an async handler is at work, later failed items wait for it.

    Delivery: a failed item is settled when it has been handled, and counts as failed. If the handler raises, the run
        ends, and the item stays unsettled.

    Example:
        >>> parsed = rs.from_iterable(["1", "x", "0"]).pipe(ops.map(int), ops.catch_each(rs.handlers.skip()))
        >>> rs.collect(parsed)
        [1, 0]
    """
    if not callable(handler) and not callable(getattr(handler, "start", None)):
        raise ConfigurationError(
            "catch_each: handler must be rs.handlers.…(…) or a function of the event and the error; "
            f"got {handler!r}. Give one of these."
        )

    def start(down: Downstream[Any]) -> Reactions:
        # By a call of its own, so that what stands above is no part of what stands below.
        return Reactions(down.emit)

    return Operator("catch_each", start=start, handler=handler)
