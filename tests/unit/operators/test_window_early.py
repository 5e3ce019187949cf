"""Panes of windows before the last one: at each change, and every so often."""

from datetime import timedelta
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal
from tests.unit.operators.windowed import EPOCH, at, bounds, history, shown, values


def test_at_each_change_there_is_a_pane_and_one_more_on_closing() -> None:
    windowed = history(1, 2, 11).pipe(ops.window(rs.tumbling(10), into=rs.agg.sum(), emit="update"))

    assert shown(windowed) == [(1, 0, False), (3, 1, False), (3, 2, True), (11, 0, False), (11, 1, True)]


def test_an_item_of_overlapping_windows_changes_each() -> None:
    windowed = history(7).pipe(ops.window(rs.hopping(10, 5), emit="update"))

    assert bounds(windowed) == [(0, 10, [7]), (5, 15, [7]), (0, 10, [7]), (5, 15, [7])]


def test_a_session_that_grew_out_of_two_goes_on_with_the_revisions_of_both() -> None:
    windowed = history(1, 9, 5, disorder=20).pipe(ops.window(rs.session(4), into=rs.agg.count(), emit="update"))

    assert shown(windowed) == [(1, 0, False), (1, 0, False), (3, 2, False), (3, 3, True)]


def test_every_so_often_there_are_panes_of_what_changed() -> None:
    windowed = history(1, 2, 5, 9, 13).pipe(ops.window(rs.tumbling(12), emit=4))

    assert shown(windowed) == [
        ([1, 2], 0, False),
        ([1, 2, 5], 1, False),
        ([1, 2, 5, 9], 2, True),
        ([13], 0, False),
        ([13], 1, True),
    ]


def test_a_tick_shows_what_lies_before_its_instant() -> None:
    windowed = history(1, 5, 4, 12, 13, disorder=8).pipe(ops.window(rs.tumbling(10), emit=4))

    assert shown(windowed)[:3] == [([1], 0, False), ([1, 4, 5], 1, False), ([1, 4, 5], 2, True)]


def test_an_early_pane_carries_the_watermark_but_nothing_behind_its_window() -> None:
    windowed = history(1, 9, 11, 4, disorder=0).pipe(ops.window(rs.tumbling(10), grace=5, emit="update"), ops.events())

    times = [event.timestamp for event in rs.collect(windowed)]

    last = at(10) - timedelta(microseconds=1)
    assert times == [at(1), at(9), at(11), last, last, at(20) - timedelta(microseconds=1)]


def test_an_early_pane_of_a_tick_carries_the_tick() -> None:
    windowed = history(1, 9).pipe(ops.window(rs.tumbling(10), emit=4), ops.events())

    times = [event.timestamp for event in rs.collect(windowed)]

    assert times == [at(4), at(10) - timedelta(microseconds=1)]


def test_an_early_pane_without_any_watermark_carries_the_runs_clock() -> None:
    windowed = rs.from_iterable([1]).pipe(ops.window(rs.tumbling(10), emit="update"), ops.events())

    assert rs.collect(windowed)[0].timestamp == EPOCH


def test_an_early_pane_does_not_change_behind_ones_back() -> None:
    into = {"own": rs.agg.of(list, lambda seen, value: seen.append([value]) or seen)}
    windowed = history(1, 2).pipe(ops.window(rs.tumbling(10), into=into, emit="update"))

    assert [pane["own"] for pane in values(windowed)] == [[[1]], [[1], [2]], [[1], [2]]]


def test_an_item_that_fails_when_a_tick_is_over_is_an_error_of_its_own() -> None:
    failed: list[object] = []
    pairs = [(1, 1), (5, "x"), (9, 3)]
    windowed = rs.from_history(pairs, unit="s", disorder=9).pipe(ops.window(rs.tumbling(10), into=rs.agg.sum(), emit=4))

    passed = values(windowed, on_error=lambda event, _: failed.append(event.value))

    assert (passed, failed) == ([1, 4], ["x"])


def test_a_result_that_cannot_be_read_early_is_an_error_of_its_pane() -> None:
    into = rs.agg.of(int, lambda total, value: total + value, finish=lambda total: 1 // (total - 1))
    windowed = history(1, 2).pipe(ops.window(rs.tumbling(10), into=into, emit="update"))

    assert values(windowed, on_error=rs.handlers.skip()) == [0, 0]


def test_who_has_enough_of_early_panes_gets_no_more() -> None:
    windowed = history(1, 2, 3).pipe(ops.window(rs.tumbling(10), emit="update"), ops.take(2))

    assert values(windowed) == [[1], [1, 2]]


def test_a_misspelt_emission_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.window(rs.tumbling(1), emit="updates")) == (
        "window: emit must be one of 'close', 'update'; got 'updates'. Did you mean 'update'?"
    )


@pytest.mark.parametrize("emit", [0, -1], ids=repr)
def test_ticks_without_time_between_them_are_refused(refusal: Refusal, emit: Any) -> None:
    assert refusal(lambda: ops.window(rs.tumbling(1), emit=emit)) == (
        f"window: emit must be greater than zero; got {emit!r}. Give seconds or a timedelta."
    )
