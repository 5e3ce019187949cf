"""What sources may commit whose records come together in tuples."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.delivery.belt import Belt

TOGETHER: dict[str, Any] = {
    "zip": ops.zip,
    "combine_latest": ops.combine_latest,
    "with_latest_from": ops.with_latest_from,
    "merge": ops.merge,
}
#: Those that make tuples.
TUPLES = sorted(set(TOGETHER) - {"merge"})


class Gathering:
    """A sink that is written in batches.

    Args:
        error: What it raises.
        watch: Called before each write.
    """

    def __init__(self, error: Exception | None = None, watch: Callable[[], object] = lambda: None) -> None:
        self.error = error
        self.watch = watch
        self.passports: list[rs.Event[Any]] = []

    async def open(self) -> None:
        pass

    async def write(self, batch: Any) -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        self.watch()
        if self.error is not None:
            raise self.error
        self.passports += batch.events

    async def close(self) -> None:
        pass


async def awaited(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


STEPS: dict[str, list[Any]] = {
    "nothing": [],
    "awaited": [ops.process(awaited)],
    "window": [ops.event_time(lambda _: 0, unit="s"), ops.window(rs.tumbling(10))],
    "again": [ops.zip(rs.from_iterable(range(1000)))],
    "a key": [ops.key_by(str)],
}
SINKS: dict[str, Any] = {
    "list": rs.to_list,
    "function": lambda: lambda _: None,
    "async function": lambda: awaited,
    "batches": Gathering,
}
SIZES = st.sampled_from([1, 2, 7, 1000])


def halves(belt: Belt, step: Any, *above: Any) -> rs.Stream[Any]:
    """The odd numbers of a belt, brought together with the even ones."""
    even, odd = belt.stream.split(lambda n: n % 2 == 0)
    return odd.pipe(*above, step(even.pipe(*above)))


def run(stream: rs.Stream[Any], sink: Any = None, on_error: Any = None) -> None:
    """Run a stream to its end, or to an error."""
    with suppress(ValueError):
        rs.run(stream.to(sink or rs.to_list(), on_error=on_error), shutdown=0.05)


@pytest.mark.parametrize("name", TOGETHER)
@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("sink", SINKS)
def test_everything_handled_is_everything_committed(name: str, steps: str, sink: str) -> None:
    left, right = Belt(range(30), size=10), Belt(range(20), size=10)

    run(left.stream.pipe(TOGETHER[name](right.stream), *STEPS[steps]), SINKS[sink]())

    assert (left.committed, right.committed) == (30, 20)


@pytest.mark.parametrize("name", TOGETHER)
@pytest.mark.parametrize("steps", STEPS)
def test_what_comes_from_under_holds_is_committed(name: str, steps: str) -> None:
    belt = Belt(range(30), size=7)

    run(halves(belt, TOGETHER[name], ops.process(awaited)).pipe(*STEPS[steps]), Gathering())

    assert belt.committed == 30


@pytest.mark.parametrize("name", TUPLES)
@pytest.mark.parametrize("above", [[], [ops.process(awaited)]], ids=["the record", "under a hold"])
@pytest.mark.parametrize("below", ["awaited", "window", "batches"])
def test_a_part_that_was_overtaken_is_unsettled_until_its_tuple_is_handled(
    name: str, above: list[Any], below: str
) -> None:
    async def refused(_: object) -> None:
        await asyncio.sleep(0)
        raise ValueError

    belt = Belt(range(30))
    steps = {"awaited": [ops.process(refused)], "window": [*STEPS["window"], ops.process(refused)]}.get(below, [])

    run(halves(belt, TOGETHER[name], *above).pipe(*steps), Gathering(ValueError()))

    assert belt.committed == 0


@given(st.integers(0, 29), SIZES, st.sampled_from(TUPLES), st.booleans())
def test_nothing_from_a_record_on_that_stopped_the_run_is_committed(bad: int, size: int, name: str, wait: bool) -> None:
    def check(pair: Any) -> None:
        if bad in pair:
            raise ValueError

    belt = Belt(range(30), size=size)
    run(halves(belt, TOGETHER[name], *([ops.process(awaited)] if wait else [])).pipe(ops.observe(check)))

    assert belt.committed <= bad


@given(st.integers(0, 29), SIZES, st.sampled_from(TUPLES))
def test_a_tuple_that_is_skipped_is_committed(bad: int, size: int, name: str) -> None:
    belt = Belt(range(30), size=size)

    broken = halves(belt, TOGETHER[name]).pipe(ops.observe(lambda pair: 1 // (bad not in pair)))
    run(broken, on_error=rs.handlers.skip())

    assert belt.committed == 30


def failing_behind(count: int, wait: asyncio.Event) -> rs.Stream[int]:
    """Some numbers, and when the other side has come, an error."""

    async def numbers() -> AsyncIterator[int]:
        for number in range(count):
            yield number
        await wait.wait()
        raise ValueError

    return rs.from_aiter(numbers)


@pytest.mark.parametrize(("name", "settled"), [("zip", 2), ("combine_latest", 4)])
def test_what_is_kept_is_not_committed(name: str, settled: int) -> None:
    belt, came = Belt(range(5)), asyncio.Event()
    left = belt.stream.pipe(ops.observe(lambda n: came.set() if n == 4 else None))

    run(left.pipe(TOGETHER[name](failing_behind(2, came))))

    assert belt.committed == settled


def test_the_newest_of_an_other_stream_is_not_committed() -> None:
    belt, came = Belt(range(5)), asyncio.Event()
    right = belt.stream.pipe(ops.observe(lambda n: came.set() if n == 4 else None))

    run(failing_behind(2, came).pipe(ops.with_latest_from(right)))

    assert belt.committed == 4


@pytest.mark.parametrize("name", ["zip", "combine_latest"])
def test_a_sink_has_the_passports_of_tuples(name: str) -> None:
    left, right, sink = Belt("a"), Belt("b"), Gathering()

    run(left.stream.pipe(TOGETHER[name](right.stream)), sink)

    assert sink.passports == [rs.Event(("a", "b"), key=0)]


def test_a_sink_has_the_passport_of_the_item_that_leads() -> None:
    belt, sink = Belt([0, 1]), Gathering()

    run(halves(belt, ops.with_latest_from), sink)

    assert sink.passports == [rs.Event((1, 0), 0, origin=rs.Origin("belt", 0, 1))]


@pytest.mark.parametrize("name", ["zip", "with_latest_from"])
def test_a_slow_sink_makes_sources_pause(name: str) -> None:
    belt, read = Belt(range(1000), size=5, max_in_flight=20), []
    seen = halves(belt, TOGETHER[name]).pipe(ops.observe(lambda pair: read.append(max(pair))))
    written: list[int] = []

    run(seen, Gathering(watch=lambda: written.append(len(read))))

    assert written[0] < 30
