"""Windows that are open, and how their panes are handed on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from rxstream.core import (
    FAILURES,
    NEVER,
    UNSET,
    Downstream,
    Hold,
    LooseBatch,
    make_event,
    ns_to_datetime,
    passport,
)
from rxstream.operators._window_pane import Making, Pane, give_value, made_pane
from rxstream.operators._window_stretch import Stretch
from rxstream.operators.agg import Aggregate

_MICROSECOND: Final = 1_000
_NOBODY: Final = make_event(None, None, None, (), None)


@dataclass(slots=True, eq=False)
class Open:
    """One key's state in one window that is still open.

    Args:
        key: The key.
        start: The window's first instant.
        end: As a pane says it.
        state: The aggregate's.
        first: Which of all arrivals was the key's first in it.
        revision: How many panes of it have been handed on.
        holds: One unit of each item's hold; None: nothing is to be held.
        changed: Whether it has to be shown at the next tick.
        closed: Whether it is over.
    """

    key: Any
    start: int
    end: int
    state: Any
    first: int
    revision: int = 0
    holds: list[Hold] | None = None
    changed: bool = False
    closed: bool = False

    def over(self) -> list[Hold] | None:
        """Close it, and let go of its holds."""
        self.changed, self.closed = False, True
        holds, self.holds = self.holds, None
        return holds

    def shared(self) -> list[Hold] | None:
        """A unit of all holds, for a pane before the last one."""
        if not self.holds:
            return None
        if len(self.holds) > 1:
            # All that there is becomes one hold: the next pane does not go through the same items again.
            self.holds = [Hold.joint(_NOBODY, self.holds[::-1])]
        return [self.holds[0].again()]

    def hold(self, hold: Hold | None) -> None:
        """Keep one unit of an item's hold."""
        if hold is not None:
            if self.holds is None:
                self.holds = []
            self.holds.append(hold)


def in_order(windows: Iterable[Open]) -> list[Open]:
    """The order in which panes of one step are handed on."""
    return sorted(windows, key=_by_end_start_and_arrival)


def _by_end_start_and_arrival(window: Open) -> tuple[int, int, int]:
    return window.end, window.start, window.first


class Late:
    """Where items go whose windows are closed.

    Args:
        down: Who counts them.
        late: A sink, function or Observer; None: they are only counted.
    """

    def __init__(self, down: Downstream[Any], late: Any) -> None:
        self._context = down.context
        self._receiver = None if late is None else down.context.receiver(late)

    def take(self, value: Any) -> None:
        """Take the item that the slot names."""
        self._context.statistics.late += 1
        if self._receiver is not None:
            self._receiver.on_next(passport(self._context.slot, value))


class Panes:
    """Makes panes of open windows and hands them on.

    Args:
        down: Where to.
        aggregate: Reads the windows' states.
        with_end: Whether the end belongs to a window, so that it is its last instant.
    """

    def __init__(self, down: Downstream[Pane], aggregate: Aggregate, *, with_end: bool) -> None:
        self._down = down
        self._slot = down.context.slot
        self._finish = aggregate.finish
        self._look = aggregate.look
        self._beyond = 0 if with_end else _MICROSECOND
        self._turn_to(0, 0, 0)

    def early(self, window: Open, watermark: int) -> None:
        """Hand on what a window has so far."""
        if self._down.stop.now:
            return
        at = self._down.context.scheduler.now_ns if watermark == -NEVER else watermark
        slot = self._slot
        saved = slot.save()
        slot.clear()
        try:
            self._hand_on(window, min(at, window.end - self._beyond), window.shared(), final=False)
        finally:
            slot.restore(saved)

    def final(self, windows: Iterable[Open]) -> None:
        """Hand on windows' last panes."""
        slot = self._slot
        saved = slot.save()
        slot.clear()
        try:
            for window in windows:
                holds = window.over()
                if not self._down.stop.now:
                    # Else nobody has it: its items stay unsettled.
                    self._hand_on(window, window.end - self._beyond, holds, final=True)
        finally:
            slot.restore(saved)

    def close(self, start: int, end: int, stretch: Stretch) -> None:
        """Hand on the one pane that each key has in a window."""
        slot, down, holds = self._slot, self._down, stretch.holds
        self._turn_to(start, end, end - self._beyond)
        batch, (first, last) = self._batch, self._bounds
        # In place of `made_pane` and `_emit`: there is a pane for every few items.
        finish, hand_on, stop = self._finish, down.emit, down.stop
        saved = slot.save()
        slot.clear()
        try:
            for key, state in stretch.states.items():
                if stop.now:
                    # Nobody has it: its items stay unsettled.
                    return
                pane: Any = Making()
                pane.key, pane.start, pane.end, pane.value = key, first, last, state
                pane.revision, pane.final = 0, True
                pane.__class__ = Pane
                if holds and key in holds:
                    self._emit_under(holds[key], pane)
                    continue
                slot.event, slot.batch = pane, batch
                slot.key = slot.time = slot.headers = UNSET
                try:
                    if state.__class__ is Broken:
                        raise state.error
                    give_value(pane, finish(state))
                except FAILURES as error:
                    down.failed(error, state)
                else:
                    hand_on(pane)
        finally:
            slot.restore(saved)

    def _hand_on(self, window: Open, at: int, holds: list[Hold] | None, *, final: bool) -> None:
        if window.end != self._end or window.start != self._start or at != self._at:
            self._turn_to(window.start, window.end, at)
        pane = made_pane(window.key, *self._bounds, window.state, window.revision, final)
        window.revision += 1
        if holds:
            self._emit_under(holds, pane)
        else:
            slot = self._slot
            slot.event, slot.batch = pane, self._batch
            slot.key = slot.time = slot.headers = UNSET
            self._emit(pane)

    def _emit_under(self, holds: list[Hold], pane: Pane) -> None:
        hold = Hold.joint(make_event(pane, pane.key, self._at, (), None), holds)
        hold.emit(self._emit, pane)
        hold.release()

    def _turn_to(self, start: int, end: int, at: int) -> None:
        """Make what panes of the same bounds share."""
        self._start, self._end, self._at = start, end, at
        self._bounds = ns_to_datetime(start), ns_to_datetime(end)
        # A pane is a record of its own; its passport is made when somebody asks.
        self._batch = LooseBatch(lambda pane: make_event(pane, pane.key, at, (), None))

    def _emit(self, pane: Pane) -> None:
        state = pane.value
        try:
            if isinstance(state, Broken):
                raise state.error
            give_value(pane, self._finish(state) if pane.final else self._look(state))
        except FAILURES as error:
            self._down.failed(error, state)
            return
        self._down.emit(pane)


@dataclass(frozen=True, slots=True)
class Broken:
    """Stands for the state of parts that could not be merged."""

    error: BaseException
