"""The edges of hopping, session, sliding and counted windows."""

from datetime import timedelta
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import committed_after
from tests.unit.operators.windowed import at, bounds, history, late_of, values

# Hopping


def test_an_item_counts_in_each_window_that_it_lies_in() -> None:
    windowed = history(1, 7, 12).pipe(ops.window(rs.hopping(10, 5)))

    assert bounds(windowed) == [(-5, 5, [1]), (0, 10, [1, 7]), (5, 15, [7, 12]), (10, 20, [12])]


def test_the_end_of_a_hopping_window_does_not_belong_to_it() -> None:
    assert bounds(history(10).pipe(ops.window(rs.hopping(10, 5)))) == [(5, 15, [10]), (10, 20, [10])]


def test_a_hop_need_not_divide_the_size() -> None:
    assert bounds(history(7).pipe(ops.window(rs.hopping(5, 3)))) == [(3, 8, [7]), (6, 11, [7])]


def test_hopping_windows_may_be_shifted() -> None:
    assert bounds(history(7).pipe(ops.window(rs.hopping(10, 5, offset=-1)))) == [(-1, 9, [7]), (4, 14, [7])]


def test_a_hop_of_the_size_is_a_tumbling_window() -> None:
    stream = history(1, 2, 11, 25)

    assert rs.collect(stream.pipe(ops.window(rs.hopping(10, 10, offset=3)))) == rs.collect(
        stream.pipe(ops.window(rs.tumbling(10, offset=3)))
    )


def test_a_late_item_counts_in_what_was_merged_of_many_slices_before_it_came() -> None:
    stream = history(*range(9), 5, 30, disorder=0).pipe(ops.window(rs.hopping(8, 1)))

    [after] = [items for start, _, items in bounds(stream) if start == 1]
    assert after == [1, 2, 3, 4, 5, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("into", "both"),
    [(list, [7, 11]), (rs.agg.of(list, lambda seen, value: [*seen, value]), [11, 7])],
    ids=["slices", "states"],
)
def test_a_late_item_counts_in_the_hopping_windows_that_are_open(into: Any, both: list[int]) -> None:
    late = late_of(history(1, 11, 7, disorder=0), rs.hopping(10, 5), into=into)

    assert late == ([[1], [1], both, [11]], [])


@pytest.mark.parametrize("into", [list, rs.agg.of(list, lambda seen, value: [*seen, value])], ids=["slices", "states"])
def test_an_item_is_late_where_its_last_hopping_window_is_closed(into: Any) -> None:
    assert late_of(history(11, 4.9, 15, 4, disorder=0), rs.hopping(10, 5), into=into)[1] == [4.9, 4]


def test_the_watermark_reaching_end_and_grace_closes_a_hopping_window() -> None:
    panes, late = late_of(history(1, 14.9, 4, 15, 4.5, disorder=0), rs.hopping(10, 5), grace=5)

    assert (panes[:2], late) == ([[1], [1, 4]], [4.5])


def test_a_year_without_items_is_no_work() -> None:
    year = 365 * 86_400

    assert values(history(0, year).pipe(ops.window(rs.hopping(1, 0.5)))) == [[0], [0], [year], [year]]


def test_long_windows_of_many_slices_add_each_item_to_few_states() -> None:
    merges = 0

    def counting(a: int, b: int) -> int:
        nonlocal merges
        merges += 1
        return a + b

    into = rs.agg.of(int, lambda n, _: n + 1, merge=counting)

    panes = rs.collect(history(*range(1_000)).pipe(ops.window(rs.hopping(1_000, 1), into=into)))

    assert (panes[999].value, merges < 40 * len(panes)) == (1_000, True)


def test_a_merge_that_raises_is_an_error_of_its_pane() -> None:
    def merge(a: int, b: int) -> int:
        if a and b:
            raise ValueError(b)
        return a + b

    windowed = history(1, 7, 12).pipe(ops.window(rs.hopping(10, 5), into=rs.agg.of(int, int.__add__, merge=merge)))

    assert values(windowed.pipe(), on_error=rs.handlers.skip()) == [1, 12]


def test_panes_of_slices_do_not_change_behind_ones_back() -> None:
    into = rs.agg.of(list, lambda seen, value: seen.append(value) or seen, merge=lambda a, b: a.extend(b) or a)

    panes = values(history(12, 11, 4, 7, disorder=20).pipe(ops.window(rs.hopping(10, 5), into=into)))

    assert panes == [[4], [4, 7], [7, 12, 11], [12, 11]]


@pytest.mark.parametrize("refused", [0, 5], ids=["in the first", "in the last"])
@pytest.mark.parametrize("emit", ["close", "update"])
def test_a_record_is_not_settled_before_the_last_pane_it_is_in(emit: str, refused: int) -> None:
    def refuse(pane: rs.Pane) -> None:
        if (pane.start, pane.final) == (at(refused), True):
            raise ValueError(pane)

    timed: Any = ops.event_time(lambda value: value, unit="s"), ops.window(rs.hopping(10, 5), emit=emit)

    assert committed_after(Belt([-3, 7, 8, 99], size=2), *timed, sink=refuse) == 1


# Sessions


def test_a_session_is_from_its_first_to_its_last_item() -> None:
    assert bounds(history(1, 4, 20, 22).pipe(ops.window(rs.session(5)))) == [(1, 4, [1, 4]), (20, 22, [20, 22])]


def test_a_gap_as_long_as_the_limit_joins() -> None:
    assert values(history(1, 6, 11.000001).pipe(ops.window(rs.session(5)))) == [[1, 6], [11.000001]]


def test_an_item_between_two_sessions_joins_them() -> None:
    assert bounds(history(1, 9, 5, disorder=20).pipe(ops.window(rs.session(4)))) == [(1, 9, [1, 5, 9])]


def test_an_item_before_a_session_moves_its_start() -> None:
    assert bounds(history(9, 5, disorder=20).pipe(ops.window(rs.session(4)))) == [(5, 9, [5, 9])]


def test_a_session_closes_when_the_watermark_is_greater_than_end_gap_and_grace() -> None:
    assert values(history(1, 9, 5, disorder=0).pipe(ops.window(rs.session(5), grace=3))) == [[1, 5, 9]]


def test_a_session_is_closed_as_soon_as_the_watermark_is_greater() -> None:
    assert late_of(history(1, 9.000001, 1, disorder=0), rs.session(5), grace=3) == ([[1], [9.000001]], [1])


def test_an_item_behind_the_watermark_is_not_late_where_it_joins_an_open_session() -> None:
    assert late_of(history(3, 7, 1, disorder=0), rs.session(5)) == ([[1, 3, 7]], [])


def test_an_item_near_a_closed_session_only_is_one_of_its_own_if_it_is_not_late() -> None:
    assert late_of(history(1, 6.5, 4, disorder=0), rs.session(5)) == ([[1], [4, 6.5]], [])


def test_first_and_last_are_right_in_a_session_that_was_joined() -> None:
    pairs = [(9, "c"), (1, "a"), (5, "b"), (9, "d"), (1, "e")]
    into = {"first": rs.agg.first(), "last": rs.agg.last(), "items": list}
    windowed = rs.from_history(pairs, unit="s", disorder=20).pipe(ops.window(rs.session(4), into=into))

    assert values(windowed) == [{"first": "a", "last": "d", "items": ["a", "e", "b", "c", "d"]}]


def test_an_aggregate_of_ones_own_gets_the_parts_of_a_session_in_order_of_time() -> None:
    into = rs.agg.of(tuple, lambda seen, value: (*seen, value), merge=lambda a, b: a + b)

    assert values(history(9, 1, 5, disorder=20).pipe(ops.window(rs.session(4), into=into))) == [(1, 5, 9)]


def test_an_aggregate_of_ones_own_gets_the_slices_of_a_window_in_order_of_time() -> None:
    into = rs.agg.of(tuple, lambda seen, value: (*seen, value), merge=lambda a, b: a + b)
    windowed = history(7, 1, 4, 2, disorder=20).pipe(ops.window(rs.hopping(8, 2), into=into))

    assert values(windowed)[3] == (1, 2, 4, 7)


def test_an_aggregate_that_raises_leaves_sessions_apart() -> None:
    pairs = [(1, 1), (9, 2), (5, "x")]
    windowed = rs.from_history(pairs, unit="s", disorder=20).pipe(ops.window(rs.session(4), into=rs.agg.sum()))

    assert values(windowed, on_error=rs.handlers.skip()) == [1, 2]


def test_a_session_without_merge_is_refused(refusal: Refusal) -> None:
    into = {"n": rs.agg.count(), "own": rs.agg.of(int, max)}

    assert refusal(lambda: ops.window(rs.session(5), into=into)) == (
        "window: into must have a merge, as an item may join two sessions; got dict with of. "
        "Give it one: rs.agg.of(…, merge=…)."
    )


# Sliding


def test_each_instant_has_a_window_of_what_came_before() -> None:
    assert bounds(history(1, 4, 6, 6.5).pipe(ops.window(rs.sliding(5)))) == [
        (-4, 1, [1]),
        (-1, 4, [1, 4]),
        (1, 6, [1, 4, 6]),
        (1.5, 6.5, [4, 6, 6.5]),
    ]


def test_items_of_one_instant_share_a_sliding_window() -> None:
    pairs = [(1, "a"), (1, "b")]

    assert values(rs.from_history(pairs, unit="s").pipe(ops.window(rs.sliding(5)))) == [["a", "b"]]


def test_an_item_out_of_order_counts_in_the_sliding_windows_behind_it() -> None:
    assert values(history(1, 6, 4, disorder=5).pipe(ops.window(rs.sliding(5)))) == [[1], [1, 4], [1, 4, 6]]


def test_an_item_is_late_where_the_sliding_window_of_its_own_instant_is_closed() -> None:
    late = late_of(history(1, 6, 4, 3.9, disorder=2), rs.sliding(5))

    assert late == ([[1], [1, 4], [1, 4, 6]], [3.9])


# Counted


def test_so_many_items_make_a_counted_window() -> None:
    assert bounds(history(1, 2, 5, 7, 8).pipe(ops.window(rs.counted(2)))) == [
        (1, 2, [1, 2]),
        (5, 7, [5, 7]),
        (8, 8, [8]),
    ]


def test_counted_windows_may_overlap() -> None:
    assert values(history(1, 2, 3, 4).pipe(ops.window(rs.counted(3, hop=1)))) == [[1, 2, 3], [2, 3, 4], [3, 4], [4]]


def test_a_counted_window_closes_with_its_last_item() -> None:
    order: list[object] = []
    stream = history(1, 2, 3).pipe(ops.observe(order.append), ops.window(rs.counted(2)))

    rs.collect(stream.pipe(ops.observe(lambda pane: order.append(pane.value))))

    assert order == [1, 2, [1, 2], 3, [3]]


def test_nothing_is_late_for_a_counted_window() -> None:
    assert late_of(history(9, 1, 5, disorder=0), rs.counted(2)) == ([[1, 9], [5]], [])


def test_a_counted_window_is_bounded_by_the_first_and_the_last_to_arrive() -> None:
    assert bounds(history(9, 1, disorder=0).pipe(ops.window(rs.counted(2)))) == [(9, 1, [1, 9])]


def test_the_watermark_waits_for_a_counted_window_that_is_not_full() -> None:
    pairs = [(1, "a"), (2, "b"), (3, "b"), (30, "b"), (31, "b")]
    counted = ops.window(rs.counted(2), key=lambda word: word)
    below = rs.from_history(pairs, unit="s").pipe(counted, ops.window(rs.tumbling(10), key=lambda _: 0))

    assert [[pane.value for pane in panes] for panes in values(below)] == [[["a"], ["b", "b"]], [["b", "b"]]]


def test_the_watermark_waits_for_the_latest_to_arrive_of_a_counted_window_also_where_it_is_earlier() -> None:
    pairs = [(9, "a"), (5, "a"), (30, "b"), (31, "b"), (32, "b")]
    counted = ops.window(rs.counted(3), key=lambda word: word)
    below = rs.from_history(pairs, unit="s", disorder=10).pipe(counted, ops.window(rs.tumbling(1)))

    assert rs.run(below.to(rs.to_list())).pipelines[0].late == 0


# Order


@pytest.mark.parametrize("by", [rs.tumbling(5), rs.session(1), rs.sliding(1), rs.counted(9)], ids=repr)
def test_panes_closed_by_one_step_are_in_order_of_end_start_and_first_arrival(by: Any) -> None:
    pairs = [(3, "b"), (3, "a"), (1, "c"), (30, "d")]
    windowed = rs.from_history(pairs, unit="s", disorder=20).pipe(ops.window(by, key=lambda word: word))

    panes = rs.collect(windowed)

    keys = [pane.key for pane in panes]
    assert keys == (["b", "a", "c", "d"] if isinstance(by, type(rs.tumbling(5))) else ["c", "b", "a", "d"])


def test_a_session_that_was_joined_goes_by_the_first_arrival_of_all_its_items() -> None:
    pairs = [(9, "b"), (1, "c"), (9, "c"), (1, "b"), (5, "c"), (5, "b")]
    windowed = rs.from_history(pairs, unit="s", disorder=20).pipe(ops.window(rs.session(4), key=lambda word: word))

    assert [pane.key for pane in rs.collect(windowed)] == ["b", "c"]


@pytest.mark.parametrize("batch", [1, 2, 7, 1000])
def test_many_items_at_one_instant_are_one_window(in_batches: Any, batch: int) -> None:
    stream = in_batches(rs.from_history([(5, 1)] * 2_000, unit="s"), batch)

    assert values(stream.pipe(ops.window(rs.session(5), into=rs.agg.count()))) == [2_000]


# Refusals


@pytest.mark.parametrize("size", [0, -1, timedelta(0)], ids=repr)
@pytest.mark.parametrize("who", ["hopping", "session", "sliding"])
def test_what_has_no_length_is_refused(refusal: Refusal, who: str, size: Any) -> None:
    make = {"hopping": lambda: rs.hopping(size, 1), "session": lambda: rs.session(size)}
    what = "gap" if who == "session" else "size"

    assert refusal(make.get(who, lambda: rs.sliding(size))) == (
        f"{who}: {what} must be greater than zero; got {size!r}. Give seconds or a timedelta."
    )


def test_a_hop_of_no_length_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.hopping(1, 0)) == (
        "hopping: hop must be greater than zero; got 0. Give seconds or a timedelta."
    )


def test_a_hop_greater_than_the_size_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.hopping(5, 6)) == (
        "hopping: hop must not be greater than size, which is 5; got 6. "
        "Between windows items would be lost: give a smaller hop."
    )


@pytest.mark.parametrize("n", [0, -1, 1.5, True, None], ids=repr)
def test_what_is_no_count_is_refused(refusal: Refusal, n: Any) -> None:
    assert refusal(lambda: rs.counted(n)) == (
        f"counted: n must be a whole number of at least 1; got {n!r}. Correct it."
    )


def test_a_hop_greater_than_the_count_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.counted(2, hop=3)) == (
        "counted: hop must not be greater than n, which is 2; got 3. "
        "Between windows items would be lost: give a smaller hop."
    )
