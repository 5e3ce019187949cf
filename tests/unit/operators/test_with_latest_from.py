"""Giving each item the newest ones of other streams."""

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
    "by turns": ("               a-a-b---b-|", "-1----2-|", " --x-y---z-|"),
    "several before the item": ("--b-b|", "     12---|", "    --z-z|"),
    "the other one ends": ("     --a-b|", "     -1|", "       --x-y|"),
    "the other one goes on": ("  --a|", "       -1---2-", "   --x|"),
    "the other one is empty": (" --a-|", "      |", "          ----|"),
    "empty": ("                  |", "         -1-|", "       |"),
    "silent": ("                 -a-|", "      ----", "       ---|"),
    "both silent": ("            ---", "       ---", "        ---"),
    "an error": ("               -a-#", "      1---2", "      -x-#"),
    "the other one's error": ("  -a-b", "      1-#", "        -x#"),
}
PAIRS = {"x": ("a", "1"), "y": ("b", "1"), "z": ("b", "2")}

each_diagram = pytest.mark.parametrize("diagram", DIAGRAMS)


@each_diagram
@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_each_item_comes_with_the_newest_of_the_other(marbles: Marbles, kind: str, diagram: str) -> None:
    left, right, expected = DIAGRAMS[diagram]
    make = getattr(marbles, kind)

    marbles.expect(make(left).pipe(ops.with_latest_from(make(right))), expected, PAIRS)


@each_diagram
def test_reactivex_says_the_same(marbles: Marbles, diagram: str) -> None:
    left, right, expected = DIAGRAMS[diagram]

    marbles.expect(marbles.hot(left).pipe(rx.with_latest_from(marbles.hot(right))), expected, PAIRS)


def test_whoever_has_enough_unsubscribes_from_all(marbles: Marbles) -> None:
    left, right = marbles.hot("--a-b-|"), marbles.hot("-1-2-|")

    marbles.expect(left.pipe(ops.with_latest_from(right), ops.take(1)), "--(x|)", PAIRS)
    marbles.expect_subscriptions(left, "                                 ^-!")
    marbles.expect_subscriptions(right, "                                ^-!")


def test_when_it_completes_the_other_one_is_left(marbles: Marbles) -> None:
    left, right = marbles.hot("--a|"), marbles.hot("-1-2-3-4|")

    marbles.expect(left.pipe(ops.with_latest_from(right)), "--x|", PAIRS)
    marbles.expect_subscriptions(right, "                   ^--!")


def test_who_unsubscribes_hears_no_more(marbles: Marbles) -> None:
    left, right = marbles.hot("-a-b-|"), marbles.hot("1-----|")

    marbles.expect(left.pipe(ops.with_latest_from(right)), "-x------", PAIRS, subscription="^-!")


def test_every_other_stream_has_its_place(marbles: Marbles) -> None:
    left, one, two = marbles.hot("-a-b|"), marbles.hot("c---|"), marbles.hot("--d|")

    marbles.expect(left.pipe(ops.with_latest_from(one, two)), "---x|", {"x": ("b", "c", "d")})


def test_without_others_it_makes_tuples_of_one() -> None:
    assert rs.collect(rs.from_iterable("ab").pipe(ops.with_latest_from())) == [("a",), ("b",)]


def test_what_comes_too_early_is_counted_as_dropped() -> None:
    left, right = histories([("L", 0), ("L", 1), ("R", 2), ("L", 3), END("L"), END("R")])

    report = rs.run(left.pipe(ops.with_latest_from(right)).to(rs.to_list()))

    assert (report.pipelines[0].dropped, report.pipelines[0].emitted) == (2, 1)


def test_empty_values_are_values() -> None:
    left, right = rs.from_history([(1, None)], unit="s"), rs.from_history([(0, None)], unit="s")

    assert rs.collect(left.pipe(ops.with_latest_from(right))) == [(None, None)]


def test_a_foreign_observable_can_be_an_input() -> None:
    numbers = rs.from_iterable([1, 2])

    assert rs.collect(numbers.pipe(ops.with_latest_from(reactivex.of(3)))) == [(1, 3), (2, 3)]


def test_a_tuple_that_fails_leaves_the_others() -> None:
    left, right = histories([("R", 0), ("L", 1), ("R", 2), ("L", 3), END("L"), END("R")])
    quotients = left.pipe(ops.with_latest_from(right), ops.map(lambda pair: pair[0] / pair[1]))

    assert rs.collect(quotients, on_error=rs.handlers.skip()) == [1.5]


def test_run_again_it_gives_the_same() -> None:
    left, right = histories([("R", 0), ("L", 1), END("L"), END("R")])
    stream = left.pipe(ops.with_latest_from(right))

    assert rs.collect(stream) == rs.collect(stream) == [(1, 0)]


def test_subscribed_plainly_it_gives_the_same() -> None:
    said: list[object] = []
    left, right = histories([("R", 0), ("L", 1), END("L"), END("R")])

    left.pipe(ops.with_latest_from(right)).subscribe(said.append, None, lambda: said.append("end"))

    assert said == [(1, 0), "end"]


def test_an_input_that_fails_is_heard_of_once() -> None:
    said: list[str] = []
    one, two = Subject[int](), Subject[int]()
    rs.from_observable(one).pipe(ops.with_latest_from(two)).subscribe(on_error=lambda error: said.append(str(error)))

    two.on_error(ValueError("first"))
    one.on_error(ValueError("second"))

    assert said == ["first"]


T1, T2 = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
FULL = rs.Event(7, "k", T2, (("h", b"x"),), rs.Origin("topic", 0, 3))
OTHER = rs.Event(8, "l", T1, (("i", b"y"),), rs.Origin("topic", 0, 4))


def test_the_passport_is_the_items_own() -> None:
    [made] = rs.collect(rs.from_history([FULL]).pipe(ops.with_latest_from(rs.from_history([OTHER])), ops.events()))

    assert made == FULL.replace(value=(7, 8))


def test_an_error_handler_gets_the_items_source_event() -> None:
    failed: list[rs.Event[Any]] = []

    broken = rs.from_history([FULL]).pipe(ops.with_latest_from(rs.from_history([OTHER])), ops.map(int))
    rs.collect(broken, on_error=lambda event, _: failed.append(event))

    assert failed == [FULL]


def test_a_window_below_closes_by_the_items_own_time() -> None:
    left, right = histories([("R", 0), ("L", 3), ("L", 5), END("L"), END("R")])

    panes = rs.collect(left.pipe(ops.with_latest_from(right), ops.window(rs.tumbling(2))))

    assert [(pane.value, pane.start.second) for pane in panes] == [([(3, 0)], 2), ([(5, 0)], 4)]


def test_an_other_stream_without_time_holds_no_window_open() -> None:
    seen: list[object] = []
    left = rs.from_history([(0, "a"), (5, "b")], unit="s").pipe(ops.observe(seen.append))
    windows: tuple[Any, ...] = ops.window(rs.tumbling(2)), ops.observe(lambda pane: seen.append(len(pane.value)))

    rs.collect(left.pipe(ops.with_latest_from(rs.from_iterable([1])), *windows))

    assert seen == ["a", 1, "b", 1]


def led_by_hand(script: Script) -> Iterator[tuple[object, object]]:
    newest: list[object] = []
    for side, said in script:
        if said is END:
            if side == "L":
                return
        elif side == "R":
            newest = [said]
        elif newest:
            yield said, newest[0]


@given(scripts())
def test_it_gives_what_is_done_by_hand(script: Script) -> None:
    left, right = histories(script)

    assert rs.collect(left.pipe(ops.with_latest_from(right))) == list(led_by_hand(script))


@pytest.mark.parametrize("other", [[1, 2], None, 5], ids=repr)
def test_what_is_no_observable_is_refused(refusal: Refusal, other: Any) -> None:
    assert refusal(lambda: ops.with_latest_from(other)) == (
        f"with_latest_from: every input must be a Stream or an Observable; got {other!r}. "
        "Wrap it, for instance in rs.from_iterable(…)."
    )
