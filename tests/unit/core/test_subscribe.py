"""Plain subscription: Rx's contract."""

import gc
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx
from reactivex.internal.exceptions import DisposedException
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import Feed
from tests.unit.conftest import Numbers

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Items(list[int]):
    """A list of which one can ask whether it is still there."""


def said_by(stream: reactivex.Observable[Any], **options: Any) -> list[object]:
    """Everything a stream says, in order."""
    said: list[object] = []
    stream.subscribe(said.append, lambda error: said.append(repr(error)), lambda: said.append("end"), **options)
    return said


def test_an_observer_hears_the_items_and_the_end() -> None:
    assert said_by(rs.from_iterable([1, 2])) == [1, 2, "end"]


def test_an_observer_hears_the_end_of_nothing() -> None:
    assert said_by(rs.from_iterable([])) == ["end"]


def test_an_observer_hears_the_error_and_nothing_after_it() -> None:
    stream = rs.from_iterable([1, 0, 2]).pipe(ops.map(lambda x: 1 // x))

    assert said_by(stream) == [1, "ZeroDivisionError('integer division or modulo by zero')"]


def test_an_error_nobody_listens_for_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        rs.from_iterable([0]).pipe(ops.map(lambda x: 1 / x)).subscribe()


def test_an_error_of_the_observer_itself_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        rs.from_iterable([0]).subscribe(lambda x: 1 / x)


def test_an_error_says_where_it_happened() -> None:
    errors: list[Exception] = []

    rs.from_iterable([0]).pipe(ops.map(lambda x: 1 / x)).subscribe(on_error=errors.append)

    assert rs.error_context(errors[0]) == (None, "map", 0)


def test_streams_are_cold() -> None:
    stream = rs.from_iterable([1, 2]).pipe(ops.scan(lambda total, x: total + x, 0))

    assert said_by(stream) == said_by(stream) == [1, 3, "end"]


def test_a_stream_that_was_connected_one_way_is_connected_anew_in_another() -> None:
    times: list[datetime] = []
    stream = rs.from_history([(START, 1), (START + HOUR, 2)]).pipe(ops.observe(lambda _: times.append(rs.now())))

    said_by(stream)
    rs.collect(rs.from_iterable([0]).pipe(ops.flat_map(lambda _: stream)), start=START)
    rs.from_iterable([0]).pipe(ops.flat_map(lambda _: stream)).subscribe()
    said_by(stream)

    at_its_instants = [START, START + HOUR]
    assert times == [*at_its_instants, *at_its_instants, EPOCH, EPOCH, *at_its_instants]


def test_what_an_ended_subscription_read_is_gone_without_the_garbage_collector() -> None:
    items = Items([1])
    read = weakref.ref(items)

    gc.disable()
    rs.from_iterable(items).pipe(ops.map(str)).subscribe()
    del items
    gc.enable()

    assert read() is None


def test_a_source_that_breaks_is_an_error() -> None:
    def breaking() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    assert said_by(rs.from_iterable(breaking())) == [1, "ValueError('broken')"]


def test_a_run_of_a_source_that_breaks_raises_its_error() -> None:
    def breaking() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        rs.collect(rs.from_iterable(breaking()))


def test_who_unsubscribes_hears_no_more() -> None:
    subject, said = Subject[int](), []
    subscription = rs.from_observable(subject).pipe(ops.map(lambda x: x * 2)).subscribe(said.append)
    subject.on_next(1)

    subscription.dispose()
    subject.on_next(2)

    assert said == [2]


def test_who_unsubscribes_in_mid_stream_stops_the_source(numbers: Numbers) -> None:
    subscriptions: list[Any] = []

    def until_three(value: int) -> None:
        if value == 3:
            subscriptions[0].dispose()

    clock = rs.StreamScheduler.virtual()
    subscriptions.append(rs.from_iterable(numbers).subscribe(until_three, scheduler=clock))
    clock.run()

    assert numbers.pulled == 3


def test_a_source_left_early_is_closed() -> None:
    closed: list[str] = []

    def source() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            closed.append("closed")

    rs.from_iterable(source()).pipe(ops.take(1)).subscribe()

    assert closed == ["closed"]


def test_foreign_observables_are_listened_to() -> None:
    assert said_by(rs.from_observable(reactivex.of(1, 2)).pipe(ops.map(str))) == ["1", "2", "end"]


def test_the_error_of_a_foreign_observable_is_heard() -> None:
    stream = rs.from_observable(reactivex.throw(ValueError("broken"))).pipe(ops.map(str))

    assert said_by(stream) == ["ValueError('broken')"]


def test_an_item_pushed_into_a_subject_on_the_way_keeps_the_passport_of_its_record() -> None:
    subject, seen = Subject[str](), []
    rs.from_observable(subject).subscribe(lambda item: seen.append((item, rs.current_event())))

    rs.from_iterable([rs.Event(1, key="k")]).pipe(ops.map(str)).subscribe(subject)

    assert seen == [("1", rs.Event(1, key="k"))]


def test_a_source_that_has_to_be_waited_for_is_refused() -> None:
    waiting = rs.Stream(feed=Feed(name="from_queue", lift=rs.Event, connect=lambda: None))

    with pytest.raises(rs.ConfigurationError) as caught:
        waiting.subscribe()

    assert str(caught.value) == (
        "subscribe: from_queue has to be waited for, which a plain subscription cannot do. "
        "Run it with rs.run, rs.run_async or `async for`."
    )


def test_an_end_that_comes_while_the_sources_are_subscribed_lets_go_of_the_others() -> None:
    live: Subject[int] = Subject()
    broken: Subject[int] = Subject()
    broken.on_error(ValueError("broken"))
    merged = rs.from_observable(live).pipe(ops.merge(rs.from_observable(broken)))

    assert said_by(merged) == ["ValueError('broken')"]
    assert not live.observers


def test_an_observer_hears_of_one_end_whatever_a_source_says_behind_it() -> None:
    said: list[object] = []

    def subscribe(observer: Any, _: Any) -> Any:
        observer.on_next(1)
        observer.on_completed()
        observer.on_next(2)
        observer.on_error(ValueError("late"))

    stream = rs.from_observable(reactivex.create(subscribe))
    stream.subscribe(said.append, lambda error: said.append(repr(error)), lambda: said.append("end"))

    assert said == [1, "end"]


def test_a_subject_hands_its_items_to_whoever_subscribes_and_forgets_him_afterwards() -> None:
    subject: Subject[int] = Subject()
    said: list[object] = []

    subscription = rs.from_observable(subject).subscribe(said.append, on_completed=lambda: said.append("end"))
    subject.on_next(1)
    subscription.dispose()
    subject.on_next(2)
    subject.on_completed()

    assert said == [1]
    assert not subject.observers


def test_a_subject_that_was_disposed_of_is_an_error_of_the_stream() -> None:
    subject: Subject[int] = Subject()
    subject.dispose()

    assert said_by(rs.from_observable(subject)) == ["DisposedException('Object has been disposed')"]
    with pytest.raises(DisposedException):
        rs.collect(rs.from_observable(subject))


def test_an_observer_object_takes_the_place_of_the_functions() -> None:
    said: list[object] = []
    observer = reactivex.Observer[int](said.append, said.append, lambda: said.append("end"))

    rs.from_iterable([1, 2]).subscribe(observer)

    assert said == [1, 2, "end"]


def test_who_disposes_on_the_way_does_not_hear_the_item() -> None:
    said: list[int] = []
    subject: Subject[int] = Subject()

    def leave(value: int) -> int:
        if value == 2:
            subscription.dispose()
        return value

    subscription = rs.from_observable(subject).pipe(ops.map(leave)).subscribe(said.append)
    for value in (1, 2, 3):
        subject.on_next(value)

    assert said == [1]


PUSHED: dict[str, tuple[list[Any], list[object]]] = {
    "flat_map": ([rx.flat_map(lambda value: reactivex.of(value, value))], [0, 0, 2, 2, "end"]),
    "concat": ([rx.concat(reactivex.of(9))], [0, 2, 9, "end"]),
    "catch": ([rx.map(lambda value: 1 // value), rx.catch(lambda _, __: reactivex.of(9))], [9, "end"]),
    "retry": ([rx.map(lambda value: 4 // value), rx.retry()], [2, "end"]),
    "switch_latest": ([rx.map(lambda value: rs.from_iterable([value, 5])), rx.switch_latest()], [0, 5, 2, 5, "end"]),
    "a merge with a list": ([ops.merge(rs.from_iterable([7])), rx.flat_map(reactivex.of)], [7, 0, 2, "end"]),
}


@pytest.mark.parametrize(("steps", "expected"), PUSHED.values(), ids=PUSHED)
def test_what_foreign_operators_put_off_comes_with_the_item_that_was_pushed(steps: Any, expected: list[object]) -> None:
    subject: Subject[int] = Subject()
    said: list[object] = []

    stream = rs.from_observable(subject).pipe(*steps)
    stream.subscribe(said.append, lambda error: said.append(repr(error)), lambda: said.append("end"))
    subject.on_next(0)
    subject.on_next(2)
    subject.on_completed()

    assert said == expected


def raising(*_: object) -> None:
    raise ValueError("mine")


ENDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "of who hears of the end": (ops.take(1), {"on_completed": raising}),
    "of who hears of errors": (ops.map(lambda value: 1 // value), {"on_error": raising}),
    "of who hears of a foreign operator's error": (rx.map(lambda value: 1 // value), {"on_error": raising}),
    "of who hears of items": (ops.map(str), {"on_next": raising}),
}


@pytest.mark.parametrize(("step", "functions"), ENDS.values(), ids=ENDS)
def test_an_error_of_the_observer_reaches_whoever_pushes(step: Any, functions: dict[str, Any]) -> None:
    subject: Subject[int] = Subject()
    rs.from_observable(subject).pipe(step).subscribe(**functions)

    with pytest.raises(ValueError, match="mine"):
        subject.on_next(0)


def test_a_subscription_that_is_over_keeps_nothing_of_the_stream() -> None:
    subject: Subject[int] = Subject()
    kept = Items()
    subscription = rs.from_observable(subject).pipe(rx.map(kept.__getitem__)).subscribe()
    gone = weakref.ref(kept)
    del kept

    subscription.dispose()
    gc.collect()

    assert gone() is None
