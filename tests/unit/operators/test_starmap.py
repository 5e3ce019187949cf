"""Turning each tuple into another value."""

from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal

NO_FUNCTION: Any = 5


def test_a_tuples_parts_are_the_functions_arguments() -> None:
    assert rs.collect(rs.from_iterable([(2, 3), (3, 2)]).pipe(ops.starmap(pow))) == [8, 9]


def test_results_come_when_their_tuples_do(marbles: Marbles) -> None:
    pairs = marbles.hot("--a-b|", values={"a": (1, 2), "b": (3, 4)})
    expected = "         --x-y|"

    marbles.expect(pairs.pipe(ops.starmap(lambda a, b: a + b)), expected, values={"x": 3, "y": 7})


@pytest.mark.parametrize("parts", [(), [1], "ab", {"a": 1, "b": 2}, range(3)], ids=repr)
def test_whatever_has_parts_will_do(parts: Any) -> None:
    assert rs.collect(rs.from_iterable([parts]).pipe(ops.starmap(lambda *given: len(given)))) == [len(parts)]


def test_none_is_a_result() -> None:
    assert rs.collect(rs.from_iterable([(1,)]).pipe(ops.starmap(lambda _: None))) == [None]


@pytest.mark.parametrize("value", [5, None, (1,), (1, 2, 3)], ids=repr)
def test_a_value_without_the_right_parts_is_an_error_of_its_item(value: object) -> None:
    sums = rs.from_iterable([(1, 2), value, (3, 4)]).pipe(ops.starmap(lambda a, b: a + b))

    assert rs.collect(sums, on_error=rs.handlers.skip()) == [3, 7]


def test_what_the_function_raises_is_an_error_of_the_item() -> None:
    ratios = rs.from_iterable([(1, 0), (4, 2)]).pipe(ops.starmap(lambda a, b: a / b))

    assert rs.collect(ratios, on_error=rs.handlers.skip()) == [2.0]


def test_the_result_keeps_the_passport() -> None:
    event = rs.Event((1, 2), "k", headers=(("h", b"x"),), origin=rs.Origin("t", 0, 1))

    assert rs.collect(rs.from_iterable([event]).pipe(ops.starmap(max), ops.events())) == [event.replace(value=2)]


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.starmap(NO_FUNCTION)) == "starmap: f must be callable; got 5. Give a function."


def test_an_async_function_is_refused(refusal: Refusal) -> None:
    async def later(a: int, b: int) -> int:
        return a + b

    assert refusal(lambda: ops.starmap(later)) == (
        "starmap: f must be a plain function; got the async later. Await it with ops.process(f) or ops.map_async(f)."
    )
