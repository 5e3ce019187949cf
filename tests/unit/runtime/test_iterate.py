"""Streams in ``async for`` and ``await``."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest
import reactivex
from reactivex.internal.exceptions import SequenceContainsNoElementsError

import rxstream as rs
from rxstream import operators as ops
from tests.unit.runtime.conftest import Threads

#: Far more than is ever read: what runs over it ends by being left.
ENDLESS = range(10**8)

SOURCES: dict[str, Callable[[], rs.Stream[Any]]] = {
    "virtual": lambda: rs.from_iterable([0, 1, 2]),
    "live": lambda: rs.from_observable(reactivex.of(0, 1, 2)),
}


@pytest.fixture(params=sorted(SOURCES))
def stream(request: pytest.FixtureRequest) -> rs.Stream[Any]:
    """Three items of a run in a thread of its own, or on the caller's loop."""
    return SOURCES[request.param]()


def of(make: Callable[[], Any]) -> Any:
    """Run a test's coroutine, but not for ever."""

    async def limited() -> Any:
        async with asyncio.timeout(10):
            return await make()

    return asyncio.run(limited())


async def items(stream: rs.Stream[Any]) -> list[Any]:
    return [item async for item in stream]


async def left_over(new_threads: Threads) -> list[object]:
    """Let the loop turn until nothing is left; what is still there when the test's time is over has leaked."""

    def found() -> list[object]:
        return [*(asyncio.all_tasks() - {asyncio.current_task()}), *new_threads()]

    while found():
        await asyncio.sleep(0)
    return found()


def test_it_gives_the_items_in_order(stream: rs.Stream[Any]) -> None:
    assert of(lambda: items(stream)) == [0, 1, 2]


def test_it_starts_anew_each_time(stream: rs.Stream[Any]) -> None:
    async def twice() -> list[list[Any]]:
        return [await items(stream), await items(stream)]

    assert of(twice) == [[0, 1, 2], [0, 1, 2]]


def test_two_loops_over_one_stream_do_not_disturb_each_other() -> None:
    async def both() -> list[list[int]]:
        stream = rs.from_iterable(list(range(3_000)))
        return await asyncio.gather(items(stream), items(stream))

    assert of(both) == [list(range(3_000))] * 2


def test_an_empty_stream_gives_nothing() -> None:
    assert of(lambda: items(rs.from_iterable([]))) == []


def test_a_consumer_that_waits_gets_every_item() -> None:
    async def slow() -> list[int]:
        found = []
        async for item in rs.from_iterable(list(range(100))):
            await asyncio.sleep(0)
            found.append(item)
        return found

    assert of(slow) == list(range(100))


def test_a_stream_is_not_read_far_ahead_of_its_consumer() -> None:
    read: list[int] = []

    async def first() -> int:
        async with aclosing(aiter(rs.from_iterable(ENDLESS).pipe(ops.observe(read.append)))) as stream:  # type: ignore[type-var]  # it can be closed
            found = await anext(stream)
            for _ in range(200):
                await asyncio.sleep(0)
            return found

    assert (of(first), len(read) < 10_000) == (0, True)


def test_an_error_is_raised_behind_the_items_before_it() -> None:
    found: list[int] = []

    async def loop() -> None:
        async for item in rs.from_iterable([2, 1, 0, 5]).pipe(ops.map(lambda number: 2 // number)):
            found.append(item)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(ZeroDivisionError):
        of(loop)

    assert found == [1, 2]


def test_breaking_out_leaves_no_task_and_no_thread(stream: rs.Stream[Any], new_threads: Threads) -> None:
    async def first_of() -> list[object]:
        async for _ in stream:
            break
        return await left_over(new_threads)

    assert of(first_of) == []


def test_breaking_out_of_an_endless_stream_leaves_no_task_and_no_thread(new_threads: Threads) -> None:
    async def first_of() -> list[object]:
        async with aclosing(aiter(rs.from_iterable(ENDLESS))) as stream:  # type: ignore[type-var]  # it can be closed
            async for _ in stream:
                break
        return await left_over(new_threads)

    assert of(first_of) == []


def test_reading_to_the_end_leaves_no_task_and_no_thread(stream: rs.Stream[Any], new_threads: Threads) -> None:
    async def all_of() -> list[object]:
        await items(stream)
        return await left_over(new_threads)

    assert of(all_of) == []


def test_cancelling_the_consumer_leaves_no_task_and_no_thread(new_threads: Threads) -> None:
    async def cancelled() -> list[object]:
        started = asyncio.Event()

        async def consume() -> None:
            async for _ in rs.from_iterable(ENDLESS):
                started.set()

        task = asyncio.ensure_future(consume())
        await started.wait()
        task.cancel()
        await asyncio.wait({task})
        return await left_over(new_threads)

    assert of(cancelled) == []


def test_a_generator_that_is_never_started_runs_nothing() -> None:
    read: list[int] = []

    async def unused() -> AsyncIterator[Any]:
        return aiter(rs.from_iterable([1]).pipe(ops.observe(read.append)))

    of(unused)

    assert read == []


# await


async def last_of(stream: rs.Stream[Any]) -> Any:
    return await stream


def test_awaiting_gives_the_last_item(stream: rs.Stream[Any]) -> None:
    assert of(lambda: last_of(stream)) == 2


def test_awaiting_gives_a_last_item_of_none() -> None:
    assert of(lambda: last_of(rs.from_iterable([1, None]))) is None


def test_awaiting_nothing_raises_as_reactivex_does() -> None:
    with pytest.raises(SequenceContainsNoElementsError):
        of(lambda: last_of(rs.from_iterable([])))


def test_awaiting_raises_the_streams_error() -> None:
    with pytest.raises(ZeroDivisionError):
        of(lambda: last_of(rs.from_iterable([0]).pipe(ops.map(lambda number: 1 / number))))


# Plain loops


def test_a_plain_loop_is_refused_saying_what_to_write_instead() -> None:
    with pytest.raises(TypeError) as caught:
        iter(rs.from_iterable([1]))

    assert str(caught.value) == (
        "a Stream cannot be iterated by a plain loop. Write `rs.collect(stream)` for a list of its items, "
        "or `async for value in stream` in a coroutine."
    )


def test_an_index_is_refused_saying_what_to_write_instead() -> None:
    with pytest.raises(TypeError) as caught:
        rs.from_iterable([1])[0]

    assert str(caught.value) == (
        "a Stream has no items to index. Write stream.pipe(ops.take(n)) or rs.collect(stream)[i]."
    )
