"""The partitions of a live source have a watermark each: who is ahead makes nobody late."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.operators.partitioned import Given, Sent, Shelf, dealt

Dated = Callable[[Sequence[Given]], rs.Stream[int]]
AHEAD = [Sent(0, second) for second in (1, 50, 99)]


def by_source(polls: Sequence[Given]) -> rs.Stream[int]:
    """The source says when things happened."""
    return Shelf(polls).stream


def by_value(polls: Sequence[Given]) -> rs.Stream[int]:
    """The values say it."""
    return Shelf(polls, undated=True).stream.pipe(ops.event_time(int, unit="s"))


def by_value_behind_others(polls: Sequence[Given]) -> rs.Stream[int]:
    """The values say it, after other operators have had them."""

    async def rested(second: int) -> int:
        await asyncio.sleep(0.001 if second % 3 else 0)
        return second

    stream = Shelf(polls, undated=True).stream
    return stream.pipe(ops.map(str), ops.map(int), ops.map_async(rested, concurrency=9), ops.event_time(int, unit="s"))


def by_value_if_not_idle(polls: Sequence[Given]) -> rs.Stream[int]:
    """The values say it, and whoever is silent for an hour is left out."""
    return Shelf(polls, undated=True).stream.pipe(ops.event_time(int, unit="s", idle=3600))


EVERY_WAY = [by_source, by_value, by_value_behind_others, by_value_if_not_idle]
at_once = pytest.mark.parametrize("dated", [by_source, by_value, by_value_if_not_idle], ids=lambda way: way.__name__)
each_way = pytest.mark.parametrize("dated", EVERY_WAY, ids=lambda way: way.__name__)


def counted(stream: rs.Stream[int]) -> tuple[dict[int, int], int]:
    """How many lie in which ten seconds, and how many were late."""
    tens = ops.window(rs.tumbling(10), key=lambda _: None, into=rs.agg.count())
    found = rs.to_list()
    report = rs.run(stream.pipe(tens).to(found))
    return {int(pane.start.timestamp()): pane.value for pane in found.items}, report.pipelines[0].late


def shown(stream: rs.Stream[int]) -> list[Any]:
    """What comes of items and of windows of ten seconds, in the order in which it is handed on."""
    tens = ops.window(rs.tumbling(10), key=lambda _: None, into=rs.agg.count())
    items, windows = stream.tee()
    return rs.collect(windows.pipe(tens, ops.map(lambda p: f"from {p.start.second}"), ops.merge(items)))


# What is in order within its partition is not late


@each_way
def test_who_is_read_later_is_not_late(dated: Dated) -> None:
    polls = [Given(AHEAD, (0, 1), [1]), Given([Sent(1, 2), Sent(1, 51)], (0, 1))]

    assert counted(dated(polls)) == ({0: 2, 50: 2, 90: 1}, 0)


@each_way
def test_of_one_poll_nothing_is_late_whoever_comes_first(dated: Dated) -> None:
    assert counted(dated([Given([*AHEAD, Sent(1, 2)], (0, 1))])) == ({0: 2, 50: 1, 90: 1}, 0)


SECONDS = st.lists(st.integers(0, 99), max_size=12).map(sorted)
PARTITIONS = st.dictionaries(st.integers(0, 4), SECONDS, min_size=1, max_size=5)
TURNS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), max_size=12)


@each_way
@given(PARTITIONS, TURNS)
def test_however_partitions_are_read_the_panes_are_the_same(
    dated: Dated, seconds: dict[int, list[int]], turns: list[tuple[int, int]]
) -> None:
    polls = dealt(seconds, [(partition, count) for partition, count in turns if partition in seconds])
    every = [second for found in seconds.values() for second in found]
    expected = {ten: sum(second // 10 * 10 == ten for second in every) for ten in {s // 10 * 10 for s in every}}

    assert counted(dated(polls)) == (expected, 0)


@given(st.lists(st.integers(0, 99), max_size=30).map(sorted), TURNS, st.sampled_from(EVERY_WAY))
def test_from_any_number_of_partitions_the_panes_are_the_same(
    seconds: list[int], turns: list[tuple[int, int]], dated: Dated
) -> None:
    def panes(partitions: int) -> Any:
        parted = {number: seconds[number::partitions] for number in range(partitions)}
        return counted(dated(dealt(parted, [(at % partitions, count) for at, count in turns])))

    assert panes(1) == panes(4) == panes(8)


@given(
    st.dictionaries(st.integers(0, 3), st.lists(st.integers(0, 99), max_size=12), min_size=1),
    TURNS,
    st.integers(0, 30),
)
def test_late_is_what_the_least_partition_has_left_behind(
    seconds: dict[int, list[int]], turns: list[tuple[int, int]], disorder: int
) -> None:
    polls = dealt(seconds, [(partition, count) for partition, count in turns if partition in seconds])
    stream = Shelf(polls, undated=True).stream.pipe(ops.event_time(int, unit="s", disorder=disorder))

    assert counted(stream)[1] == late_by_hand(polls, disorder)


def late_by_hand(polls: Sequence[Given], disorder: int) -> int:
    """Count those whose window of ten seconds was over, by the least of all partitions that are to be waited for."""
    high: dict[int, int] = {}
    least, late, unread = -1_000, 0, set[int]()
    for poll in polls:
        waited = {*unread, *poll.unread, *(record.partition for record in poll.records)}
        for partition, second in poll.records:
            high[partition] = max(high.get(partition, second), second)
            if not waited - high.keys():
                least = max(least, min(high.values()))
            late += least - disorder >= second // 10 * 10 + 10
        unread = {*poll.unread}
        if high and not unread - high.keys():
            least = max(least, min(high.values()))
    return late


# Who holds back


@at_once
def test_a_partition_of_which_nothing_was_read_yet_holds_back(dated: Dated) -> None:
    polls = [Given([Sent(0, 1), Sent(0, 50)], (0, 1), [1]), Given([Sent(1, 20)], (0, 1)), Given([Sent(1, 60)], (0, 1))]

    assert shown(dated(polls)) == [1, 50, "from 0", 20, "from 20", 60, "from 50", "from 0"]


@at_once
def test_an_empty_partition_holds_nothing_back(dated: Dated) -> None:
    polls = [Given([Sent(0, 1)], (0, 1), [1]), Given((), (0, 1)), Given([Sent(0, 20)], (0, 1))]

    assert shown(dated(polls)) == [1, "from 0", 20, "from 20"]


@at_once
def test_found_empty_it_lets_go_at_once(dated: Dated) -> None:
    polls = [Given([Sent(0, 1), Sent(0, 20)], (0, 1), [1]), Given((), (0, 1)), Given([Sent(0, 21)], (0, 1))]

    assert shown(dated(polls)) == [1, 20, "from 0", 21, "from 20"]


@at_once
def test_who_has_brought_something_holds_back_though_nothing_is_unread(dated: Dated) -> None:
    polls = [Given([Sent(1, 1), Sent(0, 50)], (0, 1)), Given([Sent(1, 11)], (0, 1)), Given([Sent(0, 51)], (0, 1))]

    assert shown(dated(polls)) == [1, 50, "from 0", 11, 51, "from 10", "from 50"]


@at_once
def test_a_partition_that_goes_is_waited_for_no_more(dated: Dated) -> None:
    polls = [Given([Sent(1, 1), Sent(0, 50)], (0, 1)), Given((), [0], gone=[1]), Given([Sent(0, 51)], [0])]

    assert shown(dated(polls)) == [1, 50, "from 0", 51, "from 50"]


@at_once
def test_a_partition_that_comes_is_waited_for(dated: Dated) -> None:
    polls = [
        Given([Sent(0, 1)], [0]),
        Given([Sent(0, 15)], (0, 1), [1]),
        Given([Sent(0, 25)], (0, 1), [1]),
        Given([Sent(1, 12)], (0, 1)),
        Given([Sent(1, 26)], (0, 1)),
    ]

    assert shown(dated(polls)) == [1, 15, 25, "from 0", 12, "from 10", 26, "from 20"]


@at_once
def test_a_partition_that_comes_back_begins_anew(dated: Dated) -> None:
    polls = [
        Given([Sent(0, 1), Sent(1, 1)], (0, 1)),
        Given((), [0], gone=[1]),
        Given((), (0, 1)),
        Given([Sent(0, 12)], (0, 1)),
        Given([Sent(1, 13), Sent(0, 30)], (0, 1)),
        Given([Sent(1, 25)], (0, 1)),
    ]

    assert shown(dated(polls)) == [1, 1, "from 0", 12, 13, 30, "from 10", 25, "from 20", "from 30"]


# Where items do not come straight from the source


def test_whose_items_are_all_let_go_above_is_not_waited_for_at_its_end() -> None:
    polls = [Given([Sent(0, 1), Sent(0, 20), Sent(1, 3)], (0, 1)), Given([Sent(0, 21)], (0, 1))]
    even = Shelf(polls, undated=True).stream.pipe(ops.filter(lambda second: second != 3))

    assert shown(even.pipe(ops.event_time(int, unit="s"))) == [1, 20, "from 0", 21, "from 20"]


def test_what_is_still_awaited_above_is_waited_for_though_all_was_read() -> None:
    async def rested(second: int) -> int:
        await asyncio.sleep(0.02 if second == 3 else 0)
        return second

    polls = [Given([Sent(0, 1), Sent(0, 50), Sent(1, 3)], (0, 1)), *[Given((), (0, 1))] * 9]
    stream = Shelf(polls, undated=True).stream.pipe(ops.map_async(rested, concurrency=3, order="done"))

    assert counted(stream.pipe(ops.event_time(int, unit="s"))) == ({0: 2, 50: 1}, 0)


def test_what_has_no_partition_counts_by_its_greatest_instant() -> None:
    polls = [Given([Sent(0, 1), Sent(1, 2), Sent(0, 50), Sent(1, 40)], (0, 1))]
    lists = Shelf(polls, undated=True).stream.pipe(ops.buffer(count=2), ops.event_time(max, unit="s"))

    assert shown(lists) == [[1, 2], "from 0", [50, 40], "from 50"]


def test_two_sources_have_their_own_partitions() -> None:
    def half(first: int) -> rs.Stream[int]:
        polls = [Given([Sent(0, first), Sent(0, first + 50)], (0, 1), [1]), Given([Sent(1, first + 1)], (0, 1))]
        return by_value(polls)

    assert counted(half(0).pipe(ops.merge(half(5)))) == ({0: 4, 50: 2}, 0)


def test_below_a_merge_event_time_follows_whoever_is_farthest() -> None:
    slow = Shelf([Given([Sent(0, 1)], (0, 1), [1])], undated=True).stream
    stream = slow.pipe(ops.merge(rs.from_iterable([2, 70, 3])), ops.event_time(int, unit="s"))

    assert counted(stream)[1] >= 1


# What a source has merged by its own instants


def test_what_is_merged_by_the_source_needs_nobody_to_be_waited_for() -> None:
    polls = [Given([Sent(0, 1), Sent(0, 20)], (0, 1), [1]), Given([Sent(1, 21)], [1])]

    assert shown(Shelf(polls, is_merged=True).stream) == [1, "from 0", 20, 21, "from 20"]


def test_by_its_values_even_that_has_a_watermark_a_partition() -> None:
    polls = [Given([Sent(0, 1), Sent(0, 20)], (0, 1), [1]), Given([Sent(1, 3)], [1])]
    stream = Shelf(polls, is_merged=True).stream.pipe(ops.event_time(int, unit="s"))

    assert counted(stream) == ({0: 2, 20: 1}, 0)


# Who is silent for too long


def idle(polls: Sequence[Given]) -> rs.Stream[int]:
    return Shelf(polls, undated=True).stream.pipe(ops.event_time(int, unit="s", idle=0.3))


def test_a_silent_partition_is_left_out_while_another_one_talks() -> None:
    talk = [Given([Sent(0, second)], (0, 1), rest=0.1) for second in range(20, 28)]

    assert shown(idle([Given([Sent(0, 1), Sent(1, 2)], (0, 1)), *talk]))[-1] == "from 20"
    assert "from 0" in shown(idle([Given([Sent(0, 1), Sent(1, 2)], (0, 1)), *talk]))[:-2]


def test_so_is_one_that_has_brought_nothing_though_some_of_it_is_unread() -> None:
    talk = [Given([Sent(0, second)], (0, 1), [1], rest=0.1) for second in range(20, 28)]

    assert "from 0" in shown(idle([Given([Sent(0, 1)], (0, 1), [1]), *talk]))[:-2]


def test_who_comes_back_holds_back_again() -> None:
    left_out = [Given([Sent(0, 1), Sent(1, 2)], (0, 1)), *[Given([Sent(0, 12)], (0, 1), rest=0.1)] * 5]
    back = [Given([Sent(1, 13), Sent(0, 30)], (0, 1))]

    assert shown(idle([*left_out, *back]))[-5:] == [12, 13, 30, "from 10", "from 30"]
