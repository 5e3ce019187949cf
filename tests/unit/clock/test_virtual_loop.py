"""Asyncio in virtual time."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.runtime._loop import ClockLoop
from tests.unit.clock.instants import STUCK, at, history, noting, replayed, second

Job = Callable[[], Coroutine[Any, Any, Any]]
#: Seconds of the wall that real work takes here.
REAL = 0.02


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return two connected sockets that do not block."""
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        right.setblocking(False)
        yield left, right


# As any loop of asyncio


def test_a_closed_loop_takes_no_calls() -> None:
    loop = ClockLoop()
    loop.close()

    with pytest.raises(RuntimeError, match="Event loop is closed"):
        loop.call_soon(print)


def test_in_debug_mode_it_checks_what_it_is_to_call() -> None:
    with (
        asyncio.Runner(loop_factory=ClockLoop, debug=True) as runner,
        pytest.raises(TypeError, match="callable object"),
    ):
        runner.get_loop().call_soon("no function")


# Exact instants


@pytest.mark.parametrize("duration", [0.000001, 0.1, 0.3, 1, 3600.000007, 86_400 * 365.25 * 100])
def test_a_sleep_ends_at_its_very_microsecond(duration: float, noted: list[float]) -> None:
    rs.run(lambda_job(lambda: noting(asyncio.sleep(duration), noted)))

    assert noted == [duration]


def lambda_job(make: Callable[[], Coroutine[Any, Any, Any]]) -> Job:
    """Make a coroutine function of a plain one."""

    async def job() -> None:
        await make()

    return job


def test_a_thousand_tenths_are_a_hundred_seconds(noted: list[float]) -> None:
    async def job() -> None:
        for _ in range(1000):
            await asyncio.sleep(0.1)
        noted.append(second())

    rs.run(job)

    assert noted == [100.0]


def test_a_virtual_year_of_minutes_takes_no_time(noted: list[float]) -> None:
    async def job() -> None:
        for _ in range(24 * 60):
            await asyncio.sleep(60 * 365)
        noted.append(second())

    report = rs.run(job)

    assert (noted, report.wall < 2) == ([365 * 86_400], True)


def test_sleeps_are_exact_wherever_the_run_starts(noted: list[Any]) -> None:
    async def job() -> None:
        for _ in range(10):
            await asyncio.sleep(0.1)
        noted.append(rs.now())

    rs.run(job, start=at(1_700_000_000.123457))

    assert noted == [at(1_700_000_001.123457)]


def test_a_sleep_of_nothing_takes_no_time(noted: list[float]) -> None:
    rs.run(lambda_job(lambda: noting(asyncio.sleep(0), noted)))

    assert noted == [0]


def test_a_timeout_ends_what_takes_longer(noted: list[float]) -> None:
    async def job() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await asyncio.sleep(5)
        noted.append(second())

    rs.run(job)

    assert noted == [0.3]


def test_a_timeout_that_is_not_needed_holds_nothing_up() -> None:
    async def job() -> None:
        async with asyncio.timeout(3600):
            await asyncio.sleep(5)

    assert rs.run(job).ended == at(5)


def test_a_timeout_can_be_moved(noted: list[float]) -> None:
    async def moving() -> None:
        async with asyncio.timeout(1) as limit:
            limit.reschedule(asyncio.get_running_loop().time() + 7)
            await noting(asyncio.sleep(6.5), noted)
            await noting(asyncio.sleep(10), noted)

    with pytest.raises(TimeoutError) as caught:
        rs.run(moving)

    assert (noted, caught.value.report.ended) == ([6.5], at(7))  # type: ignore[attr-defined]


def test_a_wait_ends_at_its_limit(noted: list[float]) -> None:
    async def job() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 2.5)
        noted.append(second())

    rs.run(job)

    assert noted == [2.5]


def test_a_wait_ends_when_its_work_does(noted: list[float]) -> None:
    rs.run(lambda_job(lambda: noting(asyncio.wait_for(asyncio.sleep(1.5), 2.5), noted)))

    assert noted == [1.5]


def test_a_wait_for_the_first_of_several_ends_with_it(noted: list[float]) -> None:
    async def job() -> None:
        sleepers = [asyncio.ensure_future(asyncio.sleep(seconds)) for seconds in (3, 1, 2)]
        await asyncio.wait(sleepers, return_when=asyncio.FIRST_COMPLETED)
        noted.append(second())

    rs.run(job)

    assert noted == [1]


def test_a_queue_hands_over_at_the_instant_of_the_put(noted: list[Any]) -> None:
    async def job() -> None:
        queue = asyncio.Queue[int](maxsize=1)
        async with asyncio.TaskGroup() as group:
            group.create_task(putting(queue))
            group.create_task(getting(queue, noted))

    rs.run(job)

    assert noted == [(1.5, 0), (3, 1), (4.5, 2)]


async def putting(queue: asyncio.Queue[int]) -> None:
    for number in range(3):
        await asyncio.sleep(1.5)
        await queue.put(number)


async def getting(queue: asyncio.Queue[int], noted: list[Any]) -> None:
    for _ in range(3):
        number = await queue.get()
        noted.append((second(), number))


def test_an_event_wakes_everybody_at_its_instant(noted: list[float]) -> None:
    async def job() -> None:
        event = asyncio.Event()
        rs.call_later(2, event.set)
        await asyncio.gather(*(noting(event.wait(), noted) for _ in range(3)))

    rs.run(job)

    assert noted == [2, 2, 2]


def test_a_semaphore_makes_work_take_turns(noted: list[float]) -> None:
    async def one(semaphore: asyncio.Semaphore) -> None:
        async with semaphore:
            await asyncio.sleep(1)
        noted.append(second())

    async def job() -> None:
        semaphore = asyncio.Semaphore(2)
        await asyncio.gather(*(one(semaphore) for _ in range(5)))

    rs.run(job)

    assert noted == [1, 1, 2, 2, 3]


def test_gathered_work_takes_as_long_as_its_longest(noted: list[float]) -> None:
    async def job() -> None:
        await asyncio.gather(asyncio.sleep(1), asyncio.sleep(3), asyncio.sleep(2))
        noted.append(second())

    rs.run(job)

    assert noted == [3]


def test_a_task_group_that_fails_cancels_the_others_at_that_instant() -> None:
    async def failing() -> None:
        await asyncio.sleep(2)
        raise ValueError("broken")

    async def job() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(100))
            group.create_task(failing())

    with pytest.raises(ExceptionGroup) as caught:
        rs.run(job)

    assert caught.value.report.ended == at(2)  # type: ignore[attr-defined]


def test_a_cancelled_task_ends_at_that_instant(noted: list[float]) -> None:
    async def job() -> None:
        task = asyncio.ensure_future(asyncio.sleep(100))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        noted.append(second())

    rs.run(job)

    assert noted == [1]


def test_a_call_of_the_loop_comes_at_its_instant(noted: list[float]) -> None:
    async def job() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(1.25, lambda: noted.append(second()))
        loop.call_at(loop.time() + 0.75, lambda: noted.append(second()))
        await asyncio.sleep(2)

    rs.run(job)

    assert noted == [0.75, 1.25]


def test_a_cancelled_call_of_the_loop_never_comes(noted: list[float]) -> None:
    async def job() -> None:
        handle = asyncio.get_running_loop().call_later(1, noted.append, 1)
        handle.cancel()
        await asyncio.sleep(2)

    rs.run(job)

    assert noted == []


def test_the_loops_time_is_the_clocks(noted: list[float]) -> None:
    async def job() -> None:
        before = asyncio.get_running_loop().time()
        await rs.sleep(1234.5)
        noted.append(asyncio.get_running_loop().time() - before)

    rs.run(job)

    assert noted == [1234.5]


def test_a_deadline_of_the_loops_time_is_kept(noted: list[float]) -> None:
    async def job() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + 0.7):
                await asyncio.Event().wait()
        noted.append(second())

    rs.run(job)

    assert noted == [0.7]


def test_as_completed_brings_them_in_the_order_of_time(noted: list[Any]) -> None:
    async def job() -> None:
        sleepers = [asyncio.sleep(3, "c"), asyncio.sleep(1, "a"), asyncio.sleep(2, "b")]
        noted.extend([(await done, second()) for done in asyncio.as_completed(sleepers)])

    rs.run(job)

    assert noted == [("a", 1), ("b", 2), ("c", 3)]


WAYS = {
    "asyncio.sleep": lambda seconds, act: asyncio.ensure_future(slept(asyncio.sleep(seconds), act)),
    "rs.sleep": lambda seconds, act: asyncio.ensure_future(slept(rs.sleep(seconds), act)),
}


async def slept(nap: Coroutine[Any, Any, None], act: Callable[[], None]) -> None:
    await nap
    act()


@given(st.lists(st.tuples(st.sampled_from(sorted(WAYS)), st.integers(1, 4)), max_size=12))
def test_sleepers_of_one_instant_wake_in_the_order_in_which_they_lay_down(asked: list[tuple[str, int]]) -> None:
    noted: list[int] = []

    async def job() -> None:
        for place, (way, tenths) in enumerate(asked):
            WAYS[way](tenths / 10, lambda place=place: noted.append(place))
        await asyncio.sleep(1)

    rs.run(job)

    assert noted == sorted(range(len(asked)), key=lambda place: asked[place][1])


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4)), max_size=12))
def test_calls_of_one_instant_come_in_the_order_in_which_they_were_asked_for(asked: list[tuple[bool, int]]) -> None:
    noted: list[int] = []

    async def job() -> None:
        for place, (ours, tenths) in enumerate(asked):
            later = rs.call_later if ours else asyncio.get_running_loop().call_later
            later(tenths / 10, noted.append, place)
        await asyncio.sleep(1)

    rs.run(job)

    assert noted == sorted(range(len(asked)), key=lambda place: asked[place][1])


@given(st.lists(st.lists(st.integers(0, 30), max_size=6), max_size=5))
def test_any_number_of_sleepers_wake_when_they_should(naps: list[list[int]]) -> None:
    woken: list[list[float]] = [[] for _ in naps]

    async def sleeper(place: int) -> None:
        for tenths in naps[place]:
            await asyncio.sleep(tenths / 10)
            woken[place].append(second())

    async def job() -> None:
        await asyncio.gather(*map(sleeper, range(len(naps))))

    rs.run(job)

    assert woken == [[sum(row[: end + 1]) / 10 for end in range(len(row))] for row in naps]


def test_a_mapper_that_sleeps_sees_exact_instants(noted: list[Any]) -> None:
    async def slow(value: float) -> float:
        await asyncio.sleep(0.25)
        return value

    replayed(history(0, 1, 2).pipe(ops.process(slow)), to=noted)

    assert noted == [(0.25, 0), (1.25, 1), (2.25, 2)]


def test_a_handler_that_sleeps_sees_exact_instants(noted: list[float]) -> None:
    async def handle(*_: object) -> None:
        await noting(asyncio.sleep(0.5), noted)

    rs.run(history(1, 2).pipe(ops.map(lambda value: value / 0)).to(print, on_error=handle))

    assert noted == [1.5, 2.5]


def test_a_sink_that_sleeps_sees_exact_instants(noted: list[float]) -> None:
    async def sink(_: float) -> None:
        await noting(asyncio.sleep(0.5), noted)

    rs.run(history(1, 2).to(sink))

    assert noted == [1.5, 2.5]


# Real work holds it still


def test_a_job_in_a_thread_holds_time_still(noted: list[float]) -> None:
    async def working() -> None:
        await noting(asyncio.to_thread(time.sleep, REAL), noted)

    async def sleeping() -> None:
        await noting(asyncio.sleep(1), noted)

    rs.run(sleeping, working)

    assert noted == [0, 1]


def test_two_jobs_in_threads_hold_it_until_both_are_done(noted: list[float]) -> None:
    async def working(seconds: float) -> None:
        await noting(asyncio.to_thread(time.sleep, seconds), noted)

    async def job() -> None:
        await asyncio.gather(working(REAL), working(2 * REAL), noting(asyncio.sleep(1), noted))

    rs.run(job)

    assert noted == [0, 0, 1]


def test_a_job_in_a_thread_that_fails_lets_time_go_on(noted: list[float]) -> None:
    async def job() -> None:
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)
        await noting(asyncio.sleep(1), noted)

    rs.run(job)

    assert noted == [1]


def test_items_wait_for_a_job_in_a_thread(noted: list[Any]) -> None:
    async def job() -> None:
        await asyncio.to_thread(time.sleep, REAL)
        noted.append((second(), "thread"))

    rs.run(history(0, 5).to(lambda value: noted.append((second(), value))), job)

    assert noted == [(0, 0), (0, "thread"), (5, 5)]


def test_the_clock_can_be_read_in_a_thread_of_the_run(noted: list[Any]) -> None:
    async def job() -> None:
        await asyncio.sleep(7)
        noted.append(await asyncio.to_thread(second))

    rs.run(job)

    assert noted == [7]


def test_a_socket_call_holds_time_still(pair: tuple[socket.socket, socket.socket], noted: list[Any]) -> None:
    async def receiving() -> None:
        noted.append((await asyncio.get_running_loop().sock_recv(pair[0], 1), second()))

    async def job() -> None:
        threading.Timer(REAL, pair[1].send, [b"x"]).start()
        await asyncio.gather(noting(asyncio.sleep(1), noted), receiving())

    rs.run(job)

    assert noted == [(b"x", 0), 1]


def test_a_socket_call_that_is_cancelled_lets_time_go_on(
    pair: tuple[socket.socket, socket.socket], noted: list[Any]
) -> None:
    async def job() -> None:
        task = asyncio.ensure_future(asyncio.get_running_loop().sock_recv(pair[0], 1))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await noting(asyncio.sleep(1), noted)

    rs.run(job)

    assert noted == [1]


def test_real_time_holds_time_still(noted: list[Any]) -> None:
    async def working() -> None:
        async with rs.real_time():
            await asyncio.sleep(REAL)
        noted.append(second())

    async def sleeping() -> None:
        await noting(asyncio.sleep(1), noted)

    rs.run(sleeping, working)

    assert noted == [0, 1]


def test_a_sleep_in_real_time_is_real(noted: list[float]) -> None:
    async def job() -> None:
        began = time.monotonic()
        async with rs.real_time():
            await asyncio.sleep(REAL)
        noted.append(time.monotonic() - began)

    rs.run(job)

    assert REAL * 0.9 < noted[0] < 1


def test_a_timeout_in_real_time_is_real(noted: list[float]) -> None:
    async def job() -> None:
        async with rs.real_time():
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), REAL)
        noted.append(second())

    rs.run(job)

    assert noted == [0]


def test_behind_real_time_a_sleep_is_virtual_again(noted: list[float]) -> None:
    async def job() -> None:
        async with rs.real_time(), rs.real_time():
            await asyncio.sleep(0)
        await noting(asyncio.sleep(3600), noted)

    rs.run(job)

    assert noted == [3600]


def test_an_error_in_real_time_lets_time_go_on(noted: list[float]) -> None:
    async def job() -> None:
        with pytest.raises(ValueError, match="broken"):
            async with rs.real_time():
                raise ValueError("broken")
        await noting(asyncio.sleep(1), noted)

    rs.run(job)

    assert noted == [1]


def test_real_time_in_another_task_leaves_ours_virtual(noted: list[float]) -> None:
    async def real() -> None:
        async with rs.real_time():
            await asyncio.sleep(REAL)

    async def job() -> None:
        task = asyncio.ensure_future(real())
        await asyncio.sleep(3600)
        noted.append(second())
        await task

    rs.run(job)

    assert noted == [3600]


def test_what_comes_from_a_thread_in_real_time_is_waited_for(noted: list[Any]) -> None:
    async def job() -> None:
        loop, found = asyncio.get_running_loop(), asyncio.Event()
        threading.Timer(REAL, loop.call_soon_threadsafe, [found.set]).start()
        async with rs.real_time():
            await found.wait()
        noted.append(second())

    async def sleeping() -> None:
        await noting(asyncio.sleep(1), noted)

    rs.run(sleeping, job)

    assert noted == [0, 1]


def test_an_idle_connection_does_not_hold_time(noted: list[float]) -> None:
    async def job() -> None:
        async with await asyncio.start_server(quiet, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            waiting = asyncio.ensure_future(reader.read(1))
            await asyncio.sleep(3600)
            noted.append(second())
            await closed(waiting, writer)

    rs.run(job)

    assert noted == [3600]


async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def closed(waiting: asyncio.Future[Any], writer: asyncio.StreamWriter) -> None:
    waiting.cancel()
    writer.close()
    await asyncio.wait([waiting])
    await writer.wait_closed()


def test_what_a_connection_brings_wakes_who_waits_for_it(noted: list[Any]) -> None:
    async def job() -> None:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello")
            noted.append(await reader.read(5))
            writer.close()
            await writer.wait_closed()

    rs.run(job)

    assert noted == [b"hello"]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read(5))
    writer.close()


# Who is never woken


def stuck() -> Coroutine[Any, Any, Any]:
    return asyncio.Event().wait()


@pytest.mark.parametrize("make", [stuck, asyncio.Queue().get, lambda: asyncio.wait_for(stuck(), None)])
def test_a_job_that_nothing_wakes_ends_the_run(make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    async def lonely() -> None:
        await make()

    with pytest.raises(rs.StreamError) as caught:
        rs.run(lonely)

    assert str(caught.value) == STUCK.format("lonely")


def test_a_function_of_an_item_that_nothing_wakes_ends_the_run() -> None:
    async def lonely(_: float) -> None:
        await stuck()

    with pytest.raises(rs.StreamError) as caught:
        rs.collect(history(1, 2).pipe(ops.process(lonely)))

    assert str(caught.value) == STUCK.format("process")


def test_a_sink_that_nothing_wakes_ends_the_run() -> None:
    async def lonely(_: float) -> None:
        await stuck()

    with pytest.raises(rs.StreamError) as caught:
        rs.run(history(1, 2).to(lonely))

    assert str(caught.value) == STUCK.format("lonely")


def test_all_who_are_never_woken_are_named() -> None:
    async def one() -> None:
        await stuck()

    async def two() -> None:
        await stuck()

    with pytest.raises(rs.StreamError) as caught:
        rs.run(one, two)

    assert str(caught.value) == STUCK.format("one and two")


def test_nobody_is_given_up_while_time_can_wake_him(noted: list[float]) -> None:
    event = asyncio.Event()

    async def waiting() -> None:
        await noting(event.wait(), noted)

    rs.run(waiting, history(1, 5000).to(lambda value: event.set() if value == 5000 else None))

    assert noted == [5000]


def test_who_is_never_woken_ends_the_run_behind_the_last_instant(noted: list[Any]) -> None:
    async def lonely() -> None:
        await stuck()

    with pytest.raises(rs.StreamError) as caught:
        replayed_with(lonely, history(1, 2), noted)

    assert (noted, caught.value.report.ended) == ([(1, 1), (2, 2)], at(2))  # type: ignore[attr-defined]


def replayed_with(job: Job, stream: rs.Stream[Any], noted: list[Any]) -> None:
    rs.run(stream.to(lambda value: noted.append((second(), value))), job)


def test_who_is_never_woken_can_clean_up(noted: list[str]) -> None:
    async def lonely() -> None:
        try:
            await stuck()
        finally:
            noted.append("cleaned")

    with pytest.raises(rs.StreamError):
        rs.run(lonely)

    assert noted == ["cleaned"]


# Who polls


def test_who_polls_for_what_is_to_come_does_not_stop_time(noted: list[float]) -> None:
    done = False

    def finish() -> None:
        nonlocal done
        done = True

    async def polling() -> None:
        rs.call_later(60, finish)
        while not done:
            await asyncio.sleep(0)
        noted.append(second())

    rs.run(polling)

    assert noted == [60]


def test_who_polls_for_an_item_gets_it(noted: list[float]) -> None:
    seen: list[float] = []

    async def polling() -> None:
        while len(seen) < 3:
            await asyncio.sleep(0)
        noted.append(second())

    rs.run(polling, history(1, 2, 3).to(seen.append))

    assert noted == [3]


def test_who_polls_for_a_thread_gets_it_at_the_same_instant(noted: list[float]) -> None:
    async def polling() -> None:
        job = asyncio.ensure_future(asyncio.to_thread(time.sleep, REAL))
        while not job.done():
            await asyncio.sleep(0)
        noted.append(second())

    async def sleeping() -> None:
        await noting(asyncio.sleep(1), noted)

    rs.run(sleeping, polling)

    assert noted == [0, 1]


def test_a_thousand_turns_are_no_time(noted: list[float]) -> None:
    async def turning() -> None:
        for _ in range(1000):
            await asyncio.sleep(0)
        noted.append(second())

    async def sleeping() -> None:
        await noting(asyncio.sleep(1e-6), noted)

    rs.run(sleeping, turning)

    assert noted == [0, 1e-6]
