"""What stands below a stage: where items, watermarks, the end and errors go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rxstream.core._inline import Inline
from rxstream.core._instants import NEVER
from rxstream.core._passport import thread_slot


class Stop:
    """Whether those below want no more items; looked at after each item, so a plain attribute."""

    __slots__ = ("_listeners", "now")

    def __init__(self) -> None:
        self.now = False
        self._listeners: list[Callable[[], None]] = []

    def set(self) -> None:
        """Want no more."""
        if not self.now:
            self.now = True
            # They are not needed again, and know what is to be forgotten.
            listeners, self._listeners = self._listeners, []
            for listener in listeners:
                listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` once no more is wanted."""
        if self is not ENDLESS:
            self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """Do not call ``listener`` any more."""
        if listener in self._listeners:
            self._listeners.remove(listener)


#: Below stands nobody who could ever want no more; generated code leaves the question out.
ENDLESS = Stop()


def linked_stop(below: Stop) -> Stop:
    """A stop of one's own that is also set when those below want no more."""
    own = Stop()
    if below is not ENDLESS:
        below.listen(own.set)
    return own


def no_watermark(_watermark: int) -> int:
    """Nobody below keeps event time."""
    return NEVER


def nobody_waits() -> None:
    """Nobody below brings several inputs together."""


def never_called(_value: Any) -> None:
    """Stands where code is pasted in place of a call."""
    raise AssertionError("what has code of its own is not called")


@dataclass(slots=True)
class Receiver:
    """Where a stage hands its results to.

    Args:
        name: Whom an error that comes out of ``on_next`` belongs to.
        on_next: Takes one item, named by the thread's slot.
        on_completed: Takes the end.
        on_error: Takes an error that ends the stream.
        on_watermark: Takes an instant before which no more items come, and says from which watermark on it wants
            to hear again (`NEVER`: not at all).
        on_idle: Hears that nothing has come for so long that nobody should wait for it, until the next watermark.
        stop: Set when no more is wanted.
        passport: Whether anybody from here on reads or changes keys, times or headers.
        inline: Code that does what ``on_next`` does, to be pasted in place of the call.
        depth: How many operators that keep items or wait stand from here on, one below the other.
        on_batch: Takes a batch's records in place of ``on_next``; only of a source that stands right above, and whose
            values are certain. What it leaves has not passed.
        branches: What ``on_next`` hands everything to, where all of it is code to be pasted in place of calls.
    """

    name: str
    on_next: Callable[[Any], Any]
    on_completed: Callable[[], None]
    on_error: Callable[[BaseException], None]
    on_watermark: Callable[[int], int] = no_watermark
    stop: Stop = ENDLESS
    passport: bool = False
    inline: Inline | None = None
    depth: int = 0
    on_idle: Callable[[], None] = nobody_waits
    on_batch: Callable[[Iterator[Any]], None] | None = None
    branches: Sequence[Branch] = ()

    @property
    def watermarks(self) -> bool:
        """Whether anybody from here on keeps event time."""
        return self.on_watermark is not no_watermark


class Branch(NamedTuple):
    """One of those to whom everything is handed.

    Args:
        pieces: Its inline operators, of which no function was made, cut into pieces that one can hold.
        below: What stands below these.
        context: Whose counts and error handler it is under.
    """

    pieces: Sequence[Any]
    below: Receiver
    context: Any


def fan_out(branches: Sequence[Receiver]) -> Receiver:
    """Hand everything to several receivers, in their order; it stops when all of them want no more."""

    def on_watermark(watermark: int) -> int:
        return min([branch.on_watermark(watermark) for branch in branches])

    def on_completed() -> None:
        for branch in branches:
            branch.on_completed()

    def on_error(error: BaseException) -> None:
        for branch in branches:
            branch.on_error(error)

    def on_idle() -> None:
        for branch in branches:
            branch.on_idle()

    passport = any(branch.passport for branch in branches)
    return Receiver(
        name=branches[0].name,
        on_next=_each_with_passport(branches) if passport else _each(branches),
        inline=_each_inline(branches),
        on_completed=on_completed,
        on_error=on_error,
        on_watermark=on_watermark if any(branch.watermarks for branch in branches) else no_watermark,
        on_idle=on_idle,
        stop=_all_stopped(branches),
        passport=passport,
        depth=max(branch.depth for branch in branches),
    )


def _each(branches: Sequence[Receiver]) -> Callable[[Any], None]:
    targets = tuple((branch.on_next, branch.stop) for branch in branches)

    def on_next(value: Any) -> None:
        for target, stop in targets:
            if not stop.now:
                target(value)

    return on_next


def _each_inline(branches: Sequence[Receiver]) -> Inline | None:
    """The same as code, where no branch can want no more."""
    if any(branch.stop is not ENDLESS for branch in branches):
        return None
    targets = {f"branch_{place}": branch.on_next for place, branch in enumerate(branches)}
    if not any(branch.passport for branch in branches):
        return Inline("\n".join(f"{name}(value)" for name in targets), targets, {})
    again = "slot.key, slot.time, slot.headers = said"
    lines = ["said = slot.key, slot.time, slot.headers"]
    return Inline("\n".join([*lines, *(f"{name}(value)\n{again}" for name in targets)]), targets, {})


def _each_with_passport(branches: Sequence[Receiver]) -> Callable[[Any], None]:
    targets = tuple((branch.on_next, branch.stop) for branch in branches)
    slot = thread_slot()

    def on_next(value: Any) -> None:
        # What one branch says of key, time and headers is not the next one's business.
        said = slot.key, slot.time, slot.headers
        for target, stop in targets:
            if not stop.now:
                target(value)
                slot.key, slot.time, slot.headers = said

    return on_next


def _all_stopped(branches: Sequence[Receiver]) -> Stop:
    if any(branch.stop is ENDLESS for branch in branches):
        return ENDLESS
    stop = Stop()

    def look() -> None:
        if all(branch.stop.now for branch in branches):
            stop.set()

    for branch in branches:
        branch.stop.listen(look)
    return stop
