"""Turning each value into any number of values."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
import reactivex
from reactivex import operators as rx
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Numbers, Refusal


def test_every_item_of_what_the_function_returns_is_handed_on() -> None:
    assert rs.collect(rs.from_iterable(["a b", "c"]).pipe(ops.flat_map(str.split))) == ["a", "b", "c"]


@pytest.mark.parametrize("made", [[], (), "", {}, set(), iter([])], ids=repr)
def test_nothing_is_made_of_what_is_empty(made: object) -> None:
    assert rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(lambda _: made))) == []


def test_empty_items_are_items() -> None:
    assert rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(lambda _: [None, 0, ""]))) == [None, 0, ""]


def test_a_generator_function_can_be_given() -> None:
    def twice(value: int) -> Iterator[int]:
        yield value
        yield value

    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.flat_map(twice))) == [1, 1, 2, 2]


def test_an_endless_iterable_is_pulled_no_further_than_needed(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable([1, 2]).pipe(ops.flat_map(lambda _: numbers), ops.take(3)))

    assert (taken, numbers.pulled) == ([1, 2, 3], 3)


def test_an_item_is_handed_on_before_the_next_is_asked_for() -> None:
    order: list[str] = []

    def made(_: int) -> Iterator[str]:
        for name in "ab":
            order.append(f"made {name}")
            yield name

    rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(made), ops.observe(lambda name: order.append(f"got {name}"))))

    assert order == ["made a", "got a", "made b", "got b"]


def test_a_failing_item_leaves_its_siblings() -> None:
    inverse = rs.from_iterable([1]).pipe(ops.flat_map(lambda _: [1, 0, 2]), ops.map(lambda x: 1 / x))

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [1.0, 0.5]


def test_a_failing_item_of_an_inner_one_leaves_its_siblings() -> None:
    nested = ops.flat_map(lambda _: [1, 0]), ops.flat_map(lambda x: [x, 1]), ops.map(lambda x: 1 // x)

    assert rs.collect(rs.from_iterable([1]).pipe(*nested), on_error=rs.handlers.skip()) == [1, 1, 1]


def test_what_came_before_an_iterable_broke_is_handed_on() -> None:
    def breaking(value: int) -> Iterator[int]:
        yield value
        raise ValueError("broken")

    kept = rs.collect(rs.from_iterable([1, 2]).pipe(ops.flat_map(breaking)), on_error=rs.handlers.skip())

    assert kept == [1, 2]


def test_a_value_whose_function_fails_leaves_the_others() -> None:
    kept = rs.collect(rs.from_iterable([1, 0, 2]).pipe(ops.flat_map(lambda x: [1 / x])), on_error=rs.handlers.skip())

    assert kept == [1.0, 0.5]


@pytest.mark.parametrize("made", [None, 5], ids=repr)
def test_what_cannot_be_iterated_goes_to_the_error_handler(made: object) -> None:
    errors: list[str] = []

    rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(lambda _: made)), on_error=lambda _, e: errors.append(str(e)))

    assert errors == [
        f"flat_map: the function must return an iterable or a stream; got {made!r}. "
        "Return a list of one item, or use ops.map."
    ]


def test_plain_items_get_the_outer_ones_passport() -> None:
    outer = rs.Event("a b", "k", headers=(("h", b"x"),), origin=rs.Origin("topic", 0, 1))

    made = rs.collect(rs.from_iterable([outer]).pipe(ops.flat_map(str.split), ops.events()))

    assert made == [outer.replace(value="a"), outer.replace(value="b")]


def test_events_keep_their_own_passports() -> None:
    def made(_: int) -> list[rs.Event[str]]:
        return [rs.Event("a", key="own")]

    keys = [event.key for event in rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(made), ops.events()))]

    assert keys == ["own"]


def test_what_one_item_is_given_is_not_its_siblings_business() -> None:
    pair = ops.flat_map(lambda _: ["a", "b"])
    seen: list[object] = []
    look = ops.observe(lambda _: seen.append(rs.current_event().key))

    rs.collect(rs.from_iterable([rs.Event(1, key="outer")]).pipe(pair, look, ops.key_by(str)))

    assert seen == ["outer", "outer"]


def test_the_items_of_an_inner_stream_are_handed_on() -> None:
    made = rs.collect(rs.from_iterable([1, 2]).pipe(ops.flat_map(lambda n: rs.from_iterable([n, n * 10]))))

    assert made == [1, 10, 2, 20]


def test_the_items_of_a_foreign_observable_are_handed_on() -> None:
    made = rs.collect(rs.from_iterable([1, 2]).pipe(ops.flat_map(lambda n: reactivex.of(n, n * 10))))

    assert sorted(made) == [1, 2, 10, 20]


def test_a_plain_subscription_hands_on_the_items_of_inner_streams() -> None:
    made: list[int] = []

    rs.from_iterable([1, 2]).pipe(ops.flat_map(lambda n: rs.from_iterable([n, n * 10]))).subscribe(made.append)

    assert made == [1, 10, 2, 20]


def test_the_items_of_an_inner_stream_keep_their_own_passports() -> None:
    inner = rs.from_iterable([rs.Event("a", key="own")])

    made = rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(lambda _: inner), ops.events()))

    assert made == [rs.Event("a", key="own")]


def test_plain_items_of_a_foreign_observable_get_the_outer_ones_passport() -> None:
    outer = rs.Event(1, key="outer")

    made = rs.collect(rs.from_iterable([outer]).pipe(ops.flat_map(reactivex.of), ops.events()))

    assert made == [outer]


def test_a_failing_item_of_an_inner_stream_leaves_its_siblings() -> None:
    inner = rs.from_iterable([1, 0, 2])
    inverse = rs.from_iterable([1]).pipe(ops.flat_map(lambda _: inner), ops.map(lambda x: 1 / x))

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [1.0, 0.5]


def test_an_inner_stream_that_fails_is_a_failure_of_its_outer_item() -> None:
    failed: list[object] = []
    broken = rs.from_iterable([1, 2]).pipe(
        ops.flat_map(lambda n: reactivex.throw(ValueError("broken")) if n == 1 else [n])
    )

    rs.collect(broken, on_error=lambda event, error: failed.append((event.value, str(error))))

    assert failed == [(1, "broken")]


def test_many_inner_streams_are_no_burden() -> None:
    made = rs.collect(rs.from_iterable(range(2000)).pipe(ops.flat_map(lambda n: rs.from_iterable([n]))))

    assert sorted(made) == list(range(2000))


def test_more_inner_streams_than_may_be_in_flight_are_no_hindrance() -> None:
    singles = rs.from_iterable(range(6000)).pipe(ops.flat_map(reactivex.of))
    seen = rs.to_list()

    asyncio.run(asyncio.wait_for(rs.run_async(singles.to(seen)), timeout=3))

    assert len(seen.items) == 6000


def test_inner_streams_do_not_wait_for_the_end_of_the_outer_one(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable(numbers).pipe(ops.flat_map(lambda n: rs.from_iterable([n])), ops.take(3)))

    assert taken == [1, 2, 3]


def test_inner_streams_run_side_by_side() -> None:
    seen: list[str] = []
    inner = {"a": Subject[str](), "b": Subject[str]()}
    rs.from_iterable("ab").pipe(ops.flat_map(inner.__getitem__)).subscribe(seen.append)

    inner["b"].on_next("b1")
    inner["a"].on_next("a1")
    inner["b"].on_next("b2")

    assert seen == ["b1", "a1", "b2"]


def test_it_completes_when_every_inner_stream_has() -> None:
    said: list[str] = []
    inner = Subject[str]()
    rs.from_iterable([1]).pipe(ops.flat_map(lambda _: inner)).subscribe(said.append, None, lambda: said.append("end"))

    inner.on_next("still going")
    inner.on_completed()

    assert said == ["still going", "end"]


def test_an_inner_stream_that_has_ended_is_forgotten() -> None:
    made: list[weakref.ref[object]] = []

    def inner(_: int) -> reactivex.Observable[int]:
        observable = Subject[int]()
        made.append(weakref.ref(observable))
        observable.on_completed()
        return observable

    rs.collect(rs.from_iterable(range(3)).pipe(ops.flat_map(inner)))
    gc.collect()

    assert [ref() for ref in made] == [None, None, None]


class Thing:
    """Something that can be watched being forgotten."""


def test_an_item_whose_foreign_stream_has_ended_is_forgotten() -> None:
    made: list[weakref.ref[Thing]] = []

    def things() -> Iterator[Thing]:
        for _ in range(3):
            yield (thing := Thing())
            made.append(weakref.ref(thing))

    rs.collect(rs.from_iterable(things()).pipe(ops.flat_map(lambda _: reactivex.of(1))))
    gc.collect()

    assert [ref() for ref in made] == [None, None, None]


def test_it_completes_once_without_items() -> None:
    ends: list[str] = []

    rs.from_iterable([]).pipe(ops.flat_map(lambda x: [x])).subscribe(None, None, lambda: ends.append("end"))

    assert ends == ["end"]


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.flat_map(5)) == "flat_map: f must be callable; got 5. Give a function."


def test_an_observable_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.flat_map(reactivex.of(1))) == (
        "flat_map: f must be a function of one value; got an Observable. "
        "For reactivex's operator of that name write reactivex.operators.flat_map."
    )


def test_what_an_inner_stream_says_later_has_its_own_outer_ones_passport() -> None:
    history = rs.from_history([(1, "a"), (2, "b")], unit="s")
    later = ops.flat_map(lambda name: reactivex.timer(1.0).pipe(rx.map(lambda _: name)))

    made = rs.collect(history.pipe(later, ops.events()))

    assert [(event.value, event.timestamp_ns) for event in made] == [("a", 10**9), ("b", 2 * 10**9)]


def test_what_an_inner_stream_says_later_comes_behind_the_items_of_that_instant() -> None:
    history = rs.from_history([(1, 1), (2, 2)], unit="s")
    order: list[object] = []
    later = ops.flat_map(lambda n: reactivex.timer(1.0).pipe(rx.map(lambda _: f"timer of {n}")))

    rs.collect(history.pipe(ops.observe(order.append), later, ops.observe(order.append)))

    assert order == [1, 2, "timer of 1", "timer of 2"]
