"""Gather the items of each key into windows of event time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from rxstream.core import (
    FAILURES,
    NEVER,
    UNSET,
    Downstream,
    Hold,
    Operator,
    Reactions,
    callable_,
    check_sink_argument,
    duration_ns,
    item_key,
    item_time,
    make_event,
    node,
    ns_to_datetime,
    passport,
)
from rxstream.errors import ConfigurationError
from rxstream.operators._window_tumbling import Tumbling
from rxstream.operators.agg import Aggregate, aggregate_of

T = TypeVar("T")

_MICROSECOND = 1_000


@dataclass(frozen=True, slots=True)
class Pane:
    """What became of one key's items in one window.

    Args:
        key: The key they share; None where they have none.
        start: The window's first instant.
        end: The first instant after it.
        value: What ``into`` made of the items.
        revision: How many panes of this key and window came before.
        final: Whether it is the last one.
    """

    key: Any
    start: datetime
    end: datetime
    value: Any
    revision: int
    final: bool


@dataclass(slots=True)
class _Open:
    """One key's state in one window that is still open."""

    state: Any
    kept: list[Hold] = field(default_factory=list)


def window(
    by: Tumbling,
    *,
    into: Any = list,
    key: Callable[[T], Any] | None = None,
    grace: float | timedelta = 0.0,
    late: Any = None,
) -> Operator[T, Pane]:
    """Gather each key's items by window and hand on one `Pane` when the window closes.

    .. marble::

        -a-b-----c-|
        [ window(tumbling(4)) ]
        ---------P-(Q|)    P = [a b], Q = [c]

    A window closes when the watermark has reached its end and ``grace``; the end of the stream closes all. Panes
    closed by one step come out by end, then start, then in order of first arrival of their keys. A pane's passport
    has the key and the window's last instant, one microsecond before its end. An item without a timestamp counts by
    the run's clock. Without a watermark (no ``event_time`` and no dated source above) only the end closes windows.

    A record is late when its window is closed: it is counted, goes to ``late``, and changes nothing.

    Args:
        by: ``rs.tumbling(…)``.
        into: What the items become: ``list`` (in time order), ``rs.agg.…``, or a dict of those.
        key: Finds an item's key; None: the passport's key counts, and items without one form one group.
        grace: How much longer than its end a window stays open, in event time.
        late: A sink, function or Observer that gets the Event of each late item.

    Raises:
        ConfigurationError: If an argument is none of these.

    State: one aggregate a key and open window.

    Delivery: a pane holds its items' records until it is handled; a late record is settled when ``late`` has it.

    Example:
        >>> def second(n):
        ...     return rs.Event(n, timestamp=datetime(2026, 1, 1, 0, 0, n, tzinfo=UTC))
        >>> numbers = rs.from_history([second(1), second(2), second(11)])
        >>> rs.collect(numbers.pipe(ops.window(rs.tumbling(10), into=rs.agg.sum()), ops.map(lambda pane: pane.value)))
        [3, 11]
    """
    if not isinstance(by, Tumbling):
        raise ConfigurationError(f"window: by must say how time is cut; got {by!r}. Give rs.tumbling(…).")
    aggregate = aggregate_of("window", into)
    if key is not None:
        callable_("window", key=key)
    if late is not None:
        check_sink_argument("window", late)
    grace_ns = duration_ns("window", grace=grace)

    def start(down: Downstream[Pane]) -> Reactions:
        return _Windows(by, aggregate, key, grace_ns, late, down).reactions()

    return node("window", start, passport=True, sinks=() if late is None else (late,))


class _Windows:
    """The open windows of one subscription."""

    def __init__(
        self,
        by: Tumbling,
        aggregate: Aggregate,
        key: Callable[[Any], Any] | None,
        grace: int,
        late: Any,
        down: Downstream[Pane],
    ) -> None:
        self._by = by
        self._aggregate = aggregate
        self._key = key
        self._grace = grace
        self._late = None if late is None else down.context.receiver(late)
        self._down = down
        self._slot = down.context.slot
        # By start, then by key in order of first arrival; both are the order in which panes come out.
        self._open: dict[int, dict[Any, _Open]] = {}
        self._closed_before = -NEVER
        # The window of the latest item, which is likely the next one's too.
        self._start, self._end = NEVER, NEVER
        self._keys: dict[Any, _Open] = {}

    def reactions(self) -> Reactions:
        return Reactions(self._taking(), on_completed=self.on_completed, on_watermark=self.on_watermark)

    def _taking(self) -> Callable[[Any], None]:
        """Make the function that takes an item; what it needs of ours for each one are its own names."""
        slot, key_of, aggregate, add = self._slot, self._key, self._aggregate, self._aggregate.add

        def on_next(value: Any) -> None:
            key = slot.key if key_of is None else key_of(value)
            if key is UNSET:
                key = item_key(slot)
            time = slot.time
            if time is UNSET or time is None:
                time = self._time_of_item()
            if not self._start <= time < self._end and not self._turn_to(time, value):
                return
            entry = self._keys.get(key)
            if entry is None:
                # The state is set last: an aggregate that raises leaves the pane as it was.
                entry = self._keys[key] = _Open(add(aggregate.init(), value, time))
                self._open[self._start] = self._keys
            else:
                entry.state = add(entry.state, value, time)
            batch = slot.batch
            if slot.hold is not None or (batch is not None and batch.tracks):
                entry.kept.append(self._down.hold())

        return on_next

    def _time_of_item(self) -> int:
        time = item_time(self._slot)
        return self._down.context.scheduler.now_ns if time is None else time

    def _turn_to(self, time: int, value: Any) -> bool:
        """Find the window of an instant; False: it is closed."""
        start = self._by.start_of(time)
        if start < self._closed_before:
            self._let_go(value)
            return False
        self._start, self._end = start, start + self._by.size
        self._keys = self._open.get(start, {})
        return True

    def on_watermark(self, watermark: int) -> int:
        # Only a boundary changes anything: from the first instant of the window that is open longest.
        first_open = self._by.start_of(watermark - self._grace)
        self._close_before(first_open)
        self._down.watermark(watermark - self._grace)
        return first_open + self._by.size + self._grace

    def on_completed(self) -> None:
        self._close_before(NEVER)
        self._down.complete()

    def _close_before(self, start: int) -> None:
        """Close the windows that start before ``start``."""
        self._closed_before = max(self._closed_before, start)
        self._start = self._end = NEVER
        for closing in sorted(found for found in self._open if found < start):
            self._close(closing, self._open.pop(closing))

    def _close(self, start: int, keys: dict[Any, _Open]) -> None:
        end = start + self._by.size
        bounds = ns_to_datetime(start), ns_to_datetime(end)
        slot = self._slot
        saved = slot.save()
        slot.clear()
        try:
            for key, entry in keys.items():
                event = make_event(None, key, end - _MICROSECOND, (), None)
                if entry.kept:
                    hold = Hold.joint(event, entry.kept)
                    hold.emit(partial(self._emit, key, *bounds), entry.state)
                    hold.release()
                else:
                    # Nothing is to be settled: the pane needs no more than its name.
                    slot.event, slot.batch, slot.hold = event, None, None
                    slot.key = slot.time = slot.headers = UNSET
                    self._emit(key, *bounds, entry.state)
        finally:
            slot.restore(saved)

    def _emit(self, key: Any, start: datetime, end: datetime, state: Any) -> None:
        try:
            value = self._aggregate.finish(state)
        except FAILURES as error:
            self._down.failed(error, state)
            return
        pane = Pane(key, start, end, value, 0, True)
        self._slot.event._value = pane
        self._down.emit(pane)

    def _let_go(self, value: Any) -> None:
        self._down.context.statistics.late += 1
        if self._late is not None:
            self._late.on_next(passport(self._slot, value))
