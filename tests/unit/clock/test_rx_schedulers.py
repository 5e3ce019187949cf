"""Plain subscription on somebody else's virtual clock."""

from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from reactivex.testing import ReactiveTest, Recorded, TestScheduler
from reactivex.testing.marbles import marbles_testing

import rxstream as rs
from rxstream import operators as ops
from tests.unit.clock.instants import at, history, second

next_, completed = ReactiveTest.on_next, ReactiveTest.on_completed

#: What a stream makes of the items 1, 2, 3 and 4 at the seconds 210, 220, 230 and 231, and when.
MADE: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
    "map": (ops.map(lambda x: x * 10), [(210, 10), (220, 20), (230, 30), (231, 40)]),
    "filter": (ops.filter(lambda x: x % 2), [(210, 1), (230, 3)]),
    "scan": (ops.scan(lambda total, x: total + x, 0), [(210, 1), (220, 3), (230, 6), (231, 10)]),
    "flat_map": (ops.flat_map(lambda x: [x] * (x - 1)), [(220, 2), (230, 3), (230, 3), (231, 4), (231, 4), (231, 4)]),
    "process": (ops.process(lambda x: x if x > 2 else None), [(230, 3), (231, 4)]),
    "observe": (ops.observe(str), [(210, 1), (220, 2), (230, 3), (231, 4)]),
    "key_by": (ops.key_by(lambda x: x % 2), [(210, 1), (220, 2), (230, 3), (231, 4)]),
    "merge": (
        lambda stream: stream.pipe(ops.merge(history(215, 230))),
        [(210, 1), (215, 215), (220, 2), (230, 3), (230, 230), (231, 4)],
    ),
    "scan_by_key": (
        lambda stream: stream.pipe(ops.key_by(lambda x: x % 2), ops.scan_by_key(lambda total, x: total + x, 0)),
        [(210, 1), (220, 2), (230, 4), (231, 6)],
    ),
    "window": (
        lambda stream: stream.pipe(ops.window(rs.tumbling(10), into=rs.agg.count()), ops.map(lambda pane: pane.value)),
        [(220, 1), (230, 1), (231, 2)],
    ),
    "now": (ops.map(lambda _: second()), [(210, 210.0), (220, 220.0), (230, 230.0), (231, 231.0)]),
}
PAST = [(at(when), value) for value, when in enumerate((210, 220, 230, 231), 1)]


def on_a_test_scheduler(build: Callable[[], rs.Stream[Any]]) -> list[Recorded[Any]]:
    """Subscribe at the second 200; tell what came, and when."""
    return TestScheduler().start(build).messages


def heard(stream: rs.Stream[Any], clock: rs.StreamScheduler) -> list[Any]:
    """Subscribe on a clock; return the list that fills with what comes, and when."""
    noted: list[Any] = []
    stream.subscribe(lambda value: noted.append((second(), value)), scheduler=clock)
    return noted


@pytest.fixture
def clock() -> rs.StreamScheduler:
    return rs.StreamScheduler.virtual()


@pytest.mark.parametrize("name", MADE)
def test_on_a_test_scheduler_a_history_comes_at_its_instants(name: str) -> None:
    stage, expected = MADE[name]

    found = on_a_test_scheduler(lambda: rs.from_history(PAST).pipe(stage))

    assert found == [*(next_(when, value) for when, value in expected), completed(231)]


@pytest.mark.parametrize("name", [name for name in MADE if name != "window"])
def test_on_a_test_scheduler_a_hot_observable_comes_at_its_instants(name: str) -> None:
    scheduler, (stage, expected) = TestScheduler(), MADE[name]
    past = [next_((when - at(0)).total_seconds(), value) for when, value in PAST]
    hot = scheduler.create_hot_observable(*past, completed(231))

    found = scheduler.start(lambda: rs.from_observable(hot).pipe(stage)).messages

    assert found == [*(next_(when, value) for when, value in expected), completed(231)]


@pytest.mark.parametrize("name", MADE)
def test_on_a_clock_of_ours_a_history_comes_at_its_instants(name: str, clock: rs.StreamScheduler) -> None:
    stage, expected = MADE[name]

    found = heard(rs.from_history(PAST).pipe(stage), clock)
    clock.run()

    assert found == expected


@pytest.mark.parametrize("name", MADE)
def test_a_run_comes_to_the_same(name: str) -> None:
    stage, expected = MADE[name]

    assert rs.collect(rs.from_history(PAST).pipe(stage)) == [value for _, value in expected]


def test_a_clock_of_ours_moves_step_by_step(clock: rs.StreamScheduler) -> None:
    found = heard(history(0, 1, 2), clock)
    clock.advance_to(at(1))

    assert (found, clock.now) == ([(0, 0), (1, 1)], at(1))


def test_an_interval_ticks_from_the_subscription_on() -> None:
    found = on_a_test_scheduler(lambda: rs.interval(10).pipe(ops.take(3)))

    assert found == [next_(210, 0), next_(220, 1), next_(230, 2), completed(230)]


def test_an_endless_interval_ticks_as_far_as_the_clock_goes(clock: rs.StreamScheduler) -> None:
    found = heard(rs.interval(2), clock)
    clock.advance_to(at(7))

    assert found == [(2, 0), (4, 1), (6, 2)]


def test_timers_come_behind_the_items_of_their_instant() -> None:
    found = on_a_test_scheduler(lambda: rs.timer(10).pipe(ops.merge(history(205, 210, 211))))

    assert found == [next_(205, 205), next_(210, 210), next_(210, 0), next_(211, 211), completed(211)]


def test_unsubscribing_ends_it() -> None:
    found = TestScheduler().start(lambda: rs.interval(300), disposed=900).messages

    assert found == [next_(500, 0), next_(800, 1)]


def test_both_branches_come_at_their_instants(clock: rs.StreamScheduler) -> None:
    one, other = history(1, 2).tee()

    found = [heard(one, clock), heard(other, clock)]
    clock.run()

    assert found == [[(1, 1), (2, 2)], [(1, 1), (2, 2)]]


@pytest.mark.parametrize("stage", [ops.process])
def test_what_has_to_be_awaited_is_refused_naming_marbles(stage: Callable[..., Any]) -> None:
    async def slow(value: float) -> float:
        return value

    found = on_a_test_scheduler(lambda: history(210).pipe(stage(slow)))

    assert str(found[0].value.exception) == (  # type: ignore[attr-defined]  # an error
        "subscribe: process has to be awaited, which a plain subscription cannot do. "
        "Run it with rs.run or rs.run_async, or test it with rxstream.testing.marbles."
    )


def test_a_call_later_comes_at_its_instant(clock: rs.StreamScheduler) -> None:
    noted: list[Any] = []
    history(1, 2, 9).subscribe(lambda _: rs.call_later(5, lambda: noted.append(second())), scheduler=clock)
    clock.run()

    assert noted == [6, 7, 14]


@pytest.mark.parametrize("make", [TestScheduler, rs.StreamScheduler.virtual])
def test_ten_thousand_items_of_an_instant_keep_it(make: Callable[[], Any]) -> None:
    scheduler = make()
    found = heard(rs.from_history([(at(250.1), number) for number in range(10_000)]), scheduler)
    scheduler.start() if isinstance(scheduler, TestScheduler) else scheduler.run()

    assert found == [(250.1, number) for number in range(10_000)]


def test_a_cold_marble_diagram_is_a_stream() -> None:
    with marbles_testing(timespan=1.0) as (start, cold, _, exp):
        found = start(rs.from_observable(cold("-1-2-3-|")).pipe(ops.map(lambda x: x * 10)))
        expected = exp("                      -a-b-c-|", {"a": 10, "b": 20, "c": 30})

        assert found == expected


def test_merged_marble_diagrams_are_a_stream() -> None:
    with marbles_testing(timespan=1.0) as (start, _, hot, exp):
        first, other = hot("-1-2-----3-|"), hot("-----4-5-|")
        found = start(rs.from_observable(first).pipe(ops.merge(other)))
        expected = exp("                     -1-2-4-5-3-|")

        assert found == expected


def test_the_time_in_a_marble_diagram_is_its_schedulers() -> None:
    with marbles_testing(timespan=1.0) as (start, cold, _, __):
        found = start(rs.from_observable(cold("-1-2-|")).pipe(ops.map(lambda _: second())))

        assert [told.time for told in found[:-1]] == [told.value.value for told in found[:-1]]


def test_outside_the_stream_it_is_no_time(clock: rs.StreamScheduler) -> None:
    reactivex.of(1).subscribe(scheduler=clock)

    with pytest.raises(rs.NotRunningError):
        rs.now()
