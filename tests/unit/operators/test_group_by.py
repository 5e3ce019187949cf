"""Parting a stream into one stream a key."""

import asyncio
import gc
import itertools
import math
import weakref
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import InBatches, Numbers, Refusal
from tests.unit.delivery.belt import Belt

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return EPOCH + timedelta(seconds=second)


def parity(n: int) -> int:
    return n % 2


def added(total: int, n: int) -> int:
    return total + n


def same(group: Any) -> Any:
    return group


def each(f: Callable[[rs.Group[Any]], Any]) -> Any:
    """Merge what is made of each group."""
    return ops.flat_map(f)


#: Each value with the key of its group.
named = each(lambda group: group.pipe(ops.map(lambda value: (group.key, value))))


# Values


def test_each_new_key_begins_a_group() -> None:
    groups = rs.collect(rs.from_iterable([1, 2, 3, 4]).pipe(ops.group_by(parity)))

    assert [(type(group), group.key) for group in groups] == [(rs.Group, 1), (rs.Group, 0)]


def test_a_groups_values_are_those_of_its_key() -> None:
    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.group_by(parity), named)) == [(1, 1), (0, 2), (1, 3)]


def test_each_group_has_operators_of_its_own() -> None:
    totals = each(lambda group: group.pipe(ops.scan(added, 0)))

    assert rs.collect(rs.from_iterable([1, 2, 3, 4]).pipe(ops.group_by(parity), totals)) == [1, 2, 4, 6]


def test_groups_are_streams_that_come_as_they_are_drawn(marbles: Marbles) -> None:
    source = marbles.hot("-a-b-a-|")
    groups = {"x": marbles.cold("a---a-|"), "y": marbles.cold("b---|")}

    marbles.expect(source.pipe(ops.group_by(same)), "-x-y---|", values=groups)


def test_an_empty_stream_has_no_groups() -> None:
    assert rs.collect(rs.from_iterable([]).pipe(ops.group_by())) == []


def test_empty_values_and_keys_are_some() -> None:
    assert rs.collect(rs.from_iterable([None, 0, ""]).pipe(ops.group_by(same), named)) == [
        (None, None),
        (0, 0),
        ("", ""),
    ]


def test_keys_that_are_equal_are_one() -> None:
    assert len(rs.collect(rs.from_iterable([1, 1.0, True]).pipe(ops.group_by(same)))) == 1


def test_a_group_says_what_it_is() -> None:
    [group] = rs.collect(rs.from_iterable([1]).pipe(ops.group_by(str)))

    assert repr(group) == "Group('1')"


def test_batches_make_no_difference(in_batches: InBatches) -> None:
    stream = in_batches(rs.from_iterable(range(9)), 2).pipe(ops.group_by(parity), named)

    assert rs.collect(stream) == [(n % 2, n) for n in range(9)]


def test_run_again_it_gives_the_same() -> None:
    stream = rs.from_iterable([1, 2, 3]).pipe(ops.group_by(parity), named)

    assert rs.collect(stream) == rs.collect(stream) == [(1, 1), (0, 2), (1, 3)]


def test_a_group_can_be_parted_again() -> None:
    nested = each(lambda group: group.pipe(ops.group_by(lambda n: n // 4), named))

    assert rs.collect(rs.from_iterable([1, 2, 5, 3]).pipe(ops.group_by(parity), nested)) == [
        (0, 1),
        (0, 2),
        (1, 5),
        (0, 3),
    ]


def test_behind_branches_of_its_own_a_group_gives_its_values_once_a_branch() -> None:
    twice = each(lambda group: group.pipe(ops.merge(group.pipe(ops.map(lambda n: -n)))))

    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.group_by(parity), twice)) == [1, -1, 2, -2]


def test_foreign_operators_can_stand_in_a_group() -> None:
    counted = each(lambda group: group.pipe(rx.count()))

    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.group_by(parity), counted)) == [2, 1]


# Passports


def test_without_a_function_the_passports_key_counts() -> None:
    events = [rs.Event(1, "a"), rs.Event(2, "b"), rs.Event(3, "a"), rs.Event(4)]

    assert rs.collect(rs.from_iterable(events).pipe(ops.group_by(), named)) == [("a", 1), ("b", 2), ("a", 3), (None, 4)]


def test_what_key_by_says_is_the_passports_key() -> None:
    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.key_by(parity), ops.group_by(), named)) == [(1, 1), (0, 2)]


def test_values_keep_their_passports() -> None:
    event = rs.Event(1, "a", at(3), (("h", b"x"),), rs.Origin("topic", 0, 7))

    assert rs.collect(rs.from_iterable([event]).pipe(ops.group_by(), ops.flat_map(same), ops.events())) == [event]


def test_a_key_that_was_found_enters_the_values_passports() -> None:
    found = rs.from_iterable([rs.Event(3, "a")]).pipe(ops.group_by(parity), ops.flat_map(same), ops.events())

    assert rs.collect(found) == [rs.Event(3, 1)]


@pytest.mark.parametrize("limits", [{}, {"max_keys": 5}], ids=["kept", "limited"])
def test_a_group_is_named_by_its_key_and_its_first_values_instant(limits: dict[str, Any]) -> None:
    events = [rs.Event(3, "a", at(7), (("h", b"x"),), rs.Origin("topic", 0, 7)), rs.Event(5, "b", at(8))]

    [event] = rs.collect(rs.from_iterable(events).pipe(ops.group_by(parity, **limits), ops.events()))

    assert event == rs.Event(event.value, 1, at(7))


def test_what_one_listener_makes_of_a_passport_is_not_the_others_business() -> None:
    seen: list[object] = []

    def twice(group: rs.Group[int]) -> rs.Stream[int]:
        look: Any = ops.observe(lambda _: seen.append(getattr(rs.current_event(), "key", None)))
        return group.pipe(ops.key_by(str), ops.merge(group.pipe(look)))

    rs.collect(rs.from_iterable([1]).pipe(ops.group_by(parity), ops.flat_map(twice)))

    assert seen == [1]


# Who listens


class Letters:
    """A hot source of words, grouped by their first letters, and what was said to whom."""

    def __init__(self) -> None:
        self.source: Subject[str] = Subject()
        self.groups: list[rs.Group[str]] = []
        self.said: list[str] = []
        self.outer = (
            rs.from_observable(self.source)
            .pipe(ops.group_by(lambda word: word[0]))
            .subscribe(self.groups.append, None, lambda: self.said.append("end"))
        )

    def say(self, *words: str) -> None:
        for word in words:
            self.source.on_next(word)

    def listen(self, place: int, *steps: Any) -> reactivex.abc.DisposableBase:
        return (
            self.groups[place].pipe(*steps).subscribe(self.said.append, None, lambda: self.said.append(f"end {place}"))
        )


def test_groups_can_be_subscribed_plainly() -> None:
    said: list[object] = []

    def listen(group: rs.Group[int]) -> None:
        group.subscribe(said.append, None, lambda: said.append(f"end of {group.key}"))

    rs.from_iterable([1, 2, 3]).pipe(ops.group_by(parity)).subscribe(listen, None, lambda: said.append("end"))

    assert said == [1, 2, 3, "end of 1", "end of 0", "end"]


def test_whoever_listens_late_misses_what_came_before() -> None:
    letters = Letters()

    letters.say("a1")
    letters.listen(0)
    letters.say("a2")

    assert letters.said == ["a2"]


def test_whoever_listens_again_gets_what_comes_from_then_on() -> None:
    letters = Letters()
    letters.say("a1")

    letters.listen(0).dispose()
    letters.say("a2")
    letters.listen(0)
    letters.say("a3")

    assert letters.said == ["a3"]


def test_several_can_listen_to_one_group() -> None:
    letters = Letters()
    letters.say("a1")

    letters.listen(0, ops.map(str.upper))
    letters.listen(0).dispose()
    letters.listen(0)
    letters.say("a2")

    assert letters.said == ["A2", "a2"]


def test_whoever_listens_behind_the_end_hears_of_the_end() -> None:
    letters = Letters()
    letters.say("a1")

    letters.source.on_completed()
    letters.listen(0)

    assert letters.said == ["end", "end 0"]


def test_whoever_listens_behind_an_error_hears_of_the_error() -> None:
    letters = Letters()
    errors: list[Exception] = []
    letters.outer.dispose()
    rs.from_observable(letters.source).pipe(ops.group_by()).subscribe(letters.groups.append, errors.append)
    letters.say("a1")

    letters.source.on_error(ValueError("broken"))
    letters.groups[0].subscribe(on_error=errors.append)

    assert [str(error) for error in errors] == ["broken", "broken"]


def test_values_to_which_nobody_listens_are_dropped() -> None:
    report = rs.run(rs.from_iterable([1, 2, 3]).pipe(ops.group_by(parity)).to(rs.to_list()))

    assert (report.pipelines[0].emitted, report.pipelines[0].dropped) == (2, 3)


def test_a_group_that_is_not_wanted_any_more_leaves_the_others_alone() -> None:
    first_odd = each(lambda group: group.pipe(ops.take(1)) if group.key else group)
    seen = rs.to_list()

    report = rs.run(rs.from_iterable(range(6)).pipe(ops.group_by(parity), first_odd).to(seen))

    assert (seen.items, report.pipelines[0].dropped) == ([0, 1, 2, 4], 2)


def test_a_group_that_is_not_wanted_any_more_is_not_begun_again() -> None:
    firsts = each(lambda group: group.pipe(ops.take(1)))

    assert rs.collect(rs.from_iterable(range(9)).pipe(ops.group_by(parity), firsts)) == [0, 1]


def test_groups_go_on_behind_the_end_of_the_stream_of_groups(marbles: Marbles) -> None:
    source = marbles.hot("abcabc|")
    groups = {"x": marbles.cold("a--a--|"), "y": marbles.cold("b--b-|")}

    marbles.expect(source.pipe(ops.group_by(same), ops.take(2)), "x(y|)", values=groups)


def test_the_source_is_left_when_no_groups_are_wanted_and_none_is_listened_to(marbles: Marbles) -> None:
    source = marbles.hot("abcabcab|")
    two_of_each = each(lambda group: group.pipe(ops.take(2)))

    marbles.expect(source.pipe(ops.group_by(same), ops.take(2), two_of_each), "ab-a(b|)")
    marbles.expect_subscriptions(source, "^---!")


def test_behind_the_last_group_wanted_further_keys_are_dropped() -> None:
    seen = rs.to_list()

    report = rs.run(rs.from_iterable("abcab").pipe(ops.group_by(same), ops.take(2), ops.flat_map(same)).to(seen))

    assert (seen.items, report.pipelines[0].dropped) == (["a", "b", "a", "b"], 1)


@pytest.mark.parametrize("limits", [{}, {"max_keys": 500}], ids=["kept", "limited"])
def test_where_no_group_is_listened_to_no_more_is_pulled_than_groups_are_taken(
    limits: dict[str, Any], numbers: Numbers
) -> None:
    rs.collect(rs.from_iterable(numbers).pipe(ops.group_by(same, **limits), ops.take(3)))

    assert numbers.pulled == 3


def test_where_values_are_taken_no_more_are_pulled(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable(numbers).pipe(ops.group_by(parity), ops.flat_map(same), ops.take(3)))

    assert (taken, numbers.pulled) == ([1, 2, 3], 3)


# Errors


def test_a_value_whose_key_cannot_be_found_is_an_error_of_its_own() -> None:
    inverse = rs.from_iterable([1, 0, 2]).pipe(ops.group_by(lambda n: 2 // n), named)

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [(2, 1), (1, 2)]


@pytest.mark.parametrize("limits", [{}, {"max_keys": 5}], ids=["kept", "limited"])
def test_a_key_that_cannot_be_one_is_an_error_of_its_value(limits: dict[str, Any]) -> None:
    errors: list[str] = []
    keys: dict[int, Any] = {1: [1], 2: 2}
    listed = rs.from_iterable([1, 2]).pipe(ops.group_by(keys.__getitem__, **limits), named)

    assert rs.collect(listed, on_error=lambda _, error: errors.append(str(error))) == [(2, 2)]
    assert errors == [
        "group_by: a key must be hashable, so that it can be remembered; got [1]. "
        "Give a key= that makes text, a number or a tuple of it."
    ]


def test_an_error_in_a_group_is_its_values_and_the_others_flow() -> None:
    inverse = each(lambda group: group.pipe(ops.map(lambda n: 6 // n)))
    failed: list[object] = []

    kept = rs.collect(
        rs.from_iterable([0, 1, 2]).pipe(ops.group_by(parity), inverse),
        on_error=lambda event, _: failed.append(event.value),
    )

    assert (kept, failed) == ([6, 3], [0])


def test_an_error_in_a_group_says_where_it_happened() -> None:
    inverse = each(lambda group: group.pipe(ops.map(lambda n: 1 // n)))

    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(rs.from_iterable([0]).pipe(ops.group_by(parity), inverse).to(print, name="p"))

    assert rs.error_context(caught.value) == ("p", "map", 0)


def test_a_group_that_nobody_could_take_is_an_error_and_its_values_are_dropped() -> None:
    def only_even(group: rs.Group[int]) -> rs.Group[int]:
        if group.key:
            raise ValueError(group)
        return group

    taken = rs.from_iterable(range(5)).pipe(ops.group_by(parity), each(only_even))

    assert rs.collect(taken, on_error=rs.handlers.skip()) == [0, 2, 4]


def test_the_handler_gets_the_event_of_a_group_that_nobody_could_take() -> None:
    failed: list[rs.Event[Any]] = []
    failing: Any = ops.map(lambda group: 1 // group.key)

    rs.collect(
        rs.from_iterable([2]).pipe(ops.group_by(parity), failing), on_error=lambda event, _: failed.append(event)
    )

    assert [(event.key, event.value.key) for event in failed] == [(0, 0)]


def test_in_a_plain_subscription_the_error_of_one_group_leaves_the_others() -> None:
    said: list[object] = []

    def listen(group: rs.Group[int]) -> None:
        group.pipe(ops.map(lambda n: 6 // n)).subscribe(said.append, lambda error: said.append(type(error)))

    rs.from_iterable([0, 1, 2, 3]).pipe(ops.group_by(parity)).subscribe(listen)

    assert said == [ZeroDivisionError, 6, 2]


def test_in_a_plain_subscription_an_error_of_a_key_ends_everything() -> None:
    said: list[object] = []

    def listen(group: rs.Group[int]) -> None:
        group.subscribe(said.append, lambda error: said.append((group.key, type(error))))

    grouped = rs.from_iterable([6, 0, 3]).pipe(ops.group_by(lambda n: 6 // n))
    grouped.subscribe(listen, lambda error: said.append(type(error)))

    assert said == [6, (1, ZeroDivisionError), ZeroDivisionError]


# Forgetting


def test_a_group_that_is_silent_for_longer_than_it_may_completes(marbles: Marbles) -> None:
    source = marbles.hot("       -a-b---b-b-a-|")
    grouped = source.pipe(ops.group_by(same, ttl=marbles.time("----|")))
    groups = {"x": marbles.cold("a-----|"), "y": marbles.cold("b---b-b---|"), "z": marbles.cold("a-|")}

    marbles.expect(grouped, "      -x-y-------z-|", values=groups)


def test_a_silence_of_exactly_the_limit_is_not_too_long(marbles: Marbles) -> None:
    grouped = marbles.hot("-a---a|").pipe(ops.group_by(same, ttl=marbles.time("----|")))

    marbles.expect(grouped, "-x----|", values={"x": marbles.cold("a---a|")})


def test_the_group_used_least_recently_completes_for_the_sake_of_a_new_one(marbles: Marbles) -> None:
    grouped = marbles.hot("abac|").pipe(ops.group_by(same, max_keys=2))
    groups = {"x": marbles.cold("a-a-|"), "y": marbles.cold("b-|"), "z": marbles.cold("c|")}

    marbles.expect(grouped, "xy-z|", values=groups)


def test_whoever_wants_to_know_hears_of_a_forgotten_group_behind_its_end() -> None:
    order: list[object] = []
    ended = each(lambda group: group.pipe(rx.do_action(on_completed=lambda: order.append("end"))))

    def forgotten(key: str, group: rs.Group[str]) -> None:
        order.append((key, type(group), group.key))

    grouped = rs.from_iterable("ab").pipe(ops.group_by(same, max_keys=1, on_evict=forgotten))
    rs.collect(grouped.pipe(ended, ops.observe(order.append)))

    assert order == ["a", "end", ("a", rs.Group, "a"), "b", "end"]


def test_a_key_that_comes_again_has_another_group() -> None:
    groups = rs.collect(rs.from_iterable("aba").pipe(ops.group_by(same, max_keys=1)))

    assert [group.key for group in groups] == ["a", "b", "a"]
    assert groups[0] is not groups[2]


def test_what_a_forgotten_group_hands_on_at_its_end_is_in_nobodys_name() -> None:
    events: list[rs.Event[Any] | None] = []
    counted = each(lambda group: group.pipe(rx.count(), rx.do_action(lambda _: events.append(rs.current_event()))))

    rs.collect(rs.from_iterable("aab").pipe(ops.group_by(same, max_keys=1), counted))

    assert all(event is None or event.value in {1, 2} for event in events)
    assert len(events) == 2


def test_an_error_in_who_hears_of_a_forgotten_group_is_that_of_the_value_at_hand() -> None:
    failed: list[object] = []
    forgetting = ops.group_by(same, max_keys=1, on_evict=lambda key, _: {}[key])

    kept = rs.collect(
        rs.from_iterable("ab").pipe(forgetting, ops.flat_map(same)),
        on_error=lambda event, _: failed.append(event.value),
    )

    assert (kept, failed) == (["a", "b"], ["b"])


def test_in_a_plain_subscription_an_error_in_who_hears_of_a_forgotten_group_ends_everything() -> None:
    said: list[object] = []

    def listen(group: rs.Group[str]) -> None:
        group.subscribe(said.append, lambda error: said.append((group.key, str(error))))

    forgetting = ops.group_by(same, max_keys=2, on_evict=lambda key, _: {}[key])
    rs.from_iterable("abcab").pipe(forgetting).subscribe(listen, lambda error: said.append(str(error)))

    assert said == ["a", "b", ("b", "'a'"), "'a'"]


def test_a_forgotten_group_leaves_nothing_behind() -> None:
    kept: list[weakref.ref[object]] = []
    watched: Any = ops.observe(lambda group: kept.append(weakref.ref(group)))
    alive: list[int] = []
    count: Any = ops.observe(lambda _: alive.append(sum(ref() is not None for ref in kept)))

    rs.collect(
        rs.from_iterable(range(200)).pipe(
            ops.group_by(same, max_keys=5),
            watched,
            ops.flat_map(same),
            count,
            ops.take(200),
            ops.filter(lambda _: False),
        )
    )
    gc.collect()

    assert max(alive) < 100


# Event time


def history(*seconds: float, **options: Any) -> rs.Stream[float]:
    """Items that are their own instants."""
    return rs.from_history(seconds, time=lambda second: second, unit="s", **options)


windowed = each(lambda group: group.pipe(ops.window(rs.tumbling(10)), ops.map(lambda pane: pane.value)))


def test_windows_in_groups_close_with_the_watermark_of_the_source(marbles: Marbles) -> None:
    source = marbles.hot("a-b-a-b---b-b-a-|")
    panes = {"x": ["a", "a"], "y": ["b", "b"], "v": ["b", "b"], "w": ["a"]}

    marbles.expect(source.pipe(ops.group_by(same), windowed), "10s (xy)--(wv|)", values=panes)


def test_a_group_that_began_later_has_its_windows_closed_no_later() -> None:
    order: list[object] = []

    def both(group: rs.Group[float]) -> rs.Stream[object]:
        panes = group.pipe(ops.window(rs.tumbling(10)), ops.map(lambda pane: pane.value))
        return group.pipe(ops.merge(panes))

    rs.collect(history(1, 2, 11, 12, 21).pipe(ops.group_by(int), ops.flat_map(both), ops.observe(order.append)))

    assert order == [1, 2, [1], [2], 11, 12, [11], [12], 21, [21]]


def test_a_value_that_is_late_in_a_new_group_is_late() -> None:
    late = rs.to_list()
    grouped = each(lambda group: group.pipe(ops.window(rs.tumbling(10), late=late)))

    rs.collect(history(25, 1, disorder=0).pipe(ops.group_by(int), grouped))

    assert [event.value for event in late.items] == [1]


def test_the_watermark_of_event_time_reaches_groups() -> None:
    order: list[object] = []
    dated = rs.from_iterable([1, 11]).pipe(ops.event_time(same, unit="s"))

    rs.collect(dated.pipe(ops.group_by(same), ops.observe(order.append), windowed, ops.observe(order.append)))

    assert [getattr(item, "key", item) for item in order] == [1, [1], 11, [11]]


def test_what_a_group_still_keeps_is_not_late_below_its_being_merged() -> None:
    patient = each(lambda group: group.pipe(ops.window(rs.tumbling(10), grace=5)))
    stream = history(*range(60)).pipe(ops.group_by(parity), patient, ops.window(rs.tumbling(10)))
    panes = rs.to_list()

    report = rs.run(stream.to(panes))

    assert (report.pipelines[0].late, len(panes.items)) == (0, 12)


@pytest.mark.parametrize("step", [ops.map(float), ops.process(float), rx.map(float)], ids=["inline", "node", "foreign"])
def test_whatever_stands_in_groups_windows_below_get_everything_in_time(step: Any) -> None:
    stream = history(*range(60)).pipe(ops.group_by(parity), each(lambda group: group.pipe(step)))
    panes = rs.to_list()

    report = rs.run(stream.pipe(ops.window(rs.tumbling(10), into=rs.agg.count())).to(panes))

    assert (report.pipelines[0].late, [pane.value for pane in panes.items]) == (0, [5] * 12)


def test_windows_below_merged_groups_close_as_soon_as_those_in_the_groups() -> None:
    order: list[object] = []
    panes = each(lambda group: group.pipe(ops.window(rs.tumbling(10))))
    stream = history(1, 2, 11).pipe(ops.observe(lambda _: order.append("-")), ops.group_by(parity), panes)

    rs.collect(stream.pipe(ops.window(rs.tumbling(10)), ops.observe(lambda pane: order.append(pane.key))))

    assert order == ["-", "-", 1, 0, "-", 1]


# Delivery


def committed_after(belt: Belt, *steps: Any, sink: Any = None) -> int:
    """Run a belt through groups to its end, or to an error; return what it has committed then."""
    grouped = belt.stream.pipe(ops.group_by(lambda n: n % 3), *steps)
    with suppress(ValueError):
        rs.run(grouped.to(sink or rs.to_list(), on_error=rs.handlers.stop()), shutdown=0.05)
    return belt.committed


async def awaited(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def failing_at(bad: int) -> Callable[[int], int]:
    def check(value: int) -> int:
        if value == bad:
            raise ValueError(value)
        return value

    return check


CHAINS: dict[str, Any] = {
    "nobody": [],
    "itself": [ops.flat_map(same)],
    "scan": [each(lambda group: group.pipe(ops.scan(added, 0)))],
    "filter": [each(lambda group: group.pipe(ops.filter(parity)))],
    "awaited": [each(lambda group: group.pipe(ops.process(awaited)))],
    "window": [each(lambda group: group.pipe(ops.window(rs.tumbling(10))))],
    "take": [each(lambda group: group.pipe(ops.take(2)))],
    "taken": [ops.take(2), ops.flat_map(same)],
    "two listeners": [each(lambda group: group.pipe(ops.merge(group)))],
}


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_everything_handled_is_everything_committed(chain: str, size: int) -> None:
    assert committed_after(Belt(range(30), size=size), *CHAINS[chain]) == 30


@pytest.mark.parametrize("chain", ["itself", "awaited"])
@given(bad=st.integers(0, 29), size=st.sampled_from([1, 7, 1000]))
def test_nothing_from_a_record_on_that_stopped_the_run_is_committed(chain: str, bad: int, size: int) -> None:
    belt = Belt(range(30), size=size)

    assert committed_after(belt, *CHAINS[chain], ops.observe(failing_at(bad))) <= bad


def test_a_record_is_settled_when_the_sink_has_it_and_not_before() -> None:
    belt = Belt(range(30), size=1)
    ahead: list[int] = []

    async def store(value: int) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
            ahead.append(value - belt.committed)

    committed_after(belt, ops.flat_map(same), sink=store)

    assert min(ahead) >= 0
    assert max(ahead) < 10


def test_what_a_group_keeps_is_settled_when_it_is_handled() -> None:
    belt, committed = Belt(range(30), size=1), list[int]()
    panes = each(lambda group: group.pipe(ops.window(rs.tumbling(10))))
    dated = belt.stream.pipe(ops.event_time(same, unit="s"), ops.observe(lambda _: committed.append(belt.committed)))

    rs.run(dated.pipe(ops.group_by(parity), panes).to(rs.to_list()))

    assert {n // 10 * 10 - safe for n, safe in enumerate(committed) if n % 10 > 5} == {0}


@pytest.mark.parametrize("above", [[], [ops.process(awaited)]], ids=["at once", "awaited"])
def test_an_operator_that_could_lose_a_groups_records_is_refused(above: list[Any]) -> None:
    delayed = each(lambda group: group.pipe(rx.delay(1.0)))

    with pytest.raises(rs.UntrackedOperatorError) as caught:
        rs.run(Belt([1]).stream.pipe(*above, ops.group_by(), delayed).to(rs.to_list()), shutdown=0.05)

    assert str(caught.value) == (
        "delay: in a stream of records that must not be lost every operator must say what becomes of each; this one "
        "may keep or drop them unseen. Use one of rxstream's operators."
    )


def test_an_operator_that_loses_nothing_is_taken_in_a_group() -> None:
    assert committed_after(Belt(range(30), size=7), each(lambda group: group.pipe(rx.map(str)))) == 30


def test_branches_in_a_group_are_refused() -> None:
    branched = each(lambda group: group.pipe(ops.tee(rs.to_list())))

    with pytest.raises(rs.StreamError) as caught:
        rs.collect(rs.from_iterable([1]).pipe(ops.group_by(), branched))

    assert str(caught.value) == (
        "flat_map: an inner stream must have no branches, as these begin with the run; got Stream(Relay) | tee with a "
        "tee. Branch off behind flat_map."
    )


# As in reactivex


class Said:
    """What was said of groups of letters, each listened to, of which some may want no more."""

    def __init__(self, grouped: reactivex.Observable[Any], *inner: Any) -> None:
        self.lines: list[str] = []
        self._inner = inner
        grouped.subscribe(self._listen, *self._ends("outer"))

    def _listen(self, group: Any) -> None:
        self.lines.append(f"group {group.key}")
        group.pipe(*self._inner).subscribe(self.lines.append, *self._ends(f"group {group.key}"))

    def _ends(self, who: str) -> tuple[Callable[[Any], None], Callable[[], None]]:
        return lambda error: self.lines.append(f"{who}: {error}"), lambda: self.lines.append(f"{who}: end")


def play(source: Subject[str], script: str) -> None:
    """Say letters, the end and an error."""
    for letter in script:
        if letter == "|":
            source.on_completed()
        elif letter == "#":
            source.on_error(ValueError("broken"))
        else:
            source.on_next(letter)


SCRIPTS = ["|", "#", "a|", "abab|", "aab#", "abcABC|"]
INNER: dict[str, list[Any]] = {"all": [], "take": [rx.take(1)], "failing": [rx.map({"a": 1, "A": 2}.__getitem__)]}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("inner", INNER)
def test_it_says_what_reactivexs_says(script: str, inner: str) -> None:
    ours, theirs = Subject[str](), Subject[str]()
    said = Said(rs.from_observable(ours).pipe(ops.group_by(str.lower)), *INNER[inner])
    expected = Said(theirs.pipe(rx.group_by(str.lower)), *INNER[inner])

    play(ours, script)
    play(theirs, script)

    assert said.lines == expected.lines


@pytest.mark.parametrize("n", [1, 2])
def test_behind_take_it_says_what_reactivexs_says(n: int) -> None:
    said = Said(rs.from_iterable("abcab").pipe(ops.group_by(same), ops.take(n)))
    expected = Said(reactivex.from_iterable("abcab").pipe(rx.group_by(same), rx.take(n)))

    assert said.lines == expected.lines


# Arguments


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"key": 5}, "key must be callable; got 5. Give a function."),
        ({"ttl": 0}, "ttl must be greater than zero; got 0. Give seconds or a timedelta."),
        ({"max_keys": 0}, "max_keys must be a whole number of at least 1; got 0. Correct it."),
        ({"max_keys": 1, "on_evict": 5}, "on_evict must be callable; got 5. Give a function."),
    ],
    ids=["key", "ttl", "max_keys", "on_evict"],
)
def test_what_makes_no_sense_is_refused(refusal: Refusal, arguments: dict[str, Any], sentence: str) -> None:
    assert refusal(lambda: ops.group_by(**arguments)) == f"group_by: {sentence}"


# By hand

Item = tuple[str, int]
STEPS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 4)), max_size=30)


def item_at(item: Item) -> rs.Event[Item]:
    return rs.Event(item, timestamp=at(item[1]))


SOURCES: dict[str, Callable[[list[Item]], rs.Stream[Any]]] = {
    "watermark": lambda items: rs.from_history([item_at(item) for item in items]),
    "no watermark": lambda items: rs.from_iterable([item_at(item) for item in items]),
    "watermark far behind": lambda items: rs.from_history([item_at(item) for item in items], disorder=10**6),
}


class ByHand:
    """What groups say, where all that is known is looked through for each item."""

    def __init__(self, ttl: int | None, most: int | None, *, only_its_own: bool) -> None:
        self.said: list[str] = []
        self._ttl = math.inf if ttl is None else ttl
        self._most = math.inf if most is None else most
        self._only_its_own = only_its_own
        self._used: list[tuple[str, int, int]] = []  # key, instant, number; least recently used first
        self._begun = 0

    def take(self, key: str, now: int) -> None:
        silent = [one for one in self._used if now - one[1] > self._ttl]
        self._forget([one for one in silent if one[0] == key or not self._only_its_own])
        known = next((one for one in self._used if one[0] == key), None)
        if known is None:
            self._forget(self._used[:1] if len(self._used) == self._most else [])
            known = (key, now, self._begun)
            self.said.append(f"{key} begins {self._begun}")
            self._begun += 1
        self._used = [one for one in self._used if one[0] != key] + [(key, now, known[2])]
        self.said.append(f"{known[2]} has {key} at {now}")

    def _forget(self, gone: list[tuple[str, int, int]]) -> None:
        for key, _, number in gone:
            self.said += [f"{number} ends", f"{key} is forgotten"]
        self._used = [one for one in self._used if one not in gone]


def said_by_groups(source: rs.Stream[Item], ttl: int | None, most: int | None) -> list[str]:
    """What groups say, and who hears of forgotten ones, up to the end of the source."""
    said: list[str] = []
    numbers = itertools.count()

    def forgotten(key: str, _: rs.Group[Item]) -> None:
        said.append(f"{key} is forgotten")

    def listen(group: rs.Group[Item]) -> rs.Stream[Item]:
        number = next(numbers)
        said.append(f"{group.key} begins {number}")
        look: Any = ops.observe(lambda item: said.append(f"{number} has {item[0]} at {item[1]}"))
        return group.pipe(look, rx.do_action(on_completed=lambda: said.append(f"{number} ends")))

    limits: dict[str, Any] = {} if ttl is most is None else {"ttl": ttl, "max_keys": most, "on_evict": forgotten}
    rs.collect(source.pipe(ops.group_by(lambda item: item[0], **limits), ops.flat_map(listen)))
    while said and said[-1].endswith("ends"):
        said.pop()
    return said


@pytest.mark.parametrize("source", SOURCES)
@given(steps=STEPS, ttl=st.none() | st.integers(1, 5), most=st.none() | st.integers(1, 4))
def test_groups_are_those_found_by_hand(
    source: str, steps: list[tuple[str, int]], ttl: int | None, most: int | None
) -> None:
    keys, gaps = [key for key, _ in steps], [gap for _, gap in steps]
    items = list(zip(keys, itertools.accumulate(gaps), strict=True))
    by_hand = ByHand(ttl, most, only_its_own=source == "watermark far behind")
    for item in items:
        by_hand.take(*item)

    assert said_by_groups(SOURCES[source](items), ttl, most) == by_hand.said
