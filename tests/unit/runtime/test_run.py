"""Running pipelines: in a script, a thread or a notebook cell, side by side, again and again."""

import asyncio
import gc
import signal
import threading
import warnings
from typing import Any

import pytest
import reactivex

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import Feed
from tests.unit.runtime.conftest import Threads

# Where it works


def test_it_works_in_a_script() -> None:
    assert rs.collect(rs.from_iterable([1, 2])) == [1, 2]


def test_it_works_in_a_thread() -> None:
    items: list[list[int]] = []
    thread = threading.Thread(target=lambda: items.append(rs.collect(rs.from_iterable([1, 2]))))
    thread.start()
    thread.join(5)

    assert items == [[1, 2]]


def test_it_works_in_a_notebook_cell() -> None:
    async def cell() -> list[int]:
        return rs.collect(rs.from_iterable([1, 2]))

    assert asyncio.run(cell()) == [1, 2]


def test_a_live_source_works_in_a_notebook_cell() -> None:
    async def cell() -> list[int]:
        return rs.collect(rs.from_observable(reactivex.of(1, 2)))

    assert asyncio.run(cell()) == [1, 2]


def test_an_error_is_raised_in_a_notebook_cell() -> None:
    async def cell() -> None:
        rs.collect(rs.from_iterable([0]).pipe(ops.map(lambda number: 1 / number)))

    with pytest.raises(ZeroDivisionError) as caught:
        asyncio.run(cell())

    assert caught.value.report.reason == "error"  # type: ignore[attr-defined]  # every error of a run has it


def test_a_notebook_cells_thread_ends_with_its_run(new_threads: Threads) -> None:
    async def cell() -> list[threading.Thread]:
        rs.collect(rs.from_iterable([1]))
        return new_threads()

    assert asyncio.run(cell()) == []


def test_a_run_within_a_sink_of_a_run_works() -> None:
    inner: list[Any] = []
    rs.run(rs.from_iterable([1, 2]).to(lambda item: inner.append(rs.collect(rs.from_iterable([item] * 2)))))

    assert inner == [[1, 1], [2, 2]]


def test_signal_handlers_are_as_before_when_it_ends() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    rs.run(rs.from_iterable([1]).to(rs.to_list()))

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_signal_handlers_are_as_before_when_it_fails() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(ZeroDivisionError):
        rs.collect(rs.from_iterable([0]).pipe(ops.map(lambda number: 1 / number)))

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


# Side by side


def test_pipelines_that_share_a_stream_share_one_subscription() -> None:
    read: list[int] = []
    shared = rs.from_iterable([1, 2]).pipe(ops.observe(read.append))
    left, right = rs.to_list(), rs.to_list()
    rs.run(shared.to(left), shared.pipe(ops.map(str)).to(right))

    assert (read, left.items, right.items) == ([1, 2], [1, 2], ["1", "2"])


def test_a_foreign_observable_that_pipelines_share_is_subscribed_to_once() -> None:
    subscriptions: list[int] = []
    shared = rs.from_observable(reactivex.defer(lambda _: subscriptions.append(1) or reactivex.of(7)))
    rs.run(shared.to(rs.to_list()), shared.to(rs.to_list()))

    assert len(subscriptions) == 1


def test_a_branch_that_nobody_runs_is_ignored() -> None:
    read: list[int] = []
    shared = rs.from_iterable([1, 2])
    shared.pipe(ops.observe(read.append)).to(rs.to_list())
    rs.run(shared.to(rs.to_list()))

    assert read == []


def test_branches_of_tee_share_one_subscription() -> None:
    read: list[int] = []
    left, right = rs.from_iterable([1, 2]).pipe(ops.observe(read.append)).tee()
    rs.run(left.to(rs.to_list()), right.to(rs.to_list()))

    assert read == [1, 2]


def test_split_asks_its_predicate_once_an_item() -> None:
    asked: list[int] = []
    yes, no = rs.from_iterable([1, 2]).split(lambda number: asked.append(number) or number > 1)
    large, small = rs.to_list(), rs.to_list()
    rs.run(yes.to(large), no.to(small))

    assert (asked, large.items, small.items) == ([1, 2], [2], [1])


def test_one_branch_that_takes_enough_does_not_end_the_other() -> None:
    shared = rs.from_iterable(range(5))
    some, rest = rs.to_list(), rs.to_list()
    rs.run(shared.pipe(ops.take(2)).to(some), shared.to(rest))

    assert (some.items, rest.items) == ([0, 1], [0, 1, 2, 3, 4])


def test_an_item_that_fails_in_one_branch_goes_on_in_the_other() -> None:
    shared = rs.from_iterable([1, 0, 2])
    left, right = rs.to_list(), rs.to_list()
    rs.run(
        shared.pipe(ops.map(lambda number: 2 // number)).to(left, on_error=rs.handlers.skip()),
        shared.to(right),
    )

    assert (left.items, right.items) == ([2, 1], [1, 0, 2])


def test_a_pipeline_given_twice_runs_once() -> None:
    seen = rs.to_list()
    pipeline = rs.from_iterable([1]).to(seen)
    rs.run(pipeline, pipeline)

    assert seen.items == [1]


# Again and again


def test_a_second_run_starts_anew_with_fresh_state() -> None:
    seen = rs.to_list()
    pipeline = rs.from_iterable([1, 2]).pipe(ops.scan(lambda total, number: total + number, 0)).to(seen)
    rs.run(pipeline)
    rs.run(pipeline)

    assert seen.items == [1, 3, 1, 3]


def test_a_second_run_counts_anew() -> None:
    pipeline = rs.from_iterable([1, 2]).to(rs.to_list(), name="p")
    rs.run(pipeline)

    assert rs.run(pipeline)["p"].emitted == 2


def test_a_run_after_one_that_failed_starts_anew() -> None:
    errors = [ValueError("first time")]

    def fail_once(item: int) -> int:
        if errors:
            raise errors.pop()
        return item

    stream = rs.from_iterable([1, 2]).pipe(ops.map(fail_once))
    with pytest.raises(ValueError, match=r"^first time"):
        rs.collect(stream)

    assert rs.collect(stream) == [1, 2]


# Coroutines beside pipelines


def test_a_coroutine_function_beside_pipelines_is_awaited_too() -> None:
    log: list[str] = []

    async def job() -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        log.append("done")

    rs.run(rs.from_iterable([1]).to(lambda _: log.append("item")), job)

    assert log == ["item", "done"]


def test_coroutine_functions_alone_make_a_run() -> None:
    done: list[bool] = []

    async def job() -> None:
        done.append(True)

    assert (rs.run(job).reason, done) == ("completed", [True])


def test_an_error_of_a_coroutine_function_ends_the_run() -> None:
    async def job() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match=r"^gone") as caught:
        rs.run(rs.from_iterable(range(10**9)).to(lambda _: None), job)

    assert caught.value.report.reason == "error"  # type: ignore[attr-defined]  # every error of a run has it


def test_a_coroutine_function_is_ended_by_an_error_of_a_pipeline() -> None:
    ended: list[type] = []

    async def job() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            ended.append(type(error))
            raise

    with pytest.raises(ZeroDivisionError):
        rs.run(rs.from_iterable([0]).pipe(ops.map(lambda number: 1 / number)).to(rs.to_list()), job, shutdown=0.1)

    assert ended == [asyncio.CancelledError]


# Wrong arguments


@pytest.mark.parametrize(
    ("pipelines", "message"),
    [
        (
            [],
            "run: needs at least one pipeline; got none. End a stream in a sink: stream.to(…).",
        ),
        (
            [5],
            "run: needs pipelines; got 5. End a stream in a sink, stream.to(…), or give a coroutine function.",
        ),
        (
            [rs.from_iterable([1])],
            "run: needs pipelines; got Stream(from_iterable). "
            "End a stream in a sink, stream.to(…), or give a coroutine function.",
        ),
        (
            [rs.from_iterable([1]).to(print, name="a"), rs.from_iterable([2]).to(print, name="a")],
            "run: pipelines of one run must have different names; got 'a' twice. Rename one.",
        ),
    ],
    ids=["none", "a number", "a stream", "twins"],
)
def test_what_cannot_be_run_is_refused_by_the_call(pipelines: list[Any], message: str) -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.run(*pipelines)

    assert str(caught.value) == message


@pytest.mark.parametrize("shutdown", [-1, "soon", None])
def test_a_shutdown_that_is_no_time_is_refused_by_the_call(shutdown: Any) -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.run(rs.from_iterable([1]).to(print), shutdown=shutdown)

    assert str(caught.value) == (f"run: shutdown must be seconds, not negative; got {shutdown!r}. 30 is the default.")


def test_what_is_no_stream_cannot_be_collected() -> None:
    with pytest.raises(rs.ConfigurationError, match=r"^collect: .*; got \[1\]\. "):
        rs.collect([1])  # type: ignore[arg-type]  # wrong on purpose


def test_an_observable_can_be_collected_as_a_stream() -> None:
    assert rs.collect(reactivex.of(1, 2)) == [1, 2]  # type: ignore[arg-type]  # taken wherever a stream is


def test_a_source_that_cannot_be_opened_leaves_nothing_behind() -> None:
    async def refuse() -> None:
        raise rs.ConnectError("nobody is there")

    stream = rs.Stream[Any](feed=Feed(name="nowhere", lift=lambda record: record, connect=refuse, live=True))

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(rs.ConnectError):
            rs.run(stream.to(Written()))
        gc.collect()

    assert said == []


class Written:
    """A sink of the user's own."""

    async def open(self) -> None:
        """Nothing to get ready."""

    async def write(self, _batch: Any) -> None:
        """Nothing comes."""

    async def close(self) -> None:
        """Nothing to let go of."""
