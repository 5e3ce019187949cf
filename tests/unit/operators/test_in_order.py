"""Sorting items by event time."""

import gc
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import Hold
from rxstream.testing import Marbles
from tests.unit.conftest import InBatches
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import Broken, at, committed_after, failing_at


def history(*seconds: float, disorder: float | None = 0) -> rs.Stream[float]:
    """Items that are their own instants."""
    return rs.from_history(seconds, time=lambda second: second, unit="s", disorder=disorder)


def letters(disorder: int) -> Any:
    """Give letters the instants of their places in the alphabet."""
    return ops.event_time(lambda letter: ord(letter) - ord("a"), unit="s", disorder=disorder)


#: How far apart, what comes, and what is handed on.
DIAGRAMS = {
    "in order": (0, "               -a-b-c-|", "-a-b-c-|"),
    "exactly the disorder": (2, "   -c-a-d-|", "---a---(cd|)"),
    "one by one": (1, "             -b-a-d-c-f|", "---a-b-c-d(f|)"),
    "several at once": (3, "        -c-b-h----|", "-----(bc)-(h|)"),
    "beyond the disorder": (1, "    -d-b-c-e|", "-----c-d(e|)"),
    "an error": (2, "               -c-a-#", "---a-#"),
    "empty": (2, "                  --|", "--|"),
    "silent": (2, "                 -c-", "---"),
}


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_an_item_comes_when_the_watermark_has_reached_it(marbles: Marbles, diagram: str) -> None:
    disorder, given_, expected = DIAGRAMS[diagram]

    marbles.expect(marbles.hot(given_).pipe(letters(disorder), ops.in_order()), expected)


def test_whoever_has_enough_unsubscribes(marbles: Marbles) -> None:
    source = marbles.hot("-c-b-h-i-|")

    marbles.expect(source.pipe(letters(3), ops.in_order(), ops.take(1)), "-----(b|)")
    marbles.expect_subscriptions(source, "                                ^----!")


def test_ties_come_as_they_came() -> None:
    pairs = [(2, "a"), (1, "b"), (2, "c"), (1, "d")]

    assert rs.collect(rs.from_history(pairs, unit="s", disorder=5).pipe(ops.in_order())) == list("bdac")


def test_a_tie_with_the_watermark_is_handed_on_at_once() -> None:
    order: list[Any] = []

    rs.collect(history(3, 3).pipe(ops.observe(order.append), ops.in_order(), ops.observe(order.append)))

    assert order == [3, 3, 3, 3]


def test_passports_stay_as_they_are() -> None:
    events = [rs.Event(n, "k", at(n), (("h", b"x"),), rs.Origin("t", 0, n)) for n in (2, 1, 9)]

    sorted_ones = rs.from_history(events, disorder=5).pipe(ops.in_order(), ops.events())
    assert rs.collect(sorted_ones) == [events[1], events[0], events[2]]


def test_what_operators_above_said_stays_too() -> None:
    keyed = history(2, 1, disorder=5).pipe(ops.key_by(str), ops.event_time(lambda n: n + 1, unit="s", disorder=5))

    assert rs.collect(keyed.pipe(ops.in_order(), ops.events())) == [
        rs.Event(1, "1", at(2)),
        rs.Event(2, "2", at(3)),
    ]


def test_what_is_behind_the_watermark_is_counted_as_late() -> None:
    made = rs.to_list()

    [told] = rs.run(history(5, 2, 3, 9, disorder=2).pipe(ops.in_order()).to(made)).pipelines

    assert (made.items, told.late) == ([3, 5, 9], 1)


def test_without_a_watermark_everything_is_sorted_at_the_end() -> None:
    order: list[Any] = []
    events = [rs.Event(n, timestamp=at(n)) for n in (3, 1, 2)]

    rs.collect(rs.from_iterable(events).pipe(ops.observe(order.append), ops.in_order(), ops.observe(order.append)))

    assert order == [3, 1, 2, 1, 2, 3]


def test_items_without_event_time_keep_their_order() -> None:
    assert rs.collect(rs.from_iterable("cab").pipe(ops.in_order())) == ["c", "a", "b"]


def test_a_window_below_closes_with_the_watermark() -> None:
    order: list[Any] = []
    window: Any = ops.window(rs.tumbling(5)), ops.observe(lambda pane: order.append(pane.value))

    rs.collect(history(4, 3, 7, 20, disorder=2).pipe(ops.in_order(), ops.observe(order.append), *window))

    assert order == [3, 4, [3, 4], 7, [7], 20, [20]]


def test_an_item_that_fails_below_leaves_the_others() -> None:
    inverse = history(2, 0, 1, disorder=5).pipe(ops.in_order(), ops.map(lambda n: 2 // n))

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [2, 1]


def test_run_again_it_gives_the_same() -> None:
    stream = history(2, 1, disorder=1).pipe(ops.in_order())

    assert rs.collect(stream) == rs.collect(stream) == [1, 2]


def test_subscribed_plainly_it_gives_the_same() -> None:
    said: list[object] = []

    history(2, 1, disorder=1).pipe(ops.in_order()).subscribe(said.append, None, lambda: said.append("end"))

    assert said == [1, 2, "end"]


SECONDS, FEW = st.lists(st.integers(0, 12), max_size=25), st.integers(0, 12)
BATCHES = st.sampled_from([1, 2, 7, 1000])


def ordered_by_hand(seconds: Sequence[int], disorder: int) -> tuple[list[tuple[int, int]], int]:
    """What is within the disorder, numbered and sorted, and how many are not."""
    numbered = [(second, number) for number, second in enumerate(seconds)]
    in_time = [(second, n) for second, n in numbered if second >= max(seconds[: n + 1]) - disorder]
    return sorted(in_time), len(seconds) - len(in_time)


@given(SECONDS, FEW, BATCHES)
def test_what_comes_is_what_comes_by_hand(in_batches: InBatches, seconds: list[int], disorder: int, batch: int) -> None:
    numbered = [(second, number) for number, second in enumerate(seconds)]
    timed: Any = ops.event_time(lambda pair: pair[0], unit="s", disorder=disorder)
    made = rs.to_list()

    source = in_batches(rs.from_iterable(numbered), batch)
    [told] = rs.run(source.pipe(timed, ops.in_order()).to(made)).pipelines

    assert (made.items, told.late) == ordered_by_hand(seconds, disorder)


@given(SECONDS, SECONDS, FEW, BATCHES)
def test_merged_histories_are_sorted_too(
    in_batches: InBatches, one: list[int], two: list[int], disorder: int, batch: int
) -> None:
    left, right = (in_batches(history(*seconds, disorder=disorder), batch) for seconds in (one, two))
    made = rs.to_list()

    [told] = rs.run(left.pipe(ops.merge(right), ops.in_order()).to(made)).pipelines

    assert made.items == sorted(made.items)
    assert len(made.items) + told.late == len(one) + len(two)


@given(SECONDS, FEW)
def test_nothing_is_late_below(seconds: list[int], disorder: int) -> None:
    late = rs.to_list()

    rs.collect(history(*seconds, disorder=disorder).pipe(ops.in_order(), ops.window(rs.tumbling(1), late=late)))

    assert late.items == []


def seconds_of(disorder: int) -> Any:
    return ops.event_time(lambda second: second, unit="s", disorder=disorder)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_everything_handled_is_everything_committed(size: int) -> None:
    belt = Belt([*range(20), 3, 19, *range(15, 30)], size=size)

    assert committed_after(belt, seconds_of(4), ops.in_order()) == 37


def test_what_is_kept_is_not_committed() -> None:
    belt = Broken(range(10), size=1)

    assert committed_after(belt, seconds_of(3), ops.in_order()) == 7


@given(st.integers(0, 29), BATCHES)
def test_nothing_from_an_item_on_that_stopped_the_run_is_committed(bad: int, size: int) -> None:
    belt = Belt(range(30), size=size)

    assert committed_after(belt, seconds_of(3), ops.in_order(), failing_at(bad)) == bad


@pytest.mark.parametrize("keep", [ops.in_order(), ops.delay(1)], ids=["in_order", "delay"])
@pytest.mark.parametrize("into", [ops.window(rs.tumbling(10_000), into=rs.agg.count()), ops.reduce(lambda a, _: a, 0)])
def test_below_it_nothing_is_held_for_a_source_that_remembers_nothing(keep: Any, into: Any) -> None:
    held: list[int] = []

    def count(_item: Any) -> None:
        held.append(sum(type(found) is Hold for found in gc.get_objects()))

    # What other tests have left must not count.
    gc.collect()
    rs.run(history(*range(1_000)).pipe(keep, into).to(count))

    assert held[0] < 100
