"""However a run ends, nothing of it is left."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import aclosing
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.clock.instants import at, history, second


class Opened:
    """A source that knows how often it was opened and closed."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.open = 0
        self.opened = 0
        self._breaks_at = breaks_at

    def __iter__(self) -> Iterator[Any]:
        self.open += 1
        self.opened += 1
        try:
            for number in range(1_000_000):
                if number == self._breaks_at:
                    raise ValueError("broken")
                yield at(number), number
        finally:
            self.open -= 1


def failing(value: object) -> None:
    if value == 3:
        raise ValueError("broken")


async def failing_job() -> None:
    await rs.sleep(3)
    raise ValueError("broken")


async def failing_step(value: int) -> int:
    await rs.sleep(0.5)
    failing(value)
    return value


#: How a run may fail.
FAILURES: dict[str, Callable[[rs.Stream[Any]], tuple[Any, ...]]] = {
    "mapper": lambda stream: (stream.pipe(ops.observe(failing)).to(str),),
    "awaited step": lambda stream: (stream.pipe(ops.process(failing_step)).to(str),),
    "sink": lambda stream: (stream.to(failing),),
    "awaited sink": lambda stream: (stream.to(failing_step),),
    "job": lambda stream: (stream.to(str), failing_job),
    "timer": lambda stream: (stream.to(str), rs.interval(1).to(failing)),
    "call": lambda stream: (stream.to(str), calling_job),
    "other source": lambda stream: (stream.to(str), rs.from_history(Opened(breaks_at=3)).to(str)),
}


async def calling_job() -> None:
    rs.call_later(3, failing, 3)


def gone(source: Opened) -> bool:
    return source.opened == 1 and source.open == 0


@pytest.mark.parametrize("way", FAILURES)
def test_a_run_that_fails_closes_its_sources(way: str) -> None:
    source = Opened()

    with pytest.raises(ValueError, match="broken"):
        rs.run(*FAILURES[way](rs.from_history(source)))

    assert gone(source)


@pytest.mark.parametrize("way", FAILURES)
def test_a_run_that_fails_leaves_no_task_and_no_thread(way: str) -> None:
    async def caller() -> tuple[set[Any], set[threading.Thread]]:
        before = set(threading.enumerate())
        with pytest.raises(ValueError, match="broken"):
            await rs.run_async(*FAILURES[way](rs.from_history(Opened())))
        return asyncio.all_tasks() - {asyncio.current_task()}, set(threading.enumerate()) - before

    assert asyncio.run(caller()) == (set(), set())


@pytest.mark.parametrize("way", FAILURES)
def test_the_same_failure_is_raised_wherever_it_runs(way: str) -> None:
    async def caller() -> Any:
        return rs.run(*FAILURES[way](rs.from_history(Opened())))

    with pytest.raises(ValueError, match="broken") as caught:
        asyncio.run(caller())

    assert caught.value.report.reason == "error"  # type: ignore[attr-defined]


@pytest.mark.parametrize("options", [{"until": at(3)}, {}])
def test_a_run_that_ends_early_closes_its_sources(options: dict[str, Any]) -> None:
    source = Opened()

    rs.run(rs.from_history(source).pipe(ops.take(10)).to(str), **options)

    assert gone(source)


def test_who_breaks_off_closes_the_sources() -> None:
    source = Opened()

    asyncio.run(breaking_off(source))

    assert gone(source)


def test_who_breaks_off_leaves_no_task_and_no_thread() -> None:
    before = threading.active_count()

    assert asyncio.run(breaking_off(Opened())) == (1, before)


async def breaking_off(source: Opened) -> tuple[int, int]:
    """Take a few items and no more; count the tasks and threads behind it."""
    async with aclosing(aiter(rs.from_history(source))) as items:
        async for number in items:
            if number == 3:
                break
    return len(asyncio.all_tasks()), threading.active_count()


async def resting(_: object) -> None:
    async with rs.real_time():
        await asyncio.sleep(30)


def cancelled(*pipelines: Any) -> Callable[[], Coroutine[Any, Any, tuple[int, int]]]:
    """Make a caller who cancels a run that has begun, and counts what is left."""

    async def caller() -> tuple[int, int]:
        before = threading.active_count()
        task = asyncio.ensure_future(rs.run_async(*pipelines, shutdown=0.01))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(asyncio.all_tasks()) - 1, threading.active_count() - before

    return caller


def test_a_cancelled_run_leaves_no_task_and_no_thread() -> None:
    assert asyncio.run(cancelled(rs.from_history(Opened()).to(resting))()) == (0, 0)


def test_a_cancelled_run_closes_its_sources() -> None:
    source = Opened()

    asyncio.run(cancelled(rs.from_history(source).to(resting))())

    assert gone(source)


def test_what_was_awaited_can_clean_up(noted: list[str]) -> None:
    async def cleaning(_: object) -> None:
        try:
            await rs.sleep(100)
        finally:
            noted.append("cleaned")

    with pytest.raises(ValueError, match="broken"):
        rs.run(history(1, 2).to(cleaning), failing_job, shutdown=0)

    assert set(noted) == {"cleaned"}


def test_a_task_that_a_job_left_behind_is_cancelled(noted: list[str]) -> None:
    async def orphan() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            noted.append("cancelled")

    async def job() -> None:
        noted.append(asyncio.create_task(orphan()).get_name()[:4])
        await asyncio.sleep(1)

    assert (rs.run(job).ended, noted) == (at(1), ["Task", "cancelled"])


# The same wherever it runs

PAST = [0, 1, 2.5, 2.5, 4]
SAME = [(0, 0), (1, 1), (1.5, 0), (2.5, 2.5), (2.5, 2.5), (3, 1), (4, 4)]


def pipelines(noted: list[Any]) -> list[rs.Pipeline]:
    return [stream.to(lambda value: noted.append((second(), value))) for stream in (history(*PAST), rs.interval(1.5))]


def test_it_runs_in_a_notebook(noted: list[Any]) -> None:
    async def cell() -> rs.Report:
        return rs.run(*pipelines(noted))

    assert (asyncio.run(cell()).ended, noted) == (at(4), SAME)


def test_it_runs_in_a_thread(noted: list[Any]) -> None:
    thread = threading.Thread(target=lambda: rs.run(*pipelines(noted)))
    thread.start()
    thread.join(10)

    assert noted == SAME


def test_it_runs_beside_others(noted: list[Any]) -> None:
    report = asyncio.run(rs.run_async(*pipelines(noted)))

    assert (report.ended, noted) == (at(4), SAME)


def test_it_runs_embedded(noted: list[Any]) -> None:
    async def embedding() -> rs.Report:
        async with rs.running(*pipelines(noted)) as run:
            return await run.wait()

    assert (asyncio.run(embedding()).ended, noted) == (at(4), SAME)


def test_two_run_at_once_each_with_its_own_clock() -> None:
    noted: list[list[Any]] = [[], []]

    async def both() -> None:
        await asyncio.gather(*(rs.run_async(*pipelines(one)) for one in noted))

    asyncio.run(both())

    assert noted == [SAME, SAME]


def test_a_run_in_a_mapper_has_a_clock_of_its_own(noted: list[Any]) -> None:
    def nested(_: float) -> float:
        rs.run(*pipelines(noted))
        return second()

    assert (rs.collect(history(100).pipe(ops.map(nested))), noted) == ([100], SAME)


def test_a_run_in_a_thread_of_a_step_has_a_clock_of_its_own(noted: list[Any]) -> None:
    async def nested(_: float) -> float:
        await asyncio.to_thread(lambda: rs.run(*pipelines(noted)))
        return second()

    assert (rs.collect(history(100).pipe(ops.process(nested))), noted) == ([100], SAME)


def test_a_run_awaited_in_a_step_has_a_clock_of_its_own(noted: list[Any]) -> None:
    async def nested(_: float) -> float:
        await rs.run_async(*pipelines(noted))
        return second()

    assert (rs.collect(history(100).pipe(ops.process(nested))), noted) == ([100], SAME)


def test_a_run_awaited_in_a_step_holds_time_still(noted: list[Any]) -> None:
    async def nested(_: float) -> float:
        await rs.run_async(*pipelines([]))
        return second()

    rs.run(history(100, 101).pipe(ops.process(nested)).to(noted.append), rs.timer(500).to(str))

    assert noted == [100, 101]


def test_sleeping_in_real_time_is_no_endless_wait() -> None:
    async def job() -> None:
        async with rs.real_time():
            await asyncio.wait_for(rs.sleep(1), 0.1)

    with pytest.raises(rs.StreamError):
        rs.run(job)
