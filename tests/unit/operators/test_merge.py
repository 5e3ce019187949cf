"""Bringing several streams together."""

from typing import Any

import pytest
import reactivex
from reactivex import operators as rx
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Numbers, Refusal

#: Left, right, and what comes of them.
DIAGRAMS = {
    "by turns": ("             -a---b|", "   ---1---2|", " -a-1-b-2|"),
    "at one instant": ("       -a---|", "    -1---|", "    -(a1)|"),
    "empty": ("                |", "        -1-|", "      -1-|"),
    "both empty": ("           |", "        |", "         |"),
    "silent": ("               -a-|", "     ----", "      -a--"),
    "an error": ("             -a-#", "     -----2", "    -a-#"),
    "the other one's error": ("-a---b", "   --#", "       -a#"),
    "an error behind an end": (" a|", "      --#", "       a-#"),
}
each_diagram = pytest.mark.parametrize("diagram", DIAGRAMS)


def history(*items: tuple[int, object]) -> rs.Stream[object]:
    return rs.from_history(items, unit="s")


@each_diagram
@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_items_come_when_they_come(marbles: Marbles, kind: str, diagram: str) -> None:
    left, right, expected = DIAGRAMS[diagram]
    make = getattr(marbles, kind)

    marbles.expect(make(left).pipe(ops.merge(make(right))), expected)


@each_diagram
def test_reactivex_says_the_same(marbles: Marbles, diagram: str) -> None:
    left, right, expected = DIAGRAMS[diagram]

    marbles.expect(marbles.hot(left).pipe(rx.merge(marbles.hot(right))), expected)


def test_when_it_fails_nothing_more_is_read(marbles: Marbles) -> None:
    left, right = marbles.hot("-a#"), marbles.hot("---1--2|")

    marbles.expect(left.pipe(ops.merge(right)), "-a#")
    marbles.expect_subscriptions(right, "        ^-!")


def test_who_unsubscribes_hears_no_more(marbles: Marbles) -> None:
    left, right = marbles.hot("-a-b-|"), marbles.hot("--1-2-|")

    marbles.expect(left.pipe(ops.merge(right)), "-a1b----", subscription="^---!")


def test_histories_are_merged_by_their_instants() -> None:
    merged = rs.collect(history((1, "a"), (4, "d")).pipe(ops.merge(history((2, "b"), (3, "c")))))

    assert merged == ["a", "b", "c", "d"]


def test_at_one_instant_the_inputs_come_in_the_order_given() -> None:
    first, second, third = history((1, "a"), (1, "b")), history((1, "c"), (1, "d")), history((1, "e"))

    assert rs.collect(first.pipe(ops.merge(second, third))) == ["a", "b", "c", "d", "e"]


def test_merges_of_merges_keep_the_order_given() -> None:
    inner = history((1, "b")).pipe(ops.merge(history((1, "c"))))

    assert rs.collect(history((1, "a")).pipe(ops.merge(inner, history((1, "d"))))) == ["a", "b", "c", "d"]


def test_an_item_out_of_order_by_the_disorder_keeps_its_place_in_its_input() -> None:
    disorderly = rs.from_history([(3, "late"), (1, "early")], unit="s", disorder=10)

    assert rs.collect(disorderly.pipe(ops.merge(history((2, "other"), (5, "last"))))) == [
        "other",
        "late",
        "early",
        "last",
    ]


def test_sources_without_instants_come_in_the_order_given() -> None:
    merged = rs.collect(rs.from_iterable([1, 2]).pipe(ops.merge(rs.from_iterable([3]), rs.from_iterable([4]))))

    assert merged == [1, 2, 3, 4]


def test_an_endless_source_does_not_starve_the_others() -> None:
    endless = (0 for _ in iter(int, 1))
    seen_the_other = rs.from_iterable(endless).pipe(
        ops.merge(rs.from_iterable([1])), ops.take(100_000), ops.filter(bool), ops.take(1)
    )

    assert rs.collect(seen_the_other) == [1]


def test_every_item_of_generators_comes_once() -> None:
    merged = rs.collect(rs.from_iterable(iter([1, 2, 3])).pipe(ops.merge(rs.from_iterable(iter([4, 5, 6])))))

    assert sorted(merged) == [1, 2, 3, 4, 5, 6]


def test_a_stream_merged_with_itself_gives_every_item_twice() -> None:
    source = rs.from_iterable([1, 2])

    assert rs.collect(source.pipe(ops.merge(source))) == [1, 1, 2, 2]


def test_branches_of_one_stream_merge_again_item_by_item() -> None:
    source = rs.from_iterable([1, 2])
    negative = source.pipe(ops.map(lambda x: -x))

    assert rs.collect(source.pipe(ops.merge(negative))) == [1, -1, 2, -2]


def test_an_empty_input_is_no_hindrance() -> None:
    assert rs.collect(rs.from_iterable([]).pipe(ops.merge(rs.from_iterable([1])))) == [1]


def test_merging_with_nothing_changes_nothing() -> None:
    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.merge())) == [1, 2]


def test_empty_values_are_values() -> None:
    assert rs.collect(rs.from_iterable([None]).pipe(ops.merge(rs.from_iterable([0, ""])))) == [None, 0, ""]


def test_items_keep_their_passports() -> None:
    one, two = rs.from_iterable([rs.Event(1, key="a")]), rs.from_iterable([rs.Event(2, key="b")])

    assert rs.collect(one.pipe(ops.merge(two), ops.events())) == [rs.Event(1, key="a"), rs.Event(2, key="b")]


def test_it_completes_when_all_inputs_have() -> None:
    said: list[object] = []
    one, two = Subject[int](), Subject[int]()
    rs.from_observable(one).pipe(ops.merge(two)).subscribe(said.append, None, lambda: said.append("end"))

    one.on_completed()
    two.on_next(2)
    two.on_completed()

    assert said == [2, "end"]


def test_it_fails_when_one_input_does() -> None:
    errors: list[Exception] = []
    one, two = Subject[int](), Subject[int]()
    rs.from_observable(one).pipe(ops.merge(two)).subscribe(on_error=errors.append)

    two.on_error(ValueError("broken"))

    assert [str(error) for error in errors] == ["broken"]


def test_an_input_that_fails_is_heard_of_once() -> None:
    said: list[str] = []
    one, two = Subject[int](), Subject[int]()
    rs.from_observable(one).pipe(ops.merge(two)).subscribe(on_error=lambda error: said.append(str(error)))

    two.on_error(ValueError("first"))
    one.on_error(ValueError("second"))

    assert said == ["first"]


def test_an_item_that_fails_in_one_input_leaves_the_others_alone() -> None:
    inverse = rs.from_iterable([0, 1]).pipe(ops.map(lambda x: 1 / x))

    merged = rs.collect(inverse.pipe(ops.merge(rs.from_iterable([5]))), on_error=rs.handlers.skip())

    assert merged == [1.0, 5]


def test_foreign_observables_can_be_inputs() -> None:
    merged = rs.collect(rs.from_observable(reactivex.of(1, 2)).pipe(ops.merge(reactivex.of(3))))

    assert sorted(merged) == [1, 2, 3]


def test_no_input_is_pulled_further_than_needed(numbers: Numbers) -> None:
    rs.collect(rs.from_iterable(numbers).pipe(ops.merge(rs.from_iterable([])), ops.take(3)))

    assert numbers.pulled == 3


def test_run_again_it_gives_the_same() -> None:
    stream = history((1, "a")).pipe(ops.merge(history((0, "b"))))

    assert rs.collect(stream) == rs.collect(stream) == ["b", "a"]


@pytest.mark.parametrize("other", [[1, 2], None, 5], ids=repr)
def test_what_is_no_observable_is_refused(refusal: Refusal, other: Any) -> None:
    assert refusal(lambda: ops.merge(other)) == (
        f"merge: every input must be a Stream or an Observable; got {other!r}. "
        "Wrap it, for instance in rs.from_iterable(…)."
    )
