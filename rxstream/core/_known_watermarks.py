"""The watermarks of one run's streams, for whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from rxstream.core._instants import NEVER
from rxstream.core._operator import Operator
from rxstream.core._stream import Stream, parents_of

#: A stream's watermark, and whether it is left out where streams meet.
_Found = tuple[int, bool]


class Known(Protocol):
    """Where a watermark is made: at a source, or by `event_time`."""

    #: Whether it is left out where streams meet: the source has ended, or is silent for too long.
    is_out: bool

    @property
    def now(self) -> int:
        """The watermark, whether or not anybody was told of it; `-NEVER` or less: there is none yet."""


class Reached:
    """How far a source has come that is read in one piece, for whoever asks for its watermark.

    Args:
        disorder: How far the watermark stays behind the greatest instant, in nanoseconds.
    """

    __slots__ = ("_disorder", "high", "is_out")

    def __init__(self, disorder: int) -> None:
        self.high = -NEVER
        self.is_out = False
        self._disorder = disorder

    @property
    def now(self) -> int:
        """The watermark."""
        return self.high - self._disorder


class KnownWatermarks:
    """Finds the watermark of a stream by those that are made above it."""

    def __init__(self) -> None:
        # A source is to be closed when nobody reads it any more: it must not be kept by this.
        self._made: WeakKeyDictionary[Stream[Any], Known] = WeakKeyDictionary()
        #: Whether sources have to know theirs though nobody below goes by it.
        self.are_asked = False

    def note(self, stream: Stream[Any], made: Known) -> None:
        """Note that a stream has a watermark of its own."""
        self._made[stream] = made

    def of(self, stream: Stream[Any]) -> int | None:
        """The watermark in nanoseconds; None: there is none yet."""
        found: dict[Stream[Any], _Found] = {}
        pending = [stream]
        while pending:
            inputs = parents_of(pending[-1])
            missing = [above for above in inputs if above not in found]
            if missing:
                pending += missing
            else:
                at = pending.pop()
                found[at] = self._found(at, [found[above] for above in inputs])
        watermark, _ = found[stream]
        return watermark if watermark > -NEVER else None

    def _found(self, stream: Stream[Any], inputs: Sequence[_Found]) -> _Found:
        made = self._made.get(stream)
        are_out = bool(inputs) and all(is_out for _, is_out in inputs)
        if made is not None:
            return made.now, are_out or made.is_out
        goes_by = stream.step.goes_by if isinstance(stream.step, Operator) else "least"
        if goes_by in ("first", "last"):
            return inputs[0 if goes_by == "first" else -1]
        if are_out or goes_by == "greatest":
            return max((watermark for watermark, _ in inputs), default=-NEVER), are_out
        return min((watermark for watermark, is_out in inputs if not is_out), default=-NEVER), False
