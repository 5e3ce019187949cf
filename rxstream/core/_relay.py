"""The head of a stream that an operator feeds, as it does a group's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from reactivex import Observable, abc
from reactivex.disposable import Disposable

from rxstream.core._instants import NEVER
from rxstream.core._passport import thread_slot
from rxstream.core._receiver import Receiver, Stop


class Feeder(Protocol):
    """The operator that feeds relays; it is called by them, within a pass."""

    def unheard(self, value: Any) -> None:
        """Take an item to which nobody listens."""

    def begun(self, relay: Relay, receiver: Receiver) -> None:
        """Hear that a receiver listens from now on."""

    def left(self, relay: Relay) -> None:
        """Hear that a receiver wants no more, or has been told of the end."""

    def awaited(self, receiver: Receiver) -> Receiver:
        """Change the receiver of what is made of a relay's items, so that its watermark is known to the operator."""


class Relay(Observable[Any]):
    """Hands on what an operator says to whoever is connected, from then on.

    Nothing stands between the operator and those it feeds: an item costs a call, and keeps its passport.

    Args:
        feeder: The operator.
        tracks: Whether its items are records of a source that remembers what was settled.
    """

    def __init__(self, feeder: Feeder, *, tracks: bool = False) -> None:
        super().__init__()
        self._feeder = feeder
        self.tracks = tracks
        #: Takes one item, named by the slot.
        self.on_next: Callable[[Any], Any] = feeder.unheard
        self._listeners: list[tuple[Receiver, Callable[[], None]]] = []
        #: What is said to whoever comes behind the end.
        self._end: Callable[[Receiver], None] | None = None

    @property
    def watermarks(self) -> bool:
        """Whether any of those connected keeps event time."""
        return any(receiver.watermarks for receiver, _ in self._listeners)

    def on_watermark(self, watermark: int) -> int:
        """Hand on an instant before which no more items come; say from which on the next is wanted."""
        return min([receiver.on_watermark(watermark) for receiver, _ in self._listeners], default=NEVER)

    def on_completed(self) -> None:
        """Hand on the end."""
        self._say_last(lambda receiver: receiver.on_completed())

    def on_error(self, error: BaseException) -> None:
        """Hand on an error that ends the stream."""
        self._say_last(lambda receiver: receiver.on_error(error))

    def awaited(self, receiver: Receiver) -> Receiver:
        """What to connect in place of ``receiver``, if items of this stream may be kept on their way there."""
        return self._feeder.awaited(receiver)

    def connect(self, receiver: Receiver) -> None:
        """Hand on to ``receiver`` from now on; behind the end it hears only of that."""
        if self._end is not None:
            self._end(receiver)
            return
        leave = partial(self._leave, receiver)
        self._listeners.append((receiver, leave))
        self._aim()
        receiver.stop.listen(leave)
        self._feeder.begun(self, receiver)

    def _leave(self, receiver: Receiver) -> None:
        left = [listener for listener in self._listeners if listener[0] is not receiver]
        if len(left) < len(self._listeners):
            self._listeners = left
            self._aim()
            self._feeder.left(self)

    def _say_last(self, end: Callable[[Receiver], None]) -> None:
        if self._end is not None:
            return
        self._end, listeners, self._listeners = end, self._listeners, []
        self._aim()
        for receiver, leave in listeners:
            # Whoever goes on longer than this stream must not keep it.
            receiver.stop.forget(leave)
            self._feeder.left(self)
            end(receiver)

    def _aim(self) -> None:
        receivers = [receiver for receiver, _ in self._listeners]
        if len(receivers) == 1:
            self.on_next = receivers[0].on_next
        else:
            self.on_next = _to_each(receivers) if receivers else self._feeder.unheard

    def _subscribe_core(
        self, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        stop = Stop()
        self.connect(Receiver("subscribe", observer.on_next, observer.on_completed, observer.on_error, stop=stop))  # type: ignore[arg-type]  # Rx says Exception; a CancelledError is none
        return Disposable(stop.set)


def _to_each(receivers: Sequence[Receiver]) -> Callable[[Any], None]:
    slot = thread_slot()

    def on_next(value: Any) -> None:
        # What one of them says of key, time and headers is not the next one's business.
        said = slot.key, slot.time, slot.headers
        for receiver in receivers:
            if not receiver.stop.now:
                receiver.on_next(value)
                slot.key, slot.time, slot.headers = said

    return on_next
