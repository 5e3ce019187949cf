"""Turning values into Events and back."""

from datetime import UTC, datetime

import rxstream as rs
from rxstream import operators as ops

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FULL = rs.Event(1, "k", NOON, (("h", b"x"), ("null", None)), rs.Origin("topic", 0, 7))


def test_a_value_becomes_its_event() -> None:
    assert rs.collect(rs.from_iterable([FULL]).pipe(ops.events())) == [FULL]


def test_a_value_without_a_passport_becomes_an_event_without_one() -> None:
    assert rs.collect(rs.from_iterable([None]).pipe(ops.events())) == [rs.Event(None)]


def test_the_event_holds_what_the_operators_made_of_the_value() -> None:
    made = rs.collect(rs.from_iterable([FULL]).pipe(ops.map(lambda n: n + 1), ops.events()))

    assert made == [FULL.replace(value=2)]


def test_values_are_the_way_back() -> None:
    back = rs.collect(rs.from_iterable([FULL]).pipe(ops.events(), ops.values(), ops.events()))

    assert back == [FULL]


def test_a_replaced_key_timestamp_and_headers_become_the_items() -> None:
    new = {"value": 2, "key": "new", "timestamp": NOON.replace(hour=13), "headers": (("h", b"new"),)}
    change = ops.map(lambda event: event.replace(**new))

    made = rs.collect(rs.from_iterable([FULL]).pipe(ops.events(), change, ops.values(), ops.events()))

    assert made == [FULL.replace(**new)]


def test_what_is_taken_away_is_gone() -> None:
    strip = ops.map(lambda event: event.replace(key=None, timestamp=None, headers=()))

    [made] = rs.collect(rs.from_iterable([FULL]).pipe(ops.events(), strip, ops.values(), ops.events()))

    assert (made.key, made.timestamp, made.headers) == (None, None, ())


def test_the_origin_stays_the_records_own() -> None:
    forge = ops.map(lambda event: event.replace(origin=rs.Origin("elsewhere", 9, 9)))

    [made] = rs.collect(rs.from_iterable([FULL]).pipe(ops.events(), forge, ops.values(), ops.events()))

    assert made.origin == FULL.origin


def test_what_is_no_event_goes_to_the_error_handler() -> None:
    errors: list[str] = []
    mixed = rs.from_iterable([5]).pipe(ops.values())

    rs.collect(mixed, on_error=lambda _, error: errors.append(str(error)))

    assert errors == ["values: every item must be an Event; got 5. Put ops.events() before it."]


def test_an_event_that_fails_below_values_reaches_the_handler_as_its_source_made_it() -> None:
    failed: list[rs.Event[int]] = []
    rekeyed = ops.map(lambda event: event.replace(value=0, key="new"))

    stream = rs.from_iterable([FULL]).pipe(ops.events(), rekeyed, ops.values(), ops.map(lambda n: 1 / n))
    rs.collect(stream, on_error=lambda event, _: failed.append(event))

    assert failed == [FULL]
