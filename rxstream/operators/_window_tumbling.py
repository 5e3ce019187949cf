"""Windows of one size that follow each other without a gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from rxstream.core import NEVER, Downstream, Reactions, positive_duration_ns, signed_duration_ns
from rxstream.operators._window_open import Late, Open, Panes
from rxstream.operators._window_subscription import taking
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


#: What is done with every item: most lie in the window of the one before, and meet a state of their key.
ADDING: Final = """\
if not windows.start <= instant < windows.end and not turn_to(instant, value): skip
entry = windows.keys.get(group)
if entry is None:
    entry = begin(group, value, instant)
else:
    state = entry.state
    entry.state = {add}
under = slot.batch if slot.hold is None else slot.hold
if under is not None and under.tracks:
    entry.hold(hold())"""


class TumblingWindows:
    """The open windows of one subscription, which are shown when they close."""

    def __init__(
        self, by: Tumbling, aggregate: Aggregate, grace: int, late: Late, panes: Panes, down: Downstream[Any]
    ) -> None:
        self._down = down
        self._by = by
        self._aggregate = aggregate
        self._grace = grace
        self._late = late
        self._panes = panes
        # By start, then by key in order of first arrival; both are the order in which panes come out.
        self._open: dict[int, dict[Any, Open]] = {}
        self._closed_before = -NEVER
        # The window of the latest item, which is likely the next one's too.
        self.start, self.end = NEVER, NEVER
        self.keys: dict[Any, Open] = {}

    def reactions(self, key: Callable[[Any], Any] | None) -> Reactions:
        """What becomes of items, watermarks and the end."""
        down = self._down
        add = self._aggregate.add
        code = ADDING.format(add=self._aggregate.step or "add(state, value, instant)")
        names = {"windows": self, "turn_to": self._turn_to, "begin": self._begin, "add": add, "hold": down.hold}

        def on_watermark(watermark: int) -> int:
            # Only a boundary changes anything: from the first instant of the window that is open longest.
            first_open = self._by.start_of(watermark - self._grace)
            self._close_before(first_open)
            below = down.watermark(watermark - self._grace)
            return min(first_open + self._by.size, below) + self._grace

        def on_completed() -> None:
            self._close_before(NEVER)
            down.complete()

        inline = taking(down, key, code, **names)
        return Reactions(inline=inline, on_completed=on_completed, on_watermark=on_watermark)

    def _begin(self, key: Any, value: Any, time: int) -> Open:
        """Take a key's first item in the present window."""
        # The state is set last: an aggregate that raises leaves the pane as it was.
        state = self._aggregate.add(self._aggregate.init(), value, time)
        entry = self.keys[key] = Open(key, self.start, self.end, state, 0)
        self._open[self.start] = self.keys
        return entry

    def _turn_to(self, time: int, value: Any) -> bool:
        """Find the window of an instant; False: it is closed."""
        start = self._by.start_of(time)
        if start < self._closed_before:
            self._late.take(value)
            return False
        self.start, self.end = start, start + self._by.size
        self.keys = self._open.get(start, {})
        return True

    def _close_before(self, start: int) -> None:
        """Close the windows that start before ``start``."""
        self._closed_before = max(self._closed_before, start)
        self.start, self.end, self.keys = NEVER, NEVER, {}
        for closing in sorted(found for found in self._open if found < start):
            self._panes.final(self._open.pop(closing).values())
