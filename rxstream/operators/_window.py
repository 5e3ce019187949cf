"""Gather the items of each key into windows of event time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from rxstream.core import (
    FAILURES,
    NEVER,
    UNSET,
    Downstream,
    Hold,
    Inline,
    LooseBatch,
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

_MICROSECOND: Final = 1_000
_KEY_OF_ITEM: Final = "    group = item_key(slot)"
# What is done with every item, as code that fusion pastes: a call would cost as much.
_TAKING: Final = """\
instant = slot.time
if instant is UNSET or instant is None:
    instant = time_of_item()
if not windows.start <= instant < windows.end and not turn_to(instant, value): skip
entry = windows.keys.get(group)
if entry is None:
    entry = begin(group, value, instant)
else:
    state = entry.state
    entry.state = {add}
batch = slot.batch
if slot.hold is not None or (batch is not None and batch.tracks):
    entry.kept.append(hold())
"""


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


_set_key, _set_start, _set_end, _set_value, _set_revision, _set_final = (
    Pane.__dict__[name].__set__ for name in ("key", "start", "end", "value", "revision", "final")
)


def _made_pane(key: Any, start: datetime, end: datetime, value: Any) -> Pane:
    """Make a pane as its constructor does, which for what is frozen takes three times as long."""
    pane = Pane.__new__(Pane)
    _set_key(pane, key)
    _set_start(pane, start)
    _set_end(pane, end)
    _set_value(pane, value)
    _set_revision(pane, 0)
    _set_final(pane, True)
    return pane


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
        [ window(rs.tumbling(4)), map(lambda pane: pane.value) ]
        ---------P-(Q|)
          where P = ["a", "b"], Q = ["c"]

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
        self.start, self.end = NEVER, NEVER
        self.keys: dict[Any, _Open] = {}

    def reactions(self) -> Reactions:
        return Reactions(inline=self._taking(), on_completed=self.on_completed, on_watermark=self.on_watermark)

    def _taking(self) -> Inline:
        """Make the code that takes an item."""
        group = ["group = key_of(value)"] if self._key else ["group = slot.key", "if group is UNSET:", _KEY_OF_ITEM]
        add = self._aggregate.step or "add(state, value, instant)"
        names = {
            "windows": self,
            "key_of": self._key,
            "item_key": item_key,
            "time_of_item": self._time_of_item,
            "turn_to": self._turn_to,
            "begin": self._begin,
            "add": self._aggregate.add,
            "hold": self._down.hold,
        }
        return Inline("\n".join([*group, _TAKING.format(add=add)]), names, {})

    def _begin(self, key: Any, value: Any, time: int) -> _Open:
        """Take a key's first item in the present window."""
        # The state is set last: an aggregate that raises leaves the pane as it was.
        entry = self.keys[key] = _Open(self._aggregate.add(self._aggregate.init(), value, time))
        self._open[self.start] = self.keys
        return entry

    def _time_of_item(self) -> int:
        time = item_time(self._slot)
        return self._down.context.scheduler.now_ns if time is None else time

    def _turn_to(self, time: int, value: Any) -> bool:
        """Find the window of an instant; False: it is closed."""
        start = self._by.start_of(time)
        if start < self._closed_before:
            self._let_go(value)
            return False
        self.start, self.end = start, start + self._by.size
        self.keys = self._open.get(start, {})
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
        self.start = self.end = NEVER
        for closing in sorted(found for found in self._open if found < start):
            self._close(closing, self._open.pop(closing))

    def _close(self, start: int, keys: dict[Any, _Open]) -> None:
        end = start + self._by.size
        bounds = ns_to_datetime(start), ns_to_datetime(end)
        last = end - _MICROSECOND
        slot = self._slot
        saved = slot.save()
        slot.clear()
        # A pane is a record of its own; its passport is made when somebody asks.
        slot.batch = LooseBatch(lambda pane: make_event(pane, pane.key, last, (), None))
        try:
            for key, entry in keys.items():
                pane = _made_pane(key, *bounds, entry.state)
                if entry.kept:
                    hold = Hold.joint(make_event(pane, key, last, (), None), entry.kept)
                    hold.emit(self._emit, pane)
                    hold.release()
                else:
                    slot.event = pane
                    slot.key = slot.time = slot.headers = UNSET
                    self._emit(pane)
        finally:
            slot.restore(saved)

    def _emit(self, pane: Pane) -> None:
        try:
            _set_value(pane, self._aggregate.finish(pane.value))
        except FAILURES as error:
            self._down.failed(error, pane.value)
            return
        self._down.emit(pane)

    def _let_go(self, value: Any) -> None:
        self._down.context.statistics.late += 1
        if self._late is not None:
            self._late.on_next(passport(self._slot, value))
