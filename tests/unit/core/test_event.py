"""The Event: a value with its passport."""

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FULL = rs.Event(1, "k", NOON, (("h", b"x"), ("null", None)), rs.Origin("topic", 0, 7))
FIELDS = ["value", "key", "timestamp", "headers", "origin"]


def pickled(event: rs.Event[Any]) -> Any:
    """Return what becomes of an event on its way to another process."""
    return pickle.loads(pickle.dumps(event))  # noqa: S301 - its own pickle, made a moment ago


def test_what_is_not_given_is_nothing() -> None:
    event = rs.Event(None)

    assert [getattr(event, name) for name in FIELDS] == [None, None, None, (), None]


def test_what_is_given_is_there() -> None:
    assert [getattr(FULL, name) for name in FIELDS] == [
        1,
        "k",
        NOON,
        (("h", b"x"), ("null", None)),
        rs.Origin("topic", 0, 7),
    ]


@pytest.mark.parametrize("name", [*FIELDS, "timestamp_ns", "anything"])
def test_nothing_can_be_changed(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(FULL, name, None)

    assert FULL.key == "k"


def test_headers_become_a_tuple() -> None:
    assert rs.Event(1, headers=[("h", b"x")]).headers == (("h", b"x"),)


def test_the_timestamp_keeps_its_zone() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert str(rs.Event(1, timestamp=there).timestamp) == "2026-01-01 17:45:00+05:45"


@given(st.datetimes(timezones=st.timezones()))
def test_nanoseconds_are_exact(instant: datetime) -> None:
    since = instant.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)

    assert rs.Event(1, timestamp=instant).timestamp_ns == since // timedelta(microseconds=1) * 1000


def test_a_timestamp_read_as_a_number_is_exact_in_nanoseconds() -> None:
    [event] = rs.collect(rs.from_history([(1_234_567_891, "x")], unit="ns").pipe(ops.events()))

    assert (event.timestamp_ns, event.timestamp) == (
        1_234_567_891,
        datetime(1970, 1, 1, 0, 0, 1, 234567, tzinfo=UTC),
    )


def test_the_last_header_of_a_name_counts() -> None:
    event = rs.Event(1, headers=[("a", b"1"), ("b", b"2"), ("a", b"3")])

    assert event.header("a") == b"3"


def test_a_header_that_is_null_is_there() -> None:
    assert FULL.header("null", b"default") is None


def test_a_missing_header_is_the_default() -> None:
    assert (FULL.header("x"), FULL.header("x", b"default")) == (None, b"default")


@pytest.mark.parametrize(
    ("name", "new"),
    [("value", 2), ("key", None), ("timestamp", None), ("headers", (("n", b""),)), ("origin", None)],
)
def test_replace_changes_one_field_and_no_other(name: str, new: object) -> None:
    changed = FULL.replace(**{name: new})

    assert {field: getattr(changed, field) for field in FIELDS} == {field: getattr(FULL, field) for field in FIELDS} | {
        name: new
    }


def test_replace_leaves_the_event_alone() -> None:
    FULL.replace(value=2)

    assert FULL.value == 1


def test_replace_keeps_nanoseconds() -> None:
    [event] = rs.collect(rs.from_history([(1_234_567_891, "x")], unit="ns").pipe(ops.events()))

    assert event.replace(key="k").timestamp_ns == 1_234_567_891


def test_events_are_equal_by_value() -> None:
    twin = rs.Event(1, "k", NOON.astimezone(timezone(timedelta(hours=1))), [("h", b"x"), ("null", None)], FULL.origin)

    assert {FULL, twin} == {FULL}


@pytest.mark.parametrize("name", FIELDS)
def test_events_differ_by_any_field(name: str) -> None:
    other: dict[str, Any] = {"value": 9, "key": 9, "timestamp": None, "headers": (), "origin": None}

    assert FULL.replace(**{name: other[name]}) != FULL


def test_an_event_is_not_its_value() -> None:
    assert rs.Event(1) != 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_is_equal(copied: Any) -> None:
    assert copied(FULL) == FULL


def test_it_prints_what_it_has() -> None:
    assert repr(FULL) == (
        "Event(1, key='k', timestamp=2026-01-01T12:00:00+00:00, headers=(('h', b'x'), ('null', None)), "
        "origin=('topic', 0, 7))"
    )


def test_it_prints_nothing_that_it_does_not_have() -> None:
    assert repr(rs.Event(None)) == "Event(None)"


def test_an_empty_key_is_printed() -> None:
    assert repr(rs.Event(1, key="")) == "Event(1, key='')"


def test_a_naive_timestamp_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.Event(1, timestamp=datetime(2026, 1, 1))) == (
        "Event: timestamp must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance tzinfo=UTC."
    )


@pytest.mark.parametrize("timestamp", [5, 1.5, True, "2026-01-01"], ids=repr)
def test_what_is_no_datetime_is_refused(refusal: Refusal, timestamp: Any) -> None:
    sentence = refusal(lambda: rs.Event(1, timestamp=timestamp))

    assert sentence == (
        f"Event: timestamp must be an aware datetime; got {timestamp!r}. Give it a zone, for instance tzinfo=UTC."
    )


@pytest.mark.parametrize("timestamp", [5, True, datetime(2026, 1, 1), "2026-01-01"], ids=repr)
def test_replace_refuses_what_is_no_aware_datetime(refusal: Refusal, timestamp: Any) -> None:
    sentence = refusal(lambda: FULL.replace(timestamp=timestamp))

    assert sentence == (
        f"Event: timestamp must be an aware datetime; got {timestamp!r}. Give it a zone, for instance tzinfo=UTC."
    )


def test_replace_refuses_what_is_no_field(refusal: Refusal) -> None:
    assert refusal(lambda: FULL.replace(vaule=2)) == (
        "Event.replace: fields are value, key, timestamp, headers and origin; got ['vaule']. Correct the name."
    )
