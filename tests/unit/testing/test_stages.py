"""The picture that stands below a failure: what every stage did."""

from collections.abc import Callable, Iterator
from functools import partial
from inspect import cleandoc
from itertools import count

import pytest
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles, marbles


def notes_of(expect: Callable[[Marbles], object]) -> list[str]:
    """Return what stands below the failure of an expectation."""
    m = Marbles()
    expect(m)
    with pytest.raises(AssertionError) as caught:
        m.run()
    return [cleandoc(note) for note in getattr(caught.value, "__notes__", [])]


def odd(value: str) -> bool:
    return int(value) % 2 == 1


def test_every_stage_of_a_stream_that_says_something_else_is_drawn() -> None:
    (note,) = notes_of(lambda m: m.expect(m.hot("-1-2-3-|").pipe(ops.filter(odd), ops.map(int)), "-a---a-|"))

    assert note == cleandoc(
        """
        every stage, run once more:

          hot          -1---------------2---------------3---------------|
          filter  odd  -1-------------------------------3---------------|
          map  int     -1-------------------------------3---------------|
                        1 s             3 s             5 s             7 s
        """
    )


def test_all_inputs_of_a_stream_are_drawn() -> None:
    (note,) = notes_of(lambda m: m.expect(m.hot("-1-|").pipe(ops.merge(m.cold("a|")), ops.map(str)), "-|"))

    assert [line.split()[0] for line in note.splitlines()[2:-1]] == ["hot", "cold", "merge", "map"]


def test_two_streams_that_fail_are_both_drawn() -> None:
    def expect(m: Marbles) -> None:
        source = m.hot("-1-|").pipe(ops.map(int))
        m.expect(source.pipe(ops.map(str)), "-|")
        m.expect(source.pipe(ops.map(float)), "-|")

    assert len(notes_of(expect)) == 2


def test_an_error_is_drawn_where_it_happened() -> None:
    (note,) = notes_of(lambda m: m.expect(m.hot("-1-x-|").pipe(ops.map(int), ops.map(str)), "-1-|"))

    assert [line.strip()[-1] for line in note.splitlines()[2:5]] == [">", "#", "#"]


def test_a_timer_that_never_ends_is_drawn_as_far_as_it_was_listened_to() -> None:
    ticks = rs.interval(1).pipe(ops.map(str), ops.map(int))

    (note,) = notes_of(lambda m: m.expect(ticks, "-0", subscription="^-!"))

    assert note.splitlines()[2].split() == ["interval", "every", "1", "s", "-0->"]


def test_what_goes_on_is_drawn_up_to_the_last_that_came() -> None:
    (note,) = notes_of(lambda m: m.expect(m.hot("-1-2").pipe(ops.map(int), ops.map(str)), "-1-3"))

    assert note.splitlines()[2].replace("-", "").split() == ["hot", "12>"]


def leaving(call: int) -> Callable[[object], object]:
    """A function that wants Python to end at its n-th call."""
    calls = count(1)

    def f(value: object) -> object:
        if next(calls) == call:
            raise SystemExit
        return value

    return f


class Growing:
    """Numbers that end the first time."""

    def __init__(self) -> None:
        self._times = 0

    def __iter__(self) -> Iterator[int]:
        self._times += 1
        return iter(range(3)) if self._times == 1 else count()


NOT_DRAWN = {
    "one operator: both sides are drawn already": lambda m: m.expect(m.hot("-1-|").pipe(ops.map(int)), "-|"),
    "listened to later": lambda m: m.expect(
        m.hot("-1-2-|").pipe(ops.map(int), ops.map(str)), "---|", subscription="--^"
    ),
    "a foreign source": lambda m: m.expect(rs.from_observable(Subject()).pipe(ops.map(int), ops.map(str)), "-|"),
    "without end": lambda m: m.expect(rs.from_iterable(count()).pipe(ops.map(int), ops.map(str)), "-|"),
    "an iterator that is used up": lambda m: m.expect(
        rs.from_iterable(iter([1, 2])).pipe(ops.map(str), ops.map(int)), "-|"
    ),
    "a function that counts its calls": lambda m: m.expect(
        m.hot("-1-|").pipe(ops.map(int), ops.map(partial(next, count()))), "-|"
    ),
    "more than a hundred items": lambda m: m.expect(
        rs.from_iterable(range(1_000)).pipe(ops.map(float), ops.reduce(max, 0)), "-|"
    ),
    "a function that leaves Python the second time": lambda m: m.expect(
        m.hot("-1-|").pipe(ops.map(int), ops.map(leaving(2))), "-|"
    ),
    "endless the second time": lambda m: m.expect(
        rs.from_iterable(Growing()).pipe(ops.map(float), ops.filter(lambda n: n > 9)), "-|"
    ),
    "subscriptions": lambda m: m.expect_subscriptions(m.hot("-1-|"), "^-!"),
}


@pytest.mark.parametrize("expect", NOT_DRAWN.values(), ids=NOT_DRAWN)
def test_what_cannot_be_drawn_or_says_nothing_more_is_not(expect: Callable[[Marbles], object]) -> None:
    assert notes_of(expect) == []


def test_a_source_forgets_that_it_was_drawn() -> None:
    m = Marbles()
    source = m.hot("-1-|")
    m.expect(source.pipe(ops.map(int), ops.map(str)), "-|")
    with pytest.raises(AssertionError):
        m.run()

    m.expect_subscriptions(source)
    m.run()


def test_what_is_as_expected_is_run_once() -> None:
    seen: list[str] = []

    with marbles() as m:
        m.expect(m.hot("-1-|").pipe(ops.observe(seen.append), ops.map(int), ops.map(str)), "-1-|")

    assert seen == ["1"]
