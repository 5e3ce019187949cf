"""Bringing the items of several streams together, first with first."""

from collections.abc import Iterator
from datetime import UTC, datetime
from time import sleep
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
from tests.unit.conftest import Numbers, Refusal
from tests.unit.operators.two_inputs import END, Script, histories, scripts

#: Left, right, and what comes of them.
DIAGRAMS = {
    "side by side": ("             -a-b-c-|", "-1-2-3-|", "   -x-y-z-|"),
    "one behind": ("               -a-b-c-|", "--1-2-3|", "   --x-y-z|"),
    "far ahead": ("                -a-b-c-|", "-----1-2-3|", "-----x-y-(z|)"),
    "at once": ("                  (abc|)", "  -1-2-3-|", "   -x-y-(z|)"),
    "the shorter one ends": ("     -a-b-c-|", "---1-2|", "    ---x-y|"),
    "the longer one ends": ("      -a-b|", "   -1---2-3", "   -x---(y|)"),
    "both ends at once": ("        -a|", "     -1|", "        -x|"),
    "empty": ("                    |", "      -1-|", "       |"),
    "the other one is empty": ("   -a-|", "    |", "          |"),
    "silent": ("                   -a-|", "    ----", "       ----"),
    "both silent": ("              ---", "     ---", "        ---"),
    "an error": ("                 -a-#", "    -1-2", "       -x-#"),
    "the other one's error": ("    -a-b", "    -1#", "        -x#"),
    "an error with items waiting": (" -ab#", "    ----", "       ---#"),
    "an error behind the end": ("  -a|", "     -1-#", "       -x|"),
}
PAIRS = {"x": ("a", "1"), "y": ("b", "2"), "z": ("c", "3")}

#: Collections are zipped a batch at a time, what operators have made of them item by item.
ABOVE: dict[str, list[Any]] = {"collections": [], "items": [ops.filter(lambda _: True)]}

each_diagram = pytest.mark.parametrize("diagram", DIAGRAMS)
each_way = pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE)


def zipped(above: list[Any], *inputs: Any) -> rs.Stream[Any]:
    first, *others = [rs.from_iterable(items).pipe(*above) for items in inputs]
    return first.pipe(ops.zip(*others))


@each_diagram
@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_the_first_comes_with_the_first(marbles: Marbles, kind: str, diagram: str) -> None:
    left, right, expected = DIAGRAMS[diagram]
    make = getattr(marbles, kind)

    marbles.expect(make(left).pipe(ops.zip(make(right))), expected, PAIRS)


@each_diagram
def test_reactivex_says_the_same(marbles: Marbles, diagram: str) -> None:
    left, right, expected = DIAGRAMS[diagram]

    marbles.expect(marbles.hot(left).pipe(rx.zip(marbles.hot(right))), expected, PAIRS)


def test_whoever_has_enough_unsubscribes_from_all(marbles: Marbles) -> None:
    left, right = marbles.hot("-a-b-c-|"), marbles.hot("--1-2-3|")

    marbles.expect(left.pipe(ops.zip(right), ops.take(1)), "--(x|)", PAIRS)
    marbles.expect_subscriptions(left, "                    ^-!")
    marbles.expect_subscriptions(right, "                   ^-!")


def test_who_unsubscribes_hears_no_more(marbles: Marbles) -> None:
    left, right = marbles.hot("-a-b-c-|"), marbles.hot("-1-2-3-|")

    marbles.expect(left.pipe(ops.zip(right)), "-x-y----", PAIRS, subscription="^---!")


def test_when_it_completes_nothing_more_is_read(marbles: Marbles) -> None:
    left, right = marbles.hot("-a|"), marbles.hot("-1-2-3-4|")

    marbles.expect(left.pipe(ops.zip(right)), "-x|", PAIRS)
    marbles.expect_subscriptions(right, "      ^-!")


def test_when_it_fails_nothing_more_is_read(marbles: Marbles) -> None:
    left, right = marbles.hot("-a#"), marbles.hot("-1-2-3-4|")

    marbles.expect(left.pipe(ops.zip(right)), "-x#", PAIRS)
    marbles.expect_subscriptions(right, "      ^-!")


@each_way
def test_three_streams_make_tuples_of_three(above: list[Any]) -> None:
    assert rs.collect(zipped(above, ["a", "b", "c"], (1, 2, 3), ["x", "y"])) == [("a", 1, "x"), ("b", 2, "y")]


@each_way
def test_without_others_it_makes_tuples_of_one(above: list[Any]) -> None:
    assert rs.collect(zipped(above, ["a", "b"])) == [("a",), ("b",)]


@each_way
def test_batches_need_not_end_together(above: list[Any]) -> None:
    lengths = (7_000, 1_200, 2_501)
    numbers = [range(length) for length in lengths]

    assert rs.collect(zipped(above, *numbers)) == list(zip(*numbers, strict=False))


@each_way
def test_a_slow_pass_that_shortens_batches_changes_no_tuple(above: list[Any]) -> None:
    slow = ops.observe(lambda pair: sleep(0.011) if pair[0] in (0, 600, 1_300) else None)

    assert rs.collect(zipped(above, range(3_000), range(3_000)).pipe(slow)) == [(n, n) for n in range(3_000)]


@each_way
def test_no_more_is_read_than_is_wanted(above: list[Any]) -> None:
    report = rs.run(zipped(above, range(800), range(800)).pipe(ops.take(3)).to(rs.to_list()))

    # Of the first one a whole batch, as it comes before the other's; the first batches are small.
    assert report.pipelines[0].received == 16 + 3


def test_a_stream_zipped_with_itself_pairs_each_item_with_itself() -> None:
    source = rs.from_iterable([1, 2])

    assert rs.collect(source.pipe(ops.zip(source))) == [(1, 1), (2, 2)]


def test_the_branches_of_a_stream_can_be_zipped() -> None:
    even, odd = rs.from_iterable([0, 2, 1, 4, 3]).split(lambda n: n % 2 == 0)

    assert rs.collect(even.pipe(ops.zip(odd))) == [(0, 1), (2, 3)]


def test_empty_values_are_values() -> None:
    assert rs.collect(rs.from_iterable([None, 0]).pipe(ops.zip(rs.from_iterable(["", None])))) == [
        (None, ""),
        (0, None),
    ]


def test_a_foreign_observable_can_be_an_input() -> None:
    assert rs.collect(rs.from_iterable([1, 2]).pipe(ops.zip(reactivex.of(3, 4)))) == [(1, 3), (2, 4)]


def test_a_source_that_is_read_elsewhere_too_is_zipped_item_by_item() -> None:
    source, said = rs.from_iterable([1, 2]), rs.to_list()
    pairs = source.pipe(ops.zip(rs.from_iterable([3, 4])), ops.observe(said.items.append))

    rs.run(pairs.to(rs.to_list()), source.to(said.items.append))

    assert said.items == [1, 2, (1, 3), (2, 4)]


def test_an_endless_stream_is_left_when_the_other_one_ends() -> None:
    endless = (0 for _ in iter(int, 1))

    assert rs.collect(rs.from_iterable("ab").pipe(ops.zip(rs.from_iterable(endless)))) == [("a", 0), ("b", 0)]


def test_of_the_first_input_no_more_is_pulled_than_taken(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable("abc").pipe(ops.zip(rs.from_iterable(numbers)), ops.take(2)))

    assert (taken, numbers.pulled) == ([("a", 1), ("b", 2)], 2)


@each_way
def test_what_waits_at_the_end_is_counted_as_dropped(above: list[Any]) -> None:
    report = rs.run(zipped(above, list("abcde"), [1, 2]).to(rs.to_list()))

    assert (report.pipelines[0].dropped, report.pipelines[0].emitted) == (3, 2)


def test_what_comes_behind_the_end_is_counted_as_dropped() -> None:
    subject = Subject[int]()
    late = rs.from_iterable([1]).pipe(ops.observe(lambda _: subject.on_completed()))
    report = rs.run(late.pipe(ops.zip(subject)).to(rs.to_list()))

    assert report.pipelines[0].dropped == 1


@each_way
@pytest.mark.parametrize("handler", ["skip", "retry"])
def test_a_tuple_that_fails_leaves_the_others(above: list[Any], handler: str) -> None:
    handlers = {"skip": rs.handlers.skip(), "retry": rs.handlers.retry(2, then=rs.handlers.skip())}
    quotients = zipped(above, [1, 2, 3], [1, 0, 1]).pipe(ops.map(lambda pair: pair[0] // pair[1]))

    assert rs.collect(quotients, on_error=handlers[handler]) == [1, 3]


@each_way
def test_a_tuple_that_fails_ends_the_run_behind_those_before_it(above: list[Any]) -> None:
    seen = rs.to_list()
    quotients = zipped(above, [1, 2, 3], [1, 1, 0]).pipe(ops.map(lambda pair: pair[0] // pair[1]))

    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(quotients.to(seen.items.append))

    assert seen.items == [1, 2]
    assert "operator 'map', event Event((3, 0)" in caught.value.__notes__[0]


def test_an_item_that_fails_above_leaves_the_others_to_be_paired() -> None:
    inverse = rs.from_iterable([0, 1, 2]).pipe(ops.map(lambda n: 1 / n))

    assert rs.collect(inverse.pipe(ops.zip(rs.from_iterable("ab"))), on_error=rs.handlers.skip()) == [
        (1.0, "a"),
        (0.5, "b"),
    ]


@each_way
def test_an_error_handler_gets_the_tuples_event(above: list[Any]) -> None:
    failed: list[rs.Event[Any]] = []
    one, two = ([rs.Event(value, key="k")] for value in (1, 0))

    broken = zipped(above, one, two).pipe(ops.map(lambda pair: pair[0] // pair[1]))
    rs.collect(broken, on_error=lambda event, _: failed.append(event))

    assert failed == [rs.Event((1, 0), key="k")]


@each_way
def test_run_again_it_gives_the_same(above: list[Any]) -> None:
    stream = zipped(above, ["a", "b", "c"], [1, 2])

    assert rs.collect(stream) == rs.collect(stream) == [("a", 1), ("b", 2)]


@each_way
def test_subscribed_plainly_it_gives_the_same(above: list[Any]) -> None:
    said: list[object] = []

    zipped(above, ["a", "b", "c"], [1, 2]).subscribe(said.append, None, lambda: said.append("end"))

    assert said == [("a", 1), ("b", 2), "end"]


def test_an_input_that_fails_is_heard_of_once() -> None:
    said: list[str] = []
    one, two = Subject[int](), Subject[int]()
    rs.from_observable(one).pipe(ops.zip(two)).subscribe(on_error=lambda error: said.append(str(error)))

    one.on_error(ValueError("first"))
    two.on_error(ValueError("second"))

    assert said == ["first"]


@each_way
def test_tuples_that_wait_for_a_function_make_the_sources_pause(above: list[Any]) -> None:
    passed: list[object] = []
    waiting: list[int] = []

    async def handle(_: object) -> None:
        waiting.append(len(passed) - len(waiting))
        await rs.sleep(0)

    rs.run(zipped(above, range(9_000), range(9_000)).pipe(ops.observe(passed.append)).to(handle))

    assert 1_000 < max(waiting) < 6_000


T1, T2 = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "right", "whole"),
    [
        (rs.Event(1, "k", T1), rs.Event(2, "k", T2), rs.Event((1, 2), "k", T2)),
        (rs.Event(1, "k", T2), rs.Event(2, "l", T1), rs.Event((1, 2), None, T2)),
        (rs.Event(1, "k", T1), rs.Event(2), rs.Event((1, 2), None, T1)),
        (rs.Event(1, 0), rs.Event(2, 0), rs.Event((1, 2), 0)),
        (rs.Event(1, "k", T1, [("h", b"x")], rs.Origin("t", 0, 1)), rs.Event(2, "k", T1), rs.Event((1, 2), "k", T1)),
    ],
    ids=["keys agree", "keys differ", "one has nothing", "an empty key", "headers and origins are the parts' own"],
)
@each_way
def test_the_passport_is_made_of_the_parts(
    above: list[Any], left: rs.Event[int], right: rs.Event[int], whole: rs.Event[Any]
) -> None:
    assert rs.collect(zipped(above, [left], [right]).pipe(ops.events())) == [whole]


def test_the_passport_has_what_operators_above_said() -> None:
    left = rs.from_iterable(["a"]).pipe(ops.key_by(str.upper), ops.event_time(lambda _: T1))
    right = rs.from_iterable(["A"]).pipe(ops.key_by(str.upper))

    assert rs.collect(left.pipe(ops.zip(right), ops.events())) == [rs.Event(("a", "A"), "A", T1)]


@each_way
def test_a_function_below_can_ask_for_the_passport(above: list[Any]) -> None:
    seen: list[Any] = []
    pairs = zipped(above, [rs.Event(1, "k")], [rs.Event(2, "k")])

    rs.collect(pairs.pipe(ops.observe(lambda _: seen.append(rs.current_event()))))

    assert seen == [rs.Event((1, 2), "k")]


def test_what_is_said_of_a_tuple_is_not_its_parts_business() -> None:
    seen: list[object] = []
    source = rs.from_iterable([rs.Event(1, key="own")])
    zipped = source.pipe(ops.zip(rs.from_iterable([2])), ops.key_by(str))
    looked = source.pipe(ops.observe(lambda _: seen.append(rs.current_event().key)))  # type: ignore[union-attr]  # an item passes

    rs.run(rs.from_iterable([0]).to(rs.to_list()), zipped.to(rs.to_list()), looked.to(rs.to_list()))

    assert seen == ["own"]


def test_zips_of_zips_have_the_passport_of_all() -> None:
    one, two, three = (rs.from_iterable([rs.Event(n, "k", when)]) for n, when in ((1, T1), (2, T2), (3, T1)))

    assert rs.collect(one.pipe(ops.zip(two), ops.zip(three), ops.events())) == [rs.Event(((1, 2), 3), "k", T2)]


def test_a_window_below_loses_no_tuple_whose_parts_lie_far_apart() -> None:
    left, right = histories([("L", 0), ("L", 1), ("R", 5), ("R", 6), END("L"), END("R")])

    panes = rs.collect(left.pipe(ops.zip(right), ops.window(rs.tumbling(2))))

    assert [(pane.value, pane.start.second) for pane in panes] == [([(0, 5)], 4), ([(1, 6)], 6)]


def zipped_by_hand(script: Script) -> Iterator[tuple[object, object]]:
    queues: dict[str, list[object]] = {"L": [], "R": []}
    ended = set()
    for side, said in script:
        if said is END:
            ended.add(side)
        else:
            queues[side].append(said)
        if all(queues.values()):
            yield queues["L"].pop(0), queues["R"].pop(0)
        if any(not queues[side] for side in ended):
            return


@given(scripts())
def test_it_gives_what_a_zip_by_hand_gives(script: Script) -> None:
    left, right = histories(script)

    assert rs.collect(left.pipe(ops.zip(right))) == list(zipped_by_hand(script))


@given(st.sampled_from(sorted(ABOVE)), st.lists(st.lists(st.integers()), min_size=1, max_size=4))
def test_of_lists_it_gives_what_python_gives(above: str, lists: list[list[int]]) -> None:
    assert rs.collect(zipped(ABOVE[above], *lists)) == list(zip(*lists, strict=False))


@each_way
def test_tuples_that_are_awaited_keep_their_passports(above: list[Any]) -> None:
    events = [rs.Event(n, n % 2) for n in range(2_500)]
    seen: list[Any] = []

    async def slowly(pair: object) -> None:
        await rs.sleep(1)
        seen.append((pair, rs.current_event()))

    rs.run(zipped(above, events, events).to(slowly))

    assert seen == [((n, n), rs.Event((n, n), n % 2)) for n in range(2_500)]


@pytest.mark.parametrize("other", [[1, 2], None, 5], ids=repr)
def test_what_is_no_observable_is_refused(refusal: Refusal, other: Any) -> None:
    assert refusal(lambda: ops.zip(other)) == (
        f"zip: every input must be a Stream or an Observable; got {other!r}. "
        "Wrap it, for instance in rs.from_iterable(…)."
    )
