"""What a sink object, a function and an Observer may rely on."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Recorder:
    """A sink that notes every call, and may be told what writing does."""

    def __init__(self, writing: Callable[[Sequence[Any]], None] | None = None) -> None:
        self.calls: list[str] = []
        self.items: list[Any] = []
        self.events: list[rs.Event[Any]] = []
        self._writing = writing
        self.most_at_once = 0
        self._at_once = 0

    async def open(self) -> None:
        self.calls.append("open")

    async def write(self, batch: Any) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        for _ in range(20):
            await asyncio.sleep(0)
        self._at_once -= 1
        self.calls.append("write")
        if self._writing is not None:
            self._writing(batch)
        self.items += batch
        self.events += batch.events

    async def close(self) -> None:
        self.calls.append("close")


def refusing(*items: Any) -> Callable[[Sequence[Any]], None]:
    """Writing that refuses certain items, and no others."""

    def write(batch: Sequence[Any]) -> None:
        errors = {place: ValueError(item) for place, item in enumerate(batch) if item in items}
        if errors:
            raise rs.BatchError(errors)

    return write


def failing(_batch: Sequence[Any]) -> None:
    raise OSError("full")


# Sink objects


def test_a_sink_gets_open_before_and_close_behind_all_writes() -> None:
    sink = Recorder()
    rs.run(rs.from_iterable(range(3_000)).to(sink))

    assert (sink.calls[0], sink.calls[-1], set(sink.calls[1:-1])) == ("open", "close", {"write"})


def test_a_sink_gets_every_item_in_order() -> None:
    sink = Recorder()
    rs.run(rs.from_iterable(range(3_000)).to(sink))

    assert sink.items == list(range(3_000))


def test_a_sink_is_never_written_to_twice_at_once() -> None:
    sink = Recorder()
    rs.run(rs.from_iterable(range(5_000)).to(sink))

    assert sink.most_at_once == 1


def test_a_sink_that_two_pipelines_share_is_opened_and_closed_once() -> None:
    sink = Recorder()
    rs.run(rs.from_iterable([1]).to(sink), rs.from_iterable([2]).to(sink))

    assert (sink.calls, sorted(sink.items)) == (["open", "write", "write", "close"], [1, 2])


def test_a_sink_that_two_pipelines_share_is_never_written_to_twice_at_once() -> None:
    sink = Recorder()
    rs.run(rs.from_iterable(range(3_000)).to(sink), rs.from_iterable(range(3_000)).to(sink))

    assert sink.most_at_once == 1


def test_a_sink_without_items_is_opened_and_closed_all_the_same() -> None:
    sink = Recorder()
    rs.run(rs.from_iterable([]).to(sink))

    assert sink.calls == ["open", "close"]


def test_a_sink_is_closed_once_after_a_failure_of_an_operator() -> None:
    sink = Recorder()
    with pytest.raises(ZeroDivisionError):
        rs.run(rs.from_iterable([0]).pipe(ops.map(lambda number: 1 / number)).to(sink))

    assert sink.calls == ["open", "close"]


def test_a_sink_is_closed_once_after_a_failure_of_its_own() -> None:
    sink = Recorder(failing)
    with pytest.raises(OSError, match=r"^full"):
        rs.run(rs.from_iterable([1, 2]).to(sink))

    assert sink.calls == ["open", "write", "close"]


def test_what_came_before_a_failing_item_is_written() -> None:
    sink = Recorder()
    with pytest.raises(ZeroDivisionError):
        rs.run(rs.from_iterable([2, 1, 0, 5]).pipe(ops.map(lambda number: 2 // number)).to(sink))

    assert sink.items == [1, 2]


def test_each_run_opens_and_closes_a_sink_anew() -> None:
    sink = Recorder()
    pipeline = rs.from_iterable([1]).to(sink)
    rs.run(pipeline)
    rs.run(pipeline)

    assert sink.calls == ["open", "write", "close"] * 2


def test_a_sink_that_cannot_be_opened_ends_the_run_before_anything_is_read() -> None:
    class Shut(Recorder):
        async def open(self) -> None:
            raise rs.ConnectError("shut")

    read: list[int] = []
    with pytest.raises(rs.ConnectError, match=r"^shut"):
        rs.run(rs.from_iterable([1]).pipe(ops.observe(read.append)).to(Shut()))

    assert read == []


def test_sinks_already_open_are_closed_when_another_cannot_be_opened() -> None:
    class Shut(Recorder):
        async def open(self) -> None:
            raise rs.ConnectError("shut")

    sink = Recorder()
    with pytest.raises(rs.ConnectError):
        rs.run(rs.from_iterable([1]).to(sink, Shut()))

    assert sink.calls == ["open", "close"]


def test_an_error_of_closing_is_raised_by_the_run() -> None:
    class Stuck(Recorder):
        async def close(self) -> None:
            raise OSError("cannot close")

    with pytest.raises(OSError, match=r"^cannot close"):
        rs.run(rs.from_iterable([1]).to(Stuck()))


def test_an_error_that_no_handler_took_carries_the_report_even_if_closing_fails() -> None:
    class Stuck(Recorder):
        async def close(self) -> None:
            raise OSError("cannot close")

    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(rs.from_iterable([0]).pipe(ops.map(lambda number: 1 / number)).to(Stuck()))

    assert caught.value.report.reason == "error"  # type: ignore[attr-defined]  # every error of a run has it


# Errors of a batch


def test_a_batch_error_fails_only_those_items() -> None:
    failed: list[Any] = []
    sink = Recorder(refusing(2, 4))
    report = rs.run(rs.from_iterable(range(6)).to(sink, on_error=lambda event, _: failed.append(event.value), name="p"))

    assert (failed, report["p"].emitted, report["p"].failed) == ([2, 4], 4, 2)


def test_each_item_of_a_batch_error_fails_with_its_own_error() -> None:
    failed: dict[Any, str] = {}
    pipeline = rs.from_iterable(["a", "b", "c"]).to(
        Recorder(refusing("a", "c")), on_error=lambda event, error: failed.update({event.value: repr(error)})
    )
    rs.run(pipeline)

    assert failed == {"a": "ValueError('a')", "c": "ValueError('c')"}


def test_any_other_error_fails_the_whole_batch() -> None:
    failed: list[Any] = []
    report = rs.run(
        rs.from_iterable(range(3)).to(Recorder(failing), on_error=lambda event, _: failed.append(event.value), name="p")
    )

    assert (failed, report["p"].emitted, report["p"].failed) == ([0, 1, 2], 0, 3)


def test_each_item_of_a_failed_batch_has_a_context_of_its_own() -> None:
    places: list[Any] = []
    rs.run(
        rs.from_iterable(["a", "b"]).to(
            Recorder(failing), on_error=lambda _, error: places.append(rs.error_context(error)), name="p"
        )
    )

    assert places == [("p", "Recorder", "a"), ("p", "Recorder", "b")]


def test_a_handler_is_told_the_source_event_of_an_item_that_a_sink_refused() -> None:
    told: list[rs.Event[Any]] = []
    doubled = rs.from_iterable([rs.Event(1, key="k")]).pipe(ops.map(lambda number: number * 2))
    rs.run(doubled.to(Recorder(failing), on_error=lambda event, _: told.append(event)))

    assert told == [rs.Event(1, key="k")]


def test_after_a_handled_failure_the_next_batch_is_written() -> None:
    pending = [failing]
    sink = Recorder(lambda batch: pending.pop()(batch) if pending else None)
    rs.run(rs.from_iterable(list(range(2_000))).to(sink, on_error=rs.handlers.skip()))

    assert 0 < len(sink.items) < 2_000
    assert sink.items == list(range(2_000))[-len(sink.items) :]


def test_a_batch_error_says_how_many_values_were_refused() -> None:
    error = rs.BatchError({0: ValueError("a"), 2: ValueError("b")})

    assert (str(error), list(error.errors)) == ("2 of the batch's values were refused", [0, 2])


# Passports of a batch


def test_a_batchs_events_are_the_items_passports() -> None:
    event = rs.Event(1, key="k", timestamp=NOON, headers=(("h", b"1"),), origin=rs.Origin("t", 0, 7))
    sink = Recorder()
    rs.run(rs.from_iterable([event]).pipe(ops.map(str)).to(sink))

    assert sink.events == [event.replace(value="1")]


def test_a_batchs_events_show_the_key_that_key_by_gave() -> None:
    sink = Recorder()
    rs.run(rs.from_iterable(["a", "b"]).pipe(ops.key_by(str.upper)).to(sink))

    assert [event.key for event in sink.events] == ["A", "B"]


def test_a_batchs_events_show_the_timestamp_that_event_time_gave() -> None:
    sink = Recorder()
    rs.run(rs.from_iterable([5, 6]).pipe(ops.event_time(lambda second: second, unit="s")).to(sink))

    assert [event.timestamp_ns for event in sink.events] == [5_000_000_000, 6_000_000_000]


def test_a_batchs_events_show_what_values_took_over() -> None:
    changed = ops.map(lambda event: event.replace(key="new", headers=(("h", b"2"),)))
    sink = Recorder()
    rs.run(
        rs.from_iterable([rs.Event(1, origin=rs.Origin("t", 0, 7))]).pipe(ops.events(), changed, ops.values()).to(sink)
    )

    assert sink.events == [rs.Event(1, key="new", headers=(("h", b"2"),), origin=rs.Origin("t", 0, 7))]


def test_each_branch_shows_a_passport_of_its_own() -> None:
    plain, keyed = Recorder(), Recorder()
    stream = rs.from_iterable(["a"])
    rs.run(stream.pipe(ops.key_by(str.upper)).to(keyed), stream.to(plain))

    assert (keyed.events[0].key, plain.events[0].key) == ("A", None)


def test_a_batchs_events_can_be_sliced_and_counted() -> None:
    found: list[Any] = []

    def look(batch: Any) -> None:
        found.extend([len(batch.events), batch.events[-1].value, [event.value for event in batch.events[1:]]])

    rs.run(rs.from_iterable([1, 2, 3]).to(Recorder(look)))

    assert found == [3, 3, [2, 3]]


def test_a_panes_passport_is_shown_to_a_sink() -> None:
    sink = Recorder()
    history = rs.from_history([(1, "a"), (2, "a")], unit="s", key=lambda value: value)
    rs.run(history.pipe(ops.window(rs.tumbling(10))).to(sink))

    assert [(event.key, event.timestamp_ns, event.origin) for event in sink.events] == [("a", 9_999_999_000, None)]


# Functions


def test_a_function_gets_the_items_one_by_one_in_order() -> None:
    seen: list[int] = []
    rs.run(rs.from_iterable(range(2_000)).to(seen.append))

    assert seen == list(range(2_000))


def test_an_async_function_is_awaited_for_one_item_after_the_other() -> None:
    log: list[str] = []

    async def store(item: int) -> None:
        log.append(f"{item} in")
        await asyncio.sleep(0)
        log.append(f"{item} out")

    rs.run(rs.from_iterable([1, 2]).to(store))

    assert log == ["1 in", "1 out", "2 in", "2 out"]


def test_what_comes_back_awaitable_from_a_plain_function_is_awaited() -> None:
    stored: list[int] = []

    async def later(item: int) -> None:
        await asyncio.sleep(0)
        stored.append(item)

    rs.run(rs.from_iterable([1, 2]).to(lambda item: later(item)))  # noqa: PLW0108 - a plain function is the point

    assert stored == [1, 2]


def test_an_async_functions_items_are_confirmed_when_awaited() -> None:
    async def store(_item: int) -> None:
        await asyncio.sleep(0)

    report = rs.run(rs.from_iterable(range(100)).to(store, name="p"))

    assert report["p"].emitted == 100


def test_a_failing_async_function_fails_that_item_only() -> None:
    stored: list[int] = []

    async def store(item: int) -> None:
        await asyncio.sleep(0)
        stored.append(1 // item)

    failed: list[int] = []
    rs.run(rs.from_iterable([1, 0, 1]).to(store, on_error=lambda event, _: failed.append(event.value)))

    assert (stored, failed) == ([1, 1], [0])


@pytest.mark.parametrize("is_async", [False, True])
def test_a_function_sees_its_items_passport(is_async: bool) -> None:
    keys: list[Any] = []

    async def note_later(_item: str) -> None:
        await asyncio.sleep(0)
        keys.append(rs.current_event().key)  # type: ignore[union-attr]  # there is one

    def note(_item: str) -> None:
        keys.append(rs.current_event().key)  # type: ignore[union-attr]  # there is one

    rs.run(rs.from_iterable(["a", "b"]).pipe(ops.key_by(str.upper)).to(note_later if is_async else note))

    assert keys == ["A", "B"]


# Observers


class Observer:
    """An Rx observer that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_next(self, value: Any) -> None:
        self.told.append(value)

    def on_error(self, error: BaseException) -> None:
        self.told.append(error)

    def on_completed(self) -> None:
        self.told.append("completed")


def test_an_observer_is_told_of_the_items_and_the_end() -> None:
    observer = Observer()
    rs.run(rs.from_iterable([1, 2]).to(observer))

    assert observer.told == [1, 2, "completed"]


def test_an_observer_is_told_of_the_error_that_ends_the_run() -> None:
    observer = Observer()
    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(rs.from_iterable([1, 0]).pipe(ops.map(lambda number: 1 // number)).to(observer))

    assert observer.told == [1, caught.value]


def test_an_observer_behind_an_async_operator_is_told_of_the_end_last() -> None:
    async def same(item: int) -> int:
        await asyncio.sleep(0)
        return item

    observer = Observer()
    rs.run(rs.from_iterable([1, 2]).pipe(ops.process(same)).to(observer))

    assert observer.told == [1, 2, "completed"]


# Several sinks


def test_every_sink_gets_every_item() -> None:
    first, second, third = Recorder(), rs.to_list(), []
    rs.run(rs.from_iterable([1, 2]).to(first, second, third.append))

    assert (first.items, second.items, third) == ([1, 2], [1, 2], [1, 2])


@pytest.mark.parametrize("kind", ["sink", "function", "async function", "observer"])
def test_one_sink_failing_does_not_keep_the_item_from_the_others(kind: str) -> None:
    def fail(_item: Any) -> None:
        raise OSError("full")

    async def fail_later(_item: Any) -> None:
        raise OSError("full")

    observer = Observer()
    observer.on_next = fail  # type: ignore[method-assign]  # the one that fails
    broken = {"sink": Recorder(failing), "function": fail, "async function": fail_later, "observer": observer}[kind]
    before, behind = rs.to_list(), Recorder()
    rs.run(rs.from_iterable([1, 2]).to(before, broken, behind, on_error=rs.handlers.skip()))

    assert (before.items, behind.items) == ([1, 2], [1, 2])


def test_an_item_counts_as_emitted_when_all_sinks_have_confirmed_it() -> None:
    report = rs.run(
        rs.from_iterable([1, 2, 3]).to(Recorder(refusing(2)), rs.to_list(), on_error=rs.handlers.skip(), name="p")
    )

    assert (report["p"].emitted, report["p"].failed) == (2, 1)


# What is no sink


def test_what_cannot_take_values_is_refused_by_the_call() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_iterable([1]).to(5)

    assert str(caught.value) == (
        "to: a sink must be rs.to_…(…), a function of one value, an Observer or an object with open, write and close; "
        "got 5. Give one of these."
    )


def test_a_stream_without_a_sink_is_refused_by_the_call() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_iterable([1]).to()

    assert str(caught.value) == "to: needs at least one sink; got none. Give rs.to_list(), rs.to_file(…), a function, …"


def test_methods_that_have_nothing_to_wait_for_need_not_be_async() -> None:
    class Plain:
        def __init__(self) -> None:
            self.seen: list[str] = []

        def open(self) -> None:
            self.seen.append("open")

        def write(self, batch: Any) -> None:
            self.seen.append(repr(batch))

        def close(self) -> None:
            self.seen.append("close")

    sink: Any = Plain()
    rs.run(rs.from_iterable([1, 2]).to(sink))

    assert sink.seen == ["open", "Batch([1, 2])", "close"]
