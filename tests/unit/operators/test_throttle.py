"""Handing on one item a span of time."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import REST, SECONDS, SPAN, committed_after, history, timed

#: What comes, and the first and the last item of each span of three frames.
DIAGRAMS = {
    "one span": ("           -ab----|", "-a-----|", "  ----b--|"),
    "one item": ("           -a-----|", "-a-----|", "  ----a--|"),
    "two spans": ("          -ab--cd---|", "-a---c----|", "----b---d-|"),
    "at the span's end": ("  -ab-c----|", "-a--c----|", " ----b--c-|"),
    "again and again": ("    abcdefg|", "a--d--g|", "   ---c--f(g|)"),
    "at once": ("            (ab)--(cd)|", "a-----c---|", "---b-----d|"),
    "the end": ("            -ab|", "-a-|", "      ---(b|)"),
    "nothing": ("            ---|", "---|", "      ---|"),
    "an error": ("           -ab#", "-a-#", "      ---#"),
}


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("case", DIAGRAMS)
@pytest.mark.parametrize("emit", ["first", "last"])
def test_one_item_of_each_span_is_handed_on(marbles: Marbles, kind: str, case: str, emit: str) -> None:
    text, first, last = DIAGRAMS[case]
    throttled = getattr(marbles, kind)(text).pipe(ops.throttle(marbles.time("---|"), emit=emit))

    marbles.expect(throttled, first if emit == "first" else last)


def spans(seconds: list[int], d: int) -> list[tuple[int, list[int]]]:
    """Each span's first second, and the numbers of its items."""
    found: list[tuple[int, list[int]]] = []
    for number, second in enumerate(seconds):
        if not found or second >= found[-1][0] + d:
            found.append((second, []))
        found[-1][1].append(number)
    return found


@given(SECONDS, REST, SPAN)
def test_the_first_item_of_a_span_comes_at_once(seconds: list[int], rest: int, d: int) -> None:
    end = max(seconds, default=0) + rest
    expected = [(begin, numbers[0]) for begin, numbers in spans(seconds, d)]

    assert timed(history(seconds, end=end).pipe(ops.throttle(d))) == expected


@given(SECONDS, REST, SPAN)
def test_the_last_item_of_a_span_comes_at_its_end(seconds: list[int], rest: int, d: int) -> None:
    end = max(seconds, default=0) + rest
    expected = [(min(begin + d, end), numbers[-1]) for begin, numbers in spans(seconds, d)]

    assert timed(history(seconds, end=end).pipe(ops.throttle(d, emit="last"))) == expected


@pytest.mark.parametrize("emit", ["first", "last"])
def test_the_others_are_counted_as_dropped(emit: str) -> None:
    report = rs.run(history([0, 0, 1, 9]).pipe(ops.throttle(2, emit=emit)).to(rs.to_list()))

    assert (report.pipelines[0].emitted, report.pipelines[0].dropped) == (2, 2)


@pytest.mark.parametrize("emit", ["first", "last"])
def test_the_others_are_settled(emit: str) -> None:
    belt = Belt(range(5), size=2)

    assert committed_after(belt, ops.throttle(1, emit=emit), failing_in_the_middle()) == 5


def failing_in_the_middle() -> object:
    return ops.observe(lambda value: 1 / 0 if 0 < value < 4 else None)


def test_live_it_goes_by_the_wall() -> None:
    async def clicks() -> AsyncIterator[int]:
        for number in range(3):
            yield number
        await asyncio.sleep(0.8)
        yield 3

    assert rs.collect(rs.from_aiter(clicks).pipe(ops.throttle(0.5))) == [0, 3]


def test_a_misspelt_choice_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.throttle(1, emit="frist")) == (
        "throttle: emit must be one of 'first', 'last'; got 'frist'. Did you mean 'first'?"
    )
