"""How many records are taken at a time: more where their passes are quick, fewer where they are slow."""

from __future__ import annotations

from typing import Final

#: The first batch: so few that slow functions let sinks and signals have their turn soon.
_FIRST: Final = 16
#: How many times larger the next one is, so that what a batch costs for itself soon vanishes.
_GROWTH: Final = 4
#: Seconds: a pass that took less is followed by a larger one.
_QUICK: Final = 0.002
#: Seconds that a pass may take.
LONG_PASS: Final = 0.01


class BatchSize:
    """The size of the next batch of one source.

    Args:
        most: The largest.
    """

    __slots__ = ("_most", "now")

    def __init__(self, most: int) -> None:
        self._most = most
        self.now = min(_FIRST, most)

    def note_pass(self, seconds: float) -> None:
        """Hear how long a pass took."""
        if seconds < _QUICK:
            self.now = min(_GROWTH * self.now, self._most)
        elif seconds > LONG_PASS:
            self.now = max(int(self.now * LONG_PASS / seconds), 1)
