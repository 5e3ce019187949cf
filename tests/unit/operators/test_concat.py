"""One stream behind the other."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import Feed
from rxstream.testing import Marbles
from tests.unit.conftest import Numbers, Refusal
from tests.unit.delivery.belt import Belt

#: First, second, and what comes of them, where the second begins when it is subscribed to.
COLD = {
    "one behind the other": ("-a-b|", "-1-2|", "-a-b-1-2|"),
    "at once": ("             (ab|)", "(12|)", "(ab12|)"),
    "empty": ("               |", "   -1-|", "-1-|"),
    "empty after a while": (" ---|", " -1|", " ----1|"),
    "the second is empty": (" -a-|", " |", "   -a-|"),
    "both empty": ("          |", "    |", "   |"),
    "endless": ("             -a-b-", "1|", " -a-b-"),
    "the second is endless": ("-a|", "-1-", " -a-1-"),
    "an error": ("            -a#", " -1|", " -a#"),
    "the second's error": ("  -a|", " 1-#", " -a1-#"),
}


@pytest.mark.parametrize("diagram", COLD)
def test_the_next_one_begins_when_the_one_before_has_completed(marbles: Marbles, diagram: str) -> None:
    first, second, expected = COLD[diagram]

    marbles.expect(marbles.cold(first).pipe(ops.concat(marbles.cold(second))), expected)


@pytest.mark.parametrize("diagram", COLD)
def test_reactivex_says_the_same(marbles: Marbles, diagram: str) -> None:
    first, second, expected = COLD[diagram]

    marbles.expect(marbles.cold(first).pipe(rx.concat(marbles.cold(second))), expected)


def test_what_a_hot_one_says_before_its_turn_is_not_heard(marbles: Marbles) -> None:
    first, second = marbles.hot("-a--|"), marbles.hot("-1-2-3|")

    marbles.expect(first.pipe(ops.concat(second)), "  -a---3|")
    marbles.expect_subscriptions(second, "            ----^-!")


def test_a_hot_one_that_is_over_ends_at_once(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a--|").pipe(ops.concat(marbles.hot("-1|"))), "-a--|")


def test_each_one_is_subscribed_to_in_its_turn(marbles: Marbles) -> None:
    one, two, three = marbles.cold("-a|"), marbles.cold("-b|"), marbles.cold("-c|")

    marbles.expect(one.pipe(ops.concat(two, three)), "-a-b-c|")
    marbles.expect_subscriptions(one, "   ^-!")
    marbles.expect_subscriptions(two, "   --^-!")
    marbles.expect_subscriptions(three, " ----^-!")


def test_a_stream_can_follow_itself(marbles: Marbles) -> None:
    source = marbles.cold("-a|")

    marbles.expect(source.pipe(ops.concat(source)), "-a-a|")
    marbles.expect_subscriptions(source, "  ^-!", "--^-!")


def test_whoever_has_enough_does_not_subscribe_to_the_rest(marbles: Marbles) -> None:
    one, two = marbles.cold("-a-b|"), marbles.cold("-c|")

    marbles.expect(one.pipe(ops.concat(two), ops.take(1)), "-(a|)")
    marbles.expect_subscriptions(one, "^!")
    marbles.expect_subscriptions(two)


def test_whoever_has_enough_unsubscribes_from_a_later_one(marbles: Marbles) -> None:
    one, two = marbles.cold("-a|"), marbles.cold("-b-c|")

    marbles.expect(one.pipe(ops.concat(two), ops.take(2)), "-a-(b|)")
    marbles.expect_subscriptions(two, "--^!")


def test_who_unsubscribes_hears_nothing_of_the_rest(marbles: Marbles) -> None:
    one, two = marbles.cold("-a--|"), marbles.cold("-b|")

    marbles.expect(one.pipe(ops.concat(two)), "-a----", subscription="^-!")
    marbles.expect_subscriptions(two)


def test_it_goes_on_within_the_instant_when_what_stands_above_has_enough(marbles: Marbles) -> None:
    one, two = marbles.hot("-a-b-|"), marbles.cold("-c|")

    marbles.expect(one.pipe(ops.take(1), ops.concat(two)), "-ac|")


def test_it_can_be_merged_with_others(marbles: Marbles) -> None:
    one, two, three = marbles.cold("-a|"), marbles.cold("--b|"), marbles.cold("---c-d|")

    marbles.expect(one.pipe(ops.concat(two), ops.merge(three)), "-a-cbd|")


def test_it_can_follow_in_a_concat() -> None:
    inner = rs.from_iterable([2]).pipe(ops.concat(rs.from_iterable([3])))

    assert rs.collect(rs.from_iterable([1]).pipe(ops.concat(inner, rs.from_iterable([4])))) == [1, 2, 3, 4]


def test_without_others_nothing_changes() -> None:
    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.concat())) == [1, 2]


def test_very_many_streams_can_follow() -> None:
    said: list[int] = []
    rs.from_iterable([0]).pipe(ops.concat(*(rs.from_iterable([n]) for n in range(1, 3000)))).subscribe(said.append)

    assert said == list(range(3000))


def test_empty_values_are_values() -> None:
    assert rs.collect(rs.from_iterable([None]).pipe(ops.concat(rs.from_iterable([0, ""])))) == [None, 0, ""]


def test_items_keep_their_passports() -> None:
    one, two = rs.from_iterable([rs.Event(1, key="a")]), rs.from_iterable([rs.Event(2, key="b")])

    assert rs.collect(one.pipe(ops.concat(two), ops.events())) == [rs.Event(1, key="a"), rs.Event(2, key="b")]


def test_what_a_later_one_says_is_not_said_on_the_last_items_behalf() -> None:
    one = rs.from_iterable([rs.Event(1, key="a")]).pipe(ops.take(1))

    keys = [event.key for event in rs.collect(one.pipe(ops.concat(reactivex.of(2)), ops.events()))]

    assert keys == ["a", None]


def test_a_later_one_is_pulled_no_further_than_needed(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable([0]).pipe(ops.concat(rs.from_iterable(numbers)), ops.take(3)))

    assert (taken, numbers.pulled) == ([0, 1, 2], 2)


def test_an_item_of_a_later_one_that_fails_leaves_the_others() -> None:
    inverse = rs.from_iterable([1]).pipe(ops.concat(rs.from_iterable([0, 2])), ops.map(lambda n: 1 / n))

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [1.0, 0.5]


def test_the_items_of_all_are_counted() -> None:
    report = rs.run(rs.from_iterable([1, 2]).pipe(ops.concat(rs.from_iterable([3]))).to(rs.to_list()))

    assert (report.pipelines[0].received, report.pipelines[0].emitted) == (3, 3)


def test_run_again_it_gives_the_same() -> None:
    stream = rs.from_iterable([1]).pipe(ops.concat(rs.from_iterable([2])))

    assert rs.collect(stream) == rs.collect(stream) == [1, 2]


def test_subscribed_plainly_it_gives_the_same() -> None:
    said: list[object] = []

    stream = rs.from_iterable([1]).pipe(ops.concat(rs.from_iterable([2]), reactivex.of(3)))
    stream.subscribe(said.append, None, lambda: said.append("end"))

    assert said == [1, 2, 3, "end"]


def test_on_somebody_elses_clock_it_gives_the_same() -> None:
    said: list[object] = []
    scheduler = VirtualTimeScheduler()

    timers = rs.timer(2).pipe(ops.concat(rs.timer(3)))
    timers.subscribe(lambda _: said.append(scheduler.clock), scheduler=scheduler)
    scheduler.start()

    assert said == [2.0, 5.0]


def test_it_fails_once() -> None:
    said: list[object] = []
    one, two = Subject[int](), Subject[int]()
    concatenated = rs.from_observable(one).pipe(ops.concat(two))
    concatenated.subscribe(said.append, lambda error: said.append(str(error)))

    one.on_error(ValueError("first"))
    two.on_next(2)
    two.on_error(ValueError("second"))

    assert said == ["first"]


def test_a_later_one_that_breaks_as_it_is_read_ends_the_run_with_its_error() -> None:
    broken = rs.from_iterable(1 // n for n in (1, 0))

    with pytest.raises(ZeroDivisionError):
        rs.collect(rs.from_iterable([1]).pipe(ops.concat(broken)))


def instants(stream: rs.Stream[Any]) -> list[tuple[Any, float]]:
    """What a stream says, and when, in seconds."""
    return rs.collect(stream.pipe(ops.map(lambda value: (value, rs.now().timestamp()))))


def test_timers_begin_when_their_turn_comes() -> None:
    assert instants(rs.timer(5).pipe(ops.concat(rs.timer(5)))) == [(0, 5.0), (0, 10.0)]


def test_a_history_goes_on_where_the_one_before_has_ended() -> None:
    one = rs.from_history([(1, "a"), (5, "b")], unit="s")

    assert instants(one.pipe(ops.concat(rs.from_history([(7, "c")], unit="s")))) == [("a", 1.0), ("b", 5.0), ("c", 7.0)]


def test_what_lies_before_its_turn_of_a_history_comes_at_once() -> None:
    one = rs.from_history([(5, "a")], unit="s")
    two = rs.from_history([(2, "b"), (7, "c")], unit="s")

    assert instants(one.pipe(ops.concat(two))) == [("a", 5.0), ("b", 5.0), ("c", 7.0)]


def test_no_window_closes_before_the_last_one_has_begun() -> None:
    one = rs.from_history([(1, "a"), (5, "b")], unit="s")
    two = rs.from_history([(0, "c"), (4, "d")], unit="s")

    panes = rs.collect(one.pipe(ops.concat(two), ops.window(rs.tumbling(2))))

    assert [pane.value for pane in panes] == [["c", "a"], ["d", "b"]]


async def two_numbers() -> AsyncIterator[int]:
    for number in (1, 2):
        await asyncio.sleep(0)
        yield number


LATER: dict[str, Any] = {
    "an iterable": lambda: rs.from_iterable([3]),
    "a timer": lambda: rs.timer(0.01).pipe(ops.map(lambda _: 3)),
    "an observable": lambda: reactivex.of(3),
    "an observable's timer": lambda: reactivex.timer(0.01).pipe(rx.map(lambda _: 3)),
    "something live": lambda: rs.from_aiter(two_numbers).pipe(ops.filter(lambda n: n == 2), ops.map(lambda n: n + 1)),
    "a history": lambda: rs.from_history([(0, 3)], unit="s"),
}


@pytest.mark.parametrize("later", LATER)
def test_behind_something_live_anything_can_follow(later: str) -> None:
    stream = rs.from_iterable([0]).pipe(ops.concat(rs.from_aiter(two_numbers), LATER[later]()))

    assert rs.collect(stream) == [0, 1, 2, 3]


@pytest.mark.parametrize("later", LATER)
def test_behind_a_past_anything_can_follow(later: str) -> None:
    stream = rs.from_history([(0, 0)], unit="s").pipe(ops.concat(LATER[later]()))

    assert rs.collect(stream) == [0, 3]


def test_a_run_ends_where_a_later_one_is_left() -> None:
    endless = rs.from_iterable([0]).pipe(ops.concat(rs.from_aiter(two_numbers), reactivex.never()), ops.take(2))

    assert rs.collect(endless) == [0, 1]


def test_the_records_of_a_source_that_follows_are_committed() -> None:
    belt = Belt(range(5), size=2)

    rs.run(belt.stream.pipe(ops.concat(rs.from_iterable([5]))).to(rs.to_list()))

    assert belt.committed == 5


def test_what_has_to_be_waited_for_is_refused_in_a_plain_subscription(refusal: Refusal) -> None:
    stream = rs.from_iterable([1]).pipe(ops.concat(rs.from_aiter(two_numbers)))

    assert refusal(stream.subscribe) == (
        "concat: from_aiter has to be waited for, which a plain subscription cannot do. "
        "Run it with rs.run, rs.run_async or `async for`."
    )


def test_an_endless_timer_is_refused_in_a_plain_subscription(refusal: Refusal) -> None:
    stream = rs.from_iterable([1]).pipe(ops.concat(rs.interval(1)))

    assert refusal(stream.subscribe) == (
        "concat: interval needs a clock, as it never ends; a plain subscription has none. "
        "Run it with rs.run, or give subscribe a StreamScheduler."
    )


def test_a_past_that_is_waited_for_cannot_come_later(refusal: Refusal) -> None:
    assert refusal(lambda: ops.concat(Belt([1]).stream)) == (
        "concat: what comes later must not begin with the run, as a past does that is waited for; got belt. "
        "Let it be the first input, or use ops.merge, which takes histories by their instants."
    )


def test_branches_cannot_come_later(refusal: Refusal) -> None:
    branched = rs.from_iterable([1]).pipe(ops.tee(lambda stream: stream.to(print)))

    assert refusal(lambda: ops.concat(branched)) == (
        "concat: what comes later must have no branches, as these begin with the run; "
        "got Stream(from_iterable) | tee. Branch off behind concat."
    )


def test_a_source_that_is_read_once_cannot_come_twice(refusal: Refusal) -> None:
    queue = rs.Stream[Any](
        feed=Feed(
            name="from_queue", lift=rs.Event, connect=lambda: None, locate=lambda _: (("queue", None), 0), live=True
        )
    )
    yes, no = queue.split(bool)

    assert refusal(lambda: yes.pipe(ops.concat(no))) == (
        "concat: a source that remembers what was handled must stand above one input only, as it is read once; "
        "got from_queue above two. Use ops.merge."
    )


@pytest.mark.parametrize("other", [[1, 2], None, 5], ids=repr)
def test_what_is_no_observable_is_refused(refusal: Refusal, other: Any) -> None:
    assert refusal(lambda: ops.concat(other)) == (
        f"concat: every input must be a Stream or an Observable; got {other!r}. "
        "Wrap it, for instance in rs.from_iterable(…)."
    )


def test_a_foreign_observable_comes_behind_what_had_to_be_awaited() -> None:
    async def awaited(value: int) -> int:
        await asyncio.sleep(0)
        return value

    first = rs.from_observable(reactivex.from_iterable([1, 2])).pipe(ops.process(awaited))

    assert rs.collect(first.pipe(ops.concat(reactivex.from_iterable([3, 4])))) == [1, 2, 3, 4]
