"""A stream that was made of one value: what it says is said on the value's behalf."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any

from reactivex import Observable, abc

from rxstream.core import FAILURES, UNSET, Connections, Hold, Receiver, Stop, Stream, run_inner

if TYPE_CHECKING:
    from rxstream.operators._flat_map_inner import Inners


class StreamInner(abc.ObserverBase[Any]):
    """One inner stream's observer, for the value that the slot names.

    Args:
        inners: All of the subscription.
        value: The value.
    """

    is_source = True

    def __init__(self, inners: Inners, value: Any) -> None:
        self._inners = inners
        self._down = inners.down
        self._value = value
        self._hold = inners.holds.keep()
        self._mark: Any = None
        self._ended = False
        self._unsubscribe: Callable[[], None] | None = None
        self._thread = get_ident()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, or is wanted; as the run asks of whatever comes from outside."""
        return self._ended or self._down.stop.now

    def begin(self, inner: Observable[Any]) -> None:
        """Begin it: rxstream's own in place, any other as it likes."""
        self._inners.note_begin()
        try:
            if isinstance(inner, Stream):
                self._run(inner)
            else:
                # It has no passports: whatever it says, and whenever, gets the value's timestamp.
                self._mark = self._inners.marked()
                self._subscribe(inner)
        except FAILURES:
            # The failure is told by whoever has called.
            self._end()
            raise

    def _run(self, inner: Stream[Any]) -> None:
        down, stop = self._down, Stop()
        self._unsubscribe = stop.set
        down.stop.listen(stop.set)
        # Where the value has nothing to settle, the items' own records are all there is.
        on_next = self._take if self._hold.tracks else down.emit
        below = Receiver("flat_map", on_next, self.on_completed, self.on_error, stop=stop, passport=down.below.passport)
        below.depth = down.below.depth + 1
        run_inner(inner, below, down.context)

    def _subscribe(self, inner: Observable[Any]) -> None:
        scheduler = self._down.context.scheduler
        self._down.context.attach(Connections(entries=[self]))
        subscription = inner.subscribe(self, scheduler=scheduler)
        if not self._ended:
            self._unsubscribe = subscription.dispose
            self._down.stop.listen(subscription.dispose)
        if not scheduler.is_live:
            # What it does at this instant, it does at once, and in nobody's name.
            slot = self._down.context.slot
            saved = slot.save()
            slot.clear()
            try:
                scheduler.run_until(scheduler.now_ns, inclusive=True)
            finally:
                slot.restore(saved)

    def on_next(self, value: Any) -> None:
        """Take one item, from whatever thread."""
        if get_ident() == self._thread:
            self._take(value)
        else:
            self._down.context.post(partial(self._take, value))

    def on_error(self, error: BaseException) -> None:
        """Take an error that ends it: a failure of its value."""
        if get_ident() == self._thread:
            self._fail(error)
        else:
            self._down.context.post(partial(self._fail, error))

    def on_completed(self) -> None:
        """Take the end."""
        if get_ident() == self._thread:
            self._end()
        else:
            self._down.context.post(self._end)

    def _take(self, value: Any) -> None:
        down, hold = self._down, self._hold
        slot = down.context.slot
        if self._ended or down.stop.now:
            return
        if slot.event is UNSET or (slot.event is hold.event and slot.batch is hold.batch):
            hold.emit(self._inners.hand_on_item, value)
        elif hold.tracks:
            self._emit_both(value)
        else:
            down.emit(value)

    def _emit_both(self, value: Any) -> None:
        """Hand on an item with a record of its own: who keeps it, keeps that one and the outer one."""
        slot, before = self._down.context.slot, self._down.context.slot.hold
        outer = self._hold.again()
        own = self._down.hold_if_tracked()
        if own is not None:
            outer = Hold.joint(self._hold.event, (own, outer))
        slot.hold = outer
        # Named as the item is, so that its passport can be made again.
        slot.hold = both = Hold(slot, waiting=False, holder="flat_map")
        outer.release()
        try:
            self._down.emit(value)
        finally:
            slot.hold = before
        both.release()

    def _fail(self, error: BaseException) -> None:
        if not self._ended:
            # If that ends the run, the hold stays: the value's record is not settled.
            self._hold.emit(partial(self._down.failed, error), self._value)
            self._end()

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        if self._unsubscribe is not None:
            self._down.stop.forget(self._unsubscribe)
        self._inners.holds.release(self._hold)
        self._inners.unmark(self._mark)
        self._inners.note_end()
