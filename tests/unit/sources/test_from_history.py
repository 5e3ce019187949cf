"""Histories: items at their instants, in order, on the run's clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def events(stream: rs.Stream[Any]) -> list[rs.Event[Any]]:
    return rs.collect(stream.pipe(ops.events()))


def read(stream: rs.Stream[Any]) -> tuple[list[Any], list[tuple[rs.Event[Any], BaseException]]]:
    """Run a stream; returns its items, and what its error handler was told."""
    failures: list[tuple[rs.Event[Any], BaseException]] = []
    items = rs.collect(stream, on_error=lambda event, error: failures.append((event, error)))
    return items, failures


# What a history is made of


def test_events_replay_with_their_passports() -> None:
    event = rs.Event("a", key="k", timestamp=NOON, headers=(("h", b"1"),), origin=rs.Origin("topic", 3, 14))

    assert events(rs.from_history([event])) == [event]


def test_operators_see_the_values_of_events() -> None:
    assert rs.collect(rs.from_history([rs.Event("a", timestamp=NOON)])) == ["a"]


def test_pairs_are_instants_and_values() -> None:
    found = events(rs.from_history([(NOON, "a"), (NOON + MINUTE, "b")]))

    assert found == [rs.Event("a", timestamp=NOON), rs.Event("b", timestamp=NOON + MINUTE)]


def test_an_instant_may_be_in_any_zone() -> None:
    in_tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    (event,) = events(rs.from_history([(in_tokyo, "a")]))

    assert event.timestamp == NOON


def test_an_instant_may_be_iso_text() -> None:
    (event,) = events(rs.from_history([("2026-01-01T12:00:00Z", "a")]))

    assert event.timestamp == NOON


@pytest.mark.parametrize(("unit", "number"), [("s", 1.5), ("ms", 1_500), ("us", 1_500_000), ("ns", 1_500_000_000)])
def test_unit_says_what_numbers_count(unit: str, number: float) -> None:
    (event,) = events(rs.from_history([(number, "a")], unit=unit))

    assert event.timestamp_ns == 1_500_000_000


def test_time_may_be_a_function_of_the_item() -> None:
    (event,) = events(rs.from_history([5], time=lambda item: NOON + item * MINUTE))

    assert (event.value, event.timestamp) == (5, NOON + 5 * MINUTE)


def test_time_may_name_a_field() -> None:
    (event,) = events(rs.from_history([{"at": 7}], time="at", unit="s"))

    assert (event.value, event.timestamp_ns) == ({"at": 7}, 7_000_000_000)


def test_with_time_a_pair_is_a_value_like_any_other() -> None:
    (event,) = events(rs.from_history([(7, "a")], time=lambda pair: pair[0], unit="s"))

    assert event.value == (7, "a")


def test_with_time_an_events_own_timestamp_does_not_count() -> None:
    history = rs.from_history([rs.Event({"at": 7}, key="k", timestamp=NOON)], time="at", unit="s")
    (event,) = events(history)

    assert (event.key, event.timestamp_ns) == ("k", 7_000_000_000)


@dataclass
class Ride:
    at: int


def test_time_may_be_a_function_that_reads_an_attribute() -> None:
    (event,) = events(rs.from_history([Ride(7)], time=lambda ride: ride.at, unit="s"))

    assert event.timestamp_ns == 7_000_000_000


@pytest.mark.parametrize("key", ["city", lambda value: value["city"]], ids=["field", "function"])
def test_key_is_a_field_or_a_function_of_the_value(key: Any) -> None:
    (event,) = events(rs.from_history([(NOON, {"city": "Oslo"})], key=key))

    assert event.key == "Oslo"


def test_key_takes_the_place_of_an_events_own() -> None:
    (event,) = events(rs.from_history([rs.Event("a", key="k", timestamp=NOON)], key=str.upper))

    assert event.key == "A"


# Order


def test_an_item_earlier_than_the_one_before_ends_the_run_naming_both() -> None:
    history = rs.from_history([(NOON, "a"), (NOON + MINUTE, "b"), (NOON, "c")])

    with pytest.raises(rs.OutOfOrderError) as caught:
        rs.collect(history)

    assert str(caught.value) == (
        f"from_history: items must be sorted by time; {(NOON, 'c')!r} at 2026-01-01T12:00:00+00:00 follows "
        f"{(NOON + MINUTE, 'b')!r} at 2026-01-01T12:01:00+00:00. "
        "Sort them, or say how far they may be out of order: disorder=…"
    )


def test_no_handler_takes_what_makes_a_whole_history_wrong() -> None:
    with pytest.raises(rs.OutOfOrderError):
        rs.collect(rs.from_history([(2, "a"), (1, "b")], unit="s"), on_error=rs.handlers.skip())


def test_items_before_the_one_out_of_order_have_reached_the_sink() -> None:
    seen = rs.to_list()
    with pytest.raises(rs.OutOfOrderError):
        rs.run(rs.from_history([(1, "a"), (2, "b"), (1, "c"), (3, "d")], unit="s").to(seen))

    assert seen.items == ["a", "b"]


def test_items_of_one_instant_stay_in_their_order() -> None:
    assert rs.collect(rs.from_history([(1, "b"), (1, "a"), (1, "c")], unit="s")) == ["b", "a", "c"]


@pytest.mark.parametrize("disorder", [60, timedelta(minutes=1)])
def test_disorder_lets_items_be_earlier(disorder: Any) -> None:
    history = rs.from_history([(NOON + MINUTE, "b"), (NOON, "a")], disorder=disorder)

    assert [event.timestamp for event in events(history)] == [NOON + MINUTE, NOON]


def test_disorder_of_nought_lets_items_be_earlier_too() -> None:
    assert rs.collect(rs.from_history([(2, "b"), (1, "a")], unit="s", disorder=0)) == ["b", "a"]


def test_an_item_earlier_than_disorder_allows_is_late() -> None:
    history = rs.from_history([(5, "a"), (20, "b"), (4, "c")], unit="s", disorder=5)
    seen = rs.to_list()
    report = rs.run(history.pipe(ops.window(rs.tumbling(10))).to(seen, name="panes"))

    assert ([pane.value for pane in seen.items], report["panes"].late) == ([["a"], ["b"]], 1)


def test_two_histories_are_merged_by_time_and_ties_go_in_the_order_given() -> None:
    left = rs.from_history([(1, "l1"), (2, "l2"), (2, "l2'"), (4, "l4")], unit="s")
    right = rs.from_history([(0, "r0"), (2, "r2"), (3, "r3"), (4, "r4")], unit="s")

    assert rs.collect(left.pipe(ops.merge(right))) == ["r0", "l1", "l2", "l2'", "r2", "r3", "l4", "r4"]


def test_histories_of_several_pipelines_are_merged_by_time_too() -> None:
    seen: list[str] = []
    late = rs.from_history([(1, "b"), (3, "d")], unit="s").to(seen.append)
    early = rs.from_history([(0, "a"), (1, "c"), (3, "e")], unit="s").to(seen.append)
    rs.run(late, early)

    assert seen == ["a", "b", "c", "d", "e"]


def test_merging_takes_lazy_histories_one_item_at_a_time() -> None:
    left = rs.from_history(((second, f"l{second}") for second in count(0, 2)), unit="s")
    right = rs.from_history(((second, f"r{second}") for second in count(1, 2)), unit="s")

    assert rs.collect(left.pipe(ops.merge(right), ops.take(4))) == ["l0", "r1", "l2", "r3"]


# Laziness


def test_a_generator_gives_each_item_once() -> None:
    assert rs.collect(rs.from_history(((second, second) for second in range(5)), unit="s")) == [0, 1, 2, 3, 4]


def test_a_long_generator_gives_each_item_once() -> None:
    history = rs.from_history(((second, second) for second in range(5_000)), unit="s")

    assert rs.collect(history) == list(range(5_000))


def test_an_endless_generator_is_asked_for_what_is_taken_and_no_more() -> None:
    asked: list[int] = []

    def endless() -> Iterator[tuple[int, int]]:
        for second in count():
            asked.append(second)
            yield second, second

    items = rs.collect(rs.from_history(endless(), unit="s").pipe(ops.take(3)))

    assert (items, asked) == ([0, 1, 2], [0, 1, 2])


def test_a_generator_that_fails_ends_the_run_with_its_error() -> None:
    def failing() -> Iterator[tuple[int, str]]:
        yield 1, "a"
        raise OSError("gone")

    seen = rs.to_list()
    with pytest.raises(OSError, match=r"^gone"):
        rs.run(rs.from_history(failing(), unit="s").to(seen))

    assert seen.items == ["a"]


# The clock


def test_the_clock_starts_at_the_first_timestamp() -> None:
    report = rs.run(rs.from_history([(NOON, "a"), (NOON + MINUTE, "b")]).to(rs.to_list()))

    assert report.started == NOON


def test_the_clock_ends_at_the_last_timestamp() -> None:
    report = rs.run(rs.from_history([(NOON, "a"), (NOON + MINUTE, "b")]).to(rs.to_list()))

    assert report.ended == NOON + MINUTE


def test_a_year_takes_no_time() -> None:
    days = ((NOON + day * timedelta(days=1), day) for day in range(365))
    report = rs.run(rs.from_history(list(days)).to(rs.to_list()))

    assert report.ended - NOON == timedelta(days=364)


# Items without an instant


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            rs.Event("a"),
            "from_history: every Event must have a timestamp; got Event('a'). Give it one, or say time=…",
        ),
        (
            "a",
            "from_history: items must be Events or (instant, value) pairs; got 'a'. For other items say time=…",
        ),
        (
            (1, 2, 3),
            "from_history: items must be Events or (instant, value) pairs; got (1, 2, 3). For other items say time=…",
        ),
        (
            (datetime(2026, 1, 1), "a"),
            "from_history: a timestamp must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
            "Give it a zone, for instance tzinfo=UTC.",
        ),
        (
            ("2026-01-01T00:00:00", "a"),
            "from_history: a timestamp must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
            "Give it a zone, for instance tzinfo=UTC.",
        ),
        (
            (5, "a"),
            "from_history: a timestamp must be an aware datetime or ISO 8601 text with a zone; got 5. "
            'For numbers, say what they count: unit="s", "ms", "us" or "ns".',
        ),
        (
            (None, "a"),
            "from_history: a timestamp must be an aware datetime or ISO 8601 text with a zone; got None. "
            'For numbers, say what they count: unit="s", "ms", "us" or "ns".',
        ),
    ],
)
def test_an_item_without_an_instant_reaches_the_handler_and_the_others_flow(item: Any, message: str) -> None:
    items, failures = read(rs.from_history([(NOON, 1), item, (NOON, 3)]))
    ((_, error),) = failures

    assert (items, type(error), str(error)) == ([1, 3], rs.StreamError, message)


@pytest.mark.parametrize(("item", "value"), [(rs.Event("a"), "a"), ((None, "a"), "a"), ("a", "a")])
def test_the_handler_is_told_the_value_of_an_item_without_an_instant(item: Any, value: str) -> None:
    _, failures = read(rs.from_history([item]))
    ((event, _),) = failures

    assert (event.value, event.timestamp) == (value, None)


def test_an_item_without_the_named_field_reaches_the_handler() -> None:
    _, failures = read(rs.from_history([{"when": 1}], time="wen", unit="s"))
    ((event, error),) = failures

    assert event.value == {"when": 1}
    assert str(error) == (
        "from_history: time must be a field of every value; 'wen' is none of {'when': 1}. Did you mean 'when'?"
    )


def test_an_item_without_an_instant_among_two_histories_reaches_the_handler() -> None:
    left = rs.from_history([(1, "a"), ("soon", "b"), (3, "c")], unit="s")
    right = rs.from_history([(2, "r")], unit="s")
    items, failures = read(left.pipe(ops.merge(right)))

    assert (items, [event.value for event, _ in failures]) == (["a", "r", "c"], ["b"])


# Wrong arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"items": 5}, "from_history: items must be iterable; got 5. Give a list, a generator, …"),
        ({"unit": "m"}, "from_history: unit must be one of 's', 'ms', 'us', 'ns'; got 'm'. Did you mean 'ms'?"),
        ({"time": 5}, "from_history: time must be callable; got 5. Give a function."),
        ({"key": 5}, "from_history: key must be callable; got 5. Give a function."),
        ({"disorder": -1}, "from_history: disorder must not be negative; got -1. Give seconds or a timedelta."),
        ({"disorder": "1h"}, "from_history: disorder must be a duration; got '1h'. Give seconds or a timedelta."),
        ({"disorder": True}, "from_history: disorder must be a duration; got True. Give seconds or a timedelta."),
    ],
)
def test_a_wrong_argument_is_refused_by_the_call(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_history(**{"items": [], **arguments})

    assert str(caught.value) == message


def test_a_history_of_nothing_gives_nothing() -> None:
    assert rs.collect(rs.from_history([])) == []
