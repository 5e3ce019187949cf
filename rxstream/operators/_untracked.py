"""Accept an operator that is not rxstream's behind a source that must lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from rxstream.core import Operator, Untracked
from rxstream.errors import ConfigurationError

T = TypeVar("T")
R = TypeVar("R")


def untracked(op: Callable[[Observable[T]], Observable[R]]) -> Callable[[Any], Any]:
    """Apply ``op`` as it is, and accept that it may keep or drop records unseen.

    .. marble::

        -1-2-3-|
        [ untracked(rx.pairwise()) ]
        ---a-b-|
          where a = (1, 2), b = (2, 3)

    Behind a source that acknowledges its records, a foreign operator that does not answer within the call is refused:
    a record that it keeps counts as handled when the call returns. This says that it does not matter here.

    Args:
        op: A reactivex operator, or any function from Observable to Observable.

    Raises:
        ConfigurationError: If ``op`` cannot be called, or is rxstream's own, which needs no such acceptance.

    State: whatever ``op`` keeps.

    Delivery: a record is settled when ``op`` has returned from its call; what it keeps then is lost if the run ends.

    Example:
        >>> from reactivex import operators as rx
        >>> rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.untracked(rx.pairwise())))
        [(1, 2), (2, 3)]
    """
    if isinstance(op, Operator):
        raise ConfigurationError(
            f"untracked: op must be an operator that is not rxstream's; got rxstream's {op!r}. Use it as it is."
        )
    if not callable(op):
        raise ConfigurationError(
            f"untracked: op must be a function from Observable to Observable; got {op!r}. "
            "Give an operator, for instance reactivex.operators.delay(1)."
        )
    return Untracked(op)
