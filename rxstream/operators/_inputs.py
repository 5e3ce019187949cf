"""What operators with several inputs share: which inputs are taken, how one end ends all, and the least watermark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reactivex import Observable

from rxstream.core import NEVER, Downstream, Stop, Stream, as_stream, linked_stop
from rxstream.errors import ConfigurationError


def inputs(who: str, others: tuple[Any, ...]) -> tuple[Stream[Any], ...]:
    """Take further inputs as streams.

    Raises:
        ConfigurationError: If one is no Observable.
    """
    for other in others:
        if not isinstance(other, Observable):
            raise ConfigurationError(
                f"{who}: every input must be a Stream or an Observable; got {other!r}. Wrap it, "
                "for instance in rs.from_iterable(…)."
            )
    return tuple(as_stream(other) for other in others)


class Ending:
    """How an operator with several inputs ends: once, and then none of them is read any more.

    Args:
        down: Those below.
    """

    __slots__ = ("_down", "stop")

    def __init__(self, down: Downstream[Any]) -> None:
        self._down = down
        self.stop: Stop = linked_stop(down.stop)

    def complete(self) -> None:
        """Say that nothing more comes."""
        if not self.stop.now:
            self.stop.set()
            self._down.complete()

    def fail(self, error: BaseException) -> None:
        """Hand on an error that ends one of the inputs; that of another, later, nobody hears of."""
        if not self.stop.now:
            self.stop.set()
            self._down.fail(error)


class Watermarks:
    """The watermark of several inputs: the smallest of theirs; one that has completed no longer counts.

    Args:
        down: Those below.
        inputs: How many there are.
    """

    def __init__(self, down: Downstream[Any], inputs: int) -> None:
        self._down = down
        self._of = [-NEVER] * inputs
        self._least = -NEVER
        self._wake = -NEVER

    def taking(self, place: int) -> Callable[[int], int] | None:
        """Make the function that takes one input's watermark; None: nobody below keeps event time."""
        of = self._of

        def on_watermark(watermark: int) -> int:
            of[place] = watermark
            return self._advance()

        return on_watermark if self._down.keeps_event_time else None

    def leaving(self, place: int) -> Callable[[], None]:
        """Make the function that leaves one input out until it has a watermark again; where all are, so are we."""

        def on_idle() -> None:
            self.leave(place)
            if min(self._of) == NEVER:
                self._down.idle()

        return on_idle

    def leave(self, place: int) -> None:
        """Count one input no longer."""
        self._of[place] = NEVER
        self._advance()

    def _advance(self) -> int:
        least = min(self._of)
        if self._least < least < NEVER:
            self._least = least
            self._wake = self._down.watermark(least)
        return self._wake


def unheard(_watermark: int) -> int:
    """Take the watermark of an input whose items' timestamps nothing is emitted with."""
    return NEVER
