"""Giving each item what a table knows of its key."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.operators.timed import at, committed_after, failing_at

M = rs.MISSING
TABLE = {"a": "A", "b": None}


def joined(left: Any, right: Any, key: Any = None) -> rs.Joined:
    return rs.Joined(left if key is None else key, left, right)


def as_mapping() -> Any:
    return TABLE


def as_function() -> Any:
    return lambda key: TABLE.get(key, M)


def as_async_function() -> Any:
    async def ask(key: Any) -> Any:
        await asyncio.sleep(0)
        return TABLE.get(key, M)

    return ask


def as_function_with_an_awaitable() -> Any:
    ask = as_async_function()
    return lambda key: ask(key)  # noqa: PLW0108 - it does not look async


every_kind = pytest.mark.parametrize(
    "lookup",
    [as_mapping, as_function, as_async_function, as_function_with_an_awaitable],
    ids=lambda make: make.__name__,
)
Make = Callable[[], Any]


@every_kind
def test_each_item_is_joined_with_what_is_known_of_its_key(lookup: Make) -> None:
    assert rs.collect(rs.from_iterable("abba").pipe(ops.enrich(lookup(), key=str))) == [
        joined("a", "A"),
        joined("b", None),
        joined("b", None),
        joined("a", "A"),
    ]


@every_kind
def test_what_is_missing_is_dropped_and_counted(lookup: Make) -> None:
    made = rs.to_list()

    [told] = rs.run(rs.from_iterable("acb").pipe(ops.enrich(lookup(), key=str)).to(made)).pipelines

    assert (made.items, told.dropped, told.emitted) == ([joined("a", "A"), joined("b", None)], 1, 2)


@every_kind
def test_what_is_missing_is_handed_on_where_that_is_wanted(lookup: Make) -> None:
    enriched = rs.from_iterable("ac").pipe(ops.enrich(lookup(), key=str, how="left"))

    assert rs.collect(enriched) == [joined("a", "A"), joined("c", M)]


@every_kind
def test_without_a_function_the_passports_key_counts(lookup: Make) -> None:
    events = [rs.Event(n, key) for n, key in enumerate("abab")]

    assert rs.collect(rs.from_iterable(events).pipe(ops.enrich(lookup()))) == [
        rs.Joined("a", 0, "A"),
        rs.Joined("b", 1, None),
        rs.Joined("a", 2, "A"),
        rs.Joined("b", 3, None),
    ]


@every_kind
def test_a_key_that_operators_above_said_counts_too(lookup: Make) -> None:
    enriched = rs.from_iterable(["xa", "xb"]).pipe(ops.key_by(lambda text: text[1]), ops.enrich(lookup()))

    assert rs.collect(enriched) == [rs.Joined("a", "xa", "A"), rs.Joined("b", "xb", None)]


@every_kind
@pytest.mark.parametrize("key", [None, lambda _: "b"], ids=["its own", "another"])
def test_the_passport_stays_but_for_the_key(lookup: Make, key: Any) -> None:
    event = rs.Event(1, "a", at(1), (("h", b"x"),), rs.Origin("t", 0, 1))

    [made] = rs.collect(rs.from_iterable([event]).pipe(ops.enrich(lookup(), key=key), ops.events()))

    found = rs.Joined("b", 1, None) if key else rs.Joined("a", 1, "A")
    assert made == event.replace(value=found, key=found.key)


@every_kind
@pytest.mark.parametrize("key", [len, lambda value: value, lambda value: [value]], ids=["fails", "looks", "no key"])
def test_a_key_that_fails_leaves_the_others(lookup: Make, key: Any) -> None:
    failing = ops.enrich(lookup(), key=lambda value: value if value == "a" else key(value) and {}[value])

    assert rs.collect(rs.from_iterable([5, "a"]).pipe(failing), on_error=rs.handlers.skip()) == [joined("a", "A")]


@every_kind
def test_a_key_that_cannot_be_looked_up_is_an_error_of_its_item(lookup: Make) -> None:
    failed: list[Any] = []
    enriched = rs.from_iterable([[1], "a"]).pipe(ops.enrich(lookup(), key=lambda value: value))

    assert rs.collect(enriched, on_error=lambda event, _: failed.append(event.value)) == [joined("a", "A")]
    assert failed == [[1]]


@every_kind
def test_an_item_that_fails_below_leaves_the_others(lookup: Make) -> None:
    broken = rs.from_iterable("bab").pipe(ops.enrich(lookup(), key=str), ops.map(lambda pair: pair.right.lower()))

    assert rs.collect(broken, on_error=rs.handlers.skip()) == ["a"]


@every_kind
def test_run_again_it_gives_the_same(lookup: Make) -> None:
    stream = rs.from_iterable("ab").pipe(ops.enrich(lookup(), key=str))

    assert rs.collect(stream) == rs.collect(stream) == [joined("a", "A"), joined("b", None)]


@every_kind
def test_an_empty_stream_stays_empty(lookup: Make) -> None:
    assert rs.collect(rs.from_iterable([]).pipe(ops.enrich(lookup()))) == []


@every_kind
def test_behind_something_awaited_it_gives_the_same(lookup: Make) -> None:
    stream = rs.from_iterable("ab").pipe(ops.process(as_async_function()), ops.key_by(lambda _: "a"))

    assert rs.collect(stream.pipe(ops.enrich(lookup()))) == [rs.Joined("a", "A", "A")]


# Mappings


@pytest.mark.parametrize("make", [dict, OrderedDict, MappingProxyType], ids=lambda make: make.__name__)
def test_any_mapping_will_do(make: Any) -> None:
    assert rs.collect(rs.from_iterable("a").pipe(ops.enrich(make(TABLE), key=str))) == [joined("a", "A")]


def test_a_mapping_that_makes_what_it_lacks_lacks_nothing() -> None:
    assert rs.collect(rs.from_iterable("x").pipe(ops.enrich(defaultdict(list), key=str))) == [joined("x", [])]


def test_what_changes_in_a_mapping_counts_from_the_next_item_on() -> None:
    table: dict[str, int] = {}
    told: Any = ops.observe(lambda pair: table.update({pair.left: 1}))

    assert rs.collect(rs.from_iterable("aa").pipe(ops.enrich(table, key=str, how="left"), told)) == [
        joined("a", M),
        joined("a", 1),
    ]


def test_a_mapping_that_is_asked_by_a_plain_subscription_answers() -> None:
    said: list[object] = []

    rs.from_iterable("ac").pipe(ops.enrich(TABLE, key=str)).subscribe(said.append, None, lambda: said.append("end"))

    assert said == [joined("a", "A"), "end"]


# Functions


def asked(keys: str, **rules: Any) -> list[str]:
    """What a function is asked."""
    heard: list[str] = []
    rs.collect(rs.from_iterable(keys).pipe(ops.enrich(heard.append, key=str, **rules)))
    return heard


@pytest.mark.parametrize(
    ("keys", "cache", "heard"),
    [
        ("aaab", 1000, "ab"),
        ("abcab", 2, "abcab"),
        ("abaca", 2, "abc"),
        ("abacb", 2, "abcb"),
        ("aa", 1, "a"),
        ("aa", 0, "aa"),
    ],
    ids=["once", "too many", "the last used stays", "the first used goes", "one", "none"],
)
def test_the_answers_asked_for_last_are_remembered(keys: str, cache: int, heard: str) -> None:
    assert "".join(asked(keys, cache=cache)) == heard


@given(st.lists(st.sampled_from("abcd"), max_size=20), st.integers(0, 5))
def test_it_is_asked_as_often_as_by_hand(keys: list[str], cache: int) -> None:
    remembered: list[str] = []
    by_hand = []
    for key in keys:
        if key in remembered:
            remembered.remove(key)
        else:
            by_hand.append(key)
        remembered = [*remembered, key][-cache:] if cache else []

    assert asked("".join(keys), cache=cache) == by_hand


def test_that_nothing_is_known_is_remembered() -> None:
    heard: list[str] = []

    def ask(key: str) -> object:
        heard.append(key)
        return M

    rs.collect(rs.from_iterable("aa").pipe(ops.enrich(ask, key=str)))

    assert heard == ["a"]


@pytest.mark.parametrize("wait", [False, True], ids=["plain", "async"])
def test_an_error_is_the_items_own_and_not_remembered(wait: bool) -> None:
    heard: list[str] = []

    def ask(key: str) -> str:
        heard.append(key)
        if len(heard) == 1:
            raise KeyError(key)
        return key

    async def ask_async(key: str) -> str:
        return ask(key)

    enriched = rs.from_iterable("aa").pipe(ops.enrich(ask_async if wait else ask, key=str))
    assert rs.collect(enriched, on_error=rs.handlers.skip()) == [joined("a", "a")]
    assert heard == ["a", "a"]


@pytest.mark.parametrize("wait", [False, True], ids=["plain", "async"])
def test_an_error_says_where_it_happened(wait: bool) -> None:
    async def ask(key: int) -> int:
        return 1 // key

    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(rs.from_iterable([0]).pipe(ops.enrich(ask if wait else lambda n: 1 // n, key=int)).to(print, name="p"))

    assert rs.error_context(caught.value) == ("p", "enrich", 0)


def slow(seconds: float) -> Any:
    async def ask(key: str) -> str:
        await asyncio.sleep(seconds)
        return key.upper()

    return ops.enrich(ask, key=str), ops.map(lambda pair: pair.right)


#: How long an answer takes, what comes, and what is handed on.
DIAGRAMS = {
    "one": (2, "               -a-----|", "---x---|"),
    "later ones wait": (2, "   -ab----|", "---x-y-|"),
    "the same is not asked again": (3, "-aa---b---|", "----(xx)-y|"),
    "the known ones too wait": (2, "-a--ba-----|", "---x--(yx)-|"),
    "the end waits": (3, "     -a|", "----(x|)"),
    "an error waits": (3, "    -a-|", "----(x|)"),
}


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_items_keep_their_order_while_an_answer_is_awaited(marbles: Marbles, diagram: str) -> None:
    seconds, given_, expected = DIAGRAMS[diagram]

    marbles.expect(marbles.hot(given_).pipe(*slow(seconds)), expected, {"x": "A", "y": "B"})


def test_the_watermark_waits_too() -> None:
    late = rs.to_list()
    source = rs.from_history([(second, "a") for second in range(10)], unit="s")

    rs.collect(source.pipe(*slow(5), ops.window(rs.tumbling(1), late=late)))

    assert late.items == []


def test_an_async_function_is_refused_by_a_plain_subscription(left_behind: list[Any]) -> None:
    said: list[str] = []

    rs.from_iterable("a").pipe(*slow(1)).subscribe(on_error=lambda error: said.append(str(error)))

    assert (said, left_behind) == (
        [
            "subscribe: enrich has to be awaited, which a plain subscription cannot do. "
            "Run it with rs.run or rs.run_async, or test it with rxstream.testing.marbles."
        ],
        [],
    )


# Delivery

SIZES = st.sampled_from([1, 2, 7, 1000])


@every_kind
@pytest.mark.parametrize("how", ["inner", "left"])
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_everything_handled_is_everything_committed(lookup: Make, how: str, size: int) -> None:
    belt = Belt("abcab" * 6, size=size)

    assert committed_after(belt, ops.enrich(lookup(), key=str, how=how)) == 30


@given(st.integers(0, 29), SIZES, st.sampled_from([as_function, as_async_function]))
def test_nothing_from_an_item_on_that_stopped_the_run_is_committed(bad: int, size: int, lookup: Make) -> None:
    belt = Belt(range(30), size=size)
    step: Any = ops.enrich(lookup(), key=str, how="left"), ops.map(lambda pair: pair.left)

    assert committed_after(belt, *step, failing_at(bad)) == bad


def test_a_slow_function_makes_the_source_pause() -> None:
    read: list[int] = []
    belt = Belt(range(1000), size=5, max_in_flight=20)

    async def ask(_: int) -> int:
        await asyncio.sleep(0)
        if len(read) > 100:
            raise ValueError(len(read))
        return len(read)

    assert committed_after(belt, ops.observe(read.append), ops.enrich(ask, key=int)) > 50


# Arguments


@pytest.mark.parametrize(
    ("lookup", "rules", "sentence"),
    [
        ([1], {}, "enrich: lookup must be a mapping or a function of the key; got [1]. Give one of these."),
        ({}, {"key": 5}, "enrich: key must be callable; got 5. Give a function."),
        ({}, {"how": "outer"}, "enrich: how must be one of 'inner', 'left'; got 'outer'. Choose one of them."),
        ({}, {"cache": -1}, "enrich: cache must be a whole number of at least 0; got -1. Correct it."),
        ({}, {"cache": None}, "enrich: cache must be a whole number of at least 0; got None. Correct it."),
    ],
    ids=lambda given: str(given)[:30],
)
def test_what_is_no_rule_of_it_is_refused(refusal: Refusal, lookup: Any, rules: Any, sentence: str) -> None:
    assert refusal(lambda: ops.enrich(lookup, **rules)) == sentence
