"""Handing on values until one is not as it should be."""

from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Numbers, Refusal
from tests.unit.delivery.belt import Belt

NO_FUNCTION: Any = 5


def is_small(value: int) -> bool:
    return value < 5


def noted(seen: list[int], value: int) -> int:
    seen.append(value)
    return value


def is_no_x(value: str) -> bool:
    return value != "x"


def test_it_completes_at_the_first_value_that_is_not_as_it_should_be(marbles: Marbles) -> None:
    letters = marbles.hot("-a-b-x-c-|")

    marbles.expect(letters.pipe(ops.take_while(is_no_x)), "-a-b-|")
    marbles.expect_subscriptions(letters, "^----!")


def test_inclusive_the_value_that_ends_it_is_handed_on_too(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-b-x-c-|").pipe(ops.take_while(is_no_x, inclusive=True)), "-a-b-(x|)")


@pytest.mark.parametrize("inclusive", [False, True])
def test_a_stream_in_which_all_are_ends_when_it_ends(marbles: Marbles, *, inclusive: bool) -> None:
    marbles.expect(marbles.hot("-a-b-|").pipe(ops.take_while(is_no_x, inclusive=inclusive)), "-a-b-|")


@given(st.lists(st.integers(0, 6)))
def test_what_comes_before_is_handed_on(values: list[int]) -> None:
    assert rs.collect(rs.from_iterable(values).pipe(ops.take_while(is_small))) == list(takewhile(is_small, values))


@given(st.lists(st.integers(0, 6)))
def test_inclusive_it_is_one_more(values: list[int]) -> None:
    taken = rs.collect(rs.from_iterable(values).pipe(ops.take_while(is_small, inclusive=True)))

    assert taken == values[: len(list(takewhile(is_small, values))) + 1]


def test_no_more_is_pulled_than_the_value_that_ends_it(numbers: Numbers) -> None:
    rs.collect(rs.from_iterable(numbers).pipe(ops.take_while(is_small)))

    assert numbers.pulled == 5


def test_a_plain_subscription_pulls_no_more_either(numbers: Numbers) -> None:
    rs.from_iterable(numbers).pipe(ops.take_while(is_small)).subscribe()

    assert numbers.pulled == 5


def test_the_predicate_is_not_asked_again_once_it_has_ended() -> None:
    asked: list[int] = []
    subject: Subject[int] = Subject()
    rs.from_observable(subject).pipe(ops.take_while(lambda x: is_small(noted(asked, x)))).subscribe()

    for value in (1, 9, 2):
        subject.on_next(value)

    assert asked == [1, 9]


@pytest.mark.parametrize("more", [ops.take(1), ops.take_while(lambda x: x < 2)], ids=["take", "take_while"])
def test_what_has_enough_below_ends_it_once(more: Any) -> None:
    said: list[object] = []
    stream = rs.from_iterable([1, 2, 9]).pipe(ops.take_while(is_small, inclusive=True), more)

    stream.subscribe(said.append, None, lambda: said.append("end"))

    assert said == [1, "end"]


def test_it_completes_once() -> None:
    ends: list[str] = []

    rs.from_iterable([9, 9]).pipe(ops.take_while(is_small)).subscribe(None, None, lambda: ends.append("end"))

    assert ends == ["end"]


def test_a_value_for_which_the_predicate_raises_ends_nothing() -> None:
    taken = rs.from_iterable([1, "x", 2, 9, 3]).pipe(ops.take_while(lambda x: x < 5))

    assert rs.collect(taken, on_error=rs.handlers.skip()) == [1, 2]


def test_each_run_begins_anew() -> None:
    stream = rs.from_iterable([1, 9]).pipe(ops.take_while(is_small))

    assert rs.collect(stream) == rs.collect(stream) == [1]


def test_a_branch_that_has_ended_does_not_end_the_other() -> None:
    source = rs.from_iterable([1, 9, 2])
    few, all_of_them = rs.to_list(), rs.to_list()

    rs.run(source.pipe(ops.take_while(is_small)).to(few), source.to(all_of_them))

    assert (few.items, all_of_them.items) == ([1], [1, 9, 2])


def test_the_value_that_ends_it_is_let_go_and_settled_and_nothing_behind_it() -> None:
    belt = Belt([1, 2, 9, 3, 4], size=10)

    report = rs.run(belt.stream.pipe(ops.take_while(is_small)).to(rs.to_list()))

    assert (report.pipelines[0].dropped, belt.committed) == (1, 3)


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.take_while(NO_FUNCTION))

    assert sentence == "take_while: predicate must be callable; got 5. Give a function."
