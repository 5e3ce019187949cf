"""Whatever can be iterated, as a stream."""

from collections import deque
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "items",
    [[1, 2, 3], (1, 2, 3), range(1, 4), {1: "a", 2: "b", 3: "c"}, deque([1, 2, 3]), iter([1, 2, 3])],
    ids=["list", "tuple", "range", "dict", "deque", "iterator"],
)
def test_any_iterable_is_a_stream_of_its_items(items: Any) -> None:
    assert rs.collect(rs.from_iterable(items)) == [1, 2, 3]


def test_a_text_is_a_stream_of_its_characters() -> None:
    assert rs.collect(rs.from_iterable("abc")) == ["a", "b", "c"]


def test_nothing_is_a_stream_that_completes() -> None:
    assert rs.collect(rs.from_iterable([])) == []


@pytest.mark.parametrize("length", [1, 2, 499, 500, 501, 3_000])
def test_every_item_of_a_list_comes_once(length: int) -> None:
    assert rs.collect(rs.from_iterable(list(range(length)))) == list(range(length))


@pytest.mark.parametrize("length", [1, 2, 499, 500, 501, 3_000])
def test_every_item_of_a_generator_comes_once(length: int) -> None:
    assert rs.collect(rs.from_iterable(item for item in range(length))) == list(range(length))


def test_items_of_an_endless_generator_are_asked_for_one_by_one() -> None:
    asked: list[int] = []

    def endless() -> Iterator[int]:
        for item in count():
            asked.append(item)
            yield item

    items = rs.collect(rs.from_iterable(endless()).pipe(ops.take(2)))

    assert (items, asked) == ([0, 1], [0, 1])


def test_the_report_counts_each_item_of_a_generator_once() -> None:
    report = rs.run(rs.from_iterable(item for item in range(10)).to(rs.to_list(), name="p"))

    assert (report["p"].received, report["p"].emitted) == (10, 10)


def test_two_generators_take_turns() -> None:
    left = rs.from_iterable(f"l{number}" for number in range(3))
    right = rs.from_iterable(f"r{number}" for number in range(3))

    assert sorted(rs.collect(left.pipe(ops.merge(right)))) == ["l0", "l1", "l2", "r0", "r1", "r2"]


def test_an_endless_generator_does_not_starve_another() -> None:
    endless = rs.from_iterable(count())
    short = rs.from_iterable(["a", "b"])
    items = rs.collect(endless.pipe(ops.merge(short), ops.filter(lambda item: isinstance(item, str)), ops.take(2)))

    assert items == ["a", "b"]


def test_a_collection_starts_anew_with_each_run() -> None:
    stream = rs.from_iterable([1, 2])

    assert (rs.collect(stream), rs.collect(stream)) == ([1, 2], [1, 2])


def test_an_event_brings_its_passport() -> None:
    event = rs.Event("a", key="k", timestamp=NOON, headers=(("h", b"1"),), origin=rs.Origin("q", None, 1))

    assert rs.collect(rs.from_iterable([event]).pipe(ops.events())) == [event]


def test_operators_see_an_events_value() -> None:
    assert rs.collect(rs.from_iterable([rs.Event("a"), "b"])) == ["a", "b"]


def test_a_plain_item_has_an_empty_passport() -> None:
    assert rs.collect(rs.from_iterable(["a"]).pipe(ops.events())) == [rs.Event("a")]


def test_time_stands_at_the_epoch() -> None:
    report = rs.run(rs.from_iterable([1, 2]).to(rs.to_list()))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    assert (report.started, report.ended) == (epoch, epoch)


def test_a_generator_that_fails_ends_the_run_with_its_error() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    seen = rs.to_list()
    with pytest.raises(OSError, match=r"^gone"):
        rs.run(rs.from_iterable(failing()).to(seen))

    assert seen.items == [1]


def test_what_cannot_be_iterated_is_refused_by_the_call() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_iterable(5)  # type: ignore[arg-type]  # wrong on purpose

    assert str(caught.value) == "from_iterable: items must be iterable; got 5. Give a list, a generator, …"


def test_what_is_iterated_by_async_for_is_refused_naming_from_aiter() -> None:
    class Ticks:
        def __aiter__(self) -> AsyncIterator[int]: ...

        def __repr__(self) -> str:
            return "Ticks()"

    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_iterable(Ticks())  # type: ignore[arg-type]  # wrong on purpose

    assert str(caught.value) == "from_iterable: items must be iterable; got Ticks(). Use rs.from_aiter."
