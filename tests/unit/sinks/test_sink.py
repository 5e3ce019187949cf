"""A function as a sink: several calls at once, and how long each may take."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import check_sink
from tests.unit.conftest import Refusal
from tests.unit.testing.shelf import Quiet


class Store:
    """An async function that notes what begins and ends, and how many calls are at work.

    Args:
        seconds: How long the call for a value takes, by its value.
    """

    def __init__(self, seconds: dict[Any, float] | None = None) -> None:
        self.log: list[str] = []
        self.at_work = self.most = 0
        self._seconds = seconds or {}

    async def __call__(self, value: Any) -> None:
        self.log.append(f"{value} in")
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        try:
            await asyncio.sleep(self._seconds.get(value, 1))
            self.log.append(f"{value} out")
        finally:
            self.at_work -= 1


def test_one_at_a_time_goes_in_order() -> None:
    store = Store()
    rs.run(rs.from_iterable("ab").to(rs.sink(store)))

    assert store.log == ["a in", "a out", "b in", "b out"]


def test_several_are_at_work_at_once() -> None:
    store = Store({"a": 3, "b": 1, "c": 1})
    rs.run(rs.from_iterable("abc").to(rs.sink(store, concurrency=2)))

    assert store.log == ["a in", "b in", "b out", "c in", "c out", "a out"]


@given(st.lists(st.floats(0, 5), max_size=30), st.integers(1, 8))
def test_no_more_than_that_are_at_work_and_nobody_stands_idle(seconds: list[float], concurrency: int) -> None:
    store = Store(dict(enumerate(seconds)))
    report = rs.run(rs.from_iterable(range(len(seconds))).to(rs.sink(store, concurrency=concurrency), name="p"))

    assert store.most == min(concurrency, len(seconds))
    assert report["p"].emitted == len(seconds)


def test_a_slow_item_keeps_nobody_from_starting() -> None:
    store = Store({0: 1000})
    rs.run(rs.from_iterable(range(100)).to(rs.sink(store, concurrency=2)))

    assert store.log[-1] == "0 out"


def test_a_plain_function_gets_every_item_whatever_the_concurrency() -> None:
    seen: list[int] = []
    rs.run(rs.from_iterable(range(1_000)).to(rs.sink(seen.append, concurrency=4)))

    assert sorted(seen) == list(range(1_000))


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_call_that_fails_is_its_items_error_only(concurrency: int) -> None:
    async def refuse(value: int) -> None:
        await asyncio.sleep(1)
        if value == 1:
            raise ValueError(value)

    failed: list[Any] = []
    pipeline = rs.from_iterable(range(3)).to(
        rs.sink(refuse, concurrency=concurrency), on_error=lambda event, error: failed.append((event.value, str(error)))
    )

    assert (rs.run(pipeline).pipelines[0].emitted, failed) == (2, [(1, "1")])


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_call_sees_its_items_passport(concurrency: int) -> None:
    async def note(value: str) -> None:
        await asyncio.sleep(0)
        seen.append((rs.current_event().key, value))  # type: ignore[union-attr]  # there is one

    seen: list[Any] = []
    rs.run(rs.from_iterable("abc").pipe(ops.key_by(str.upper)).to(rs.sink(note, concurrency=concurrency)))

    assert seen == [("A", "a"), ("B", "b"), ("C", "c")]


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("timeout", [2, timedelta(seconds=2)])
def test_a_call_that_takes_too_long_is_its_items_error(concurrency: int, timeout: Any) -> None:
    failed: list[str] = []
    store = Store({"b": 3})
    sink = rs.sink(store, concurrency=concurrency, timeout=timeout)
    report = rs.run(rs.from_iterable("abc").to(sink, on_error=lambda _, error: failed.append(str(error))))

    assert report.pipelines[0].emitted == 2
    assert failed == [
        "sink: a call of Store must be done within 2 s; the one for 'b' was not. Give it more time: timeout=…"
    ]
    assert store.at_work == 0


def test_a_time_out_is_the_builtin_one() -> None:
    with pytest.raises(TimeoutError):
        rs.run(rs.from_iterable("a").to(rs.sink(Store(), timeout=0.5)))


def test_a_time_out_of_the_functions_own_stays_as_it_is() -> None:
    async def fail(_value: Any) -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError) as caught:
        rs.run(rs.from_iterable("a").to(rs.sink(fail, timeout=5)))

    assert str(caught.value) == "mine"


def test_it_takes_dead_letters_too() -> None:
    store = Store()
    letters = rs.handlers.dead_letter(rs.sink(store, concurrency=2))
    rs.run(rs.from_iterable(["1", "x", "y"]).pipe(ops.map(int)).to(rs.to_list(), on_error=letters))

    assert store.log == ["x in", "y in", "x out", "y out"]


def test_it_stands_at_a_branch_too() -> None:
    store = Store()

    assert rs.collect(rs.from_iterable("ab").pipe(ops.tee(rs.sink(store, concurrency=2)))) == ["a", "b"]
    assert store.most == 2


def test_errors_and_reports_call_it_by_the_functions_name() -> None:
    async def store(value: Any) -> None:
        raise ValueError(value)

    with pytest.raises(ValueError, match="a") as caught:
        rs.run(rs.from_iterable("a").to(rs.sink(store, concurrency=2)))

    assert rs.error_context(caught.value).operator == "store"
    assert repr(rs.sink(store)) == "sink(store)"


# What is refused


# For what a type checker would refuse first.
sink_of: Any = rs.sink


async def yielding(value: Any) -> AsyncIterator[Any]:
    yield value


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (partial(sink_of, 5), "sink: f must be a function of one value; got 5. Give a plain or async one."),
        (
            partial(sink_of, rs.to_list()),
            "sink: f must be a function of one value; got the sink to_list(0 items). Use it as it is.",
        ),
        (
            partial(sink_of, yielding),
            "sink: f must not yield anything; got the async generator function yielding. Let it return.",
        ),
        (
            partial(sink_of, print, timeout=1),
            "sink: with timeout= the function must be async, as a plain one cannot be interrupted; got print. "
            "Make it async def, or leave timeout= out.",
        ),
        (
            partial(sink_of, Store(), concurrency=0),
            "sink: concurrency must be a whole number of at least 1; got 0. Correct it.",
        ),
        (
            partial(sink_of, Store(), timeout=0),
            "sink: timeout must be greater than zero; got 0. Give seconds or a timedelta.",
        ),
    ],
)
def test_a_wrong_argument_is_refused(refusal: Refusal, build: Any, sentence: str) -> None:
    assert refusal(build) == sentence


# As a sink object


def test_it_is_a_sink_like_any_other() -> None:
    assert isinstance(rs.sink(Store()), rs.Sink)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_it_keeps_the_contract_of_a_sink(concurrency: int) -> None:
    def made() -> Any:
        items: list[Any] = []
        return rs.sink(items.append, concurrency=concurrency), lambda: items

    check_sink(made)


def test_an_item_is_settled_when_its_own_call_has_returned() -> None:
    async def store(letter: str) -> None:
        if letter == "b":
            await asyncio.Event().wait()

    async def until_the_others_are_stored() -> None:
        async with rs.running(rs.from_source(shelf).to(rs.sink(store, concurrency=2), name="p"), shutdown=0.05) as run:
            while run.report["p"].emitted < 9:
                await asyncio.sleep(0.001)

    shelf = Quiet()
    asyncio.run(asyncio.wait_for(until_the_others_are_stored(), 10))

    assert shelf.low == 1


def test_a_call_that_fails_is_retried_alone() -> None:
    tried: list[int] = []

    async def store(value: int) -> None:
        tried.append(value)
        if tried.count(1) < 3 and value == 1:
            raise ConnectionError

    handler = rs.handlers.retry(3, delay=0.001)
    report = rs.run(rs.from_iterable(range(3)).to(rs.sink(store, concurrency=2), on_error=handler))

    assert (sorted(tried), report.pipelines[0].emitted) == ([0, 1, 1, 1, 2], 3)
