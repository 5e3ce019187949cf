"""Where items of foreign Observables come in, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import Any, Final, Protocol

from reactivex import abc

from rxstream.core._context import Context, Gate, Halt
from rxstream.core._event import Event
from rxstream.core._loose_batch import LooseBatch
from rxstream.core._passport import UNSET
from rxstream.core._receiver import Receiver
from rxstream.core._timekeeper import CURRENT, on_time_of
from rxstream.errors import BufferOverflowError


def _lifted(value: Any) -> Event[Any]:
    return value if isinstance(value, Event) else Event(value)


#: What has come without a passport gets one when somebody asks.
_COME: Final = LooseBatch(_lifted)


class Incoming(Protocol):
    """Where a foreign Observable's items come in, as a run needs to know it."""

    @property
    def is_source(self) -> bool:
        """Whether they come from outside, and not from an operator that was given ours."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, or is wanted."""


class Entry(abc.ObserverBase[Any]):
    """What a foreign Observable hands its items to, from any thread; they get a passport if they come without one.

    A source's items wait until the past is done, as many as there is room for.
    """

    def __init__(self, below: Receiver, context: Context, *, is_source: bool, room: int) -> None:
        self._below = below
        self._context = context
        self._slot = context.slot
        self._keeper = context.keeper
        self._gate = context.gate if is_source else Gate(is_open=True)
        self.is_source = is_source
        self._thread = get_ident()
        self._room = room
        self._ended = False
        self._push = self._pushing()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, or is wanted."""
        return self._ended or self._below.stop.now

    def on_next(self, value: Any) -> None:
        """Take one item."""
        if get_ident() == self._thread and self._gate.is_open:
            self._push(value)
        else:
            self._take(partial(self._push, value))

    def on_error(self, error: Exception) -> None:
        """Take an error that ends the Observable."""
        self._take(lambda: self._end(lambda: self._context.source_failed(error, self._below)))

    def on_completed(self) -> None:
        """Take the end."""
        self._take(lambda: self._end(self._below.on_completed))

    def _take(self, act: Callable[[], None]) -> None:
        if get_ident() != self._thread:
            self._context.post(lambda: self._enter(act))
        else:
            self._enter(act)

    def _enter(self, act: Callable[[], None]) -> None:
        if not self._gate.is_open:
            if self._room <= 0:
                error = BufferOverflowError(
                    "from_observable: what comes while the past is replayed must find room, as an Observable cannot be "
                    "made to wait; it is full. Give more room, buffer=…, or make it an async iterable, which waits."
                )
                self._end(lambda: self._context.source_failed(error, self._below))
                return
            self._room -= 1
        self._gate.when_open(lambda: on_time_of(self._keeper, act))

    def _pushing(self) -> Callable[[Any], None]:
        """Make the function that lets an item pass; what it needs of ours for each one are its own names."""
        # Whoever pushes one by one waits for each: what this costs, costs every item.
        slot, stop, hand_on, keeper = self._slot, self._below.stop, self._below.on_next, self._keeper
        statistics, is_source = self._context.statistics, self.is_source
        current, tell, forget = CURRENT.get, CURRENT.set, CURRENT.reset

        def push(value: Any) -> None:
            if self._ended or stop.now:
                return
            if is_source:
                statistics.received += 1
            if slot.event is not UNSET:
                on_time_of(keeper, partial(hand_on, value))
                return
            slot.event, slot.batch = value, _COME
            token = None if current() is keeper else tell(keeper)
            try:
                hand_on(value._value if type(value) is Event else value)
            except Halt:
                # Whoever pushes is not ours to unwind; the run knows already that it must end.
                self._ended = True
            finally:
                slot.event, slot.batch, slot.hold = UNSET, None, None
                slot.key = slot.time = slot.headers = UNSET
                if token is not None:
                    forget(token)

        return push

    def _end(self, act: Callable[[], None]) -> None:
        if not self._ended:
            self._ended = True
            act()
