"""Send every item through side branches as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from rxstream.core import Pipeline, Sink, Stream, as_stream, inline, is_async, is_observer, name_of
from rxstream.errors import ConfigurationError

T = TypeVar("T")

Branch = Callable[[Stream[Any]], Pipeline] | Any


def tee(*branches: Branch) -> Callable[[Observable[T]], Stream[T]]:
    """Hand every item on unchanged, and then through each branch.

    .. marble::

        -a-b-|
        [ tee(rs.to_list()) ]
        -a-b-|

    A branch ends when the stream does. It is a pipeline of its own in the report, with an error handler of its own:
    a sink as a branch has the default one, which ends the run where the branch fails. For another, write a function,
    ``lambda stream: stream.to(sink, on_error=…)``; the item has gone on downstream by then, and still goes through the
    other branches.

    Args:
        branches: Each a sink, an Observer, or a function from Stream to Pipeline, whose own error handler counts in it.
            For a plain function of the value there is ``observe``.

    Raises:
        ConfigurationError: If there is none, or one is none of these.

    State: none.

    Delivery: a record is settled when downstream and every branch are done with it.

    Example:
        >>> seen = rs.to_list()
        >>> rs.collect(rs.from_iterable("ab").pipe(ops.tee(seen), ops.map(str.upper)))
        ['A', 'B']
        >>> seen.items
        ['a', 'b']
    """
    for branch in branches:
        if is_async(branch):
            raise ConfigurationError(
                "tee: a branch must be a sink, an Observer or a function from Stream to Pipeline; got the async "
                f"{name_of(branch)}. Make it one: lambda stream: stream.to({name_of(branch)})."
            )
        if not isinstance(branch, Sink | Pipeline) and not is_observer(branch) and not callable(branch):
            raise ConfigurationError(
                f"tee: a branch must be a sink, an Observer or a function from Stream to Pipeline; got {branch!r}. "
                "Give one of these."
            )
    if not branches:
        raise ConfigurationError(
            "tee: needs at least one branch; got none. Give a sink or a function from Stream to Pipeline."
        )

    def apply(source: Observable[T]) -> Stream[T]:
        stream = as_stream(source)
        return Stream(
            upstream=stream, step=inline("tee", ""), sides=tuple(_side(stream, branch) for branch in branches)
        )

    return apply


def _side(stream: Stream[Any], branch: Branch) -> Pipeline:
    if isinstance(branch, Sink) or is_observer(branch):
        return stream.to(branch)
    made = branch(stream) if callable(branch) else branch
    if not isinstance(made, Pipeline):
        raise ConfigurationError(
            "tee: a branch must be a sink, an Observer or a function from Stream to Pipeline; "
            f"{name_of(branch)} gave {made!r}. "
            "For a plain function of the value write ops.observe(f)."
        )
    return made
