"""Gathering items into lists."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import REST, SECONDS, SPAN, at, committed_after, failing_at, history, timed

#: What comes, and what is gathered of at most two items, within three frames, and by both.
DIAGRAMS = {
    "full": ("         -ab----|", "--x----|", "  ----x--|", "  --x----|"),
    "not full": ("     -a-----|", "-------(y|)", "----y--|", " ----y--|"),
    "the end": ("      -a|", "     --(y|)", "    --(y|)", "   --(y|)"),
    "too late": ("     -a---b-|", "-----x-|", " ----y--(z|)", "----y--(z|)"),
    "just in time": (" -a--b-|", " ----x-|", "  ----x-|", "  ----x-|"),
    "nothing": ("      ---|", "   ---|", "     ---|", "     ---|"),
    "an error": ("     -a#", "    --#", "      --#", "      --#"),
    "no end": ("       -a", "     --", "       ----y", "    ----y"),
}
LISTS = {"x": ["a", "b"], "y": ["a"], "z": ["b"]}
STEPS = [ops.buffer(2), ops.buffer(timeout=3), ops.buffer(2, timeout=3)]


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("case", DIAGRAMS)
@pytest.mark.parametrize("place", [0, 1, 2], ids=["count", "timeout", "both"])
def test_items_are_gathered_until_a_list_is_full(marbles: Marbles, kind: str, case: str, place: int) -> None:
    text, *expected = DIAGRAMS[case]

    marbles.expect(getattr(marbles, kind)(text).pipe(STEPS[place]), expected[place], values=LISTS)


def lists(seconds: list[int], count: int | None, timeout: int | None, end: int) -> list[tuple[int, list[int]]]:
    found: list[tuple[int, list[int]]] = []
    for number, second in enumerate(seconds):
        full = not found or len(found[-1][1]) == count
        if full or (timeout is not None and second > seconds[found[-1][1][0]] + timeout):
            found.append((0, []))
        found[-1][1].append(number)
    over = [end if timeout is None else min(end, seconds[numbers[0]] + timeout) for _, numbers in found]
    return [
        (seconds[numbers[-1]] if len(numbers) == count else last, numbers)
        for last, (_, numbers) in zip(over, found, strict=True)
    ]


@given(SECONDS, REST, st.integers(1, 4) | st.none(), SPAN)
def test_every_item_is_in_one_list(seconds: list[int], rest: int, count: int | None, span: int) -> None:
    end = max(seconds, default=0) + rest

    gathered = timed(history(seconds, end=end).pipe(ops.buffer(count, timeout=span)))

    assert gathered == lists(seconds, count, span, end)


@given(st.lists(st.integers()), st.integers(1, 5), st.sampled_from([1, 3, 1000]))
def test_by_count_it_is_the_same_for_any_source(in_batches: Any, values: list[int], count: int, size: int) -> None:
    expected = [values[start : start + count] for start in range(0, len(values), count)]
    source = in_batches(rs.from_iterable(values), size)

    fused = rs.collect(source.pipe(ops.map(lambda value: value), ops.buffer(count)))
    plain = rs.collect(source.pipe(ops.process(lambda value: value), ops.buffer(count)))

    assert fused == plain == expected


def event(value: int, key: object, timestamp: datetime | None) -> rs.Event[int]:
    return rs.Event(value, key, timestamp, (("h", b"x"),), rs.Origin("topic", 0, value))


#: Before a buffer: where records say all there is to know, and where operators may have changed it.
ABOVE: dict[str, Any] = {"fused": [], "kept": [ops.delay(0)], "rekeyed": [ops.key_by(lambda _: "k")]}
PASSPORTS: dict[str, tuple[list[rs.Event[int]], rs.Event[list[int]]]] = {
    "the last one's time": ([event(1, "k", at(1)), event(2, "k", at(2))], rs.Event([1, 2], "k", at(2))),
    "not the latest": ([event(1, "k", at(2)), event(2, "k", at(1))], rs.Event([1, 2], "k", at(1))),
    "none": ([event(1, "k", at(1)), event(2, "k", None)], rs.Event([1, 2], "k", None)),
}


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("case", PASSPORTS)
def test_a_list_has_a_passport_of_its_own(above: str, case: str) -> None:
    events, expected = PASSPORTS[case]

    assert rs.collect(rs.from_iterable(events).pipe(*ABOVE[above], ops.buffer(2), ops.events())) == [expected]


@pytest.mark.parametrize("above", ["fused", "kept"])
def test_a_list_has_no_key_where_its_items_do_not_agree(above: str) -> None:
    events = [event(number, number // 2, None) for number in range(4)]

    made = rs.collect(rs.from_iterable(events).pipe(*ABOVE[above], ops.buffer(3), ops.events()))

    assert [one.key for one in made] == [None, 1]


@pytest.mark.parametrize("above", ABOVE)
def test_code_below_sees_that_passport(above: str) -> None:
    events, expected = PASSPORTS["the last one's time"]
    seen: list[object] = []

    rs.collect(
        rs.from_iterable(events).pipe(
            *ABOVE[above], ops.buffer(2), ops.observe(lambda _: seen.append(rs.current_event()))
        )
    )

    assert seen == [expected]


class Noting:
    """A sink that looks at passports."""

    def __init__(self) -> None:
        self.events: list[rs.Event[Any]] = []

    async def open(self) -> None:
        pass

    async def write(self, batch: Any) -> None:
        self.events += batch.events

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("above", ABOVE)
def test_a_sink_sees_that_passport(above: str) -> None:
    events, expected = PASSPORTS["the last one's time"]
    sink = Noting()

    rs.run(rs.from_iterable(events).pipe(*ABOVE[above], ops.buffer(2)).to(sink))

    assert sink.events == [expected]


@pytest.mark.parametrize("above", ABOVE)
def test_an_error_below_is_the_lists_own(above: str) -> None:
    events, expected = PASSPORTS["the last one's time"]
    failed: list[object] = []
    broken = rs.from_iterable(events).pipe(*ABOVE[above], ops.buffer(2), failing_at(2))

    rs.collect(broken, on_error=lambda event, _: failed.append(event))

    assert failed == [expected]


def test_what_is_in_a_list_is_not_settled() -> None:
    belt = Belt(range(30), size=7)

    assert committed_after(belt, failing_at(25), ops.buffer(10)) == 20


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_list_that_a_sink_refuses_is_not_settled(size: int) -> None:
    belt = Belt(range(30), size=size)

    assert committed_after(belt, ops.buffer(10), failing_at(25)) == 20


def test_handling_a_lists_error_settles_all_its_items() -> None:
    belt = Belt(range(30), size=7)

    rs.run(belt.stream.pipe(ops.buffer(10), failing_at(25)).to(rs.to_list(), on_error=rs.handlers.skip()))

    assert belt.committed == 30


def test_lists_that_wait_for_a_sink_are_not_settled() -> None:
    belt, seen = Belt(range(30), size=7), list[int]()

    async def write(_: list[int]) -> None:
        await asyncio.sleep(0)
        seen.append(belt.committed)

    committed_after(belt, ops.buffer(10), sink=write)

    assert all(committed <= 10 * place for place, committed in enumerate(seen))


def test_lists_at_work_count_against_the_sources_limit() -> None:
    at_work, most = [0], [0]

    async def work(_: list[int]) -> None:
        at_work[0] -= 5
        await asyncio.sleep(0)

    async def numbers() -> AsyncIterator[int]:
        for number in range(200):
            yield number

    def come(_: int) -> None:
        at_work[0] += 1
        most.append(at_work[0])

    rs.collect(rs.from_aiter(numbers, buffer=20).pipe(ops.observe(come), ops.buffer(5), ops.process(work)))

    assert max(most) < 60


def test_at_until_the_rest_is_handed_on() -> None:
    belt, sink = Belt(range(5)), rs.to_list()

    committed_after(belt, ops.buffer(timeout=60), sink=sink, until=at(2))

    assert (sink.items, belt.committed) == ([[0, 1, 2, 3, 4]], 5)


def test_at_until_the_rest_of_a_fused_one_is_handed_on() -> None:
    sink = rs.to_list()

    rs.run(rs.interval(1).pipe(ops.buffer(3)).to(sink), until=at(6))

    assert sink.items == [[0, 1, 2], [3, 4]]


def test_at_until_the_rest_passes_a_second_buffer_too() -> None:
    sink = rs.to_list()

    rs.run(rs.interval(1).pipe(ops.delay(0), ops.buffer(4), ops.buffer(3)).to(sink), until=at(10))

    assert sink.items == [[[0, 1, 2, 3], [4, 5, 6, 7], [8]]]


def test_what_was_still_at_work_at_until_is_handed_on_too() -> None:
    sink = rs.to_list()

    async def slow(value: int) -> int:
        await asyncio.sleep(1.5)
        return value

    rs.run(history(range(9)).pipe(ops.process(slow), ops.buffer(20)).to(sink), until=at(5))

    assert sink.items == [[0, 1, 2, 3, 4]]


def test_the_watermark_waits_for_the_oldest_item() -> None:
    windowed = history([1, 8, 12, 13, 24]).pipe(ops.buffer(2), ops.window(rs.tumbling(10)))

    assert [pane.value for pane in rs.collect(windowed)] == [[[0, 1]], [[2, 3]], [[4]]]


def test_live_time_goes_by_the_wall() -> None:
    async def numbers() -> AsyncIterator[int]:
        for number in range(2):
            yield number
        await asyncio.sleep(0.8)
        yield 2

    assert rs.collect(rs.from_aiter(numbers).pipe(ops.buffer(timeout=0.4))) == [[0, 1], [2]]


def test_neither_count_nor_time_is_refused(refusal: Refusal) -> None:
    assert refusal(ops.buffer) == "buffer: needs count, timeout or both; got neither. Say when a list is full."


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2"], ids=repr)
def test_what_is_no_count_is_refused(refusal: Refusal, count: Any) -> None:
    assert refusal(lambda: ops.buffer(count)) == (
        f"buffer: count must be a whole number of at least 1; got {count!r}. Correct it."
    )
