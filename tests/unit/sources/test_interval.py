"""Ticks at a fixed rate."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice, takewhile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOON_NS = 1_767_268_800_000_000_000
SECOND = 1_000_000_000


def ticks(stream: rs.Stream[int], run_start: int = NOON_NS) -> Iterator[int]:
    assert stream.feed is not None
    assert stream.feed.ticks is not None
    return stream.feed.ticks(run_start)


def seconds(stream: rs.Stream[int], run_start: float = 0) -> list[float]:
    """The first ticks, in seconds after noon, of a run that starts so many seconds after noon."""
    return [(due - NOON_NS) / SECOND for due in islice(ticks(stream, NOON_NS + round(run_start * SECOND)), 5)]


# When it is due


@pytest.mark.parametrize("period", [2, 2.0, timedelta(seconds=2)])
def test_the_first_tick_comes_a_period_after_the_runs_start(period: Any) -> None:
    assert seconds(rs.interval(period)) == [2, 4, 6, 8, 10]


def test_ticks_may_be_counted_from_an_instant() -> None:
    assert seconds(rs.interval(2, start=NOON + timedelta(seconds=5))) == [7, 9, 11, 13, 15]


def test_ticks_due_before_the_run_are_left_out() -> None:
    assert seconds(rs.interval(2, start=NOON), run_start=6.5) == [8, 10, 12, 14, 16]


def test_a_tick_due_when_the_run_starts_is_among_them() -> None:
    assert seconds(rs.interval(2, start=NOON), run_start=6) == [6, 8, 10, 12, 14]


def test_the_start_itself_is_no_tick() -> None:
    assert seconds(rs.interval(2, start=NOON), run_start=-10) == [2, 4, 6, 8, 10]


def test_ages_between_start_and_run_cost_nothing() -> None:
    stream = rs.interval(1e-6, start=datetime(1900, 1, 1, tzinfo=UTC))

    assert next(ticks(stream)) == NOON_NS


@pytest.mark.parametrize("end", [NOON + timedelta(seconds=6), 6, 6.0, timedelta(seconds=6)])
def test_the_end_is_the_last_tick(end: Any) -> None:
    assert seconds(rs.interval(2, end=end)) == [2, 4, 6]


def test_an_end_between_two_ticks_leaves_out_the_later() -> None:
    assert seconds(rs.interval(2, end=5.999)) == [2, 4]


def test_an_end_that_is_a_duration_counts_from_the_start() -> None:
    assert seconds(rs.interval(2, start=NOON, end=10), run_start=7) == [8, 10]


@pytest.mark.parametrize("end", [0, 1.5, NOON, NOON - timedelta(days=1)])
def test_an_end_before_the_first_tick_leaves_none(end: Any) -> None:
    assert seconds(rs.interval(2, end=end)) == []


def test_a_start_may_be_the_end() -> None:
    assert seconds(rs.interval(2, start=NOON, end=NOON)) == []


def test_parts_of_a_second_are_exact_after_a_million_ticks() -> None:
    assert next(islice(ticks(rs.interval(0.1)), 999_999, None)) == NOON_NS + 100_000 * SECOND


@pytest.mark.parametrize(("end", "endless"), [(None, True), (10, False)])
def test_without_an_end_it_is_endless(end: Any, endless: bool) -> None:
    feed = rs.interval(1, end=end).feed
    assert feed is not None

    assert (feed.endless, feed.live) == (endless, False)


def test_each_run_counts_from_its_own_start() -> None:
    stream = rs.interval(1, end=2)

    assert (seconds(stream), seconds(stream, run_start=10)) == ([1, 2], [11, 12])


def by_hand(period: int, start: int | None, end: int | None, run_start: int) -> list[int]:
    """The first ticks, found by counting from the start; all in seconds."""
    origin = run_start if start is None else start
    due = takewhile(lambda tick: end is None or tick <= end, count(origin + period, period))
    return list(islice((tick for tick in due if tick >= run_start), 10))


@given(
    period=st.integers(1, 20),
    start=st.none() | st.integers(-50, 50),
    end=st.none() | st.integers(50, 100),
    run_start=st.integers(-50, 150),
)
def test_ticks_are_those_counted_by_hand(period: int, start: int | None, end: int | None, run_start: int) -> None:
    def instant(second: int | None) -> datetime | None:
        return None if second is None else NOON + timedelta(seconds=second)

    stream = rs.interval(period, start=instant(start), end=instant(end))
    found = [(due - NOON_NS) // SECOND for due in islice(ticks(stream, NOON_NS + run_start * SECOND), 10)]

    assert found == by_hand(period, start, end, run_start)


# In a run


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def elapsed() -> float:
    return (rs.now() - EPOCH).total_seconds()


def test_the_values_count_the_ticks() -> None:
    assert rs.collect(rs.interval(1).pipe(ops.take(3))) == [0, 1, 2]


def test_each_run_counts_anew() -> None:
    stream = rs.interval(1, end=2)

    assert (rs.collect(stream), rs.collect(stream)) == ([0, 1], [0, 1])


def test_a_ticks_event_has_the_due_instant_and_no_key() -> None:
    stream = rs.interval(0.5, start=NOON, end=1)

    assert rs.collect(stream.pipe(ops.events())) == [
        rs.Event(0, timestamp=NOON + timedelta(seconds=0.5)),
        rs.Event(1, timestamp=NOON + timedelta(seconds=1)),
    ]


def test_the_clock_stands_at_the_due_instant() -> None:
    assert rs.collect(rs.interval(0.5, end=1.5).pipe(ops.map(lambda _: elapsed()))) == [0.5, 1.0, 1.5]


def test_a_tick_due_while_the_one_before_is_handled_is_skipped_and_not_counted() -> None:
    begun: list[tuple[int, float]] = []

    async def body(tick: int) -> None:
        begun.append((tick, elapsed()))
        await rs.sleep(0.3)

    rs.run(rs.interval(0.2, end=1.1).to(body))

    assert begun == [(0, 0.2), (1, 0.6), (2, 1.0)]


def test_behind_a_tick_that_fails_the_next_one_comes_if_the_handler_goes_on() -> None:
    stream = rs.interval(1, end=4).pipe(ops.map(lambda tick: 6 // (tick - 1)))

    assert rs.collect(stream, on_error=rs.handlers.skip()) == [-6, 6, 3]


def test_a_tick_that_fails_ends_the_run_by_default() -> None:
    ticked: list[int] = []

    def body(tick: int) -> None:
        ticked.append(tick)
        raise OSError("gone")

    with pytest.raises(OSError, match=r"^gone"):
        rs.run(rs.interval(1).to(body))

    assert ticked == [0]


def test_it_does_not_drift() -> None:
    async def body(_tick: int) -> None:
        await rs.sleep(0.03)

    ticks = rs.to_list()
    rs.run(rs.interval(0.1, end=200).pipe(ops.events()).to(ticks, body))

    assert (len(ticks.items), ticks.items[-1]) == (2_000, rs.Event(1_999, timestamp=EPOCH + timedelta(seconds=200)))


def test_at_one_instant_items_come_first() -> None:
    seen: list[Any] = []
    history = rs.from_history([(second, f"item {second}") for second in range(3)], unit="s")
    rs.run(rs.interval(1, end=2).to(seen.append), history.to(seen.append))

    assert seen == ["item 0", "item 1", 0, "item 2", 1]


def test_an_endless_one_does_not_keep_a_run_from_its_end() -> None:
    seen = rs.to_list()
    rs.run(rs.interval(1).to(seen), rs.timer(2.5).to(rs.to_list()))

    assert seen.items == [0, 1]


# Wrong arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"period": 0}, "interval: period must be greater than zero; got 0. Give seconds or a timedelta."),
        ({"period": -1}, "interval: period must be greater than zero; got -1. Give seconds or a timedelta."),
        ({"period": "1s"}, "interval: period must be a duration; got '1s'. Give seconds or a timedelta."),
        (
            {"start": datetime(2026, 1, 1)},
            "interval: start must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
            "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC).",
        ),
        (
            {"start": 5},
            "interval: start must be an aware datetime; got 5. "
            "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC).",
        ),
        (
            {"end": datetime(2026, 1, 1)},
            "interval: end must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
            "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC).",
        ),
        (
            {"end": "later"},
            "interval: end must be an aware datetime or a duration; got 'later'. "
            "Give a datetime with a zone, seconds or a timedelta.",
        ),
        ({"end": -1}, "interval: end must not be negative; got -1. Give seconds or a timedelta."),
        (
            {"start": NOON, "end": NOON - timedelta(days=1)},
            f"interval: end must not be before start {NOON!r}; got {NOON - timedelta(days=1)!r}. Correct one of them.",
        ),
    ],
)
def test_a_wrong_argument_is_refused_by_the_call(arguments: dict[str, Any], message: str, refusal: Refusal) -> None:
    assert refusal(lambda: rs.interval(**{"period": 1, **arguments})) == message
