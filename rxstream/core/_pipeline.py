"""A Pipeline: a stream, the sinks it ends in, and what happens to items that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    #: What it did in its latest run, by the names in the report; nothing before.
    counts: Mapping[str, int] = field(default_factory=dict, init=False, repr=False)
    #: How many seconds that took.
    seconds: float = field(default=0.0, init=False, repr=False)
    _why_stuck: Callable[[], str] | None = field(default=None, init=False, repr=False)

    def why_stuck(self) -> str:
        """Say in a line which record has waited for longest to be settled, for how long, and who holds it.

        Any thread may ask, while it runs.

        Example:
            >>> rs.from_iterable([1]).to(print, name="numbers").why_stuck()
            'numbers: not running'
        """
        return f"{self.name or 'pipeline'}: not running" if self._why_stuck is None else self._why_stuck()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        artist = type(self.stream).artist
        assert artist is not None  # noqa: S101 - importing rxstream provides it
        return artist(self)

    def note_begin(self, why_stuck: Callable[[], str]) -> None:
        """Note that a run has begun, which can say why something is stuck."""
        self._why_stuck = why_stuck

    def note_end(self, counts: Mapping[str, int], seconds: float) -> None:
        """Note that the run has ended, what was done, and how long it took."""
        self._why_stuck, self.counts, self.seconds = None, counts, seconds
