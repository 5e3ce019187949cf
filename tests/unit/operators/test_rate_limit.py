"""Handing on no more than so many items in any span of time."""

import asyncio
import itertools
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import REST, SECONDS, SPAN, committed_after, history, timed

#: What comes, and what is handed on where there are two in four frames.
DIAGRAMS = {
    "few": ("           -a-b-|", "   -a-b-|"),
    "many": ("          (abcde|)", " (ab)(cd)(e|)"),
    "one too many": ("  -a-bc---|", " -a-b-c--|"),
    "no burst": ("      ---a-bcd-|", "---a-b-c-(d|)"),
    "the end": ("       -abc|", "    -ab--(c|)"),
    "nothing": ("       ---|", "     ---|"),
    "an error": ("      -abc#", "    -ab-#"),
}
LIMITED: Any = ops.rate_limit(2, per=4)


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("case", DIAGRAMS)
def test_no_span_has_more_than_allowed(marbles: Marbles, kind: str, case: str) -> None:
    text, expected = DIAGRAMS[case]

    marbles.expect(getattr(marbles, kind)(text).pipe(LIMITED), expected)


def turns(seconds: list[int], rate: int, per: int) -> list[tuple[int, int]]:
    found: list[int] = []
    for second in seconds:
        earliest = found[-rate] + per if len(found) >= rate else 0
        found.append(max(second, earliest, *found[-1:]))
    return [(second, number) for number, second in enumerate(found)]


@given(SECONDS, REST, st.integers(1, 4), SPAN)
def test_each_item_comes_as_early_as_may_be(seconds: list[int], rest: int, rate: int, per: int) -> None:
    end = max(seconds, default=0) + rest

    assert timed(history(seconds, end=end).pipe(ops.rate_limit(rate, per=per))) == turns(seconds, rate, per)


def rates(*given: Any) -> Any:
    answers = itertools.chain(given, itertools.repeat(given[-1]))
    return lambda: next(answers)


def test_a_function_is_asked_for_each_item(marbles: Marbles) -> None:
    limited = marbles.hot("(abcd|)").pipe(ops.rate_limit(rates(1, 1, 3), per=4))

    marbles.expect(limited, "a---(bcd|)")


def test_where_none_is_allowed_it_is_asked_again_later(marbles: Marbles) -> None:
    limited = marbles.hot("-ab----------|").pipe(ops.rate_limit(rates(0, -1, 2), per=4))

    marbles.expect(limited, "---------(ab)|")


def test_what_the_function_raises_is_an_error_of_the_item() -> None:
    answers: Any = iter([1, ValueError(), 1, 1])

    def rate() -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return int(answer)

    limited = history([0, 5, 10, 15]).pipe(ops.rate_limit(rate))
    assert rs.collect(limited, on_error=rs.handlers.skip()) == [0, 2, 3]


def test_the_error_of_an_item_that_waited_names_operator_and_item() -> None:
    failed: list[Any] = []

    rs.collect(
        history([0, 0, 0]).pipe(ops.rate_limit(rates(1, 1, "many", 1))),
        on_error=lambda event, error: failed.append((event.value, rs.error_context(error).operator, str(error))),
    )

    sentence = "rate_limit: the function must return a number; got 'many'. Return how many items may pass."
    assert failed == [(1, "rate_limit", sentence)]


def test_a_plain_subscription_ends_with_that_error() -> None:
    said: list[object] = []
    scheduler = rs.StreamScheduler.virtual()

    limited = history([0, 0, 0]).pipe(ops.rate_limit(rates(1, 1, "many")))
    limited.subscribe(said.append, lambda _: said.append("error"), lambda: said.append("end"), scheduler=scheduler)
    scheduler.run()

    assert said == [0, "error"]


def test_what_waits_counts_against_the_sources_limit() -> None:
    belt = Belt(range(50), size=5, max_in_flight=10)
    waiting, most = set[int](), [0]

    def come(value: int) -> None:
        waiting.add(value)
        most.append(len(waiting))

    committed_after(belt, ops.observe(come), ops.rate_limit(1), ops.observe(waiting.remove))

    # One batch more than the limit may be under way when it is reached.
    assert max(most) < 10 + 5


def test_a_timer_skips_its_ticks_while_one_waits() -> None:
    ticks = rs.interval(1, end=9).pipe(ops.events(), ops.rate_limit(1, per=2.5), ops.map(lambda tick: tick.timestamp))

    seen = [(second, tick.timestamp()) for second, tick in timed(ticks)]
    assert seen == [(1, 1), (3.5, 2), (6, 4), (8.5, 7), (11, 9)]


def test_nothing_is_dropped() -> None:
    report = rs.run(rs.from_iterable(range(100)).pipe(ops.rate_limit(7)).to(rs.to_list()))

    assert (report.pipelines[0].emitted, report.pipelines[0].dropped) == (100, 0)


def test_live_it_goes_by_the_wall() -> None:
    async def calls() -> AsyncIterator[int]:
        for number in range(5):
            yield number

    async def passed() -> list[float]:
        loop, seen = asyncio.get_running_loop(), list[float]()
        await rs.run_async(
            rs.from_aiter(calls).pipe(ops.rate_limit(2, per=0.03)).to(lambda _: seen.append(loop.time()))
        )
        return seen

    seen = asyncio.run(passed())
    assert all(later - earlier >= 0.03 for earlier, later in zip(seen, seen[2:], strict=False))


@pytest.mark.parametrize("rate", [0, -1, 0.5, math.inf, math.nan, True, "2", None], ids=repr)
def test_what_is_no_rate_is_refused(refusal: Refusal, rate: Any) -> None:
    assert refusal(lambda: ops.rate_limit(rate)) == (
        f"rate_limit: rate must be a number of at least 1, or a function; got {rate!r}. "
        "For less than one in a second say so with per=…"
    )


def test_a_rate_between_two_whole_numbers_allows_the_lower_one() -> None:
    assert timed(history([0, 0, 0]).pipe(ops.rate_limit(2.5))) == [(0, 0), (0, 1), (1, 2)]


def test_an_async_function_is_refused(refusal: Refusal) -> None:
    async def rate() -> int:
        return 1

    refused: Any = rate
    assert "rate_limit: rate must be a plain function; got the async rate." in refusal(lambda: ops.rate_limit(refused))
