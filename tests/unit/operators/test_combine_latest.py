"""Bringing the newest items of several streams together."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import reactivex
from hypothesis import given
from reactivex import operators as rx
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.operators.two_inputs import END, Script, histories, scripts

#: Left, right, and what comes of them.
DIAGRAMS = {
    "by turns": ("                 -a---b---|", "---1---2-|", "  ---x-y-z-|"),
    "at one instant": ("           -a-b---|", "  -1-2---|", "   -x-(yz)|"),
    "several before the other": (" ab---|", "    ---1-|", "     ---y-|"),
    "the last one goes on": ("     -a|", "       -1-2-|", "     -x-u-|"),
    "the other last one goes on": ("a-b|", "     1|", "         x-y|"),
    "both end at once": ("         a-|", "       1-|", "        x-|"),
    "empty": ("                    |", "        -1-|", "       |"),
    "the other one is empty": ("   -a-|", "     |", "          |"),
    "ended without an item": ("    -a---|", "  ---|", "       ---|"),
    "silent": ("                   -a-|", "     ----", "       ----"),
    "both silent": ("              ---", "      ---", "        ---"),
    "an error": ("                 -a-#", "     1---2", "      -x-#"),
    "the other one's error": ("    -a-b", "     1-#", "        -x#"),
    "an error before any tuple": ("-a", "       --#", "        --#"),
}
PAIRS = {"x": ("a", "1"), "y": ("b", "1"), "z": ("b", "2"), "u": ("a", "2")}

#: reactivex goes on until all have ended.
ENDED_EARLY = {"empty", "the other one is empty", "ended without an item"}

each_diagram = pytest.mark.parametrize("diagram", DIAGRAMS)


@each_diagram
@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_a_new_item_comes_with_the_newest_of_the_others(marbles: Marbles, kind: str, diagram: str) -> None:
    left, right, expected = DIAGRAMS[diagram]
    make = getattr(marbles, kind)

    marbles.expect(make(left).pipe(ops.combine_latest(make(right))), expected, PAIRS)


@pytest.mark.parametrize("diagram", sorted(set(DIAGRAMS) - ENDED_EARLY))
def test_reactivex_says_the_same(marbles: Marbles, diagram: str) -> None:
    left, right, expected = DIAGRAMS[diagram]

    marbles.expect(marbles.hot(left).pipe(rx.combine_latest(marbles.hot(right))), expected, PAIRS)


def test_whoever_has_enough_unsubscribes_from_all(marbles: Marbles) -> None:
    left, right = marbles.hot("-a-b-|"), marbles.hot("--1-2-|")

    marbles.expect(left.pipe(ops.combine_latest(right), ops.take(1)), "--(x|)", PAIRS)
    marbles.expect_subscriptions(left, "                               ^-!")
    marbles.expect_subscriptions(right, "                              ^-!")


def test_who_unsubscribes_hears_no_more(marbles: Marbles) -> None:
    left, right = marbles.hot("-a-b-|"), marbles.hot("-1---2-|")

    marbles.expect(left.pipe(ops.combine_latest(right)), "-x-y----", PAIRS, subscription="^---!")


def test_when_it_can_bring_nothing_any_more_nothing_more_is_read(marbles: Marbles) -> None:
    left, right = marbles.hot("--|"), marbles.hot("-1-2-3-4|")

    marbles.expect(left.pipe(ops.combine_latest(right)), "--|")
    marbles.expect_subscriptions(right, "                 ^-!")


def test_when_it_fails_nothing_more_is_read(marbles: Marbles) -> None:
    left, right = marbles.hot("--#"), marbles.hot("-1-2-3-4|")

    marbles.expect(left.pipe(ops.combine_latest(right)), "--#")
    marbles.expect_subscriptions(right, "                 ^-!")


def test_three_streams_make_tuples_of_three(marbles: Marbles) -> None:
    one, two, three = marbles.hot("a--b|"), marbles.hot("-c--|"), marbles.hot("--d-|")

    marbles.expect(one.pipe(ops.combine_latest(two, three)), "--xy|", {"x": ("a", "c", "d"), "y": ("b", "c", "d")})


def test_without_others_it_makes_tuples_of_one() -> None:
    assert rs.collect(rs.from_iterable("ab").pipe(ops.combine_latest())) == [("a",), ("b",)]


def test_a_stream_combined_with_itself_tells_of_each_item_twice() -> None:
    source = rs.from_iterable([1, 2])

    assert rs.collect(source.pipe(ops.combine_latest(source))) == [(1, 1), (2, 1), (2, 2)]


def test_empty_values_are_values() -> None:
    assert rs.collect(rs.from_iterable([None]).pipe(ops.combine_latest(rs.from_iterable([0, ""])))) == [
        (None, 0),
        (None, ""),
    ]


def test_a_foreign_observable_can_be_an_input() -> None:
    assert rs.collect(rs.from_iterable([1]).pipe(ops.combine_latest(reactivex.of(3)))) == [(1, 3)]


def test_a_tuple_that_fails_leaves_the_others() -> None:
    quotients = rs.from_iterable([6]).pipe(
        ops.combine_latest(rs.from_iterable([1, 0, 2])), ops.map(lambda pair: pair[0] // pair[1])
    )

    assert rs.collect(quotients, on_error=rs.handlers.skip()) == [6, 3]


def test_run_again_it_gives_the_same() -> None:
    stream = rs.from_iterable("ab").pipe(ops.combine_latest(rs.from_iterable([1, 2])))

    assert rs.collect(stream) == rs.collect(stream) == [("b", 1), ("b", 2)]


def test_subscribed_plainly_it_gives_the_same() -> None:
    said: list[object] = []

    combined = rs.from_iterable("ab").pipe(ops.combine_latest(rs.from_iterable([1, 2])))
    combined.subscribe(said.append, None, lambda: said.append("end"))

    assert said == [("b", 1), ("b", 2), "end"]


def test_an_input_that_fails_is_heard_of_once() -> None:
    said: list[str] = []
    one, two = Subject[int](), Subject[int]()
    rs.from_observable(one).pipe(ops.combine_latest(two)).subscribe(on_error=lambda error: said.append(str(error)))

    one.on_error(ValueError("first"))
    two.on_error(ValueError("second"))

    assert said == ["first"]


T1, T2 = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "right", "whole"),
    [
        (rs.Event(1, "k", T1), rs.Event(2, "k", T2), rs.Event((1, 2), "k", T2)),
        (rs.Event(1, "k", T2), rs.Event(2, "l"), rs.Event((1, 2), None, T2)),
        (rs.Event(1, "k", None, [("h", b"x")], rs.Origin("t", 0, 1)), rs.Event(2, "k"), rs.Event((1, 2), "k")),
    ],
    ids=["keys agree", "keys differ", "headers and origins are the parts' own"],
)
def test_the_passport_is_made_of_the_parts(left: rs.Event[int], right: rs.Event[int], whole: rs.Event[Any]) -> None:
    combined = rs.from_iterable([left]).pipe(ops.combine_latest(rs.from_iterable([right])), ops.events())

    assert rs.collect(combined) == [whole]


def test_a_kept_item_keeps_its_passport() -> None:
    kept = rs.from_iterable([rs.Event(1, "k", T2)])

    combined = kept.pipe(ops.combine_latest(rs.from_iterable([rs.Event(2, "k", T1), rs.Event(3, "l", T1)])))
    made = rs.collect(combined.pipe(ops.events()))

    assert made == [rs.Event((1, 2), "k", T2), rs.Event((1, 3), None, T2)]


def test_a_window_below_loses_no_tuple() -> None:
    left, right = histories([("L", 0), END("L"), ("R", 3), ("R", 5), END("R")])

    panes = rs.collect(left.pipe(ops.combine_latest(right), ops.window(rs.tumbling(2))))

    assert [(pane.value, pane.start.second) for pane in panes] == [([(0, 3)], 2), ([(0, 5)], 4)]


def combined_by_hand(script: Script) -> Iterator[tuple[object, object]]:
    newest: dict[str, object] = {}
    for side, said in script:
        if said is END:
            if side not in newest:
                return
            continue
        newest[side] = said
        if len(newest) == 2:
            yield newest["L"], newest["R"]


@given(scripts())
def test_it_gives_what_is_combined_by_hand(script: Script) -> None:
    left, right = histories(script)

    assert rs.collect(left.pipe(ops.combine_latest(right))) == list(combined_by_hand(script))


@pytest.mark.parametrize("other", [[1, 2], None, 5], ids=repr)
def test_what_is_no_observable_is_refused(refusal: Refusal, other: Any) -> None:
    assert refusal(lambda: ops.combine_latest(other)) == (
        f"combine_latest: every input must be a Stream or an Observable; got {other!r}. "
        "Wrap it, for instance in rs.from_iterable(…)."
    )
