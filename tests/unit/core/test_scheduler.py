"""The one clock of a run."""

import asyncio
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx
from reactivex.disposable import Disposable

import rxstream as rs
from tests.unit.conftest import Refusal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at(second: float) -> datetime:
    return EPOCH + timedelta(seconds=second)


@pytest.fixture
def clock() -> rs.StreamScheduler:
    return rs.StreamScheduler.virtual()


@pytest.fixture
def order() -> list[Any]:
    """What was done, in order."""
    return []


def doing(order: list[Any], name: object) -> Callable[..., None]:
    return lambda *_: order.append(name)


def failing(*_: object) -> None:
    raise ValueError("broken")


def test_it_starts_at_the_epoch(clock: rs.StreamScheduler) -> None:
    assert clock.now == EPOCH


def test_it_starts_where_it_is_told() -> None:
    assert rs.StreamScheduler.virtual(at(5)).now == at(5)


def test_it_stands_still_until_it_is_advanced(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule(doing(order, "done"))

    assert (order, clock.now) == ([], EPOCH)


def test_it_does_what_is_due_up_to_and_including_the_instant(clock: rs.StreamScheduler, order: list[Any]) -> None:
    for second in (1, 2, 3):
        clock.schedule_relative(second, doing(order, second))

    clock.advance_to(at(2))

    assert (order, clock.now) == ([1, 2], at(2))


def test_an_action_sees_its_own_instant(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule_relative(1.5, lambda *_: order.append(clock.now))

    clock.advance_to(at(10))

    assert order == [at(1.5)]


def test_what_is_due_now_is_done_without_moving(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule(doing(order, "now"))

    clock.advance_to(EPOCH)

    assert order == ["now"]


def test_run_does_everything(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule_relative(timedelta(days=1), doing(order, "tomorrow"))
    clock.schedule_absolute(at(60), doing(order, "soon"))

    clock.run()

    assert (order, clock.now) == (["soon", "tomorrow"], at(86_400))


def test_the_actions_of_one_instant_run_in_the_order_scheduled(clock: rs.StreamScheduler, order: list[Any]) -> None:
    for number in range(5):
        clock.schedule_absolute(at(1), doing(order, number))

    clock.run()

    assert order == [0, 1, 2, 3, 4]


def test_any_number_of_actions_keep_one_instant(clock: rs.StreamScheduler, order: list[Any]) -> None:
    for _ in range(10_000):
        clock.schedule_absolute(at(1), lambda *_: order.append(clock.now))

    clock.run()

    assert (len(order), set(order)) == (10_000, {at(1)})


def test_actions_that_schedule_more_of_the_same_instant_keep_it(clock: rs.StreamScheduler, order: list[Any]) -> None:
    def again(_: object, left: int) -> None:
        order.append(clock.now)
        if left:
            clock.schedule(again, left - 1)

    clock.schedule_absolute(at(1), again, 10_000)
    clock.run()

    assert (len(order), set(order)) == (10_001, {at(1)})


def test_what_an_action_schedules_for_its_own_instant_comes_last(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule_absolute(at(1), lambda *_: clock.schedule(doing(order, "added")))
    clock.schedule_absolute(at(1), doing(order, "there before"))

    clock.advance_to(at(1))

    assert order == ["there before", "added"]


@given(st.lists(st.integers(0, 20)))
def test_actions_run_by_their_instants_and_ties_as_scheduled(seconds: list[int]) -> None:
    clock, done = rs.StreamScheduler.virtual(), []
    for place, second in enumerate(seconds):
        clock.schedule_relative(second, lambda *_, found=(second, place): done.append(found))

    clock.run()

    assert done == sorted((second, place) for place, second in enumerate(seconds))


@pytest.mark.parametrize("seed", range(20))
def test_however_it_comes_and_goes_it_is_done_by_instant_then_rank_then_as_scheduled(seed: int) -> None:
    clock, done, pending, draw = rs.StreamScheduler.virtual(), [], {}, random.Random(seed)  # noqa: S311 - no secret, only an order

    for number in range(draw.choice([50, 5_000])):
        place = (clock.now_ns + draw.choice([number, draw.randrange(50)]), draw.choice([0, 1.5, 2]), number)
        pending[place] = clock.call_at(place[0], lambda found=place: done.append(found), place[1])
        if pending and draw.random() < draw.choice([0.01, 0.4]):
            pending.pop(draw.choice(list(pending))).cancel()
        if draw.random() < 0.02:
            due = sorted(pending)[: draw.choice([1, 9, 400])]
            clock.run_until(1 << 60, inclusive=True, most=len(due))
            assert done[len(done) - len(due) :] == due
            pending = {place: work for place, work in pending.items() if place not in due}


def test_putting_the_beginning_off_keeps_the_order(clock: rs.StreamScheduler, order: list[Any]) -> None:
    for nanosecond in (3, 1, 2):
        clock.call_at(nanosecond, lambda: order.append(clock.now_ns))
        # Each is taken in by itself.
        assert clock.next_due < 4

    clock.begin(100)
    clock.run()

    assert order == [101, 102, 103]


def test_a_past_instant_means_now(order: list[Any]) -> None:
    clock = rs.StreamScheduler.virtual(at(100))
    clock.schedule_absolute(at(1), lambda *_: order.append(clock.now))
    clock.schedule_relative(-5, lambda *_: order.append(clock.now))

    clock.advance_to(at(100))

    assert order == [at(100), at(100)]


def test_an_action_gets_the_scheduler_and_its_state(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule(lambda *given: order.append(given), "state")

    clock.run()

    assert order == [(clock, "state")]


def test_an_instant_may_be_seconds_since_the_epoch(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule_absolute(2.5, lambda *_: order.append(clock.now))

    clock.run()

    assert order == [at(2.5)]


def test_a_cancelled_action_is_not_done(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule_relative(1, doing(order, "cancelled")).dispose()
    clock.schedule_relative(2, doing(order, "done"))

    clock.run()

    assert order == ["done"]


def test_an_action_can_cancel_the_next(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule_relative(1, lambda *_: second.dispose())
    second = clock.schedule_relative(1, doing(order, "cancelled"))

    clock.run()

    assert order == []


def test_cancelling_what_is_done_does_nothing(clock: rs.StreamScheduler, order: list[Any]) -> None:
    done = clock.schedule(doing(order, "done"))
    clock.run()

    done.dispose()

    assert order == ["done"]


def test_time_does_not_go_where_only_cancelled_work_is(clock: rs.StreamScheduler) -> None:
    clock.schedule_relative(5, failing).dispose()

    clock.run()

    assert clock.now == EPOCH


def test_what_an_action_returns_is_disposed_of_with_it(clock: rs.StreamScheduler, order: list[Any]) -> None:
    action = clock.schedule(lambda *_: Disposable(doing(order, "disposed")))
    clock.run()

    action.dispose()

    assert order == ["disposed"]


def test_what_an_action_returns_is_disposed_of_where_it_cancelled_itself(
    clock: rs.StreamScheduler, order: list[Any]
) -> None:
    def act(*_: object) -> Disposable:
        action.dispose()
        return Disposable(doing(order, "disposed"))

    action = clock.schedule(act)
    clock.run()

    assert order == ["disposed"]


def test_an_action_that_raises_leaves_the_rest_scheduled(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule_relative(1, failing)
    clock.schedule_relative(1, doing(order, "same instant"))
    clock.schedule_relative(2, doing(order, "later"))

    with pytest.raises(ValueError, match="broken"):
        clock.run()
    clock.run()

    assert order == ["same instant", "later"]


def test_after_an_action_raised_time_can_be_advanced(clock: rs.StreamScheduler) -> None:
    clock.schedule_relative(1, failing)

    with pytest.raises(ValueError, match="broken"):
        clock.advance_to(at(5))
    clock.advance_to(at(5))

    assert clock.now == at(5)


def test_two_thousand_ticks_do_not_drift(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule_periodic(0.1, lambda _: order.append(clock.now))

    clock.advance_to(at(200))

    assert (len(order), order[-1]) == (2000, at(200))


def test_the_first_tick_is_one_period_after_the_start(clock: rs.StreamScheduler, order: list[Any]) -> None:
    clock.schedule_periodic(timedelta(seconds=7), lambda _: order.append(clock.now))

    clock.advance_to(at(20))

    assert order == [at(7), at(14)]


def test_a_tick_hands_its_state_to_the_next(clock: rs.StreamScheduler, order: list[Any]) -> None:
    def tick(state: int) -> int:
        order.append(state)
        return state + 1

    clock.schedule_periodic(1, tick, 0)
    clock.advance_to(at(3))

    assert order == [0, 1, 2]


def test_a_disposed_period_does_not_tick(clock: rs.StreamScheduler, order: list[Any]) -> None:
    ticking = clock.schedule_periodic(1, lambda _: order.append(clock.now))
    clock.advance_to(at(2))

    ticking.dispose()
    clock.advance_to(at(10))

    assert order == [at(1), at(2)]


def test_a_tick_can_dispose_of_its_own_period(clock: rs.StreamScheduler, order: list[Any]) -> None:
    def tick(_: object) -> None:
        order.append(clock.now)
        ticking.dispose()

    ticking = clock.schedule_periodic(1, tick)
    clock.run()

    assert order == [at(1)]


def test_intervals_of_reactivex_tick_in_virtual_time(clock: rs.StreamScheduler, order: list[Any]) -> None:
    reactivex.interval(1, scheduler=clock).subscribe(lambda n: order.append((n, clock.now)))

    clock.advance_to(at(3))

    assert order == [(0, at(1)), (1, at(2)), (2, at(3))]


def test_a_day_of_ticks_ends_on_time(clock: rs.StreamScheduler, order: list[Any]) -> None:
    reactivex.interval(60, scheduler=clock).subscribe(lambda _: order.append(clock.now))

    clock.advance_to(at(86_400))

    assert (len(order), order[-1]) == (1440, at(86_400))


def test_timers_of_reactivex_fire_in_virtual_time(clock: rs.StreamScheduler, order: list[Any]) -> None:
    reactivex.timer(at(5), scheduler=clock).subscribe(lambda n: order.append((n, clock.now)))
    reactivex.timer(2.0, 3.0, scheduler=clock).pipe(rx.take(2)).subscribe(lambda n: order.append((n, clock.now)))

    clock.run()

    assert order == [(0, at(2)), (0, at(5)), (1, at(5))]


def test_delays_of_reactivex_wait_in_virtual_time(clock: rs.StreamScheduler, order: list[Any]) -> None:
    delayed = reactivex.interval(1, scheduler=clock).pipe(rx.take(2), rx.delay(0.5, scheduler=clock))

    delayed.subscribe(lambda n: order.append((n, clock.now)))
    clock.run()

    assert order == [(0, at(1.5)), (1, at(2.5))]


def test_debounce_of_reactivex_waits_in_virtual_time(clock: rs.StreamScheduler, order: list[Any]) -> None:
    hasty = reactivex.timer(1.0, 0.1, scheduler=clock).pipe(rx.take(5), rx.debounce(0.5, scheduler=clock))

    hasty.subscribe(lambda n: order.append((n, clock.now)))
    clock.run()

    assert order == [(4, at(1.4))]


def test_a_history_moves_the_clock_of_foreign_timers() -> None:
    history = rs.from_history([(0, "a"), (1, "b"), (60, "c")], unit="s")

    assert rs.collect(history.pipe(rx.throttle_first(30))) == ["a", "c"]


def test_the_live_clock_is_the_walls() -> None:
    async def now() -> datetime:
        return rs.StreamScheduler.live().now

    before = datetime.now(UTC)
    found = asyncio.run(now())

    assert before - SECOND < found < datetime.now(UTC) + SECOND


def test_the_live_clock_does_its_work_on_the_loop(order: list[Any]) -> None:
    async def work() -> None:
        clock, done = rs.StreamScheduler.live(), asyncio.Event()
        clock.schedule_relative(0.01, lambda *_: done.set())
        clock.schedule(doing(order, "at once"))
        await asyncio.wait_for(done.wait(), 30)
        order.append("done")

    asyncio.run(work())

    assert order == ["at once", "done"]


def test_the_live_clock_never_does_its_work_early() -> None:
    async def waited() -> timedelta:
        clock, done = rs.StreamScheduler.live(), asyncio.get_running_loop().create_future()
        begun = clock.now
        clock.schedule_relative(0.02, lambda *_: done.set_result(clock.now))
        return await asyncio.wait_for(done, 30) - begun

    assert asyncio.run(waited()) >= timedelta(seconds=0.02)


def test_sooner_work_is_done_sooner_on_the_live_clock(order: list[Any]) -> None:
    async def work() -> None:
        clock, done = rs.StreamScheduler.live(), asyncio.Event()
        clock.schedule_relative(0.02, lambda *_: done.set())
        clock.schedule_relative(0.01, doing(order, "sooner"))
        await asyncio.wait_for(done.wait(), 30)
        order.append("later")

    asyncio.run(work())

    assert order == ["sooner", "later"]


def test_cancelled_work_is_not_done_on_the_live_clock(order: list[Any]) -> None:
    async def work() -> None:
        clock, done = rs.StreamScheduler.live(), asyncio.Event()
        clock.schedule_relative(0.01, doing(order, "cancelled")).dispose()
        clock.schedule_relative(0.02, lambda *_: done.set())
        await asyncio.wait_for(done.wait(), 30)

    asyncio.run(work())

    assert order == []


def test_a_period_ticks_on_the_live_clock(order: list[Any]) -> None:
    async def work() -> None:
        clock, done = rs.StreamScheduler.live(), asyncio.Event()
        ticking = clock.schedule_periodic(0.002, lambda n: done.set() if n == 3 else n + 1, 0)
        await asyncio.wait_for(done.wait(), 30)
        ticking.dispose()
        order.append("done")

    asyncio.run(work())

    assert order == ["done"]


def test_intervals_of_reactivex_tick_on_the_live_clock(order: list[Any]) -> None:
    async def work() -> None:
        clock, done = rs.StreamScheduler.live(), asyncio.Event()
        ticks = reactivex.interval(0.002, scheduler=clock).pipe(rx.take(3))
        ticks.subscribe(order.append, None, done.set)
        await asyncio.wait_for(done.wait(), 30)

    asyncio.run(work())

    assert order == [0, 1, 2]


def test_another_thread_can_schedule_on_the_live_clock(order: list[Any]) -> None:
    async def work() -> None:
        clock, done = rs.StreamScheduler.live(), asyncio.Event()

        def act(*_: object) -> None:
            order.append(threading.current_thread() is threading.main_thread())
            done.set()

        await asyncio.to_thread(clock.schedule, act)
        await asyncio.wait_for(done.wait(), 30)

    asyncio.run(work())

    assert order == [True]


def test_what_another_thread_scheduled_before_for_one_instant_comes_before(order: list[Any]) -> None:
    async def work() -> None:
        clock, done = rs.StreamScheduler.live(), asyncio.Event()
        soon = clock.now + SECOND / 100
        # Joined here, so that the loop has no turn between.
        thread = threading.Thread(target=clock.schedule_absolute, args=(soon, doing(order, "there")))
        thread.start()
        thread.join()
        clock.schedule_absolute(soon, doing(order, "here"))
        clock.schedule_absolute(soon, lambda *_: done.set())
        await asyncio.wait_for(done.wait(), 5)

    asyncio.run(work())

    assert order == ["there", "here"]


def test_another_thread_can_cancel_on_the_live_clock(order: list[Any]) -> None:
    async def work() -> None:
        clock, done = rs.StreamScheduler.live(), asyncio.Event()
        await asyncio.to_thread(clock.schedule_relative(0.01, doing(order, "cancelled")).dispose)
        clock.schedule_relative(0.02, lambda *_: done.set())
        await asyncio.wait_for(done.wait(), 30)

    asyncio.run(work())

    assert order == []


def test_a_loop_that_runs_in_another_thread_can_be_given() -> None:
    loop, done = asyncio.new_event_loop(), threading.Event()
    clock = rs.StreamScheduler.live(loop)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    clock.schedule(lambda *_: done.set())
    in_time = done.wait(1)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()

    assert in_time


def test_what_was_scheduled_before_is_done_when_the_clock_goes_live(order: list[Any]) -> None:
    async def work() -> None:
        clock, done = rs.StreamScheduler.virtual(), asyncio.Event()
        clock.schedule_relative(1, doing(order, "long due"))
        clock.schedule_relative(2, lambda *_: done.set())
        clock.go_live()
        await asyncio.wait_for(done.wait(), 30)

    asyncio.run(work())

    assert order == ["long due"]


def test_an_action_that_raises_leaves_the_live_clock_usable(order: list[Any]) -> None:
    async def work() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        loop.set_exception_handler(lambda _, context: order.append(str(context["exception"])))
        clock = rs.StreamScheduler.live()
        clock.schedule(failing)
        clock.schedule(lambda *_: done.set())
        await asyncio.wait_for(done.wait(), 30)

    asyncio.run(work())

    assert order == ["broken"]


def test_time_goes_forward_only(refusal: Refusal) -> None:
    clock = rs.StreamScheduler.virtual(at(5))

    assert refusal(lambda: clock.advance_to(at(4))) == (
        "StreamScheduler.advance_to: time goes forward only; it is 1970-01-01 00:00:05+00:00, "
        "got 1970-01-01 00:00:04+00:00. Make a new clock."
    )


def test_a_naive_start_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.StreamScheduler.virtual(datetime(2026, 1, 1))) == (
        "StreamScheduler.virtual: start must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC)."
    )


def test_a_naive_instant_to_advance_to_is_refused(clock: rs.StreamScheduler, refusal: Refusal) -> None:
    assert refusal(lambda: clock.advance_to(datetime(2026, 1, 1))) == (
        "StreamScheduler.advance_to: instant must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC)."
    )


def test_a_naive_instant_to_schedule_at_is_refused(clock: rs.StreamScheduler, refusal: Refusal) -> None:
    assert refusal(lambda: clock.schedule_absolute(datetime(2026, 1, 1), failing)) == (
        "StreamScheduler: an instant must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance tzinfo=UTC."
    )


def test_after_a_refusal_the_clock_works_on(clock: rs.StreamScheduler, refusal: Refusal, order: list[Any]) -> None:
    clock.schedule_relative(1, doing(order, "done"))
    refusal(lambda: clock.schedule_absolute(datetime(2026, 1, 1), failing))

    clock.run()

    assert order == ["done"]


@pytest.mark.parametrize("period", [0, -1, timedelta(0)], ids=repr)
def test_a_period_of_no_length_is_refused(clock: rs.StreamScheduler, refusal: Refusal, period: Any) -> None:
    sentence = refusal(lambda: clock.schedule_periodic(period, failing))

    assert sentence == (
        f"StreamScheduler: period must be greater than zero; got {period!r}. Give seconds or a timedelta."
    )


def test_a_live_clock_without_a_loop_is_refused(refusal: Refusal) -> None:
    assert refusal(rs.StreamScheduler.live) == (
        "StreamScheduler.live: needs an asyncio loop; none is running here. Call it from a coroutine, or give loop=."
    )
