"""A past goes over into what is live: in one run, in order, on one clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from tests.unit.runtime.walls import is_by_the_wall


def seconds_ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def past(*values: Any) -> list[tuple[datetime, Any]]:
    start = seconds_ago(60)
    return [(start + timedelta(seconds=place), value) for place, value in enumerate(values)]


async def live() -> AsyncIterator[str]:
    for value in ("c", "d"):
        yield value
        await asyncio.sleep(0)


def test_what_is_live_comes_behind_the_past() -> None:
    assert rs.collect(rs.from_history(past("a", "b"), then=live)) == ["a", "b", "c", "d"]


def test_on_live_is_called_once_between_them() -> None:
    seen: list[str] = []

    rs.run(rs.from_history(past("a", "b"), then=live).to(seen.append), on_live=lambda: seen.append("live"))

    assert seen == ["a", "b", "live", "c", "d"]


def test_on_live_is_called_where_the_past_is_empty() -> None:
    seen: list[str] = []

    rs.run(rs.from_history([], then=live).to(seen.append), on_live=lambda: seen.append("live"))

    assert seen == ["live", "c", "d"]


def test_on_live_is_not_called_in_a_run_without_a_past() -> None:
    seen: list[str] = []

    rs.run(rs.from_aiter(live).to(seen.append), start=seconds_ago(5), on_live=lambda: seen.append("live"))

    assert seen == ["c", "d"]


def test_what_is_due_in_the_past_is_done_before_what_is_live() -> None:
    seen: list[str] = []

    def hear(value: str) -> None:
        seen.append(value)
        if value == "a":
            rs.call_later(30, seen.append, "half a minute later")

    rs.run(rs.from_history(past("a", "b"), then=live).to(hear), on_live=lambda: seen.append("live"))

    assert seen == ["a", "b", "half a minute later", "live", "c", "d"]


def test_timers_tick_through_the_past_up_to_now_and_go_on_live() -> None:
    seen: list[Any] = []
    lived = rs.from_history(past("a"), then=live).to(seen.append)

    rs.run(lived, rs.interval(25).to(seen.append), on_live=lambda: seen.append("live"))

    assert seen == ["a", 0, 1, "live", "c", "d"]


def test_behind_the_past_the_clock_is_the_walls() -> None:
    looks: list[bool] = []

    def look(value: str) -> None:
        if value in "cd":
            looks.append(is_by_the_wall())

    rs.run(rs.from_history(past("a", "b"), then=live).to(look))

    assert looks == [True, True]


def test_a_sleep_begun_in_the_past_ends_live_at_its_instant() -> None:
    woken: list[float] = []

    async def nap(value: str) -> None:
        if value == "a":
            begun = rs.now()
            await rs.sleep(60.1)
            woken.append((rs.now() - begun).total_seconds())

    rs.run(rs.from_history(past("a"), then=live).to(nap))

    assert woken == [pytest.approx(60.1, abs=0.05)]


def test_live_items_that_the_past_had_are_let_go() -> None:
    seen = rs.to_list()

    [told] = rs.run(rs.from_history(past("b", "c"), then=live, dedupe=str).to(seen)).pipelines

    assert (seen.items, told.dropped) == (["b", "c", "d"], 1)


def test_what_an_observable_pushes_during_the_past_is_kept() -> None:
    pushed: Subject[str] = Subject()

    def push(value: str) -> None:
        if value == "a":
            pushed.on_next("pushed early")
            pushed.on_completed()

    seen: list[str] = []
    stream = rs.from_history(past("a", "b"), then=pushed)
    rs.run(stream.pipe(ops.observe(push)).to(seen.append))

    assert seen == ["a", "b", "pushed early"]


def test_an_observable_that_pushes_more_than_can_be_kept_fails() -> None:
    pushed: Subject[int] = Subject()

    def push(value: str) -> None:
        for number in range(3 if value == "a" else 0):
            pushed.on_next(number)

    with pytest.raises(rs.BufferOverflowError) as caught:
        rs.run(rs.from_history(past("a", "b"), then=pushed, buffer=2).pipe(ops.observe(push)).to(rs.to_list()))

    assert str(caught.value) == (
        "from_observable: what comes while the past is replayed must find room, as an Observable cannot be made to "
        "wait; it is full. Give more room, buffer=…, or make it an async iterable, which waits."
    )


def test_every_source_waits_until_the_past_is_done_everywhere() -> None:
    seen: list[str] = []

    rs.run(rs.from_aiter(live).to(seen.append), rs.from_history(past(*"xyz")).to(seen.append))

    assert seen == ["x", "y", "z", "c", "d"]


def test_windows_of_the_past_close_before_what_is_live_comes() -> None:
    panes: list[Any] = []

    def note(value: Any) -> None:
        panes.append(value.value if isinstance(value, rs.Pane) else value)

    counted = ops.window(rs.tumbling(0.5), into=rs.agg.count())
    rs.run(rs.from_history(past("a", "b", "c"), then=live).pipe(counted).to(note), on_live=lambda: note("live"))

    assert panes[:3] == [1, 1, "live"]
    assert sum(pane for pane in panes if pane != "live") == 5


def test_the_run_ends_where_it_was_told_to_though_it_is_live() -> None:
    async def endless() -> AsyncIterator[int]:
        while True:
            yield 1
            await asyncio.sleep(0)

    report = rs.run(rs.from_history(past("a"), then=endless).to(rs.to_list()), until=seconds_ago(-0.1))

    assert (report.reason, report.wall < 2) == ("until", True)


def test_a_job_is_cancelled_when_the_run_is_stopped() -> None:
    async def job() -> None:
        await asyncio.Event().wait()

    async def with_job() -> rs.Report:
        async with rs.running(rs.from_aiter(live).to(rs.to_list()), job) as run:
            return await run.stop()

    assert asyncio.run(with_job()).reason == "stopped"


DATED = rs.from_history([(number, number) for number in range(5_000)], unit="s")


@pytest.mark.parametrize("stream", [rs.from_iterable(range(5_000)), DATED], ids=["undated", "dated"])
def test_what_is_not_taken_is_not_received(stream: rs.Stream[int]) -> None:
    [told] = rs.run(stream.pipe(ops.take(3)).to(rs.to_list())).pipelines

    assert (told.received, told.emitted) == (3, 3)


def test_an_error_counts_what_was_received_up_to_it() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(rs.from_iterable(range(9)).pipe(ops.map(lambda n: 1 / (5 - n))).to(rs.to_list(), name="p"))

    [told] = caught.value.report.pipelines  # type: ignore[attr-defined]
    assert (told.received, told.emitted, told.failed) == (6, 5, 1)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: rs.from_history([], then=[1]),
            "from_history: then must be a Stream, an Observable or an async iterable; got [1]. "
            "For a list give rs.from_iterable(…).",
        ),
        (
            lambda: rs.from_history([], overflow="drop"),
            "from_history: overflow must be one of 'block', 'error'; got 'drop'. Choose one of them.",
        ),
        (
            lambda: rs.run(rs.from_history([]).to(print), start=datetime(2025, 1, 1)),
            "run: start must be an aware datetime; got datetime.datetime(2025, 1, 1, 0, 0). "
            "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC).",
        ),
        (
            lambda: rs.run(rs.from_history([]).to(print), speed=0),
            "run: speed must be greater than zero; got 0. 10 is ten times the wall's; leave it out for as fast as "
            "possible.",
        ),
    ],
    ids=["then", "overflow", "start", "speed"],
)
def test_wrong_arguments_are_refused(refusal: Any, build: Any, message: str) -> None:
    assert refusal(build) == message
