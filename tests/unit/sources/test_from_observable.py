"""Observables that are not rxstream's, as streams."""

import asyncio
import threading
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops


def test_a_cold_observable_is_a_stream_of_its_items() -> None:
    stream = rs.from_observable(reactivex.of(1, 2, 3)).pipe(ops.map(lambda number: number * 10))

    assert rs.collect(stream) == [10, 20, 30]


def test_an_empty_observable_is_a_stream_that_completes() -> None:
    assert rs.collect(rs.from_observable(reactivex.empty())) == []


def test_a_stream_stays_the_stream_it_is() -> None:
    stream = rs.from_iterable([1])

    assert rs.from_observable(stream) is stream


def test_reactivexs_operators_and_ours_mix() -> None:
    stream = rs.from_observable(reactivex.of(1, 2, 3)).pipe(rx.skip(1), ops.map(str), rx.start_with("0"))

    assert rs.collect(stream) == ["0", "2", "3"]


def test_an_event_brings_its_passport() -> None:
    stream = rs.from_observable(reactivex.of(rs.Event("a", key="k"), "b")).pipe(ops.events())

    assert rs.collect(stream) == [rs.Event("a", key="k"), rs.Event("b")]


def test_an_observables_error_ends_the_run() -> None:
    stream = rs.from_observable(reactivex.of(1).pipe(rx.concat(reactivex.throw(OSError("gone")))))
    seen = rs.to_list()

    with pytest.raises(OSError, match="^gone$"):
        rs.run(stream.to(seen))

    assert seen.items == [1]


def test_a_failing_item_reaches_the_handler_and_the_others_flow() -> None:
    stream = rs.from_observable(reactivex.of(1, 0, 2)).pipe(ops.map(lambda number: 2 // number))
    failed: list[Any] = []
    items = rs.collect(stream, on_error=lambda event, _: failed.append(event.value))

    assert (items, failed) == ([2, 1], [0])


def test_each_run_subscribes_anew() -> None:
    subscriptions: list[int] = []
    stream = rs.from_observable(reactivex.defer(lambda _: subscriptions.append(1) or reactivex.of(7)))

    assert (rs.collect(stream), rs.collect(stream), len(subscriptions)) == ([7], [7], 2)


def test_the_report_counts_what_an_observable_handed_over() -> None:
    report = rs.run(rs.from_observable(reactivex.of(1, 2)).to(rs.to_list(), name="p"))

    assert (report["p"].received, report["p"].emitted) == (2, 2)


async def _pushed(subject: Subject[int], push: Any) -> list[Any]:
    seen = rs.to_list()
    async with rs.running(rs.from_observable(subject).to(seen)) as run:
        while not subject.observers:
            await asyncio.sleep(0)
        await push()
        await asyncio.wait_for(run.wait(), 5)
    return seen.items


def test_a_subject_may_push_from_the_loop() -> None:
    subject: Subject[int] = Subject()

    async def push() -> None:
        for item in (1, 2):
            subject.on_next(item)
        subject.on_completed()

    assert asyncio.run(_pushed(subject, push)) == [1, 2]


def test_a_subject_may_push_from_another_thread() -> None:
    subject: Subject[int] = Subject()

    def from_thread() -> None:
        for item in range(100):
            subject.on_next(item)
        subject.on_completed()

    async def push() -> None:
        threading.Thread(target=from_thread).start()

    assert asyncio.run(_pushed(subject, push)) == list(range(100))


def test_stopping_ends_the_subscription() -> None:
    subject: Subject[int] = Subject()

    async def stopped() -> rs.Report:
        async with rs.running(rs.from_observable(subject).to(rs.to_list())) as run:
            while not subject.observers:
                await asyncio.sleep(0)
            return await run.stop()

    assert (asyncio.run(stopped()).reason, subject.observers) == ("stopped", [])


def test_an_endless_observable_ends_when_enough_is_taken() -> None:
    stream = rs.from_observable(reactivex.timer(0.0, 0.001)).pipe(ops.take(3))

    assert rs.collect(stream) == [0, 1, 2]


def test_what_is_no_observable_is_refused_by_the_call() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_observable([1])  # type: ignore[arg-type]  # wrong on purpose

    assert str(caught.value) == (
        "from_observable: needs an Observable; got [1]. For a list or generator there is rs.from_iterable."
    )
