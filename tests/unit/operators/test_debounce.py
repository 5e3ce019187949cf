"""Handing on an item once nothing newer has come for a while."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import REST, SECONDS, SPAN, committed_after, history, timed

#: What comes, and what has been quiet for three frames.
DIAGRAMS = {
    "quiet": ("             -a------|", "----a---|"),
    "overtaken": ("         -ab-----|", "-----b--|"),
    "again and again": ("   -a-b-c---|", "--------c|"),
    "at the last moment": ("-a--b---|", " -------b|"),
    "at once": ("           (ab)---|", "---b---|"),
    "the end": ("           -ab|", "    ---(b|)"),
    "nothing": ("           ---|", "    ---|"),
    "no end": ("            -a", "     ----a"),
    "an error": ("          -a--b#", " ----- #"),
    "an error behind": ("   -a---#", "  ----a#"),
}


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("case", DIAGRAMS)
def test_an_item_has_to_be_the_newest_for_a_while(marbles: Marbles, kind: str, case: str) -> None:
    text, expected = DIAGRAMS[case]

    marbles.expect(getattr(marbles, kind)(text).pipe(ops.debounce(marbles.time("---|"))), expected)


def quiet_ones(seconds: list[int], end: int, d: int) -> list[tuple[int, int]]:
    found = []
    for number, second in enumerate(seconds):
        following = seconds[number + 1] if number + 1 < len(seconds) else None
        if following is None or following > second + d:
            found.append((second + d if following is not None else min(second + d, end), number))
    return found


@given(SECONDS, REST, SPAN)
def test_those_that_were_quiet_for_long_enough_are_handed_on(seconds: list[int], rest: int, d: int) -> None:
    end = max(seconds, default=0) + rest

    assert timed(history(seconds, end=end).pipe(ops.debounce(d))) == quiet_ones(seconds, end, d)


def test_overtaken_items_are_counted_as_dropped() -> None:
    report = rs.run(history([0, 0, 1, 9]).pipe(ops.debounce(2)).to(rs.to_list()))

    assert (report.pipelines[0].emitted, report.pipelines[0].dropped) == (2, 2)


def test_overtaken_items_are_settled() -> None:
    belt = Belt(range(5), size=2)

    assert committed_after(belt, ops.debounce(1), sink=lambda value: 1 / 0 if value < 4 else None) == 5


def test_live_it_goes_by_the_wall() -> None:
    async def typed() -> AsyncIterator[str]:
        for word in ("h", "he"):
            yield word
        await asyncio.sleep(0.8)
        yield "hey"

    assert rs.collect(rs.from_aiter(typed).pipe(ops.debounce(0.3))) == ["he", "hey"]
