"""Gather the items of each key into windows of event time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, TypeAlias, TypeVar

from rxstream.core import (
    Downstream,
    Operator,
    Reactions,
    callable_,
    check_sink_argument,
    choice,
    duration_ns,
    node,
    positive_duration_ns,
    refuse_reactivex,
)
from rxstream.errors import ConfigurationError
from rxstream.operators._window_counted import Counted, CountedWindows
from rxstream.operators._window_early import AtChange, AtClosing, AtTicks, Kind
from rxstream.operators._window_hopping import Hopping, HoppingWindows
from rxstream.operators._window_open import Late, Panes
from rxstream.operators._window_pane import Pane
from rxstream.operators._window_session import Session, SessionWindows, require_merge
from rxstream.operators._window_slices import SlicedWindows
from rxstream.operators._window_sliding import Sliding, SlidingWindows
from rxstream.operators._window_states import Stretches, adding
from rxstream.operators._window_subscription import windowing
from rxstream.operators._window_tumbling import Tumbling, TumblingWindows
from rxstream.operators.agg import Aggregate, aggregate_of

T = TypeVar("T")

#: How time is cut.
By: TypeAlias = Tumbling | Hopping | Session | Sliding | Counted
_BOTH_ENDS: Final = (Session, Sliding, Counted)


def window(
    by: By,
    *,
    into: Any = list,
    key: Callable[[T], Any] | None = None,
    grace: float | timedelta = 0.0,
    late: Any = None,
    emit: str | float | timedelta = "close",
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
    Sessions, sliding and counted windows say where they are made what they have other than that.

    A record is late when every window it would belong to is closed: it is counted, goes to ``late``, and changes
    nothing.

    With ``emit`` there are panes before the last one, numbered by ``revision``, and not ``final``: ``"update"`` hands
    on one at each change; a duration, at each of its multiples since the epoch that the watermark reaches, one of each
    window that changed, with what lies before that instant (in counted windows: what came before it). Their
    passports have the watermark, but nothing later than the window's last instant. A session that grew out of two
    goes on with as many revisions as both had.

    Args:
        by: ``rs.tumbling(…)``, ``rs.hopping(…)``, ``rs.session(…)``, ``rs.sliding(…)`` or ``rs.counted(…)``.
        into: What the items become: ``list`` (in time order), ``rs.agg.…``, or a dict of those.
        key: Finds an item's key; None: the passport's key counts, and items without one form one group.
        grace: How much longer than its end a window stays open, in event time.
        late: A sink, function or Observer that gets the Event of each late item.
        emit: ``"close"``, ``"update"`` or a duration: seconds or a timedelta.

    Raises:
        ConfigurationError: If an argument is none of these, or sessions get an aggregate without ``merge``.

    State: one aggregate a key and open window; of overlapping windows one a key and slice, if it has a ``merge``.
        Sliding windows keep their items.

    Delivery: a pane holds its items' records until it is handled, and a record is settled with the last pane it is in;
        a late record when ``late`` has it.

    Example:
        >>> def second(n):
        ...     return rs.Event(n, timestamp=datetime(2026, 1, 1, 0, 0, n, tzinfo=UTC))
        >>> numbers = rs.from_history([second(1), second(2), second(11)])
        >>> rs.collect(numbers.pipe(ops.window(rs.tumbling(10), into=rs.agg.sum()), ops.map(lambda pane: pane.value)))
        [3, 11]
    """
    if not isinstance(by, By):
        refuse_reactivex("window", "by must say how time is cut", by)
        raise ConfigurationError(
            f"window: by must say how time is cut; got {by!r}. "
            "Give rs.tumbling(…), rs.hopping(…), rs.session(…), rs.sliding(…) or rs.counted(…)."
        )
    aggregate = aggregate_of("window", into)
    if isinstance(by, Session):
        require_merge(aggregate)
    if key is not None:
        callable_("window", key=key)
    if late is not None:
        check_sink_argument("window", late)
    asked = _Asked(by, aggregate, key, duration_ns("window", grace=grace), late, _emission(emit))
    return node("window", asked.start, passport=True, sinks=() if late is None else (late,))


def _emission(emit: object) -> str | int:
    """Read when panes are wanted: a word, or nanoseconds."""
    if isinstance(emit, str):
        return choice("window", ("close", "update"), emit=emit)
    return positive_duration_ns("window", emit=emit)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a window operator was asked for."""

    by: By
    aggregate: Aggregate
    key: Callable[[Any], Any] | None
    grace: int
    late: Any
    emit: str | int

    def start(self, down: Downstream[Pane]) -> Reactions:
        """Start a subscription."""
        late = Late(down, self.late)
        panes = Panes(down, self.aggregate, with_end=isinstance(self.by, _BOTH_ENDS))
        if self.emit == "close":
            stretches = self._stretches(down, late, panes)
            if stretches is not None:
                return adding(stretches, down, self.key, self.aggregate, self.grace)
        shows = self._shows(down, panes)
        kind = self._kind(down, late, panes, shows)
        if isinstance(kind, SessionWindows) and self.emit == "close":
            code, names = kind.pasted()
            return windowing(down, self.key, kind, shows, code=code, names=names)
        return windowing(down, self.key, kind, shows)

    def _stretches(self, down: Downstream[Pane], late: Late, panes: Panes) -> Stretches | None:
        """The windows that have one state for each item; None: these have not."""
        by = self.by
        if isinstance(by, Hopping) and by.hop == by.size:
            by = Tumbling(by.size, by.offset)
        if isinstance(by, Tumbling):
            return TumblingWindows(by, self.aggregate, late, panes, down)
        if isinstance(by, Hopping) and self.aggregate.join is not None:
            # A slice's state goes on when a window that has only this one slice has closed.
            looking = replace(self.aggregate, finish=self.aggregate.look)
            return SlicedWindows(by, self.aggregate, late, Panes(down, looking, with_end=False), down)
        return None

    def _shows(self, down: Downstream[Pane], panes: Panes) -> AtClosing | AtChange | AtTicks:
        if isinstance(self.emit, int):
            return AtTicks(down, panes, self.emit, by_arrival=isinstance(self.by, Counted))
        return AtChange(panes) if self.emit == "update" else AtClosing()

    def _kind(self, down: Downstream[Pane], late: Late, panes: Panes, shows: AtClosing | AtChange | AtTicks) -> Kind:
        by, changed = self.by, shows.changed
        if isinstance(by, Tumbling):
            by = Hopping(by.size, by.size, by.offset)
        if isinstance(by, Counted):
            return CountedWindows(by, self.aggregate, panes, down, changed)
        if isinstance(by, Session):
            return SessionWindows(by, self.aggregate, self.grace, late, panes, down, changed)
        if isinstance(by, Sliding):
            return SlidingWindows(by, self.aggregate, self.grace, late, panes, down, changed)
        return HoppingWindows(by, self.aggregate, self.grace, late, panes, down, changed)
