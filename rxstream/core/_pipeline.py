"""A Pipeline: a stream, the sinks it ends in, and what happens to items that fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rxstream.core._stream import Stream

#: A function of the event and the error, or what starts one with the run.
Handler = Callable[..., Any] | Any


@dataclass(eq=False, slots=True)
class Pipeline:
    """A stream that ends in sinks: what `rs.run` runs. It is a description; every run starts it anew.

    Made by `Stream.to`.

    Args:
        stream: What comes out of the operators.
        sinks: Where every item of it goes.
        on_error: What is done with an item that fails; None: the run ends.
        name: Its name in the report; None: the run gives it one.
    """

    stream: Stream[Any]
    sinks: tuple[Any, ...]
    on_error: Handler | None = None
    name: str | None = None
