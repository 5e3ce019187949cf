"""What was made of each value: handed on in place, or waited for, side by side or by turns."""

from __future__ import annotations

import inspect
import math
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from types import GeneratorType
from typing import Any, Final

from reactivex import Observable

from rxstream.core import FAILURES, Downstream, Event, HeldWatermark, Hold, Mark
from rxstream.delivery import WaitingHolds
from rxstream.errors import StreamError
from rxstream.operators._flat_map_async import AsyncInner
from rxstream.operators._flat_map_stream import StreamInner
from rxstream.operators._map_async_tasks import Wanted

#: What is seen at once to be iterable; to find out that something need not be waited for takes longer.
_IN_PLACE: Final = frozenset({GeneratorType, str, set, frozenset, dict, range, list, tuple})


class Inners:
    """One subscription of `flat_map`: what has not ended, and the values that wait for their turn.

    Args:
        f: The function.
        down: Where items go.
        most: How many may be under way at once; None: any number.
    """

    def __init__(self, f: Callable[[Any], Any], down: Downstream[Any], most: int | None) -> None:
        self.down = down
        self.wanted = Wanted(down.stop)
        self.holds = WaitingHolds(down.context.slot, down.stop, "flat_map")
        self.is_limited = most is not None
        #: Whether the next value has to wait.
        self.is_full = False
        self._f = f
        self._most = math.inf if most is None else most
        self._under_way = 0
        self._waiting: deque[tuple[Any, Hold, Mark | None]] = deque()
        self._is_serving = False
        self._completing = False
        self._watermark = HeldWatermark(down) if down.keeps_event_time else None
        self.on_watermark = None if self._watermark is None else self._watermark.on_watermark

    def on_next(self, value: Any) -> None:
        """Take one value."""
        if self.is_full:
            self.wait_for_turn(value)
        else:
            self.hand_on(self._f(value), value)

    def on_completed(self) -> None:
        """Take the end of the outer stream."""
        self._completing = True
        self._complete_if_done()

    def wait_for_turn(self, value: Any) -> None:
        """Keep a value until one of those before it has ended."""
        self._waiting.append((value, self.holds.keep(), self.marked()))

    def hand_on(self, made: Any, value: Any) -> None:
        """Hand on what was made of the value that the slot names; what has to be waited for, later."""
        if type(made) in _IN_PLACE:
            self._hand_on_each(made)
        elif isinstance(made, Observable):
            StreamInner(self, value).begin(made)
        elif hasattr(made, "__aiter__") or inspect.isawaitable(made):
            AsyncInner(self, value).begin(made)
        else:
            self._hand_on_each(made)

    def _hand_on_each(self, made: Any) -> None:
        slot, stop, emit, restores = self.down.context.slot, self.down.stop, self.down.emit, self.down.below.passport
        # What is said below of one item's key and time is not its siblings' business.
        said = slot.key, slot.time, slot.headers
        for item in _iterated(made):
            if type(item) is Event:
                self.hand_on_event(item)
            else:
                emit(item)
            if stop.now:
                return
            if restores:
                slot.key, slot.time, slot.headers = said

    def hand_on_item(self, item: Any) -> None:
        """Hand on one item in the name of its outer one; an Event says itself what its passport is."""
        if isinstance(item, Event):
            self.hand_on_event(item)
        else:
            self.down.emit(item)

    def hand_on_event(self, event: Event[Any]) -> None:
        """Hand on one item that has a passport of its own."""
        slot = self.down.context.slot
        said = slot.key, slot.time, slot.headers
        slot.key, slot.time, slot.headers = event.key, event.timestamp_ns, event.headers
        self.down.emit(event.value)
        slot.key, slot.time, slot.headers = said

    def marked(self) -> Mark | None:
        """Hold the watermark back for the item that the slot names, where anybody below wants one."""
        return None if self._watermark is None else self._watermark.mark()

    def unmark(self, mark: Mark | None) -> None:
        """Hold it back no more."""
        if mark is not None and self._watermark is not None:
            self._watermark.unmark(mark)

    def note_begin(self) -> None:
        """Note that something has begun."""
        self._under_way += 1
        self.is_full = self._under_way >= self._most or bool(self._waiting)

    def note_end(self) -> None:
        """Note that something has ended, and let those begin that wait for it."""
        self._under_way -= 1
        self._serve()
        self._complete_if_done()

    def _serve(self) -> None:
        # What begins may end at once, and come back here.
        if self._is_serving:
            return
        self._is_serving = True
        while self._waiting and self._under_way < self._most and not self.down.stop.now:
            self._begin(*self._waiting.popleft())
        self._is_serving = False
        self.is_full = self._under_way >= self._most or bool(self._waiting)

    def _begin(self, value: Any, hold: Hold, mark: Mark | None) -> None:
        try:
            hold.emit(lambda value: self.hand_on(self._f(value), value), value)
        except FAILURES as error:
            hold.emit(partial(self.down.failed, error), value)
        self.holds.release(hold)
        self.unmark(mark)

    def _complete_if_done(self) -> None:
        if self._completing and not self._under_way and not self._waiting and not self._is_serving:
            self.down.complete()


def _iterated(made: Any) -> Iterable[Any]:
    try:
        found: Iterable[Any] = iter(made)
    except TypeError:
        raise StreamError(
            f"flat_map: the function must return an iterable, a stream or an async iterable; got {made!r}. "
            "Return a list of one item, or use ops.map."
        ) from None
    return found
