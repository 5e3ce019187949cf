"""Bringing each item of a stream together with what another stream said last, as of its instant."""

import asyncio
import gc
import weakref
from collections import Counter
from collections.abc import AsyncIterator
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.operators import _join_shelf
from rxstream.testing import Marbles
from tests.unit.conftest import InBatches, Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.operators.joins_by_hand import Arrivals, Record, arrivals, asof_by_hand, shown, two_sides
from tests.unit.operators.timed import Broken, at, committed_after

M = rs.MISSING


def joined(left: Any, right: Any, key: Any = None) -> rs.Joined:
    return rs.Joined(key, left, right)


def history(*seconds: float, disorder: float | None = None) -> rs.Stream[float]:
    """Items that are their own instants."""
    return rs.from_history(seconds, time=lambda second: second, unit="s", disorder=disorder)


def sides(stream: rs.Stream[rs.Joined], **options: Any) -> list[tuple[Any, Any]]:
    return [(pair.left, pair.right) for pair in rs.collect(stream, **options)]


PAIRS = {
    "x": joined("a", "1"),
    "y": joined("a", "2"),
    "z": joined("b", "1"),
    "l": joined("a", M),
}
#: What is said of it, left, right, and what comes.
DIAGRAMS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "decided by the next": ({}, "          ---a-----|", "-1--2----|", "----x----|"),
    "decided by the end": ({}, "           ---a-----|", "-1---|", "    -----x---|"),
    "decided at once": ({}, "              ---a-----|", "-1|", "       ---x-----|"),
    "the newest": ({}, "                   ----a----|", "-1-2--1--|", "------y--|"),
    "at the same instant": ({}, "          ---a-----|", "-1-2-1---|", "-----y---|"),
    "not newer": ({}, "                    -a-------|", "--2------|", "---------|"),
    "alone": ({"how": "left"}, "          -a-------|", "--2------|", "--l------|"),
    "an empty right one": ({"how": "left"}, "-a---|", "|", "        -l---|"),
    "grace": ({"grace": 2}, "              ---a-----|", "-1--1-1--|", "------x--|"),
    "several lefts": ({}, "                --a-b----|", "-1---2---|", "-----(xz)|"),
    "as old as may be": ({"max_age": 2}, "     ---a-----|", "-1--2----|", "----x----|"),
    "too old": ({"max_age": 1, "how": "left"}, " ---a-----|", "-1--2----|", "----l----|"),
    "an error": ({}, "                     ---a#", "    -1|", "       ---x#"),
    "the other one's error": ({}, "        ---a----", " -1---#", "    -----#"),
    "both are empty": ({}, "               |", "        |", "         |"),
    "silent": ({}, "                       -a--", "     ----", "      ----"),
}


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_an_item_comes_with_the_newest_of_the_other(marbles: Marbles, kind: str, diagram: str) -> None:
    rules, left, right, expected = DIAGRAMS[diagram]
    make = getattr(marbles, kind)

    marbles.expect(make(left).pipe(ops.join_asof(make(right), **rules)), expected, PAIRS)


def test_whoever_has_enough_unsubscribes_from_both(marbles: Marbles) -> None:
    left, right = marbles.hot("-a-b-c-|"), marbles.hot("-1-2-3-|")

    marbles.expect(left.pipe(ops.join_asof(right), ops.take(1)), "---(x|)", PAIRS)
    marbles.expect_subscriptions(left, "                             ^--!")
    marbles.expect_subscriptions(right, "                            ^--!")


# Pairs


def test_of_equals_the_last_that_came_counts() -> None:
    right = rs.from_history([(1, "a"), (1, "b"), (0, "c")], unit="s", disorder=1)

    assert sides(history(1).pipe(ops.join_asof(right))) == [(1, "b")]


def test_a_right_item_may_come_out_of_order() -> None:
    right = rs.from_history([(1, "a"), (5, "b"), (3, "c")], unit="s", disorder=2)

    assert sides(history(2, 4, 6).pipe(ops.join_asof(right))) == [(2, "a"), (4, "c"), (6, "b")]


def test_items_that_are_decided_at_once_come_in_order_of_time() -> None:
    left = rs.from_history([(3, "a"), (2, "b"), (3, "c")], unit="s", disorder=5)

    assert sides(left.pipe(ops.join_asof(history(1, 9)))) == [("b", 1), ("a", 1), ("c", 1)]


def test_only_items_of_one_key_are_joined() -> None:
    left = rs.from_history([rs.Event("l", key, at(5)) for key in "ab"])
    right = rs.from_history([rs.Event(n, key, at(n)) for n, key in enumerate("abc")])

    assert rs.collect(left.pipe(ops.join_asof(right))) == [rs.Joined("a", "l", 0), rs.Joined("b", "l", 1)]


def test_each_side_may_have_a_function_of_its_own() -> None:
    right = rs.from_history([(1, "2"), (1, "1")], unit="s")

    assert rs.collect(history(1).pipe(ops.join_asof(right, key=(int, int)))) == [rs.Joined(1, 1, "1")]


@pytest.mark.parametrize("value", [None, 0, "", False], ids=repr)
def test_empty_values_are_values(value: object) -> None:
    left, right = (rs.from_history([(1, value)], unit="s") for _ in "lr")

    assert sides(left.pipe(ops.join_asof(right, how="left"))) == [(value, value)]


def test_a_stream_joined_with_itself_finds_itself() -> None:
    source = history(1, 2, 4)

    assert sides(source.pipe(ops.join_asof(source))) == [(1, 1), (2, 2), (4, 4)]


def test_items_without_event_time_are_joined_by_the_runs_clock() -> None:
    assert sides(rs.from_iterable("ab").pipe(ops.join_asof(rs.from_iterable([1, 2])))) == [("a", 2), ("b", 2)]


# Passports


def test_the_passport_has_the_key_and_the_left_instant() -> None:
    left = rs.from_history([rs.Event("l", "k", at(3), (("h", b"x"),), rs.Origin("t", 0, 1))])
    right = rs.from_history([rs.Event("r", "k", at(1))])

    assert rs.collect(left.pipe(ops.join_asof(right), ops.events())) == [
        rs.Event(rs.Joined("k", "l", "r"), "k", at(3)),
    ]


def test_the_watermark_below_is_behind_by_grace() -> None:
    order: list[Any] = []
    pairs = history(1, 9).pipe(ops.join_asof(history(0, 6, 7, 8), grace=2), ops.map(lambda pair: pair.left))

    panes = pairs.pipe(ops.window(rs.tumbling(5)), ops.merge(history(6, 7, 8)))
    rs.collect(panes.pipe(ops.observe(lambda item: order.append(getattr(item, "value", item)))))

    assert order == [6, 7, 8, [1], [9]]


# Late items, counts and errors


def test_a_right_item_behind_its_streams_watermark_and_grace_is_late() -> None:
    late = rs.to_list()
    right = history(5, 2, 3, disorder=0)

    assert sides(history(4).pipe(ops.join_asof(right, grace=2, late=late))) == [(4, 3)]
    assert [event.value for event in late.items] == [2]


def test_a_left_item_is_not_late_by_the_right_side() -> None:
    left = rs.from_iterable([3, 1]).pipe(ops.event_time(lambda second: second, unit="s", disorder=2))

    assert sides(left.pipe(ops.join_asof(history(0, 9)))) == [(1, 0), (3, 0)]


def test_a_left_item_behind_its_own_streams_watermark_is_late() -> None:
    late = rs.to_list()

    [told] = rs.run(history(3, 1, disorder=1).pipe(ops.join_asof(history(0), late=late)).to(rs.to_list())).pipelines
    assert ([event.value for event in late.items], told.late, told.emitted) == ([1], 1, 1)


def test_who_finds_nobody_or_is_found_by_nobody_is_dropped() -> None:
    [told] = rs.run(history(0, 5).pipe(ops.join_asof(history(1, 2, 9))).to(rs.to_list())).pipelines

    assert (told.received, told.emitted, told.dropped) == (5, 1, 3)


def test_a_key_that_fails_or_is_none_leaves_the_others() -> None:
    failed: list[Any] = []
    keyed = ops.join_asof(history(0, 9), key=(lambda second: [] if second == 1 else 4 // second - 1, int))

    assert sides(history(0, 1, 3).pipe(keyed), on_error=lambda event, _: failed.append(event.value)) == [(3, 0)]
    assert failed == [0, 1]


def test_an_error_says_where_it_happened() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(history(3).pipe(ops.join_asof(history(), key=lambda _: 1 // 0)).to(print, name="p"))

    assert rs.error_context(caught.value) == ("p", "join_asof", 3)


def test_nothing_comes_behind_an_error() -> None:
    said: list[object] = []
    one, two = Subject[int](), Subject[int]()
    rs.from_observable(one).pipe(ops.join_asof(two)).subscribe(said.append, lambda _: said.append("end"))

    one.on_error(ValueError())
    two.on_next(1)

    assert said == ["end"]


def test_run_again_it_gives_the_same() -> None:
    stream = history(1, 5).pipe(ops.join_asof(history(1, 9), how="left"))

    assert sides(stream) == sides(stream) == [(1, 1), (5, 1)]


def test_subscribed_plainly_it_gives_the_same() -> None:
    said: list[object] = []

    history(1, 5).pipe(ops.join_asof(history(2), how="left")).subscribe(said.append, None, lambda: said.append("end"))

    assert said == [joined(1, M), joined(5, 2), "end"]


# As one would by hand

HOW, AGE = st.sampled_from(["inner", "left"]), st.one_of(st.none(), st.integers(0, 8))
FEW, BATCHES = st.integers(0, 6), st.sampled_from([1, 2, 7, 1000])


@given(arrivals(), HOW, AGE, FEW, FEW, FEW, BATCHES)
def test_what_comes_is_what_comes_by_hand(
    in_batches: InBatches, records: Arrivals, how: str, age: int | None, grace: int, one: int, two: int, batch: int
) -> None:
    made, late, disorder = rs.to_list(), rs.to_list(), {"L": one, "R": two}
    left, right = two_sides(in_batches, records, batch, disorder)

    step = ops.join_asof(right, how=how, max_age=age, grace=grace, late=late)
    rs.run(left.pipe(step).to(made))

    pairs, by_hand_late = asof_by_hand(records, how=how, max_age=age, grace=grace, disorder=disorder)
    assert Counter(map(shown, made.items)) == Counter(pairs)
    assert [event.value for event in late.items] == by_hand_late


@pytest.mark.parametrize(("place", "size"), [("_MANY", 2), ("_LONG", 0)])
@given(arrivals(), AGE, FEW, FEW)
def test_of_very_many_in_disorder_the_same_comes(
    place: str, size: int, records: Arrivals, age: int | None, grace: int, disorder: int
) -> None:
    spans = {"L": disorder, "R": disorder}
    left, right = two_sides(lambda stream, _: stream, records, 1, spans)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_join_shelf, place, size)
        made = [shown(pair) for pair in rs.collect(left.pipe(ops.join_asof(right, max_age=age, grace=grace)))]

    assert Counter(made) == Counter(asof_by_hand(records, how="inner", max_age=age, grace=grace, disorder=spans)[0])


@given(arrivals(), HOW, BATCHES)
def test_histories_merged_by_time_are_joined_as_by_hand(
    in_batches: InBatches, records: Arrivals, how: str, batch: int
) -> None:
    records = sorted(records, key=attrgetter("time"))
    left, right = (
        in_batches(
            rs.from_history(
                [record for record in records if record.side == side],
                time=attrgetter("time"),
                unit="s",
                key=attrgetter("key"),
            ),
            batch,
        )
        for side in "LR"
    )

    made = [shown(pair) for pair in rs.collect(left.pipe(ops.join_asof(right, how=how)))]

    assert made == asof_by_hand(records, how=how, max_age=None, grace=0, disorder={"L": 0, "R": 0})[0]


@given(arrivals(), AGE, FEW, FEW)
def test_every_record_is_in_exactly_one_account(records: Arrivals, age: int | None, grace: int, disorder: int) -> None:
    made, late = rs.to_list(), rs.to_list()
    left, right = two_sides(lambda stream, _: stream, records, 1, {"L": disorder, "R": disorder})

    step = ops.join_asof(right, max_age=age, grace=grace, late=late)
    [told] = rs.run(left.pipe(step).to(made)).pipelines

    joined_ones = {record for pair in made.items for record in shown(pair) if record is not None}
    assert len(records) == len(joined_ones) + told.late + told.dropped


@given(arrivals(), HOW, FEW, FEW)
def test_none_is_late_below_and_passports_are_the_left_ones(
    records: Arrivals, how: str, grace: int, disorder: int
) -> None:
    left, right = two_sides(lambda stream, _: stream, records, 1, {"L": disorder, "R": disorder})
    below, made = rs.to_list(), rs.to_list()
    stream = left.pipe(ops.join_asof(right, how=how, grace=grace), ops.events(), ops.tee(made))

    rs.collect(stream.pipe(ops.window(rs.tumbling(1), late=below)))

    assert below.items == []
    for event in made.items:
        record: Record = event.value.left
        assert (event.key, event.timestamp) == (record.key, at(record.time))


# State and delivery


class Thing:
    """Something that shows whether it is still kept."""


@pytest.mark.parametrize(("age", "most"), [(None, 12), (3, 8)])
def test_of_each_key_only_the_newest_is_kept_until_it_is_too_old(age: int | None, most: int) -> None:
    counts: list[int] = []
    things: weakref.WeakKeyDictionary[Thing, int] = weakref.WeakKeyDictionary()

    def made(second: int) -> Thing:
        gc.collect()
        counts.append(len(things))
        things[thing := Thing()] = second
        return thing

    # Ten keys, of which each says something in ten seconds, twice a second; then other keys.
    right = history(*(second / 2 for second in range(20)), *range(10, 30)).pipe(ops.map(made))
    keyed = ops.join_asof(right, max_age=age, key=(str, lambda thing: things[thing] % 5 if things[thing] < 10 else 9))
    rs.collect(history(*range(30)).pipe(keyed))

    assert max(counts) <= most


TIMED = ops.event_time(lambda second: second, unit="s")


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("how", ["inner", "left"])
@pytest.mark.parametrize("age", [None, 0, 3])
def test_everything_handled_is_everything_committed(how: str, size: int, age: int | None) -> None:
    left, right = Belt([*range(20), 3, 4, *range(20, 30)], size=size), Belt([*range(0, 25, 2), 3], size=size)

    step = ops.join_asof(right.stream.pipe(TIMED), how=how, max_age=age, key=lambda second: second % 3)
    rs.run(left.stream.pipe(TIMED, step).to(rs.to_list()))

    assert (left.committed, right.committed) == (32, 14)


def test_what_comes_under_holds_is_committed() -> None:
    async def awaited(value: Any) -> Any:
        return value

    belt, step = Belt(range(30), size=7), ops.join_asof(history(0, 9), key=lambda _: 0)
    assert committed_after(belt, ops.process(awaited), TIMED, step, ops.process(awaited)) == 30


def test_what_is_open_is_not_committed() -> None:
    read = asyncio.Event()

    async def right() -> AsyncIterator[int]:
        await read.wait()
        for second in (0, 6):
            yield second
        await asyncio.sleep(0.01)
        raise ValueError

    left: Any = ops.observe(lambda second: read.set() if second == 9 else None), TIMED
    step = ops.join_asof(rs.from_aiter(right).pipe(TIMED), key=lambda _: 0)
    assert committed_after(Belt(range(10), size=1), *left, step) == 6


def test_the_newest_right_item_is_not_committed() -> None:
    right = Broken(range(10), size=1)
    step = ops.join_asof(right.stream.pipe(TIMED), key=lambda _: 0)

    with pytest.raises(ValueError, match="broken"):
        rs.run(rs.from_iterable([]).pipe(step).to(rs.to_list()))
    assert right.committed == 8


def test_a_pair_holds_both_records_until_it_is_handled() -> None:
    def refuse(pair: rs.Joined) -> None:
        raise ValueError(pair)

    left, right = Belt(range(3)), Belt(range(3))
    step = ops.join_asof(right.stream.pipe(TIMED), key=lambda _: 0)
    with pytest.raises(ValueError, match="Joined"):
        rs.run(left.stream.pipe(TIMED, step, ops.observe(refuse)).to(rs.to_list()))

    assert (left.committed, right.committed) == (0, 0)


# Arguments


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"grace": -1}, "join_asof: grace must not be negative; got -1. Give seconds or a timedelta."),
        ({"max_age": -1}, "join_asof: max_age must not be negative; got -1. Give seconds or a timedelta."),
        ({"max_age": "1"}, "join_asof: max_age must be a duration; got '1'. Give seconds or a timedelta."),
        ({"how": "outer"}, "join_asof: how must be one of 'inner', 'left'; got 'outer'. Choose one of them."),
        ({"key": (len,)}, "join_asof: key must be one function for both sides or a pair (left, right); "
         f"got {(len,)!r}. Give one of these."),
        ({"late": 5}, "join_asof: a sink must be rs.to_…(…), a function of one value, an Observer or an object with "
         "open, write and close; got 5. Give one of these."),
    ],
    ids=lambda given: str(given)[:30],
)  # fmt: skip  # one line a sentence
def test_what_is_no_rule_of_a_join_is_refused(refusal: Refusal, rules: Any, sentence: str) -> None:
    assert refusal(lambda: ops.join_asof(history(1), **rules)) == sentence


def test_what_is_no_observable_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.join_asof(None)) == (  # type: ignore[arg-type]  # it is refused
        "join_asof: every input must be a Stream or an Observable; got None. Wrap it, "
        "for instance in rs.from_iterable(…)."
    )
