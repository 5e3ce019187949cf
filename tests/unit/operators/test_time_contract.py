"""What holds for every operator of time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from reactivex import operators as rx
from reactivex.subject import Subject
from reactivex.testing import ReactiveTest, TestScheduler

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import SECOND
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import EPOCH, Broken, at, committed_after, failing_at, history, timed

OPERATORS: dict[str, Any] = {
    "buffer": ops.buffer(3),
    "buffer by time": ops.buffer(timeout=3),
    "delay": ops.delay(3),
    "debounce": ops.debounce(3),
    "throttle": ops.throttle(3),
    "throttle to the last": ops.throttle(3, emit="last"),
    "sample": ops.sample(3),
    "timeout": ops.timeout(3),
    "rate_limit": ops.rate_limit(1, per=3),
}
#: Those that have something of an item left when its call is over.
KEEPING = sorted(set(OPERATORS) - {"throttle", "timeout"})
#: Those that hand on each item as it is, whenever that may be.
PASSING = ["delay", "timeout", "rate_limit"]
#: Ours, reactivex's that claims the same, and what a diagram becomes.
SAME: dict[str, tuple[Any, Any, str, str]] = {
    "debounce": (ops.debounce(2), rx.debounce(2), "      a--b-cd---e|", "--a-----d--(e|)"),
    "debounce at once": (ops.debounce(2), rx.debounce(2), "(ab)--c---|", "--b-----c-|"),
    "debounce at its end": (ops.debounce(2), rx.debounce(2), "-a-b---|", "-----b-|"),
    "debounce an error": (ops.debounce(2), rx.debounce(2), " -a---b#", "---a--#"),
    "sample": (ops.sample(3), rx.sample(3), "            -a-bc------d|", "---b--c-----(d|)"),
    "delay": (ops.delay(2), rx.delay(2), "              -a-(bc)-d|", "---a-(bc)-d|"),
    "delay an error": (ops.delay(2), rx.delay(2), "       -a-b#", "---a#"),
    "delay nothing": (ops.delay(2), rx.delay(2), "        ---|", "-----|"),
    "throttle": (ops.throttle(3), rx.throttle_first(3), "  -ab-c-d--e-|", "-a--c----e-|"),
    "throttle at once": (ops.throttle(3), rx.throttle_first(3), "(abc)-|", "a-----|"),
}


def made_of(name: str, values: Any) -> list[Any]:
    return rs.collect(rs.from_iterable(values).pipe(OPERATORS[name]))


every_operator = pytest.mark.parametrize("name", OPERATORS)
every_keeping = pytest.mark.parametrize("name", KEEPING)


@pytest.mark.parametrize("case", SAME)
@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("place", [0, 1], ids=["ours", "reactivex's"])
def test_it_is_the_same_as_in_reactivex(marbles: Marbles, case: str, kind: str, place: int) -> None:
    step, text, expected = SAME[case][place], SAME[case][2], SAME[case][3]

    marbles.expect(getattr(marbles, kind)(text).pipe(step), expected)


@every_operator
def test_an_empty_stream_stays_empty(name: str) -> None:
    assert made_of(name, []) == []


@every_operator
def test_an_error_is_handed_on_at_once(marbles: Marbles, name: str) -> None:
    marbles.expect(marbles.hot("#").pipe(OPERATORS[name]), "#")


@every_keeping
def test_what_is_kept_is_not_handed_on_behind_an_error(marbles: Marbles, name: str) -> None:
    first = "a" if name == "rate_limit" else "-"

    marbles.expect(marbles.hot("ab#").pipe(OPERATORS[name]), f"{first}-#")


@every_operator
def test_nothing_comes_behind_the_end(name: str) -> None:
    said: list[object] = []
    scheduler = rs.StreamScheduler.virtual()

    stream = rs.from_iterable(range(7)).pipe(OPERATORS[name])
    stream.subscribe(lambda _: said.append("item"), None, lambda: said.append("end"), scheduler=scheduler)
    scheduler.run()

    assert (said.count("end"), said[-1]) == (1, "end")


@every_operator
def test_a_plain_subscription_gives_the_same(name: str) -> None:
    said: list[object] = []

    rs.from_iterable(range(7)).pipe(OPERATORS[name]).subscribe(said.append)

    assert said == made_of(name, range(7))


@every_operator
def test_on_the_clock_that_is_given_it_gives_the_same(name: str) -> None:
    said: list[object] = []
    scheduler = rs.StreamScheduler.virtual()

    history([0, 1, 4, 4, 5], end=6).pipe(OPERATORS[name]).subscribe(said.append, scheduler=scheduler)
    scheduler.run()

    assert said == [value for _, value in timed(history([0, 1, 4, 4, 5], end=6).pipe(OPERATORS[name]))]


@every_operator
def test_run_again_it_gives_the_same(name: str) -> None:
    stream = history([0, 1, 4, 4, 5], end=6).pipe(OPERATORS[name])

    assert timed(stream) == timed(stream)


@every_operator
def test_used_in_two_pipes_of_one_run_it_works_in_both(name: str) -> None:
    one, two = rs.to_list(), rs.to_list()

    rs.run(*[rs.from_iterable(range(7)).pipe(OPERATORS[name]).to(sink) for sink in (one, two)])

    assert one.items == two.items == made_of(name, range(7))


@every_operator
def test_whoever_has_enough_is_not_waited_for(name: str) -> None:
    report = rs.run(rs.from_iterable(range(7)).pipe(OPERATORS[name], ops.take(1)).to(rs.to_list()))

    assert (report.reason, report.ended <= at(3)) == ("completed", True)


@every_operator
def test_an_item_that_fails_below_leaves_the_others(name: str) -> None:
    passed = rs.from_iterable(range(7)).pipe(OPERATORS[name])
    *others, last = rs.collect(passed)

    assert rs.collect(passed.pipe(failing_at(last)), on_error=rs.handlers.skip()) == others


@every_operator
def test_the_passport_is_shown_below(name: str) -> None:
    events = [rs.Event(number, "k", at(number)) for number in range(5)]
    seen: list[Any] = []

    rs.collect(rs.from_history(events).pipe(OPERATORS[name], ops.observe(lambda _: seen.append(rs.current_event()))))

    assert {(event.key, event.timestamp in map(at, range(5))) for event in seen} == {("k", True)}


@every_operator
def test_afterwards_there_is_no_passport(name: str) -> None:
    made_of(name, range(7))

    assert rs.current_event() is None


@pytest.mark.parametrize("name", PASSING)
def test_items_keep_their_passports(name: str) -> None:
    events = [rs.Event(n, str(n), at(n), (("h", b"x"),), rs.Origin("topic", 0, n)) for n in range(3)]

    assert rs.collect(rs.from_history(events).pipe(OPERATORS[name], ops.events())) == events


@every_operator
def test_a_key_given_above_is_kept(name: str) -> None:
    keyed = rs.from_iterable(range(7)).pipe(ops.key_by(lambda _: "k"), OPERATORS[name], ops.events())

    assert {event.key for event in rs.collect(keyed)} == {"k"}


@every_keeping
def test_no_watermark_overtakes_what_is_kept(name: str) -> None:
    late = history([1, 2, 4, 11, 12, 14], end=14).pipe(OPERATORS[name], ops.window(rs.tumbling(5)))

    assert rs.run(late.to(rs.to_list()), start=EPOCH).pipelines[0].late == 0


@every_operator
def test_all_is_committed_where_all_is_handled(name: str) -> None:
    assert committed_after(Belt(range(30), size=7), OPERATORS[name]) == 30


@every_operator
def test_all_is_committed_where_a_sink_takes_batches(name: str) -> None:
    belt = Belt(range(30), size=7)

    assert committed_after(belt, OPERATORS[name], ops.process(asleep)) == 30


async def asleep(value: Any) -> Any:
    await asyncio.sleep(0.01)
    return value


@every_operator
@pytest.mark.parametrize(("bad", "size"), [(0, 7), (13, 1), (20, 7), (29, 1000)])
def test_nothing_from_an_item_on_that_failed_below_is_committed(name: str, bad: int, size: int) -> None:
    committed = committed_after(Belt(range(30), size=size), OPERATORS[name], failing_at(bad))

    # All of them, where the operator let it go, so that it never failed.
    assert committed <= bad or (committed == 30 and name not in PASSING)


@every_keeping
def test_what_is_kept_when_the_source_breaks_stays_unsettled(name: str) -> None:
    assert committed_after(Broken(range(2)), OPERATORS[name]) <= 1


@pytest.mark.parametrize("name", sorted(set(KEEPING) - {"buffer", "buffer by time"}))
def test_what_is_kept_when_time_is_over_stays_unsettled(name: str) -> None:
    still_to_come: Any = ops.merge(rs.timer(60).pipe(ops.filter(lambda _: False)))

    committed = committed_after(Belt(range(3)), still_to_come, OPERATORS[name], until=at(2))

    # The first one was handed on, or all but the last were overtaken.
    assert committed == {"delay": 0, "rate_limit": 1}.get(name, 2)


@every_operator
def test_at_until_nothing_waits_for_ever(name: str) -> None:
    report = rs.run(rs.interval(1).pipe(OPERATORS[name]).to(rs.to_list()), start=EPOCH, until=at(8))

    assert (report.reason, report.ended) == ("until", at(8))


async def three_items() -> AsyncIterator[int]:
    for number in range(3):
        yield number
    await asyncio.sleep(60)


LIVE: dict[str, tuple[Any, list[Any]]] = {
    "buffer": (ops.buffer(2), [[0, 1], [2]]),
    "buffer by time": (ops.buffer(timeout=60), [[0, 1, 2]]),
    "delay": (ops.delay(0.03), [0, 1, 2]),
    "debounce": (ops.debounce(0.03), [2]),
    "throttle to the last": (ops.throttle(0.03, emit="last"), [2]),
    "sample": (ops.sample(0.03), [2]),
    "rate_limit": (ops.rate_limit(2, per=0.03), [0, 1, 2]),
}


@pytest.mark.parametrize("name", LIVE)
def test_a_run_that_is_stopped_waits_for_what_is_kept(name: str) -> None:
    step, expected = LIVE[name]
    sink = rs.to_list()

    async def stopped() -> None:
        async with rs.running(rs.from_aiter(three_items).pipe(step).to(sink)) as run:
            while run.report.pipelines[0].received < 3:
                await asyncio.sleep(0)
            await run.stop()

    asyncio.run(asyncio.wait_for(stopped(), 30))

    assert sink.items == expected


@every_operator
def test_it_works_under_reactivexs_scheduler(name: str) -> None:
    scheduler = TestScheduler()
    source = scheduler.create_hot_observable(*[ReactiveTest.on_next(200 + n, n) for n in range(1, 5)])

    heard = scheduler.start(lambda: rs.from_observable(source).pipe(OPERATORS[name]), disposed=203.5)

    instants = [message.time for message in heard.messages]
    assert instants == sorted(instant for instant in instants if 200 < instant <= 203.5)


@every_operator
def test_who_unsubscribes_hears_nothing_more(name: str) -> None:
    said: list[object] = []
    scheduler = rs.StreamScheduler.virtual()
    subject: Subject[int] = Subject()
    subscription = rs.from_observable(subject).pipe(OPERATORS[name]).subscribe(said.append, scheduler=scheduler)
    subject.on_next(1)
    before = list(said)

    subscription.dispose()
    scheduler.run()

    assert said == before


#: What was said by the time an item has come so late that a timer should have gone off before it.
LATE: dict[str, list[Any]] = {
    "buffer by time": [["a"]],
    "debounce": ["a"],
    "throttle": ["a", "b"],
    "throttle to the last": ["a"],
    "sample": ["a"],
    "timeout": ["a", "error"],
}


@pytest.mark.parametrize("name", LATE)
def test_where_a_timer_is_late_instants_decide(name: str) -> None:
    said: list[Any] = []
    scheduler = rs.StreamScheduler.virtual()
    subject: Subject[str] = Subject()
    stream = rs.from_observable(subject).pipe(OPERATORS[name])
    stream.subscribe(said.append, lambda _: said.append("error"), scheduler=scheduler)

    subject.on_next("a")
    scheduler.clock.now += 10 * SECOND
    subject.on_next("b")

    assert said == LATE[name]


DURATIONS: dict[str, Any] = {
    "buffer: timeout": lambda d: ops.buffer(timeout=d),
    "debounce: d": ops.debounce,
    "throttle: d": ops.throttle,
    "sample: d": ops.sample,
    "timeout: d": ops.timeout,
    "rate_limit: per": lambda d: ops.rate_limit(1, per=d),
}


@pytest.mark.parametrize("who", DURATIONS)
@pytest.mark.parametrize("d", [0, -1, timedelta(0)], ids=repr)
def test_a_span_of_no_length_is_refused(refusal: Refusal, who: str, d: Any) -> None:
    sentence = f"{who} must be greater than zero; got {d!r}. Give seconds or a timedelta."

    assert refusal(lambda: DURATIONS[who](d)) == sentence


@pytest.mark.parametrize("who", sorted({**DURATIONS, "delay: d": None}))
@pytest.mark.parametrize("d", ["1", float("nan"), True, EPOCH], ids=repr)
def test_what_is_no_duration_is_refused(refusal: Refusal, who: str, d: Any) -> None:
    make = {**DURATIONS, "delay: d": ops.delay}[who]

    assert refusal(lambda: make(d)) == f"{who} must be a duration; got {d!r}. Give seconds or a timedelta."


@pytest.mark.parametrize(
    ("below", "expected"),
    [(ops.buffer(timeout=2), [[0, 1]]), (ops.debounce(2), [1]), (ops.timeout(2), [0, 1]), (ops.sample(2), [0, 1])],
)
def test_what_a_timer_above_hands_on_comes_before_a_timer_below(below: Any, expected: list[Any]) -> None:
    items = rs.from_history([(0, 0), (2, 1)], unit="s")

    assert rs.collect(items.pipe(ops.delay(2), below)) == expected


def test_who_is_not_done_when_the_budget_is_over_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async def endless() -> AsyncIterator[int]:
        while True:
            yield -1
            await asyncio.sleep(0.01)

    async def stopped() -> rs.Report:
        stream = Belt(range(20)).stream.pipe(ops.merge(rs.from_aiter(endless)), ops.delay(60))
        async with rs.running(stream.to(rs.to_list()), shutdown=0.05) as run:
            # All of the belt, and something that is live: until then whatever is kept is handed on at once.
            while run.report.pipelines[0].received < 22:
                await asyncio.sleep(0.01)
            return await run.stop()

    unsettled = asyncio.run(stopped()).unsettled

    sentence = f"the shutdown budget of 0.05 s is over with {unsettled} records unsettled; not done: delay"
    assert (unsettled >= 20, caplog.messages[0]) == (True, sentence)
