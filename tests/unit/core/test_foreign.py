"""Operators that are not rxstream's."""

import asyncio
import threading
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import Feed, Origin, foreign_name
from tests.unit.conftest import Numbers, Refusal


def acknowledging() -> rs.Stream[Any]:
    """A source that must not lose a record."""
    return rs.Stream(
        feed=Feed(name="from_queue", lift=rs.Event, connect=lambda: None, locate=lambda _: (("queue", None), 0))
    )


def same(value: Any) -> Any:
    return value


FOREIGN: dict[str, Any] = {
    "map": rx.map(lambda x: x + 1),
    "filter": rx.filter(lambda x: x != 2),
    "scan": rx.scan(lambda total, x: total + x),
    "distinct": rx.distinct(),
    "pairwise": rx.pairwise(),
    "buffer_with_count": rx.buffer_with_count(2),
    "take_last": rx.take_last(2),
    "skip": rx.skip(1),
    "to_list": rx.to_list(),
    "concat": rx.concat(reactivex.of(9)),
    "start_with": rx.start_with(0),
    "zip": rx.zip(reactivex.of("a", "b", "c", "d")),
    "flat_map": rx.flat_map(lambda x: reactivex.of(x, x)),
    "delay": rx.delay(1.0),
    "debounce": rx.debounce(1.0),
    "catch": rx.catch(reactivex.of(9)),
    "default_if_empty": rx.default_if_empty(9),
    "share": rx.share(),
    "repeat": rx.repeat(2),
    "retry": rx.retry(2),
    "finally_action": rx.finally_action(lambda: None),
    "materialize": reactivex.compose(rx.materialize(), rx.dematerialize()),
    "group_by": reactivex.compose(rx.group_by(lambda x: x % 2), rx.flat_map(rx.to_list())),
    "reduce": rx.reduce(lambda total, x: total + x, 0),
    "observe_on": rx.observe_on(reactivex.scheduler.ImmediateScheduler()),
    "delay_subscription": rx.delay_subscription(1.0),
    "expand": rx.expand(lambda x: reactivex.of(x * 10) if x < 10 else reactivex.empty()),
    "do_action": rx.do_action(lambda _: None),
    "multicast": rx.publish(lambda shared: shared.pipe(rx.merge(shared))),
}


@pytest.fixture
def items() -> Any:
    """The same numbers as a source that tells who asked for more than there is."""
    return lambda: rs.from_iterable([1, 2, 2, 3])


def collected(stream: rs.Stream[Any]) -> list[Any]:
    """What a run of it gives; one that never ends is given up."""
    seen = rs.to_list()
    asyncio.run(asyncio.wait_for(rs.run_async(stream.to(seen)), timeout=30))
    return seen.items


def by_reactivex(*steps: Any) -> list[Any]:
    found: list[Any] = []
    clock = rs.StreamScheduler.virtual()
    reactivex.from_iterable([1, 2, 2, 3]).pipe(*steps).subscribe(found.append, scheduler=clock)
    clock.run()
    return found


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_operator_gives_what_it_gives_by_itself(name: str, items: Any) -> None:
    assert collected(items().pipe(FOREIGN[name])) == by_reactivex(FOREIGN[name])


@pytest.mark.parametrize("name", FOREIGN)
def test_between_rxstreams_own_a_foreign_operator_gives_the_same(name: str, items: Any) -> None:
    stream = items().pipe(ops.map(same), FOREIGN[name], ops.observe(same))

    assert collected(stream) == by_reactivex(FOREIGN[name])


@pytest.mark.parametrize("name", sorted(set(FOREIGN) - {"delay", "debounce", "delay_subscription"}))
def test_subscribed_plainly_a_foreign_operator_gives_the_same(name: str, items: Any) -> None:
    found: list[Any] = []

    items().pipe(FOREIGN[name]).subscribe(found.append)

    assert found == by_reactivex(FOREIGN[name])


def test_foreign_inputs_of_a_foreign_merge_are_not_lost(items: Any) -> None:
    assert sorted(collected(items().pipe(rx.merge(reactivex.of(9))))) == [1, 2, 2, 3, 9]


def test_an_error_in_a_foreign_operator_ends_the_run() -> None:
    with pytest.raises(ZeroDivisionError):
        rs.collect(rs.from_iterable([1, 0]).pipe(rx.map(lambda x: 1 / x)))


def test_an_error_in_a_foreign_operator_ends_the_run_whatever_the_sink() -> None:
    with pytest.raises(ZeroDivisionError):
        rs.run(rs.from_iterable([1, 0]).pipe(rx.map(lambda x: 1 / x)).to(rs.to_list()))


def test_a_foreign_observable_that_fails_ends_the_run() -> None:
    with pytest.raises(ValueError, match="broken"):
        rs.collect(rs.from_observable(reactivex.throw(ValueError("broken"))))


def test_a_foreign_operator_can_ask_for_no_more(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable(numbers).pipe(rx.take(3)))

    assert (taken, numbers.pulled) == ([1, 2, 3], 3)


def test_below_a_foreign_operator_items_have_their_passports() -> None:
    event = rs.Event(1, "k", headers=(("h", b"x"),), origin=rs.Origin("topic", 0, 1))

    assert rs.collect(rs.from_iterable([event]).pipe(rx.map(same), ops.events())) == [event]


def test_a_key_given_above_a_foreign_operator_is_there_below() -> None:
    keyed = rs.from_iterable([1]).pipe(ops.key_by(str), rx.map(same), ops.events())

    assert rs.collect(keyed) == [rs.Event(1, key="1")]


def test_ones_own_operator_function_is_applied() -> None:
    def twice(source: reactivex.Observable[int]) -> reactivex.Observable[int]:
        return source.pipe(rx.flat_map(lambda x: [x, x]))

    assert rs.collect(rs.from_iterable([1, 2]).pipe(twice, ops.map(str))) == ["1", "1", "2", "2"]


def test_ones_own_function_of_rxstreams_operators_is_applied() -> None:
    def doubled(source: rs.Stream[int]) -> rs.Stream[int]:
        return source.pipe(ops.map(lambda x: x * 2))

    assert rs.collect(rs.from_iterable([1, 2]).pipe(doubled)) == [2, 4]


def test_a_function_that_returns_no_observable_is_refused(refusal: Refusal) -> None:
    def wrong(_: object) -> int:
        return 5

    assert refusal(lambda: rs.from_iterable([1]).pipe(wrong)) == (
        "pipe: an operator must give an Observable; wrong gave 5. Return the stream from it."
    )


def test_items_pushed_from_another_thread_have_their_passports() -> None:
    subject, made = Subject[int](), []
    rs.from_observable(subject).pipe(ops.key_by(str), ops.events()).subscribe(made.append)

    pushing = threading.Thread(target=subject.on_next, args=(1,))
    pushing.start()
    pushing.join()

    assert made == [rs.Event(1, key="1")]


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (rx.map(same), "map"),
        (rx.delay(1.0), "delay"),
        (rx.scan(max), "scan"),
        (same, "same"),
        (rx.pairwise(), "pairwise"),
    ],
)
def test_a_foreign_operators_name_can_be_read(step: Any, name: str) -> None:
    assert foreign_name(step) == name


@pytest.mark.parametrize("step", [rx.map(same), rx.filter(same), rx.take(1), rx.do_action(same), rx.scan(max)])
def test_operators_that_answer_within_the_call_are_taken_behind_an_acknowledging_source(step: Any) -> None:
    assert isinstance(acknowledging().pipe(step).to(print), rs.Pipeline)


def test_an_operator_that_may_keep_records_is_refused_behind_an_acknowledging_source(refusal: Refusal) -> None:
    assert refusal(lambda: acknowledging().pipe(ops.map(same), rx.take_last(1)).to(print)) == (
        "reactivex's take_last: behind from_queue every operator must say what becomes of each record; this one may "
        "keep or drop them unseen. Use one of rxstream's operators."
    )


def test_the_refusal_names_what_rxstream_has_instead(refusal: Refusal) -> None:
    assert refusal(lambda: acknowledging().pipe(rx.flat_map(lambda x: [x])).to(print)) == (
        "reactivex's flat_map: behind from_queue every operator must say what becomes of each record; this one may "
        "keep or drop them unseen. Use rxstream's ops.flat_map."
    )


def test_ones_own_function_is_refused_behind_an_acknowledging_source(refusal: Refusal) -> None:
    def own(source: reactivex.Observable[int]) -> reactivex.Observable[int]:
        return reactivex.merge(source, reactivex.never())

    assert refusal(lambda: acknowledging().pipe(own).to(print)) == (
        "own: behind from_queue every operator must say what becomes of each record; this one may keep or drop them "
        "unseen. Use one of rxstream's operators."
    )


def test_a_chain_of_operators_is_refused_for_the_one_that_may_keep_records() -> None:
    chain = reactivex.compose(rx.map(same), rx.delay(1.0))

    with pytest.raises(rs.UntrackedOperatorError):
        acknowledging().pipe(chain).to(print)


def test_an_origin_alone_makes_no_source_acknowledging() -> None:
    event = rs.Event(1, origin=Origin("topic", 0, 1))

    assert rs.collect(rs.from_iterable([event]).pipe(rx.buffer_with_count(1))) == [[1]]
