"""Windows that last as long as a key's items follow each other closely."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from rxstream.core import NEVER, Downstream, positive_duration_ns
from rxstream.errors import ConfigurationError
from rxstream.operators._window_open import Late, Open, Panes, in_order
from rxstream.operators.agg import Aggregate


@dataclass(frozen=True, slots=True)
class Session:
    """How far apart a session's items may be, in nanoseconds; made by `session`."""

    gap: int


def session(gap: float | timedelta) -> Session:
    """Cut each key's items where more than ``gap`` lies between two that follow each other.

    A session is from its first to its last item; both belong to it. A gap exactly as long as the limit joins, and an
    item between two sessions may join them. A session closes when the watermark is greater than its end, ``gap`` and
    the window's ``grace``.

    Args:
        gap: Seconds or a timedelta.

    Raises:
        ConfigurationError: If ``gap`` is no duration or not greater than zero.

    Example:
        >>> visits = ops.window(rs.session(1800), into=rs.agg.count())
    """
    return Session(positive_duration_ns("session", gap=gap))


def require_merge(aggregate: Aggregate) -> None:
    """Refuse an aggregate whose states cannot be merged.

    Raises:
        ConfigurationError: If it has no ``merge``.
    """
    if aggregate.merge is None:
        raise ConfigurationError(
            f"window: into must have a merge, as an item may join two sessions; got {aggregate.name}. "
            "Give it one: rs.agg.of(…, merge=…)."
        )


#: What is done with every item, without a call: most go on with the newest session of their key.
_TAKING: Final = """\
line = sessions.get(group)
entry = None if line is None else line[-1]
if entry is None or not entry.start <= instant <= entry.end + gap:
    take(value, group, instant, next(arrivals))
else:
    state = entry.state
    entry.state = {add}
    if instant > entry.end:
        entry.end = instant
    under = slot.batch if slot.hold is None else slot.hold
    if under is not None and under.tracks:
        entry.hold(hold())"""


class SessionWindows:
    """The open sessions of one subscription."""

    #: Whether an item is late depends on the watermark itself.
    exact = True

    def __init__(
        self,
        by: Session,
        aggregate: Aggregate,
        grace: int,
        late: Late,
        panes: Panes,
        down: Downstream[Any],
        changed: Callable[[Open], None],
    ) -> None:
        self._lag = by.gap + grace
        self._gap = by.gap
        self._aggregate = aggregate
        self._late = late
        self._panes = panes
        self._down = down
        self._changed = changed
        #: By key, in order of time; most keys have one.
        self._open: dict[Any, list[Open]] = {}
        # By the ends that sessions had when they were noted; they may have grown, or be part of another one.
        self._ends: list[tuple[int, int, Open]] = []
        self.watermark = -NEVER
        self.due = NEVER

    def pasted(self) -> tuple[str, dict[str, Any]]:
        """The code that takes an item where nothing is shown before the end, and its names."""
        code = _TAKING.format(add=self._aggregate.step)
        return code, {"sessions": self._open, "gap": self._gap, "hold": self._down.hold, **self._aggregate.names}

    def take(self, value: Any, key: Any, instant: int, first: int) -> None:
        """Add an item to the session that it lies in or near to, or begin one."""
        sessions = self._open.get(key)
        near = [] if sessions is None else [window for window in sessions if self._is_near(window, instant)]
        if not near:
            self._begin(value, key, instant, first)
            return
        window, *others = near
        if others:
            self._bridge(window, others[0], value, instant)
        else:
            window.state = self._aggregate.add(window.state, value, instant)
            if instant < window.start:
                window.start = instant
            if instant > window.end:
                window.end = instant
        window.first = min(window.first, first)
        window.hold(self._down.hold_if_tracked())
        self._changed(window)

    def _is_near(self, window: Open, instant: int) -> bool:
        return window.start - self._gap <= instant <= window.end + self._gap

    def _begin(self, value: Any, key: Any, instant: int, first: int) -> None:
        if instant + self._lag < self.watermark:
            self._late.take(value)
            return
        state = self._aggregate.add(self._aggregate.init(), value, instant)
        window = Open(key, instant, instant, state, first)
        window.hold(self._down.hold_if_tracked())
        sessions = self._open.setdefault(key, [])
        sessions.append(window)
        sessions.sort(key=_start_of)
        heapq.heappush(self._ends, (instant, first, window))
        self.due = min(self.due, instant + self._lag + 1)
        self._changed(window)

    def _bridge(self, one: Open, other: Open, value: Any, instant: int) -> None:
        """Make one session of two and of the item between them."""
        merge = self._aggregate.merge
        assert merge is not None  # noqa: S101 - what has none is refused
        between = self._aggregate.add(self._aggregate.init(), value, instant)
        one.state = merge(merge(one.state, between), other.state)
        one.end = other.end
        one.first = min(one.first, other.first)
        one.revision += other.revision
        for hold in other.over() or ():
            one.hold(hold)
        self._open[one.key].remove(other)

    def close(self, watermark: int) -> None:
        """Close the sessions whose end, gap and grace the watermark has passed."""
        before = watermark - self._lag
        ends, closing = self._ends, []
        while ends and ends[0][0] < before:
            _, first, window = ends[0]
            if not window.closed and window.end >= before:
                heapq.heapreplace(ends, (window.end, first, window))
                continue
            heapq.heappop(ends)
            if not window.closed:
                closing.append(window)
        for window in closing:
            self._forget(window)
        self._panes.final(in_order(closing))
        self.due = ends[0][0] + self._lag + 1 if ends else NEVER

    def behind(self, watermark: int) -> int:
        """The watermark less gap and grace."""
        return watermark - self._lag

    def _forget(self, window: Open) -> None:
        sessions = self._open[window.key]
        sessions.remove(window)
        if not sessions:
            del self._open[window.key]


def _start_of(window: Open) -> int:
    return window.start
