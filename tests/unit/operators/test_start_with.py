"""Beginning a stream with given values."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import reactivex
from reactivex.subject import Subject
from reactivex.testing import ReactiveTest, TestScheduler

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Numbers
from tests.unit.delivery.belt import Belt

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_the_values_come_when_the_stream_starts(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-----c-d|").pipe(ops.start_with("a", "b")), "(ab)-c-d|")


def test_at_one_instant_they_come_before_the_first_item(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("c---|").pipe(ops.start_with("a")), "(ac)|")


def test_a_stream_without_items_begins_with_them_too(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-----|").pipe(ops.start_with("a", "b")), "(ab)-|")


def test_they_come_before_an_end_at_the_same_instant(marbles: Marbles) -> None:
    marbles.expect(marbles.cold("|").pipe(ops.start_with("a")), "(a|)")


def test_they_come_before_an_error_at_the_same_instant(marbles: Marbles) -> None:
    marbles.expect(marbles.cold("#").pipe(ops.start_with("a")), "(a#)")


def test_who_subscribes_later_gets_them_then(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-b----c-|").pipe(ops.start_with("a")), "---a--c-|", subscription="---^")


def test_who_has_left_gets_them_no_more(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("---b-|").pipe(ops.start_with("a")), "a----", subscription="^-!")


def test_each_stream_of_a_merge_begins_with_its_own(marbles: Marbles) -> None:
    one, two = marbles.hot("------c-|"), marbles.hot("--------d|")

    marbles.expect(one.pipe(ops.start_with("a"), ops.merge(two.pipe(ops.start_with("b")))), "(ab)--c-d|")


def test_values_come_in_the_order_given() -> None:
    assert rs.collect(rs.from_iterable([3]).pipe(ops.start_with(1, 2))) == [1, 2, 3]


def test_two_of_them_begin_with_what_was_said_last() -> None:
    assert rs.collect(rs.from_iterable([3]).pipe(ops.start_with(2), ops.start_with(1))) == [1, 2, 3]


def test_an_empty_stream_gives_only_them() -> None:
    assert rs.collect(rs.from_iterable([]).pipe(ops.start_with(1, 2))) == [1, 2]


def test_no_values_change_nothing() -> None:
    assert rs.collect(rs.from_iterable([1]).pipe(ops.start_with())) == [1]


@pytest.mark.parametrize("value", [None, 0, "", False, []], ids=repr)
def test_empty_values_are_values(value: object) -> None:
    assert rs.collect(rs.from_iterable([]).pipe(ops.start_with(value))) == [value]


def test_a_value_has_no_passport_of_the_source() -> None:
    events = rs.collect(rs.from_iterable([rs.Event(2, key="k")]).pipe(ops.start_with(1), ops.events()))

    assert events == [rs.Event(1), rs.Event(2, key="k")]


def test_a_function_below_is_told_that_there_is_none() -> None:
    seen: list[rs.Event[int] | None] = []

    rs.collect(rs.from_iterable([]).pipe(ops.start_with(1), ops.observe(lambda _: seen.append(rs.current_event()))))

    assert seen == [rs.Event(1)]


def test_an_event_brings_its_own_passport() -> None:
    event = rs.Event(1, "k", EPOCH)

    assert rs.collect(rs.from_iterable([]).pipe(ops.start_with(event), ops.events())) == [event]


def test_they_come_at_the_first_instant_of_the_run() -> None:
    seen: list[datetime] = []
    history = rs.from_history([(5, "b")], unit="s").pipe(
        ops.start_with("a"), ops.observe(lambda _: seen.append(rs.now()))
    )

    rs.collect(history, start=EPOCH + timedelta(seconds=2))

    assert seen == [EPOCH + timedelta(seconds=2), EPOCH + timedelta(seconds=5)]


def test_a_window_below_has_them_in_the_window_of_the_first_instant() -> None:
    windows = rs.from_history([(12, "b"), (25, "c")], unit="s").pipe(ops.start_with("a"), ops.window(rs.tumbling(10)))

    assert [pane.value for pane in rs.collect(windows)] == [["a", "b"], ["c"]]


def test_a_live_stream_begins_with_them_before_anything_comes() -> None:
    async def nothing() -> AsyncIterator[int]:
        for value in list[int]():
            yield value

    assert rs.collect(rs.from_aiter(nothing()).pipe(ops.start_with(1))) == [1]


def test_a_subscriber_gets_them_before_a_subject_says_anything() -> None:
    said: list[object] = []
    subject: Subject[int] = Subject()

    rs.from_observable(subject).pipe(ops.start_with(1)).subscribe(said.append)

    assert said == [1]


def test_a_foreign_observable_that_speaks_at_once_does_not_overtake_them() -> None:
    assert rs.collect(rs.from_observable(reactivex.of(2, 3)).pipe(ops.start_with(1))) == [1, 2, 3]


def test_under_reactivex_s_scheduler_they_come_at_the_subscription() -> None:
    scheduler = TestScheduler()
    source = scheduler.create_hot_observable(ReactiveTest.on_next(210, 2), ReactiveTest.on_completed(220))

    heard = scheduler.start(lambda: rs.from_observable(source).pipe(ops.start_with(1)))

    assert heard.messages == [
        ReactiveTest.on_next(200, 1),
        ReactiveTest.on_next(210, 2),
        ReactiveTest.on_completed(220),
    ]


def test_inner_streams_begin_with_them_too() -> None:
    inner = rs.from_iterable([1, 2]).pipe(ops.flat_map(lambda n: rs.from_iterable([n]).pipe(ops.start_with(0))))

    assert rs.collect(inner) == [0, 1, 0, 2]


def test_who_takes_no_more_than_them_lets_the_source_be(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable(numbers).pipe(ops.start_with("a", "b", "c"), ops.take(2)))

    # One is looked at before the run begins: it could be an Event with the run's first instant.
    assert (taken, numbers.pulled) == (["a", "b"], 1)


def test_a_value_that_fails_below_leaves_the_others() -> None:
    inverse = rs.from_iterable([4]).pipe(ops.start_with(0, 1, 2), ops.map(lambda x: 1 / x))

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [1.0, 0.5, 0.25]


def test_the_handler_gets_an_event_of_the_value_that_failed() -> None:
    failed: list[rs.Event[int]] = []
    stream = rs.from_iterable([1]).pipe(ops.start_with(0), ops.map(lambda x: 1 / x))

    rs.collect(stream, on_error=lambda event, _: failed.append(event))

    assert failed == [rs.Event(0)]


def test_each_run_begins_with_them() -> None:
    stream = rs.from_iterable([2]).pipe(ops.start_with(1))

    assert rs.collect(stream) == rs.collect(stream) == [1, 2]


def test_the_sources_records_are_settled_as_ever() -> None:
    belt = Belt(range(10), size=3)

    rs.run(belt.stream.pipe(ops.start_with("a"), ops.window(rs.tumbling(10))).to(rs.to_list()))

    assert belt.committed == 10
