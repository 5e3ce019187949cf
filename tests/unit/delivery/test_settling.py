"""What a source may commit, whatever becomes of its records on the way."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import Above, Partition
from tests.unit.delivery.belt import Belt

SIZES = st.sampled_from([1, 2, 7, 1000])


def committed_after(belt: Belt, *steps: Any, sink: Any = None, on_error: Any = None) -> int:
    """Run a belt to its end, or to an error; return what it has committed then."""
    pipeline = belt.stream.pipe(*steps).to(sink or rs.to_list(), on_error=on_error)
    with suppress(ValueError):
        rs.run(pipeline, shutdown=0.05)
    return belt.committed


def failing_at(bad: int) -> Any:
    def check(value: int) -> int:
        if value == bad:
            raise ValueError(value)
        return value

    return check


async def awaited(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


class Gathering:
    """A sink that is written in batches."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.values: list[Any] = []
        self.closed = False

    async def open(self) -> None:
        pass

    async def write(self, batch: Any) -> None:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        self.values += batch

    async def close(self) -> None:
        self.closed = True


STEPS: dict[str, Any] = {
    "nothing": [],
    "map": [ops.map(str)],
    "filter": [ops.filter(lambda value: value % 2)],
    "flat_map": [ops.flat_map(lambda value: [value] * (value % 3))],
    "inner streams": [ops.flat_map(lambda value: rs.from_iterable([value]))],
    "process": [ops.process(lambda value: value if value % 2 else None)],
    "awaited": [ops.process(awaited)],
    "awaited twice": [ops.process(awaited), ops.process(awaited)],
    "window": [ops.event_time(lambda value: value, unit="s"), ops.window(rs.tumbling(10))],
    "late": [ops.event_time(lambda value: -50 * value, unit="s"), ops.window(rs.tumbling(10))],
    "window of what is awaited": [ops.process(awaited), ops.window(rs.tumbling(10))],
    "reactivex's map": [rx.map(str)],
    "reactivex's filter": [rx.filter(lambda value: value % 2)],
    "skipped": [ops.observe(lambda value: 1 / (value % 3))],
    "branch": [ops.tee(lambda stream: stream.pipe(ops.process(awaited)).to(rs.to_list()))],
}
SINKS: dict[str, Any] = {
    "list": rs.to_list,
    "function": lambda: lambda _: None,
    "async function": lambda: awaited,
    "batches": Gathering,
}


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("sink", SINKS)
def test_everything_handled_is_everything_committed(steps: str, sink: str) -> None:
    belt = Belt(range(30), size=7)

    assert committed_after(belt, *STEPS[steps], sink=SINKS[sink](), on_error=rs.handlers.skip()) == 30


@pytest.mark.parametrize("steps", STEPS)
def test_gaps_between_positions_are_no_hindrance(steps: str) -> None:
    belt = Belt(range(30), size=7, step=10)

    assert committed_after(belt, *STEPS[steps], on_error=rs.handlers.skip()) == 291


@given(st.integers(0, 29), SIZES, st.sampled_from(sorted(set(STEPS) - {"skipped", "window", "late"})))
def test_nothing_from_a_record_on_that_stopped_the_run_is_committed(bad: int, size: int, steps: str) -> None:
    belt = Belt(range(30), size=size)

    assert committed_after(belt, ops.observe(failing_at(bad)), *STEPS[steps]) <= bad


@given(st.integers(0, 29), SIZES, st.sampled_from(sorted(SINKS)))
def test_nothing_from_a_record_on_that_a_second_sink_refused_is_committed(bad: int, size: int, sink: str) -> None:
    belt = Belt(range(30), size=size)
    pipeline = belt.stream.to(SINKS[sink](), failing_at(bad))

    with pytest.raises(ValueError, match=str(bad)):
        rs.run(pipeline)

    assert belt.committed <= bad


@given(st.integers(0, 29), SIZES, st.booleans())
def test_what_is_committed_has_been_through_the_sink(bad: int, size: int, wait: bool) -> None:
    belt, seen = Belt(range(30), size=size), rs.to_list()
    between = [ops.process(awaited)] if wait else []

    committed = committed_after(belt, *between, ops.observe(failing_at(bad)), sink=seen)

    assert seen.items[:committed] == list(range(committed))


@given(st.integers(0, 29), SIZES)
def test_what_is_skipped_is_committed(bad: int, size: int) -> None:
    belt = Belt(range(30), size=size)

    assert committed_after(belt, ops.observe(failing_at(bad)), on_error=rs.handlers.skip()) == 30


@pytest.mark.usefixtures("left_behind")
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_nothing_from_a_record_on_where_somebody_wanted_out_is_committed(error: type[BaseException]) -> None:
    def out(value: int) -> None:
        if value == 3:
            raise error

    belt = Belt(range(10), size=2)
    with pytest.raises(error):
        rs.run(belt.stream.to(out))

    assert belt.committed <= 3


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_what_is_not_taken_is_not_committed(size: int) -> None:
    belt = Belt(range(30), size=size)

    assert committed_after(belt, ops.take(3)) == 3


def test_what_reactivex_does_not_take_is_not_committed() -> None:
    belt = Belt(range(30), size=7)

    assert committed_after(belt, rx.take(3)) == 3


def test_what_was_still_awaited_when_enough_was_taken_is_not_committed() -> None:
    belt = Belt(range(30), size=7)

    assert committed_after(belt, ops.process(awaited), ops.take(3)) == 3


def test_what_a_window_still_held_when_enough_was_taken_is_not_committed() -> None:
    belt = Belt(range(30), size=7)
    timed = ops.event_time(lambda value: value, unit="s"), ops.window(rs.tumbling(10))

    assert committed_after(belt, *timed, ops.take(1)) == 10


def test_what_is_handed_over_when_enough_was_taken_is_not_committed() -> None:
    one, two = Belt(range(3), size=1), Belt(range(3), size=1)

    committed = committed_after(one, ops.merge(two.stream), ops.take(1)) + two.committed

    assert committed == 1


def test_what_another_branch_still_takes_is_committed() -> None:
    belt = Belt(range(30), size=7)
    stream = belt.stream

    rs.run(stream.pipe(ops.take(3)).to(rs.to_list()), stream.to(rs.to_list()))

    assert belt.committed == 30


def test_an_open_window_holds_its_records() -> None:
    belt = Belt([1, 2, 12, 13, 99], size=2)
    timed = ops.event_time(lambda value: value, unit="s"), ops.window(rs.tumbling(10))

    assert committed_after(belt, ops.observe(failing_at(99)), *timed) == 2


def test_a_pane_that_a_sink_refuses_holds_its_records() -> None:
    belt = Belt([1, 2, 12, 13, 25], size=2)
    timed = ops.event_time(lambda value: value, unit="s"), ops.window(rs.tumbling(10))

    assert committed_after(belt, *timed, sink=lambda pane: failing_at(12)(pane.value[0])) == 2


def test_what_is_late_and_refused_is_not_committed() -> None:
    belt = Belt([25, 1, 26], size=1)
    timed = ops.event_time(lambda value: value, unit="s")

    committed = committed_after(belt, timed, ops.window(rs.tumbling(10), late=lambda event: failing_at(1)(event.value)))

    assert committed <= 1


def test_a_batch_that_a_sink_refuses_is_not_committed() -> None:
    belt = Belt(range(10), size=5)

    assert committed_after(belt, sink=Gathering(ValueError("full"))) == 0


def test_a_batch_that_a_sink_refuses_can_be_skipped() -> None:
    belt = Belt(range(10), size=5)

    assert committed_after(belt, sink=Gathering(ValueError("full")), on_error=rs.handlers.skip()) == 10


def test_of_a_batch_only_what_was_refused_goes_to_the_handler() -> None:
    belt, failed = Belt("abc"), []
    sink = Gathering(rs.BatchError({1: ValueError("bad")}))

    committed_after(belt, sink=sink, on_error=lambda event, error: failed.append((event.value, str(error))))

    assert failed == [("b", "bad")]


def test_the_event_of_a_refused_value_is_the_sources() -> None:
    belt, failed = Belt("abc"), []
    sink = Gathering(rs.BatchError({1: ValueError("bad")}))

    committed_after(belt, ops.map(str.upper), sink=sink, on_error=lambda event, _: failed.append(event))

    assert failed == [rs.Event("b", key=0, origin=rs.Origin("belt", 0, 1))]


def test_a_sink_is_closed_after_it_refused() -> None:
    sink = Gathering(ValueError("full"))

    committed_after(Belt("abc"), sink=sink)

    assert sink.closed


def test_a_slow_letter_holds_its_record() -> None:
    belt = Belt(range(3), size=1)

    async def never(_: object) -> None:
        async with rs.real_time():
            await asyncio.Event().wait()

    async def stopped() -> rs.Report:
        broken = belt.stream.pipe(ops.observe(failing_at(1)))
        pipeline = broken.to(rs.to_list(), on_error=rs.handlers.dead_letter(never))
        async with rs.running(pipeline, shutdown=0.01) as run:
            while run.report.pipelines[0].emitted < 2:
                await asyncio.sleep(0)
            return await run.stop()

    report = asyncio.run(asyncio.wait_for(stopped(), 30))

    assert (report.unsettled, belt.committed) == (1, 1)


def test_what_was_still_awaited_when_the_budget_was_over_is_not_committed() -> None:
    belt, handled = Belt(range(3), size=1), []

    async def stuck(value: int) -> int:
        if value == 1:
            async with rs.real_time():
                await asyncio.Event().wait()
        return value

    async def stopped() -> None:
        pipeline = belt.stream.pipe(ops.process(stuck)).to(rs.to_list(), on_error=lambda *_: handled.append(1))
        async with rs.running(pipeline, shutdown=0.01) as run:
            while run.report.pipelines[0].received < 3:
                await asyncio.sleep(0)
            await run.stop()

    asyncio.run(asyncio.wait_for(stopped(), 30))

    assert (belt.committed, handled) == (1, [])


def test_a_source_pauses_while_too_much_waits() -> None:
    belt, in_flight, most = Belt(range(50), size=5, max_in_flight=10), set[int](), []

    async def work(value: int) -> None:
        await asyncio.sleep(0)
        most.append(len(in_flight))
        in_flight.remove(value)

    committed_after(belt, ops.observe(in_flight.add), ops.process(work))

    # One batch more than the limit may be under way when it is reached.
    assert max(most) < 10 + 5


class Rebalancing(Belt):
    """A belt whose group is being shared out anew when the run ends: it takes no commit for a while."""

    def __init__(self, refusals: int) -> None:
        super().__init__(range(30), size=30)
        self.refusals = refusals

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int] | None:
        """Refuse some times."""
        if self.refusals:
            self.refusals -= 1
            return None
        return await super().commit(positions, above)


def test_a_last_commit_that_cannot_be_taken_is_tried_again() -> None:
    belt = Rebalancing(refusals=3)

    assert (committed_after(belt), belt.refusals) == (30, 0)
