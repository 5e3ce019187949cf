"""A stream made of a diagram, which remembers when it was subscribed to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rxstream.core import Closing, Feed, Stream, make_event
from rxstream.testing._diagram import Span
from rxstream.testing._recorder import now_ns
from rxstream.testing._said import Notification, Said

#: An instant in nanoseconds, and the value that comes then.
Record = tuple[int, Any]


class Source:
    """One diagram as a stream.

    Args:
        said: What the diagram says.
        hot: Whether its instants are those of the test, rather than counted from each subscription.
    """

    def __init__(self, said: Said, *, hot: bool) -> None:
        self.said: Final = said
        self.stream: Final[Stream[Any]] = Stream(feed=_feed("hot" if hot else "cold", self))
        self.hot: Final = hot
        self._subscriptions: list[Subscription] = []

    @property
    def spans(self) -> list[Span]:
        """When it was subscribed to, in order."""
        return [Span(made.begin, made.end) for made in self._subscriptions]

    def forget(self) -> None:
        """Forget all subscriptions."""
        self._subscriptions.clear()

    def subscribe(self) -> Subscription:
        """Hand over, from this instant on, what is still to come."""
        now = now_ns()
        zero = 0 if self.hot else now
        coming = [one._replace(at=one.at + zero) for one in self.said.notifications]
        made = Subscription(now, coming)
        self._subscriptions.append(made)
        return made


class Subscription(Iterator[Sequence[Record] | Closing]):
    """What one subscriber gets: everything from its instant on, and the end however late it comes.

    Args:
        begin: The instant of subscription, in nanoseconds.
        coming: What the source says.
    """

    def __init__(self, begin: int, coming: Sequence[Notification]) -> None:
        self.begin: Final = begin
        self.end: int | None = None
        self._runs_dry = False
        self._parts = self._in_parts(coming)

    def _in_parts(self, coming: Sequence[Notification]) -> Iterator[Sequence[Record] | Closing]:
        yield [(one.at, one.value) for one in coming if one.kind == "value" and one.at >= self.begin]
        last = coming[-1] if coming else None
        if last is None or last.kind == "value":
            self._runs_dry = True
            yield Closing(None)
        else:
            yield Closing(max(last.at, self.begin), last.value)

    def __next__(self) -> Sequence[Record] | Closing:
        return next(self._parts)

    def close(self) -> None:
        """Note the unsubscription."""
        if self._runs_dry:
            # What has nothing more to give is closed at once, though whoever listens goes on to.
            self._runs_dry = False
        elif self.end is None:
            self.end = now_ns()


def _feed(name: str, source: Source) -> Feed:
    return Feed(
        name=name,
        lift=lambda record: make_event(record[1], None, record[0], (), None),
        value="record[1]",
        time="record[0]",
        batches=source.subscribe,
        time_of=lambda record: int(record[0]),
        disorder=0,
    )
