"""Run a stream in virtual time and show what every stage of it does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reactivex import Observable

from rxstream.core import Operator, Stream, as_stream, lineage
from rxstream.errors import ConfigurationError
from rxstream.runtime import run

if TYPE_CHECKING:
    from rxstream.notebook._record import Lane


class Marbles:
    """What every stage of a stream did in a run: a picture in a notebook, and text in a terminal.

    Args:
        lanes: What was written down.
        error: What the stream ended with, if with an error.
    """

    def __init__(self, lanes: Sequence[Lane], error: BaseException | None) -> None:
        self._lanes = lanes
        self.error = error

    @property
    def lanes(self) -> Sequence[Lane]:
        """What was written down, a lane a stage; the last one is the stream's own."""
        return self._lanes

    def __str__(self) -> str:
        from rxstream.notebook._marble_text import marble_text

        return marble_text(self._lanes)

    def __repr__(self) -> str:
        return f"Marbles({len(self._lanes)} lanes)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from rxstream.notebook._marble_picture import marble_picture

        svg = marble_picture(self._lanes)
        return {"image/svg+xml": svg, "text/html": svg, "text/plain": str(self)}


def marble(
    stream: Stream[Any],
    until: datetime | None = None,
    *,
    start: datetime | None = None,
    on_error: Any = None,
) -> Marbles:
    """Run a stream in virtual time, and draw what passes each stage of it: a lane a source, and a lane an operator.

    In a notebook the result is a picture: pointing at a marble shows its value and its time. Printed, it is the same
    as text: values where they came, ``|`` the end, ``#`` an error that ended the stream, ``✗`` an item that failed and
    was handled, ``!`` behind an item that came too late for the stage below, ``>`` where more might have come. Under a
    lane ``'`` marks where its watermark rose. What stands in one column happened at one moment; between moments there
    is room in proportion to the time that passed, as far as the values leave some. Of more than a thousand items a
    lane shows as many, and says so.

    Operators do what they always do: sinks that they have (``late=``, branches of ``tee``) get their items too.

    Args:
        stream: What is run. Every source must be finite, a history or a timer.
        until: Where the run ends, as in ``rs.run``; needed where a timer never ends.
        start: Where the past begins, as in ``rs.run``.
        on_error: What is done with an item that fails, as in ``stream.to``. Without it the stream ends there, as
            the picture shows; ``.error`` of the result is the error.

    Raises:
        ConfigurationError: If it is no stream, has a live source or a broker, or would never end.

    Delivery: sources that acknowledge are live, and refused; nothing is committed.

    Example:
        >>> numbers = rs.from_iterable([1, 2, 3]).pipe(ops.filter(lambda n: n != 2), ops.map(lambda n: n * 10))
        >>> print(rs.marble(numbers))
        from_iterable  1, 2, 3  -1---2---3---|
        filter  lambda n: …     -1-------3---|
        map  lambda n: …        -10------30--|
        all at one instant, in order
    """
    if not isinstance(stream, Observable):
        raise ConfigurationError(f"marble: needs a stream; got {stream!r}. Of a pipeline give pipeline.stream.")
    return recorded(as_stream(stream), until, start=start, on_error=on_error)


def recorded(
    stream: Stream[Any],
    until: datetime | None,
    *,
    start: datetime | None = None,
    on_error: Any = None,
    most: int | None = None,
) -> Marbles:
    """Run a stream and write down what passes each stage; ``most``: so many items of a source, and no more."""
    _check_sources(stream, until)
    # Only who wants a picture needs what makes it.
    from rxstream.notebook._record import Record
    from rxstream.notebook._taps import tapped

    record = Record()
    pipeline = tapped(stream, record, on_error, most)
    try:
        run(pipeline, start=start, until=until)
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - it is shown, and kept
        record.broke(error)
    return Marbles(record.lanes, record.error)


def _check_sources(stream: Stream[Any], until: datetime | None) -> None:
    made = lineage(stream)
    for one in made:
        if one.feed is not None and (one.feed.live or one.feed.connect is not None):
            raise _not_replayable(one.feed.name)
        if one.feed is None and one.step is None:
            raise _not_replayable("an Observable")
    is_endless = any(one.feed is not None and one.feed.endless for one in made)
    ends = any(isinstance(one.step, Operator) and one.step.completes != "last" for one in made)
    if is_endless and until is None and not ends:
        raise ConfigurationError(
            "marble: a timer that never ends must be stopped; got no until. Give until=…, or end it with ops.take(n)."
        )


def _not_replayable(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"marble: every source must be able to run in virtual time; {name} is live. "
        "Give a history or a list instead: rs.from_history(…), rs.from_iterable(…)."
    )
