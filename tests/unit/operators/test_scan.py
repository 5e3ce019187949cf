"""Folding the values into a running result."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import InBatches, Refusal
from tests.unit.state.keys_by_hand import KeysByHand

NO_FUNCTION: Any = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add(total: int, value: int) -> int:
    return total + value


def appended(seen: list[int], value: int) -> list[int]:
    seen.append(value)
    return seen


def count(so_far: int, _value: object) -> int:
    return so_far + 1


def test_the_running_result_is_handed_on_after_each_value() -> None:
    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.scan(add, 10))) == [11, 13, 16]


def test_an_empty_stream_gives_nothing() -> None:
    assert rs.collect(rs.from_iterable([]).pipe(ops.scan(add, 0))) == []


def test_none_is_a_result() -> None:
    results = rs.collect(rs.from_iterable([1, 2]).pipe(ops.scan(lambda so_far, _: None if so_far else 1, 0)))

    assert results == [1, None]


def test_a_value_that_fails_leaves_the_result_as_it_was() -> None:
    totals = rs.collect(rs.from_iterable([1, "x", 2]).pipe(ops.scan(add, 0)), on_error=rs.handlers.skip())

    assert totals == [1, 3]


@pytest.mark.parametrize("seed", [0, None, "", [], {}, ()], ids=repr)
def test_the_function_gets_the_seed_first(seed: object) -> None:
    first = rs.collect(rs.from_iterable([1]).pipe(ops.scan(lambda so_far, _: so_far, seed)))

    assert first == [seed]


def test_each_run_starts_with_a_copy_of_the_seed() -> None:
    stream = rs.from_iterable([1, 2]).pipe(ops.scan(appended, []), ops.map(len))

    assert rs.collect(stream) == rs.collect(stream) == [1, 2]


def test_the_copy_is_deep() -> None:
    seed: Any = {"seen": []}
    stream = rs.from_iterable([1]).pipe(ops.scan(lambda so_far, x: so_far["seen"].append(x) or so_far, seed))

    rs.collect(stream)

    assert seed == {"seen": []}


def test_a_seed_that_can_be_called_is_called_for_each_run() -> None:
    calls: Any = []
    stream = rs.from_iterable([1]).pipe(ops.scan(add, lambda: calls.append(1) or 100))

    assert (rs.collect(stream), rs.collect(stream), calls) == ([101], [101], [1, 1])


def test_two_of_them_in_one_pipe_keep_their_results_apart() -> None:
    doubled = rs.collect(rs.from_iterable([1, 1, 1]).pipe(ops.scan(add, 0), ops.scan(add, 0)))

    assert doubled == [1, 3, 6]


def test_one_operator_in_two_pipes_keeps_their_results_apart() -> None:
    total = ops.scan(add, 0)
    one, two = rs.to_list(), rs.to_list()

    rs.run(rs.from_iterable([1, 2]).pipe(total).to(one), rs.from_iterable([10, 20]).pipe(total).to(two))

    assert (one.items, two.items) == ([1, 3], [10, 30])


def test_the_result_of_each_key_runs_by_itself() -> None:
    counts = rs.collect(rs.from_iterable("abaa").pipe(ops.scan_by_key(count, 0, key=str)))

    assert counts == [1, 1, 2, 3]


def test_without_a_function_the_passports_key_counts() -> None:
    events = [rs.Event(1, key="a"), rs.Event(2, key="b"), rs.Event(3, key="a"), 4, 5]

    assert rs.collect(rs.from_iterable(events).pipe(ops.scan_by_key(add, 0))) == [1, 2, 4, 4, 9]


def test_a_key_that_was_given_on_the_way_counts() -> None:
    counts = rs.collect(rs.from_iterable("abaa").pipe(ops.key_by(str), ops.scan_by_key(count, 0)))

    assert counts == [1, 1, 2, 3]


def test_an_explicit_key_enters_the_passport() -> None:
    keyed = rs.collect(rs.from_iterable("ab").pipe(ops.scan_by_key(count, 0, key=str.upper), ops.events()))

    assert keyed == [rs.Event(1, key="A"), rs.Event(1, key="B")]


@pytest.mark.parametrize("key", [None, 0, "", ()], ids=repr)
def test_an_empty_key_is_a_key(key: object) -> None:
    counts = rs.collect(rs.from_iterable([1, 2]).pipe(ops.scan_by_key(count, 0, key=lambda _: key)))

    assert counts == [1, 2]


def test_none_is_a_result_of_a_key() -> None:
    results = rs.collect(
        rs.from_iterable([1, 2, 3]).pipe(ops.scan_by_key(lambda so_far, _: None if so_far == 1 else 1, 0))
    )

    assert results == [1, None, 1]


def test_a_key_that_fails_leaves_every_result_as_it_was() -> None:
    totals = rs.collect(
        rs.from_iterable([1, "x", 2]).pipe(ops.scan_by_key(add, 0, key=lambda x: x // x)), on_error=rs.handlers.skip()
    )

    assert totals == [1, 3]


def test_a_key_that_cannot_be_a_key_is_an_error_of_its_item() -> None:
    counts = rs.collect(
        rs.from_iterable([1, [], 1]).pipe(ops.scan_by_key(count, 0, key=lambda x: x)), on_error=rs.handlers.skip()
    )

    assert counts == [1, 2]


def test_each_key_starts_with_a_copy_of_the_seed() -> None:
    odd_and_even: Any = ops.scan_by_key(appended, [], key=lambda x: x % 2), ops.map(tuple)

    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(*odd_and_even)) == [(1,), (2,), (1, 3)]


def test_a_seed_that_can_be_called_is_called_for_each_key() -> None:
    calls: Any = []

    rs.collect(rs.from_iterable(list("abab")).pipe(ops.scan_by_key(count, lambda: calls.append(1) or 0, key=str)))

    assert calls == [1, 1]


def test_each_run_forgets_the_keys_of_the_one_before() -> None:
    stream = rs.from_iterable("aa").pipe(ops.scan_by_key(count, 0, key=str))

    assert rs.collect(stream) == rs.collect(stream) == [1, 2]


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.scan(NO_FUNCTION, 0)) == "scan: f must be callable; got 5. Give a function."


def test_an_async_function_is_refused(refusal: Refusal) -> None:
    async def later(so_far: int, value: int) -> int:
        return so_far + value

    f: Any = later
    assert refusal(lambda: ops.scan(f, 0)) == (
        "scan: f must be a plain function; got the async later. Await it with ops.process(f) or ops.map_async(f)."
    )


def test_what_is_no_function_by_key_is_refused(refusal: Refusal) -> None:
    assert (
        refusal(lambda: ops.scan_by_key(NO_FUNCTION, 0)) == "scan_by_key: f must be callable; got 5. Give a function."
    )


def test_what_is_no_key_function_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.scan_by_key(add, 0, key=NO_FUNCTION))

    assert sentence == "scan_by_key: key must be callable; got 5. Give a function."


# Keys that are forgotten

#: The instant in seconds, and the key; the value is the place.
Record = tuple[int, str]
RECORDS = st.lists(st.tuples(st.integers(0, 25), st.sampled_from("abcde")), max_size=40)
TTLS, COUNTS = st.none() | st.integers(1, 12), st.none() | st.integers(1, 4)
LIMITS = st.tuples(TTLS, COUNTS).filter(any)


class Counted(NamedTuple):
    """What came out, and the forgotten keys with their last results, as they were told."""

    results: list[int]
    forgotten: list[tuple[object, object]]


def counted(stream: rs.Stream[Any], **options: Any) -> Counted:
    """Count the items of each key."""
    forgotten: list[tuple[object, object]] = []
    by_key = ops.scan_by_key(count, 0, on_evict=lambda key, state: forgotten.append((key, state)), **options)
    return Counted(rs.collect(stream.pipe(by_key)), forgotten)


def counted_by_hand(records: Sequence[Record], ttl: int | None, max_keys: int | None, disorder: int | None) -> Counted:
    """Count by hand; ``disorder`` is None where there is no watermark."""
    keys, results, greatest = KeysByHand(ttl, max_keys), list[int](), -1
    for second, key in records:
        if disorder is not None and second > greatest:
            greatest = second
            keys.advance(greatest - disorder)
        known = keys.find(key, second)
        state: Any = 1 if known is None else known.state + 1  # type: ignore[operator]  # it is a number
        if known is None:
            keys.add(key, state, second)
        else:
            known.state = state
        results.append(state)
    return Counted(results, keys.forgotten)


def letters(*records: Record) -> rs.Stream[str]:
    return rs.from_history(records, unit="s", disorder=100)


@given(RECORDS, LIMITS, st.integers(0, 10), st.sampled_from([1, 3, 100]))
def test_behind_a_history_it_is_as_by_hand(
    in_batches: InBatches,
    records: list[Record],
    limits: tuple[int | None, int | None],
    disorder: int,
    size: int,
) -> None:
    history = in_batches(rs.from_history(records, unit="s", disorder=disorder), size)

    by_key = counted(history, key=str, ttl=limits[0], max_keys=limits[1])

    assert by_key == counted_by_hand(records, *limits, disorder)


@given(RECORDS, LIMITS)
def test_without_a_watermark_it_is_as_by_hand(records: list[Record], limits: tuple[int | None, int | None]) -> None:
    events = [rs.Event(key, None, EPOCH + timedelta(seconds=second)) for second, key in records]

    by_key = counted(rs.from_iterable(events), key=str, ttl=limits[0], max_keys=limits[1])

    assert by_key == counted_by_hand(records, *limits, None)


@pytest.mark.parametrize("ttl", [3, 3.0, timedelta(seconds=3)], ids=repr)
def test_a_key_starts_anew_after_more_than_the_ttl_and_not_before(marbles: Marbles, ttl: Any) -> None:
    counts = marbles.hot("a--a---a-|").pipe(ops.scan_by_key(count, 0, key=str, ttl=ttl), ops.map(str))

    marbles.expect(counts, "1--2---1-|")


def test_the_key_least_recently_used_makes_room(marbles: Marbles) -> None:
    counts = marbles.hot("abacab|").pipe(ops.scan_by_key(count, 0, key=str, max_keys=2), ops.map(str))

    marbles.expect(counts, "112131|")


def test_forgotten_keys_are_told_with_their_last_results() -> None:
    assert counted(letters((1, "a"), (1, "a"), (2, "b"), (9, "b")), key=str, max_keys=1).forgotten == [("a", 2)]


def test_who_is_silent_is_told_as_soon_as_the_watermark_says_so() -> None:
    told: list[object] = []
    history = rs.from_history([(1, "a"), (2, "b"), (4, "b"), (5, "b")], unit="s")
    by_key = ops.scan_by_key(count, 0, key=str, ttl=3, on_evict=lambda key, _: told.append(key))

    rs.collect(history.pipe(ops.observe(told.append), by_key))

    assert told == ["a", "b", "b", "a", "b"]


def test_a_watermark_without_an_item_forgets_too() -> None:
    told: list[object] = []
    history = rs.from_history([(1, "a"), (9, "x")], unit="s").pipe(ops.filter(lambda letter: letter != "x"))

    rs.collect(history.pipe(ops.scan_by_key(count, 0, key=str, ttl=3, on_evict=lambda *key: told.append(key))))

    assert told == [("a", 1)]


def test_the_end_of_the_stream_forgets_nothing() -> None:
    assert counted(rs.from_iterable("ab"), key=str, ttl=3, max_keys=5).forgotten == []


@pytest.mark.parametrize("limits", [{"ttl": 3}, {"max_keys": 3}], ids=repr)
def test_a_passports_key_counts_where_there_is_no_function(limits: dict[str, Any]) -> None:
    events = [rs.Event(1, key="a"), rs.Event(2, key="b"), rs.Event(3, key="a"), 4, 5]

    assert rs.collect(rs.from_iterable(events).pipe(ops.scan_by_key(add, 0, **limits))) == [1, 2, 4, 4, 9]


@pytest.mark.parametrize("limits", [{"ttl": 3}, {"max_keys": 3}], ids=repr)
def test_a_key_that_was_found_enters_the_passport(limits: dict[str, Any]) -> None:
    keyed = rs.from_iterable("ab").pipe(ops.scan_by_key(count, 0, key=str.upper, **limits), ops.events())

    assert rs.collect(keyed) == [rs.Event(1, key="A"), rs.Event(1, key="B")]


@pytest.mark.parametrize("limits", [{"ttl": 3}, {"max_keys": 3}], ids=repr)
def test_a_value_that_fails_leaves_the_results_of_keys_that_can_be_forgotten(limits: dict[str, Any]) -> None:
    totals = rs.from_iterable([1, "x", 2]).pipe(ops.scan_by_key(add, 0, key=lambda _: "k", **limits))

    assert rs.collect(totals, on_error=rs.handlers.skip()) == [1, 3]


def test_a_new_key_whose_value_fails_takes_nobodys_place() -> None:
    by_key = ops.scan_by_key(lambda n, letter: n + 1 // (letter != "x"), 0, key=str, max_keys=1)

    assert rs.collect(rs.from_iterable("axa").pipe(by_key), on_error=rs.handlers.skip()) == [1, 2]


@pytest.mark.parametrize("limits", [{"ttl": 3}, {"max_keys": 3}], ids=repr)
def test_a_key_that_cannot_be_forgotten_either_is_an_error_of_its_item(limits: dict[str, Any]) -> None:
    counts = rs.from_iterable([1, [], 1]).pipe(ops.scan_by_key(count, 0, key=lambda x: x, **limits))

    assert rs.collect(counts, on_error=rs.handlers.skip()) == [1, 2]


@pytest.mark.parametrize("seed", [[], list], ids=["copied", "called"])
def test_a_forgotten_key_starts_from_a_seed_of_its_own(seed: Any) -> None:
    seen = rs.from_iterable("aba").pipe(ops.scan_by_key(appended, seed, key=str, max_keys=1), ops.map(tuple))

    assert rs.collect(seen) == [("a",), ("b",), ("a",)]


def test_each_run_remembers_keys_of_its_own() -> None:
    stream = rs.from_iterable("aa").pipe(ops.scan_by_key(count, 0, key=str, max_keys=1))

    assert rs.collect(stream) == rs.collect(stream) == [1, 2]


def test_the_watermark_goes_on_to_windows_below() -> None:
    counts = rs.from_history([(1, "a"), (2, "a"), (12, "a")], unit="s").pipe(ops.scan_by_key(count, 0, key=str, ttl=5))

    assert [pane.value for pane in rs.collect(counts.pipe(ops.window(rs.tumbling(10))))] == [[1, 2], [1]]


# on_evict fails


def failing(key: object, _state: object) -> None:
    raise ValueError(f"{key} was forgotten")


#: How "a" is forgotten while "b" is worked on.
FORGETTING: dict[str, tuple[rs.Stream[Any], dict[str, Any]]] = {
    "no room": (rs.from_iterable("ab"), {"max_keys": 1}),
    "the watermark": (rs.from_history([(1, "a"), (9, "b")], unit="s"), {"ttl": 3}),
    "the greatest instant": (
        rs.from_iterable([rs.Event("a", None, EPOCH), rs.Event("b", None, EPOCH + timedelta(seconds=9))]),
        {"ttl": 3},
    ),
}
each_way = pytest.mark.parametrize("way", FORGETTING)


def failing_counts(way: str) -> rs.Stream[int]:
    stream, limits = FORGETTING[way]
    return stream.pipe(ops.scan_by_key(count, 0, key=str, on_evict=failing, **limits))


@each_way
def test_an_error_of_on_evict_is_that_of_the_item_being_worked_on(way: str) -> None:
    failed: list[tuple[object, str]] = []

    rs.collect(failing_counts(way), on_error=lambda event, error: failed.append((event.value, str(error))))

    assert [(value, told.splitlines()[0]) for value, told in failed] == [("b", "a was forgotten")]


@each_way
def test_an_item_is_handed_on_although_on_evict_failed(way: str) -> None:
    assert rs.collect(failing_counts(way), on_error=rs.handlers.skip()) == [1, 1]


@each_way
def test_an_error_of_on_evict_that_is_not_handled_ends_the_run(way: str) -> None:
    with pytest.raises(ValueError, match="a was forgotten") as caught:
        rs.run(failing_counts(way).to(rs.to_list(), name="p"))

    assert rs.error_context(caught.value) == ("p", "scan_by_key", ("a", 1))


@each_way
def test_an_error_of_on_evict_ends_a_plain_subscription(way: str) -> None:
    said: list[object] = []

    failing_counts(way).subscribe(said.append, lambda error: said.append(type(error)), lambda: said.append("end"))

    assert said == [1, ValueError]


def test_an_error_of_on_evict_for_which_there_is_no_item_is_that_of_an_event_of_the_key() -> None:
    async def held_back(_: str) -> None:
        await rs.sleep(20)

    failed: list[rs.Event[Any]] = []
    dated = rs.from_history([(1, "a"), (9, "b"), (100, "b")], unit="s")
    # Until it completes, the watermark stays behind it.
    other = rs.from_history([(2, "x")], unit="s").pipe(ops.process(held_back))
    by_key = ops.scan_by_key(count, 0, key=str, ttl=3, on_evict=failing)

    rs.collect(dated.pipe(ops.merge(other), by_key), on_error=lambda event, _: failed.append(event))

    assert failed[0] == rs.Event(1, key="a")


# What is refused


def test_on_evict_that_has_nothing_to_hear_of_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.scan_by_key(add, 0, on_evict=print)) == (
        "scan_by_key: on_evict must have something to hear of; got neither ttl nor max_keys, so that nothing is ever "
        "forgotten. Give one of them, or leave on_evict out."
    )


@pytest.mark.parametrize("ttl", [0, -1, timedelta(0)], ids=repr)
def test_no_time_at_all_is_refused(refusal: Refusal, ttl: Any) -> None:
    assert refusal(lambda: ops.scan_by_key(add, 0, ttl=ttl)) == (
        f"scan_by_key: ttl must be greater than zero; got {ttl!r}. Give seconds or a timedelta."
    )


@pytest.mark.parametrize("max_keys", [0, -1, 1.5, True, "2"], ids=repr)
def test_no_keys_at_all_are_refused(refusal: Refusal, max_keys: Any) -> None:
    assert refusal(lambda: ops.scan_by_key(add, 0, max_keys=max_keys)) == (
        f"scan_by_key: max_keys must be a whole number of at least 1; got {max_keys!r}. Correct it."
    )


def test_what_cannot_hear_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.scan_by_key(add, 0, ttl=1, on_evict=NO_FUNCTION))

    assert sentence == "scan_by_key: on_evict must be callable; got 5. Give a function."


def test_an_async_on_evict_is_refused(refusal: Refusal) -> None:
    async def later(key: object, state: object) -> None:
        pass

    assert refusal(lambda: ops.scan_by_key(add, 0, ttl=1, on_evict=later)) == (
        "scan_by_key: on_evict must be a plain function; got the async later. "
        "Await it with ops.process(f) or ops.map_async(f)."
    )
