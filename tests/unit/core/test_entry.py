"""Items that a foreign Observable pushes, one at a time: whose time it is meanwhile, and whose passport they have."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import UNSET, thread_slot

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def noting_times(times: list[datetime]) -> Callable[[Any], None]:
    return lambda _: times.append(rs.now())


def test_a_subscription_without_a_clock_has_its_own() -> None:
    subject, times = Subject[int](), []
    rs.from_observable(subject).pipe(ops.observe(noting_times(times))).subscribe(noting_times(times))

    subject.on_next(1)

    assert times == [EPOCH, EPOCH]


def test_its_time_counts_below_an_operator_that_keeps_items() -> None:
    subject, times = Subject[int](), []
    rs.from_observable(subject).pipe(ops.buffer(2), ops.observe(noting_times(times))).subscribe()

    subject.on_next(1)
    subject.on_next(2)

    assert times == [EPOCH]


def test_its_time_counts_in_whatever_thread_pushes() -> None:
    subject, times = Subject[int](), []
    rs.from_observable(subject).subscribe(noting_times(times))

    pusher = threading.Thread(target=subject.on_next, args=(1,))
    pusher.start()
    pusher.join()

    assert times == [EPOCH]


@pytest.mark.parametrize("scheduler", [None, rs.StreamScheduler.virtual(NOON)])
def test_it_keeps_its_passport_in_whatever_thread_pushes(scheduler: rs.StreamScheduler | None) -> None:
    subject, seen, event = Subject[Any](), [], rs.Event(1, key="k")
    rs.from_observable(subject).pipe(ops.events()).subscribe(seen.append, scheduler=scheduler)

    pusher = threading.Thread(target=subject.on_next, args=(event,))
    pusher.start()
    pusher.join()

    assert seen == [event]


def test_between_two_items_it_is_nobodys_time() -> None:
    subject = Subject[int]()
    rs.from_observable(subject).pipe(ops.map(str)).subscribe()

    subject.on_next(1)

    with pytest.raises(rs.NotRunningError):
        rs.now()


def test_a_task_that_it_starts_has_the_time_of_a_clock_that_is_given() -> None:
    subject, times = Subject[int](), []

    async def note_later() -> None:
        await asyncio.sleep(0)
        times.append(rs.now())

    async def push() -> None:
        tasks: list[asyncio.Task[None]] = []
        stream = rs.from_observable(subject)
        stream.subscribe(lambda _: tasks.append(asyncio.create_task(note_later())), scheduler=clock)
        subject.on_next(1)
        await asyncio.gather(*tasks)

    clock = rs.StreamScheduler.virtual(NOON)
    asyncio.run(push())

    assert times == [NOON]


@pytest.mark.parametrize("outer_has_a_clock", [False, True])
def test_an_item_pushed_on_the_way_of_another_has_the_time_of_its_own_subscription(outer_has_a_clock: bool) -> None:
    outer, inner, times = Subject[int](), Subject[int](), []
    clock = rs.StreamScheduler.virtual(NOON)
    rs.from_observable(outer).pipe(ops.observe(inner.on_next)).subscribe(
        noting_times(times), scheduler=clock if outer_has_a_clock else None
    )
    rs.from_observable(inner).subscribe(noting_times(times), scheduler=None if outer_has_a_clock else clock)
    clock.run()

    outer.on_next(1)

    assert times == ([EPOCH, NOON] if outer_has_a_clock else [NOON, EPOCH])


def test_an_item_pushed_by_a_job_of_a_run_has_the_time_of_its_own_subscription() -> None:
    subject, times = Subject[int](), []
    rs.from_observable(subject).subscribe(noting_times(times))

    async def job() -> None:
        subject.on_next(1)
        times.append(rs.now())

    rs.run(job, rs.from_history([(NOON, 1)]).to(rs.to_list()))

    assert times == [EPOCH, NOON]


def test_an_event_brings_its_passport_and_nothing_is_left_of_it() -> None:
    subject, seen = Subject[Any](), []
    rs.from_observable(subject).pipe(ops.key_by(str)).subscribe(lambda item: seen.append((item, rs.current_event())))

    subject.on_next(rs.Event(1, headers=(("a", b"b"),)))
    slot = thread_slot()

    assert seen == [(1, rs.Event(1, key="1", headers=(("a", b"b"),)))]
    assert slot.save() == (UNSET, None, None, UNSET, UNSET, UNSET)


def test_nothing_is_left_of_an_item_that_failed() -> None:
    subject = Subject[int]()
    rs.from_observable(subject).pipe(ops.key_by(str), ops.map(lambda x: 1 / x)).subscribe()

    with pytest.raises(ZeroDivisionError):
        subject.on_next(0)

    assert thread_slot().save() == (UNSET, None, None, UNSET, UNSET, UNSET)
    assert rs.current_event() is None
