"""The tables that the demo shows."""

from __future__ import annotations

import heapq
from typing import Final

from rxstream.cli._flights import UNKNOWN, Line
from rxstream.runtime._numbers import spaced

_CLASSES: Final = {"<1": "below 1", "1-5": "1 to 5", ">5": "above 5", UNKNOWN: "unknown"}


class Worst:
    """The hours with the greatest mean delay, of airports and hours with a fair number of flights."""

    _FEWEST = 5

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._heap: list[tuple[float, str, str, int]] = []

    def add(self, hour: Line) -> None:
        """Look at one airport and hour."""
        if hour["flights"] >= self._FEWEST:
            entry = (hour["mean_delay"], hour["start"].isoformat(), hour["origin"], hour["flights"])
            (heapq.heappush if len(self._heap) < self._kept else heapq.heappushpop)(self._heap, entry)

    def __str__(self) -> str:
        lines = [f"{'airport':<9}{'hour (UTC)':<19}{'flights':>7}{'mean delay':>13}"]
        for delay, start, origin, flights in sorted(self._heap, reverse=True):
            lines.append(f"{origin:<9}{start[:16].replace('T', ' '):<19}{flights:>7}{delay:>9.1f} min")
        return "\n".join(lines)


class ByVisibility:
    """The mean delay of the year for each class of visibility."""

    def __init__(self) -> None:
        self._totals = dict.fromkeys(_CLASSES, (0, 0.0))

    def add(self, day: Line) -> None:
        """Add what is known of one airport, day and class."""
        flights, minutes = self._totals[day["visibility"]]
        self._totals[day["visibility"]] = flights + day["flights"], minutes + day["flights"] * day["mean_delay"]

    def __str__(self) -> str:
        lines = [f"{'visibility (miles)':<28}{'flights':>7}{'mean delay':>13}"]
        for name, (flights, minutes) in self._totals.items():
            if flights:
                lines.append(f"{_CLASSES[name]:<28}{spaced(flights):>7}{minutes / flights:>9.1f} min")
        return "\n".join(lines)
