"""Handing on the latest item at a fixed rate."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import REST, SECONDS, SPAN, at, committed_after, history, timed

#: What comes, and what is the latest every three frames.
DIAGRAMS = {
    "the latest": ("     -ab----|", "---b---|"),
    "nothing new": ("    -a------b--|", "---a-----b-|"),
    "at the instant": (" ---a--b-|", "---a--b-|"),
    "at the start": ("   a----|", "---a-|"),
    "at once": ("        (ab)---c|", "---b----(c|)"),
    "the end": ("        -a--b|", "---a-(b|)"),
    "nothing": ("        ----|", "----|"),
    "no end": ("         -a", "---a"),
    "an error": ("       -a--b#", "---a-#"),
}


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("case", DIAGRAMS)
def test_the_latest_item_is_handed_on_every_so_often(marbles: Marbles, kind: str, case: str) -> None:
    text, expected = DIAGRAMS[case]

    marbles.expect(getattr(marbles, kind)(text).pipe(ops.sample(marbles.time("---|"))), expected)


def test_it_counts_from_the_subscription(marbles: Marbles) -> None:
    source = marbles.hot("  -abcdefghij|")
    sampled = source.pipe(ops.sample(marbles.time("---|")))

    marbles.expect(sampled, "     -----e--h--(j|)", subscription="--^")


def samples(seconds: list[int], end: int, d: int) -> list[tuple[int, int]]:
    latest = {max(1, -(-second // d)) * d: number for number, second in enumerate(seconds)}
    return [(min(tick, end), number) for tick, number in latest.items()]


@given(SECONDS, REST, SPAN)
def test_each_tick_hands_on_the_latest_since_the_one_before(seconds: list[int], rest: int, d: int) -> None:
    end = max(seconds, default=0) + rest

    assert timed(history(seconds, end=end).pipe(ops.sample(d))) == samples(seconds, end, d)


def test_it_counts_from_the_first_instant_of_a_replay() -> None:
    noon = 12 * 3600
    sampled = history([noon, noon + 3, noon + 9]).pipe(ops.sample(4), ops.map(lambda number: (rs.now(), number)))

    assert rs.collect(sampled) == [(at(noon + 4), 1), (at(noon + 9), 2)]


def test_what_a_timer_above_hands_on_at_a_tick_counts() -> None:
    ticks = rs.interval(2, end=13).pipe(ops.delay(2), ops.sample(4))

    assert timed(ticks) == [(4, 0), (8, 2), (12, 4), (14, 5)]


def test_overtaken_items_are_counted_as_dropped() -> None:
    report = rs.run(history([0, 0, 1, 9]).pipe(ops.sample(2)).to(rs.to_list()))

    assert (report.pipelines[0].emitted, report.pipelines[0].dropped) == (2, 2)


def test_overtaken_items_are_settled() -> None:
    belt = Belt(range(5), size=2)

    assert committed_after(belt, ops.sample(1), sink=lambda value: 1 / 0 if value < 4 else None) == 5


def test_live_it_goes_by_the_wall() -> None:
    async def readings() -> AsyncIterator[int]:
        for number in range(3):
            yield number
        await asyncio.sleep(0.8)
        yield 3

    assert rs.collect(rs.from_aiter(readings).pipe(ops.sample(0.5))) == [2, 3]
