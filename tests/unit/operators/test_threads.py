"""Sources on threads of their own, brought together in one pipeline."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops

NUMBERS = range(5_000)

#: What brings two streams together, and what must come of twice the same numbers.
TOGETHER: dict[str, tuple[Callable[[rs.Stream[Any]], Any], Callable[[list[Any]], object], object]] = {
    "merge": (ops.merge, sorted, sorted([*NUMBERS, *NUMBERS])),
    "zip": (ops.zip, list, [(number, number) for number in NUMBERS]),
    "combine_latest": (ops.combine_latest, lambda found: found[-1], (NUMBERS[-1], NUMBERS[-1])),
}


def pushed_from_threads(*subjects: Subject[Any]) -> Callable[[], Any]:
    """Make the job that lets each subject say all numbers, each from a thread."""

    def push(subject: Subject[Any]) -> None:
        for number in NUMBERS:
            subject.on_next(number)
        subject.on_completed()

    async def job() -> None:
        await asyncio.gather(*(asyncio.to_thread(push, subject) for subject in subjects))

    return job


@pytest.mark.parametrize("name", TOGETHER)
def test_nothing_is_lost_or_doubled(name: str) -> None:
    bring_together, read, expected = TOGETHER[name]
    one, two, sink = Subject[Any](), Subject[Any](), rs.to_list()
    stream = rs.from_observable(one).pipe(bring_together(rs.from_observable(two)))

    rs.run(stream.to(sink), pushed_from_threads(one, two))

    assert read(sink.items) == expected


def test_running_results_of_both_are_exact() -> None:
    one, two, sink = Subject[Any](), Subject[Any](), rs.to_list()
    counted = ops.scan_by_key(lambda count, _: count + 1, 0, key=lambda number: number % 7)

    rs.run(rs.from_observable(one).pipe(ops.merge(two), counted).to(sink), pushed_from_threads(one, two))

    assert max(sink.items) == 2 * len(NUMBERS[::7])
