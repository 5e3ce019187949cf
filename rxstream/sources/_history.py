"""What happened, in the order of its instants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from rxstream.core import (
    Event,
    Feed,
    Stream,
    duration_ns,
    field_reader,
    instant_reader,
    make_event,
    readable,
    unit_choice,
)
from rxstream.errors import ConfigurationError, StreamError
from rxstream.sources._iterable import batched

T = TypeVar("T")


def from_history(
    items: Iterable[Any],
    *,
    time: Callable[[Any], Any] | str | None = None,
    unit: str | None = None,
    key: Callable[[Any], Any] | str | None = None,
    disorder: float | timedelta | None = None,
) -> Stream[Any]:
    """Replay items at their instants, in virtual time: the run's clock is where the items are.

    The clock stands at the greatest instant so far, which less ``disorder`` is also the watermark. An item without an
    instant goes to the error handler.

    Args:
        items: Events with timestamps, ``(instant, value)`` pairs, or, with ``time``, anything; taken lazily.
        time: Finds an item's instant: a function of it, or a field's name.
        unit: What numbers count since the epoch: ``"s"``, ``"ms"``, ``"us"`` or ``"ns"``.
        key: Finds an item's key: a function of the value, or a field's name.
        disorder: How long after a later one an item may still come, in seconds or as a timedelta; None: not at all.

    Raises:
        ConfigurationError: If an argument is none of these.
        OutOfOrderError: From the run, if an item is earlier than the one before and ``disorder`` is None.

    Delivery: nothing is acknowledged.

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

    return Stream(
        feed=Feed(
            name="from_history",
            lift=lift,
            value="value_of(record)",
            key=None if key_of is None else "key_of(value)",
            time="time_of(record)",
            bindings={"value_of": value_of, "time_of": time_of, "key_of": key_of},
            batches=lambda: batched(items),
            time_of=time_of,
            disorder=allowed,
        )
    )


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


def _field_time(read: Callable[[object], int], of_value: Callable[[Any], Any]) -> Callable[[Any], int]:
    return lambda record: read(of_value(_plain_value(record)))


def _pair_value(record: Any) -> Any:
    if isinstance(record, Event):
        return record.value
    return record[1] if isinstance(record, tuple) and len(record) == 2 else record


def _plain_value(record: Any) -> Any:
    return record.value if isinstance(record, Event) else record
