"""Keeping only some values."""

import reactivex

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal


def test_values_for_which_the_predicate_is_true_are_kept() -> None:
    odd = rs.collect(rs.from_iterable(range(6)).pipe(ops.filter(lambda x: x % 2 == 1)))

    assert odd == [1, 3, 5]


def test_empty_values_are_kept_where_the_predicate_says_so() -> None:
    kept = rs.collect(rs.from_iterable([None, 0, "", 1]).pipe(ops.filter(lambda x: not x)))

    assert kept == [None, 0, ""]


def test_what_the_predicate_returns_need_not_be_a_bool() -> None:
    kept = rs.collect(rs.from_iterable(["", "a", "b"]).pipe(ops.filter(lambda x: x)))

    assert kept == ["a", "b"]


def test_values_let_go_are_counted_as_dropped() -> None:
    report = rs.run(rs.from_iterable(range(10)).pipe(ops.filter(lambda x: x < 3)).to(rs.to_list()))

    assert report.pipelines[0].dropped == 7


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.filter(None)) == "filter: predicate must be callable; got None. Give a function."


def test_an_async_predicate_is_refused(refusal: Refusal) -> None:
    async def later(value: int) -> int:
        return value

    assert refusal(lambda: ops.filter(later)) == (
        "filter: predicate must be a plain function; got the async later. "
        "Await it with ops.process(f) or ops.map_async(f)."
    )


def test_an_observable_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.filter(reactivex.of(1))) == (
        "filter: predicate must be a function of one value; got an Observable. "
        "For reactivex's operator of that name write reactivex.operators.filter."
    )
