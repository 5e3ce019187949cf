"""Look at the items as they pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from rxstream.core import Operator, callable_, inline

T = TypeVar("T")


def observe(f: Callable[[T], object]) -> Operator[T, T]:
    """Call ``f`` with each value and hand the value on unchanged; what ``f`` returns does not matter.

    .. marble::

        -a-b-|
        [ observe(print) ]
        -a-b-|

    ``f`` is called before the value goes on. If it raises, that is an error of the item, which does not go on. It hears
    of values only, not of the end or of an error. In it ``stream.watermark`` says how far a stream of the run has come.

    Args:
        f: A plain function of one value.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.

    State: none.

    Delivery: the item stays the same record.

    Example:
        >>> seen = []
        >>> rs.collect(rs.from_iterable("ab").pipe(ops.observe(seen.append)))
        ['a', 'b']
        >>> seen
        ['a', 'b']
    """
    callable_("observe", f=f)
    return replace(inline("observe", "f(value)", f=f), asks=True)
