"""Instants and durations: aware datetimes and seconds outside, integer nanoseconds inside."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream.core import datetime_to_ns, duration_ns, instant_argument, instant_reader, is_naive, ns_to_datetime
from tests.unit.conftest import Refusal


class NoOffset(timezone.__base__):  # type: ignore[misc]  # tzinfo itself, by the name its subclass knows it
    """A zone that does not know its offset, so that a datetime in it names no instant."""

    def utcoffset(self, _: datetime | None) -> None:
        return None


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_datetime_comes_back_from_nanoseconds(instant: datetime) -> None:
    assert ns_to_datetime(datetime_to_ns(instant)) == instant


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_nanoseconds_are_ordered_as_datetimes_are(one: datetime, two: datetime) -> None:
    assert (datetime_to_ns(one) < datetime_to_ns(two)) == (one < two)


def test_before_the_epoch_nanoseconds_are_negative() -> None:
    assert datetime_to_ns(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) == -1000


def test_an_instant_that_no_datetime_has_says_what_to_do() -> None:
    with pytest.raises(rs.StreamError) as refused:
        rs.collect(rs.from_history([(1_700_000_000_000, "milliseconds")], unit="s"))

    assert str(refused.value) == (
        "rxstream: instants must lie in the years 1 to 9999; got 1700000000000000000000 ns since 1970. "
        "Correct the timestamps, or the unit= in which they are read."
    )


def test_a_zone_without_an_offset_names_no_instant() -> None:
    assert is_naive(datetime(2026, 1, 1, tzinfo=NoOffset()))


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        (1, 1_000_000_000),
        (0.1, 100_000_000),
        (1e-9, 1),
        (10**9, 10**18),
        (timedelta(microseconds=1), 1_000),
        (timedelta(days=400_000, microseconds=1), 34_560_000_000_000_001_000),
        (0, 0),
    ],
)
def test_a_duration_is_seconds_or_a_timedelta(given_as: Any, expected: int) -> None:
    assert duration_ns("who", what=given_as) == expected


@given(st.timedeltas(min_value=timedelta(0)))
def test_a_timedelta_is_exact(span: timedelta) -> None:
    assert duration_ns("who", what=span) == span // timedelta(microseconds=1) * 1000


def test_an_instant_given_as_an_argument_must_have_a_zone(refusal: Refusal) -> None:
    assert refusal(lambda: instant_argument("who", "start", datetime(2026, 1, 1))) == (
        "who: start must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC)."
    )


@pytest.mark.parametrize("instant", [5, None, "2026-01-01T00:00:00Z"], ids=repr)
def test_an_instant_given_as_an_argument_must_be_a_datetime(refusal: Refusal, instant: object) -> None:
    assert refusal(lambda: instant_argument("who", "start", instant)) == (
        f"who: start must be an aware datetime; got {instant!r}. "
        "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC)."
    )


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_whole_numbers_are_exact_whatever_they_count(unit: str) -> None:
    factor = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]

    assert instant_reader("who", unit)(9_007_199_254_740_993) == 9_007_199_254_740_993 * factor


def test_whole_numbers_as_text_are_exact() -> None:
    assert instant_reader("who", "ns")("9007199254740993") == 9_007_199_254_740_993


def test_fractions_as_text_are_read() -> None:
    assert instant_reader("who", "s")("1.5") == 1_500_000_000


def test_a_datetime_is_one_whatever_numbers_count() -> None:
    assert instant_reader("who", "ms")(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000_000


def test_text_without_a_zone_is_an_error() -> None:
    with pytest.raises(rs.StreamError) as caught:
        instant_reader("who", None)("2026-01-01T00:00:00")

    assert str(caught.value) == (
        "who: a timestamp must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance tzinfo=UTC."
    )
