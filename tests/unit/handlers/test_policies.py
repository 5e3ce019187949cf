"""What becomes of an item that failed: the run stops, the item is skipped, or a function decides."""

import asyncio
import gc
import logging
from collections.abc import Callable
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal


def halves(items: list[Any]) -> rs.Stream[Any]:
    """Items of which a nought fails in the operator ``map``."""
    return rs.from_iterable(items).pipe(ops.map(lambda number: 2 // number))


def stopped(pipeline: rs.Pipeline) -> BaseException:
    """Run a pipeline that fails; returns its error."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the test's to say
        rs.run(pipeline, shutdown=1)
    return caught.value


# stop


@pytest.mark.parametrize("handler", [None, rs.handlers.stop()], ids=["none", "stop"])
def test_without_a_handler_an_error_ends_the_run(handler: Any) -> None:
    seen = rs.to_list()
    error = stopped(halves([2, 0, 1]).to(seen, on_error=handler))

    assert (type(error), seen.items) == (ZeroDivisionError, [1])


def test_the_error_that_ends_a_run_has_a_note_of_pipeline_operator_and_event() -> None:
    error = stopped(halves([rs.Event(0, key="k", origin=rs.Origin("t", 1, 7))]).to(rs.to_list(), name="orders"))

    assert error.__notes__ == ["pipeline 'orders', operator 'map', event Event(0, key='k', origin=('t', 1, 7))"]


def test_a_note_cuts_a_long_event() -> None:
    error = stopped(rs.from_iterable(["x" * 1_000]).pipe(ops.map(int)).to(rs.to_list(), name="p"))

    assert error.__notes__ == [f"pipeline 'p', operator 'map', event Event('{'x' * 393}…"]


def test_the_error_that_ends_a_run_carries_its_report() -> None:
    report = stopped(halves([2, 0, 1]).to(rs.to_list(), name="p")).report  # type: ignore[attr-defined]  # every error of a run has it

    assert (report.reason, report["p"].emitted, report["p"].failed) == ("error", 1, 1)


def test_the_error_that_ends_a_run_says_where_it_happened() -> None:
    error = stopped(halves([0]).to(rs.to_list(), name="p"))

    assert rs.error_context(error) == ("p", "map", 0)


def test_a_sinks_error_has_a_note_of_the_sink() -> None:
    def store(_item: int) -> None:
        raise OSError("full")

    error = stopped(rs.from_iterable([1]).to(store, name="p"))

    assert error.__notes__ == ["pipeline 'p', operator 'store', event Event(1)"]


def test_other_pipelines_are_stopped_cleanly_when_one_fails() -> None:
    async def store(item: int) -> None:
        await asyncio.sleep(0)
        stored.append(item)

    stored: list[int] = []
    with pytest.raises(ZeroDivisionError):
        rs.run(rs.from_iterable([1, 2, 3]).to(store), halves([0]).to(rs.to_list()))

    assert stored == [1, 2, 3]


def test_nothing_is_read_behind_the_error() -> None:
    read: list[int] = []
    stream = rs.from_iterable(range(5_000)).pipe(ops.observe(read.append), ops.map(lambda number: 1 // (number - 3)))
    stopped(stream.to(rs.to_list()))

    assert read == [0, 1, 2, 3]


# skip


def test_skip_lets_the_item_go_and_continues() -> None:
    assert rs.collect(halves([2, 0, 1]), on_error=rs.handlers.skip()) == [1, 2]


def test_a_skipped_item_counts_as_failed() -> None:
    report = rs.run(halves([2, 0, 0, 1]).to(rs.to_list(), on_error=rs.handlers.skip(), name="p"))

    assert (report["p"].failed, report["p"].emitted, report["p"].dropped) == (2, 2, 0)


def test_skip_lets_one_of_an_items_parts_go_and_keeps_the_others() -> None:
    stream = rs.from_iterable([[2, 0, 1]]).pipe(ops.flat_map(lambda items: items), ops.map(lambda number: 2 // number))

    assert rs.collect(stream, on_error=rs.handlers.skip()) == [1, 2]


@pytest.mark.parametrize("error", [StopIteration, asyncio.CancelledError])
def test_an_error_of_the_languages_own_is_an_items_error_like_any_other(error: type[BaseException]) -> None:
    def fail(item: int) -> int:
        if item == 0:
            raise error
        return item

    assert rs.collect(rs.from_iterable([1, 0, 2]).pipe(ops.map(fail)), on_error=rs.handlers.skip()) == [1, 2]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_passes_every_handler(error: type[BaseException]) -> None:
    def fail(_item: int) -> int:
        raise error

    with pytest.raises(error):
        rs.run(rs.from_iterable([1]).pipe(ops.map(fail)).to(rs.to_list(), on_error=rs.handlers.skip()))


def test_what_ends_the_program_leaves_nothing_unfinished() -> None:
    def fail(_item: int) -> int:
        raise SystemExit

    def end() -> None:
        with pytest.raises(SystemExit):
            rs.run(rs.from_iterable([1]).pipe(ops.map(fail)).to(rs.to_list()))

    end()
    # A coroutine that was never awaited warns when it is collected, and a warning fails the test.
    gc.collect()


# Functions


Handler = Callable[[rs.Event[Any], BaseException], Any]


@pytest.fixture(params=["plain", "async"])
def handler(request: pytest.FixtureRequest) -> Callable[[Handler], Handler]:
    """Make the same handler plain, or async."""

    def made(act: Handler) -> Handler:
        async def later(event: rs.Event[Any], error: BaseException) -> None:
            await asyncio.sleep(0)
            act(event, error)

        return later if request.param == "async" else act

    return made


def test_a_function_that_returns_has_handled_the_item(handler: Callable[[Handler], Handler]) -> None:
    handled: list[Any] = []
    items = rs.collect(halves([2, 0, 1]), on_error=handler(lambda event, _: handled.append(event.value)))

    assert (items, handled) == ([1, 2], [0])


def test_a_functions_items_count_as_failed(handler: Callable[[Handler], Handler]) -> None:
    report = rs.run(halves([2, 0, 0]).to(rs.to_list(), on_error=handler(lambda *_: None), name="p"))

    assert (report["p"].failed, report["p"].emitted) == (2, 1)


def test_a_function_gets_the_source_event(handler: Callable[[Handler], Handler]) -> None:
    told: list[rs.Event[Any]] = []
    event = rs.Event("1", key="k", headers=(("h", b"x"),))
    stream = rs.from_iterable([event]).pipe(ops.map(int), ops.key_by(str), ops.map(lambda number: 1 / (number - 1)))
    rs.collect(stream, on_error=handler(lambda event, _: told.append(event)))

    assert told == [event]


def test_a_function_can_ask_where_the_error_happened(handler: Callable[[Handler], Handler]) -> None:
    places: list[Any] = []
    stream = rs.from_iterable(["1"]).pipe(ops.map(int), ops.filter(lambda number: 1 / (number - 1)))
    note = handler(lambda _, error: places.append(rs.error_context(error)))
    rs.run(stream.to(rs.to_list(), on_error=note, name="p"))

    assert places == [("p", "filter", 1)]


def test_the_error_a_function_gets_has_notes_of_the_operator(handler: Callable[[Handler], Handler]) -> None:
    notes: list[str] = []
    note = handler(lambda _, error: notes.extend(getattr(error, "__notes__", ())))
    rs.run(halves([0]).to(rs.to_list(), on_error=note, name="orders"))

    assert ["operator 'map'" in line for line in notes] == [True]


def test_an_error_raised_again_and_again_has_a_context_of_its_own_each_time() -> None:
    always = ValueError("always")

    def fail(_item: int) -> int:
        raise always

    items: list[Any] = []
    rs.collect(
        rs.from_iterable([1, 2]).pipe(ops.map(fail)),
        on_error=lambda _, error: items.append(rs.error_context(error).item),
    )

    assert items == [1, 2]


def test_a_function_sees_the_items_passport() -> None:
    keys: list[Any] = []
    stream = rs.from_iterable([0]).pipe(ops.key_by(lambda _: "k"), ops.map(lambda number: 1 / number))
    rs.collect(stream, on_error=lambda *_: keys.append(rs.current_event().key))  # type: ignore[union-attr]  # there is one

    assert keys == ["k"]


def raising(error: BaseException) -> Handler:
    def fail(_event: rs.Event[Any], _error: BaseException) -> None:
        raise error

    return fail


def test_a_function_that_raises_ends_the_run(handler: Callable[[Handler], Handler]) -> None:
    own = OSError("no room for it")
    seen = rs.to_list()
    error = stopped(halves([2, 0, 1]).to(seen, on_error=handler(raising(own))))

    assert (error, seen.items[:1]) == (own, [1])


def test_a_function_that_raises_ends_the_run_within_the_shutdown_budget(
    handler: Callable[[Handler], Handler], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "rxstream"):
        stopped(halves([0, 0, 0]).to(rs.to_list(), on_error=handler(raising(OSError("no room")))))

    assert caplog.messages == []


def test_the_error_of_a_function_has_a_note_of_the_item(handler: Callable[[Handler], Handler]) -> None:
    error = stopped(halves([0]).to(rs.to_list(), on_error=handler(raising(OSError("no room"))), name="p"))

    assert error.__notes__ == ["pipeline 'p', error handler, event Event(0)"]


def test_async_handlers_are_called_one_after_the_other_in_the_items_order() -> None:
    log: list[str] = []

    async def handle(event: rs.Event[int], _error: BaseException) -> None:
        log.append(f"{event.value} in")
        await asyncio.sleep(0)
        log.append(f"{event.value} out")

    stream = rs.from_iterable([3, 5]).pipe(ops.filter(lambda number: number / 0))
    rs.collect(stream, on_error=handle)

    assert log == ["3 in", "3 out", "5 in", "5 out"]


def test_each_pipeline_has_a_handler_of_its_own() -> None:
    left: list[Any] = []
    right: list[Any] = []
    stream = halves([0])
    rs.run(
        stream.pipe(ops.map(str)).to(print, on_error=lambda event, _: left.append(event.value)),
        rs.from_iterable([5])
        .pipe(ops.map(lambda number: number / 0))
        .to(print, on_error=lambda event, _: right.append(event.value)),
    )

    assert (left, right) == ([0], [5])


@pytest.mark.parametrize("wrong", [5, "skip"])
def test_a_handler_that_cannot_be_called_is_refused_by_the_call(wrong: Any) -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_iterable([1]).to(print, on_error=wrong)

    assert str(caught.value) == (
        f"to: on_error must be rs.handlers.…(…) or a function of the event and the error; got {wrong!r}. "
        "Give one of these."
    )


@pytest.mark.parametrize(
    ("wrong", "name"),
    [(rs.handlers.skip, "skip"), (rs.handlers.dead_letter, "dead_letter"), (len, "len")],
)
def test_a_handler_that_cannot_take_event_and_error_is_refused_when_the_pipeline_is_built(
    refusal: Refusal, wrong: Any, name: str
) -> None:
    assert refusal(lambda: rs.from_iterable([1]).to(print, on_error=wrong)) == (
        f"to: on_error must take two arguments, the event and the error; {name} does not. "
        f"If it makes a handler, call it: {name}(…)."
    )
