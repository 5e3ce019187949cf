"""The Stream: an Observable that knows what it is made of."""

import asyncio
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx
from reactivex.internal.exceptions import SequenceContainsNoElementsError

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Numbers, Refusal


def test_a_stream_is_an_observable() -> None:
    assert isinstance(rs.from_iterable([]), reactivex.Observable)


def test_a_pipe_of_nothing_is_the_stream_itself() -> None:
    stream = rs.from_iterable([1])

    assert stream.pipe() is stream


def test_a_pipe_leaves_the_stream_as_it_is() -> None:
    stream = rs.from_iterable([1])
    stream.pipe(ops.map(str))

    assert rs.collect(stream) == [1]


def test_fluent_methods_of_reactivex_give_a_stream() -> None:
    assert rs.collect(rs.from_iterable([1, 2]).map(lambda x: x + 1).filter(lambda x: x > 2)) == [3]


def test_reactivexs_own_functions_take_a_stream() -> None:
    seen: list[Any] = []

    reactivex.zip(rs.from_iterable([1, 2]), reactivex.of("a", "b")).subscribe(seen.append)

    assert seen == [(1, "a"), (2, "b")]


def test_what_is_no_operator_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.from_iterable([1]).pipe(5)) == (
        "pipe: an operator must be callable; got 5. Give ops.…(…), or a function from stream to stream."
    )


def test_branches_share_one_subscription_to_the_source() -> None:
    asked: list[int] = []
    source = rs.from_iterable([1, 2]).pipe(ops.observe(asked.append))
    one, two = rs.to_list(), rs.to_list()

    rs.run(source.pipe(ops.map(str)).to(one), source.to(two))

    assert (asked, one.items, two.items) == ([1, 2], ["1", "2"], [1, 2])


def test_a_tee_has_as_many_branches_as_asked_for() -> None:
    sinks = [rs.to_list() for _ in range(3)]

    branches = rs.from_iterable([1, 2]).tee(3)
    rs.run(*(branch.to(sink) for branch, sink in zip(branches, sinks, strict=True)))

    assert [sink.items for sink in sinks] == [[1, 2]] * 3


def test_a_tee_pulls_each_item_once(numbers: Numbers) -> None:
    one, two = rs.from_iterable(numbers).tee()

    rs.run(one.pipe(ops.take(2)).to(rs.to_list()), two.pipe(ops.take(3)).to(rs.to_list()))

    assert numbers.pulled == 3


def test_an_item_goes_through_the_branches_in_the_order_of_their_pipelines() -> None:
    order: list[str] = []
    one, two = rs.from_iterable([1, 2]).tee()

    rs.run(two.to(lambda x: order.append(f"two {x}")), one.to(lambda x: order.append(f"one {x}")))

    assert order == ["two 1", "one 1", "two 2", "one 2"]


def test_a_branch_nobody_runs_is_ignored() -> None:
    called: list[int] = []
    one, two = rs.from_iterable([1]).tee()
    two.pipe(ops.observe(called.append))

    assert (rs.collect(one), called) == ([1], [])


def test_a_branch_that_fails_leaves_the_other() -> None:
    one, two = rs.from_iterable([1, 0, 2]).tee()
    inverses, plain = rs.to_list(), rs.to_list()

    rs.run(
        one.pipe(ops.map(lambda x: 1 / x)).to(inverses, on_error=rs.handlers.skip()),
        two.to(plain),
    )

    assert (inverses.items, plain.items) == ([1.0, 0.5], [1, 0, 2])


@pytest.mark.parametrize("n", [0, -1, True, "2", 1.5], ids=repr)
def test_a_tee_of_no_branches_is_refused(refusal: Refusal, n: Any) -> None:
    sentence = refusal(lambda: rs.from_iterable([]).tee(n))

    assert sentence == f"tee: n must be a whole number of at least 1; got {n!r}. Correct it."


def test_a_split_parts_the_values() -> None:
    small, large = rs.from_iterable(range(5)).split(lambda x: x < 2)
    yes, no = rs.to_list(), rs.to_list()

    rs.run(small.to(yes), large.to(no))

    assert (yes.items, no.items) == ([0, 1], [2, 3, 4])


def test_a_split_parts_empty_values() -> None:
    yes, no = rs.from_iterable([None, 0, "", 1]).split(lambda x: x is None)

    assert (rs.collect(yes), rs.collect(no)) == ([None], [0, "", 1])


def test_a_split_asks_once_a_value() -> None:
    asked: list[int] = []
    yes, no = rs.from_iterable([1, 2, 3]).split(asked.append)

    rs.run(yes.to(rs.to_list()), no.to(rs.to_list()))

    assert asked == [1, 2, 3]


def test_a_split_that_comes_together_again_keeps_the_order() -> None:
    odd, even = rs.from_iterable([1, 2, 3, 4]).split(lambda x: x % 2)

    assert rs.collect(odd.pipe(ops.map(str), ops.merge(even))) == ["1", 2, "3", 4]


def test_nothing_that_a_split_sends_the_other_way_counts_as_dropped() -> None:
    odd, even = rs.from_iterable(range(5)).split(lambda x: x % 2)

    report = rs.run(odd.to(rs.to_list()), even.to(rs.to_list()))

    assert [told.dropped for told in report.pipelines] == [0, 0]


def test_a_value_whose_split_fails_goes_neither_way() -> None:
    yes, no = rs.from_iterable([1, 0, 2]).split(lambda x: 1 // x)
    one, two = rs.to_list(), rs.to_list()
    skip = rs.handlers.skip()

    rs.run(yes.to(one, on_error=skip), no.to(two, on_error=skip))

    assert (one.items, two.items) == ([1], [2])


def test_a_split_keeps_passports() -> None:
    yes, _ = rs.from_iterable([rs.Event(1, key="k")]).split(bool)

    assert rs.collect(yes.pipe(ops.events())) == [rs.Event(1, key="k")]


def test_a_split_by_no_function_is_refused(refusal: Refusal) -> None:
    assert (
        refusal(lambda: rs.from_iterable([]).split(5)) == "split: predicate must be callable; got 5. Give a function."
    )


def test_a_split_by_an_async_function_is_refused(refusal: Refusal) -> None:
    async def later(value: int) -> int:
        return value

    assert refusal(lambda: rs.from_iterable([]).split(later)) == (
        "split: predicate must be a plain function; got the async later. "
        "Await it with ops.process(f) or ops.map_async(f)."
    )


def test_a_pipeline_of_no_sink_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.from_iterable([]).to()) == (
        "to: needs at least one sink; got none. Give rs.to_list(), rs.to_file(…), a function, …"
    )


def test_what_cannot_take_values_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.from_iterable([]).to(5)) == (
        "to: a sink must be rs.to_…(…), a function of one value, an Observer or an object with open, write and close; "
        "got 5. Give one of these."
    )


def test_what_cannot_handle_errors_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.from_iterable([]).to(print, on_error=5)) == (
        "to: on_error must be rs.handlers.…(…) or a function of the event and the error; got 5. Give one of these."
    )


def test_several_sinks_get_every_item() -> None:
    one, two = rs.to_list(), rs.to_list()

    rs.run(rs.from_iterable([1, 2]).to(one, two))

    assert (one.items, two.items) == ([1, 2], [1, 2])


def test_a_sink_that_fails_does_not_keep_the_item_from_the_others() -> None:
    seen = rs.to_list()

    rs.run(rs.from_iterable([0, 1]).to(lambda x: 1 / x, seen, on_error=rs.handlers.skip()))

    assert seen.items == [0, 1]


def test_a_plain_loop_is_refused() -> None:
    with pytest.raises(TypeError) as caught:
        iter(rs.from_iterable([1]))

    assert str(caught.value) == (
        "a Stream cannot be iterated by a plain loop. Write `rs.collect(stream)` for a list of its items, "
        "or `async for value in stream` in a coroutine."
    )


def test_an_index_is_refused() -> None:
    with pytest.raises(TypeError) as caught:
        rs.from_iterable([1])[0]

    assert str(caught.value) == (
        "a Stream has no items to index. Write stream.pipe(ops.take(n)) or rs.collect(stream)[i]."
    )


def test_membership_is_refused() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        1 in rs.from_iterable([1])  # noqa: B015 - that it raises is the point


def test_a_stream_can_be_iterated_in_a_coroutine() -> None:
    async def iterate() -> list[int]:
        return [value async for value in rs.from_iterable([1, 2, 3]).pipe(ops.map(lambda x: x * 2))]

    assert asyncio.run(iterate()) == [2, 4, 6]


def test_leaving_the_loop_early_stops_the_source(numbers: Numbers) -> None:
    async def first() -> int | None:
        async for value in rs.from_iterable(numbers):
            return value
        return None

    assert asyncio.run(asyncio.wait_for(first(), 5)) == 1


def test_an_error_reaches_who_iterates() -> None:
    async def iterate() -> list[float]:
        return [value async for value in rs.from_iterable([1, 0]).pipe(ops.map(lambda x: 1 / x))]

    with pytest.raises(ZeroDivisionError):
        asyncio.run(asyncio.wait_for(iterate(), 5))


def test_awaiting_gives_the_last_value() -> None:
    async def last() -> int | None:
        return await rs.from_iterable([1, 2, None])

    assert asyncio.run(last()) is None


def test_awaiting_an_empty_stream_fails_as_in_rx() -> None:
    async def last() -> int:
        return await rs.from_iterable([])

    with pytest.raises(SequenceContainsNoElementsError):
        asyncio.run(last())


def test_awaiting_a_failing_stream_fails() -> None:
    async def last() -> float:
        return await rs.from_iterable([0]).pipe(ops.map(lambda x: 1 / x))

    with pytest.raises(ZeroDivisionError):
        asyncio.run(asyncio.wait_for(last(), 5))


def test_it_prints_what_it_is_made_of() -> None:
    stream = rs.from_iterable([1]).pipe(ops.map(str), rx.delay(1.0), ops.take(1))

    assert repr(stream) == "Stream(from_iterable) | map | delay | take"


def test_its_plan_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    rs.from_iterable([1]).pipe(ops.map(str), ops.filter(len)).explain()

    assert capsys.readouterr().out.startswith("# from_iterable → map → filter: one function\n")
