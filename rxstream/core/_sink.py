"""Where values end: the Sink protocol, and what else may stand in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from rxstream.core._arguments import name_of, takes
from rxstream.core._event import Event
from rxstream.errors import ConfigurationError

T_co = TypeVar("T_co", covariant=True)
T_contra = TypeVar("T_contra", contravariant=True)


class SinkBatch(Protocol[T_co]):
    """Values for a sink: a sequence of them, whose `events` are their passports."""

    @property
    def events(self) -> Sequence[Event[T_co]]:
        """One Event a value, in the same order."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> T_co: ...


@runtime_checkable
class Sink(Protocol[T_contra]):
    """Where values end.

    The pipeline calls `open` once before the first value, then `write` with one batch at a time and never two at
    once, and `close` once, also after a failure. All calls come from the pipeline's own loop.
    """

    async def open(self) -> None:
        """Get ready; raising ends the run before anything was read."""

    async def write(self, batch: SinkBatch[T_contra]) -> Any:
        """Store the values.

        Returning means that all of them are safe; raising, that none need be, but for a `BatchError`, which
        says which were not.
        """

    async def close(self) -> None:
        """Let go of everything."""


def is_observer(candidate: object) -> bool:
    """Whether something can be told of values, an error and the end, as Rx does."""
    return callable(getattr(candidate, "on_next", None))


def check_sink_argument(who: str, sink: object) -> None:
    """Refuse what cannot take values.

    Raises:
        ConfigurationError: If it is no sink object, no Observer and cannot be called.
    """
    if isinstance(sink, Sink) or is_observer(sink) or callable(sink):
        return
    raise ConfigurationError(
        f"{who}: a sink must be rs.to_…(…), a function of one value, an Observer or an object with open, write and "
        f"close; got {sink!r}. Give one of these."
    )


def sink_name(sink: object) -> str:
    """What messages and reports call a sink."""
    named = getattr(sink, "name", None)
    if isinstance(named, str):
        return named
    return name_of(sink) if callable(sink) and not isinstance(sink, Sink) else type(sink).__name__


def check_handler(who: str, handler: object, *, role: str = "on_error") -> None:
    """Refuse an error handler that is no function of an event and an error, and does not start one with the run.

    Args:
        who: Whom it was given to; None is no handler, and allowed.
        handler: What was given.
        role: The name it was given by.

    Raises:
        ConfigurationError: If it cannot be called, or not with two arguments.
    """
    if handler is None or callable(getattr(handler, "start", None)):
        return
    if not callable(handler):
        raise ConfigurationError(
            f"{who}: {role} must be rs.handlers.…(…) or a function of the event and the error; got {handler!r}. "
            "Give one of these."
        )
    if not takes(handler, 2):
        name = name_of(handler)
        raise ConfigurationError(
            f"{who}: {role} must take two arguments, the event and the error; {name} does not. "
            f"If it makes a handler, call it: {name}(…)."
        )
