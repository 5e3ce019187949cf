"""The slot that names the record being worked on, and the holds that keep a record beyond its pass.

A source pushes a batch; while one of its records travels down the chain, the thread's slot names it. Nothing
is made for it: an Event is lifted out of the raw record only when somebody asks. Who keeps an item longer
than the call takes a `Hold`; when the last hold is gone, the record is settled.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, Final, Protocol

from rxstream.core._event import Event, answered_as, make_event
from rxstream.core._partitions import Partitions


class Unset:
    """The type of UNSET, so that it prints as what it is."""

    def __repr__(self) -> str:
        return "UNSET"


#: "Nothing was said here": the record's own key, time or headers count.
UNSET: Final[Any] = Unset()


class Batch(Protocol):
    """Records handed over together, as far as whoever holds them needs to know it.

    Args:
        tracks: Whether the source remembers what was settled, so that even an operator's state must hold its records.
        partitions: Those of the source, where each has a watermark of its own; else None.
    """

    tracks: bool
    partitions: Partitions | None

    def lift(self, record: Any) -> Event[Any]:
        """Make the Event of a raw record."""

    def pin(self, record: Any, waiting: bool) -> None:
        """Keep a record unsettled; ``waiting``: it waits for work, so it counts against the source's limit."""

    def unpin(self, record: Any, waiting: bool) -> None:
        """Take one pin back."""

    def hold_all(self) -> None:
        """Keep the whole batch unsettled."""

    def release_all(self) -> None:
        """Take one hold on the whole batch back."""


class Slot:
    """What is being worked on right now on one thread; empty between passes."""

    __slots__ = ("batch", "event", "headers", "hold", "keeper", "key", "time")

    def __init__(self) -> None:
        #: Whose clock counts, where no context says it.
        self.keeper: Any = None
        self.clear()

    def clear(self) -> None:
        """Name nothing."""
        self.event: Any = UNSET  # a raw record of `batch`, or an Event where there is no batch
        self.batch: Batch | None = None
        self.hold: Hold | None = None  # under which the item was handed on, if it comes from a keeper
        self.key: Any = UNSET  # what operators said of the item; the record's own otherwise
        self.time: Any = UNSET
        self.headers: Any = UNSET

    @property
    def tracks(self) -> bool:
        """Whether a source remembers what was settled of the item that is named."""
        if self.hold is not None:
            return self.hold.tracks
        return self.batch is not None and self.batch.tracks

    def save(self) -> Saved:
        """What `restore` takes."""
        return (self.event, self.batch, self.hold, self.key, self.time, self.headers)

    def restore(self, saved: Saved) -> None:
        """Name again what was named when `save` was called."""
        self.event, self.batch, self.hold, self.key, self.time, self.headers = saved


class _ThreadSlot(threading.local):
    def __init__(self) -> None:
        self.slot = Slot()


_THREAD: Final = _ThreadSlot()


class Named(Protocol):
    """An item that a task is at work on; its passport is made when somebody asks."""

    @property
    def passport(self) -> Event[Any]:
        """With its source's value."""


#: What a slot said of an item, as `Slot.save` gives it.
Saved = tuple[Any, "Batch | None", "Hold | None", Any, Any, Any]
_TASK_ITEM: Final[ContextVar[Event[Any] | Named | Saved | None]] = ContextVar("rxstream_event", default=None)


def thread_slot() -> Slot:
    """This thread's slot; whoever works per item resolves it once, at subscribe time."""
    return _THREAD.slot


def current_event() -> Event[Any] | None:
    """Return the passport of the value being worked on, or None where there is none.

    It can be asked for by any code that runs on the value's behalf: a mapper, an awaited helper, a task that it
    started, a sink. Its value and origin are the source's; key, timestamp and headers are what the operators
    above made of them.
    """
    slot = _THREAD.slot
    if slot.event is UNSET:
        item = _TASK_ITEM.get()
        if not isinstance(item, tuple):
            return item if item is None or isinstance(item, Event) else item.passport
        slot = Slot()
        slot.restore(item)
    source = source_event(slot)
    return passport(slot, source.value)


#: Makes an item, or an Event, the current one for the running task and what it starts.
tell_task: Final[Callable[[Event[Any] | Named | Saved | None], object]] = _TASK_ITEM.set


def source_event(slot: Slot) -> Event[Any]:
    """The Event of the record that a slot names, as its source made it."""
    event: Event[Any] = slot.event if slot.batch is None else slot.batch.lift(slot.event)
    return event


def passport(slot: Slot, value: Any) -> Event[Any]:
    """The Event of an item: its value, with key, time and headers as the operators left them."""
    source = source_event(slot)
    made = make_event(
        value,
        source.key if slot.key is UNSET else slot.key,
        source._time if slot.time is UNSET else slot.time,
        source.headers if slot.headers is UNSET else slot.headers,
        source.origin,
    )
    return made if source.__class__ is Event else answered_as(made, source)


def item_key(slot: Slot) -> Any:
    """The key of the item that a slot names."""
    return source_event(slot).key if slot.key is UNSET else slot.key


def item_time(slot: Slot) -> int | None:
    """The instant of the item that a slot names, in nanoseconds; None if it has none."""
    return source_event(slot).timestamp_ns if slot.time is UNSET else slot.time


class Hold:
    """One item kept beyond its pass: its passport, and the records that stay unsettled meanwhile.

    A hold counts units: `again` adds one, `release` takes one back, and the last one settles. What was made of
    several items has a hold of all of theirs (`Hold.joint`).

    Args:
        slot: Names the item.
        waiting: Whether it waits for work, and not only for others as an operator's state.
        holder: Who keeps it, for whoever asks why it is not settled.
    """

    __slots__ = ("batch", "event", "headers", "holder", "key", "parts", "time", "tracks", "units", "waiting", "weighs")

    def __init__(self, slot: Slot, *, waiting: bool, holder: str = "") -> None:
        self.event = slot.event
        self.batch = slot.batch
        self.key = slot.key
        self.time = slot.time
        self.headers = slot.headers
        self.units = 1
        self.waiting = waiting
        self.holder = holder
        self.parts: Iterable[Hold] | None = None
        #: Whose record counts as the one that waits: what was made of several items is one piece of work.
        self.weighs: Hold | None = None
        #: Whether a source remembers what was settled of it.
        self.tracks = False
        if slot.hold is not None:
            self.tracks = slot.hold.tracks
            self.parts = (slot.hold.again(),)
            first = slot.hold.first if waiting else None
            if first is not None and first.batch is not None:
                self.weighs = first
                first.batch.pin(first.event, True)
        elif self.batch is not None:
            self.tracks = self.batch.tracks
            self.batch.pin(self.event, waiting)

    @classmethod
    def joint(cls, event: Event[Any], parts: Iterable[Hold]) -> Hold:
        """Hold what was made of several items, taking their holds over."""
        made = cls.__new__(cls)
        made.holder = ""
        made.event, made.batch, made.units, made.waiting = event, None, 1, False
        made.key = made.time = made.headers = UNSET
        made.parts, made.weighs, made.tracks = parts, None, True
        return made

    @property
    def first(self) -> Hold | None:
        """The first hold of a record among all that it is made of."""
        hold: Hold | None = self
        while hold is not None and hold.parts is not None:
            hold = next(iter(hold.parts), None)
        return hold

    @property
    def passport(self) -> Event[Any]:
        """The kept item's passport, with its source's value: what `current_event` says in a task on its behalf."""
        found: list[Event[Any]] = []
        self.emit(lambda slot: found.append(passport(slot, source_event(slot).value)), _THREAD.slot)
        return found[0]

    def again(self) -> Hold:
        """Add one unit."""
        self.units += 1
        return self

    def stop_waiting(self) -> None:
        """Count no longer as waiting for work, though nothing is settled yet: others may keep it as their state."""
        at = self.weighs or self
        if self.waiting and at.batch is not None and (at is not self or self.parts is None):
            if at is self:
                at.batch.pin(at.event, False)
            at.batch.unpin(at.event, True)
        self.waiting, self.weighs = False, None

    def release(self) -> None:
        """Take one unit back; the last one settles what is held. Not recursive, however deep the parts go."""
        pending = [self]
        while pending:
            hold = pending.pop()
            hold.units -= 1
            if hold.units:
                continue
            if hold.weighs is not None and hold.weighs.batch is not None:
                hold.weighs.batch.unpin(hold.weighs.event, True)
            if hold.parts is not None:
                pending.extend(hold.parts)
                hold.parts = ()
            elif hold.batch is not None:
                hold.batch.unpin(hold.event, hold.waiting)

    def emit(self, on_next: Callable[[Any], None], value: Any) -> None:
        """Hand ``value`` on with this passport and under this hold."""
        slot = _THREAD.slot
        saved = slot.save()
        slot.event, slot.batch, slot.hold = self.event, self.batch, self
        slot.key, slot.time, slot.headers = self.key, self.time, self.headers
        try:
            on_next(value)
        finally:
            slot.restore(saved)
