"""Whatever can be iterated with ``async for``, as a stream."""

import asyncio
import functools
import warnings
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.sources import _aiter
from tests.unit.conftest import Refusal

OVERFLOWS = ["block", "drop_oldest", "drop_newest", "error"]
SILENT = 3600


async def abc() -> AsyncIterator[str]:
    for letter in "abc":
        await asyncio.sleep(0)
        yield letter


def within(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a test's coroutine, but not for ever."""

    async def limited() -> Any:
        async with asyncio.timeout(10):
            return await work

    return asyncio.run(limited())


async def turns(number: int = 20) -> None:
    """Let everybody on the loop go on."""
    for _ in range(number):
        await asyncio.sleep(0)


class Source:
    """An endless async generator that notes how often it was asked, and whether it came to its end, where it waits."""

    def __init__(self, *, silent_from: int | None = None) -> None:
        self.asked = 0
        self.closed = False
        self._silent_from = silent_from

    async def __call__(self) -> AsyncIterator[int]:
        try:
            while True:
                self.asked += 1
                if self.asked - 1 == self._silent_from:
                    await asyncio.sleep(SILENT)
                await asyncio.sleep(0)
                yield self.asked - 1
        finally:
            await turns(3)
            self.closed = True


def at_once(items: Iterable[int]) -> Callable[[], AsyncIterator[int]]:
    """Return an async generator function of items that never waits."""

    async def generator() -> AsyncIterator[int]:
        for item in items:
            yield item

    return generator


class Fed:
    """An async iterator whose items come when a test says so; None is the end."""

    def __init__(self) -> None:
        self._items: deque[int | None] = deque()
        self._news = asyncio.Event()

    def feed(self, *items: int | None) -> None:
        self._items.extend(items)
        self._news.set()

    def __aiter__(self) -> AsyncIterator[int]:
        return self

    async def __anext__(self) -> int:
        while not self._items:
            self._news.clear()
            await self._news.wait()
        item = self._items.popleft()
        if item is None:
            raise StopAsyncIteration
        return item


async def opened(stream: rs.Stream[Any], gathering: int = 20) -> Any:
    """Open a source as a run does, and let it gather for so many turns."""
    assert stream.feed is not None
    assert stream.feed.connect is not None
    connection = await stream.feed.connect()
    await turns(gathering)
    return connection


def opened_and(stream: rs.Stream[Any], use: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
    """Open a source, do something with the connection, and close it."""

    async def main() -> Any:
        connection = await opened(stream)
        try:
            return await use(connection)
        finally:
            await connection.close()

    return within(main())


async def nothing(_connection: Any) -> None:
    """Not even read."""


async def first_poll(connection: Any) -> list[Any]:
    return list((await connection.read()).records)


# What it is made of


def test_an_async_generator_function_is_a_stream_of_its_items() -> None:
    assert rs.collect(rs.from_aiter(abc)) == ["a", "b", "c"]


def test_an_async_generator_function_is_called_anew_for_each_run() -> None:
    stream = rs.from_aiter(abc)

    assert (rs.collect(stream), rs.collect(stream)) == (["a", "b", "c"], ["a", "b", "c"])


def test_an_async_iterator_can_be_run_once() -> None:
    stream = rs.from_aiter(abc())

    assert (rs.collect(stream), rs.collect(stream)) == (["a", "b", "c"], [])


def test_an_async_iterable_starts_anew_with_each_run() -> None:
    class Letters:
        def __aiter__(self) -> AsyncIterator[str]:
            return abc()

    stream = rs.from_aiter(Letters())

    assert (rs.collect(stream), rs.collect(stream)) == (["a", "b", "c"], ["a", "b", "c"])


def test_an_iterator_need_not_be_a_generator() -> None:
    source = Fed()
    source.feed(1, 2, 3, None)

    assert rs.collect(rs.from_aiter(source)) == [1, 2, 3]


def test_arguments_may_be_bound_to_the_function() -> None:
    async def repeated(item: str, times: int) -> AsyncIterator[str]:
        for _ in range(times):
            yield item

    assert rs.collect(rs.from_aiter(functools.partial(repeated, "a", times=2))) == ["a", "a"]


def test_an_object_that_is_called_like_such_a_function_is_one() -> None:
    assert rs.collect(rs.from_aiter(Source()).pipe(ops.take(3))) == [0, 1, 2]


def test_nothing_is_a_stream_that_completes() -> None:
    assert rs.collect(rs.from_aiter(at_once(range(0)))) == []


@pytest.mark.parametrize("count", [1, 499, 500, 501, 999, 1_000, 1_001, 3_000])
@pytest.mark.parametrize("overflow", OVERFLOWS)
def test_every_item_comes_once_and_in_order(count: int, overflow: str) -> None:
    assert rs.collect(rs.from_aiter(at_once(range(count)), overflow=overflow)) == list(range(count))


@pytest.mark.parametrize("buffer", [1, 2, 7])
@pytest.mark.parametrize("overflow", OVERFLOWS)
def test_a_pipeline_that_keeps_up_loses_nothing_however_small_the_buffer(buffer: int, overflow: str) -> None:
    stream = rs.from_aiter(at_once(range(100)), buffer=buffer, overflow=overflow)

    assert rs.collect(stream) == list(range(100))


def test_an_event_brings_its_passport() -> None:
    event = rs.Event("a", key="k", timestamp=datetime(2026, 1, 1, tzinfo=UTC), headers=(("h", b"1"),))

    async def generator() -> AsyncIterator[rs.Event[str]]:
        yield event

    assert rs.collect(rs.from_aiter(generator).pipe(ops.events())) == [event]


def test_operators_see_an_events_value_and_a_plain_item_has_an_empty_passport() -> None:
    async def generator() -> AsyncIterator[Any]:
        yield rs.Event("a", key="k")
        yield "b"

    values, events = rs.to_list(), rs.to_list()
    stream = rs.from_aiter(generator)
    rs.run(stream.to(values), stream.pipe(ops.events()).to(events))

    assert (values.items, events.items) == (["a", "b"], [rs.Event("a", key="k"), rs.Event("b")])


def test_the_report_counts_the_items() -> None:
    report = rs.run(rs.from_aiter(abc).to(rs.to_list(), name="p"))

    assert (report["p"].received, report["p"].emitted) == (3, 3)


# Its end


def test_an_error_of_the_source_comes_behind_the_items_before_it() -> None:
    async def failing() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise OSError("gone")

    seen = rs.to_list()
    with pytest.raises(OSError, match=r"^gone$"):
        rs.run(rs.from_aiter(failing).to(seen))

    assert seen.items == [1, 2]


def test_an_error_in_beginning_to_iterate_ends_the_run() -> None:
    class Away:
        def __aiter__(self) -> AsyncIterator[int]:
            raise OSError("away")

    with pytest.raises(OSError, match=r"^away$"):
        rs.collect(rs.from_aiter(Away()))


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_passes_every_handler(ending: type[BaseException]) -> None:
    async def interrupted() -> AsyncIterator[int]:
        yield 1
        raise ending

    with pytest.raises(ending):
        rs.collect(rs.from_aiter(interrupted), on_error=rs.handlers.skip())


def test_a_source_that_raises_cancelled_error_fails_for_that() -> None:
    async def cancelled() -> AsyncIterator[int]:
        yield 1
        raise asyncio.CancelledError

    with pytest.raises(rs.StreamError) as caught:
        rs.collect(rs.from_aiter(cancelled))

    assert str(caught.value) == (
        "from_aiter: the source must end, or raise an error of its own; it raised CancelledError. "
        "Catch that where it cancels what it waits for."
    )


def test_an_endless_source_is_closed_when_enough_is_taken() -> None:
    source = Source()
    items = rs.collect(rs.from_aiter(source).pipe(ops.take(3)))

    assert (items, source.closed) == ([0, 1, 2], True)


def test_an_error_behind_what_is_taken_is_nobodys() -> None:
    async def failing() -> AsyncIterator[int]:
        yield 1
        raise OSError("gone")

    assert rs.collect(rs.from_aiter(failing).pipe(ops.take(1))) == [1]


def test_stopping_ends_a_source_that_sleeps_and_its_finally_runs() -> None:
    source = Source(silent_from=1)

    async def main() -> rs.Report:
        seen = rs.to_list()
        async with rs.running(rs.from_aiter(source).to(seen)) as run:
            while not seen.items:
                await asyncio.sleep(0)
            return await run.stop()

    assert (within(main()).reason, source.closed) == ("stopped", True)


def test_a_cancelled_run_ends_a_source_that_sleeps_and_its_finally_runs() -> None:
    source = Source(silent_from=0)

    async def main() -> None:
        task = asyncio.create_task(rs.run_async(rs.from_aiter(source).to(rs.to_list())))
        while not source.asked:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})

    within(main())

    assert source.closed


def test_a_failing_pipeline_closes_the_source() -> None:
    source = Source()
    with pytest.raises(ZeroDivisionError):
        rs.collect(rs.from_aiter(source).pipe(ops.map(lambda number: 1 // number)))

    assert source.closed


def test_an_error_in_a_finally_ends_the_run() -> None:
    async def generator() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(SILENT)
        finally:
            raise OSError("not closed")

    with pytest.raises(OSError, match=r"^not closed$"):
        rs.collect(rs.from_aiter(generator).pipe(ops.take(1)))


def stubborn(told: list[str]) -> Callable[[], AsyncIterator[int]]:
    async def generator() -> AsyncIterator[int]:
        while True:
            try:
                yield 1
                await asyncio.sleep(SILENT)
            except asyncio.CancelledError:
                told.append("cancelled")
            except GeneratorExit:
                told.append("closed")
                raise

    return generator


def test_a_generator_that_goes_on_when_cancelled_is_closed_at_its_next_item() -> None:
    told: list[str] = []
    rs.collect(rs.from_aiter(stubborn(told)).pipe(ops.take(1)))

    assert told == ["cancelled", "closed"]


def test_a_generator_is_closed_by_the_task_that_iterates_it() -> None:
    tasks: list[Any] = []

    async def generator() -> AsyncIterator[int]:
        tasks.append(asyncio.current_task())
        try:
            yield 1
        finally:
            tasks.append(asyncio.current_task())

    opened_and(rs.from_aiter(generator, buffer=1), nothing)

    assert tasks[0] is tasks[1]


@pytest.mark.parametrize("before", [0, 20])
def test_closing_without_having_read_leaves_nothing_open(
    before: int, left_behind: list[warnings.WarningMessage]
) -> None:
    source = Source()

    async def main() -> bool:
        connection = await opened(rs.from_aiter(source, buffer=3), before)
        await connection.close()
        return source.closed

    closed = within(main())

    assert (closed, [str(warning.message) for warning in left_behind]) == (before > 0, [])


def test_an_iterator_begun_elsewhere_is_closed_even_if_nobody_went_on() -> None:
    source = Source()

    async def main() -> bool:
        iterator = source()
        await anext(iterator)
        connection = await opened(rs.from_aiter(iterator), 0)
        await connection.close()
        return source.closed

    assert within(main())


# What waits


def test_what_comes_before_the_first_read_is_kept() -> None:
    assert opened_and(rs.from_aiter(abc), first_poll) == ["a", "b", "c"]


def test_a_full_buffer_blocks_the_source() -> None:
    source = Source()

    async def asked(connection: Any) -> list[int]:
        before = source.asked
        await connection.read()
        await turns()
        return [before, source.asked]

    assert opened_and(rs.from_aiter(source, buffer=3), asked) == [3, 6]


@pytest.mark.parametrize(("overflow", "kept"), [("drop_oldest", [7, 8, 9]), ("drop_newest", [0, 1, 2])])
def test_what_finds_no_room_is_dropped_and_counted(overflow: str, kept: list[int]) -> None:
    async def kept_and_dropped(connection: Any) -> tuple[list[int], int]:
        return await first_poll(connection), connection.dropped

    stream = rs.from_aiter(at_once(range(10)), buffer=3, overflow=overflow)

    assert opened_and(stream, kept_and_dropped) == (kept, 7)


FULL = (
    "from_aiter: no more than buffer=3 items may wait for the pipeline; got 3 besides. "
    'Give a larger buffer, or overflow="block", "drop_oldest" or "drop_newest".'
)


def test_an_overflow_may_be_an_error_that_comes_behind_what_waits() -> None:
    async def kept_and_told(connection: Any) -> tuple[list[int], str]:
        kept = await first_poll(connection)
        with pytest.raises(rs.BufferOverflowError) as caught:
            await connection.read()
        return kept, str(caught.value)

    kept, told = opened_and(rs.from_aiter(at_once(range(10)), buffer=3, overflow="error"), kept_and_told)

    assert (kept, told) == ([0, 1, 2], FULL)


def test_an_overflow_closes_the_source() -> None:
    source = Source()

    async def closed(_: Any) -> bool:
        return source.closed

    assert opened_and(rs.from_aiter(source, buffer=3, overflow="error"), closed)


def slow_sink() -> tuple[list[int], Callable[[int], Coroutine[Any, Any, None]]]:
    seen: list[int] = []

    async def sink(item: int) -> None:
        await turns(50)
        seen.append(item)

    return seen, sink


def test_a_slow_sink_blocks_the_source() -> None:
    source = Source()
    ahead: list[int] = []

    async def sink(item: int) -> None:
        await turns(50)
        ahead.append(source.asked - item)

    rs.run(rs.from_aiter(source, buffer=3).pipe(ops.take(30)).to(sink))

    # What waits in the buffer, and about as much for the sink.
    assert max(ahead) < 3 * 3


@pytest.mark.parametrize(("overflow", "kept"), [("drop_oldest", 99), ("drop_newest", 0)])
def test_behind_a_slow_sink_items_are_dropped(overflow: str, kept: int) -> None:
    seen, sink = slow_sink()
    rs.run(rs.from_aiter(at_once(range(100)), buffer=3, overflow=overflow).to(sink))

    assert (kept in seen, len(seen) < 100, seen == sorted(seen)) == (True, True, True)


def test_behind_a_slow_sink_an_overflow_is_an_error() -> None:
    seen, sink = slow_sink()
    with pytest.raises(rs.BufferOverflowError):
        rs.run(rs.from_aiter(at_once(range(100)), buffer=3, overflow="error").to(sink))

    assert seen == list(range(len(seen)))


def test_nothing_for_a_while_is_an_empty_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aiter, "_WAIT", 0)

    assert opened_and(rs.from_aiter(Source(silent_from=0)), first_poll) == []


def test_a_reader_is_woken_by_the_first_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aiter, "_WAIT", SILENT)
    source = Fed()

    async def read(connection: Any) -> list[int]:
        asyncio.get_running_loop().call_soon(source.feed, 1)
        return await first_poll(connection)

    assert opened_and(rs.from_aiter(source), read) == [1]


def test_a_reader_is_woken_by_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aiter, "_WAIT", SILENT)
    source = Fed()

    async def read(connection: Any) -> Any:
        asyncio.get_running_loop().call_soon(source.feed, None)
        return await connection.read()

    assert opened_and(rs.from_aiter(source), read) is None


def test_a_read_gives_some_hundreds_at_most() -> None:
    async def sizes(connection: Any) -> list[int]:
        return [len(await first_poll(connection)) for _ in range(3)]

    assert opened_and(rs.from_aiter(at_once(range(1_200)), buffer=2_000), sizes) == [500, 500, 200]


def test_a_source_that_never_waits_leaves_others_their_turn() -> None:
    numbers = iter(range(5_000))

    async def main() -> None:
        connection = await opened(rs.from_aiter(at_once(numbers), buffer=10_000), 1)
        await connection.close()

    within(main())

    assert next(numbers) == 500


async def interrupted() -> AsyncIterator[int]:
    raise KeyboardInterrupt
    yield 1


def test_what_was_raised_by_a_read_is_not_raised_again() -> None:
    async def read(connection: Any) -> Any:
        with pytest.raises(KeyboardInterrupt):
            await connection.read()
        return await connection.read()

    assert opened_and(rs.from_aiter(interrupted), read) is None


def test_what_ends_a_program_is_raised_by_closing_if_nobody_has_read_it() -> None:
    with pytest.raises(KeyboardInterrupt):
        opened_and(rs.from_aiter(interrupted), nothing)


def test_a_commit_takes_nothing() -> None:
    async def commit(connection: Any) -> Any:
        return await connection.commit({("a", 0): 1}, lambda _partition: iter(()))

    assert opened_and(rs.from_aiter(abc), commit) == {}


def by_hand(script: list[int], size: int, overflow: str) -> list[list[int]]:
    """What each read gives when so many items come before it, and in the end what is left."""
    items, waiting, polls = iter(range(sum(script))), list[int](), list[list[int]]()
    for coming in script:
        waiting += [next(items) for _ in range(coming)]
        kept = waiting[-size:] if overflow == "drop_oldest" else waiting[:size]
        polls.append(kept)
        waiting = waiting[size:] if overflow == "block" else []
    return polls


@given(
    script=st.lists(st.integers(min_value=1, max_value=8), max_size=6),
    size=st.integers(min_value=1, max_value=5),
    overflow=st.sampled_from(["block", "drop_oldest", "drop_newest"]),
)
def test_reads_give_what_a_bounded_list_would(script: list[int], size: int, overflow: str) -> None:
    async def main() -> list[list[int]]:
        source, items, polls = Fed(), iter(range(sum(script))), []
        connection = await opened(rs.from_aiter(source, buffer=size, overflow=overflow))
        for coming in script:
            source.feed(*(next(items) for _ in range(coming)))
            await turns()
            polls.append(await first_poll(connection))
            await turns()
        await connection.close()
        return polls

    assert within(main()) == by_hand(script, size, overflow)


# Wrong arguments


async def fetch() -> int:
    return 1


def count_down() -> Iterator[int]:
    yield 1


def letters() -> AsyncIterator[str]:
    return abc()


async def endless(period: float) -> AsyncIterator[float]:
    yield period


class Observed(reactivex.Observable[int]):
    def __repr__(self) -> str:
        return "Observed()"


@pytest.mark.parametrize(
    ("aiter", "told"),
    [
        ([1, 2], "[1, 2]. Give it to rs.from_iterable."),
        (5, "5. Give what async for can iterate."),
        (
            fetch,
            "the coroutine fetch. Await it and give the result to rs.from_iterable, or let it yield.",
        ),
        (
            count_down,
            "the plain generator function count_down. Call it and give the result to rs.from_iterable.",
        ),
        (letters, "the plain function letters. Make it async def, and let it yield."),
        (Observed(), "the Observable Observed(). Give it to rs.from_observable."),
    ],
)
def test_what_async_for_cannot_iterate_is_refused_by_the_call(aiter: Any, told: str, refusal: Refusal) -> None:
    assert refusal(lambda: rs.from_aiter(aiter)) == (
        f"from_aiter: aiter must be an async iterable or an async generator function; got {told}"
    )


def test_a_plain_generator_is_refused_naming_from_iterable(refusal: Refusal) -> None:
    generator = count_down()

    assert refusal(lambda: rs.from_aiter(generator)) == (  # type: ignore[arg-type]  # wrong on purpose
        "from_aiter: aiter must be an async iterable or an async generator function; "
        f"got {generator!r}. Give it to rs.from_iterable."
    )


def test_a_function_that_needs_arguments_is_refused_by_the_call(refusal: Refusal) -> None:
    assert refusal(lambda: rs.from_aiter(endless)) == (  # type: ignore[arg-type]  # wrong on purpose
        "from_aiter: aiter must need no arguments; got endless, missing a required argument: 'period'. "
        "Bind them: functools.partial(f, …)."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"buffer": 0}, "from_aiter: buffer must be a whole number of at least 1; got 0. Correct it."),
        ({"buffer": 1.5}, "from_aiter: buffer must be a whole number of at least 1; got 1.5. Correct it."),
        (
            {"overflow": "drop_newst"},
            "from_aiter: overflow must be one of 'block', 'drop_oldest', 'drop_newest', 'error'; got 'drop_newst'. "
            "Did you mean 'drop_newest'?",
        ),
    ],
)
def test_a_wrong_argument_is_refused_by_the_call(arguments: dict[str, Any], message: str, refusal: Refusal) -> None:
    assert refusal(lambda: rs.from_aiter(abc, **arguments)) == message
