"""An input that is silent for longer than it may be holds nobody back, until it says something again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal

Combine = Callable[[rs.Stream[Any], rs.Stream[Any]], rs.Stream[Any]]


def counted(stream: rs.Stream[Any]) -> rs.Stream[Any]:
    """How many items lie in each window of ten seconds."""
    return stream.pipe(ops.window(rs.tumbling(10), into=rs.agg.count(), key=lambda _: None), ops.map(lambda p: p.value))


def dated(stream: rs.Stream[Any], **options: Any) -> rs.Stream[Any]:
    """Items whose instants, in seconds, are ten times what they say."""
    return stream.pipe(ops.event_time(lambda item: int(item) * 10, unit="s", **options))


def test_a_silent_input_holds_the_others_back(marbles: Marbles) -> None:
    talking, silent = marbles.hot("123-------|"), marbles.hot("----------|")

    marbles.expect(counted(dated(talking).pipe(ops.merge(dated(silent)))), "----------(aaa|)", values={"a": 1})


def test_one_that_may_be_silent_is_left_out_when_it_has_been(marbles: Marbles) -> None:
    talking, silent = marbles.hot("123-------|"), marbles.hot("----------|")

    # Two windows are over by the other one's instants; the third is when both end.
    marbles.expect(counted(dated(talking).pipe(ops.merge(dated(silent, idle=5)))), "-----(aa)-(a|)", values={"a": 1})


def test_an_item_begins_the_silence_anew(marbles: Marbles) -> None:
    talking, other = marbles.hot("-234---------|"), marbles.hot("1--1---------|")

    # 3 + 5 s: then the windows of 1 and of 2 and 3 are over
    marbles.expect(
        counted(dated(talking).pipe(ops.merge(dated(other, idle=5)))), "--------(baa)(a|)", values={"a": 1, "b": 2}
    )


def test_who_comes_back_counts_again(marbles: Marbles) -> None:
    talking, other = marbles.hot("2---------345-------|"), marbles.hot("---------2----------|")
    stream = dated(talking).pipe(ops.merge(dated(other, idle=6)))

    # Left out from 6 s on, back from 9 s, and left out again at 15 s.
    marbles.expect(counted(stream), "---------------(baa)(a|)", values={"a": 1, "b": 2})


def test_where_all_are_silent_nothing_is_closed(marbles: Marbles) -> None:
    left, right = marbles.hot("1---------|"), marbles.hot("2---------|")
    stream = dated(left, idle=2).pipe(ops.merge(dated(right, idle=3)))

    # Left out first, the left one lets the first window close by the right one's instant; then nobody says anything.
    marbles.expect(counted(stream), "--a-------(a|)", values={"a": 1})


def test_alone_a_silent_stream_closes_nothing(marbles: Marbles) -> None:
    marbles.expect(counted(dated(marbles.hot("1--------|"), idle=2)), "---------(a|)", values={"a": 1})


def test_a_join_does_not_wait_for_a_side_that_is_left_out(marbles: Marbles) -> None:
    left, right = marbles.hot("123-------|"), marbles.hot("----------|")
    joined = dated(left).pipe(ops.join(dated(right, idle=5), within=1, key=lambda _: None, how="left"))

    marbles.expect(joined.pipe(ops.map(lambda pair: pair.left)), "-----(12)-(3|)")


def test_a_join_as_of_does_not_wait_for_a_right_side_that_is_left_out(marbles: Marbles) -> None:
    left, right = marbles.hot("-2-3------4---|"), marbles.hot("1-------------|")
    joined = dated(left).pipe(ops.join_asof(dated(right, idle=5), key=lambda _: None))

    marbles.expect(joined.pipe(ops.map(lambda pair: pair.left + pair.right)), "-----(ab)-c---|", values=SUMS)


SUMS = {"a": "21", "b": "31", "c": "41"}


def test_a_right_side_that_comes_back_is_not_late(marbles: Marbles) -> None:
    left, right = marbles.hot("-2------3-----|"), marbles.hot("1--------3----|")
    joined = dated(left).pipe(ops.join_asof(dated(right, idle=5), key=lambda _: None))

    marbles.expect(joined.pipe(ops.map(lambda pair: pair.left + pair.right)), "-----a--b-----|", values=SUMS)


@pytest.mark.parametrize("combine", [lambda a, b: a.pipe(ops.zip(b)), lambda a, b: a.pipe(ops.combine_latest(b))])
def test_other_operators_of_several_inputs_hand_the_silence_of_all_on(marbles: Marbles, combine: Combine) -> None:
    quiet = combine(dated(marbles.hot("1------------|"), idle=2), dated(marbles.hot("1------------|"), idle=2))
    talking = dated(marbles.hot("-12----------|"))
    pairs_and_numbers = quiet.pipe(ops.merge(talking))

    marbles.expect(counted(pairs_and_numbers), "--b----------(a|)", values={"a": 1, "b": 2})


def test_a_replay_of_histories_counts_the_silence_by_its_own_clock() -> None:
    talking = rs.from_history([(second, "talk") for second in range(100)], unit="s")
    silent = rs.from_history([(0, "say"), (99, "say")], unit="s")
    by_clock = ops.event_time(lambda _: rs.now(), idle=timedelta(seconds=20))
    closed_at: list[float] = []
    merged = talking.pipe(ops.merge(silent.pipe(by_clock)), ops.window(rs.tumbling(10), into=rs.agg.count()))
    rs.collect(merged.pipe(ops.observe(lambda _: closed_at.append(rs.now().timestamp()))))

    assert closed_at[:3] == [20.0, 20.0, 30.0]


def test_idle_must_be_greater_than_zero(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.event_time("at", unit="s", idle=0))

    assert sentence == "event_time: idle must be greater than zero; got 0. Give seconds or a timedelta."
