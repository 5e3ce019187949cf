"""Handing on a value only where it differs from the one before."""

from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt

NO_FUNCTION: Any = 5


class Incomparable:
    """What no value can be compared with."""

    __hash__ = None  # type: ignore[assignment]  # nor can it be hashed

    def __eq__(self, other: object) -> bool:
        raise ValueError("incomparable")


def test_values_that_equal_the_one_before_are_let_go(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-a-b-b-a-|").pipe(ops.distinct_until_changed()), "-a---b---a-|")


@given(st.lists(st.none() | st.integers(0, 2) | st.sampled_from(["", "a", (), []])))
def test_of_a_stretch_of_equal_values_the_first_is_handed_on(values: list[object]) -> None:
    changed = rs.collect(rs.from_iterable(values).pipe(ops.distinct_until_changed()))

    assert changed == [value for value, _ in groupby(values)]


def test_with_a_function_what_it_finds_is_compared(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-aAbBa-|").pipe(ops.distinct_until_changed(key=str.lower)), "-a-b-a-|")


def test_what_the_function_finds_does_not_enter_the_passport() -> None:
    event = rs.Event("a", key="k")

    changed = rs.collect(rs.from_iterable([event]).pipe(ops.distinct_until_changed(key=str.upper), ops.events()))

    assert changed == [event]


@pytest.mark.parametrize("value", [None, 0, "", False, ()], ids=repr)
def test_the_first_value_is_handed_on_whatever_it_is(value: object) -> None:
    assert rs.collect(rs.from_iterable([value, value]).pipe(ops.distinct_until_changed())) == [value]


def test_none_found_by_the_function_is_compared_too() -> None:
    changed = rs.from_iterable([1, 2]).pipe(ops.distinct_until_changed(key=lambda _: None))

    assert rs.collect(changed) == [1]


def test_the_first_value_is_compared_with_nothing() -> None:
    [only] = rs.collect(rs.from_iterable([Incomparable()]).pipe(ops.distinct_until_changed()))

    assert isinstance(only, Incomparable)


def test_a_value_that_cannot_be_compared_is_an_error_of_its_item_and_forgotten() -> None:
    changed = rs.from_iterable([1, Incomparable(), 1, 2]).pipe(ops.distinct_until_changed())

    assert rs.collect(changed, on_error=rs.handlers.skip()) == [1, 2]


def test_a_function_that_fails_leaves_what_is_compared_with_as_it_was() -> None:
    changed = rs.from_iterable([1, 0, 1, 2]).pipe(ops.distinct_until_changed(key=lambda x: 1 / x))

    assert rs.collect(changed, on_error=rs.handlers.skip()) == [1, 2]


def test_each_run_begins_anew() -> None:
    stream = rs.from_iterable([1, 1]).pipe(ops.distinct_until_changed())

    assert rs.collect(stream) == rs.collect(stream) == [1]


def test_two_of_them_in_one_pipe_keep_their_values_apart() -> None:
    changed = rs.from_iterable([1, -1, 2]).pipe(ops.distinct_until_changed(), ops.distinct_until_changed(key=abs))

    assert rs.collect(changed) == [1, 2]


def test_what_is_let_go_is_counted_and_settled() -> None:
    belt = Belt([1, 1, 1, 2], size=3)

    report = rs.run(belt.stream.pipe(ops.distinct_until_changed()).to(rs.to_list()))

    assert (report.pipelines[0].dropped, belt.committed) == (2, 4)


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.distinct_until_changed(key=NO_FUNCTION))

    assert sentence == "distinct_until_changed: key must be callable; got 5. Give a function."
