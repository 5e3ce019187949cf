"""Folding the values into a running result."""

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal


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
    seed: dict[str, list[int]] = {"seen": []}
    stream = rs.from_iterable([1]).pipe(ops.scan(lambda so_far, x: so_far["seen"].append(x) or so_far, seed))

    rs.collect(stream)

    assert seed == {"seen": []}


def test_a_seed_that_can_be_called_is_called_for_each_run() -> None:
    calls: list[int] = []
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
    odd_and_even = ops.scan_by_key(appended, [], key=lambda x: x % 2), ops.map(tuple)

    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(*odd_and_even)) == [(1,), (2,), (1, 3)]


def test_a_seed_that_can_be_called_is_called_for_each_key() -> None:
    calls: list[int] = []

    rs.collect(rs.from_iterable(list("abab")).pipe(ops.scan_by_key(count, lambda: calls.append(1) or 0, key=str)))

    assert calls == [1, 1]


def test_each_run_forgets_the_keys_of_the_one_before() -> None:
    stream = rs.from_iterable("aa").pipe(ops.scan_by_key(count, 0, key=str))

    assert rs.collect(stream) == rs.collect(stream) == [1, 2]


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.scan(5, 0)) == "scan: f must be callable; got 5. Give a function."


def test_an_async_function_is_refused(refusal: Refusal) -> None:
    async def later(so_far: int, value: int) -> int:
        return so_far + value

    assert refusal(lambda: ops.scan(later, 0)) == (
        "scan: f must be a plain function; got the async later. Await it with ops.process(f) or ops.map_async(f)."
    )


def test_what_is_no_function_by_key_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.scan_by_key(5, 0)) == "scan_by_key: f must be callable; got 5. Give a function."


def test_what_is_no_key_function_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.scan_by_key(add, 0, key="k"))

    assert sentence == "scan_by_key: key must be callable; got 'k'. Give a function."
