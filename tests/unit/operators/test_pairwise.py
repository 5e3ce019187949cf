"""Putting each value beside the one before it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.delivery.belt import Belt

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return EPOCH + timedelta(seconds=second)


def pairs_of(*events: rs.Event[Any]) -> list[rs.Event[Any]]:
    paired: list[rs.Event[Any]] = rs.collect(rs.from_iterable(events).pipe(ops.pairwise(), ops.events()))
    return paired


def test_a_pair_comes_with_its_second_value(marbles: Marbles) -> None:
    expected, values = "---x-y|", {"x": ("a", "b"), "y": ("b", "c")}

    marbles.expect(marbles.hot("-a-b-c|").pipe(ops.pairwise()), expected, values=values)


@given(st.lists(st.none() | st.integers()))
def test_each_value_stands_beside_the_one_before(values: list[int | None]) -> None:
    assert rs.collect(rs.from_iterable(values).pipe(ops.pairwise())) == list(pairwise(values))


@pytest.mark.parametrize("values", [[], [1]], ids=repr)
def test_fewer_than_two_give_nothing(values: list[int]) -> None:
    assert rs.collect(rs.from_iterable(values).pipe(ops.pairwise())) == []


def test_a_pair_has_the_key_that_both_have() -> None:
    assert pairs_of(rs.Event(1, key="k"), rs.Event(2, key="k")) == [rs.Event((1, 2), key="k")]


def test_a_pair_of_different_keys_has_none() -> None:
    assert pairs_of(rs.Event(1, key="a"), rs.Event(2, key="b")) == [rs.Event((1, 2))]


@pytest.mark.parametrize(
    ("one", "other", "later"),
    [(at(1), at(2), at(2)), (at(2), at(1), at(2)), (None, at(1), at(1)), (at(1), None, at(1)), (None, None, None)],
)
def test_a_pair_has_the_later_timestamp(one: datetime | None, other: datetime | None, later: datetime | None) -> None:
    assert pairs_of(rs.Event(1, None, one), rs.Event(2, None, other)) == [rs.Event((1, 2), None, later)]


def test_a_pair_has_no_headers_and_no_origin() -> None:
    one = rs.Event(1, headers=(("h", b"x"),), origin=rs.Origin("t", 0, 1))

    assert pairs_of(one, one) == [rs.Event((1, 1))]


def test_what_operators_above_said_of_the_key_counts() -> None:
    pairs = rs.from_iterable([1, 3, 4]).pipe(ops.key_by(lambda x: x % 2), ops.pairwise(), ops.events())

    assert [event.key for event in rs.collect(pairs)] == [1, None]


def test_a_pair_that_fails_below_leaves_the_next() -> None:
    ratios = rs.from_iterable([1, 0, 2, 4]).pipe(ops.pairwise(), ops.starmap(lambda a, b: b / a))

    assert rs.collect(ratios, on_error=rs.handlers.skip()) == [0.0, 2.0]


def test_the_handler_gets_the_event_of_the_pair_that_failed() -> None:
    failed: list[rs.Event[Any]] = []
    ratios = rs.from_iterable([0, 1]).pipe(ops.pairwise(), ops.starmap(lambda a, b: b / a))

    rs.collect(ratios, on_error=lambda event, _: failed.append(event))

    assert failed == [rs.Event((0, 1))]


def test_a_value_that_fails_above_has_no_part_in_a_pair() -> None:
    inverse = rs.from_iterable([1, 0, 2]).pipe(ops.map(lambda x: 1 / x), ops.pairwise())

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [(1.0, 0.5)]


def test_pairs_of_history_count_in_the_window_of_the_later() -> None:
    windows = rs.from_history([(1, "a"), (9, "b"), (11, "c"), (25, "d")], unit="s").pipe(
        ops.pairwise(), ops.starmap(str.__add__), ops.window(rs.tumbling(10))
    )

    assert [pane.value for pane in rs.collect(windows)] == [["ab"], ["bc"], ["cd"]]


def test_each_run_begins_anew() -> None:
    stream = rs.from_iterable([1, 2]).pipe(ops.pairwise())

    assert rs.collect(stream) == rs.collect(stream) == [(1, 2)]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_everything_is_settled_in_the_end(size: int) -> None:
    belt = Belt(range(10), size=size)

    rs.run(belt.stream.pipe(ops.pairwise()).to(rs.to_list()))

    assert belt.committed == 10


def test_the_latest_record_waits_for_the_next() -> None:
    belt = Belt(range(5), size=1)
    committed: list[int] = []

    rs.run(belt.stream.pipe(ops.pairwise()).to(lambda _: committed.append(belt.committed)))

    # When a pair comes, the second record of the one before has not been committed yet.
    assert committed == [0, 1, 2, 3]


def test_no_part_of_a_pair_that_stopped_the_run_is_settled() -> None:
    belt = Belt([1, 0, 2, 4], size=2)
    ratios = belt.stream.pipe(ops.pairwise(), ops.starmap(lambda a, b: b / a))
    with pytest.raises(ZeroDivisionError):
        rs.run(ratios.to(rs.to_list()))

    assert belt.committed == 1
