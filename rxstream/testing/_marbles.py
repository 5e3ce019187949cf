"""The marble kit: streams drawn as text, and expectations of what comes of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from textwrap import indent
from types import TracebackType
from typing import Any, Final

from reactivex import Observable

from rxstream.core import EPOCH, Stream, as_stream, positive_duration_ns
from rxstream.errors import ConfigurationError
from rxstream.runtime import observe_all
from rxstream.testing._diagram import Mark, read_length, read_output, read_source, read_subscription
from rxstream.testing._expectation import Expectation, Heard, Subscribed
from rxstream.testing._said import Said, meaning
from rxstream.testing._source import Source
from rxstream.testing._values import checked_error, checked_values


class Marbles:
    """Streams drawn as text, a character a frame, and expectations of what comes of them.

    In a diagram ``-`` is a frame in which nothing happens, ``|`` the end, ``#`` an error, and any other character a
    value: itself, or what ``values`` has for it. ``(ab|)`` happens at one instant and takes a frame a character,
    brackets too. ``3s``, ``500ms`` and ``2m``, between blanks, let time pass, counted from after the frame before.
    Other blanks are ignored. Frame n is ``start`` + n frames, which is also the timestamp of its values.

    Made by `marbles`, or by the pytest fixture of that name.

    Args:
        frame: How long a frame lasts, in seconds or as a timedelta.

    Raises:
        ConfigurationError: If ``frame`` is not longer than nothing; from every method for a malformed diagram.
    """

    #: The instant of frame 0.
    start: Final[datetime] = EPOCH

    def __init__(self, frame: float | timedelta = 1.0) -> None:
        self._given = frame
        self._frame = positive_duration_ns("marbles", frame=frame)
        self._sources: dict[Observable[Any], Source] = {}
        self._expected: list[Expectation] = []

    def __repr__(self) -> str:
        return f"Marbles(frame={self._given!r})"

    def hot(self, text: str, values: Mapping[str, Any] | None = None, error: Exception | None = None) -> Stream[Any]:
        """A stream that goes on whether or not anybody listens: a subscriber gets what comes from its instant on.

        Args:
            text: The diagram; ``^`` marks frame 0, and what stands before it nobody hears.
            values: What its characters stand for; others for themselves.
            error: What ``#`` is; None: ``Exception("error")``.

        Raises:
            ConfigurationError: If the diagram is malformed.

        Example:
            >>> from rxstream.testing import marbles
            >>> with marbles() as m:
            ...     m.expect(m.hot("a-^-b-|"), "  --b-|")
        """
        return self._source("marbles.hot", read_source("marbles.hot", text, self._frame), values, error, hot=True)

    def cold(self, text: str, values: Mapping[str, Any] | None = None, error: Exception | None = None) -> Stream[Any]:
        """A stream that begins anew for every subscriber, at its instant.

        Args:
            text: The diagram.
            values: What its characters stand for; others for themselves.
            error: What ``#`` is; None: ``Exception("error")``.

        Raises:
            ConfigurationError: If the diagram is malformed.

        Example:
            >>> from rxstream.testing import marbles
            >>> with marbles() as m:
            ...     outer = m.hot("--x---|", values={"x": m.cold("a-b|")})
            ...     m.expect(outer.pipe(ops.switch_latest()), "--a-b-|")
        """
        return self._source("marbles.cold", read_output("marbles.cold", text, self._frame), values, error, hot=False)

    def time(self, text: str) -> timedelta:
        """How long it takes until ``|``, for an operator's argument.

        Raises:
            ConfigurationError: If the diagram says anything else, or lasts no whole number of microseconds.

        Example:
            >>> from rxstream.testing import marbles
            >>> with marbles(frame=0.1) as m:
            ...     print(m.time("---|"))
            0:00:00.300000
        """
        span = read_length("marbles.time", text, self._frame)
        if span % 1_000:
            raise ConfigurationError(
                f"marbles.time: a length must be whole microseconds; got {text!r}, which is {span} ns. "
                "Choose another frame."
            )
        return timedelta(microseconds=span // 1_000)

    def expect(
        self,
        stream: Observable[Any],
        text: str,
        values: Mapping[str, Any] | None = None,
        error: Exception | None = None,
        subscription: str | None = None,
    ) -> None:
        """Expect what a stream says: everything in the diagram, at its instants, and nothing else.

        Values are equal as ``==`` has it, but True is not 1; errors by type and message; inner streams by what they
        say, counted from their own instant. It is listened to until nothing is left to do; but a stream that says far
        more than was drawn, and perhaps would never end, is left.

        Args:
            stream: What is subscribed to once it runs.
            text: The diagram.
            values: What its characters stand for; an inner stream is expected as ``m.cold(…)``.
            error: What ``#`` is; None: ``Exception("error")``.
            subscription: When to subscribe, ``^``, and to unsubscribe, ``!``; None: from frame 0 on.

        Raises:
            ConfigurationError: If a diagram is malformed, or ``stream`` is none.

        Example:
            >>> from rxstream.testing import marbles
            >>> with marbles() as m:
            ...     source = m.hot("-1-2-3-|")
            ...     m.expect(source.pipe(ops.map(int)), "-a-b----", values={"a": 1, "b": 2}, subscription="^---!")
        """
        who = "marbles.expect"
        if not isinstance(stream, Observable):
            raise ConfigurationError(f"{who}: stream must be a Stream or an Observable; got {stream!r}. Pipe one.")
        span = read_subscription(who, "^" if subscription is None else subscription, self._frame)
        said = meaning(read_output(who, text, self._frame), checked_values(who, values), checked_error(who, error))
        self._expected.append(Heard(as_stream(stream), self._with_inner(said), span, _caller()))

    def expect_subscriptions(self, source: Stream[Any], *texts: str) -> None:
        """Expect when a source is subscribed to: a diagram for each subscription, in order.

        Args:
            source: Made by `hot` or `cold`.
            texts: ``^`` where it begins, ``!`` where it is unsubscribed or the source ends; none: never subscribed.

        Raises:
            ConfigurationError: If a diagram is malformed, or ``source`` was made elsewhere.

        Example:
            >>> from rxstream.testing import marbles
            >>> with marbles() as m:
            ...     source = m.cold("a-b-c|")
            ...     m.expect(source.pipe(ops.take(2)), "a-(b|)")
            ...     m.expect_subscriptions(source, "    ^-!")
        """
        who = "marbles.expect_subscriptions"
        made = self._sources.get(source) if isinstance(source, Observable) else None
        if made is None:
            raise ConfigurationError(
                f"{who}: source must be made by hot or cold of the same kit; got {source!r}. "
                "Expect the subscriptions of the source that it was piped from."
            )
        spans = [read_subscription(who, text, self._frame) for text in texts]
        for span, text in zip(spans, texts, strict=True):
            if span.begin is None:
                raise ConfigurationError(
                    f'{who}: there must be a "^"; got {text!r}. Leave the diagram out where nobody subscribes.'
                )
        self._expected.append(Subscribed(made, spans, _caller()))

    def run(self) -> None:
        """Run all streams of which something is expected, together and in virtual time, and see what came.

        Implied at the end of ``with`` and of a test that uses the fixture.

        Raises:
            AssertionError: If anything is not as expected; its text has both sides as lanes, and a note every stage of
                a stream, which is run once more for that.
        """
        # pytest shows the line that expected it, and nothing of this.
        __tracebackhide__ = True
        expected, self._expected = self._expected, []
        try:
            observe_all([one.observation for one in expected if isinstance(one, Heard)])
            failed = [(one, told) for one in expected if (told := one.failure(self._frame)) is not None]
            # Behind all failures: to be drawn, a stream subscribes to its sources once more.
            pictures = [picture for one, _ in failed if (picture := one.picture()) is not None]
        finally:
            for source in self._sources.values():
                source.forget()
        if failed:
            first = failed[0][0]
            error = AssertionError("\n\n".join(told for _, told in failed))
            for picture in pictures:
                error.add_note(f"\nevery stage, run once more:\n\n{indent(picture, '  ')}")
            # As if raised by the line that expected it: that is where whoever reads it looks.
            raise error.with_traceback(first.place) from first.cause

    def _source(self, who: str, marks: list[Mark], values: object, error: object, *, hot: bool) -> Stream[Any]:
        source = Source(meaning(marks, checked_values(who, values), checked_error(who, error)), hot=hot)
        self._sources[source.stream] = source
        return source.stream

    def _with_inner(self, said: Said) -> Said:
        """Put what inner streams say in the place of those streams."""
        return Said(
            [one._replace(value=self._inner(one.value)) for one in said.notifications],
            {symbol: self._inner(value) for symbol, value in said.values.items() if self._can_be_expected(value)},
        )

    def _inner(self, value: Any) -> Any:
        if not self._can_be_expected(value):
            raise ConfigurationError(
                f"marbles.expect: an inner stream must be made by cold of the same kit; got {value!r}. "
                "Draw what it should say: m.cold(…)."
            )
        return self._with_inner(self._sources[value].said) if isinstance(value, Observable) else value

    def _can_be_expected(self, value: object) -> bool:
        if not isinstance(value, Observable):
            return True
        source = self._sources.get(value)
        return source is not None and not source.hot


def _caller() -> TracebackType:
    """The line of the test, as what a failure is raised from."""
    frame = sys._getframe(2)
    return TracebackType(None, frame, frame.f_lasti, frame.f_lineno)


class _Open:
    """A kit for ``with``; a class, so that no frame of contextlib stands in a failure's traceback."""

    def __init__(self, kit: Marbles) -> None:
        self._kit = kit

    def __enter__(self) -> Marbles:
        return self._kit

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        __tracebackhide__ = True
        if kind is None:
            self._kit.run()


def marbles(frame: float | timedelta = 1.0) -> AbstractContextManager[Marbles]:
    """Draw streams as text and say, also as text, what comes of them; it all runs at the end, in virtual time.

    Args:
        frame: How long a frame lasts, in seconds or as a timedelta.

    Returns:
        The kit, for ``with``; `Marbles` says what it can do, and how diagrams are written.

    Raises:
        AssertionError: At the end of ``with``, if anything is not as expected.
        ConfigurationError: If ``frame`` is not longer than nothing.

    Example:
        >>> from rxstream.testing import marbles
        >>> with marbles() as m:
        ...     source = m.hot("  -a-b-c-|")
        ...     expected = "      -A-B-C-|"
        ...     m.expect(source.pipe(ops.map(str.upper)), expected)
    """
    return _Open(Marbles(frame))
