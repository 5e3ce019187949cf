"""Gather items into lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from reactivex import Observable

from rxstream.core import (
    NEVER,
    UNSET,
    Downstream,
    Event,
    Feed,
    HeldWatermark,
    Hold,
    Inline,
    Mark,
    Operator,
    Reactions,
    Stream,
    as_stream,
    lineage,
    make_event,
    node,
    positive_count,
    positive_duration_ns,
)
from rxstream.errors import ConfigurationError
from rxstream.operators._buffer_plain import gather_plain
from rxstream.operators._parts import Joint, Part, agreed, keep, let_go

T = TypeVar("T")


def buffer(
    count: int | None = None, *, timeout: float | timedelta | None = None
) -> Callable[[Observable[T]], Stream[list[T]]]:
    """Gather items into lists of at most ``count``, or of what comes within ``timeout`` of a list's first item.

    .. marble::

        -ab-c-------d|
        [ buffer(2, timeout=3) ]
        --x----y-----(z|)
          where x = ["a", "b"], y = ["c"], z = ["d"]

    With both, whichever comes first. What comes at the very instant when the time is over is still taken in. No list
    is ever empty; the rest is handed on at the end. An error is handed on at once, without it.

    A list's passport has the timestamp of its last item (none, if that has none), the key if all agree, and no origin.

    Args:
        count: The most items of a list; None: any number.
        timeout: How long a list waits for more, on the run's clock, in seconds or as a timedelta; None: for ever.

    Raises:
        ConfigurationError: If ``count`` is no whole number of at least 1, ``timeout`` not greater than zero, or both
            are missing.

    State: the items of one list. The watermark waits for the oldest.

    Delivery: a list holds its items' records until it is handled. The rest is handed on where a run is stopped, or
        ``until=`` is reached.

    Example:
        >>> rs.collect(rs.from_iterable(range(5)).pipe(ops.buffer(2)))
        [[0, 1], [2, 3], [4]]
    """
    if count is None and timeout is None:
        raise ConfigurationError("buffer: needs count, timeout or both; got neither. Say when a list is full.")
    most = None if count is None else positive_count("buffer", count=count)
    timeout_ns = None if timeout is None else positive_duration_ns("buffer", timeout=timeout)

    def apply(source: Observable[T]) -> Stream[list[T]]:
        stream = as_stream(source)
        plain = None if timeout_ns is not None else _plain_source(stream)

        def start(down: Downstream[list[T]]) -> Reactions:
            if plain is not None and most is not None and not down.keeps_event_time:
                return gather_plain(down, plain, most)
            return _Gathering(down, most, timeout_ns).reactions()

        made: Stream[list[T]] = stream.pipe(node("buffer", start))
        return made

    return apply


def _plain_source(stream: Stream[Any]) -> Feed | None:
    """The source of a stream, if it need not hear what becomes of its records, and nothing changes their passports."""
    *above, source = lineage(stream)[::-1]
    steps = [made.step for made in above]
    if all(isinstance(step, Operator) and step.inline is not None and not step.passport for step in steps):
        return None if source.feed is None or source.feed.acknowledges else source.feed
    return None


#: What `_Gathering` does with an item where time does not matter, without a call.
_GATHER: Final = """
parts.append((value, slot.event, slot.batch, slot.key, slot.time, slot.hold))
if slot.hold is not None or (slot.batch is not None and slot.batch.tracks):
    keep(parts[-1])
if len(parts) >= gathering.most:
    hand_on()
"""


class _Gathering:
    """One subscription: the items of the list that is being gathered."""

    def __init__(self, down: Downstream[Any], most: int | None, timeout_ns: int | None) -> None:
        self._down = down
        self._slot = down.context.slot
        self._clock = down.context.scheduler
        #: How many items make a list.
        self.most = NEVER if most is None else most
        self._timeout = timeout_ns
        self._due: int | None = None
        self._parts: list[Part] = []
        self._marks: list[Mark] = []
        self._watermark = HeldWatermark(down) if down.keeps_event_time else None
        self._timer = down.timer(self._hand_on, carries=False)
        down.stop.listen(self._timer.stop)
        down.flush_when_stopped(self._hand_on)

    def reactions(self) -> Reactions:
        names = {"parts": self._parts, "gathering": self, "keep": keep, "hand_on": self._hand_on}
        fused = self._watermark is None and self._timeout is None
        return Reactions(
            self._on_next,
            inline=Inline(_GATHER, names, {}) if fused else None,
            on_completed=self._on_completed,
            on_watermark=None if self._watermark is None else self._watermark.on_watermark,
            on_error=self._on_error,
        )

    def _on_next(self, value: Any) -> None:
        if self._timeout is not None:
            self._keep_time(self._clock.now_ns, self._timeout)
        slot = self._slot
        self._parts.append((value, slot.event, slot.batch, slot.key, slot.time, slot.hold))
        keep(self._parts[-1])
        if self._watermark is not None:
            self._marks.append(self._watermark.mark())
        if len(self._parts) >= self.most:
            self._hand_on()

    def _keep_time(self, now: int, timeout_ns: int) -> None:
        if self._due is not None and self._due < now:
            # Live, a timer may be late.
            self._hand_on()
        if self._due is None:
            self._due = now + timeout_ns
            self._timer.start_at(self._due)

    def _on_completed(self) -> None:
        self._hand_on()
        self._down.complete()

    def _on_error(self, error: BaseException) -> None:
        self._timer.stop()
        self._down.fail(error)

    def _hand_on(self) -> None:
        self._timer.stop()
        self._due = None
        if not self._parts or self._down.stop.now:
            return
        parts = self._parts.copy()
        self._parts.clear()
        if self._emit(parts):
            for part in parts:
                let_go(part)
        if self._watermark is not None:
            marks, self._marks = self._marks, []
            for mark in marks:
                self._watermark.unmark(mark)

    def _emit(self, parts: list[Part]) -> bool:
        """Hand a list on, on behalf of its parts; whether any of them has to be let go then."""
        slot = self._slot
        saved = slot.save()
        joint = Joint(list({part[2] for part in parts}), _event)
        slot.event, slot.batch, slot.hold = parts, joint, None
        slot.key = slot.time = slot.headers = UNSET
        # What came under a hold is no matter of whole batches.
        under = Hold(slot, waiting=False, holder="buffer") if [part for part in parts if part[5] is not None] else None
        slot.hold = under
        try:
            self._down.emit([part[0] for part in parts])
        finally:
            slot.restore(saved)
        if under is not None:
            under.release()
        return under is not None or joint.tracks


def _event(parts: list[Part]) -> Event[list[Any]]:
    sources = [event if batch is None else batch.lift(event) for _, event, batch, _, _, _ in parts]
    keys = [source.key if part[3] is UNSET else part[3] for source, part in zip(sources, parts, strict=True)]
    time = sources[-1].timestamp_ns if parts[-1][4] is UNSET else parts[-1][4]
    return make_event([part[0] for part in parts], agreed(keys), time, (), None)
