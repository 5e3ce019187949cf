"""Handing on only the first values."""

import pytest
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Numbers, Refusal


def test_the_first_values_are_handed_on() -> None:
    assert rs.collect(rs.from_iterable("abcd").pipe(ops.take(2))) == ["a", "b"]


def test_a_shorter_stream_ends_when_it_ends() -> None:
    assert rs.collect(rs.from_iterable("ab").pipe(ops.take(5))) == ["a", "b"]


def test_exactly_what_is_asked_for_is_pulled(numbers: Numbers) -> None:
    rs.collect(rs.from_iterable(numbers).pipe(ops.take(3)))

    assert numbers.pulled == 3


def test_a_plain_subscription_pulls_no_more_either(numbers: Numbers) -> None:
    rs.from_iterable(numbers).pipe(ops.take(3)).subscribe()

    assert numbers.pulled == 3


def test_the_smaller_of_two_counts_decides(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable(numbers).pipe(ops.take(5), ops.map(str), ops.take(2)))

    assert (taken, numbers.pulled) == (["1", "2"], 2)


def test_values_let_go_above_do_not_count() -> None:
    taken = rs.collect(rs.from_iterable(range(100)).pipe(ops.filter(lambda x: x > 50), ops.take(2)))

    assert taken == [51, 52]


def test_a_value_that_fails_below_has_been_taken() -> None:
    inverse = rs.from_iterable([0, 1, 2]).pipe(ops.take(2), ops.map(lambda x: 1 / x))

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [1.0]


def test_none_at_all_completes_at_the_first_item(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable(numbers).pipe(ops.take(0)))

    assert (taken, numbers.pulled) == ([], 1)


def test_it_completes_with_the_last_value_and_not_at_the_end_of_the_stream() -> None:
    said: list[object] = []
    subject: Subject[int] = Subject()
    rs.from_observable(subject).pipe(ops.take(1)).subscribe(said.append, None, lambda: said.append("end"))

    subject.on_next(1)

    assert said == [1, "end"]


def test_it_completes_once() -> None:
    ends: list[str] = []

    rs.from_iterable([1, 2, 3]).pipe(ops.take(2)).subscribe(None, None, lambda: ends.append("end"))

    assert ends == ["end"]


def test_each_subscription_counts_anew() -> None:
    stream = rs.from_iterable("abc").pipe(ops.take(2))

    assert rs.collect(stream) == rs.collect(stream) == ["a", "b"]


def test_a_branch_that_has_enough_does_not_end_the_other() -> None:
    source = rs.from_iterable(range(5))
    few, all_of_them = rs.to_list(), rs.to_list()

    rs.run(source.pipe(ops.take(2)).to(few), source.to(all_of_them))

    assert (few.items, all_of_them.items) == ([0, 1], [0, 1, 2, 3, 4])


def test_the_source_stops_when_every_branch_has_enough(numbers: Numbers) -> None:
    source = rs.from_iterable(numbers)

    rs.run(source.pipe(ops.take(2)).to(rs.to_list()), source.pipe(ops.take(4)).to(rs.to_list()))

    assert numbers.pulled == 4


@pytest.mark.parametrize("n", [-1, 1.5, True, "2", None], ids=repr)
def test_what_is_no_count_is_refused(refusal: Refusal, n: object) -> None:
    assert refusal(lambda: ops.take(n)) == f"take: n must be a whole number of at least 0; got {n!r}. Correct it."
