"""Saying when things happened."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FROM_1900_TO_2100 = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def timed(value: Any, time: Any, **options: Any) -> Any:
    """Return the timestamp that a value is given."""
    [event] = rs.collect(rs.from_iterable([value]).pipe(ops.event_time(time, **options), ops.events()))
    return event.timestamp


def panes_of(items: list[Any], *steps: Any) -> list[Any]:
    stream = rs.from_iterable(items).pipe(*steps, ops.window(rs.tumbling(10)))
    return [pane.value for pane in rs.collect(stream)]


def seconds(value: float) -> float:
    return value


@pytest.mark.parametrize(
    ("raw", "unit"),
    [
        (NOON, None),
        (NOON.astimezone(timezone(timedelta(hours=5, minutes=45))), None),
        ("2026-01-01T12:00:00Z", None),
        ("2026-01-01T13:00:00+01:00", None),
        (1_767_268_800, "s"),
        (1_767_268_800.0, "s"),
        ("1767268800", "s"),
        (1_767_268_800_000, "ms"),
        (1_767_268_800_000_000, "us"),
        (1_767_268_800_000_000_000, "ns"),
    ],
)
def test_an_instant_can_be_said_in_many_ways(raw: Any, unit: str | None) -> None:
    assert timed({"at": raw}, "at", unit=unit) == NOON


def test_a_function_finds_the_instant() -> None:
    assert timed(("x", NOON), lambda pair: pair[1]) == NOON


@pytest.mark.parametrize("name", ["high", "wake", "read", "instant", "value", "a: drop", "o'clock", "{}", "\\", "\n"])
def test_a_field_may_have_any_name(name: str) -> None:
    assert timed({name: NOON}, name) == NOON


def test_an_instant_before_the_epoch_is_one() -> None:
    assert timed(-1, seconds, unit="s") == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)


@given(FROM_1900_TO_2100)
def test_microseconds_are_exact(instant: datetime) -> None:
    assert timed(instant, lambda value: value) == instant


@given(FROM_1900_TO_2100)
def test_a_float_of_seconds_comes_back_to_the_microsecond(instant: datetime) -> None:
    raw = instant.timestamp()

    assert timed(raw, seconds, unit="s") == datetime.fromtimestamp(raw, UTC)


def test_the_timestamp_of_the_source_is_replaced() -> None:
    event = rs.Event(5, timestamp=NOON)

    [made] = rs.collect(rs.from_iterable([event]).pipe(ops.event_time(seconds, unit="s"), ops.events()))

    assert made.timestamp == datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "unit", "sentence"),
    [
        (
            datetime(2026, 1, 1),
            None,
            "event_time: a timestamp must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
            "Give it a zone, for instance tzinfo=UTC.",
        ),
        (
            5,
            None,
            "event_time: a timestamp must be an aware datetime or ISO 8601 text with a zone; got 5. "
            'For numbers, say what they count: unit="s", "ms", "us" or "ns".',
        ),
        (
            "yesterday",
            None,
            "event_time: a timestamp must be ISO 8601 text with a zone; got 'yesterday'. "
            'Give time= a function that reads it, or unit="s", "ms", "us" or "ns" for numbers.',
        ),
        (
            "noon",
            "s",
            "event_time: a timestamp must be a number, as unit= says; got 'noon'. "
            "Leave unit= out for datetimes and ISO 8601 text.",
        ),
        (
            None,
            "s",
            "event_time: a timestamp must be a number, as unit= says; got None. "
            "Leave unit= out for datetimes and ISO 8601 text.",
        ),
        (
            float("nan"),
            "s",
            "event_time: a timestamp must be a number, as unit= says; got nan. "
            "Leave unit= out for datetimes and ISO 8601 text.",
        ),
        (
            float("inf"),
            "s",
            "event_time: a timestamp must be a number, as unit= says; got inf. "
            "Leave unit= out for datetimes and ISO 8601 text.",
        ),
        (
            True,
            "s",
            "event_time: a timestamp must be a number, as unit= says; got True. "
            "Leave unit= out for datetimes and ISO 8601 text.",
        ),
    ],
    ids=lambda raw: repr(raw)[:20],
)
def test_what_names_no_instant_goes_to_the_error_handler(raw: Any, unit: str | None, sentence: str) -> None:
    errors: list[str] = []
    stream = rs.from_iterable([raw]).pipe(ops.event_time(lambda value: value, unit=unit))

    rs.collect(stream, on_error=lambda _, error: errors.append(str(error)))

    assert errors == [sentence]


def test_a_missing_field_goes_to_the_error_handler() -> None:
    kept = rs.collect(
        rs.from_iterable([{}, {"at": 1}]).pipe(ops.event_time("at", unit="s")), on_error=rs.handlers.skip()
    )

    assert kept == [{"at": 1}]


def test_a_row_is_not_multiplied_by_the_unit() -> None:
    class Row(tuple[int, ...]):
        def __mul__(self, factor: object) -> Any:
            raise MemoryError

        __rmul__ = __mul__

    errors: list[type] = []
    stream = rs.from_iterable([Row((1, 2))]).pipe(ops.event_time(lambda value: value, unit="s"))
    rs.collect(stream, on_error=lambda _, error: errors.append(type(error)))

    assert errors == [rs.StreamError]


def test_the_watermark_follows_the_greatest_timestamp() -> None:
    late = rs.from_iterable([1, 25, 2]).pipe(
        ops.event_time(seconds, unit="s"), ops.window(rs.tumbling(10), into=rs.agg.count())
    )

    assert [pane.value for pane in rs.collect(late)] == [1, 1]


def test_the_disorder_holds_the_watermark_back() -> None:
    panes = panes_of([1, 14, 2, 15, 3], ops.event_time(seconds, unit="s", disorder=5))

    assert panes == [[1, 2], [14, 15]]


def test_the_disorder_may_be_a_timedelta() -> None:
    panes = panes_of([1, 14, 2], ops.event_time(seconds, unit="s", disorder=timedelta(seconds=5)))

    assert panes == [[1, 2], [14]]


def test_an_item_without_a_timestamp_leaves_the_watermark_alone() -> None:
    stream = rs.from_iterable([1, "x", 2]).pipe(ops.event_time(seconds, unit="s"), ops.window(rs.tumbling(10)))

    assert [pane.value for pane in rs.collect(stream, on_error=rs.handlers.skip())] == [[1, 2]]


def test_it_replaces_the_watermark_of_the_source() -> None:
    history = rs.from_history([(100, 1), (200, 2)], unit="s")

    panes = rs.collect(history.pipe(ops.event_time(seconds, unit="s"), ops.window(rs.tumbling(10))))

    assert [pane.value for pane in panes] == [[1, 2]]


def test_it_replaces_the_watermark_of_one_above() -> None:
    items = [{"sent": 1000, "seen": 1}, {"sent": 2000, "seen": 2}]

    panes = panes_of(items, ops.event_time("sent", unit="s"), ops.event_time("seen", unit="s"))

    assert panes == [items]


def test_it_replaces_the_watermark_of_one_above_another_operator() -> None:
    items = [{"sent": 1000, "seen": 1}, {"sent": 2000, "seen": 2}]
    between = ops.flat_map(lambda item: [item])

    panes = panes_of(items, ops.event_time("sent", unit="s"), between, ops.event_time("seen", unit="s"))

    assert panes == [items]


def test_run_again_the_watermark_starts_anew() -> None:
    stream = rs.from_iterable([1, 25]).pipe(ops.event_time(seconds, unit="s"), ops.window(rs.tumbling(10)))

    assert rs.collect(stream) == rs.collect(stream)


def test_what_is_neither_function_nor_name_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.event_time(5)) == "event_time: time must be callable; got 5. Give a function."


def test_an_async_function_is_refused(refusal: Refusal) -> None:
    async def later(value: int) -> int:
        return value

    assert refusal(lambda: ops.event_time(later)) == (
        "event_time: time must be a plain function; got the async later. "
        "Await it with ops.process(f) or ops.map_async(f)."
    )


def test_an_unknown_unit_is_refused_and_the_nearest_named(refusal: Refusal) -> None:
    assert refusal(lambda: ops.event_time("at", unit="mss")) == (
        "event_time: unit must be one of 's', 'ms', 'us', 'ns'; got 'mss'. Did you mean 'ms'?"
    )


def test_a_negative_disorder_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.event_time("at", disorder=-1)) == (
        "event_time: disorder must not be negative; got -1. Give seconds or a timedelta."
    )


@pytest.mark.parametrize("disorder", ["5", None, True, float("nan"), float("inf")], ids=repr)
def test_a_disorder_that_is_no_duration_is_refused(refusal: Refusal, disorder: object) -> None:
    assert refusal(lambda: ops.event_time("at", disorder=disorder)) == (
        f"event_time: disorder must be a duration; got {disorder!r}. Give seconds or a timedelta."
    )
