"""The Event: a value with its passport."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from rxstream.core._instants import datetime_to_ns, is_naive, ns_to_datetime
from rxstream.errors import ConfigurationError, DeliveryError

T_co = TypeVar("T_co", covariant=True)

Headers = tuple[tuple[str, bytes | None], ...]

#: Takes what is said of a record: None, that it is handled, or why it cannot be.
Answer = Callable[[BaseException | None], None]


class Origin(NamedTuple):
    """Where a record was read.

    For Kafka (topic, partition, offset), for AMQP (queue, None, delivery tag), for a file (path, None, line from 1).
    """

    source: str
    partition: int | None
    offset: int


class Event(Generic[T_co]):
    """A value and what travels with it: key, timestamp, headers and origin. Immutable; compares by value.

    Args:
        value: What the operators see.
        key: What keyed operators group by and brokers partition by.
        timestamp: When it happened, an aware datetime.
        headers: Pairs of a name and its bytes, or None.
        origin: Where it was read; None for what was made here.

    Raises:
        ConfigurationError: If the timestamp is no aware datetime.

    Example:
        >>> Event("late", key="EWR").replace(value="early")
        Event('early', key='EWR')
    """

    __slots__ = ("_headers", "_key", "_origin", "_raw", "_time", "_value")

    _raw: Any  # only where a source decoded the value: how it came

    # The slots are private and the readers C functions: immutable from outside, and a third of the price of
    # a frozen dataclass, which pays object.__setattr__ for every field.
    value = property(attrgetter("_value"), doc="What the operators see.")
    key = property(attrgetter("_key"), doc="What keyed operators group by.")
    origin = property(attrgetter("_origin"), doc="Where it was read, or None.")
    headers = property(attrgetter("_headers"), doc="Pairs of a name and its bytes, or None.")

    def __init__(
        self,
        value: T_co,
        key: Any = None,
        timestamp: datetime | None = None,
        headers: Any = (),
        origin: Origin | None = None,
    ) -> None:
        # UTC, the usual zone, is known at sight; asking any other for its offset costs as much as the rest.
        if timestamp is not None and (timestamp.__class__ is not datetime or timestamp.tzinfo is not UTC):
            _check_timestamp(timestamp)
        self._value = value
        self._key = key
        self._time: datetime | int | None = timestamp
        self._headers: Headers = headers if headers.__class__ is tuple else tuple(headers)
        self._origin = origin

    @property
    def timestamp(self) -> datetime | None:
        """When it happened, in the zone it was given in (UTC where it was read as a number); None if unknown."""
        time = self._time
        return ns_to_datetime(time) if time.__class__ is int else time  # type: ignore[return-value]  # an int is nanoseconds

    @property
    def timestamp_ns(self) -> int | None:
        """When it happened, in nanoseconds since the epoch, exactly."""
        time = self._time
        return datetime_to_ns(time) if isinstance(time, datetime) else time

    def header(self, name: str, default: bytes | None = None) -> bytes | None:
        """Return the last header called ``name``, or ``default`` where there is none."""
        for found, content in reversed(self._headers):
            if found == name:
                return content
        return default

    def ack(self) -> None:
        """Say that the record is handled, where its source is read with ``ack="manual"``.

        A second answer does nothing. Any thread may call.

        Raises:
            ConfigurationError: If the source acknowledges by itself.
        """
        raise _needs_no_answer("ack", self)

    def nack(self, reason: BaseException | str) -> None:
        """Say that the record cannot be handled, where its source is read with ``ack="manual"``.

        It goes to the pipeline's error handler, with the reason as the error; text becomes a `DeliveryError`. A second
        answer does nothing. Any thread may call.

        Raises:
            ConfigurationError: If the source acknowledges by itself.
        """
        raise _needs_no_answer("nack", self)

    def replace(self, **changes: Any) -> Event[Any]:
        """Return a copy with some fields changed, by the names of the constructor.

        Raises:
            ConfigurationError: For a name that is no field.
        """
        unknown = changes.keys() - {"value", "key", "timestamp", "headers", "origin"}
        if unknown:
            raise ConfigurationError(
                "Event.replace: fields are value, key, timestamp, headers and origin; "
                f"got {sorted(unknown)!r}. Correct the name."
            )
        time = changes.get("timestamp", self._time)
        if "timestamp" not in changes and isinstance(time, int):
            made = Event(
                **{"value": self._value, "key": self._key, "headers": self._headers, "origin": self._origin, **changes}
            )
            made._time = time
            return made
        fields = {"value": self._value, "key": self._key, "headers": self._headers, "origin": self._origin}
        return Event(**{**fields, **changes, "timestamp": time})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return (
            self._value == other._value
            and self._key == other._key
            and self.timestamp_ns == other.timestamp_ns
            and self._headers == other._headers
            and self._origin == other._origin
        )

    def __hash__(self) -> int:
        return hash((self._value, self._key, self.timestamp_ns, self._headers, self._origin))

    def __repr__(self) -> str:
        parts = [repr(self._value)]
        if self._key is not None:
            parts.append(f"key={self._key!r}")
        if self._time is not None:
            parts.append(f"timestamp={self.timestamp.isoformat()}")  # type: ignore[union-attr]  # there is one
        if self._headers:
            parts.append(f"headers={self._headers!r}")
        if self._origin is not None:
            parts.append(f"origin={tuple(self._origin)!r}")
        return f"Event({', '.join(parts)})"


class _Answerable(Event[T_co]):
    """An Event whose record is settled by an answer."""

    __slots__ = ("_answer",)

    _answer: Answer

    def ack(self) -> None:
        self._answer(None)

    def nack(self, reason: BaseException | str) -> None:
        self._answer(reason if isinstance(reason, BaseException) else DeliveryError(reason))

    def replace(self, **changes: Any) -> Event[Any]:
        return answerable(super().replace(**changes), self._answer)


def answerable(event: Event[Any], answer: Answer) -> Event[Any]:
    """The same Event, whose record is settled by an answer: None, or an error."""
    made: _Answerable[Any] = _Answerable(event._value, event._key, None, event._headers, event._origin)
    made._time = event._time
    made._raw = raw_value(event)
    made._answer = answer
    return made


def answered_as(event: Event[Any], other: Event[Any]) -> Event[Any]:
    """The same Event, answered as another of the same record is."""
    return answerable(event, other._answer) if isinstance(other, _Answerable) else event


def _needs_no_answer(what: str, event: Event[Any]) -> ConfigurationError:
    return ConfigurationError(
        f'Event.{what}: the source must be read with ack="manual"; got {event!r}, which is settled without an answer. '
        f'Leave the call out, or read with ack="manual".'
    )


def _check_timestamp(timestamp: object) -> None:
    if not isinstance(timestamp, datetime) or is_naive(timestamp):
        raise ConfigurationError(
            f"Event: timestamp must be an aware datetime; got {timestamp!r}. Give it a zone, for instance tzinfo=UTC."
        )


def raw_value(event: Event[Any]) -> Any:
    """The value as it came, before it was decoded: bytes, where the source read bytes."""
    return getattr(event, "_raw", event._value)


def make_source_event(
    value: Any, key: Any, time: int | None, headers: Headers, origin: Origin | None, raw: Any
) -> Event[Any]:
    """Make the Event of a record that was decoded."""
    event = make_event(value, key, time, headers, origin)
    event._raw = raw
    return event


def make_event(
    value: Any, key: Any, time: datetime | int | None, headers: Headers, origin: Origin | None
) -> Event[Any]:
    """Make an Event from fields already checked; a number is an instant in nanoseconds."""
    event = Event(value, key, None, headers, origin)
    event._time = time
    return event
