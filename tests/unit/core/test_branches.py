"""Branches: they become one function with what they branch off from, and still each is its own affair."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import InBatches

Branch = Callable[[rs.Stream[Any]], rs.Stream[Any]]


async def spelled(value: object) -> str:
    await rs.sleep(1)
    return str(value)


#: What may stand above branches and in them.
STEPS: dict[str, Branch] = {
    "map": ops.map(lambda x: x * 2 + 1),
    "filter": ops.filter(lambda x: x % 3),
    "flat_map": ops.flat_map(lambda x: [x] * (x % 3)),
    "scan": ops.scan(lambda total, x: total + x, 0),
    "failing": ops.observe(lambda x: 1 / (x % 4)),
    "key_by": ops.key_by(lambda x: x % 2),
    "sum by key": ops.scan_by_key(lambda total, x: total + x, 0),
    "window": lambda stream: stream.pipe(
        ops.event_time(lambda x: x, unit="s", disorder=9_999),
        ops.window(rs.tumbling(7), into=rs.agg.sum()),
        ops.map(lambda pane: pane.value),
    ),
    "buffer": lambda stream: stream.pipe(ops.buffer(3), ops.map(sum)),
    "process": ops.process(lambda x: x - 1 if x % 5 else None),
    "awaited": lambda stream: stream.pipe(ops.process(spelled), ops.map(int)),
    "merged with itself": lambda stream: stream.pipe(ops.merge(stream)),
    "there and back": lambda stream: stream.pipe(ops.events(), ops.values()),
}
CHAINS = st.lists(st.sampled_from(sorted(STEPS)), max_size=3)
ITEMS = st.lists(st.integers(0, 60), max_size=20)


def piped(stream: rs.Stream[Any], names: list[str]) -> rs.Stream[Any]:
    return stream.pipe(*(STEPS[name] for name in names))


def run(*streams: rs.Stream[Any]) -> list[tuple[list[Any], int, int, int]]:
    """What came of each stream, and how many were emitted, dropped and failed."""
    came: list[list[Any]] = [[] for _ in streams]
    ways = zip(streams, came, strict=True)
    reports = rs.run(*(stream.to(into.append, on_error=rs.handlers.skip()) for stream, into in ways)).pipelines
    return [(into, one.emitted, one.dropped, one.failed) for into, one in zip(came, reports, strict=True)]


@given(ITEMS, CHAINS, st.lists(CHAINS, min_size=2, max_size=4), st.sampled_from([1, 2, 7, 1000]))
def test_each_branch_gives_what_it_gives_alone(
    in_batches: InBatches, items: list[int], trunk: list[str], branches: list[list[str]], size: int
) -> None:
    stream = piped(in_batches(rs.from_iterable(items), size), trunk)
    [(_, _, dropped, failed)] = run(stream)

    first, *others = run(*(piped(stream, names) for names in branches))

    # What happened above is in the first one's report.
    others = [(came, emitted, more + dropped, bad + failed) for came, emitted, more, bad in others]
    assert [first, *others] == [one for names in branches for one in run(piped(stream, names))]


@given(ITEMS, CHAINS, CHAINS, CHAINS, CHAINS)
def test_so_does_each_branch_of_a_branch(
    items: list[int], trunk: list[str], branch: list[str], twig: list[str], other: list[str]
) -> None:
    stream = piped(rs.from_iterable(items), trunk)
    parted = piped(stream, branch)
    streams = [piped(parted, twig), piped(stream, other), piped(parted, other)]

    assert [(came, emitted) for came, emitted, _, _ in run(*streams)] == [run(one)[0][:2] for one in streams]


def test_branches_are_one_function_with_what_they_branch_off_from() -> None:
    def look(_: object) -> None:
        frames.append([frame.name for frame in traceback.extract_stack() if frame.filename.startswith("<rxstream")])

    frames: list[list[str]] = []
    stream = rs.from_iterable([1]).pipe(ops.map(str))
    twigs = stream.pipe(ops.map(str.upper)).tee(2)

    rs.run(stream.pipe(ops.map(len)).to(look), *(twig.to(look) for twig in twigs))

    assert frames == [["run"]] * 3


@pytest.mark.parametrize("size", [1, 2, 1000])
@pytest.mark.parametrize(
    ("bad", "emitted"),
    [("above", [1, 1, 1]), ("a", [1, 1, 1]), ("between", [2, 1, 1]), ("b", [2, 1, 1]), ("c", [2, 2, 1])],
)
def test_where_one_ends_the_run_each_has_counted_what_has_reached_it(
    in_batches: InBatches, size: int, bad: str, emitted: list[int]
) -> None:
    def failing(name: str) -> Any:
        return ops.observe(lambda x: 1 // x if name == bad else None)

    stream = in_batches(rs.from_iterable([1, 0, 2]), size).pipe(failing("above"))
    parted = stream.pipe(failing("between"))
    branches = [stream.pipe(failing("a")), parted.pipe(failing("b")), parted.pipe(failing("c"))]
    pipelines = [branch.to(lambda _: None) for branch in branches]

    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(*pipelines)

    assert [one.emitted for one in caught.value.report.pipelines] == emitted  # type: ignore[attr-defined]  # errors of a run have one


def test_a_sink_that_is_awaited_keeps_no_other_branch_waiting() -> None:
    order: list[str] = []

    async def slow(value: int) -> None:
        order.append(f"begin {value}")
        await rs.sleep(1)
        order.append(f"end {value}")

    stream = rs.from_iterable([1, 2])
    rs.run(stream.to(slow), stream.to(lambda value: order.append(f"at once {value}")))

    assert order == ["at once 1", "at once 2", "begin 1", "end 1", "begin 2", "end 2"]


def test_an_error_names_the_operator_of_its_branch() -> None:
    said: list[Any] = []
    stream = rs.from_iterable([4])
    handlers = [lambda event, error: said.append((event.value, error.__notes__[0])) for _ in range(2)]
    first, second = (stream.pipe(ops.map(lambda x: x + 1), ops.observe(lambda x: x / 0)) for _ in range(2))

    rs.run(first.to(print, on_error=handlers[0], name="one"), second.to(print, on_error=handlers[1], name="two"))

    assert said == [(4, f"pipeline {name!r}, operator 'observe', event Event(4)") for name in ("one", "two")]


@pytest.mark.parametrize("depth", [3, 12])
def test_branches_may_branch_off_from_branches_however_often(depth: int) -> None:
    seen: list[int] = []
    stream: rs.Stream[int] = rs.from_iterable([0])
    pipelines = []
    for _ in range(depth):
        stream = stream.pipe(ops.map(lambda x: x + 1))
        pipelines.append(stream.to(seen.append))

    rs.run(*pipelines)

    assert seen == list(range(1, depth + 1))


def test_there_may_be_any_number_of_branches() -> None:
    seen: list[int] = []

    rs.run(*(branch.to(seen.append) for branch in rs.from_iterable([1, 2]).tee(200)))

    assert seen == [1] * 200 + [2] * 200


@pytest.mark.parametrize("above", [5, 6, 7, 13])
@pytest.mark.parametrize("in_branch", [2, 3, 6, 9])
def test_loops_above_and_in_branches_are_not_more_than_one_function_may_have(above: int, in_branch: int) -> None:
    def looped(times: int) -> list[Any]:
        return [ops.flat_map(lambda value: [value])] * times

    one, other = rs.from_iterable([1, 2]).pipe(*looped(above)).tee()
    seen = rs.to_list(), rs.to_list()
    rs.run(one.pipe(*looped(in_branch)).to(seen[0]), other.to(seen[1]))

    assert [sink.items for sink in seen] == [[1, 2], [1, 2]]


def test_branches_of_branches_may_be_many() -> None:
    seen = rs.to_list()

    def branch(depth: int) -> Callable[[rs.Stream[int]], rs.Pipeline]:
        return lambda stream: (stream.pipe(ops.tee(branch(depth - 1))) if depth else stream).to(seen)

    rs.run(branch(30)(rs.from_iterable([1])))

    assert seen.items == [1] * 31
