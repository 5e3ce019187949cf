"""Windows of one size that begin at regular instants and may overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rxstream.core import NEVER, Downstream, positive_duration_ns, signed_duration_ns
from rxstream.errors import ConfigurationError
from rxstream.operators._window_open import Late, Open, Panes, in_order
from rxstream.operators.agg import Aggregate


@dataclass(frozen=True, slots=True)
class Hopping:
    """Which windows an instant lies in, in nanoseconds; made by `hopping`."""

    size: int
    hop: int
    offset: int

    def last_start(self, instant: int) -> int:
        """The start of the last window that holds ``instant``."""
        return instant - (instant - self.offset) % self.hop

    def first_start(self, instant: int) -> int:
        """The start of the first window that holds ``instant``: that ends behind it."""
        return self.last_start(instant - self.size) + self.hop


def hopping(size: float | timedelta, hop: float | timedelta, *, offset: float | timedelta = 0) -> Hopping:
    """Cut time into windows ``[start, end)`` of one size, of which one starts every ``hop``; aligned to the Unix epoch.

    An item counts in every window that it lies in. A late one still counts in those that are open.

    Args:
        size: How long a window is: seconds or a timedelta.
        hop: From one start to the next; at most ``size``.
        offset: How far the windows are shifted against the epoch; either sign.

    Raises:
        ConfigurationError: If ``size`` or ``hop`` is not greater than zero, ``hop`` is greater than ``size``, or one is
            no duration.

    Example:
        >>> last_ten_minutes_every_minute = ops.window(rs.hopping(600, 60), into=rs.agg.mean())
    """
    size_ns, hop_ns = positive_duration_ns("hopping", size=size), positive_duration_ns("hopping", hop=hop)
    if hop_ns > size_ns:
        raise ConfigurationError(
            f"hopping: hop must not be greater than size, which is {size!r}; got {hop!r}. "
            "Between windows items would be lost: give a smaller hop."
        )
    return Hopping(size_ns, hop_ns, signed_duration_ns("hopping", offset=offset) % hop_ns)


class HoppingWindows:
    """The open windows of one subscription, each with a state of its own for each key."""

    exact = False

    def __init__(
        self,
        by: Hopping,
        aggregate: Aggregate,
        grace: int,
        late: Late,
        panes: Panes,
        down: Downstream[Any],
        changed: Callable[[Open], None],
    ) -> None:
        self._grace = grace
        self._by = by
        self._aggregate = aggregate
        self._late = late
        self._panes = panes
        self._down = down
        self._changed = changed
        self._open: dict[int, dict[Any, Open]] = {}
        self._first_open = self.watermark = self.due = -NEVER

    def take(self, value: Any, key: Any, instant: int, first: int) -> None:
        """Add an item to every window that it lies in and that is open."""
        last = self._by.last_start(instant)
        if last < self._first_open:
            self._late.take(value)
            return
        starts = range(max(self._by.first_start(instant), self._first_open), last + 1, self._by.hop)
        found = [(start, self._open.get(start, {}).get(key)) for start in starts]
        init, add = self._aggregate.init, self._aggregate.add
        # All of them are made before one is set: an aggregate that raises leaves the panes as they were.
        states = [add(init() if window is None else window.state, value, instant) for _, window in found]
        hold = self._down.hold_if_tracked()
        changed: list[Open] = []
        for (start, known), state in zip(found, states, strict=True):
            window = known
            if window is None:
                window = Open(key, start, start + self._by.size, state, first)
                self._open.setdefault(start, {})[key] = window
            window.state, window.first = state, min(window.first, first)
            # A unit for each window: the last pane settles the record.
            window.hold(hold if hold is None or not changed else hold.again())
            changed.append(window)
        for window in changed:
            self._changed(window)

    def close(self, watermark: int) -> None:
        """Close the windows whose end and grace the watermark has reached."""
        first_open = self._by.first_start(watermark - self._grace)
        self._first_open = max(self._first_open, first_open)
        for start in sorted(found for found in self._open if found < first_open):
            self._panes.final(in_order(self._open.pop(start).values()))
        self.due = first_open + self._by.size + self._grace

    def behind(self, watermark: int) -> int:
        """The watermark less the grace."""
        return watermark - self._grace
