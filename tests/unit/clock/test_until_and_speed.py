"""Where a run begins and ends, and how fast time goes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest
from reactivex import operators as rx

import rxstream as rs
from rxstream import handlers
from rxstream import operators as ops
from tests.unit.clock.instants import at, history, noting, replayed, second, second_of
from tests.unit.conftest import Refusal


async def resting() -> None:
    await rs.sleep(10)


# Until


def test_the_run_ends_before_the_first_item_at_the_end(noted: list[Any]) -> None:
    report = replayed(history(1, 2, 3, 4), to=noted, until=at(3))

    assert (noted, report.reason, report.ended) == ([(1, 1), (2, 2)], "until", at(3))


def test_the_end_lies_between_two_items(noted: list[Any]) -> None:
    report = replayed(history(1, 2, 3, 4), to=noted, until=at(2.5))

    assert (noted, report.ended) == ([(1, 1), (2, 2)], at(2.5))


def test_an_end_that_is_never_reached_is_no_end(noted: list[Any]) -> None:
    report = replayed(history(1, 2), to=noted, until=at(3))

    assert (noted, report.reason, report.ended) == ([(1, 1), (2, 2)], "completed", at(2))


def test_an_end_before_everything_leaves_nothing(noted: list[Any]) -> None:
    report = replayed(history(5, 6), to=noted, until=at(2))

    assert (noted, report.reason) == ([], "until")


def test_no_timer_ticks_at_the_end(noted: list[Any]) -> None:
    replayed(rs.interval(1), to=noted, until=at(3))

    assert noted == [(1, 0), (2, 1)]


def test_no_call_comes_at_the_end(noted: list[Any]) -> None:
    async def job() -> None:
        for delay in (2.999999, 3):
            rs.call_later(delay, lambda: noted.append(second()))

    rs.run(job, until=at(3))

    assert noted == [2.999999]


def test_all_sources_end_at_the_end(noted: list[Any]) -> None:
    replayed(history(0, 3), rs.interval(1.5), history(2, 2.9), to=noted, until=at(3))

    assert noted == [(0, 0), (1.5, 0), (2, 2), (2.9, 2.9)]


def test_who_sleeps_for_ever_ends_with_the_run(noted: list[float]) -> None:
    async def job() -> None:
        while True:
            await noting(rs.sleep(1), noted)

    report = rs.run(job, until=at(3.5), shutdown=0.05)

    assert (noted, report.ended) == ([1, 2, 3], at(3.5))


def test_what_is_in_flight_at_the_end_is_finished(noted: list[Any]) -> None:
    async def slow(value: float) -> float:
        await asyncio.sleep(0.5)
        return value

    replayed(history(1, 2, 3).pipe(ops.process(slow)), to=noted, until=at(2.1))

    assert [value for _, value in noted] == [1, 2]


def test_an_open_window_is_not_handed_on(noted: list[Any]) -> None:
    windows = history(1, 11, 12).pipe(ops.window(rs.tumbling(10), into=rs.agg.count()))

    replayed(windows.pipe(ops.map(lambda pane: pane.value)), to=noted, until=at(12))

    assert noted == [(11, 1)]


def test_nothing_completes_at_the_end(noted: list[str]) -> None:
    class Told:
        def on_next(self, _: float) -> None: ...

        def on_error(self, _: Exception) -> None:
            noted.append("error")

        def on_completed(self) -> None:
            noted.append("completed")

    rs.run(history(1, 2, 3).to(Told()), until=at(2))

    assert noted == []


def test_two_pipelines_of_timers_go_on_until_the_end(noted: list[Any]) -> None:
    report = replayed(rs.interval(2), rs.interval(3), to=noted, until=at(6.5))

    assert (noted, report.ended) == ([(2, 0), (3, 0), (4, 1), (6, 2), (6, 1)], at(6.5))


def test_an_end_before_the_start_is_refused(refusal: Refusal) -> None:
    said = refusal(lambda: rs.run(history(1).to(print), start=at(2), until=at(2)))

    assert said == (
        "run: until must come after start; got 1970-01-01 00:00:02+00:00 and 1970-01-01 00:00:02+00:00. Exchange them."
    )


# Start


def test_earlier_items_are_counted_as_dropped(noted: list[Any]) -> None:
    report = replayed(history(1, 2, 3, 4), to=noted, start=at(2.5))

    entry = report.pipelines[0]
    assert (noted, entry.received, entry.dropped, entry.emitted) == ([(3, 3), (4, 4)], 4, 2, 2)


def test_an_item_at_the_start_is_kept(noted: list[Any]) -> None:
    replayed(history(1, 2, 3), to=noted, start=at(2))

    assert noted == [(2, 2), (3, 3)]


def test_the_clock_begins_at_the_start(noted: list[Any]) -> None:
    report = replayed(history(5), rs.interval(2), to=noted, start=at(2))

    assert (noted, report.started) == ([(4, 0), (5, 5)], at(2))


def test_a_start_behind_everything_leaves_nothing(noted: list[Any]) -> None:
    report = replayed(history(1, 2), to=noted, start=at(10))

    assert (noted, report.started, report.ended, report.pipelines[0].dropped) == ([], at(10), at(10), 2)


def test_earlier_items_need_not_be_readable_to_be_dropped(noted: list[Any]) -> None:
    replayed(history(1, 2, 3).pipe(ops.map(lambda value: 1 / (value - 1))), to=noted, start=at(2))

    assert noted == [(2, 1), (3, 0.5)]


def test_the_report_tells_the_runs_first_and_last_instant() -> None:
    report = replayed(history(3, 7.25), to=[])

    assert (report.started, report.ended, report.reason) == (at(3), at(7.25), "completed")


def test_without_a_date_it_begins_at_the_epoch() -> None:
    report = rs.run(resting)

    assert (report.started, report.ended, report.pipelines) == (at(0), at(10), ())


# What a run waits for


def test_endless_timers_end_with_the_history(noted: list[Any]) -> None:
    report = replayed(rs.interval(1), history(0, 2.5), to=noted)

    assert (noted, report.ended) == ([(0, 0), (1, 0), (2, 1), (2.5, 2.5)], at(2.5))


def test_endless_timers_end_with_the_last_call(noted: list[Any]) -> None:
    calling = history(0).pipe(ops.observe(lambda _: rs.call_later(2.5, lambda: noted.append("call"))))

    report = rs.run(calling.to(str), rs.interval(1).to(lambda _: noted.append(second())))

    assert (noted, report.ended) == ([1, 2, "call"], at(2.5))


def test_endless_timers_end_with_a_jobs_call(noted: list[Any]) -> None:
    async def job() -> None:
        rs.call_later(2.5, noted.append, "call")

    report = rs.run(job, rs.interval(1).to(lambda _: noted.append(second())))

    assert (noted, report.ended) == ([1, 2, "call"], at(2.5))


def test_endless_timers_end_with_what_an_operator_has_put_off(noted: list[Any]) -> None:
    report = rs.run(rs.from_iterable("a").pipe(rx.delay(2.5)).to(str), rs.interval(1).to(noted.append))

    assert (noted, report.ended) == ([0, 1], at(2.5))


def test_on_live_may_be_async(noted: list[str]) -> None:
    async def live() -> AsyncIterator[str]:
        yield "live"

    async def on_live() -> None:
        noted.append("on_live")

    rs.run(rs.from_history([(at(1), "past")], then=live).to(noted.append), on_live=on_live)

    assert noted == ["past", "on_live", "live"]


def test_endless_timers_end_with_the_job(noted: list[Any]) -> None:
    async def job() -> None:
        await rs.sleep(2.5)

    report = rs.run(job, rs.interval(1).to(lambda _: noted.append(second())))

    assert (noted, report.ended) == ([1, 2], at(2.5))


def test_endless_timers_end_with_what_their_items_wait_for(noted: list[Any]) -> None:
    async def slow(value: float) -> float:
        await asyncio.sleep(2.2)
        return value

    report = rs.run(history(1).pipe(ops.process(slow)).to(str), rs.interval(1).to(lambda _: noted.append(second())))

    assert (noted, report.ended) == ([2, 3], at(3.2))


def test_finite_timers_run_to_their_ends(noted: list[Any]) -> None:
    report = replayed(rs.interval(1, end=3), history(0), rs.timer(5), to=noted)

    assert (noted[-1], report.ended, report.reason) == ((5, 0), at(5), "completed")


def test_a_finite_timer_completes_at_its_end(noted: list[Any]) -> None:
    report = replayed(rs.interval(2, end=5), to=noted)

    assert (noted, report.ended) == ([(2, 0), (4, 1)], at(4))


def test_taking_some_of_an_endless_timer_ends(noted: list[Any]) -> None:
    report = replayed(rs.interval(1).pipe(ops.take(3)), to=noted)

    assert (noted, report.ended) == ([(1, 0), (2, 1), (3, 2)], at(3))


def test_a_job_alone_is_waited_for() -> None:
    assert rs.run(resting).ended == at(10)


def test_a_job_beside_a_history_is_waited_for() -> None:
    assert rs.run(history(1).to(str), resting).ended == at(11)


def test_a_job_starts_behind_the_first_instants_items(noted: list[Any]) -> None:
    async def job() -> None:
        noted.append("job")

    rs.run(job, history(1, 1, 2).to(noted.append))

    assert noted == [1, 1, "job", 2]


def test_a_job_that_fails_ends_the_run(noted: list[Any]) -> None:
    async def job() -> None:
        await rs.sleep(1.5)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken") as caught:
        rs.run(job, history(0, 1, 2, 3).to(noted.append))

    assert (noted, caught.value.report.ended) == ([0, 1], at(1.5))  # type: ignore[attr-defined]


def test_a_job_that_is_cancelled_does_not_complete() -> None:
    async def job() -> None:
        await rs.sleep(1)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        rs.run(job)


# At a fixed rate

Body = Callable[[int], Coroutine[Any, Any, Any]]


def taking(seconds: float, noted: list[Any]) -> Body:
    """Make an async function that notes when it is called, and takes so long."""

    async def body(value: int) -> int:
        noted.append((second(), value))
        await asyncio.sleep(seconds)
        return value

    return body


def test_a_body_that_is_done_in_time_misses_no_tick(noted: list[Any]) -> None:
    rs.run(rs.interval(0.2, end=0.7).pipe(ops.process(taking(0.05, noted))).to(str))

    assert noted == [(0.2, 0), (0.4, 1), (0.6, 2)]


def test_a_tick_whose_predecessor_is_still_handled_is_skipped(noted: list[Any]) -> None:
    rs.run(rs.interval(0.2, end=1.1).pipe(ops.process(taking(0.3, noted))).to(str))

    assert noted == [(0.2, 0), (0.6, 1), (1, 2)]


def test_a_sink_that_is_still_at_work_skips_ticks_too(noted: list[Any]) -> None:
    rs.run(rs.interval(0.2, end=1.1).to(taking(0.3, noted)))

    assert noted == [(0.2, 0), (0.6, 1), (1, 2)]


def test_each_timer_has_ticks_of_its_own(noted: list[Any]) -> None:
    slow = rs.interval(0.2, end=1.1).pipe(ops.process(taking(0.3, [])))

    rs.run(slow.to(str), rs.interval(0.5, end=1.1).to(taking(0, noted)))

    assert noted == [(0.5, 0), (1, 1)]


def test_a_tick_that_fails_ends_the_run(noted: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        replayed(rs.interval(1).pipe(ops.map(lambda tick: 1 / (2 - tick))), to=noted)

    assert (len(noted), caught.value.report.ended) == (2, at(3))  # type: ignore[attr-defined]


def test_behind_a_tick_that_fails_the_next_one_comes(noted: list[Any]) -> None:
    ticks = rs.interval(1).pipe(ops.observe(lambda tick: 1 / (2 - tick)))

    rs.run(ticks.to(lambda _: noted.append(second()), on_error=handlers.skip()), until=at(5.5))

    assert noted == [1, 2, 4, 5]


def test_behind_an_awaited_tick_that_fails_the_next_one_comes(noted: list[Any]) -> None:
    async def body(tick: int) -> int:
        await asyncio.sleep(0.1)
        return noted.append(second()) or 1 // (2 - tick)

    rs.run(rs.interval(1).pipe(ops.process(body)).to(str, on_error=handlers.skip()), until=at(5.5))

    assert noted == [1.1, 2.1, 3.1, 4.1, 5.1]


def test_the_two_thousandth_tick_is_as_exact_as_the_first(noted: list[Any]) -> None:
    start = at(1_700_000_000.123457)

    rs.run(rs.interval(1).pipe(ops.take(2000)).to(lambda _: noted.append(rs.now())), start=start)

    assert noted[-1] == at(1_700_002_000.123457)


def test_a_ticks_timestamp_is_its_due_instant() -> None:
    events = rs.collect(rs.interval(0.1, end=0.3).pipe(ops.events()))

    assert [second_of(event.timestamp) for event in events] == [0.1, 0.2, 0.3]


# Speed


def walls(*streams: rs.Stream[Any], **options: Any) -> list[tuple[float, float]]:
    """Run, and tell of each item its second on the run's clock and on the wall's, from the start."""
    noted: list[tuple[float, float]] = []
    began = time.monotonic()
    sinks = [stream.to(lambda _: noted.append((second(), time.monotonic() - began))) for stream in streams]
    rs.run(*sinks, **options)
    return noted


def test_nothing_comes_early_and_nothing_is_skipped() -> None:
    found = walls(history(*(number / 2 for number in range(6))), rs.interval(0.3, end=2.5), speed=25)

    assert len(found) == 14
    assert all(wall >= when / 25 for when, wall in found)


def test_it_takes_as_long_as_it_should() -> None:
    found = walls(history(0, 5), speed=50)

    assert 0.1 <= found[-1][1] < 0.5


def test_who_sleeps_is_not_woken_early(noted: list[float]) -> None:
    async def job() -> None:
        began = time.monotonic()
        await asyncio.sleep(5)
        noted.append(time.monotonic() - began)

    rs.run(job, speed=100)

    assert 0.0499 <= noted[0] < 0.5


def test_the_pace_counts_from_the_start() -> None:
    found = walls(history(0, 100, 103), speed=50, start=at(99))

    assert all(wall >= (when - 99) / 50 for when, wall in found)


def test_who_is_late_catches_up() -> None:
    def slow(value: float) -> None:
        if value == 1:
            time.sleep(0.05)

    found = walls(history(0, 1, 2, 3, 4, 5).pipe(ops.observe(slow)), speed=50)

    assert found[-1][1] < 0.2


def test_the_clock_stands_at_each_items_instant() -> None:
    assert [when for when, _ in walls(history(0, 1.5, 2), speed=100)] == [0, 1.5, 2]


def test_a_paced_run_can_be_stopped_at_once() -> None:
    async def embedded() -> rs.Report:
        async with rs.running(history(0, 3600).to(str), speed=1) as run:
            return await run.stop()

    report = asyncio.run(embedded())

    assert (report.reason, report.wall < 5) == ("stopped", True)


def test_a_paced_run_ends_where_it_is_asked_to(noted: list[Any]) -> None:
    report = replayed(history(0, 1, 3600), to=noted, until=at(2), speed=100)

    assert (noted, report.ended, report.wall < 5) == ([(0, 0), (1, 1)], at(2), True)


def test_a_paced_run_comes_in_order() -> None:
    found = walls(history(0, 1, 2), rs.interval(0.5, end=2), history(0.7, 1.9), speed=100)

    assert all(before <= after for (before, _), (after, _) in pairwise(found))
