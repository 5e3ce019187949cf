"""What holds for every operator that calls a function of the user's."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Numbers

Make = Callable[[Callable[[Any], Any]], Any]


async def awaited(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def generated(f: Callable[[Any], Any]) -> Callable[[Any], Iterator[Any]]:
    def one(value: Any) -> Iterator[Any]:
        yield f(value)

    return one


#: Each made so that it hands a value on as it is, where the function returns its value.
OPERATORS: dict[str, Make] = {
    "map": ops.map,
    "filter": ops.filter,
    "flat_map": lambda f: ops.flat_map(lambda value: [f(value)]),
    "process": ops.process,
    "scan": lambda f: ops.scan(lambda _, value: f(value), 0),
    "scan_by_key": lambda f: ops.scan_by_key(lambda _, value: f(value), 0),
    "key_by": ops.key_by,
    "observe": ops.observe,
    "event_time": lambda f: ops.event_time(f, unit="s"),
    "distinct": ops.distinct,
    "distinct_until_changed": lambda f: ops.distinct_until_changed(key=f),
    "take_while": lambda f: ops.take_while(lambda value: (f(value), True)),
}
FULL = rs.Event(7, "k", datetime(2026, 1, 1, tzinfo=UTC), (("h", b"x"),), rs.Origin("topic", 0, 3))

every_operator = pytest.mark.parametrize("name", OPERATORS)


def same(value: Any) -> Any:
    return value


def failing_at(bad: object, error: BaseException) -> Callable[[Any], Any]:
    def f(value: Any) -> Any:
        if value == bad:
            raise error
        return value

    return f


@every_operator
def test_an_empty_stream_stays_empty(name: str) -> None:
    assert rs.collect(rs.from_iterable([]).pipe(OPERATORS[name](same))) == []


@every_operator
@pytest.mark.parametrize(
    "error", [ValueError(), StopIteration(), asyncio.CancelledError(), StopAsyncIteration()], ids=repr
)
def test_what_the_function_raises_is_an_error_of_the_item(name: str, error: BaseException) -> None:
    stream = rs.from_iterable([1, 2, 3]).pipe(OPERATORS[name](failing_at(2, error)))

    assert rs.collect(stream, on_error=rs.handlers.skip()) == [1, 3]


@every_operator
@pytest.mark.parametrize("error", [StopIteration(2), asyncio.CancelledError(2), ValueError(2)], ids=repr)
def test_an_unhandled_error_is_raised_by_the_run_as_it_is(name: str, error: BaseException) -> None:
    stream = rs.from_iterable([1, 2, 3]).pipe(OPERATORS[name](failing_at(2, error)))

    with pytest.raises(type(error)) as caught:
        rs.collect(stream)

    assert caught.value is error


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_who_wants_out_leaves_nothing_unawaited(left_behind: list[Any], error: type[BaseException]) -> None:
    with suppress(error):
        rs.collect(rs.from_iterable([1]).pipe(ops.map(failing_at(1, error()))))
    gc.collect()

    assert [str(warning.message) for warning in left_behind] == []


@pytest.mark.usefixtures("left_behind")
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_who_wants_out_leaves_nothing_in_the_log(caplog: pytest.LogCaptureFixture, error: type[BaseException]) -> None:
    with suppress(error):
        rs.collect(rs.from_iterable([1]).pipe(ops.map(failing_at(1, error()))))
    gc.collect()

    assert caplog.messages == []


@every_operator
@pytest.mark.usefixtures("left_behind")
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_who_wants_out_passes_every_handler(name: str, error: type[BaseException]) -> None:
    handled: list[BaseException] = []
    stream = rs.from_iterable([1]).pipe(OPERATORS[name](failing_at(1, error())))

    with pytest.raises(error):
        rs.collect(stream, on_error=lambda _, raised: handled.append(raised))

    assert handled == []


@every_operator
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_who_wants_out_passes_a_plain_subscription(name: str, error: type[BaseException]) -> None:
    said: list[Exception] = []

    with pytest.raises(error):
        rs.from_iterable([1]).pipe(OPERATORS[name](failing_at(1, error()))).subscribe(on_error=said.append)

    assert said == []


@every_operator
def test_the_error_says_where_it_happened(name: str) -> None:
    with pytest.raises(ValueError, match="bad") as caught:
        rs.run(rs.from_iterable([1, 2]).pipe(OPERATORS[name](failing_at(2, ValueError("bad")))).to(print, name="p"))

    assert rs.error_context(caught.value) == ("p", name, 2)


@every_operator
def test_the_handler_gets_the_source_event(name: str) -> None:
    failed: list[rs.Event[Any]] = []
    stream = rs.from_iterable([FULL]).pipe(ops.map(lambda n: n + 1), OPERATORS[name](failing_at(8, ValueError())))

    rs.collect(stream, on_error=lambda event, _: failed.append(event))

    assert failed == [FULL]


@every_operator
def test_a_plain_subscription_ends_with_the_error(name: str) -> None:
    said: list[object] = []

    stream = rs.from_iterable([1, 2, 3]).pipe(OPERATORS[name](failing_at(2, ValueError("bad"))))
    stream.subscribe(said.append, lambda error: said.append(str(error)), lambda: said.append("end"))

    assert said == [1, "bad"]


@every_operator
def test_after_an_error_nothing_more_is_pulled(name: str, numbers: Numbers) -> None:
    stream = rs.from_iterable(numbers).pipe(OPERATORS[name](failing_at(2, ValueError("bad"))))

    with pytest.raises(ValueError, match="bad"):
        rs.collect(stream)

    assert numbers.pulled == 2


@every_operator
def test_no_more_is_pulled_than_taken(name: str, numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable(numbers).pipe(OPERATORS[name](same), ops.take(3)))

    assert (taken, numbers.pulled) == ([1, 2, 3], 3)


@every_operator
def test_run_again_it_gives_the_same(name: str) -> None:
    stream = rs.from_iterable([1, 2]).pipe(OPERATORS[name](same))

    assert rs.collect(stream) == rs.collect(stream) == [1, 2]


@every_operator
def test_subscribed_plainly_it_gives_the_same(name: str) -> None:
    said: list[object] = []

    rs.from_iterable([1, 2]).pipe(OPERATORS[name](same)).subscribe(said.append, None, lambda: said.append("end"))

    assert said == [1, 2, "end"]


@every_operator
def test_used_in_two_pipes_of_one_run_it_works_in_both(name: str) -> None:
    step = OPERATORS[name](same)
    one, two = rs.to_list(), rs.to_list()

    rs.run(rs.from_iterable([1, 2]).pipe(step).to(one), rs.from_iterable([3]).pipe(step).to(two))

    assert (one.items, two.items) == ([1, 2], [3])


@every_operator
def test_the_rest_of_the_passport_is_kept(name: str) -> None:
    # The key and the time are what two of the operators are there to change.
    [event] = rs.collect(rs.from_iterable([FULL]).pipe(OPERATORS[name](same), ops.events()))

    kept = event.replace(
        key=FULL.key if name in {"key_by", "distinct"} else event.key,
        timestamp=FULL.timestamp if name == "event_time" else event.timestamp,
    )
    assert kept == FULL


@every_operator
def test_the_function_can_ask_for_the_passport(name: str) -> None:
    seen: list[rs.Event[Any] | None] = []

    def look(value: int) -> int:
        seen.append(rs.current_event())
        return value

    rs.collect(rs.from_iterable([FULL]).pipe(OPERATORS[name](look)))

    assert seen == [FULL]


@every_operator
def test_afterwards_there_is_no_passport(name: str) -> None:
    rs.collect(rs.from_iterable([FULL]).pipe(OPERATORS[name](same)))

    assert rs.current_event() is None


@every_operator
def test_after_an_error_there_is_no_passport(name: str) -> None:
    with pytest.raises(ValueError, match="bad"):
        rs.collect(rs.from_iterable([FULL]).pipe(OPERATORS[name](failing_at(7, ValueError("bad")))))

    assert rs.current_event() is None


@every_operator
def test_between_foreign_operators_it_gives_the_same(name: str) -> None:
    stream = rs.from_iterable([1, 2, 3]).pipe(rx.map(same), OPERATORS[name](same), rx.map(same))

    assert rs.collect(stream) == [1, 2, 3]


@every_operator
def test_applied_to_a_foreign_observable_it_gives_the_same(name: str) -> None:
    assert rs.collect(OPERATORS[name](same)(reactivex.of(1, 2, 3))) == [1, 2, 3]


@every_operator
def test_below_a_foreign_operator_an_error_is_still_the_items_own(name: str) -> None:
    stream = rs.from_iterable([1, 2, 3]).pipe(rx.map(same), OPERATORS[name](failing_at(2, ValueError())))

    assert rs.collect(stream, on_error=rs.handlers.skip()) == [1, 3]


@every_operator
def test_above_a_foreign_operator_an_error_is_still_the_items_own(name: str) -> None:
    stream = rs.from_iterable([1, 2, 3]).pipe(OPERATORS[name](failing_at(2, ValueError())), rx.map(same))

    assert rs.collect(stream, on_error=rs.handlers.skip()) == [1, 3]


@every_operator
def test_behind_something_awaited_it_gives_the_same(name: str) -> None:
    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.process(awaited), OPERATORS[name](same))) == [1, 2, 3]


@every_operator
def test_behind_something_awaited_an_error_is_still_the_items_own(name: str) -> None:
    stream = rs.from_iterable([1, 2, 3]).pipe(ops.process(awaited), OPERATORS[name](failing_at(2, ValueError())))

    assert rs.collect(stream, on_error=rs.handlers.skip()) == [1, 3]


@pytest.mark.parametrize("name", sorted(set(OPERATORS) - {"filter", "flat_map", "process", "event_time"}))
@pytest.mark.parametrize("value", [None, 0, "", False, 0.0], ids=repr)
def test_empty_values_are_values(name: str, value: object) -> None:
    assert rs.collect(rs.from_iterable([value]).pipe(OPERATORS[name](same))) == [value]


def test_what_a_generator_function_raises_is_an_error_of_the_item() -> None:
    stream = rs.from_iterable([1, 2, 3]).pipe(ops.process(generated(failing_at(2, asyncio.CancelledError()))))

    assert rs.collect(stream, on_error=rs.handlers.skip()) == [1, 3]


@pytest.mark.parametrize(
    "make",
    [
        lambda: ops.process(same),
        lambda: ops.take(5),
        lambda: ops.flat_map(lambda value: [value]),
        lambda: ops.buffer(1),
        lambda: ops.delay(0),
        lambda: ops.scan_by_key(lambda _, value: value, 0, key=repr, max_keys=2),
        lambda: lambda stream: stream.pipe(ops.group_by(repr), ops.flat_map(same)),
    ],
    ids=["process", "take", "flat_map", "buffer", "delay", "scan_by_key", "group_by"],
)
def test_three_hundred_of_a_kind_can_be_chained(make: Callable[[], Any]) -> None:
    assert len(rs.collect(rs.from_iterable([1]).pipe(*(make() for _ in range(300))))) == 1
