"""What is written down while streams run: everything they say, and at which instant."""

from __future__ import annotations

from typing import Any, Final

from reactivex import Observable

from rxstream.core import current_scheduler
from rxstream.testing._said import Notification, Said


def now_ns() -> int:
    """The running code's instant; outside any run that of the epoch, at which diagrams begin."""
    scheduler = current_scheduler()
    return 0 if scheduler is None else scheduler.now_ns


#: So much more than was drawn is written down, to be shown; whoever says more would perhaps never end.
_MORE: Final = 100
#: As much is written down of an inner stream, of which it is not known what was drawn.
_INNER: Final = 10_000


class SaidTooMuchError(Exception):
    """Ends a stream that says more than anybody wants to read."""


class Recorder:
    """An observer that writes down what it hears; a stream among the values is listened to from then on.

    Args:
        since: The instant from which is counted, in nanoseconds.
        drawn: How many notifications are expected.
    """

    def __init__(self, *, since: int = 0, drawn: int) -> None:
        self._since = since
        self._most = drawn + _MORE
        self._heard: list[Notification] = []
        self.said = Said(self._heard)

    def on_next(self, value: Any) -> None:
        """Write down a value, or begin with an inner stream."""
        if len(self._heard) >= self._most:
            raise SaidTooMuchError
        if not isinstance(value, Observable):
            self._heard.append(Notification(self._at, "value", value))
            return
        inner = Recorder(since=now_ns(), drawn=_INNER)
        self._heard.append(Notification(self._at, "value", inner.said))
        value.subscribe(inner.on_next, inner.on_error, inner.on_completed, scheduler=current_scheduler())

    def on_error(self, error: BaseException) -> None:
        """Write down an error."""
        if not isinstance(error, SaidTooMuchError):
            self._heard.append(Notification(self._at, "error", error))

    def on_completed(self) -> None:
        """Write down the end."""
        self._heard.append(Notification(self._at, "end"))

    @property
    def _at(self) -> int:
        return now_ns() - self._since
