"""Windows of one size that follow each other without a gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rxstream.core import NEVER, Downstream, positive_duration_ns, signed_duration_ns
from rxstream.operators._window_open import Late, Panes
from rxstream.operators._window_stretch import Stretch
from rxstream.operators.agg import Aggregate


@dataclass(frozen=True, slots=True)
class Tumbling:
    """Which window an instant lies in, in nanoseconds; made by `tumbling`."""

    size: int
    offset: int

    def start_of(self, instant: int) -> int:
        """The start of the window that holds ``instant``; windows start before the epoch too."""
        return instant - (instant - self.offset) % self.size


def tumbling(size: float | timedelta, *, offset: float | timedelta = 0) -> Tumbling:
    """Cut time into windows ``[start, end)`` of one size, aligned to the Unix epoch.

    Args:
        size: Seconds or a timedelta.
        offset: How far the windows are shifted against the epoch; either sign.

    Raises:
        ConfigurationError: If ``size`` is not greater than zero, or one is no duration.

    Example:
        >>> hourly = ops.window(rs.tumbling(3600), into=rs.agg.count())
    """
    size_ns = positive_duration_ns("tumbling", size=size)
    return Tumbling(size_ns, signed_duration_ns("tumbling", offset=offset) % size_ns)


class TumblingWindows:
    """The open windows of one subscription, which are shown when they close; see `Stretches`."""

    def __init__(self, by: Tumbling, aggregate: Aggregate, late: Late, panes: Panes, down: Downstream[Any]) -> None:
        self._down = down
        self._by = by
        self._init = aggregate.init
        self._late = late
        self._panes = panes
        self._open: dict[int, Stretch] = {}
        self._closed_before = -NEVER
        self._turn_away()

    def turn_to(self, instant: int, value: Any) -> bool:
        """Find the window of an instant; False: it is closed."""
        if instant < self._closed_before:
            self._late.take(value)
            return False
        start = self._by.start_of(instant)
        self.start, self.end = start, start + self._by.size
        self._present = self._open.get(start) or Stretch()
        self.states = self._present.states
        return True

    def begin(self, key: Any) -> Any:
        """Make the state of a key that has none in the present window."""
        self._open[self.start] = self._present
        return self._init()

    def hold(self, key: Any) -> None:
        """Keep the item of a key that the slot names."""
        self._present.holds.setdefault(key, []).append(self._down.hold())

    def close(self, watermark: int) -> int:
        """Close the windows that end by a watermark."""
        first_open = self._by.start_of(watermark)
        self._closed_before = max(self._closed_before, first_open)
        self._turn_away()
        for start in sorted(found for found in self._open if found < first_open):
            self._panes.close(start, start + self._by.size, self._open.pop(start))
        return first_open + self._by.size

    def _turn_away(self) -> None:
        """Look for the next item's window anew."""
        self.start, self.end = NEVER, NEVER
        self._present = Stretch()
        self.states = self._present.states
