"""Turn values into Events and back."""

from __future__ import annotations

from typing import Any, TypeVar

from rxstream.core import Event, Operator, Slot, inline, passport
from rxstream.errors import StreamError

T = TypeVar("T")


def events() -> Operator[T, Event[T]]:
    """Hand on each value as an Event: with its key, timestamp, headers and origin.

    .. marble::

        -a-|
        [ events() ]
        -A-|
          where A = Event("a", timestamp=datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))

    The Event's value is the item as it is here, whatever operators above made of the source's. What is made of several
    items, such as a window's pane, has no origin.

    State: none.

    Delivery: the Event travels on as the same record.

    Example:
        >>> rs.collect(rs.from_iterable([rs.Event(1, key="k")]).pipe(ops.events()))
        [Event(1, key='k')]
    """
    return inline("events", "value = as_event(slot, value)", as_event=passport, passport=True)


def values() -> Operator[Event[T], T]:
    """Hand on the value of each Event, taking over its key, timestamp and headers.

    .. marble::

        -A-|
        [ values() ]
        -a-|
          where A = Event("a", key=1)

    The way to change a passport: ``events()``, ``map(lambda event: event.replace(…))``, ``values()``. Delivery stays
    with the item, whatever the Event's origin says. A value that is no Event goes to the error handler.

    State: none.

    Delivery: the value travels on as the same record.

    Example:
        >>> keyed = rs.from_iterable([rs.Event(1, key="k")])
        >>> rs.collect(keyed.pipe(ops.events(), ops.map(lambda event: event.replace(value=2)), ops.values()))
        [2]
    """
    return inline("values", "value = unpacked(slot, value)", unpacked=_unpacked, passport=True)


def _unpacked(slot: Slot, event: Any) -> Any:
    if not isinstance(event, Event):
        raise StreamError(f"values: every item must be an Event; got {event!r}. Put ops.events() before it.")
    slot.key, slot.time, slot.headers = event.key, event.timestamp_ns, event.headers
    return event.value
