"""Turning each value into another."""

import pytest
import reactivex

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal


def test_each_value_becomes_what_the_function_returns() -> None:
    doubled = rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.map(lambda x: x * 2)))

    assert doubled == [2, 4, 6]


@pytest.mark.parametrize("value", [None, 0, "", False, {}, []], ids=repr)
def test_an_empty_result_is_a_value(value: object) -> None:
    made = rs.collect(rs.from_iterable([1]).pipe(ops.map(lambda _: value)))

    assert made == [value]


def test_an_event_that_the_function_returns_is_a_value() -> None:
    made = rs.collect(rs.from_iterable([rs.Event(1, key="own")]).pipe(ops.map(rs.Event), ops.events()))

    assert made == [rs.Event(rs.Event(1), key="own")]


def test_a_class_can_be_the_function() -> None:
    assert rs.collect(rs.from_iterable(["1", "2"]).pipe(ops.map(int))) == [1, 2]


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.map(5)) == "map: f must be callable; got 5. Give a function."


def test_an_async_function_is_refused(refusal: Refusal) -> None:
    async def later(value: int) -> int:
        return value

    assert refusal(lambda: ops.map(later)) == (
        "map: f must be a plain function; got the async later. Await it with ops.process(f) or ops.map_async(f)."
    )


def test_an_observable_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.map(reactivex.of(1))) == (
        "map: f must be a function of one value; got an Observable. "
        "For reactivex's operator of that name write reactivex.operators.map."
    )
