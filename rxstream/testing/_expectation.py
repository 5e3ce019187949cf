"""One thing that is expected, and what is told if it does not come."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol

from rxstream.core import Stream
from rxstream.runtime import Observation
from rxstream.testing._diagram import Span
from rxstream.testing._difference import difference
from rxstream.testing._failure import failure
from rxstream.testing._recorder import Recorder
from rxstream.testing._said import Said
from rxstream.testing._source import Source
from rxstream.testing._stages import stages
from rxstream.testing._subscriptions import subscription_failure


class Expectation(Protocol):
    """What the kit asks once everything has run.

    Args:
        place: The line of the test that expects it.
    """

    place: TracebackType

    @property
    def cause(self) -> BaseException | None:
        """The error that came instead of what was expected, if one did."""

    def failure(self, frame: int) -> str | None:
        """Say what is not as expected; None: all is."""

    def picture(self) -> str | None:
        """Draw how it came to a failure; None: there is nothing to draw."""


class Heard:
    """That a stream says what a diagram does.

    Args:
        stream: The stream.
        expected: What it should say.
        span: From when until when it is listened to.
        place: The line of the test that expects it.
    """

    def __init__(self, stream: Stream[Any], expected: Said, span: Span, place: TracebackType) -> None:
        self.place = place
        self._recorder = Recorder(drawn=len(expected.notifications))
        self._stream = stream
        self._expected = expected
        self._span = span
        self.observation = Observation(stream, self._recorder, span.begin or 0, span.end)

    @property
    def cause(self) -> BaseException | None:
        """The error that came instead of what was expected, if one did."""
        found = difference(self._expected, self._recorder.said)
        came = None if found is None else found.actual
        if came is None or came.kind != "error":
            return None
        error: BaseException = came.value
        # One that was only drawn cannot say where it comes from.
        return error if error.__traceback__ is not None else None

    def failure(self, frame: int) -> str | None:
        """Say what is not as expected; None: all is."""
        return failure(repr(self._stream), self._expected, self._recorder.said, frame=frame)

    def picture(self) -> str | None:
        """Draw every stage of the stream; None: that cannot be."""
        return None if self._span.begin else stages(self._stream, self._recorder.said, self._span.end)


class Subscribed:
    """That a source is subscribed to when diagrams say.

    Args:
        source: The source.
        expected: When it should be subscribed to.
        place: The line of the test that expects it.
    """

    cause = None

    def __init__(self, source: Source, expected: Sequence[Span], place: TracebackType) -> None:
        self.place = place
        self._source = source
        self._expected = expected

    def failure(self, frame: int) -> str | None:
        """Say what is not as expected; None: all is."""
        return subscription_failure(repr(self._source.stream), self._expected, self._source.spans, frame=frame)

    def picture(self) -> str | None:
        """Nothing: the two diagrams show all."""
        return None
