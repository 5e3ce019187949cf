"""Let one stream follow the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from reactivex import Observable

from rxstream.core import Downstream, End, Feed, Operator, Reactions, Receiver, Stream, as_stream, connect, lineage
from rxstream.errors import ConfigurationError
from rxstream.operators._inputs import inputs, unheard


def concat(*others: Observable[Any]) -> Callable[[Observable[Any]], Stream[Any]]:
    """Hand on the items of this stream and, when it has completed, those of the next one, and so on.

    .. marble::

        -a-b|
        -1----2-3|
        [ concat(other) ]
        -a-b--2-3|

    Each of the others is subscribed to when the one before has completed: timers count from then, a live source is
    opened then, and what an Observable says earlier is not heard. A history's items that lie before that instant come
    at once. It completes when the last one has, and fails when the one whose turn it is does.

    What a stream will bring whose turn has not come is not known, so the watermark is that of the last one. Histories
    that follow each other in time are better given to ``merge``.

    Args:
        others: Streams or any other Observables.

    Raises:
        ConfigurationError: If one is no Observable; if one reads a past that has to be waited for, or has branches of
            its own, as these begin with the run; or if a source that remembers what was handled stands above two of
            the inputs.

    State: none.

    Delivery: every item stays its own record.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2]).pipe(ops.concat(rs.from_iterable([3]))))
        [1, 2, 3]
    """
    streams = inputs("concat", others)
    for stream in streams:
        _check_later(stream)
    operator: Operator[Any, Any] = Operator("concat", start=partial(_start, streams), others=streams, goes_by="last")

    def apply(source: Observable[Any]) -> Stream[Any]:
        _check_read_once([as_stream(source), *streams])
        return operator(source)

    return apply


def _start(streams: Sequence[Stream[Any]], down: Downstream[Any]) -> Reactions:
    context, stop = down.context, down.stop
    waiting = deque(streams)
    has_ended = has_failed = is_beginning = is_awaited = False
    _check_clock(streams, down)

    def wait(wanted: bool) -> None:
        """Let the run know whether the end of what began late is waited for: it asks those that began with it only."""
        nonlocal is_awaited
        context.keeper.calls += wanted - is_awaited
        is_awaited = wanted

    def on_completed() -> None:
        """Begin with the next ones; where one ends while it is begun with, go on from here and not from within it."""
        nonlocal has_ended, is_beginning
        has_ended = True
        wait(False)
        while has_ended and not (is_beginning or has_failed or stop.now):
            if not waiting:
                down.complete()
                return
            has_ended, is_beginning = False, True
            try:
                begin(waiting.popleft())
            finally:
                is_beginning = False

    def on_error(error: BaseException) -> None:
        nonlocal has_failed
        if not has_failed:
            has_failed = True
            wait(False)
            down.fail(error)

    def begin(stream: Stream[Any]) -> None:
        receiver = Receiver(
            "concat", down.emit, on_completed, on_error, _watermark(down, waiting), stop, down.below.passport
        )
        slot = context.slot
        wait(not any(feed.endless for feed in _feeds(stream)))
        # Whatever is being worked on, it is not on its behalf.
        saved = slot.save()
        slot.clear()
        try:
            virtual, watermarks = not context.scheduler.is_live, context.keeper.watermarks
            context.attach(connect([End(stream, receiver, context)], virtual=virtual, watermarks=watermarks))
        finally:
            slot.restore(saved)

    stop.listen(lambda: wait(False))
    return Reactions(on_completed=on_completed, on_error=on_error, on_watermark=_watermark(down, waiting))


def _watermark(down: Downstream[Any], waiting: Sequence[object]) -> Callable[[int], int]:
    return unheard if waiting and down.keeps_event_time else down.watermark


def _feeds(stream: Stream[Any]) -> Iterator[Feed]:
    return (made.feed for made in lineage(stream) if made.feed is not None)


def _check_later(stream: Stream[Any]) -> None:
    for feed in _feeds(stream):
        if feed.connect is not None and feed.has_past:
            raise ConfigurationError(
                f"concat: what comes later must not begin with the run, as a past does that is waited for; got "
                f"{feed.name}. Let it be the first input, or use ops.merge, which takes histories by their instants."
            )
    if any(made.sides for made in lineage(stream)):
        raise ConfigurationError(
            f"concat: what comes later must have no branches, as these begin with the run; got {stream!r}. "
            "Branch off behind concat."
        )


def _check_read_once(streams: Sequence[Stream[Any]]) -> None:
    seen: set[int] = set()
    for stream in streams:
        found = {id(feed): feed for feed in _feeds(stream) if feed.acknowledges}
        for twice in found.keys() & seen:
            raise ConfigurationError(
                "concat: a source that remembers what was handled must stand above one input only, as it is read once; "
                f"got {found[twice].name} above two. Use ops.merge."
            )
        seen |= found.keys()


def _check_clock(streams: Sequence[Stream[Any]], down: Downstream[Any]) -> None:
    """Refuse in a plain subscription what it cannot read, before anything is read."""
    for stream in streams:
        for feed in _feeds(stream):
            if feed.connect is not None and not down.context.wall.is_live:
                raise ConfigurationError(
                    f"concat: {feed.name} has to be waited for, which a plain subscription cannot do. "
                    "Run it with rs.run, rs.run_async or `async for`."
                )
            if feed.endless and not down.context.paces:
                raise ConfigurationError(
                    f"concat: {feed.name} needs a clock, as it never ends; a plain subscription has none. "
                    "Run it with rs.run, or give subscribe a StreamScheduler."
                )
