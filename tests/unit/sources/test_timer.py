"""One tick at a due instant."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOON_NS = 1_767_268_800_000_000_000


def ticks(stream: rs.Stream[int], run_start: int) -> Iterator[int]:
    assert stream.feed is not None
    assert stream.feed.ticks is not None
    return stream.feed.ticks(run_start)


@pytest.mark.parametrize("due", [1.5, timedelta(seconds=1.5)])
def test_a_duration_counts_from_the_runs_start(due: Any) -> None:
    assert list(ticks(rs.timer(due), NOON_NS)) == [NOON_NS + 1_500_000_000]


def test_a_duration_of_nought_is_due_at_the_runs_start() -> None:
    assert list(ticks(rs.timer(0), NOON_NS)) == [NOON_NS]


@pytest.mark.parametrize("run_start", [0, NOON_NS, NOON_NS + 1])
def test_an_instant_is_due_whenever_the_run_starts(run_start: int) -> None:
    assert list(ticks(rs.timer(NOON), run_start)) == [NOON_NS]


def test_an_instant_may_be_in_any_zone() -> None:
    in_tokyo = NOON.astimezone(timezone(timedelta(hours=9)))

    assert list(ticks(rs.timer(in_tokyo), 0)) == [NOON_NS]


def test_it_ends_behind_its_tick() -> None:
    feed = rs.timer(1).feed
    assert feed is not None

    assert (feed.endless, feed.live) == (False, False)


def test_in_a_run_it_ticks_once() -> None:
    assert rs.collect(rs.timer(3_600)) == [0]


def test_a_ticks_event_has_the_due_instant_and_no_key() -> None:
    assert rs.collect(rs.timer(NOON).pipe(ops.events())) == [rs.Event(0, timestamp=NOON)]


def test_the_clock_stands_at_the_due_instant() -> None:
    assert rs.collect(rs.timer(NOON).pipe(ops.map(lambda _: rs.now()))) == [NOON]


def test_one_that_was_due_before_the_run_ticks_at_its_start() -> None:
    told: list[tuple[rs.Event[int], datetime]] = []
    history = rs.from_history([(NOON, "a"), (NOON + timedelta(hours=1), "b")])
    early = rs.timer(NOON - timedelta(days=1)).pipe(ops.events())
    rs.run(history.to(rs.to_list()), early.to(lambda event: told.append((event, rs.now()))))

    assert told == [(rs.Event(0, timestamp=NOON - timedelta(days=1)), NOON)]


@pytest.mark.parametrize(
    ("due", "message"),
    [
        (-1, "timer: due must not be negative; got -1. Give seconds or a timedelta."),
        (
            datetime(2026, 1, 1),
            "timer: due must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
            "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC).",
        ),
        (
            "soon",
            "timer: due must be an aware datetime or a duration; got 'soon'. "
            "Give a datetime with a zone, seconds or a timedelta.",
        ),
        (
            True,
            "timer: due must be an aware datetime or a duration; got True. "
            "Give a datetime with a zone, seconds or a timedelta.",
        ),
        (float("nan"), "timer: due must be a duration; got nan. Give seconds or a timedelta."),
    ],
)
def test_a_wrong_due_instant_is_refused_by_the_call(due: Any, message: str, refusal: Refusal) -> None:
    assert refusal(lambda: rs.timer(due)) == message
