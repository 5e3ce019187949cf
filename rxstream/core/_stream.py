"""The Stream: an Observable that knows what it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Sequence
from datetime import datetime
from typing import Any, NoReturn, Protocol, TypeVar

from reactivex import Observable, abc
from reactivex.internal import default_error, noop

from rxstream.core._arguments import callable_, positive_count
from rxstream.core._feed import Feed
from rxstream.core._foreign import foreign_name, is_reactivex_operator, refuse_untracked
from rxstream.core._instants import ns_to_datetime
from rxstream.core._operator import Operator, inline
from rxstream.core._pipeline import Handler, Pipeline
from rxstream.core._sink import check_handler, check_sink_argument, is_observer
from rxstream.core._timekeeper import timekeeper
from rxstream.errors import ConfigurationError

T_co = TypeVar("T_co", covariant=True)


class Runner(Protocol):
    """What a stream needs of the floor above to be awaited or iterated."""

    def iterate(self, stream: Stream[Any]) -> AsyncIterator[Any]:
        """Run the stream and hand out its items one by one."""


class Artist(Protocol):
    """What a stream needs of the floors above to be seen in a notebook."""

    def __call__(self, *drawn: Stream[Any] | Pipeline) -> dict[str, str]:
        """Draw streams and pipelines, in the form of each media type."""


class Stream(Observable[T_co]):
    """An Observable made of a source and operators, run by a clock of its own.

    Streams are cold: subscribed or run again, they start anew with fresh state. One stream may be piped on in
    several ways; pipelines of one run share what they have in common.

    Edges: `iter` is refused, as an Observable cannot be waited for by a plain loop.

    Args:
        feed: The source, for a stream that is one.
        upstream: What it is made from, for any other.
        step: What is done with it: an rxstream operator, or any function from Observable to Observable.
        sides: Pipelines that get every item too, after those downstream.
    """

    runner: Runner | None = None
    artist: Artist | None = None

    def __init__(
        self,
        *,
        feed: Feed | None = None,
        upstream: Observable[Any] | None = None,
        step: Operator[Any, Any] | Callable[[Any], Observable[Any]] | None = None,
        sides: tuple[Pipeline, ...] = (),
    ) -> None:
        super().__init__()
        self.feed = feed
        self.upstream = upstream
        self.step = step
        self.sides = sides
        self._above: Sequence[Stream[Any]] | None = None
        #: What connecting has found of it.
        self.strand: Any = None

    def pipe(self, *operators: Callable[[Any], Any]) -> Stream[Any]:  # type: ignore[override]  # gives a Stream, always
        """Apply operators, left to right: rxstream's, reactivex's, or any function from Observable to Observable.

        Args:
            operators: Any number of them.

        Returns:
            The stream of what the last one makes.

        Raises:
            ConfigurationError: If one cannot be applied.
        """
        made: Stream[Any] = self
        for step in operators:
            if not callable(step):
                raise ConfigurationError(
                    f"pipe: an operator must be callable; got {step!r}. Give ops.…(…), "
                    "or a function from stream to stream."
                )
            made = _applied(made, step)
        return made

    def tee(self, n: int = 2) -> tuple[Stream[T_co], ...]:
        """Split into ``n`` branches of one subscription to the source.

        Raises:
            ConfigurationError: If ``n`` is no whole number of at least one.
        """
        positive_count("tee", n=n)
        branch = inline("tee", "")
        return tuple(derived(self, branch) for _ in range(n))

    def split(self, predicate: Callable[[T_co], object]) -> tuple[Stream[T_co], Stream[T_co]]:
        """Part into the values for which ``predicate`` is true and the others; it is asked once a value.

        Raises:
            ConfigurationError: If ``predicate`` cannot be called.
        """
        callable_("split", predicate=predicate)
        judged = derived(self, inline("split", "value = (predicate(value), value)", predicate=predicate))
        yes = inline("split", "if not value[0]: skip\nvalue = value[1]")
        no = inline("split", "if value[0]: skip\nvalue = value[1]")
        return derived(judged, yes), derived(judged, no)

    def to(self, *sinks: Any, on_error: Handler | None = None, name: str | None = None) -> Pipeline:
        """End in sinks: each gets every item.

        Args:
            sinks: ``rs.to_…(…)``, functions (plain or async), Observers, or objects with the `Sink` methods.
            on_error: What is done with an item that fails: ``rs.handlers.…``, or ``f(event, error)``, whose
                return means "handled". None: the run ends with the error.
            name: The pipeline's name in the report.

        Raises:
            ConfigurationError: If there is no sink, or one that cannot take values.
            UntrackedOperatorError: If an operator that could lose records stands behind a source that must not.
        """
        if not sinks:
            raise ConfigurationError(
                "to: needs at least one sink; got none. Give rs.to_list(), rs.to_file(…), a function, …"
            )
        for sink in sinks:
            check_sink_argument("to", sink)
        check_handler("to", on_error)
        refuse_untracked(lineage(self))
        steps = [made.step for made in lineage(self) if isinstance(made.step, Operator)]
        letters = [sink for handler in (on_error, *(step.handler for step in steps)) for sink in sinks_of(handler)]
        branches = [sink for step in steps for sink in step.sinks]
        tell_surroundings(self, [*sinks, *branches], letters)
        return Pipeline(self, sinks, on_error, name)

    @property
    def watermark(self) -> datetime | None:
        """The stream's watermark in the run under way, for a function that runs there: nothing earlier is to come.

        It is what the sources and `event_time` above have told so far: the smallest of theirs, an input that has ended
        left out; None before the first, and outside a run. The watermark goes ahead of the item that raises it. Behind
        operators that keep items (`delay`, `window`, …) it says how far what comes to them is.

        A source's own counts where `ops.observe` stands in the run, or somebody below goes by event time.

        Example:
            >>> history = rs.from_history([(5, "a"), (7, "b")], unit="s", disorder=2)
            >>> seen = history.pipe(ops.observe(lambda _: print(history.watermark)))
            >>> rs.collect(seen)
            1970-01-01 00:00:03+00:00
            1970-01-01 00:00:05+00:00
            ['a', 'b']
        """
        keeper = timekeeper()
        found = None if keeper is None else keeper.watermarks.of(self)
        return None if found is None else ns_to_datetime(found)

    def explain(self) -> None:
        """Print the plan: the steps, and the code generated for those that were fused."""
        from rxstream.core._explain import explained

        print(explained(self))  # noqa: T201 - printing is what was asked for

    def subscribe(
        self,
        on_next: abc.ObserverBase[T_co] | abc.OnNext[T_co] | None = None,
        on_error: abc.OnError | None = None,
        on_completed: abc.OnCompleted | None = None,
        *,
        scheduler: abc.SchedulerBase | None = None,
    ) -> abc.DisposableBase:
        """Push the items into an Rx observer, here and now; for delivery, coroutines and live sources use `rs.run`.

        On a virtual scheduler that is given, items come at their instants, as its time goes; otherwise all that there
        is comes at once. Items of foreign Observables come whenever they are pushed.

        Args:
            on_next: Takes an item; or an Observer, in place of all three.
            on_error: Takes the error that ends the stream; None: it is raised.
            on_completed: Takes the end.
            scheduler: A reactivex scheduler or a `StreamScheduler`.

        Returns:
            What ends the subscription: ``dispose()``.

        Raises:
            ConfigurationError: If there is no ``on_error``, and a source or an operator has to wait.

        Delivery: nothing is acknowledged; sources that would be are refused.

        Example:
            >>> numbers = rs.from_iterable(["1", "x"]).pipe(ops.map(int))
            >>> _ = numbers.subscribe(print, on_error=lambda error: print("failed:", error))
            1
            failed: invalid literal for int() with base 10: 'x'
        """
        from rxstream.core._subscribe import subscribe

        take: Any = on_next
        if is_observer(on_next):
            take, on_error, on_completed = take.on_next, take.on_error, take.on_completed
        return subscribe(self, take or noop, on_error or default_error, on_completed or noop, scheduler)

    def __aiter__(self) -> AsyncIterator[T_co]:
        assert Stream.runner is not None  # noqa: S101 - importing rxstream provides it
        return Stream.runner.iterate(self)

    def __await__(self) -> Generator[Any, None, T_co]:
        return _last(self).__await__()

    def __iter__(self) -> NoReturn:
        raise TypeError(
            "a Stream cannot be iterated by a plain loop. Write `rs.collect(stream)` for a list of its items, "
            "or `async for value in stream` in a coroutine."
        )

    def __getitem__(self, key: Any) -> NoReturn:
        raise TypeError("a Stream has no items to index. Write stream.pipe(ops.take(n)) or rs.collect(stream)[i].")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        assert Stream.artist is not None  # noqa: S101 - importing rxstream provides it
        return Stream.artist(self)

    def __repr__(self) -> str:
        names: list[str] = []
        at: Stream[Any] = self
        while at.feed is None and isinstance(at.upstream, Stream):
            names.insert(0, at.step.name if isinstance(at.step, Operator) else foreign_name(at.step))
            at = at.upstream
        source = at.feed.name if at.feed is not None else type(at.upstream).__name__
        return " | ".join([f"Stream({source})", *names])


async def _last(stream: Stream[Any]) -> Any:
    last: Any = _last
    async for value in stream:
        last = value
    if last is _last:
        from reactivex.internal.exceptions import SequenceContainsNoElementsError

        raise SequenceContainsNoElementsError
    return last


def derived(upstream: Stream[Any], step: Operator[Any, Any]) -> Stream[Any]:
    """The stream that one operator makes of another stream."""
    return Stream(upstream=upstream, step=step)


def as_stream(observable: Observable[Any]) -> Stream[Any]:
    """Take any Observable as a Stream."""
    return observable if isinstance(observable, Stream) else Stream(upstream=observable)


def parents_of(stream: Stream[Any]) -> list[Stream[Any]]:
    """The streams that ``stream`` is made from directly: the one it was piped from, then its step's further inputs."""
    parents = [stream.upstream] if isinstance(stream.upstream, Stream) else []
    return [*parents, *stream.step.others] if isinstance(stream.step, Operator) else parents


def lineage(stream: Stream[Any]) -> Sequence[Stream[Any]]:
    """Every stream that ``stream`` is made from, itself first, each once; sources in the order they were given."""
    # A stream never changes: what was found once is kept, so that subscribing again costs little.
    if stream._above is None:
        seen: dict[int, Stream[Any]] = {}
        pending = parents_of(stream)[::-1]
        while pending:
            found = pending.pop()
            if id(found) in seen:
                continue
            seen[id(found)] = found
            pending.extend(reversed(parents_of(found)))
        stream._above = tuple(seen.values())
    return (stream, *stream._above)


def sinks_of(handler: Handler | None) -> Sequence[Any]:
    """The sinks to which an error handler sends what fails."""
    found: Sequence[Any] = getattr(handler, "sinks", ())
    return found


def tell_surroundings(stream: Stream[Any], sinks: Sequence[Any], letters: Iterable[Any]) -> None:
    """Tell sinks that want to know which sources stand above them, and which other sinks beside.

    Raises:
        ConfigurationError: From a sink that cannot stand there.
    """
    feeds = [made.feed for made in lineage(stream) if made.feed is not None]
    for sink in [*sinks, *letters]:
        behind = getattr(sink, "behind", None)
        if behind is not None:
            behind(feeds, [other for other in sinks if other is not sink])


def _applied(stream: Stream[Any], step: Callable[[Any], Any]) -> Stream[Any]:
    if isinstance(step, Operator):
        return derived(stream, step)
    if is_reactivex_operator(step):
        return Stream(upstream=stream, step=step)
    made = step(stream)
    if isinstance(made, Stream):
        return made
    if not isinstance(made, Observable):
        raise ConfigurationError(
            f"pipe: an operator must give an Observable; {foreign_name(step)} gave {made!r}. Return the stream from it."
        )
    # It hides what it does with the stream: applied anew in each run, to the run's own view of it.
    return Stream(upstream=stream, step=step)
