"""Letting go of the first values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt


def test_the_first_values_are_let_go(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-b-c-d-|").pipe(ops.skip(2)), "-----c-d-|")


def test_a_stream_that_is_shorter_gives_nothing(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-b-|").pipe(ops.skip(2)), "-----|")


@given(st.lists(st.none() | st.integers()), st.integers(0, 12))
def test_the_rest_is_handed_on(values: list[int | None], n: int) -> None:
    assert rs.collect(rs.from_iterable(values).pipe(ops.skip(n))) == values[n:]


def test_values_let_go_above_do_not_count() -> None:
    assert rs.collect(rs.from_iterable(range(6)).pipe(ops.filter(lambda x: x > 2), ops.skip(1))) == [4, 5]


def test_a_value_that_fails_below_does_not_change_the_count() -> None:
    inverse = rs.from_iterable([9, 0, 1]).pipe(ops.skip(1), ops.map(lambda x: 1 / x))

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [1.0]


def test_each_run_counts_anew() -> None:
    stream = rs.from_iterable("abc").pipe(ops.skip(2))

    assert rs.collect(stream) == rs.collect(stream) == ["c"]


def test_one_operator_in_two_pipes_counts_for_each() -> None:
    step: Any = ops.skip(1)
    one, two = rs.to_list(), rs.to_list()

    rs.run(rs.from_iterable("ab").pipe(step).to(one), rs.from_iterable("cd").pipe(step).to(two))

    assert (one.items, two.items) == (["b"], ["d"])


def test_what_is_let_go_is_counted() -> None:
    report = rs.run(rs.from_iterable(range(5)).pipe(ops.skip(3)).to(rs.to_list()))

    assert (report.pipelines[0].dropped, report.pipelines[0].emitted) == (3, 2)


def test_what_is_let_go_is_settled() -> None:
    belt = Belt(range(10), size=3)

    rs.run(belt.stream.pipe(ops.skip(7)).to(rs.to_list()))

    assert belt.committed == 10


@pytest.mark.parametrize("n", [-1, 1.5, True, "2", None], ids=repr)
def test_what_is_no_count_is_refused(refusal: Refusal, n: Any) -> None:
    assert refusal(lambda: ops.skip(n)) == f"skip: n must be a whole number of at least 0; got {n!r}. Correct it."
