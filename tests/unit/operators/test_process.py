"""Processing each value: plain or async, dropped or multiplied."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal


class Doubler:
    """An object whose method does the work."""

    def process(self, value: int) -> int:
        return value * 2


class Later:
    """An object that can be called, and has to be awaited."""

    async def __call__(self, value: int) -> int:
        return value * 2


async def doubled(value: int) -> int:
    await asyncio.sleep(0)
    return value * 2


def pair(value: int) -> Iterator[int]:
    yield value
    yield value * 2


async def async_pair(value: int) -> AsyncIterator[int]:
    yield value
    await asyncio.sleep(0)
    yield value * 2


@pytest.mark.parametrize("f", [lambda x: x * 2, doubled, Doubler(), Later()], ids=["plain", "async", "object", "call"])
def test_what_the_function_returns_is_handed_on(f: Any) -> None:
    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.process(f))) == [2, 4, 6]


@pytest.mark.parametrize("f", [pair, async_pair], ids=["plain", "async"])
def test_what_a_generator_function_yields_is_handed_on(f: Any) -> None:
    assert rs.collect(rs.from_iterable([1, 5]).pipe(ops.process(f))) == [1, 2, 5, 10]


def test_none_drops_the_item() -> None:
    kept = rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.process(lambda x: x if x != 2 else None)))

    assert kept == [1, 3]


def test_none_drops_the_item_of_an_async_function() -> None:
    async def odd(value: int) -> int | None:
        return value if value % 2 else None

    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.process(odd))) == [1, 3]


def test_dropped_items_are_counted() -> None:
    report = rs.run(rs.from_iterable(range(5)).pipe(ops.process(lambda _: None)).to(rs.to_list()))

    assert report.pipelines[0].dropped == 5


@pytest.mark.parametrize("value", [0, "", False, [], {}], ids=repr)
def test_other_empty_results_are_values(value: object) -> None:
    assert rs.collect(rs.from_iterable([1]).pipe(ops.process(lambda _: value))) == [value]


def test_none_that_a_generator_yields_is_a_value() -> None:
    def none(_: int) -> Iterator[None]:
        yield None

    assert rs.collect(rs.from_iterable([1]).pipe(ops.process(none))) == [None]


def test_none_that_an_async_generator_yields_is_a_value() -> None:
    async def none(_: int) -> AsyncIterator[None]:
        yield None

    assert rs.collect(rs.from_iterable([1]).pipe(ops.process(none))) == [None]


def test_a_list_is_a_chain() -> None:
    chain = [lambda x: x + 1, doubled, pair, Doubler()]

    assert rs.collect(rs.from_iterable([1]).pipe(ops.process(chain))) == [8, 16]


def test_what_the_first_of_a_chain_drops_the_second_does_not_see() -> None:
    seen: list[int] = []

    rs.collect(rs.from_iterable([1]).pipe(ops.process([lambda _: None, seen.append])))

    assert seen == []


def test_items_keep_their_order_whatever_has_to_be_awaited() -> None:
    async def slow(value: int) -> int:
        for _ in range(value):
            await asyncio.sleep(0)
        return value

    assert rs.collect(rs.from_iterable([5, 1, 3, 0]).pipe(ops.process(slow))) == [5, 1, 3, 0]


def test_a_plain_result_does_not_overtake_one_that_is_awaited() -> None:
    def sometimes(value: int) -> Any:
        return doubled(value) if value % 2 else value * 2

    assert rs.collect(rs.from_iterable([1, 2, 3, 4]).pipe(ops.process(sometimes))) == [2, 4, 6, 8]


def test_one_item_is_at_work_at_a_time() -> None:
    at_work: list[int] = []
    most: list[int] = []

    async def work(value: int) -> int:
        at_work.append(value)
        await asyncio.sleep(0)
        most.append(len(at_work))
        at_work.pop()
        return value

    rs.collect(rs.from_iterable(range(5)).pipe(ops.process(work)))

    assert most == [1] * 5


def test_it_completes_after_the_last_one_awaited() -> None:
    after = rs.collect(rs.from_iterable([1, 2]).pipe(ops.process(doubled), ops.window(rs.tumbling(10))))

    assert [pane.value for pane in after] == [[2, 4]]


@pytest.mark.parametrize("f", [lambda x: 1 // x, Doubler], ids=["plain", "not made to be called with a value"])
def test_an_error_is_its_items_own(f: Any) -> None:
    errors: list[BaseException] = []

    rs.collect(rs.from_iterable([0]).pipe(ops.process(f)), on_error=lambda _, error: errors.append(error))

    assert len(errors) == 1


def test_an_error_of_an_awaited_item_leaves_the_others() -> None:
    async def inverse(value: int) -> float:
        await asyncio.sleep(0)
        return 1 / value

    kept = rs.collect(rs.from_iterable([1, 0, 2]).pipe(ops.process(inverse)), on_error=rs.handlers.skip())

    assert kept == [1.0, 0.5]


def test_an_awaited_item_that_fails_below_leaves_the_others() -> None:
    inverse = rs.from_iterable([1, 0, 2]).pipe(ops.process(doubled), ops.map(lambda x: 2 / x))

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [1.0, 0.5]


def test_what_came_before_a_generator_broke_is_handed_on() -> None:
    def breaking(value: int) -> Iterator[int]:
        yield value
        raise ValueError("broken")

    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.process(breaking)), on_error=rs.handlers.skip()) == [1, 2]


def test_what_came_before_an_async_generator_broke_is_handed_on() -> None:
    async def breaking(value: int) -> AsyncIterator[int]:
        yield value
        raise ValueError("broken")

    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.process(breaking)), on_error=rs.handlers.skip()) == [1, 2]


def test_the_error_of_an_awaited_item_names_operator_and_item() -> None:
    async def broken(value: int) -> int:
        raise ValueError(value)

    with pytest.raises(ValueError, match="7") as caught:
        rs.collect(rs.from_iterable([7]).pipe(ops.process(broken)))

    assert rs.error_context(caught.value) == ("pipeline-1", "process", 7)


def test_a_cancelled_call_is_a_failure_of_its_item() -> None:
    async def cancelled(value: int) -> int:
        if value == 2:
            raise asyncio.CancelledError
        return value

    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.process(cancelled)), on_error=rs.handlers.skip()) == [1, 3]


@pytest.mark.parametrize("f", [lambda x: x, doubled, pair, async_pair], ids=["plain", "async", "generator", "both"])
def test_items_keep_their_passports(f: Callable[[int], Any]) -> None:
    event = rs.Event(1, "k", headers=(("h", b"x"),), origin=rs.Origin("topic", 0, 1))

    made = rs.collect(rs.from_iterable([event]).pipe(ops.process(f), ops.events()))

    assert {one.replace(value=1) for one in made} == {event}


def test_the_passport_is_the_items_own_before_and_after_waiting() -> None:
    seen: list[object] = []

    async def look(_: int) -> None:
        seen.append(rs.current_event().key)
        await asyncio.sleep(0)
        seen.append(rs.current_event().key)

    rs.collect(rs.from_iterable([rs.Event(1, "a"), rs.Event(2, "b")]).pipe(ops.process(look)))

    assert seen == ["a", "a", "b", "b"]


def test_a_task_that_the_function_starts_sees_the_passport() -> None:
    async def key() -> object:
        return rs.current_event().key

    async def ask(_: int) -> object:
        return await asyncio.create_task(key())

    assert rs.collect(rs.from_iterable([rs.Event(1, "a"), rs.Event(2, "b")]).pipe(ops.process(ask))) == ["a", "b"]


def test_the_passport_in_an_async_function_has_the_key_given_above() -> None:
    async def key(_: str) -> object:
        return rs.current_event().key

    assert rs.collect(rs.from_iterable("ab").pipe(ops.key_by(str.upper), ops.process(key))) == ["A", "B"]


def test_what_one_yielded_item_is_given_is_not_its_siblings_business() -> None:
    seen: list[object] = []
    look = ops.observe(lambda _: seen.append(rs.current_event().key))

    rs.collect(rs.from_iterable([rs.Event(1, key="outer")]).pipe(ops.process(pair), look, ops.key_by(str)))

    assert seen == ["outer", "outer"]


def test_a_window_below_gets_awaited_items_in_time() -> None:
    history = rs.from_history([(0, 1), (5, 2), (10, 3), (20, 4)], unit="s")

    panes = rs.collect(history.pipe(ops.process(doubled), ops.window(rs.tumbling(10))))

    assert [pane.value for pane in panes] == [[2, 4], [6], [8]]


def test_a_plain_subscription_takes_a_plain_function() -> None:
    made: list[int] = []

    rs.from_iterable([1, 2]).pipe(ops.process(lambda x: x * 2)).subscribe(made.append)

    assert made == [2, 4]


@pytest.fixture
def refused_to_await() -> tuple[str, list[warnings.WarningMessage]]:
    # Both at once: a coroutine left behind would speak up in the middle of some other test.
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        try:
            rs.from_iterable([1]).pipe(ops.process(doubled)).subscribe()
        except rs.ConfigurationError as error:
            sentence = str(error)
        gc.collect()
    return sentence, noted


def test_a_plain_subscription_leaves_no_call_unawaited(refused_to_await: Any) -> None:
    _, noted = refused_to_await

    assert [str(warning.message) for warning in noted] == []


def test_a_plain_subscription_cannot_await(refused_to_await: Any) -> None:
    sentence, _ = refused_to_await

    assert sentence == (
        "subscribe: process has to be awaited, which a plain subscription cannot do. "
        "Run it with rs.run or rs.run_async, or test it with rxstream.testing.marbles."
    )


def test_run_again_it_gives_the_same() -> None:
    stream = rs.from_iterable([1, 2]).pipe(ops.process(doubled))

    assert rs.collect(stream) == rs.collect(stream) == [2, 4]


@pytest.mark.parametrize("f", [5, None, "f"], ids=repr)
def test_what_cannot_be_called_is_refused(refusal: Refusal, f: object) -> None:
    assert refusal(lambda: ops.process(f)) == (
        f"process: needs a function, an object with process(value), or a list of those; got {f!r}. Give one of these."
    )


def test_what_cannot_be_called_is_refused_within_a_list(refusal: Refusal) -> None:
    assert refusal(lambda: ops.process([str, 5])) == (
        "process: needs a function, an object with process(value), or a list of those; got 5. Give one of these."
    )
