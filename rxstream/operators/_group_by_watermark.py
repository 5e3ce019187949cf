"""The watermark behind groups that are merged again: it waits for what their operators keep."""

from __future__ import annotations

import heapq
from dataclasses import replace
from itertools import count
from typing import Any

from rxstream.core import NEVER, Downstream, Receiver


class _End:
    """Where what was made of a group ends, and the watermark that has come there; gone, it is `NEVER`."""

    __slots__ = ("watermark",)

    def __init__(self) -> None:
        self.watermark = -NEVER


class WatermarkBehind:
    """Hands the source's watermarks on, but none that is later than an item which may still come of a group.

    Args:
        down: Where to.
    """

    def __init__(self, down: Downstream[Any]) -> None:
        self._down = down
        self._heard = self._told = self._wanted = -NEVER
        self._numbers = count()
        #: Watermarks of ends; one that is not its end's any more is passed over.
        self._marks: list[tuple[int, int, _End]] = []

    def on_watermark(self, watermark: int) -> None:
        """Take what the source says, behind its groups."""
        self._heard = watermark
        self._advance()

    def waiting_for(self, receiver: Receiver) -> Receiver:
        """Wait for what comes to ``receiver``, up to its end."""
        end = _End()
        self._mark(end, -NEVER)

        def on_watermark(watermark: int) -> int:
            if end.watermark < watermark < NEVER:
                self._mark(end, watermark)
                self._advance()
            return self._wanted

        def gone() -> None:
            end.watermark = NEVER
            self._advance()

        def on_completed() -> None:
            receiver.on_completed()
            gone()

        def on_error(error: BaseException) -> None:
            receiver.on_error(error)
            gone()

        receiver.stop.listen(gone)
        return replace(receiver, on_completed=on_completed, on_error=on_error, on_watermark=on_watermark)

    def _mark(self, end: _End, watermark: int) -> None:
        end.watermark = watermark
        heapq.heappush(self._marks, (watermark, next(self._numbers), end))

    def _advance(self) -> None:
        marks = self._marks
        while marks and marks[0][0] != marks[0][2].watermark:
            heapq.heappop(marks)
        safe = min(self._heard, marks[0][0]) if marks else self._heard
        if safe > self._told:
            self._told = safe
            if safe >= self._wanted:
                self._wanted = self._down.watermark(safe)
