"""What time it is, sleeping, and doing something later."""

import asyncio
import heapq
import inspect
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import handlers
from rxstream import operators as ops
from tests.unit.clock.instants import EPOCH, at, history, second

NAIVE = datetime(2026, 1, 1)
REMEDY = "Call it from what a pipeline calls, or from a coroutine function given to rs.run."


def job_of(f: Callable[[], object]) -> Callable[[], Coroutine[Any, Any, None]]:
    """Make a coroutine function of a plain one."""

    async def job() -> None:
        f()

    return job


def noting(noted: list[Any], name: object) -> Callable[[], None]:
    """Note a name with its second."""
    return lambda: noted.append((second(), name))


def failing(*_: object) -> None:
    raise ValueError("broken")


# Outside a run


def test_outside_a_run_it_is_no_time() -> None:
    with pytest.raises(rs.NotRunningError) as caught:
        rs.now()

    assert str(caught.value) == f"now: needs a run, whose clock it asks; there is none here. {REMEDY}"


def test_outside_a_run_nobody_sleeps() -> None:
    with pytest.raises(rs.NotRunningError) as caught:
        asyncio.run(rs.sleep(1))

    assert str(caught.value) == f"sleep: needs a run, whose clock it asks; there is none here. {REMEDY}"


def test_outside_a_run_nothing_is_called_later() -> None:
    with pytest.raises(rs.NotRunningError) as caught:
        rs.call_later(1, print)

    assert str(caught.value) == f"call_later: needs a run, whose clock it asks; there is none here. {REMEDY}"


def test_after_a_run_it_is_no_time() -> None:
    rs.collect(history(1))

    with pytest.raises(rs.NotRunningError):
        rs.now()


def test_outside_a_run_real_time_does_nothing() -> None:
    async def real() -> str:
        async with rs.real_time():
            return "done"

    assert asyncio.run(real()) == "done"


# What time it is


def test_it_is_the_items_instant_in_an_operator() -> None:
    assert rs.collect(history(3, 5.5).pipe(ops.map(lambda _: second()))) == [3, 5.5]


def test_it_is_the_items_instant_in_a_sink(noted: list[float]) -> None:
    rs.run(history(3, 5.5).to(lambda _: noted.append(second())))

    assert noted == [3, 5.5]


def test_it_is_the_items_instant_in_an_error_handler(noted: list[float]) -> None:
    rs.run(history(3, 5.5).pipe(ops.observe(failing)).to(print, on_error=lambda *_: noted.append(second())))

    assert noted == [3, 5.5]


def test_it_is_the_items_instant_in_a_tasks_helper(noted: list[float]) -> None:
    async def handle(value: float) -> float:
        noted.append(await asyncio.create_task(told()))
        return value

    async def told() -> float:
        return second()

    rs.run(history(3, 5.5).pipe(ops.process(handle)).to(print))

    assert noted == [3, 5.5]


def test_it_is_said_in_utc() -> None:
    assert rs.collect(history(3).pipe(ops.map(lambda _: rs.now().tzinfo))) == [EPOCH.tzinfo]


def test_it_is_the_epoch_where_nothing_is_dated() -> None:
    assert rs.collect(rs.from_iterable("ab").pipe(ops.map(lambda _: rs.now()))) == [EPOCH, EPOCH]


def test_it_never_runs_backwards_in_disorder(noted: list[float]) -> None:
    late = rs.from_history([(at(5), 5), (at(3), 3), (at(6), 6)], disorder=10)

    rs.run(late.to(lambda _: noted.append(second())))

    assert noted == [5, 5, 6]


def test_it_starts_at_the_first_instant(noted: list[float]) -> None:
    rs.run(history(7, 8).to(print), job_of(lambda: noted.append(second())))

    assert noted == [7]


# Sleeping


@pytest.mark.parametrize("duration", [2.5, timedelta(seconds=2.5), at(2.5)])
def test_who_sleeps_wakes_at_the_instant(duration: Any, noted: list[Any]) -> None:
    async def job() -> None:
        noted.append(await rs.sleep(duration))
        noted.append(second())

    rs.run(job)

    assert noted == [None, 2.5]


@pytest.mark.parametrize("duration", [0, timedelta(0), at(3), EPOCH])
def test_a_sleep_until_the_past_takes_no_time(duration: Any, noted: list[float]) -> None:
    async def job() -> None:
        await rs.sleep(10)
        await rs.sleep(duration)
        noted.append(second())

    rs.run(job)

    assert noted == [10]


def test_a_sleep_that_is_cancelled_holds_nothing_up() -> None:
    async def job() -> None:
        task = asyncio.ensure_future(rs.sleep(1000))
        await rs.sleep(1)
        task.cancel()
        await asyncio.wait([task])

    assert rs.run(job).ended == at(1)


def told_by(act: Callable[[], object], noted: list[str]) -> Callable[[], Coroutine[Any, Any, None]]:
    """Make a job that notes with what words ``act`` is refused."""

    async def acting() -> None:
        made = act()
        if inspect.isawaitable(made):
            await made

    async def job() -> None:
        with pytest.raises(rs.ConfigurationError) as caught:
            await acting()
        noted.append(str(caught.value))

    return job


def test_a_naive_instant_is_no_sleep(noted: list[str]) -> None:
    rs.run(told_by(lambda: rs.sleep(NAIVE), noted))

    assert noted == [
        "sleep: an instant must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC)."
    ]


def test_a_naive_instant_is_no_delay(noted: list[str]) -> None:
    rs.run(told_by(lambda: rs.call_later(NAIVE, print), noted))

    assert noted == [
        "call_later: an instant must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC)."
    ]


@pytest.mark.parametrize("given", [-1, -0.001, timedelta(seconds=-1)])
def test_a_negative_sleep_is_refused(given: Any, noted: list[str]) -> None:
    rs.run(told_by(lambda: rs.sleep(given), noted))

    assert noted == [f"sleep: duration must not be negative; got {given!r}. Give seconds or a timedelta."]


@pytest.mark.parametrize("given", [-1, -0.001, timedelta(seconds=-1)])
def test_a_negative_delay_is_refused(given: Any, noted: list[str]) -> None:
    rs.run(told_by(lambda: rs.call_later(given, print), noted))

    assert noted == [f"call_later: delay must not be negative; got {given!r}. Give seconds or a timedelta."]


def test_what_cannot_be_called_is_not_called_later(noted: list[str]) -> None:
    rs.run(told_by(lambda: rs.call_later(1, "f"), noted))  # type: ignore[arg-type]  # wrong on purpose

    assert noted == ["call_later: f must be callable; got 'f'. Give a function."]


def test_a_refused_delay_holds_nothing_up(noted: list[str]) -> None:
    report = rs.run(told_by(lambda: rs.call_later(-1, print), noted))

    assert report.reason == "completed"


# Calling later


@pytest.mark.parametrize("delay", [2.5, timedelta(seconds=2.5), at(2.5)])
def test_a_call_comes_at_its_instant_with_its_arguments(delay: Any, noted: list[Any]) -> None:
    rs.run(job_of(lambda: rs.call_later(delay, lambda *given: noted.append((second(), *given)), 1, "b")))

    assert noted == [(2.5, 1, "b")]


def test_a_call_of_now_comes_after_the_items_of_the_instant(noted: list[Any]) -> None:
    def asking(value: str) -> None:
        rs.call_later(None, noted.append, f"after {value}")
        noted.append(value)

    rs.run(rs.from_history([(at(1), "a"), (at(1), "b"), (at(2), "c")]).to(asking))

    assert noted == ["a", "b", "after a", "after b", "c", "after c"]


def test_a_call_of_now_comes_after_the_items_of_other_sources(noted: list[Any]) -> None:
    first = history(1).pipe(ops.observe(lambda _: rs.call_later(None, noted.append, "call")))

    rs.run(first.to(noted.append), rs.timer(at(1)).to(noted.append), history(1, 2).to(noted.append))

    assert noted == [1, 1, 0, "call", 2]


def test_a_call_of_an_undated_item_comes_after_all_of_them(noted: list[Any]) -> None:
    def asking(value: str) -> None:
        rs.call_later(None, noted.append, f"after {value}")
        noted.append(value)

    rs.run(rs.from_iterable("ab").to(asking))

    assert noted == ["a", "b", "after a", "after b"]


@pytest.mark.parametrize("delay", [EPOCH, at(4.999999), 0, None])
def test_an_instant_in_the_past_means_now(delay: Any, noted: list[Any]) -> None:
    def asking(value: float) -> None:
        rs.call_later(delay, noting(noted, "call")) if value == 5 else noted.append(value)

    rs.run(history(1, 5, 6).to(asking))

    assert noted == [1, (5, "call"), 6]


def test_a_call_in_a_call_of_the_same_instant_comes_behind_those_asked_for_before(noted: list[Any]) -> None:
    def outer() -> None:
        noted.append("outer")
        rs.call_later(None, noting(noted, "inner"))

    def job() -> None:
        rs.call_later(1, outer)
        rs.call_later(1, noted.append, "other")

    rs.run(job_of(job))

    assert noted == ["outer", "other", (1, "inner")]


def test_calls_can_go_on_from_each_other(noted: list[float]) -> None:
    def again() -> None:
        noted.append(second())
        if len(noted) < 5:
            rs.call_later(0.1, again)

    rs.run(job_of(again))

    assert noted == [0, 0.1, 0.2, 0.3, 0.4]


def test_ten_thousand_calls_of_an_instant_keep_it(noted: list[float]) -> None:
    def again(left: int) -> None:
        noted.append(second())
        if left:
            rs.call_later(None, again, left - 1)

    rs.run(history(3, 4).pipe(ops.filter(lambda value: value == 3)).to(lambda _: again(10_000)))

    assert (len(noted), set(noted)) == (10_001, {3})


def test_a_call_of_an_async_function_is_awaited(noted: list[float]) -> None:
    async def later() -> None:
        await rs.sleep(5)
        noted.append(second())

    report = rs.run(job_of(lambda: rs.call_later(1, later)))

    assert (noted, report.ended) == ([6], at(6))


def test_what_a_call_gives_back_is_awaited(noted: list[float]) -> None:
    async def napping() -> None:
        await rs.sleep(5)
        noted.append(second())

    def later() -> Coroutine[Any, Any, None]:
        return napping()

    rs.run(job_of(lambda: rs.call_later(1, later)))

    assert noted == [6]


def test_the_run_waits_for_a_pending_call() -> None:
    report = rs.run(history(1).to(lambda _: rs.call_later(100, str)))

    assert (report.ended, report.reason) == (at(101), "completed")


def test_a_cancelled_call_does_not_hold_the_run() -> None:
    report = rs.run(history(1).to(lambda _: rs.call_later(100, str).cancel()))

    assert report.ended == at(1)


def test_a_cancelled_call_never_comes(noted: list[Any]) -> None:
    def job() -> None:
        first = rs.call_later(2, noted.append, "never")
        rs.call_later(1, first.cancel)
        rs.call_later(3, noted.append, "kept")

    rs.run(job_of(job))

    assert noted == ["kept"]


def test_a_call_can_cancel_one_of_its_own_instant(noted: list[Any]) -> None:
    def job() -> None:
        calls: list[Any] = []
        rs.call_later(1, lambda: calls[0].cancel())  # noqa: PLW0108 - there is none to name yet
        calls.append(rs.call_later(1, noted.append, "never"))

    rs.run(job_of(job))

    assert noted == []


def test_cancelling_twice_or_after_the_call_does_nothing(noted: list[Any]) -> None:
    async def job() -> None:
        done, never = rs.call_later(1, noted.append, "done"), rs.call_later(1, noted.append, "never")
        never.cancel()
        never.cancel()
        await rs.sleep(2)
        done.cancel()
        rs.call_later(1, noted.append, "last")

    assert (rs.run(job).ended, noted) == (at(3), ["done", "last"])


def test_a_call_can_cancel_itself(noted: list[Any]) -> None:
    calls: list[Any] = []

    def job() -> None:
        calls.append(rs.call_later(1, lambda: calls[0].cancel()))  # noqa: PLW0108 - there is none to name yet
        rs.call_later(5, noted.append, "kept")

    rs.run(job_of(job))

    assert noted == ["kept"]


def test_an_error_in_a_call_ends_the_run_at_its_instant(noted: list[Any]) -> None:
    def asking(value: float) -> None:
        noted.append(value)
        rs.call_later(0.5, failing)

    with pytest.raises(ValueError, match="broken") as caught:
        rs.run(history(1, 2, 3).to(asking))

    assert (noted, caught.value.report.ended) == ([1], at(1.5))  # type: ignore[attr-defined]


def test_an_error_in_a_call_is_no_items_that_a_handler_could_take() -> None:
    with pytest.raises(ValueError, match="broken"):
        rs.run(history(1).to(lambda _: rs.call_later(0.5, failing), on_error=handlers.skip()))


def test_an_error_in_an_awaited_call_ends_the_run() -> None:
    async def later() -> None:
        await rs.sleep(1)
        failing()

    with pytest.raises(ValueError, match="broken") as caught:
        rs.run(job_of(lambda: rs.call_later(1, later)))

    assert caught.value.report.ended == at(2)  # type: ignore[attr-defined]


def test_a_call_behind_the_end_that_was_asked_for_never_comes(noted: list[Any]) -> None:
    report = rs.run(job_of(lambda: rs.call_later(5, noted.append, "never")), until=at(5))

    assert (noted, report.reason, report.ended) == ([], "until", at(5))


def test_a_call_from_a_thread_of_the_run_comes_at_its_instant(noted: list[Any]) -> None:
    async def job() -> None:
        await rs.sleep(1)
        await asyncio.to_thread(rs.call_later, 1, noting(noted, "call"))
        await rs.sleep(0.5)
        noted.append(second())

    rs.run(job)

    assert noted == [1.5, (2, "call")]


def test_live_a_call_comes_and_is_waited_for(noted: list[Any]) -> None:
    async def one() -> Any:
        yield 1

    rs.run(rs.from_aiter(one).to(lambda _: rs.call_later(0.01, noted.append, "call")))

    assert noted == ["call"]


# One instant: items in the order of their sources, then timers in theirs, then what was scheduled in its order

SECONDS = st.integers(0, 4)
#: When an item comes, and after how long a call that it asks for.
ITEMS = st.lists(st.tuples(SECONDS, st.none() | st.integers(0, 3)), max_size=6)
HISTORIES = st.lists(ITEMS.map(lambda items: sorted(items, key=lambda item: item[0])), min_size=1, max_size=3)
#: A period, and whether it is repeated.
TIMERS = st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=3)
END = 8


def expected(histories: list[Any], timers: list[Any], calls: list[int]) -> list[Any]:
    """Say in which order everything happens, one thing at a time."""
    orders = count()
    heap = [
        (when, 0, source, place, f"item {source}.{place}", delay)
        for source, items in enumerate(histories)
        for place, (when, delay) in enumerate(items)
    ]
    for timer, (period, repeats) in enumerate(timers):
        dues = range(period, END + 1, period) if repeats else [period]
        heap += [(due, 1, timer, place, f"tick {timer}.{place}", None) for place, due in enumerate(dues)]
    # The job is itself work of the first instant.
    heap.append((0, 2, 0, -1, "job", None))
    heapq.heapify(heap)
    done: list[Any] = []
    while heap:
        now, _, _, _, name, delay = heapq.heappop(heap)
        done.append((now, name))
        if name == "job":
            done.pop()
            for place, after in enumerate(calls):
                heapq.heappush(heap, (after, 2, 0, next(orders), f"call {place}", None))
        if delay is not None:
            heapq.heappush(heap, (now + delay, 2, 0, next(orders), f"of {name}", None))
    return done


@given(HISTORIES, TIMERS, st.lists(st.integers(1, 4), max_size=4))
def test_everything_happens_in_the_order_of_a_model(histories: Any, timers: Any, calls: list[int]) -> None:
    noted: list[Any] = []
    pipelines = [source_of(number, items, noted) for number, items in enumerate(histories)]
    pipelines += [timer_of(number, timer, noted) for number, timer in enumerate(timers)]

    def job() -> None:
        for place, delay in enumerate(calls):
            rs.call_later(delay, noting(noted, f"call {place}"))

    rs.run(*pipelines, job_of(job), start=EPOCH)

    assert noted == expected(histories, timers, calls)


def source_of(number: int, items: list[Any], noted: list[Any]) -> rs.Pipeline:
    """Make a pipeline of one source, whose items may ask for a call."""

    def note(place: int) -> None:
        noted.append((second(), f"item {number}.{place}"))
        if items[place][1] is not None:
            rs.call_later(items[place][1], noting(noted, f"of item {number}.{place}"))

    return rs.from_history([(at(when), place) for place, (when, _) in enumerate(items)]).to(note)


def timer_of(number: int, timer: tuple[int, bool], noted: list[Any]) -> rs.Pipeline:
    """Make a pipeline of one timer."""
    period, repeats = timer
    stream = rs.interval(period, end=at(END)) if repeats else rs.timer(at(period))
    return stream.to(lambda place: noted.append((second(), f"tick {number}.{place}")))
