"""Turning each value into any number of values."""

import asyncio
import gc
import threading
import warnings
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Numbers, Refusal
from tests.unit.delivery.belt import Belt


async def pair_later(name: str) -> AsyncIterator[str]:
    """Yield a name twice, a second apart."""
    yield name
    await rs.sleep(1)
    yield name


def key_now() -> Any:
    event = rs.current_event()
    return event and event.key


def after(name: str) -> reactivex.Observable[str]:
    return reactivex.timer(2.0).pipe(rx.map(lambda _: name))


def test_every_item_of_what_the_function_returns_is_handed_on() -> None:
    assert rs.collect(rs.from_iterable(["a b", "c"]).pipe(ops.flat_map(str.split))) == ["a", "b", "c"]


@pytest.mark.parametrize("made", [[], (), "", {}, set(), iter([])], ids=repr)
def test_nothing_is_made_of_what_is_empty(made: Any) -> None:
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
    nested: Any = ops.flat_map(lambda _: [1, 0]), ops.flat_map(lambda x: [x, 1]), ops.map(lambda x: 1 // x)

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
def test_what_cannot_be_iterated_goes_to_the_error_handler(made: Any) -> None:
    errors: list[str] = []

    rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(lambda _: made)), on_error=lambda _, e: errors.append(str(e)))

    assert errors == [
        f"flat_map: the function must return an iterable, a stream or an async iterable; got {made!r}. "
        "Return a list of one item, or use ops.map."
    ]


def test_plain_items_get_the_outer_ones_passport() -> None:
    outer = rs.Event("a b", "k", headers=(("h", b"x"),), origin=rs.Origin("topic", 0, 1))

    made = rs.collect(rs.from_iterable([outer]).pipe(ops.flat_map(str.split), ops.events()))

    assert made == [outer.replace(value="a"), outer.replace(value="b")]


def test_all_events_of_a_list_are_handed_on_behind_a_keeper_too() -> None:
    events = [rs.Event(1), rs.Event(2), rs.Event(3)]

    assert rs.collect(rs.from_iterable(events).pipe(ops.events(), ops.buffer(3), ops.flat_map(list))) == [1, 2, 3]


def test_events_keep_their_own_passports() -> None:
    def made(_: int) -> list[rs.Event[str]]:
        return [rs.Event("a", key="own")]

    keys = [event.key for event in rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(made), ops.events()))]

    assert keys == ["own"]


def test_what_one_item_is_given_is_not_its_siblings_business() -> None:
    pair: Any = ops.flat_map(lambda _: ["a", "b"])
    seen: list[object] = []
    look: Any = ops.observe(lambda _: seen.append(key_now()))

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

    asyncio.run(asyncio.wait_for(rs.run_async(singles.to(seen)), timeout=30))

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
    wrong: Any = 5

    assert refusal(lambda: ops.flat_map(wrong)) == "flat_map: f must be callable; got 5. Give a function."


def test_an_observable_is_refused(refusal: Refusal) -> None:
    wrong: Any = reactivex.of(1)

    assert refusal(lambda: ops.flat_map(wrong)) == (
        "flat_map: f must be a function of one value; got an Observable. "
        "For reactivex's operator of that name write reactivex.operators.flat_map."
    )


def test_what_an_inner_stream_says_later_has_its_own_outer_ones_passport() -> None:
    history = rs.from_history([(1, "a"), (2, "b")], unit="s")
    later: Any = ops.flat_map(lambda name: reactivex.timer(1.0).pipe(rx.map(lambda _: name)))

    made = rs.collect(history.pipe(later, ops.events()))

    assert [(event.value, event.timestamp_ns) for event in made] == [("a", 10**9), ("b", 2 * 10**9)]


def test_what_an_inner_stream_says_later_comes_behind_the_items_of_that_instant() -> None:
    history = rs.from_history([(1, 1), (2, 2)], unit="s")
    order: list[object] = []
    later: Any = ops.flat_map(lambda n: reactivex.timer(1.0).pipe(rx.map(lambda _: f"timer of {n}")))

    rs.collect(history.pipe(ops.observe(order.append), later, ops.observe(order.append)))

    assert order == [1, 2, "timer of 1", "timer of 2"]


def test_a_breaking_iterable_is_a_failure_of_the_outer_item() -> None:
    def breaking(value: int) -> Iterator[int]:
        yield value * 10
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken") as caught:
        rs.collect(rs.from_iterable([7]).pipe(ops.flat_map(breaking)))

    assert rs.error_context(caught.value) == ("pipeline-1", "flat_map", 7)


def test_behind_an_item_with_a_passport_of_its_own_the_next_one_has_the_outer_ones() -> None:
    mixed: Any = ops.flat_map(lambda _: [rs.Event("a", key="own"), "b"])

    made = rs.collect(rs.from_iterable([rs.Event(1, key="outer")]).pipe(mixed, ops.events()))

    assert [(event.value, event.key) for event in made] == [("a", "own"), ("b", "outer")]


@pytest.mark.parametrize("kind", [list, iter], ids=["list", "iterator"])
def test_whoever_looks_behind_an_item_with_a_passport_of_its_own_sees_the_outer_ones(kind: Any) -> None:
    mixed: Any = ops.flat_map(lambda _: kind([rs.Event("a", key="own"), "b"]))
    seen: list[Any] = []
    look: Any = ops.observe(lambda _: seen.append(key_now()))

    rs.collect(rs.from_iterable([rs.Event(1, key="outer")]).pipe(mixed, look))

    assert seen == ["own", "outer"]


def test_an_inner_item_that_looks_like_the_outer_one_keeps_its_own_passport() -> None:
    inner = rs.from_iterable([1])

    made = rs.collect(rs.from_iterable([1]).pipe(ops.key_by(str), ops.flat_map(lambda _: inner), ops.events()))

    assert made == [rs.Event(1)]


def test_what_is_said_below_of_an_inner_item_is_not_the_next_ones_business() -> None:
    seen: list[object] = []
    look: Any = ops.observe(lambda _: seen.append(rs.current_event()))

    rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(lambda _: rs.from_iterable("ab")), look, ops.key_by(str)))

    assert seen == [rs.Event("a"), rs.Event("b")]


def test_the_items_of_an_async_generator_function_come_as_they_do(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a----b|").pipe(ops.flat_map(pair_later)), "-aa---b(b|)")


def test_async_iterables_go_side_by_side(marbles: Marbles) -> None:
    async def slowly(name: str) -> AsyncIterator[str]:
        yield name
        await rs.sleep(4)
        yield name

    marbles.expect(marbles.hot("-a-b-|").pipe(ops.flat_map(slowly)), "-a-b-a-(b|)")


def test_one_after_the_other_they_keep_their_order(marbles: Marbles) -> None:
    async def slowly(name: str) -> AsyncIterator[str]:
        yield name
        await rs.sleep(4)
        yield name

    names = marbles.hot("-ab|")
    expected = "         -a---(ab)(b|)"
    marbles.expect(names.pipe(ops.flat_map(slowly, concurrency=1)), expected)


def test_streams_go_one_after_the_other(marbles: Marbles) -> None:
    names = marbles.hot("-abc|")
    expected = "         ---a-b-(c|)"
    marbles.expect(names.pipe(ops.flat_map(after, concurrency=1)), expected)


def test_no_more_go_side_by_side_than_may(marbles: Marbles) -> None:
    async def slowly(name: str) -> list[str]:
        await rs.sleep(4)
        return [name]

    names = marbles.hot("-abc|")
    expected = "         -----ab--(c|)"
    marbles.expect(names.pipe(ops.flat_map(slowly, concurrency=2)), expected)


def test_the_function_is_called_when_its_turn_has_come() -> None:
    called: list[float] = []

    def f(name: str) -> reactivex.Observable[str]:
        called.append(rs.now().timestamp())
        return after(name)

    rs.collect(rs.from_iterable("abc").pipe(ops.flat_map(f, concurrency=1)))

    assert called == [0, 2, 4]


def test_a_plain_iterable_too_waits_for_its_turn() -> None:
    def f(name: str) -> Any:
        return after(name) if name == "a" else [name]

    assert rs.collect(rs.from_iterable("abc").pipe(ops.flat_map(f, concurrency=1))) == ["a", "b", "c"]


def test_many_that_wait_for_their_turn_are_no_burden() -> None:
    def f(number: int) -> Any:
        return reactivex.timer(1.0) if number == 0 else rs.from_iterable([number])

    made = rs.collect(rs.from_iterable(range(3_000)).pipe(ops.flat_map(f, concurrency=1)))

    assert made == list(range(3_000))


@pytest.mark.parametrize(
    "made", [lambda: ["a", "b"], lambda: rs.from_iterable("ab"), lambda: reactivex.of("a", "b")], ids=range(3)
)
def test_what_a_coroutine_function_gives_is_handed_on(made: Any) -> None:
    async def f(_: int) -> Any:
        await asyncio.sleep(0)
        return made()

    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.flat_map(f, concurrency=1))) == ["a", "b", "a", "b"]


def test_an_async_iterable_that_a_coroutine_function_gives_is_iterated() -> None:
    async def f(name: str) -> AsyncIterator[str]:
        return pair_later(name)

    assert rs.collect(rs.from_iterable("a").pipe(ops.flat_map(f))) == ["a", "a"]


def test_what_a_coroutine_function_gives_must_be_iterable() -> None:
    async def f(_: int) -> Any:
        return 5

    errors: list[str] = []
    rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(f)), on_error=lambda _, error: errors.append(str(error)))

    assert errors == [
        "flat_map: the function must return an iterable, a stream or an async iterable; got 5. "
        "Return a list of one item, or use ops.map."
    ]


def test_items_of_async_iterables_have_the_outer_ones_passport_and_events_their_own() -> None:
    async def f(_: int) -> AsyncIterator[Any]:
        yield rs.Event("a", key="own")
        yield "b"

    made = rs.collect(rs.from_iterable([rs.Event(1, key="outer")]).pipe(ops.flat_map(f), ops.events()))

    assert [(event.value, event.key) for event in made] == [("a", "own"), ("b", "outer")]


def test_an_async_function_sees_the_outer_items_passport() -> None:
    async def f(_: int) -> list[Any]:
        await asyncio.sleep(0)
        event = rs.current_event()
        return [event and event.key]

    keyed = rs.from_iterable([rs.Event(1, "a"), rs.Event(2, "b")])

    assert rs.collect(keyed.pipe(ops.flat_map(f))) == ["a", "b"]


def test_what_came_before_an_async_iterable_broke_is_handed_on() -> None:
    async def breaking(value: int) -> AsyncIterator[int]:
        yield value
        raise ValueError(value)

    failed: list[Any] = []
    broken = rs.from_iterable([1, 2]).pipe(ops.flat_map(breaking))

    assert rs.collect(broken, on_error=lambda event, _: failed.append(event.value)) == [1, 2]
    assert failed == [1, 2]


def test_an_async_iterable_is_closed_when_no_more_is_wanted() -> None:
    closed: list[str] = []

    async def endless(name: str) -> AsyncIterator[str]:
        try:
            while True:
                await rs.sleep(1)
                yield name
        finally:
            closed.append(name)

    assert rs.collect(rs.from_iterable("ab").pipe(ops.flat_map(endless), ops.take(3))) == ["a", "b", "a"]
    assert sorted(closed) == ["a", "b"]


def test_no_more_is_pulled_than_may_be_in_flight_and_a_batch() -> None:
    pulled = 0

    def numbers() -> Iterator[int]:
        nonlocal pulled
        for number in range(400_000):
            pulled += 1
            yield number

    async def f(number: int) -> list[int]:
        await rs.sleep(1)
        return [number]

    rs.collect(rs.from_iterable(numbers()).pipe(ops.flat_map(f), ops.take(3)))

    assert pulled <= 8_000


@pytest.mark.parametrize("most", [None, 2])
def test_what_nobody_wants_any_more_does_not_keep_another_branch_waiting(most: int | None) -> None:
    async def f(number: int) -> list[int]:
        await rs.sleep(1)
        return [number]

    source = rs.from_iterable(range(10_000))
    seen = rs.to_list()

    rs.run(source.pipe(ops.flat_map(f, concurrency=most), ops.take(1)).to(print), source.to(seen))

    assert len(seen.items) == 10_000


def test_the_watermark_does_not_overtake_what_is_still_awaited() -> None:
    async def f(name: str) -> list[str]:
        await rs.sleep(100 if name == "a" else 1)
        return [name]

    history = rs.from_history([(1, "a"), (12, "b"), (25, "c")], unit="s")
    panes = rs.collect(history.pipe(ops.flat_map(f), ops.window(rs.tumbling(10))))

    assert [pane.value for pane in panes] == [["a"], ["b"], ["c"]]


def test_an_inner_stream_that_is_refused_leaves_the_others() -> None:
    async def numbers() -> AsyncIterator[int]:
        yield 1

    def f(value: int) -> Any:
        return rs.from_aiter(numbers) if value == 1 else [value]

    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.flat_map(f)), on_error=rs.handlers.skip()) == [2]


def test_a_plain_subscription_cannot_await() -> None:
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        with pytest.raises(rs.ConfigurationError, match="subscribe: flat_map has to be awaited"):
            rs.from_iterable("a").pipe(ops.flat_map(pair_later)).subscribe()
        gc.collect()

    assert noted == []


async def doubled(value: int) -> list[int]:
    await asyncio.sleep(0)
    return [value] * (value % 3)


async def one_by_one(value: int) -> AsyncIterator[int]:
    for _ in range(value % 3):
        await asyncio.sleep(0)
        yield value


def later(value: int) -> reactivex.Observable[int]:
    return reactivex.timer(0.01).pipe(rx.map(lambda _: value))


MADE: dict[str, Any] = {
    "list": lambda value: [value] * (value % 3),
    "generator": lambda value: (value for _ in range(value % 3)),
    "stream": lambda value: rs.from_iterable([value] * (value % 3)),
    "foreign": later,
    "awaited": doubled,
    "async": one_by_one,
}
KEEPERS: dict[str, Any] = {
    "nothing": [],
    "awaited": [ops.map_async(lambda value: asyncio.sleep(0, value), concurrency=3)],
    "window": [ops.window(rs.tumbling(10))],
}
LIMITS = st.sampled_from([None, 1, 3])


@given(st.sampled_from(sorted(MADE)), st.sampled_from(sorted(KEEPERS)), LIMITS, st.sampled_from([1, 7, 1000]))
def test_everything_handled_is_everything_committed(made: str, keeper: str, most: int | None, size: int) -> None:
    belt = Belt(range(30), size=size)

    rs.run(belt.stream.pipe(ops.flat_map(MADE[made], concurrency=most), *KEEPERS[keeper]).to(rs.to_list()))

    assert belt.committed == 30


@given(st.sampled_from(sorted(MADE)), LIMITS, st.integers(0, 29), st.sampled_from([1, 7, 1000]))
def test_nothing_from_an_item_on_that_stopped_the_run_is_committed(
    made: str, most: int | None, bad: int, size: int
) -> None:
    def failing(value: int) -> int:
        return 1 // (value - bad)

    belt = Belt([number * 3 + 1 for number in range(30)], size=size)
    bad = bad * 3 + 1
    with pytest.raises(ZeroDivisionError):
        rs.run(
            belt.stream.pipe(ops.flat_map(MADE[made], concurrency=most), ops.map(failing)).to(rs.to_list()),
            shutdown=0.05,
        )

    assert belt.committed <= (bad - 1) // 3


@given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 4))
def test_no_more_are_at_work_than_may_be_and_all_come_in_the_end(counts: list[int], most: int) -> None:
    at_work = 0

    async def f(count: int) -> AsyncIterator[int]:
        nonlocal at_work
        at_work += 1
        assert at_work <= most
        for number in range(count):
            await rs.sleep(number)
            yield number
        at_work -= 1

    made = rs.collect(rs.from_iterable(counts).pipe(ops.flat_map(f, concurrency=most)))

    assert sorted(made) == sorted(number for count in counts for number in range(count))


def test_a_foreign_stream_that_ends_the_run_leaves_its_outer_record_unsettled() -> None:
    def f(value: int) -> reactivex.Observable[Any]:
        return reactivex.timer(0.01).pipe(rx.map(lambda _: 1 // (value - 2)))

    belt = Belt(range(5))
    with pytest.raises(ZeroDivisionError):
        rs.run(belt.stream.pipe(ops.flat_map(f)).to(rs.to_list()), shutdown=0.05)

    assert belt.committed <= 2


def test_who_keeps_an_inner_item_keeps_its_record_and_the_outer_one() -> None:
    subject = Subject[int]()
    inner, outer = Belt([1]), Belt([2])
    kept = outer.stream.pipe(ops.flat_map(lambda _: subject), ops.window(rs.tumbling(10)))

    async def run() -> None:
        feeding = inner.stream.pipe(ops.process(lambda value: asyncio.sleep(0.01, value))).to(subject.on_next)
        async with rs.running(kept.to(rs.to_list()), feeding, shutdown=0.05) as running:
            await asyncio.sleep(0.05)
            await running.stop()

    asyncio.run(run())
    assert (inner.committed, outer.committed) == (0, 0)


@pytest.mark.parametrize("concurrency", [0, -1, 1.5], ids=repr)
def test_a_concurrency_that_is_none_is_refused(refusal: Refusal, concurrency: Any) -> None:
    assert refusal(lambda: ops.flat_map(str.split, concurrency=concurrency)) == (
        f"flat_map: concurrency must be a whole number of at least 1; got {concurrency!r}. Correct it."
    )


@pytest.mark.parametrize("wrapped", [lambda subject: subject, rs.from_observable], ids=["raw", "as a stream"])
def test_what_a_thread_pushes_into_an_inner_stream_is_waited_for(wrapped: Any) -> None:
    subject: Subject[int] = Subject()

    def push() -> None:
        for number in range(100):
            subject.on_next(number)
        subject.on_completed()

    def begin(_: int) -> Any:
        threading.Timer(0.02, push).start()
        return wrapped(subject)

    assert rs.collect(rs.from_iterable([1]).pipe(ops.flat_map(begin))) == list(range(100))


@pytest.mark.parametrize("concurrency", [None, 1, 2])
def test_more_inner_histories_than_may_be_in_flight_all_have_their_turn(concurrency: int | None) -> None:
    dated = ops.flat_map(lambda n: rs.from_history([(n, n)], unit="s"), concurrency=concurrency)

    assert len(rs.collect(rs.from_iterable(range(4_500)).pipe(dated))) == 4_500


def test_any_number_of_them_can_be_chained() -> None:
    assert rs.collect(rs.from_iterable([1]).pipe(*(ops.flat_map(lambda n: [n]) for _ in range(30)))) == [1]
