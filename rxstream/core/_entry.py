"""Where items of foreign Observables come in, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import Any, Final, Protocol

from rxstream.core._context import Context, Gate, Halt
from rxstream.core._event import Event
from rxstream.core._feed import Feed
from rxstream.core._loose_batch import LooseBatch
from rxstream.core._passport import UNSET
from rxstream.core._receiver import Receiver
from rxstream.core._shape import Head
from rxstream.core._timekeeper import CURRENT, on_time_of
from rxstream.errors import BufferOverflowError


def _lifted(value: Any) -> Event[Any]:
    return value if isinstance(value, Event) else Event(value)


#: What has come without a passport gets one when somebody asks.
_COME: Final = LooseBatch(_lifted)
_SOURCE: Final = Feed(name="from_observable", lift=_lifted, value="value")
_OPERATOR: Final = Feed(name="foreign operator", lift=_lifted, value="value")


def pushed_head(context: Context, *, is_source: bool) -> Head:
    """Let a segment take what a foreign Observable pushes: a source, or an operator that was given a stream of ours.

    Where nobody moves the clock, the slot alone says whose it is: a context variable set for each item would cost more
    than all the rest. What is moved is also for the tasks that an item starts, which inherit the context only.
    """
    at_home = context.keeper if context.paces else None
    here = _COME, Event, get_ident, get_ident(), CURRENT.get, at_home, context.keeper, _elsewhere(context)
    # Nobody asks a plain subscription how much it has received.
    return Head(_SOURCE if is_source else _OPERATOR, pushed=here, counted=is_source and context.paces)


def _elsewhere(context: Context) -> Callable[[Callable[[Any], None], Any], None]:
    slot, keeper = context.slot, context.keeper

    def elsewhere(run: Callable[[Any], None], value: Any) -> None:
        """Let an item pass that comes on somebody else's time, from another thread, or on the way of another item."""
        if slot.event is not UNSET:
            # It keeps the passport of what it was made of.
            on_time_of(keeper, partial(run, value))
            return
        slot.event, slot.batch = value, _COME
        try:
            on_time_of(keeper, partial(run, value._value if type(value) is Event else value))
        finally:
            slot.clear()

    return elsewhere


class Incoming(Protocol):
    """Where a foreign Observable's items come in, as a run needs to know it."""

    @property
    def is_source(self) -> bool:
        """Whether they come from outside, and not from an operator that was given ours."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, or is wanted."""


class Entry:
    """What a foreign Observable hands its items to, from any thread.

    A source's items wait until the past is done, as many as there is room for.

    Args:
        below: What takes them.
        context: Of whoever is below.
        is_source: Whether they come from outside.
        room: How many may wait.
    """

    def __init__(self, below: Receiver, context: Context, *, is_source: bool, room: int) -> None:
        self._below = below
        self._context = context
        self._gate = context.gate if is_source else Gate(is_open=True)
        self.is_source = is_source
        self._thread = get_ident()
        self._room = room
        self._ended = False
        self._push = self._pushing()
        #: Takes one item.
        self.on_next = self._on_next if context.paces else below.on_next
        self._catch_up = context.catch_up if is_source else None
        if self._catch_up is not None:
            self.on_next = self._before(self._catch_up)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, or is wanted."""
        return self._ended or self._below.stop.now

    def _before(self, catch_up: Callable[[], None]) -> Callable[[Any], None]:
        take = self._below.on_next

        def on_next(value: Any) -> None:
            take(value)
            catch_up()

        return on_next

    def on_error(self, error: Exception) -> None:
        """Take an error that ends the Observable."""
        self._take(lambda: self._end(lambda: self._context.source_failed(error, self._below)))

    def on_completed(self) -> None:
        """Take the end."""
        self._take(lambda: self._end(self._below.on_completed))

    def _on_next(self, value: Any) -> None:
        if get_ident() == self._thread and self._gate.is_open:
            self._push(value)
        else:
            self._take(partial(self._push, value))

    def _pushing(self) -> Callable[[Any], None]:
        """Make the function that lets an item pass in a run; what it needs of ours for each one are its own names."""
        hand_on, slot, keeper = self._below.on_next, self._context.slot, self._context.keeper
        current, tell, forget = CURRENT.get, CURRENT.set, CURRENT.reset

        def push(value: Any) -> None:
            if self._ended:
                return
            on_its_own = slot.event is UNSET
            token = None if current() is keeper else tell(keeper)
            try:
                hand_on(value)
            except Halt:
                if not on_its_own:
                    raise
                # Whoever pushes is not ours to unwind; the run knows already that it must end.
                self._ended = True
            finally:
                if token is not None:
                    forget(token)

        return push

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
        self._gate.when_open(lambda: on_time_of(self._context.keeper, act))

    def _end(self, act: Callable[[], None]) -> None:
        if not self._ended:
            self._ended = True
            act()
            if self._catch_up is not None:
                self._catch_up()
