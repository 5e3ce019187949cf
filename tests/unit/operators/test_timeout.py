"""Ending with an error where nothing comes for too long."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import EPOCH, REST, SECONDS, SPAN, at, history

#: What comes, what is handed on where three frames may pass, and since when nothing has come by then.
DIAGRAMS: dict[str, tuple[str, str, int]] = {
    "in time": ("           -a-b--|", " -a-b--|", 0),
    "just in time": ("      ---a--b--|", "---a--b--|", 0),
    "too late": ("          -a----b|", " -a--#", 1),
    "the first": ("         ----a|", "   ---#", 0),
    "the end": ("           -a----|", "  -a--#", 1),
    "the end in time": ("   -a--|", "    -a--|", 0),
    "nothing": ("           |", "       |", 0),
    "silence": ("           -", "       ---#", 0),
    "at once": ("           (ab|)", "   (ab|)", 0),
}


def told(second: int, span: str = "3 s") -> TimeoutError:
    return TimeoutError(
        f"timeout: an item must come within {span}; none has since {at(second).isoformat()}. "
        "Give more time, or find out why nothing comes."
    )


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("case", DIAGRAMS)
def test_an_item_has_to_come_in_time(marbles: Marbles, kind: str, case: str) -> None:
    text, expected, since = DIAGRAMS[case]
    limited = getattr(marbles, kind)(text).pipe(ops.timeout(marbles.time("---|")))

    marbles.expect(limited, expected, error=told(since))


def test_an_error_of_the_source_is_handed_on(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-#").pipe(ops.timeout(3)), "-a-#")


def test_the_source_is_let_go(marbles: Marbles) -> None:
    source = marbles.hot("-a----b|")
    marbles.expect(source.pipe(ops.timeout(3)), "-a--#", error=told(1))

    marbles.expect_subscriptions(source, "       ^---!")


def test_it_counts_from_the_subscription(marbles: Marbles) -> None:
    source = marbles.hot("----a|")

    marbles.expect(source.pipe(ops.timeout(3)), "----a|", subscription="--^")


@given(SECONDS, REST, SPAN)
def test_no_gap_is_longer_than_allowed(seconds: list[int], rest: int, d: int) -> None:
    marks = [0, *seconds, max(seconds, default=0) + rest]
    in_time = [two <= one + d for one, two in pairwise(marks)]
    broken = None if all(in_time) else in_time.index(False)
    seen, said = list[int](), list[str]()
    scheduler = rs.StreamScheduler.virtual()

    limited = history(seconds, end=marks[-1]).pipe(ops.timeout(d))
    limited.subscribe(seen.append, lambda error: said.append(str(error)), scheduler=scheduler)
    scheduler.run()

    expected = [] if broken is None else [str(told(marks[broken], f"{d} s"))]
    assert (len(seen), said) == (len(seconds) if broken is None else broken, expected)


def test_no_error_handler_is_asked() -> None:
    handled: list[object] = []

    with pytest.raises(TimeoutError):
        rs.collect(history([0, 9]).pipe(ops.timeout(3)), on_error=lambda *failed: handled.append(failed))

    assert handled == []


def test_in_a_replay_it_counts_from_its_start() -> None:
    with pytest.raises(TimeoutError) as caught:
        rs.collect(history([3600]).pipe(ops.timeout(60)), start=EPOCH)

    assert str(caught.value) == str(told(0, "60 s"))


def test_a_replay_that_begins_with_an_item_is_in_time() -> None:
    assert rs.collect(rs.from_history([(3600, "a"), (3660, "b")], unit="s").pipe(ops.timeout(60))) == ["a", "b"]


def test_a_plain_subscription_gets_the_error() -> None:
    said: list[object] = []
    scheduler = rs.StreamScheduler.virtual()

    history([0, 9]).pipe(ops.timeout(3)).subscribe(
        said.append, lambda error: said.append(str(error)), scheduler=scheduler
    )
    scheduler.run()

    assert said == [0, str(told(0))]


def test_what_has_come_before_is_committed() -> None:
    belt = Belt(range(5), size=2)
    silent: Any = ops.merge(rs.timer(60).pipe(ops.filter(lambda _: False)))

    with pytest.raises(TimeoutError):
        rs.run(belt.stream.pipe(silent, ops.timeout(3)).to(rs.to_list()))

    assert belt.committed == 5


def test_live_it_goes_by_the_wall() -> None:
    async def silent() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(60)

    seen = rs.to_list()
    with pytest.raises(TimeoutError):
        rs.run(rs.from_aiter(silent).pipe(ops.timeout(0.5)).to(seen))

    assert seen.items == [1]
