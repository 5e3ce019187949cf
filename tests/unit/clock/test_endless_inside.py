"""Timers that never end inside pipelines that do: the run waits for what they bring."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops


def items(*given: Any) -> rs.Stream[Any]:
    return rs.from_iterable(list(given))


ENDING: dict[str, tuple[Callable[[], rs.Stream[Any]], list[Any]]] = {
    "zip": (lambda: items(9, 8).pipe(ops.zip(rs.interval(1))), [(9, 0), (8, 1)]),
    "zip, the timer first": (lambda: rs.interval(1).pipe(ops.zip(items(9, 8))), [(0, 9), (1, 8)]),
    "take behind concat": (lambda: items(9).pipe(ops.concat(rs.interval(1)), ops.take(3)), [9, 0, 1]),
    "take behind combine_latest": (
        lambda: items(9).pipe(ops.combine_latest(rs.interval(1)), ops.take(2)),
        [(9, 0), (9, 1)],
    ),
    "take_while behind merge": (
        lambda: items(0).pipe(ops.merge(rs.interval(1)), ops.take_while(lambda n: n < 2)),
        [0, 0, 1],
    ),
    "take in an inner stream": (
        lambda: items("a").pipe(ops.flat_map(lambda _: rs.interval(1).pipe(ops.take(3)))),
        [0, 1, 2],
    ),
}


@pytest.mark.parametrize("name", ENDING)
def test_it_goes_on_until_the_pipeline_has_completed(name: str) -> None:
    make, expected = ENDING[name]

    assert rs.collect(make()) == expected


def test_a_pipeline_that_only_a_timer_keeps_from_completing_is_not_waited_for() -> None:
    ended = rs.run(items(1).pipe(ops.merge(rs.interval(1))).to(rs.to_list())).ended

    assert ended == datetime(1970, 1, 1, tzinfo=UTC)
