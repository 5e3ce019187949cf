"""Handing on what has not been seen before."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import InBatches, Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.state.keys_by_hand import KeysByHand

NO_FUNCTION: Any = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The instant in seconds, and the value.
Record = tuple[int, str]
RECORDS = st.lists(st.tuples(st.integers(0, 25), st.sampled_from("abcde")), max_size=40)
TTLS, COUNTS = st.none() | st.integers(1, 12), st.none() | st.integers(1, 4)


def dated(records: Sequence[Record]) -> list[rs.Event[str]]:
    return [rs.Event(value, None, EPOCH + timedelta(seconds=second)) for second, value in records]


def by_hand(records: Sequence[Record], ttl: int | None, max_keys: int | None, disorder: int | None) -> list[str]:
    """What must come out; ``disorder`` is None where there is no watermark."""
    keys, told, greatest = KeysByHand(ttl, max_keys), list[str](), -1
    for second, value in records:
        if disorder is not None and second > greatest:
            greatest = second
            keys.advance(greatest - disorder)
        if keys.find(value, second) is None:
            keys.add(value, None, second)
            told.append(value)
    return told


def test_a_value_seen_before_is_let_go(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-b-a-c-b-|").pipe(ops.distinct()), "-a-b---c---|")


@given(st.lists(st.none() | st.integers(0, 9) | st.sampled_from("ab")))
def test_each_value_comes_once_and_in_order(values: list[object]) -> None:
    assert rs.collect(rs.from_iterable(values).pipe(ops.distinct())) == list(dict.fromkeys(values))


def test_with_a_function_each_key_comes_once(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-A-b-|").pipe(ops.distinct(str.lower)), "-a---b-|")


@pytest.mark.parametrize("limits", [{}, {"within": 10}, {"max_keys": 10}], ids=repr)
def test_what_the_function_finds_enters_the_passport(limits: dict[str, Any]) -> None:
    distinct = rs.from_iterable(["a", "A"]).pipe(ops.distinct(str.upper, **limits), ops.events())

    assert rs.collect(distinct) == [rs.Event("a", key="A")]


@pytest.mark.parametrize("limits", [{}, {"within": 10}, {"max_keys": 10}], ids=repr)
def test_without_a_function_the_passport_stays(limits: dict[str, Any]) -> None:
    events = [rs.Event("a", key="k"), rs.Event("a", key="l"), rs.Event("b", key="k")]

    assert rs.collect(rs.from_iterable(events).pipe(ops.distinct(**limits), ops.events())) == [events[0], events[2]]


@pytest.mark.parametrize("limits", [{}, {"within": 10}, {"max_keys": 10}], ids=repr)
def test_a_value_that_cannot_be_a_key_is_an_error_of_its_item(limits: dict[str, Any]) -> None:
    errors: list[str] = []
    distinct = rs.from_iterable(["a", ["b"], "a", "c"]).pipe(ops.distinct(**limits))

    kept = rs.collect(distinct, on_error=lambda _, error: errors.append(str(error)))

    told = "a value without a key= must be hashable, so that it can be remembered; got ['b']"
    remedy = "Give a key= that makes text, a number or a tuple of it."
    assert (kept, errors) == (["a", "c"], [f"distinct: {told}. {remedy}"])


@pytest.mark.parametrize("limits", [{}, {"within": 10}], ids=repr)
def test_a_key_that_cannot_be_one_is_an_error_of_its_item(limits: dict[str, Any]) -> None:
    with pytest.raises(rs.StreamError) as caught:
        rs.collect(rs.from_iterable(["a"]).pipe(ops.distinct(list, **limits)))

    assert str(caught.value) == (
        "distinct: a key must be hashable, so that it can be remembered; got ['a']. "
        "Give a key= that makes text, a number or a tuple of it."
    )


@pytest.mark.parametrize("limits", [{}, {"within": 10}], ids=repr)
def test_a_type_error_of_the_keys_own_comes_as_it_is(limits: dict[str, Any]) -> None:
    class Odd:
        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            raise TypeError("odd")

    with pytest.raises(TypeError, match=r"^odd"):
        rs.collect(rs.from_iterable([Odd(), Odd()]).pipe(ops.distinct(**limits)))


@pytest.mark.parametrize("limits", [{}, {"within": 10}], ids=repr)
def test_the_error_says_where_it_happened(limits: dict[str, Any]) -> None:
    with pytest.raises(rs.StreamError) as caught:
        rs.run(rs.from_iterable([[1]]).pipe(ops.distinct(**limits)).to(rs.to_list(), name="p"))

    assert rs.error_context(caught.value) == ("p", "distinct", [1])


def test_a_key_is_forgotten_after_more_than_the_time_and_not_before(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("a--a---a-|").pipe(ops.distinct(within=3)), "a------a-|")


def test_a_value_that_is_let_go_counts_as_seen(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("a--a--a--a|").pipe(ops.distinct(within=timedelta(seconds=3))), "a---------|")


def test_the_one_least_recently_seen_makes_room(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("abacab|").pipe(ops.distinct(max_keys=2)), "ab-c-b|")


@given(RECORDS, TTLS, COUNTS, st.integers(0, 10), st.sampled_from([1, 3, 100]))
def test_behind_a_history_it_is_as_by_hand(
    in_batches: InBatches, records: list[Record], ttl: int | None, max_keys: int | None, disorder: int, size: int
) -> None:
    history = in_batches(rs.from_history(records, unit="s", disorder=disorder), size)

    distinct = rs.collect(history.pipe(ops.distinct(within=ttl, max_keys=max_keys)))

    assert distinct == by_hand(records, ttl, max_keys, disorder)


@given(RECORDS, TTLS, COUNTS)
def test_without_a_watermark_it_is_as_by_hand(records: list[Record], ttl: int | None, max_keys: int | None) -> None:
    stream = rs.from_iterable(dated(records))

    distinct = rs.collect(stream.pipe(ops.distinct(within=ttl, max_keys=max_keys)))

    assert distinct == by_hand(records, ttl, max_keys, None)


@pytest.mark.parametrize(("rest", "kept"), [(1, ["a"]), (2, ["a", "a", "a"])])
def test_items_without_a_timestamp_count_by_the_runs_clock(rest: int, kept: list[str]) -> None:
    async def rested(value: str) -> str:
        await rs.sleep(rest)
        return value

    stream = rs.from_iterable("aaa").pipe(ops.process(rested), ops.distinct(within=1))

    assert rs.collect(stream) == kept


def test_the_watermark_goes_on_to_windows_below() -> None:
    history = rs.from_history([(1, "a"), (2, "a"), (12, "b")], unit="s")

    panes = rs.collect(history.pipe(ops.distinct(within=5), ops.window(rs.tumbling(10))))

    assert [pane.value for pane in panes] == [["a"], ["b"]]


def test_a_function_that_fails_is_an_error_of_its_item() -> None:
    distinct = rs.from_iterable([1, 0, 2]).pipe(ops.distinct(lambda x: 1 // x))

    assert rs.collect(distinct, on_error=rs.handlers.skip()) == [1, 2]


@pytest.mark.parametrize("limits", [{}, {"within": 10}, {"max_keys": 10}], ids=repr)
def test_each_run_has_seen_nothing(limits: dict[str, Any]) -> None:
    stream = rs.from_iterable("aa").pipe(ops.distinct(**limits))

    assert rs.collect(stream) == rs.collect(stream) == ["a"]


@pytest.mark.parametrize("limits", [{}, {"within": 10}, {"max_keys": 10}], ids=repr)
def test_what_is_let_go_is_counted_and_settled(limits: dict[str, Any]) -> None:
    belt = Belt("abaaa", size=2)

    report = rs.run(belt.stream.pipe(ops.distinct(**limits)).to(rs.to_list()))

    assert (report.pipelines[0].dropped, belt.committed) == (3, 5)


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.distinct(NO_FUNCTION))

    assert sentence == "distinct: key must be callable; got 5. Give a function."


def test_no_time_at_all_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.distinct(within=0)) == (
        "distinct: within must be greater than zero; got 0. Give seconds or a timedelta."
    )


def test_no_keys_at_all_are_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.distinct(max_keys=0)) == (
        "distinct: max_keys must be a whole number of at least 1; got 0. Correct it."
    )
