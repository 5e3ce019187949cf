"""The watermark behind items that are at work: it waits for the oldest of them."""

from __future__ import annotations

import heapq
from itertools import count
from typing import Any

from rxstream.core._instants import NEVER
from rxstream.core._operator import Downstream

#: An item's instant, a number that keeps marks apart, and whether it is still at work.
Mark = list[Any]


class HeldWatermark:
    """Hands watermarks on, but none that is later than an item which will still be handed on.

    Args:
        down: Where to.
    """

    def __init__(self, down: Downstream[Any]) -> None:
        self._down = down
        self._numbers = count()
        self._marks: list[Mark] = []
        self._heard = self._told = self._wake = -NEVER

    def mark(self) -> Mark:
        """Wait for the item that the slot names."""
        mark = [self._down.instant(), next(self._numbers), True]
        heapq.heappush(self._marks, mark)
        return mark

    def unmark(self, mark: Mark) -> None:
        """Wait no more for an item."""
        mark[2] = False
        self._advance()

    def on_watermark(self, watermark: int) -> int:
        """Take what the stream says; as a `Receiver` does."""
        self._heard = watermark
        return self._advance()

    def _advance(self) -> int:
        marks = self._marks
        while marks and not marks[0][2]:
            heapq.heappop(marks)
        safe = min(self._heard, marks[0][0]) if marks else self._heard
        if safe > self._told:
            self._told = safe
            self._wake = self._down.watermark(safe)
        return self._wake
