"""Histories, merged by their instants, taken lazily."""

import asyncio
import time
import tracemalloc
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.clock.instants import at, history, replayed, second

#: Several histories: sorted instants, many of them the same.
SORTED = st.lists(st.lists(st.integers(0, 6), max_size=12).map(sorted), min_size=1, max_size=4)
UNSORTED = st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=3)
#: How each history is given.
SHAPES = st.lists(st.sampled_from([list, tuple, iter]), min_size=4, max_size=4)

Item = tuple[float, int, int]


def items_of(histories: list[list[int]]) -> list[list[Item]]:
    """Name each item by its second, its source and its place there."""
    return [[(when, source, place) for place, when in enumerate(instants)] for source, instants in enumerate(histories)]


def streams_of(histories: list[list[int]], shapes: Any, **options: Any) -> list[rs.Stream[Item]]:
    return [
        rs.from_history(shape(items), time=lambda item: at(item[0]), **options)
        for shape, items in zip(shapes, items_of(histories), strict=False)
    ]


def by_a_model(histories: list[list[int]]) -> list[Item]:
    """Sort what everybody has; Python's sort keeps what ties in order."""
    return sorted((item for items in items_of(histories) for item in items), key=lambda item: item[0])


def by_a_model_in_disorder(histories: list[list[int]]) -> list[Item]:
    """Take always the source whose next item is the earliest, and of those the first."""
    left, taken = items_of(histories), []
    while any(left):
        taken.append(min((items for items in left if items), key=lambda items: items[0][0]).pop(0))
    return taken


# Order


@given(SORTED, SHAPES)
def test_merged_histories_come_sorted(histories: list[list[int]], shapes: Any) -> None:
    first, *others = streams_of(histories, shapes)

    assert rs.collect(first.pipe(ops.merge(*others))) == by_a_model(histories)


@given(SORTED, SHAPES)
def test_the_histories_of_several_pipelines_come_sorted(histories: list[list[int]], shapes: Any) -> None:
    noted: list[Any] = []

    replayed(*streams_of(histories, shapes), to=noted)

    assert noted == [(float(item[0]), item) for item in by_a_model(histories)]


@given(SORTED, SHAPES)
def test_merges_of_merges_come_sorted(histories: list[list[int]], shapes: Any) -> None:
    merged = rs.from_iterable([])
    for stream in streams_of(histories, shapes):
        merged = merged.pipe(ops.merge(stream))

    assert rs.collect(merged) == by_a_model(histories)


@given(UNSORTED, SHAPES)
def test_what_is_out_of_order_waits_for_nobody(histories: list[list[int]], shapes: Any) -> None:
    first, *others = streams_of(histories, shapes, disorder=10)

    assert rs.collect(first.pipe(ops.merge(*others))) == by_a_model_in_disorder(histories)


@given(UNSORTED, SHAPES)
def test_in_disorder_the_clock_is_the_greatest_instant_so_far(histories: list[list[int]], shapes: Any) -> None:
    noted: list[Any] = []

    replayed(*streams_of(histories, shapes, disorder=10), to=noted)

    seconds = [item[0] for item in by_a_model_in_disorder(histories)]
    assert [when for when, _ in noted] == [max(seconds[: place + 1]) for place in range(len(seconds))]


@given(SORTED, SHAPES)
def test_steps_that_take_a_turn_are_done_before_time_goes_on(histories: list[list[int]], shapes: Any) -> None:
    noted: list[Any] = []

    async def turning(item: Item) -> Item:
        await asyncio.sleep(0)
        return item

    replayed(*(stream.pipe(ops.process(turning)) for stream in streams_of(histories, shapes)), to=noted)

    # Those of one instant take turns, each source's in its own order; none is left to the next instant.
    assert [(when, item) for when, item in noted if when != item[0]] == []
    assert sorted(noted, key=lambda told: told[1][1]) == [
        (item[0], item) for items in items_of(histories) for item in items
    ]


@given(SORTED, SHAPES)
def test_two_runs_are_the_same(histories: list[list[int]], shapes: Any) -> None:
    def run() -> list[Any]:
        noted: list[Any] = []
        timers = [rs.interval(0.7, end=5), rs.timer(2)]
        replayed(*streams_of(histories, shapes), *timers, to=noted)
        return noted

    assert run() == run()


def test_undated_items_come_before_everything_dated(noted: list[Any]) -> None:
    replayed(history(0, 1), rs.from_iterable("ab"), rs.timer(0), to=noted)

    assert noted == [(0, "a"), (0, "b"), (0, 0), (0, 0), (1, 1)]


def test_timers_of_an_instant_come_in_the_order_given_behind_its_items(noted: list[Any]) -> None:
    timers = [rs.timer(2).pipe(ops.map(lambda _, name=name: name)) for name in "ab"]

    replayed(timers[0], history(1, 2, 2), timers[1], history(2), to=noted)

    assert [name for _, name in noted] == [1, 2, 2, 2, "a", "b"]


def test_a_merged_timer_is_as_good_as_one_of_its_own(noted: list[Any]) -> None:
    replayed(rs.interval(1, end=3).pipe(ops.merge(history(0, 1, 2.5))), to=noted)

    assert noted == [(0, 0), (1, 1), (1, 0), (2, 1), (2.5, 2.5), (3, 2)]


def test_instants_a_nanosecond_apart_are_kept_apart() -> None:
    first = rs.from_history([(2, "b"), (4, "d")], unit="ns")
    other = rs.from_history([(1, "a"), (3, "c")], unit="ns")

    assert rs.collect(first.pipe(ops.merge(other))) == ["a", "b", "c", "d"]


def test_instants_before_the_epoch_are_instants(noted: list[Any]) -> None:
    replayed(history(-3600.5, -1, 2), rs.interval(3600), to=noted)

    assert noted == [(-3600.5, -3600.5), (-1, -1), (-0.5, 0), (2, 2)]


def test_what_is_not_sorted_ends_the_run_naming_both(noted: list[Any]) -> None:
    with pytest.raises(rs.OutOfOrderError) as caught:
        replayed(history(1, 3, 2, 4), to=noted)

    assert (noted, str(caught.value).partition(" Sort")[0]) == (
        [(1, 1), (3, 3)],
        f"from_history: items must be sorted by time; {(at(2), 2)!r} at 1970-01-01T00:00:02+00:00 follows "
        f"{(at(3), 3)!r} at 1970-01-01T00:00:03+00:00.",
    )


# Laziness


def test_a_generator_is_read_one_ahead_of_another() -> None:
    pulled = [0, 0]

    def endless(source: int) -> Iterator[Any]:
        for number in count():
            pulled[source] = number + 1
            yield at(number), (number, pulled.copy())

    first, other = (rs.from_history(endless(source)) for source in range(2))
    items = rs.collect(first.pipe(ops.merge(other), ops.take(20)))

    assert all(max(pulls) <= number + 2 for number, pulls in items)


def test_an_endless_generator_is_not_read_ahead(noted: list[int]) -> None:
    def endless() -> Iterator[Any]:
        for number in count():
            noted.append(number)
            yield at(number), number

    assert rs.collect(rs.from_history(endless()).pipe(ops.take(3))) == noted == [0, 1, 2]


def test_an_endless_generator_ends_where_it_is_asked_to() -> None:
    endless = rs.from_history((at(number), number) for number in count())

    assert rs.collect(endless, until=at(3)) == [0, 1, 2]


def test_an_endless_generator_waits_for_who_sleeps(noted: list[Any]) -> None:
    async def job() -> None:
        await rs.sleep(2.5)
        noted.append("woken")

    endless = rs.from_history((at(number), number) for number in count())
    rs.run(endless.pipe(ops.take(5)).to(noted.append), job)

    assert noted == [0, 1, 2, "woken", 3, 4]


def test_a_long_history_needs_no_memory() -> None:
    items = ((at(number), number) for number in range(200_000))
    tracemalloc.start()
    try:
        rs.run(rs.from_history(items).pipe(ops.filter(lambda _: False)).to(print))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 4_000_000


def test_two_long_histories_need_no_memory() -> None:
    def items() -> Iterator[Any]:
        return ((at(number), number) for number in range(20_000))

    tracemalloc.start()
    try:
        replayed(*(rs.from_history(items()).pipe(ops.filter(lambda _: False)) for _ in range(2)), to=[])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 4_000_000


# Time that functions take


def test_the_walls_time_is_not_the_runs(noted: list[float]) -> None:
    def slow(_: float) -> None:
        time.sleep(0.02)
        noted.append(second())

    rs.run(history(1, 1.001).to(slow), rs.timer(0.0005).to(slow))

    assert noted == [1, 1.0005, 1.001]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=8).map(sorted))
def test_steps_that_sleep_see_exact_instants_among_later_items(items: list[tuple[int, int]]) -> None:
    noted: list[Any] = []

    async def nap(item: tuple[int, int]) -> float:
        await asyncio.sleep(item[1] / 10)
        return second()

    stream = rs.from_history([(at(when / 10), (when, rest)) for when, rest in items])
    replayed(stream.pipe(ops.process(nap)), to=noted)

    assert noted == [(end, end) for end in ends_of(items)]


def ends_of(items: list[tuple[int, int]]) -> list[float]:
    """Say when each is done, one at a time, in tenths."""
    ends: list[int] = []
    for when, rest in items:
        ends.append(max(when, ends[-1] if ends else 0) + rest)
    return [end / 10 for end in ends]


def test_a_step_that_sleeps_does_not_hold_up_what_stands_before_it(noted: list[Any]) -> None:
    async def slow(value: float) -> float:
        await asyncio.sleep(10)
        return value

    passed = history(1, 2, 3).pipe(ops.observe(lambda value: noted.append((second(), value))))
    rs.run(passed.pipe(ops.process(slow)).to(lambda value: noted.append((second(), value))))

    assert noted == [(1, 1), (2, 2), (3, 3), (11, 1), (21, 2), (31, 3)]


@given(st.lists(st.lists(st.integers(1, 9), max_size=5), max_size=4), st.lists(st.integers(0, 20), max_size=10))
def test_sleepers_and_items_come_in_one_order(naps: list[list[int]], instants: list[int]) -> None:
    noted: list[float] = []

    async def sleeper(tenths: list[int]) -> None:
        for rest in tenths:
            await asyncio.sleep(rest / 10)
            noted.append(second())

    async def job() -> None:
        await asyncio.gather(*map(sleeper, naps))

    items = rs.from_history([(at(when / 10), when) for when in sorted(instants)])
    rs.run(items.to(lambda _: noted.append(second())), job, start=at(0))

    woken = [sum(row[: end + 1]) / 10 for row in naps for end in range(len(row))]
    assert noted == sorted([*woken, *(when / 10 for when in instants)])


def test_an_empty_history_ends_beside_what_has_no_instants() -> None:
    numbers, nothing = rs.to_list(), rs.to_list()
    report = rs.run(rs.from_iterable(range(3)).to(numbers), rs.from_history([]).to(nothing))

    assert (report.reason, numbers.items, nothing.items) == ("completed", [0, 1, 2], [])
