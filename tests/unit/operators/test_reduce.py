"""Folding all values into one result."""

import functools
from datetime import UTC, datetime, timedelta
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
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add(total: int, value: int) -> int:
    return total + value


def appended(seen: list[Any], value: Any) -> list[Any]:
    seen.append(value)
    return seen


def result_of(*events: rs.Event[int]) -> rs.Event[int]:
    [event] = rs.collect(rs.from_iterable(events).pipe(ops.reduce(add, 0), ops.events()))
    result: rs.Event[int] = event
    return result


def test_the_result_comes_at_the_end(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-b-c-|").pipe(ops.reduce(str.__add__, "")), "-------(x|)", values={"x": "abc"})


def test_a_stream_that_fails_gives_no_result(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-b-#").pipe(ops.reduce(str.__add__, "")), "-----#")


@given(st.lists(st.integers()), st.integers())
def test_it_is_the_fold_of_functools(values: list[int], seed: int) -> None:
    assert rs.collect(rs.from_iterable(values).pipe(ops.reduce(add, seed))) == [functools.reduce(add, values, seed)]


@pytest.mark.parametrize("seed", [0, None, "", [], {}, ()], ids=repr)
def test_an_empty_stream_gives_the_seed(seed: Any) -> None:
    assert rs.collect(rs.from_iterable([]).pipe(ops.reduce(add, seed))) == [seed]


def test_none_is_a_result() -> None:
    assert rs.collect(rs.from_iterable([1]).pipe(ops.reduce(lambda *_: None, 0))) == [None]


def test_a_value_that_fails_leaves_the_result_as_it_was() -> None:
    totals = rs.from_iterable([1, "x", 2]).pipe(ops.reduce(add, 0))

    assert rs.collect(totals, on_error=rs.handlers.skip()) == [3]


def test_each_run_starts_with_a_copy_of_the_seed() -> None:
    stream = rs.from_iterable([1, 2]).pipe(ops.reduce(appended, []))

    assert rs.collect(stream) == rs.collect(stream) == [[1, 2]]


def test_a_seed_that_can_be_called_is_called_for_each_run() -> None:
    stream = rs.from_iterable([1, 2]).pipe(ops.reduce(appended, list))

    assert rs.collect(stream) == rs.collect(stream) == [[1, 2]]


def test_the_result_has_the_key_that_all_have() -> None:
    assert result_of(rs.Event(1, key="k"), rs.Event(2, key="k")) == rs.Event(3, key="k")


def test_the_result_of_different_keys_has_none() -> None:
    assert result_of(rs.Event(1, key="a"), rs.Event(2, key="b"), rs.Event(3, key="a")) == rs.Event(6)


def test_the_result_has_the_latest_timestamp() -> None:
    late, early = EPOCH + timedelta(seconds=2), EPOCH

    assert result_of(rs.Event(1, None, early), rs.Event(2, None, late), rs.Event(3)) == rs.Event(6, None, late)


def test_the_seed_of_an_empty_stream_has_an_empty_passport() -> None:
    assert result_of() == rs.Event(0)


def test_a_result_that_fails_below_is_an_error_of_its_own() -> None:
    failed: list[rs.Event[Any]] = []
    inverse = rs.from_iterable([1, -1]).pipe(ops.reduce(add, 0), ops.map(lambda x: 1 / x))

    rs.collect(inverse, on_error=lambda event, _: failed.append(event))

    assert failed == [rs.Event(0)]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_everything_is_settled_when_the_result_is_handled(size: int) -> None:
    belt = Belt(range(10), size=size)

    rs.run(belt.stream.pipe(ops.reduce(add, 0)).to(rs.to_list()))

    assert belt.committed == 10


def test_nothing_is_settled_before() -> None:
    belt = Belt(range(10), size=1)
    committed: list[int] = []

    rs.run(belt.stream.pipe(ops.reduce(add, 0)).to(lambda _: committed.append(belt.committed)))

    assert committed == [0]


def test_nothing_is_settled_if_the_result_stops_the_run() -> None:
    belt = Belt([1, -1], size=1)
    with pytest.raises(ZeroDivisionError):
        rs.run(belt.stream.pipe(ops.reduce(add, 0), ops.map(lambda x: 1 / x)).to(rs.to_list()))

    assert belt.committed == 0


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.reduce(NO_FUNCTION, 0)) == "reduce: f must be callable; got 5. Give a function."
