"""Awaiting a function for several values at once."""

import asyncio
import gc
import time
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Numbers, Refusal
from tests.unit.delivery.belt import Belt

ORDERS = ("input", "done", "key")
every_order = pytest.mark.parametrize("order", ORDERS)
#: Keys and how long each call takes.
JOBS = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 4)), max_size=25)


async def doubled(value: int) -> int:
    await asyncio.sleep(0)
    return value * 2


def taking(**seconds: float) -> Callable[[str], Awaitable[str]]:
    """Make a function that takes so long for a name, and gives it in capitals."""

    async def f(name: str) -> str:
        await rs.sleep(seconds[name])
        return name.upper()

    return f


class Watched:
    """A function that takes as long as the value says, and notes who is at work."""

    def __init__(self) -> None:
        self.at_work: list[int] = []
        self.begun: list[int] = []
        self.most = 0
        self.cancelled: list[int] = []

    async def __call__(self, job: tuple[int, Any, int]) -> int:
        number, _, seconds = job
        self.begun.append(number)
        self.at_work.append(number)
        self.most = max(self.most, len(self.at_work))
        try:
            await rs.sleep(seconds)
        except asyncio.CancelledError:
            self.cancelled.append(number)
            raise
        self.at_work.remove(number)
        return number


def events(jobs: list[tuple[Any, int]]) -> list[rs.Event[tuple[int, Any, int]]]:
    return [rs.Event((number, key, seconds), key) for number, (key, seconds) in enumerate(jobs)]


def key_now() -> Any:
    event = rs.current_event()
    return event and event.key


@every_order
def test_what_the_function_gives_is_handed_on(order: str) -> None:
    made = rs.collect(rs.from_iterable(range(50)).pipe(ops.map_async(doubled, concurrency=4, order=order)))

    assert sorted(made) == [number * 2 for number in range(50)]


def test_one_call_is_at_work_at_a_time_by_default() -> None:
    watched = Watched()

    rs.collect(rs.from_iterable(events([(None, 1)] * 4)).pipe(ops.map_async(watched)))

    assert watched.most == 1


@pytest.mark.parametrize("value", [None, 0, "", False, []], ids=repr)
def test_empty_results_are_values(value: object) -> None:
    async def give(_: int) -> object:
        return value

    assert rs.collect(rs.from_iterable([1]).pipe(ops.map_async(give))) == [value]


def test_a_plain_function_may_give_something_to_await() -> None:
    def f(value: int) -> Awaitable[int]:
        return doubled(value)

    assert rs.collect(rs.from_iterable([1]).pipe(ops.map_async(f))) == [2]


def test_a_future_is_awaited() -> None:
    def later(value: int) -> "asyncio.Future[int]":
        return asyncio.ensure_future(doubled(value))

    assert rs.collect(rs.from_iterable([1]).pipe(ops.map_async(later))) == [2]


def test_a_result_that_cannot_be_awaited_counts() -> None:
    plain: Any = str.upper

    assert rs.collect(rs.from_iterable(["a"]).pipe(ops.map_async(plain))) == ["A"]


def test_in_the_order_of_the_input_a_slow_one_is_waited_for(marbles: Marbles) -> None:
    names = marbles.hot("  -abc|")
    expected = "            ------(ABC|)"
    calls = ops.map_async(taking(a=5, b=1, c=2), concurrency=3)
    marbles.expect(names.pipe(calls), expected)


def test_as_they_are_done_a_slow_one_comes_last(marbles: Marbles) -> None:
    names = marbles.hot("  -abc------|")
    expected = "            ---B-CA---|"
    calls = ops.map_async(taking(a=5, b=1, c=2), concurrency=3, order="done")
    marbles.expect(names.pipe(calls), expected)


def test_no_more_calls_begin_than_there_may_be(marbles: Marbles) -> None:
    names = marbles.hot("  (abcd|)")
    expected = "            --(AB)(CD|)"
    calls = ops.map_async(taking(a=2, b=2, c=4, d=4), concurrency=2)
    marbles.expect(names.pipe(calls), expected)


def test_it_completes_when_the_last_call_is_done(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a|").pipe(ops.map_async(taking(a=3))), "----(A|)")


def test_without_items_it_completes_at_once(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("--|").pipe(ops.map_async(taking())), "--|")


def test_one_that_fails_early_fails_in_its_turn(marbles: Marbles) -> None:
    async def f(name: str) -> str:
        await rs.sleep(3 if name == "a" else 1)
        return str(int(name, 11))

    refused = ValueError("invalid literal for int() with base 11: 'x'")
    marbles.expect(marbles.hot("-(ax)").pipe(ops.map_async(f, concurrency=2)), "----(b#)", {"b": "10"}, refused)


def test_by_key_others_overtake_those_that_wait_for_their_key() -> None:
    watched = Watched()
    jobs = [("a", 5), ("a", 1), ("b", 1), ("b", 1)]

    made = rs.collect(rs.from_iterable(events(jobs)).pipe(ops.map_async(watched, concurrency=2, order="key")))

    assert made == [2, 3, 0, 1]


def test_without_a_key_nobody_waits_for_another() -> None:
    jobs = [(None, 5), (None, 1), (None, 1)]

    made = rs.collect(rs.from_iterable(events(jobs)).pipe(ops.map_async(Watched(), concurrency=2, order="key")))

    assert made == [1, 2, 0]


@pytest.mark.parametrize(("waiting", "second"), [(3, 4), (4, 1)])
def test_no_more_than_twice_as_many_as_are_called_wait_for_their_keys(waiting: int, second: int) -> None:
    watched = Watched()
    jobs = [("a", 9), *[("a", 0)] * waiting, ("b", 0)]

    rs.collect(rs.from_iterable(events(jobs)).pipe(ops.map_async(watched, concurrency=2, order="key")))

    assert watched.begun[1] == second


def test_a_key_given_above_counts() -> None:
    watched = Watched()
    keyed = rs.from_iterable([(0, "a", 3), (1, "a", 1)]).pipe(ops.key_by(lambda job: job[1]))

    assert rs.collect(keyed.pipe(ops.map_async(watched, concurrency=2, order="key"))) == [0, 1]


def test_what_cannot_be_a_key_is_an_error_of_its_item() -> None:
    mixed = rs.from_iterable([rs.Event(1, []), rs.Event(2, "b")])

    assert rs.collect(mixed.pipe(ops.map_async(doubled, order="key")), on_error=rs.handlers.skip()) == [4]


@given(JOBS, st.integers(1, 5))
def test_in_the_order_of_the_input_results_come_as_the_items_did(jobs: list[Any], concurrency: int) -> None:
    made = rs.collect(rs.from_iterable(events(jobs)).pipe(ops.map_async(Watched(), concurrency=concurrency)))

    assert made == list(range(len(jobs)))


def done_by(jobs: list[tuple[Any, int]], concurrency: int) -> list[int]:
    """Who is done at which instant, if each free worker takes the next one: the model."""
    free = [0] * concurrency
    ends = []
    for _, seconds in jobs:
        at = free.index(min(free))
        free[at] += seconds
        ends.append(free[at])
    return ends


@given(JOBS, st.integers(1, 5))
def test_as_they_are_done_results_come_when_they_are_there(jobs: list[Any], concurrency: int) -> None:
    seen: list[tuple[int, float]] = []
    calls = ops.map_async(Watched(), concurrency=concurrency, order="done")

    rs.run(rs.from_iterable(events(jobs)).pipe(calls).to(lambda number: seen.append((number, rs.now().timestamp()))))

    assert sorted(seen) == list(enumerate(done_by(jobs, concurrency)))


@given(JOBS, st.integers(1, 5))
def test_by_key_a_keys_results_come_as_its_items_did(jobs: list[Any], concurrency: int) -> None:
    calls = ops.map_async(Watched(), concurrency=concurrency, order="key")

    made = rs.collect(rs.from_iterable(events(jobs)).pipe(calls))

    for key in "abc":
        of_key = [number for number in made if jobs[number][0] == key]
        assert of_key == sorted(of_key)


@given(JOBS, st.integers(1, 5), st.sampled_from(ORDERS))
def test_nothing_is_lost_or_doubled(jobs: list[Any], concurrency: int, order: str) -> None:
    calls = ops.map_async(Watched(), concurrency=concurrency, order=order)

    made = rs.collect(rs.from_iterable(events(jobs)).pipe(calls))

    assert Counter(made) == Counter(range(len(jobs)))


@given(JOBS, st.integers(1, 5), st.sampled_from(ORDERS))
def test_never_more_are_at_work_than_there_may_be(jobs: list[Any], concurrency: int, order: str) -> None:
    watched = Watched()

    rs.collect(rs.from_iterable(events(jobs)).pipe(ops.map_async(watched, concurrency=concurrency, order=order)))

    assert watched.most <= concurrency


@given(JOBS, st.integers(1, 5))
def test_by_key_a_key_is_at_work_once_at_a_time(jobs: list[Any], concurrency: int) -> None:
    at_work: list[Any] = []

    async def work(job: tuple[int, Any, int]) -> None:
        assert job[1] is None or job[1] not in at_work
        at_work.append(job[1])
        await rs.sleep(job[2])
        at_work.remove(job[1])

    rs.collect(rs.from_iterable(events(jobs)).pipe(ops.map_async(work, concurrency=concurrency, order="key")))


@given(JOBS, st.integers(1, 5), st.sampled_from(ORDERS), st.integers(1, 7))
def test_one_item_that_fails_leaves_the_others(jobs: list[Any], concurrency: int, order: str, every: int) -> None:
    async def f(job: tuple[int, Any, int]) -> int:
        await rs.sleep(job[2])
        if job[0] % every == 0:
            raise ValueError(job[0])
        return job[0]

    calls = ops.map_async(f, concurrency=concurrency, order=order)
    made = rs.collect(rs.from_iterable(events(jobs)).pipe(calls), on_error=rs.handlers.skip())

    assert sorted(made) == [number for number in range(len(jobs)) if number % every]


@every_order
def test_an_error_says_where_it_happened(order: str) -> None:
    async def broken(value: int) -> int:
        raise ValueError(value)

    with pytest.raises(ValueError, match="7") as caught:
        rs.collect(rs.from_iterable([7]).pipe(ops.map_async(broken, order=order)))

    assert rs.error_context(caught.value) == ("pipeline-1", "map_async", 7)


@every_order
@pytest.mark.parametrize("error", [StopIteration(), asyncio.CancelledError(), ValueError()], ids=repr)
def test_whatever_a_plain_function_raises_is_an_error_of_its_item(order: str, error: BaseException) -> None:
    def f(value: int) -> Any:
        if value == 2:
            raise error
        return doubled(value)

    kept = rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.map_async(f, order=order)), on_error=rs.handlers.skip())

    assert kept == [2, 6]


def test_a_call_that_is_cancelled_is_a_failure_of_its_item() -> None:
    async def cancelled(value: int) -> int:
        if value == 2:
            raise asyncio.CancelledError
        return value

    kept = rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.map_async(cancelled)), on_error=rs.handlers.skip())

    assert kept == [1, 3]


def test_an_item_that_fails_below_leaves_the_others() -> None:
    inverse = rs.from_iterable([1, 0, 2]).pipe(ops.map_async(doubled, concurrency=2), ops.map(lambda x: 2 / x))

    assert rs.collect(inverse, on_error=rs.handlers.skip()) == [1.0, 0.5]


@every_order
def test_an_async_handler_is_awaited(order: str) -> None:
    handled: list[Any] = []

    async def handle(event: rs.Event[Any], _: BaseException) -> None:
        await rs.sleep(5)
        handled.append(event.value)

    async def inverse(value: int) -> float:
        return 1 / value

    rs.collect(rs.from_iterable([0, 1, 0]).pipe(ops.map_async(inverse, concurrency=2, order=order)), on_error=handle)

    assert handled == [0, 0]


def test_behind_an_item_that_ends_the_run_nothing_is_handed_on_in_the_order_of_the_input() -> None:
    seen: list[int] = []
    jobs = events([(None, 1), (None, 0), (None, 1)])

    async def f(job: tuple[int, Any, int]) -> int:
        await rs.sleep(job[2])
        return 1 // job[2]

    with pytest.raises(ZeroDivisionError):
        rs.run(rs.from_iterable(jobs).pipe(ops.map_async(f, concurrency=3)).to(seen.append))

    assert seen == [1]


def test_an_item_that_ends_the_run_keeps_those_behind_it_from_beginning() -> None:
    begun: list[int] = []

    async def f(value: int) -> float:
        begun.append(value)
        return 1 / value

    with pytest.raises(ZeroDivisionError):
        rs.collect(rs.from_iterable([2, 0, 1, 3]).pipe(ops.map_async(f)))

    assert begun == [2, 0]


def test_a_call_that_takes_too_long_fails() -> None:
    errors: list[str] = []
    calls = ops.map_async(taking(a=1, b=60, c=1), concurrency=3, timeout=5)

    made = rs.collect(rs.from_iterable("abc").pipe(calls), on_error=lambda _, error: errors.append(str(error)))

    assert (made, errors) == (
        ["A", "C"],
        ["map_async: a call must be done within 5 s; the one for 'b' was not. Give it more time: timeout=…"],
    )


@pytest.mark.parametrize("limit", [3, timedelta(seconds=3)], ids=repr)
def test_a_time_out_comes_exactly_then(marbles: Marbles, limit: Any) -> None:
    late = TimeoutError(
        "map_async: a call must be done within 3 s; the one for 'b' was not. Give it more time: timeout=…"
    )
    calls = ops.map_async(taking(a=2, b=4), concurrency=2, order="done", timeout=limit)
    marbles.expect(marbles.hot("-(ab)").pipe(calls), "---A#", error=late)


def test_a_time_out_of_the_function_itself_is_its_own() -> None:
    async def f(_: int) -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        rs.collect(rs.from_iterable([1]).pipe(ops.map_async(f, timeout=5)))


def test_a_plain_result_is_in_time() -> None:
    plain: Any = str.upper

    assert rs.collect(rs.from_iterable("a").pipe(ops.map_async(plain, timeout=5))) == ["A"]


@every_order
def test_what_is_at_work_when_no_more_is_wanted_is_cancelled(order: str) -> None:
    watched = Watched()
    calls = ops.map_async(watched, concurrency=3, order=order)

    taken = rs.collect(rs.from_iterable(events([(None, 1), (None, 9), (None, 9), (None, 9)])).pipe(calls, ops.take(1)))

    assert (taken, watched.cancelled) == ([0], [1, 2])


@every_order
def test_a_call_that_will_not_be_cancelled_hands_on_nothing(order: str) -> None:
    async def stubborn(value: int) -> int:
        try:
            await rs.sleep(value)
        except asyncio.CancelledError:
            await rs.sleep(1)
        return value

    calls = ops.map_async(stubborn, concurrency=2, order=order)

    assert rs.collect(rs.from_iterable([1, 2, 3]).pipe(calls, ops.take(1))) == [1]


@every_order
def test_a_virtual_wait_takes_no_time_and_ends_on_time(order: str) -> None:
    ends: list[str] = []
    calls = ops.map_async(taking(a=3600, b=60), concurrency=2, order=order)

    rs.run(rs.from_iterable("ab").pipe(calls).to(lambda name: ends.append(f"{rs.now():%H:%M} {name}")))

    assert ends == (["01:00 A", "01:00 B"] if order == "input" else ["00:01 B", "01:00 A"])


def test_items_of_a_history_are_called_for_at_their_instants() -> None:
    history = rs.from_history([(0, "a"), (1, "b"), (2, "c")], unit="s")
    ends: list[tuple[float, str]] = []

    rs.run(
        history.pipe(ops.map_async(taking(a=10, b=1, c=1), concurrency=3, order="done")).to(
            lambda name: ends.append((rs.now().timestamp(), name))
        )
    )

    assert ends == [(2, "B"), (3, "C"), (10, "A")]


def test_it_works_live() -> None:
    async def numbers() -> Any:
        for number in range(100):
            yield number

    made = rs.collect(rs.from_aiter(numbers).pipe(ops.map_async(doubled, concurrency=8)))

    assert made == [number * 2 for number in range(100)]


@every_order
def test_items_keep_their_passports(order: str) -> None:
    given_events = [rs.Event(n, f"k{n}", headers=(("h", b"x"),), origin=rs.Origin("topic", 0, n)) for n in range(3)]

    made = rs.collect(rs.from_iterable(given_events).pipe(ops.map_async(doubled, order=order), ops.events()))

    assert made == [event.replace(value=event.value * 2) for event in given_events]


@every_order
def test_what_is_said_above_of_key_and_time_stays_said(order: str) -> None:
    said: Any = (
        ops.key_by(str),
        ops.event_time(lambda n: n, unit="s"),
        ops.map_async(doubled, order=order),
        ops.events(),
    )

    made = rs.collect(rs.from_iterable([1, 2]).pipe(*said))

    assert [(event.key, event.timestamp_ns) for event in made] == [("1", 10**9), ("2", 2 * 10**9)]


@every_order
def test_the_passport_is_the_items_own_before_and_after_waiting(order: str) -> None:
    async def look(value: str) -> tuple[object, object]:
        before = key_now()
        await rs.sleep(len(value))
        return before, key_now()

    keyed = rs.from_iterable(["ccc", "bb", "a"]).pipe(ops.key_by(lambda value: value[0]))
    made = rs.collect(keyed.pipe(ops.map_async(look, concurrency=2, order=order)))

    assert sorted(made) == [("a", "a"), ("b", "b"), ("c", "c")]


def test_a_task_that_the_function_leaves_behind_keeps_the_passport() -> None:
    seen: list[object] = []

    async def look_later() -> None:
        await rs.sleep(5)
        seen.append(key_now())

    async def f(_: int) -> "asyncio.Task[None]":
        return asyncio.create_task(look_later())

    rs.collect(
        rs.from_iterable([rs.Event(1, "a"), rs.Event(2, "b")]).pipe(ops.map_async(f), ops.process(lambda task: task))
    )

    assert seen == ["a", "b"]


def test_those_below_see_the_source_event() -> None:
    seen: list[rs.Event[Any] | None] = []
    steps: Any = ops.map_async(doubled), ops.observe(lambda _: seen.append(rs.current_event()))

    rs.collect(rs.from_iterable([rs.Event(1, "a")]).pipe(*steps))

    assert seen == [rs.Event(1, "a")]


@every_order
def test_the_watermark_does_not_overtake_an_item_at_work(order: str) -> None:
    history = rs.from_history([(1, "a"), (5, "b"), (12, "c"), (25, "d")], unit="s")
    calls = ops.map_async(taking(a=100, b=1, c=2, d=3), concurrency=4, order=order)

    panes = rs.collect(history.pipe(calls, ops.window(rs.tumbling(10))))

    assert [sorted(pane.value) for pane in panes] == [["A", "B"], ["C"], ["D"]]


def test_the_watermark_follows_the_oldest_item_at_work() -> None:
    history = rs.from_history([(1, "a"), (12, "b"), (25, "c")], unit="s")
    calls = ops.map_async(taking(a=1, b=100, c=200), concurrency=3, order="done")
    closed: list[tuple[float, Any]] = []

    rs.run(
        history.pipe(calls, ops.window(rs.tumbling(10))).to(lambda p: closed.append((rs.now().timestamp(), p.value)))
    )

    assert closed == [(12, ["A"]), (112, ["B"]), (225, ["C"])]


@given(JOBS, st.integers(1, 5), st.sampled_from(ORDERS))
def test_no_item_is_late_because_its_call_took_long(jobs: list[Any], concurrency: int, order: str) -> None:
    history = rs.from_history([(n * 3, job) for n, job in enumerate(events(jobs))], unit="s", time=None)
    calls: Any = ops.map_async(lambda event: Watched()(event.value), concurrency=concurrency, order=order)

    report = rs.run(history.pipe(calls, ops.window(rs.tumbling(5))).to(print))

    assert report.pipelines[0].late == 0


def test_a_plain_subscription_cannot_await() -> None:
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        with pytest.raises(rs.ConfigurationError) as caught:
            rs.from_iterable([1]).pipe(ops.map_async(doubled)).subscribe()
        gc.collect()

    assert (str(caught.value), noted) == (
        "subscribe: map_async has to be awaited, which a plain subscription cannot do. "
        "Run it with rs.run or rs.run_async, or test it with rxstream.testing.marbles.",
        [],
    )


def test_run_again_it_gives_the_same() -> None:
    stream = rs.from_iterable([1, 2]).pipe(ops.map_async(doubled))

    assert rs.collect(stream) == rs.collect(stream) == [2, 4]


class Ahead:
    """Numbers that know how far ahead of the calls they were taken."""

    def __init__(self, count: int, slow: Container[int] = ()) -> None:
        self._count = count
        self._slow = slow
        self.done = 0
        self.most = 0

    def __iter__(self) -> Iterator[int]:
        for number in range(self._count):
            self.most = max(self.most, number - self.done)
            if number in self._slow:
                time.sleep(0.02)
            yield number

    async def __call__(self, _: int) -> None:
        await rs.sleep(1)
        self.done += 1


@every_order
def test_a_source_is_not_taken_further_ahead_than_what_may_be_in_flight_and_a_batch(order: str) -> None:
    numbers = Ahead(1_000_000)
    calls = ops.map_async(numbers, concurrency=100, order=order)

    rs.run(rs.from_iterable(numbers).pipe(calls, ops.take(9_000)).to(lambda _: None))

    assert numbers.most <= 8_000


def test_what_a_slow_iterator_gives_in_uneven_batches_counts_to_the_last_item() -> None:
    # A batch ends behind the item for which it had to wait: the first has 3 999, the second 30.
    numbers = Ahead(1_000_000, slow=(3_998, 4_028))
    calls = ops.map_async(numbers, concurrency=100)

    rs.run(rs.from_iterable(numbers).pipe(calls, ops.take(9_000)).to(lambda _: None))

    assert numbers.most <= 8_000


def test_a_live_source_is_not_taken_further_ahead_than_what_may_wait_before_the_pipeline_and_in_it() -> None:
    numbers = Ahead(2_000)

    async def live() -> AsyncIterator[int]:
        for number in numbers:
            yield number

    async def f(_: int) -> None:
        await asyncio.sleep(0)
        numbers.done += 1

    rs.run(rs.from_aiter(live, buffer=50).pipe(ops.map_async(f, concurrency=3)).to(lambda _: None))

    assert numbers.most <= 2 * 50 + 1


def test_calls_that_take_very_long_do_not_keep_the_others_waiting() -> None:
    ends: list[float] = []

    async def f(value: int) -> None:
        await rs.sleep(10_000 if value % 4_000 == 0 else 1)
        ends.append(rs.now().timestamp())

    numbers = rs.from_iterable(iter(range(12_000)))
    rs.run(numbers.pipe(ops.map_async(f, concurrency=103, order="done")).to(lambda _: None))

    assert ends[-4] <= 121


def test_no_more_is_taken_than_wanted(numbers: Numbers) -> None:
    taken = rs.collect(rs.from_iterable(numbers).pipe(ops.take(3), ops.map_async(doubled)))

    assert (taken, numbers.pulled) == ([2, 4, 6], 3)


@every_order
def test_what_nobody_wants_any_more_does_not_keep_another_branch_waiting(order: str) -> None:
    source = rs.from_iterable(range(10_000))
    slow: Any = ops.map_async(lambda _: rs.sleep(1), concurrency=2, order=order)
    seen = rs.to_list()

    rs.run(source.pipe(slow, ops.take(1)).to(print), source.to(seen))

    assert len(seen.items) == 10_000


def test_what_nobody_wants_any_more_of_a_source_that_remembers_keeps_no_other_branch_waiting() -> None:
    belt = Belt(range(100), size=5, max_in_flight=20)
    source = belt.stream
    seen = rs.to_list()

    rs.run(source.pipe(ops.map_async(doubled), ops.take(1)).to(print), source.to(seen))

    assert (len(seen.items), belt.committed <= 1) == (100, True)


def test_a_tick_whose_predecessor_is_at_work_is_skipped() -> None:
    async def slow(_: int) -> float:
        await rs.sleep(2.5)
        return rs.now().timestamp()

    ticks = rs.interval(1, end=rs.StreamScheduler.virtual().now + timedelta(seconds=7))

    assert rs.collect(ticks.pipe(ops.map_async(slow))) == [3.5, 6.5, 9.5]


@every_order
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_everything_handled_is_everything_committed(order: str, size: int) -> None:
    belt = Belt(range(30), size=size)

    rs.run(belt.stream.pipe(ops.map_async(doubled, concurrency=4, order=order)).to(rs.to_list()))

    assert belt.committed == 30


@given(st.integers(0, 29), st.sampled_from([1, 3, 1000]), st.sampled_from(ORDERS), st.integers(1, 5))
def test_nothing_from_an_item_on_that_stopped_the_run_is_committed(
    bad: int, size: int, order: str, concurrency: int
) -> None:
    async def f(value: int) -> int:
        await asyncio.sleep(0)
        return 1 // (value - bad)

    belt = Belt(range(30), size=size)
    with pytest.raises(ZeroDivisionError):
        rs.run(belt.stream.pipe(ops.map_async(f, concurrency=concurrency, order=order)).to(rs.to_list()), shutdown=0.05)

    assert belt.committed <= bad


@every_order
def test_what_nobody_wanted_any_more_is_not_committed(order: str) -> None:
    belt = Belt(range(30), size=7)

    rs.run(belt.stream.pipe(ops.map_async(doubled, concurrency=4, order=order), ops.take(3)).to(rs.to_list()))

    assert belt.committed <= 3


@every_order
def test_no_more_records_wait_than_may_be_in_flight(order: str) -> None:
    taken: list[int] = []
    done: list[int] = []
    most = 0

    async def f(value: int) -> None:
        nonlocal most
        most = max(most, len(taken) - len(done))
        await asyncio.sleep(0)
        done.append(value)

    belt = Belt(range(300), size=5, max_in_flight=20)
    rs.run(belt.stream.pipe(ops.observe(taken.append), ops.map_async(f, concurrency=3, order=order)).to(rs.to_list()))

    assert most <= 20


@pytest.mark.parametrize("f", [5, None, "f"], ids=repr)
def test_what_cannot_be_called_is_refused(refusal: Refusal, f: Any) -> None:
    assert refusal(lambda: ops.map_async(f)) == (
        f"map_async: f must be callable; got {f!r}. Give an async function of one value."
    )


def test_an_async_generator_function_is_refused(refusal: Refusal) -> None:
    async def pair(value: int) -> Any:
        yield value

    assert refusal(lambda: ops.map_async(pair)) == (
        "map_async: f must give one result a value; got the async generator function pair. Use ops.flat_map."
    )


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, True], ids=repr)
def test_a_concurrency_that_is_none_is_refused(refusal: Refusal, concurrency: Any) -> None:
    assert refusal(lambda: ops.map_async(doubled, concurrency=concurrency)) == (
        f"map_async: concurrency must be a whole number of at least 1; got {concurrency!r}. Correct it."
    )


def test_a_misspelt_order_is_refused(refusal: Refusal) -> None:
    wrong: Any = "inptu"

    assert refusal(lambda: ops.map_async(doubled, order=wrong)) == (
        "map_async: order must be one of 'input', 'done', 'key'; got 'inptu'. Did you mean 'input'?"
    )


@pytest.mark.parametrize("timeout", [0, -1, timedelta(0)], ids=repr)
def test_a_time_out_of_no_length_is_refused(refusal: Refusal, timeout: Any) -> None:
    assert refusal(lambda: ops.map_async(doubled, timeout=timeout)) == (
        f"map_async: timeout must be greater than zero; got {timeout!r}. Give seconds or a timedelta."
    )


@pytest.mark.parametrize(
    ("joining", "expected"),
    [
        (ops.buffer(2), [[0, 1], [2, 3]]),
        (ops.buffer(timeout=9), [[0, 1, 2, 3]]),
        (ops.pairwise(), [(0, 1), (1, 2), (2, 3)]),
        (ops.zip(rs.from_iterable("abcd")), [(0, "a"), (1, "b"), (2, "c"), (3, "d")]),
    ],
)
def test_what_was_made_of_several_items_can_be_worked_on(joining: Any, expected: list[Any]) -> None:
    async def same(value: Any) -> Any:
        await asyncio.sleep(0)
        return value

    assert rs.collect(rs.from_iterable(range(4)).pipe(joining, ops.map_async(same, concurrency=3))) == expected
