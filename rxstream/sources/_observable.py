"""Any Observable as a stream."""

from __future__ import annotations

from typing import TypeVar

from reactivex import Observable

from rxstream.core import Stream, as_stream
from rxstream.errors import ConfigurationError

T = TypeVar("T")


def from_observable(observable: Observable[T]) -> Stream[T]:
    """Make a stream of an Observable; wherever a Stream is taken, an Observable is taken too, and wrapped by this.

    It is live. In a run its items must be pushed from the run's own thread.

    Args:
        observable: Any of reactivex's, hot or cold.

    Raises:
        ConfigurationError: If it is none.

    Delivery: nothing is acknowledged.

    Example:
        >>> rs.collect(rs.from_observable(reactivex.of(1, 2)).pipe(ops.map(lambda x: x * 2)))
        [2, 4]
    """
    if not isinstance(observable, Observable):
        raise ConfigurationError(
            f"from_observable: needs an Observable; got {observable!r}. "
            "For a list or generator there is rs.from_iterable."
        )
    return as_stream(observable)
