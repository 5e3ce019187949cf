"""Bringing the items of two streams together that happened at about the same time."""

import asyncio
import copy
import gc
import pickle
import weakref
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.operators import _join, _join_shelf
from rxstream.testing import Marbles
from tests.unit.conftest import InBatches, Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.operators.joins_by_hand import (
    Arrivals,
    Record,
    all_pairs,
    arrivals,
    in_disorder,
    joined_by_hand,
    shown,
    two_sides,
)
from tests.unit.operators.timed import Broken, at, committed_after, failing_at, timed

M = rs.MISSING


def joined(left: Any, right: Any, key: Any = None) -> rs.Joined:
    return rs.Joined(key, left, right)


def history(*seconds: float, disorder: float | None = None) -> rs.Stream[float]:
    """Items that are their own instants."""
    return rs.from_history(seconds, time=lambda second: second, unit="s", disorder=disorder)


def sides(stream: rs.Stream[rs.Joined], **options: Any) -> list[tuple[Any, Any]]:
    return [(pair.left, pair.right) for pair in rs.collect(stream, **options)]


def values(late: Any) -> list[Any]:
    return [event.value for event in late.items]


PAIRS = {"x": joined("a", "1"), "y": joined("b", "1"), "z": joined("a", "2"), "l": joined("a", M), "r": joined(M, "1")}
#: What is said of it, left, right, and what comes.
DIAGRAMS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "the left one first": ({"within": 2}, "    -a----|", "---1--|", "  ---x--|"),
    "the right one first": ({"within": 2}, "   ---a--|", "-1----|", "  ---x--|"),
    "at once": ({"within": 0}, "               -a----|", "-1----|", "  -x----|"),
    "too far": ({"within": 2}, "               -a----|", "----1-|", "  ------|"),
    "not before": ({"within": (0, 5)}, "       ---a--|", "-1----|", "  ------|"),
    "not behind": ({"within": (5, 0)}, "       -a----|", "---1--|", "  ------|"),
    "only far before": ({"within": (3, -2)}, " ---a--|", "-1-2--|", "  ---x--|"),
    "only far behind": ({"within": (-2, 3)}, " -a----|", "-2-1--|", "  ---x--|"),
    "several lefts": ({"within": 5}, "         -a-b----|", "---1-----|", " ---(xy)--|"),
    "several rights": ({"within": 5}, "        ---a-----|", "-1-2-----|", " ---(xz)--|"),
}
UNMATCHED: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "passed by both": ({"how": "left"}, "                -a-b-----|", "--------2|", " --------l(b|)"),
    "the other stands still": ({"how": "left"}, "        -a-b-----|", "---------|", " ---------(lb|)"),
    "the other has ended": ({"how": "left"}, "           -a-b-----|", "|", "         ---l-----(b|)"),
    "at the bound": ({"how": "left"}, "                  -ab-----|", "|", "         --------(lb|)"),
    "with grace": ({"how": "left", "grace": 3}, "         -a----b|", "|", "          ------l(b|)"),
    "on the right": ({"how": "right"}, "                 |", "         -1-2-----|", " ---r-----(s|)"),
    "nobody asked": ({"how": "inner"}, "                 -a-b-----|", "|", "         ---------|"),
}
ENDS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "an error": ({}, "                        -a-#", "    --1--2", " --x#"),
    "the other one's error": ({}, "           -a-b", "    --1#", "   --x(y#)"),
    "an error with items kept": ({"how": "outer"}, " -a#", "     ----", "   --#"),
    "both are empty": ({}, "                  |", "       |", "      |"),
    "one ends": ({}, "                        -a|", "     --1-|", "  --x-|"),
    "silent": ({"how": "outer"}, "                   -a--", "    ----", "   ----"),
}


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_a_pair_comes_as_soon_as_both_are_there(marbles: Marbles, kind: str, diagram: str) -> None:
    rules, left, right, expected = DIAGRAMS[diagram]
    make = getattr(marbles, kind)

    marbles.expect(make(left).pipe(ops.join(make(right), **rules)), expected, PAIRS)


@pytest.mark.parametrize("diagram", UNMATCHED)
def test_one_alone_comes_when_the_watermark_has_passed_all_it_could_match(marbles: Marbles, diagram: str) -> None:
    rules, left, right, expected = UNMATCHED[diagram]
    values = {**PAIRS, "b": joined("b", M), "s": joined(M, "2")}

    marbles.expect(marbles.hot(left).pipe(ops.join(marbles.hot(right), within=1, **rules)), expected, values)


@pytest.mark.parametrize("diagram", ENDS)
def test_it_ends_when_both_have_and_fails_when_one_does(marbles: Marbles, diagram: str) -> None:
    rules, left, right, expected = ENDS[diagram]

    marbles.expect(marbles.hot(left).pipe(ops.join(marbles.hot(right), within=2, **rules)), expected, PAIRS)


def test_whoever_has_enough_unsubscribes_from_both(marbles: Marbles) -> None:
    left, right = marbles.hot("-a-b-c-|"), marbles.hot("--1-2-3|")

    marbles.expect(left.pipe(ops.join(right, within=1), ops.take(1)), "--(x|)", PAIRS)
    marbles.expect_subscriptions(left, "                                ^-!")
    marbles.expect_subscriptions(right, "                               ^-!")


def test_who_unsubscribes_hears_no_more(marbles: Marbles) -> None:
    left, right = marbles.hot("-a-b-c-|"), marbles.hot("-1-2-3-|")

    marbles.expect(left.pipe(ops.join(right, within=0)), "-x-----", PAIRS, subscription="^-!")


# Pairs


@pytest.mark.parametrize("right", [3, 3.0, 7, 7.0])
def test_both_bounds_are_included(right: float) -> None:
    assert sides(history(5).pipe(ops.join(history(right), within=2))) == [(5, right)]


@pytest.mark.parametrize("right", [2.999999, 7.000001])
def test_what_is_beyond_a_bound_is_no_partner(right: float) -> None:
    assert sides(history(5).pipe(ops.join(history(right), within=timedelta(seconds=2)))) == []


def test_many_in_a_row_are_joined() -> None:
    pairs = sides(history(*range(200)).pipe(ops.join(history(*range(200)), within=(0, 1))))

    assert sorted(pairs) == sorted([(n, n) for n in range(200)] + [(n, n + 1) for n in range(199)])


def test_of_several_partners_the_earlier_ones_come_first_and_ties_as_they_came() -> None:
    rights = rs.from_history([(3, "a"), (1, "b"), (3, "c"), (2, "d")], unit="s", disorder=5)

    assert sides(history(6).pipe(ops.join(rights, within=9))) == [(6, "b"), (6, "d"), (6, "a"), (6, "c")]


def test_only_items_of_one_key_are_joined() -> None:
    left, right = (rs.from_history([rs.Event(n, key, at(n)) for n, key in enumerate(keys)]) for keys in ("ab", "bc"))

    assert rs.collect(left.pipe(ops.join(right, within=9))) == [rs.Joined("b", 1, 0)]


def test_one_function_finds_the_keys_of_both() -> None:
    odd = ops.join(history(1, 2, 3), within=0, key=lambda second: second % 2)

    assert rs.collect(history(1, 2).pipe(odd)) == [rs.Joined(1, 1, 1), rs.Joined(0, 2, 2)]


def test_each_side_may_have_a_function_of_its_own() -> None:
    right = rs.from_history([(1, "2"), (1, "1")], unit="s")

    assert rs.collect(history(1).pipe(ops.join(right, within=0, key=(int, int)))) == [rs.Joined(1, 1, "1")]


def test_one_side_may_keep_the_passports_key() -> None:
    right = rs.from_history([rs.Event("r", 1, at(1))])

    assert rs.collect(history(1).pipe(ops.join(right, within=0, key=(int, None)))) == [rs.Joined(1, 1, "r")]


@pytest.mark.parametrize("key", [0, "", (), False, None], ids=repr)
def test_an_empty_key_is_a_key(key: object) -> None:
    assert rs.collect(history(1).pipe(ops.join(history(1), within=0, key=lambda _: key))) == [rs.Joined(key, 1, 1)]


@pytest.mark.parametrize("value", [None, 0, "", False], ids=repr)
def test_empty_values_are_values(value: object) -> None:
    left, right = (rs.from_history([(1, value)], unit="s") for _ in "lr")

    assert sides(left.pipe(ops.join(right, within=0, how="outer"))) == [(value, value)]


def test_a_stream_joined_with_itself_pairs_each_item_with_its_neighbours() -> None:
    source = history(1, 2, 4)

    assert sorted(sides(source.pipe(ops.join(source, within=1)))) == [(1, 1), (1, 2), (2, 1), (2, 2), (4, 4)]


def test_a_stream_joined_with_itself_frees_what_is_over() -> None:
    source = history(1, 9).pipe(ops.map(str))

    stream = source.pipe(ops.join(source, within=(0, -0.0), how="outer"))
    assert timed(stream) == [(1, joined("1", "1")), (9, joined("9", "9"))]


def test_items_without_event_time_are_joined_by_the_runs_clock() -> None:
    assert sides(rs.from_iterable("ab").pipe(ops.join(rs.from_iterable([1]), within=0))) == [("a", 1), ("b", 1)]


def test_without_watermarks_the_end_shows_who_is_alone() -> None:
    left = rs.from_iterable([rs.Event("a", timestamp=at(1)), rs.Event("b", timestamp=at(9))])

    assert sides(left.pipe(ops.join(history(1), within=0, how="outer"))) == [("a", 1), ("b", M)]


def test_a_foreign_observable_can_be_the_right_one() -> None:
    right = rs.from_observable(reactivex.of(1, 5)).pipe(ops.event_time(lambda second: second, unit="s"))

    assert Counter(sides(history(1, 2).pipe(ops.join(right, within=0, how="left")))) == {(1, 1): 1, (2, M): 1}


# Passports


@pytest.mark.parametrize(("left", "right"), [(1, 3), (3, 1), (3, 3)])
def test_a_pairs_passport_has_the_key_and_the_later_instant(left: int, right: int) -> None:
    one, two = (rs.from_history([rs.Event(n, "k", at(n), (("h", b"x"),), rs.Origin("t", 0, n))]) for n in (left, right))

    [made] = rs.collect(one.pipe(ops.join(two, within=5), ops.events()))
    assert made == rs.Event(rs.Joined("k", left, right), "k", at(3))


@pytest.mark.parametrize("how", ["left", "right"])
def test_one_alone_has_its_own_instant(how: str) -> None:
    mine, other = history(3, disorder=0), history()
    left, right = (mine, other) if how == "left" else (other, mine)

    [made] = rs.collect(left.pipe(ops.join(right, within=5, how=how, key=lambda _: "k"), ops.events()))
    assert made == rs.Event(joined(3, M, "k") if how == "left" else joined(M, 3, "k"), "k", at(3))


def test_a_function_below_can_ask_for_the_passport() -> None:
    seen: list[Any] = []
    pairs = history(1).pipe(ops.join(history(2), within=1, key=lambda _: "k"))

    rs.collect(pairs.pipe(ops.observe(lambda _: seen.append(rs.current_event()))))

    assert seen == [rs.Event(rs.Joined("k", 1, 2), "k", at(2))]


def test_the_item_that_ends_another_ones_wait_keeps_its_own_passport() -> None:
    left = history(1, 9).pipe(ops.key_by(str))

    assert [pair.key for pair in rs.collect(left.pipe(ops.join(history(), within=1, how="left")))] == ["1", "9"]


def test_a_window_below_loses_nothing() -> None:
    pairs = history(1, 8, 20).pipe(ops.join(history(6, 15, 28), within=(2, 5), how="outer"))

    panes = rs.collect(pairs.pipe(ops.window(rs.tumbling(5))))
    assert [[(pair.left, pair.right) for pair in pane.value] for pane in panes] == [
        [(1, 6), (8, 6)],
        [(M, 15)],
        [(20, M)],
        [(M, 28)],
    ]


def test_the_watermark_below_is_behind_by_the_greater_bound_and_grace() -> None:
    order: list[Any] = []
    left = history(1, 9, 10, 11).pipe(ops.observe(order.append))
    pairs = left.pipe(ops.join(history(), within=(2, 3), grace=2, how="left"), ops.map(lambda pair: pair.left))

    rs.collect(pairs.pipe(ops.window(rs.tumbling(5)), ops.observe(lambda pane: order.append(pane.value))))

    assert order == [1, 9, [1], 10, 11, [9], [10, 11]]


# Late items, counts and errors


def test_what_comes_when_all_it_could_match_is_over_is_late() -> None:
    late = rs.to_list()
    left = history(9, 6.999999, 7, disorder=0)

    assert sides(left.pipe(ops.join(history(), within=2, how="left", late=late))) == [(7, M), (9, M)]
    assert values(late) == [6.999999]


def test_every_step_of_the_watermark_counts() -> None:
    left = history(9, 9.5, 7.2, disorder=0)

    assert sides(left.pipe(ops.join(history(), within=2, how="left"))) == [(9, M), (9.5, M)]


def test_grace_lets_it_come_later() -> None:
    left = history(9, 4.999999, 5, disorder=0)

    assert sides(left.pipe(ops.join(history(), within=2, grace=2, how="left"))) == [(5, M), (9, M)]


@pytest.mark.parametrize("within", [(5, -3), (-3, 5)])
def test_what_comes_in_order_is_never_late(within: Any) -> None:
    pairs = history(0, 1, 6).pipe(ops.join(history(1, 3, 5), within=within, how="outer"))

    report = rs.run(pairs.to(rs.to_list()))
    assert report.pipelines[0].late == 0


def test_a_late_item_shows_its_passport_and_is_counted() -> None:
    late: list[rs.Event[Any]] = []
    left = rs.from_history([rs.Event(n, "k", at(n)) for n in (9, 1)], disorder=0)

    report = rs.run(left.pipe(ops.join(history(), within=2, late=late.append)).to(rs.to_list()))
    assert (late, report.pipelines[0].late) == ([rs.Event(1, "k", at(1))], 1)


def test_a_late_one_of_the_right_is_late_too() -> None:
    late = rs.to_list()

    rs.collect(history().pipe(ops.join(history(9, 1, disorder=0), within=2, late=late)))
    assert values(late) == [1]


def test_who_is_alone_and_not_wanted_is_dropped() -> None:
    report = rs.run(history(1, 5).pipe(ops.join(history(1, 9, 20), within=0, how="left")).to(rs.to_list()))

    told = report.pipelines[0]
    assert (told.received, told.emitted, told.dropped) == (5, 2, 2)


@pytest.mark.parametrize("others", [[], [Record("L", 5, None, 4)]], ids=["alone", "in a line"])
def test_whose_time_is_over_is_no_partner_though_nobody_has_looked_yet(
    others: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_join, "_SOON", 100)
    records = [Record("L", 0, None, 0), *others, Record("R", 9, None, 1), Record("L", 9, 0, 2), Record("R", 3, None, 3)]
    left, right = two_sides(lambda stream, _: stream, records, 1, {"L": 0, "R": 0})

    made = [shown(pair) for pair in rs.collect(left.pipe(ops.join(right, within=(8, 5))))]

    assert made == joined_by_hand(records, (8, 5), how="inner", grace=0, disorder={"L": 0, "R": 0}).made


def test_a_run_that_ends_early_has_counted_who_is_over() -> None:
    lonely = history(*range(10)).pipe(ops.join(history(*range(20, 40)), within=1))

    [told] = rs.run(lonely.to(rs.to_list()), until=at(25)).pipelines

    # The left stream has ended, and the right one's watermark is 24: it has left those before 23.
    assert told.dropped == 10 + 3


def test_a_key_that_fails_leaves_the_others() -> None:
    inverse = ops.join(history(0, 1), within=0, how="outer", key=lambda second: 1 // second)

    assert sides(history(0, 1).pipe(inverse), on_error=rs.handlers.skip()) == [(1, 1)]


def test_a_key_that_cannot_be_a_key_is_an_error_of_its_item() -> None:
    failed: list[Any] = []
    stream = history(0, 1).pipe(ops.join(history(1), within=1, key=lambda second: second or []))

    assert sides(stream, on_error=lambda event, _: failed.append(event.value)) == [(1, 1)]
    assert failed == [0]


def test_an_error_says_where_it_happened() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(history(3).pipe(ops.join(history(), within=1, key=lambda _: 1 // 0)).to(print, name="p"))

    assert rs.error_context(caught.value) == ("p", "join", 3)


def test_a_pair_that_fails_leaves_the_others() -> None:
    failed: list[rs.Event[Any]] = []
    broken = history(0, 1).pipe(ops.join(history(0, 1), within=0), ops.map(lambda pair: 1 // pair.left))

    assert rs.collect(broken, on_error=lambda event, _: failed.append(event)) == [1]
    assert failed == [rs.Event(joined(0, 0), timestamp=at(0))]


def test_an_input_that_fails_is_heard_of_once() -> None:
    said: list[str] = []
    one, two = Subject[int](), Subject[int]()
    rs.from_observable(one).pipe(ops.join(two, within=1)).subscribe(on_error=lambda error: said.append(str(error)))

    one.on_error(ValueError("first"))
    two.on_error(ValueError("second"))

    assert said == ["first"]


def test_nothing_comes_behind_an_error() -> None:
    said: list[object] = []
    one, two = Subject[int](), Subject[int]()
    rs.from_observable(one).pipe(ops.join(two, within=1)).subscribe(said.append, lambda _: said.append("end"))

    one.on_error(ValueError())
    two.on_next(1)

    assert said == ["end"]


def test_whoever_is_behind_an_error_is_in_no_pair() -> None:
    said: list[object] = []
    right = Subject[int]()
    left = rs.from_iterable([1, 2]).pipe(
        ops.observe(lambda n: right.on_next(n) if n == 1 else right.on_error(ValueError("over")))
    )

    pairs = left.pipe(ops.join(right, within=9), ops.observe(said.append))
    pairs.subscribe(on_error=lambda error: said.append(str(error)))

    assert said == [joined(1, 1), "over"]


def test_of_several_partners_no_more_come_than_are_wanted() -> None:
    seen: list[object] = []

    rs.collect(history(3).pipe(ops.join(history(1, 2, 3), within=5), ops.observe(seen.append), ops.take(1)))

    assert seen == [joined(3, 1)]


def test_run_again_it_gives_the_same() -> None:
    stream = history(1, 5).pipe(ops.join(history(1, 9), within=1, how="outer"))

    assert sides(stream) == sides(stream) == [(1, 1), (5, M), (M, 9)]


def test_subscribed_plainly_it_gives_the_same() -> None:
    said: list[object] = []

    pairs = history(1, 5).pipe(ops.join(history(1), within=1, how="outer"))
    pairs.subscribe(said.append, None, lambda: said.append("end"))

    assert said == [joined(1, 1), joined(5, M), "end"]


# As one would by hand

SPAN, HOW = st.tuples(st.integers(0, 8), st.integers(0, 8)), st.sampled_from(["inner", "left", "right", "outer"])
#: With one bound on the other side of the left item.
ANY_SPAN = st.one_of(SPAN, SPAN.map(lambda span: (max(span), -min(span))), SPAN.map(lambda s: (-min(s), max(s))))
FEW, BATCHES = st.integers(0, 6), st.sampled_from([1, 2, 7, 1000])


@given(arrivals(), ANY_SPAN, HOW, FEW, FEW, FEW, BATCHES)
def test_what_comes_is_what_comes_by_hand(
    in_batches: InBatches, records: Arrivals, span: Any, how: str, grace: int, one: int, two: int, batch: int
) -> None:
    made, late, disorder = rs.to_list(), rs.to_list(), {"L": one, "R": two}
    left, right = two_sides(in_batches, records, batch, disorder)

    step = ops.join(right, within=span, how=how, grace=grace, late=late)
    [told] = rs.run(left.pipe(step).to(made)).pipelines

    by_hand = joined_by_hand(records, span, how=how, grace=grace, disorder=disorder)
    assert [shown(pair) for pair in made.items] == by_hand.made
    assert (values(late), told.late, told.dropped) == (by_hand.late, len(by_hand.late), len(by_hand.dropped))


@given(arrivals(), ANY_SPAN, HOW, FEW, FEW, st.sampled_from([1, 3, 100]))
def test_of_lines_with_empty_places_the_same_comes(
    records: Arrivals, span: Any, how: str, one: int, two: int, soon: int
) -> None:
    disorder, made = {"L": one, "R": two}, rs.to_list()
    left, right = two_sides(lambda stream, _: stream, records, 1, disorder)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_join_shelf, "_LONG", 0)
        patched.setattr(_join, "_SOON", soon)
        [told] = rs.run(left.pipe(ops.join(right, within=span, how=how)).to(made)).pipelines

    by_hand = joined_by_hand(records, span, how=how, grace=0, disorder=disorder)
    assert ([shown(pair) for pair in made.items], told.dropped) == (by_hand.made, len(by_hand.dropped))


@given(st.integers(1, 9).flatmap(lambda disorder: st.tuples(st.just(disorder), in_disorder(disorder))), SPAN)
def test_of_very_many_in_disorder_the_same_comes(drawn: tuple[int, Arrivals], span: Any) -> None:
    disorder, records = drawn
    left, right = two_sides(lambda stream, _: stream, records, 1, {"L": disorder, "R": disorder})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_join_shelf, "_MANY", 2)
        made = [shown(pair) for pair in rs.collect(left.pipe(ops.join(right, within=span)))]

    assert Counter(made) == Counter(all_pairs(records, span))


@given(st.data(), SPAN, FEW, FEW, BATCHES)
def test_for_every_order_within_the_disorder_the_same_comes(
    in_batches: InBatches, data: st.DataObject, span: Any, grace: int, disorder: int, batch: int
) -> None:
    records = data.draw(in_disorder(disorder))
    left, right = two_sides(in_batches, records, batch, {"L": disorder, "R": disorder})

    made = [shown(pair) for pair in rs.collect(left.pipe(ops.join(right, within=span, how="outer", grace=grace)))]

    pairs = all_pairs(records, span)
    paired = {record for pair in pairs for record in pair}
    alone = [(r, None) if r.side == "L" else (None, r) for r in records if r not in paired]
    assert Counter(made) == Counter([*pairs, *alone])


@given(arrivals(), ANY_SPAN, HOW, FEW, FEW)
def test_passports_have_the_key_and_the_latest_instant_and_none_is_late_below(
    records: Arrivals, span: Any, how: str, grace: int, disorder: int
) -> None:
    left, right = two_sides(lambda stream, _: stream, records, 1, {"L": disorder, "R": disorder})
    below, made = rs.to_list(), rs.to_list()
    stream = left.pipe(ops.join(right, within=span, how=how, grace=grace), ops.events(), ops.tee(made))

    rs.collect(stream.pipe(ops.window(rs.tumbling(1), late=below)))

    assert below.items == []
    for event in made.items:
        there = [record for record in shown(event.value) if record is not None]
        assert (event.key, event.timestamp) == (there[0].key, at(max(record.time for record in there)))


@given(arrivals(), SPAN, HOW, BATCHES)
def test_histories_merged_by_time_are_joined_as_by_hand(
    in_batches: InBatches, records: Arrivals, span: Any, how: str, batch: int
) -> None:
    records = sorted(records, key=lambda record: (record.time, record.side))
    left, right = (
        in_batches(
            rs.from_history(
                [r for r in records if r.side == side], time=attrgetter("time"), unit="s", key=attrgetter("key")
            ),
            batch,
        )
        for side in "LR"
    )

    made = [shown(pair) for pair in rs.collect(left.pipe(ops.join(right, within=span, how=how)))]

    by_hand = joined_by_hand(records, span, how=how, grace=0, disorder={"L": 0, "R": 0})
    assert Counter(made) == Counter(by_hand.made)


@given(arrivals(), ANY_SPAN, FEW, FEW)
def test_every_record_is_in_exactly_one_account(records: Arrivals, span: Any, grace: int, disorder: int) -> None:
    made, late = rs.to_list(), rs.to_list()
    left, right = two_sides(lambda stream, _: stream, records, 1, {"L": disorder, "R": disorder})
    inverse: Any = ops.observe(lambda record: 1 // (record.number % 5))

    step = ops.join(right.pipe(inverse), within=span, how="left", grace=grace, late=late)
    [told] = rs.run(left.pipe(inverse, step).to(made, on_error=rs.handlers.skip())).pipelines

    joined_ones = {record for pair in made.items for record in shown(pair) if record is not None}
    assert not joined_ones & set(values(late))
    assert len(records) == len(joined_ones) + told.late + told.dropped + told.failed


# State and delivery


class Thing:
    """Something that shows whether it is still kept."""


def alive(step: Callable[[rs.Stream[Any]], Any]) -> list[int]:
    """How many of a hundred things, one a second, are alive whenever the next comes."""
    counts: list[int] = []
    things: weakref.WeakSet[Thing] = weakref.WeakSet()

    def made(_: object) -> Thing:
        gc.collect()
        counts.append(len(things))
        things.add(thing := Thing())
        return thing

    rs.collect(history(*range(100)).pipe(ops.map(made), step(history(*range(100))), ops.map(lambda _: None)))
    return counts


def test_what_is_over_is_forgotten() -> None:
    assert max(alive(lambda right: ops.join(right, within=2, key=lambda _: 0))) <= 4


def test_nothing_is_kept_of_a_key_that_is_over() -> None:
    assert max(alive(lambda right: ops.join(right, within=2, key=id))) <= 4


def joined_with_some(**rules: Any) -> Any:
    """Values are instants, and joined with a history of some of them."""
    timed_step = ops.event_time(lambda second: second, unit="s")
    return timed_step, ops.join(history(*range(0, 30, 2)), key=lambda _: 0, **rules)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
@pytest.mark.parametrize("late", [None, rs.to_list()], ids=["nobody", "a sink"])
def test_everything_handled_is_everything_committed(how: str, size: int, late: Any) -> None:
    belt = Belt([*range(20), 3, 4, *range(20, 30)], size=size)

    assert committed_after(belt, *joined_with_some(within=1, how=how, late=late)) == 32


@pytest.mark.parametrize("how", ["inner", "outer"])
def test_both_sides_are_committed(how: str) -> None:
    left, right = Belt(range(30), size=7), Belt(range(20), size=3)
    step = ops.event_time(lambda second: second, unit="s")

    stream = left.stream.pipe(step, ops.join(right.stream.pipe(step), within=1, how=how))
    rs.run(stream.to(rs.to_list()))

    assert (left.committed, right.committed) == (30, 20)


def test_what_comes_under_holds_is_committed() -> None:
    async def awaited(value: Any) -> Any:
        return value

    belt = Belt(range(30), size=7)
    assert committed_after(belt, ops.process(awaited), *joined_with_some(within=1), ops.process(awaited)) == 30


def test_what_is_kept_is_not_committed() -> None:
    belt = Broken(range(10), size=1)
    step = ops.event_time(lambda second: second, unit="s")
    joining = ops.join(rs.from_iterable([]), within=3, key=lambda _: 0)

    assert committed_after(belt, step, joining) == 6


async def refuse_later(pair: rs.Joined) -> None:
    await asyncio.sleep(0)
    raise ValueError(pair)


@pytest.mark.parametrize("step", [failing_at(rs.Joined(None, 0, 0)), ops.process(refuse_later)], ids=["now", "later"])
def test_a_pair_holds_both_records_until_it_is_handled(step: Any) -> None:
    left, right = Belt(range(9)), Belt(range(9))
    seconds = ops.event_time(lambda second: second, unit="s")

    stream = left.stream.pipe(seconds, ops.join(right.stream.pipe(seconds), within=0, key=lambda _: None), step)
    with pytest.raises(ValueError, match="Joined"):
        rs.run(stream.to(rs.to_list()), shutdown=0.05)

    assert (left.committed, right.committed) == (0, 0)


@given(st.integers(0, 29), BATCHES)
def test_nothing_from_a_pair_on_that_stopped_the_run_is_committed(bad: int, size: int) -> None:
    def check(pair: rs.Joined) -> None:
        if pair.left == bad:
            raise ValueError(pair)

    belt = Belt(range(30), size=size)
    step = ops.event_time(lambda second: second, unit="s")
    joining = ops.join(rs.from_iterable([]), within=3, how="left", key=lambda _: 0)
    assert committed_after(belt, step, joining, ops.observe(check)) <= bad


# What is missing


def pickled(given_: Any) -> Any:
    return pickle.loads(pickle.dumps(given_))  # noqa: S301 - what is read is ours


def test_missing_says_so() -> None:
    assert repr(joined(1, M)) == "Joined(key=None, left=1, right=MISSING)"


def test_missing_is_nothing_else() -> None:
    assert [other == M for other in (None, False, 0, "", NotImplemented, ..., M)] == [False] * 6 + [True]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_missing_stays_itself(again: Callable[[Any], Any]) -> None:
    assert again(M) is M


def test_what_was_joined_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        joined(1, 2).left = 3  # type: ignore[misc]  # that it is refused is what is tested


def test_what_was_joined_can_be_pickled() -> None:
    assert pickled(joined(1, M, "k")) == joined(1, M, "k")


# Arguments

WITHIN = "join: within must be a duration, or a pair (before, after); got {!r}. Give one of these."
REVERSED = (
    "join: within must be how long before and how long after the left item the right one may come; got {!r}. "
    "Give (before, after), of which at most one is negative, and that the smaller one."
)
KEY = "join: key must be one function for both sides or a pair (left, right); got {!r}. Give one of these."


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"within": -1}, "join: within must not be negative; got -1. Give seconds or a timedelta."),
        ({"within": "1"}, "join: within must be a duration; got '1'. Give seconds or a timedelta."),
        ({"within": (1, "2")}, "join: within must be a duration; got '2'. Give seconds or a timedelta."),
        ({"within": (1,)}, WITHIN.format((1,))),
        ({"within": (1, 2, 3)}, WITHIN.format((1, 2, 3))),
        ({"within": (-5, 2)}, REVERSED.format((-5, 2))),
        ({"within": (5, -6)}, REVERSED.format((5, -6))),
        ({"grace": -1}, "join: grace must not be negative; got -1. Give seconds or a timedelta."),
        ({"how": "lefft"}, "join: how must be one of 'inner', 'left', 'right', 'outer'; got 'lefft'. "
         "Did you mean 'left'?"),
        ({"key": (len,)}, KEY.format((len,))),
        ({"key": 5}, "join: key must be callable; got 5. Give a function."),
        ({"key": (len, 5)}, "join: key must be callable; got 5. Give a function."),
        ({"late": 5}, "join: a sink must be rs.to_…(…), a function of one value, an Observer or an object with open, "
         "write and close; got 5. Give one of these."),
    ],
    ids=lambda given: str(given)[:30],
)  # fmt: skip  # one line a sentence
def test_what_is_no_rule_of_a_join_is_refused(refusal: Refusal, rules: Any, sentence: str) -> None:
    assert refusal(lambda: ops.join(history(1), **{"within": 1, **rules})) == sentence


def test_what_is_no_observable_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.join([1], within=1)) == (  # type: ignore[arg-type]  # it is refused
        "join: every input must be a Stream or an Observable; got [1]. Wrap it, for instance in rs.from_iterable(…)."
    )


def test_an_async_key_is_refused(refusal: Refusal) -> None:
    async def key(value: Any) -> Any:
        return value

    assert refusal(lambda: ops.join(history(1), within=1, key=key)) == (
        "join: key must be a plain function; got the async key. Await it with ops.process(f) or ops.map_async(f)."
    )
