"""Handling the items that fail above, one by one."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt

SKIP = rs.handlers.skip()


def failing_at(*bad: object) -> Any:
    def check(value: Any) -> Any:
        if value in bad:
            raise ValueError(value)
        return value

    return check


async def awaited(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def noting(into: list[Any]) -> Any:
    """Make a handler that notes which values failed."""
    return lambda event, _: into.append(event.value)


def test_what_fails_above_is_handled(marbles: Marbles) -> None:
    texts = marbles.hot("-1-x-3-|")
    expected = "         -a---c-|"
    marbles.expect(texts.pipe(ops.map(int), ops.catch_each(SKIP)), expected, {"a": 1, "c": 3})


def test_what_fails_below_is_the_pipelines() -> None:
    above: list[int] = []
    below: list[int] = []
    steps: Any = ops.map(failing_at(1)), ops.catch_each(noting(above)), ops.map(failing_at(2))

    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(*steps), on_error=noting(below)) == [3]
    assert (above, below) == ([1], [2])


def test_what_fails_below_ends_the_run_as_before() -> None:
    steps: Any = ops.catch_each(SKIP), ops.map(failing_at(2))

    with pytest.raises(ValueError, match="2"):
        rs.collect(rs.from_iterable([1, 2, 3]).pipe(*steps))


def test_what_a_sink_refuses_is_the_pipelines() -> None:
    below: list[int] = []

    rs.run(rs.from_iterable([1, 2]).pipe(ops.catch_each(SKIP)).to(failing_at(2), on_error=noting(below)))

    assert below == [2]


def test_each_takes_what_is_above_it_up_to_the_next_one() -> None:
    one: list[int] = []
    two: list[int] = []
    three: list[int] = []
    steps: Any = (
        ops.map(failing_at(1)),
        ops.catch_each(noting(one)),
        ops.map(failing_at(2)),
        ops.catch_each(noting(two)),
        ops.map(failing_at(3)),
    )

    assert rs.collect(rs.from_iterable([1, 2, 3, 4]).pipe(*steps), on_error=noting(three)) == [4]
    assert (one, two, three) == ([1], [2], [3])


STEPS: dict[str, Any] = {
    "map": ops.map(failing_at(2)),
    "filter": ops.filter(failing_at(2)),
    "awaited": ops.process(failing_at(2)),
    "scan": ops.scan(lambda _, value: failing_at(2)(value), 0),
    "flat_map": ops.flat_map(lambda value: [failing_at(2)(value)]),
    "inner streams": ops.flat_map(lambda value: rs.from_iterable([value]).pipe(ops.map(failing_at(2)))),
    "async": ops.map_async(lambda value: awaited(failing_at(2)(value)), concurrency=2),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("above", [[], [ops.process(awaited)]], ids=["plain", "awaited"])
def test_whatever_operator_stands_above_its_failures_are_handled(step: str, above: list[Any]) -> None:
    handled: list[int] = []
    stream = rs.from_iterable([1, 2, 3]).pipe(*above, STEPS[step], ops.catch_each(noting(handled)))

    assert (rs.collect(stream), handled) == ([1, 3], [2])


def test_a_handler_may_be_async() -> None:
    handled: list[Any] = []

    async def handle(event: rs.Event[Any], _: BaseException) -> None:
        await rs.sleep(5)
        handled.append((event.value, rs.now().timestamp()))

    rs.collect(rs.from_iterable([1, 2, 1]).pipe(ops.map(failing_at(1)), ops.catch_each(handle)))

    assert handled == [(1, 5), (1, 10)]


def test_a_handler_gets_the_source_event_and_an_error_that_says_where() -> None:
    told: list[Any] = []
    steps: Any = ops.map(str), ops.map(failing_at("7")), ops.catch_each(lambda *args: told.append(args))

    rs.run(rs.from_iterable([rs.Event(7, "k")]).pipe(*steps).to(print, name="p"))

    [(event, error)] = told
    assert (event, rs.error_context(error)) == (rs.Event(7, "k"), ("p", "map", "7"))


def test_letters_go_to_their_sink() -> None:
    letters = rs.to_list()
    steps: Any = ops.map(failing_at(2)), ops.catch_each(rs.handlers.dead_letter(letters))

    report = rs.run(rs.from_iterable([1, 2, 3]).pipe(*steps).to(rs.to_list()))

    assert (letters.items, report.pipelines[0].dead_lettered) == ([2], 1)


def test_what_is_handled_counts_as_failed() -> None:
    steps: Any = ops.map(failing_at(1, 2)), ops.catch_each(SKIP)

    report = rs.run(rs.from_iterable([1, 2, 3]).pipe(*steps).to(print))

    assert (report.pipelines[0].failed, report.pipelines[0].emitted) == (2, 1)


def test_a_handler_that_raises_ends_the_run() -> None:
    steps: Any = ops.map(failing_at(1)), ops.catch_each(rs.handlers.stop())

    with pytest.raises(ValueError, match="1"):
        rs.collect(rs.from_iterable([1, 2]).pipe(*steps), on_error=SKIP)


def test_in_a_branch_it_is_that_branchs_own() -> None:
    source = rs.from_iterable([1, 2, 3])
    handled: list[int] = []
    left = source.pipe(ops.map(failing_at(1)), ops.catch_each(SKIP))
    right = source.pipe(ops.map(failing_at(2)))

    rs.run(left.to(print), right.to(print, on_error=noting(handled)))

    assert handled == [2]


def test_it_completes_with_the_stream(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("--|").pipe(ops.catch_each(SKIP)), "--|")


def test_an_error_that_ends_the_source_passes(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a#").pipe(ops.catch_each(SKIP)), "-a#")


def test_it_works_in_a_plain_subscription() -> None:
    said: list[Any] = []

    rs.from_iterable([1, 0, 2]).pipe(ops.map(lambda x: 2 / x), ops.catch_each(SKIP)).subscribe(
        said.append, said.append, lambda: said.append("end")
    )

    assert said == [2.0, 1.0, "end"]


def test_a_plain_subscription_ends_with_what_the_handler_raises() -> None:
    said: list[Any] = []

    rs.from_iterable([1, 0, 2]).pipe(ops.map(lambda x: 2 / x), ops.catch_each(rs.handlers.stop())).subscribe(
        said.append, lambda error: said.append(type(error))
    )

    assert said == [2.0, ZeroDivisionError]


def test_watermarks_pass() -> None:
    history = rs.from_history([(1, 1), (12, 2), (25, 3)], unit="s")

    panes = rs.collect(history.pipe(ops.map(failing_at(2)), ops.catch_each(SKIP), ops.window(rs.tumbling(10))))

    assert [pane.value for pane in panes] == [[1], [3]]


def test_what_those_below_take_no_more_of_is_not_asked_for() -> None:
    taken = rs.from_iterable(range(1, 10**9)).pipe(ops.map(failing_at(2)), ops.catch_each(SKIP), ops.take(2))

    assert rs.collect(taken) == [1, 3]


@given(st.sets(st.integers(0, 29)), st.sampled_from([1, 7, 1000]), st.sampled_from([[], [ops.process(awaited)]]))
def test_everything_handled_is_everything_committed(bad: set[int], size: int, above: list[Any]) -> None:
    belt = Belt(range(30), size=size)

    rs.run(belt.stream.pipe(*above, ops.map(failing_at(*bad)), ops.catch_each(SKIP)).to(rs.to_list()))

    assert belt.committed == 30


@given(st.integers(0, 29), st.sampled_from([1, 7, 1000]))
def test_nothing_from_an_item_on_that_the_handler_did_not_take_is_committed(bad: int, size: int) -> None:
    belt = Belt(range(30), size=size)
    steps: Any = ops.map(failing_at(bad)), ops.catch_each(rs.handlers.stop())

    with pytest.raises(ValueError, match=str(bad)):
        rs.run(belt.stream.pipe(*steps).to(rs.to_list(), on_error=SKIP), shutdown=0.05)

    assert belt.committed <= bad


@pytest.mark.parametrize("handler", [5, None, "skip"], ids=repr)
def test_what_is_no_handler_is_refused(refusal: Refusal, handler: Any) -> None:
    assert refusal(lambda: ops.catch_each(handler)) == (
        "catch_each: handler must be rs.handlers.…(…) or a function of the event and the error; "
        f"got {handler!r}. Give one of these."
    )
