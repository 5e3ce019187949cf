"""Observables that are not rxstream's, as streams."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops


def items_of(stream: rs.Stream[Any], on_error: Any = None) -> list[Any]:
    """Run a stream, but not for ever: what waits for an end that never comes shall fail."""

    async def run() -> list[Any]:
        seen = rs.to_list()
        await asyncio.wait_for(rs.run_async(stream.to(seen, on_error=on_error)), 30)
        return seen.items

    return asyncio.run(run())


def test_a_cold_observable_is_a_stream_of_its_items() -> None:
    stream = rs.from_observable(reactivex.of(1, 2, 3)).pipe(ops.map(lambda number: number * 10))

    assert items_of(stream) == [10, 20, 30]


def test_an_empty_observable_is_a_stream_that_completes() -> None:
    assert items_of(rs.from_observable(reactivex.empty())) == []


def test_a_stream_stays_the_stream_it_is() -> None:
    stream = rs.from_iterable([1])

    assert rs.from_observable(stream) is stream


def test_reactivexs_operators_and_ours_mix() -> None:
    stream = rs.from_observable(reactivex.of(1, 2, 3)).pipe(rx.skip(1), ops.map(str), rx.start_with("0"))

    assert items_of(stream) == ["0", "2", "3"]


def test_an_event_brings_its_passport() -> None:
    stream = rs.from_observable(reactivex.of(rs.Event("a", key="k"), "b")).pipe(ops.events())

    assert items_of(stream) == [rs.Event("a", key="k"), rs.Event("b")]


def test_an_observables_error_ends_the_run() -> None:
    stream = rs.from_observable(reactivex.of(1).pipe(rx.concat(reactivex.throw(OSError("gone")))))

    with pytest.raises(OSError, match=r"^gone"):
        items_of(stream)


def test_an_error_in_a_reactivex_operator_ends_the_run() -> None:
    stream = rs.from_iterable([1, 0]).pipe(rx.map(lambda number: 1 // number))

    with pytest.raises(ZeroDivisionError):
        items_of(stream)


def test_a_failing_item_reaches_the_handler_and_the_others_flow() -> None:
    stream = rs.from_observable(reactivex.of(1, 0, 2)).pipe(ops.map(lambda number: 2 // number))
    failed: list[Any] = []
    items = items_of(stream, on_error=lambda event, _: failed.append(event.value))

    assert (items, failed) == ([2, 1], [0])


def test_each_run_subscribes_anew() -> None:
    subscriptions: list[int] = []
    stream = rs.from_observable(reactivex.defer(lambda _: subscriptions.append(1) or reactivex.of(7)))

    assert (items_of(stream), items_of(stream), len(subscriptions)) == ([7], [7], 2)


def test_the_report_counts_what_an_observable_handed_over() -> None:
    report = rs.run(rs.from_observable(reactivex.of(1, 2)).to(rs.to_list(), name="p"))

    assert (report["p"].received, report["p"].emitted) == (2, 2)


async def subscribed(subject: Subject[int]) -> None:
    """Let the loop turn until somebody has subscribed."""
    async with asyncio.timeout(5):
        while not subject.observers:
            await asyncio.sleep(0)


async def pushed(subject: Subject[int], push: Callable[[], object]) -> list[Any]:
    seen = rs.to_list()
    async with rs.running(rs.from_observable(subject).to(seen)) as run:
        await subscribed(subject)
        push()
        await asyncio.wait_for(run.wait(), 30)
    return seen.items


def test_a_subject_may_push_from_the_loop() -> None:
    subject: Subject[int] = Subject()

    def push() -> None:
        for item in (1, 2):
            subject.on_next(item)
        subject.on_completed()

    assert asyncio.run(pushed(subject, push)) == [1, 2]


def test_a_subject_may_push_from_another_thread() -> None:
    subject: Subject[int] = Subject()

    def push() -> None:
        for item in range(100):
            subject.on_next(item)
        subject.on_completed()

    assert asyncio.run(pushed(subject, threading.Thread(target=push).start)) == list(range(100))


def test_stopping_ends_the_subscription() -> None:
    subject: Subject[int] = Subject()

    async def stopped() -> rs.Report:
        async with rs.running(rs.from_observable(subject).to(rs.to_list())) as run:
            await subscribed(subject)
            return await asyncio.wait_for(run.stop(), 30)

    assert (asyncio.run(stopped()).reason, subject.observers) == ("stopped", [])


def test_an_endless_observable_ends_when_enough_is_taken() -> None:
    stream = rs.from_observable(reactivex.timer(0.0, 0.001)).pipe(ops.take(3))

    assert items_of(stream) == [0, 1, 2]


def test_what_is_no_observable_is_refused_by_the_call() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_observable([1])  # type: ignore[arg-type]  # wrong on purpose

    assert str(caught.value) == (
        "from_observable: needs an Observable; got [1]. For a list or generator there is rs.from_iterable."
    )
