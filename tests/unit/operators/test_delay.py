"""Handing on each item later."""

import pytest
from hypothesis import given

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.operators.timed import REST, SECONDS, SPAN, at, history, timed

#: What comes, and what is handed on two frames later.
DIAGRAMS = {
    "items": ("           -a-b---c|", "---a-b---c|"),
    "at once": ("         (ab)-c|", "  --(ab)-c|"),
    "the end": ("         -a-----|", " ---a-----|"),
    "nothing": ("         |", "       --|"),
    "no end": ("          -a", "      ---a"),
    "an error": ("        -a--#", "   ---a#"),
    "a kept item": ("     -a#", "     --#"),
}


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("case", DIAGRAMS)
def test_each_item_is_handed_on_later(marbles: Marbles, kind: str, case: str) -> None:
    text, expected = DIAGRAMS[case]

    marbles.expect(getattr(marbles, kind)(text).pipe(ops.delay(marbles.time("--|"))), expected)


def test_without_a_delay_items_come_at_their_instants(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-(bc)-|").pipe(ops.delay(0)), "-a-(bc)-|")


@given(SECONDS, REST, SPAN)
def test_the_order_and_the_distances_are_kept(seconds: list[int], rest: int, d: int) -> None:
    end = max(seconds, default=0) + rest

    assert timed(history(seconds, end=end).pipe(ops.delay(d))) == [(s + d, n) for n, s in enumerate(seconds)]


def test_the_end_comes_later_too() -> None:
    report = rs.run(history([1], end=4).pipe(ops.delay(60)).to(rs.to_list()), start=at(0))

    assert report.ended == at(64)


def test_the_timestamp_stays_as_it_was() -> None:
    noted = history([1, 3]).pipe(ops.delay(60), ops.events())

    assert [event.timestamp for event in rs.collect(noted)] == [at(1), at(3)]


def test_windows_below_wait_for_what_is_on_its_way() -> None:
    windowed = history([1, 2, 11]).pipe(ops.delay(15), ops.window(rs.tumbling(10)))

    assert [(second, pane.value) for second, pane in timed(windowed)] == [(17, [0, 1]), (26, [2])]


def test_a_window_closes_as_soon_as_nothing_older_is_on_its_way() -> None:
    windowed = history([1, 14, 19]).pipe(ops.delay(2), ops.window(rs.tumbling(10)))

    assert timed(windowed)[0][0] == 14


def test_a_negative_delay_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.delay(-1)) == "delay: d must not be negative; got -1. Give seconds or a timedelta."
