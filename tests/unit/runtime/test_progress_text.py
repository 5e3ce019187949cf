"""The state of a run as lines that fit."""

import dataclasses
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxstream.runtime import PipelineReport, Report
from rxstream.runtime._progress_state import State
from rxstream.runtime._progress_text import FINE, GAP, PLAIN, Marks, lines_of, sentence_of, time_text

NOON = datetime(2013, 5, 4, 12, tzinfo=UTC)


def counted(name: str, **counts: int) -> PipelineReport:
    fields = {field.name: 0 for field in dataclasses.fields(PipelineReport)}
    return PipelineReport(**{**fields, **counts, "name": name})  # type: ignore[arg-type]  # the name is the only text


def state(
    *pipelines: PipelineReport,
    share: float | None = None,
    left: float | None = None,
    lag: int | None = None,
    reason: str = "running",
    rate: float = 86_400.0,
    unsettled: int = 0,
) -> State:
    report = Report(pipelines, NOON, NOON, 12.34, reason, unsettled)
    return State(report, (rate,) * len(pipelines), share, left, lag, replays=True)


def told(made: State, width: int = 79, marks: Marks = FINE) -> list[str]:
    return [GAP.join(part.text for part in line) for line in lines_of(made, width, marks)]


def columns(text: str) -> int:
    shown = [sign for sign in text if not unicodedata.combining(sign)]
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in shown)


ORDERS = counted("orders", received=1_200, emitted=1_100)
MILLIONS = counted("orders", received=123_456_789, emitted=123_456_000, late=12, failed=3)


# One pipeline


def test_it_tells_what_came_in_and_out_and_how_fast() -> None:
    assert told(state(ORDERS)) == ["orders  1 200 in  1 100 out  86 400/s  at 2013-05-04 12:00"]


def test_it_tells_of_the_late_and_the_failed_where_there_are_any() -> None:
    assert told(state(MILLIONS), 100)[0].startswith("orders  123 456 789 in  123 456 000 out  12 late  3 failed")


def test_it_tells_how_much_is_done_and_how_long_the_rest_takes() -> None:
    assert told(state(ORDERS, share=0.5, left=75.0), 120) == [
        "orders  1 200 in  1 100 out  86 400/s  ━━━━━━━━━━──────────  50 %  1:15 left  at 2013-05-04 12:00"
    ]


def test_a_terminal_without_fine_signs_gets_others() -> None:
    assert "##########.........." in told(state(ORDERS, share=0.5), 120, PLAIN)[0]


def test_it_tells_how_far_it_is_behind_what_is_live() -> None:
    assert "86 400/s  1 234 behind" in told(state(ORDERS, lag=1_234))[0]


def test_at_the_end_it_tells_how_it_ended() -> None:
    assert told(state(ORDERS, reason="stopped", unsettled=7)) == [
        "orders  1 200 in  1 100 out  86 400/s  stopped after 12.3 s  7 unsettled"
    ]


# Several


def test_several_pipelines_have_their_numbers_below_each_other() -> None:
    assert told(state(ORDERS, counted("late ones", received=5, late=5), share=0.25)) == [
        "orders     1 200 in  1 100 out  0 late  86 400/s",
        "late ones      5 in      0 out  5 late  86 400/s",
        "━━━━━───────────────  25 %  at 2013-05-04 12:00",
    ]


def test_of_very_many_the_first_ones_are_told() -> None:
    lines = told(state(*(counted(f"p{number}") for number in range(20))))

    assert len(lines) == 9
    assert lines[-1].startswith("and 12 more")


# Widths


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (110, "orders  123 456 789 in  123 456 000 out  12 late  3 failed  86 400/s  50 %  at 2013-05-04 12:00"),
        (79, "orders  123 456 789 in  123 456 000 out  12 late  3 failed  86 400/s  50 %"),
        (70, "orders  123M in  123M out  12 late  3 failed  86.4k/s  50 %"),
        (30, "orders  123M in  123M out  12~"),
    ],
)
def test_the_narrower_it_is_the_less_is_told(width: int, line: str) -> None:
    made = told(state(MILLIONS, share=0.5), width, PLAIN)[0]

    assert made.replace("#####.....  ", "") == line


@given(
    names=st.lists(st.text(max_size=40), min_size=1, max_size=10),
    counts=st.lists(st.integers(0, 10**15), min_size=4, max_size=4),
    share=st.none() | st.floats(0, 1),
    width=st.integers(10, 200),
)
def test_no_line_is_wider_than_it_may_be(names: list[str], counts: list[int], share: float | None, width: int) -> None:
    fields = dict(zip(("received", "emitted", "late", "failed"), counts, strict=True))
    lines = told(state(*(counted(name, **fields) for name in names), share=share, left=5e6, lag=counts[0]), width)

    assert all(columns(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)


def test_what_would_move_the_cursor_is_not_written() -> None:
    assert told(state(counted("a\x1b[2J\nb")))[0].startswith("a?[2J?b  0 in")


# Plain lines


def test_a_plain_line_tells_when_and_of_whom() -> None:
    made = state(ORDERS, share=0.5, left=75.0)

    assert sentence_of(made, ORDERS) == (
        "0:12  orders: 1 200 in, 1 100 out, 86 400/s, 50 %, 1:15 left, at 2013-05-04 12:00"
    )


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (3_599, "59:59"), (7_265, "2:01:05")])
def test_a_time_is_told_in_minutes_and_seconds(seconds: float, text: str) -> None:
    assert time_text(seconds) == text
