"""What happened, in the order of its instants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from rxstream.core import (
    UNITS,
    Event,
    Feed,
    Operator,
    Slot,
    Stream,
    callable_,
    choice,
    current_scheduler,
    datetime_to_ns,
    duration_ns,
    field_reader,
    instant_reader,
    item_time,
    make_event,
    positive_count,
    readable,
    timed,
    unit_choice,
)
from rxstream.errors import ConfigurationError, StreamError
from rxstream.sources._handover import handover, live_stream
from rxstream.sources._iterable import batched

T = TypeVar("T")

_PAIR: Final = "record[1] if type(record) is tuple else record.value if isinstance(record, Event) else record[1]"
_PLAIN: Final = "record.value if isinstance(record, Event) else record"
_KEY: Final = "record.key if isinstance(record, Event) else None"


def from_history(
    items: Iterable[Any],
    *,
    time: Callable[[Any], Any] | str | None = None,
    unit: str | None = None,
    key: Callable[[Any], Any] | str | None = None,
    disorder: float | timedelta | None = None,
    then: Any = None,
    buffer: int = 100_000,
    overflow: str = "block",
    dedupe: Callable[[Any], Any] | None = None,
) -> Stream[Any]:
    """Replay items at their instants, in virtual time: the run's clock is where the items are.

    The clock stands at the greatest instant so far, which less ``disorder`` is also the watermark. An item without an
    instant goes to the error handler.

    With ``then`` it goes over into what is live. That is subscribed to when the run starts, kept until the past is
    done everywhere, and then handed on, in order and without loss. Its items may look like the past's (pairs, Events,
    or what ``time`` reads); one without an instant has its passport's, or comes at the run's present.

    Args:
        items: Events with timestamps, ``(instant, value)`` pairs, or, with ``time``, anything; taken lazily.
        time: Finds an item's instant: a function of it, or a field's name.
        unit: What numbers count since the epoch: ``"s"``, ``"ms"``, ``"us"`` or ``"ns"``.
        key: Finds an item's key: a function of the value, or a field's name.
        disorder: How long after a later one an item may still come, in seconds or as a timedelta; None: not at all.
        then: The live part: a Stream, an Observable, an async iterable or an async generator function.
        buffer: How many live items may wait for the past to be done.
        overflow: When so many wait, ``"block"``: the live part is not asked for more (an Observable cannot be made to
            wait, and fails); ``"error"``: it fails.
        dedupe: Tells values apart: live ones that the past had are let go, and counted as dropped.

    Raises:
        ConfigurationError: If an argument is none of these.
        OutOfOrderError: From the run, if an item is earlier than the one before and ``disorder`` is None.
        BufferOverflowError: From the run, if more than ``buffer`` live items came that cannot wait.

    State: with ``dedupe``, what it said of each item of the past.

    Delivery: nothing of the past is acknowledged; the live part is by its own source.

    Example:
        >>> history = rs.from_history([(1_700_000_000, "a"), (1_700_000_060, "b")], unit="s")
        >>> [f"{event.timestamp:%H:%M} {event.value}" for event in rs.collect(history.pipe(ops.events()))]
        ['22:13 a', '22:14 b']
    """
    if not isinstance(items, Iterable):
        raise ConfigurationError(f"from_history: items must be iterable; got {items!r}. Give a list, a generator, …")
    read = instant_reader("from_history", unit_choice("from_history", unit))
    key_of = None if key is None else field_reader("from_history", key=key)
    allowed = None if disorder is None else duration_ns("from_history", disorder=disorder)
    time_of = _pair_time(read) if time is None else _field_time(read, field_reader("from_history", time=time))
    value_of = _pair_value if time is None else _plain_value

    def lift(record: Any) -> Event[Any]:
        value = value_of(record)
        own = record if isinstance(record, Event) else Event(value)
        # A record without an instant or a key failed for that; its passport goes without it.
        time = readable(time_of, record)
        found = own.key if key_of is None else readable(key_of, value)
        return make_event(value, found, time, own.headers, own.origin)

    past: Stream[Any] = Stream(
        feed=Feed(
            name="from_history",
            lift=lift,
            # The instant was read before: what has one is a pair or an Event.
            value=_PAIR if time is None else _PLAIN,
            # Without it, an operator that wants the key would have to make an Event of each record.
            key=_KEY if key_of is None else "key_of(value)",
            time="time_of(record)",
            bindings={"Event": Event, "time_of": time_of, "key_of": key_of},
            batches=lambda: batched(items),
            sized=isinstance(items, list | tuple | range),
            time_of=time_of,
            times_of=_times_reader(time_of, unit, pairs=time is None) if isinstance(items, list | tuple) else None,
            disorder=allowed,
        )
    )
    size = positive_count("from_history", buffer=buffer)
    when_full = choice("from_history", ("block", "error"), overflow=overflow)
    if dedupe is not None:
        callable_("from_history", dedupe=dedupe)
    if then is None:
        if dedupe is not None:
            raise ConfigurationError(
                f"from_history: dedupe compares what is live with the past; got {dedupe!r} without then=. "
                "Say what is live, or leave it out."
            )
        return past
    live = live_stream(then, buffer=size, overflow=when_full)
    dated = _dated(read, None if time is None else time_of, with_numbers=unit is not None)
    return past.pipe(handover(live.pipe(_live_times(dated, key_of, allowed or 0)), dedupe))


def _dated(
    read: Callable[[object], int], time_of: Callable[[Any], int] | None, *, with_numbers: bool
) -> Callable[[Any, Slot], tuple[int, Any]]:
    """Make the function that finds a live item's instant and value."""

    def dated(value: Any, slot: Slot) -> tuple[int, Any]:
        if time_of is not None:
            return time_of(value), value
        if isinstance(value, tuple) and len(value) == 2:
            first = value[0]
            if isinstance(first, datetime) or (with_numbers and isinstance(first, int | float)):
                return read(first), value[1]
        own = item_time(slot)
        if own is not None:
            return own, value
        scheduler = current_scheduler()
        assert scheduler is not None  # noqa: S101 - items pass in a run only
        return scheduler.now_ns, value

    return dated


def _live_times(
    dated: Callable[[Any, Slot], tuple[int, Any]], key_of: Callable[[Any], Any] | None, allowed: int
) -> Operator[Any, Any]:
    lines = ["instant, value = dated(value, slot)", "slot.time = instant"]
    if key_of is None:
        return timed("from_history", lines, disorder=allowed, dated=dated)
    lines.append("slot.key = key_of(value)")
    return timed("from_history", lines, disorder=allowed, dated=dated, key_of=key_of)


def _pair_time(read: Callable[[object], int]) -> Callable[[Any], int]:
    def time_of(record: Any) -> int:
        if isinstance(record, Event):
            if record.timestamp_ns is None:
                raise StreamError(
                    f"from_history: every Event must have a timestamp; got {record!r}. Give it one, or say time=…"
                )
            return record.timestamp_ns
        if not isinstance(record, tuple) or len(record) != 2:
            raise StreamError(
                f"from_history: items must be Events or (instant, value) pairs; got {record!r}. "
                "For other items say time=…"
            )
        return read(record[0])

    return time_of


def _times_reader(
    time_of: Callable[[Any], int], unit: str | None, *, pairs: bool
) -> Callable[[Sequence[Any]], list[int]]:
    """Make the function that reads a batch's instants at once, quickly where all of them are of one kind."""
    factor = UNITS.get(unit or "")

    def times_of(records: Sequence[Any]) -> list[int]:
        if pairs and set(map(type, records)) == {tuple}:
            # One that is no pair cannot be unpacked: then each is looked at by itself.
            firsts = [first for first, _ in records]
            kinds = set(map(type, firsts))
            if kinds == {int} and factor is not None:
                return firsts if factor == 1 else [first * factor for first in firsts]
            if kinds == {datetime}:
                # A naive one cannot be subtracted from the epoch: then each is looked at by itself.
                return [datetime_to_ns(first) for first in firsts]
        return [time_of(record) for record in records]

    return times_of


def _field_time(read: Callable[[object], int], of_value: Callable[[Any], Any]) -> Callable[[Any], int]:
    return lambda record: read(of_value(_plain_value(record)))


def _pair_value(record: Any) -> Any:
    if isinstance(record, Event):
        return record.value
    return record[1] if isinstance(record, tuple) and len(record) == 2 else record


def _plain_value(record: Any) -> Any:
    return record.value if isinstance(record, Event) else record
