"""Items kept in a list."""

import pytest

import rxstream as rs
from rxstream import operators as ops


def test_it_keeps_the_items_in_order() -> None:
    seen = rs.to_list()
    rs.run(rs.from_iterable(range(5)).to(seen))

    assert seen.items == [0, 1, 2, 3, 4]


def test_a_second_run_adds_to_the_first_ones_items() -> None:
    seen = rs.to_list()
    pipeline = rs.from_iterable([1, 2]).to(seen)
    rs.run(pipeline)
    rs.run(pipeline)

    assert seen.items == [1, 2, 1, 2]


def test_what_came_before_an_error_stays() -> None:
    seen = rs.to_list()
    with pytest.raises(ZeroDivisionError):
        rs.run(rs.from_iterable([2, 1, 0, 3]).pipe(ops.map(lambda number: 2 // number)).to(seen))

    assert seen.items == [1, 2]


def test_it_is_an_rx_observer_too() -> None:
    seen = rs.to_list()
    rs.from_iterable([1, 2]).subscribe(seen)

    assert seen.items == [1, 2]


def test_it_says_how_many_items_it_has() -> None:
    seen = rs.to_list()
    rs.run(rs.from_iterable(["a", "b"]).to(seen))

    assert repr(seen) == "to_list(2 items)"
