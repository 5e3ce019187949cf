"""Gathering each key's items into windows of event time."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import InBatches, Refusal
from tests.unit.operators.windows_by_hand import Record, windows_by_hand

MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return EPOCH + timedelta(seconds=second)


def history(*seconds: float, disorder: float | None = None) -> rs.Stream[float]:
    """Items that are their own instants."""
    return rs.from_history(seconds, time=lambda second: second, unit="s", disorder=disorder)


def values(stream: rs.Stream[Any], **options: Any) -> list[Any]:
    return [pane.value for pane in rs.collect(stream, **options)]


def test_items_are_gathered_by_window() -> None:
    assert values(history(1, 2, 11, 25).pipe(ops.window(rs.tumbling(10)))) == [[1, 2], [11], [25]]


def test_a_pane_says_what_it_is() -> None:
    [pane] = rs.collect(rs.from_iterable([rs.Event("v", "k", at(12))]).pipe(ops.window(rs.tumbling(10))))

    assert pane == rs.Pane("k", at(10), at(20), ["v"], 0, True)


def test_the_start_belongs_to_a_window_and_the_end_does_not() -> None:
    assert values(history(0, 9.999999, 10).pipe(ops.window(rs.tumbling(10)))) == [[0, 9.999999], [10]]


def test_an_empty_window_gives_nothing() -> None:
    assert values(history(1, 95).pipe(ops.window(rs.tumbling(10)))) == [[1], [95]]


def test_an_empty_stream_gives_nothing() -> None:
    assert values(history().pipe(ops.window(rs.tumbling(10)))) == []


def test_a_window_closes_as_soon_as_the_watermark_reaches_its_end() -> None:
    order: list[object] = []
    stream = history(1, 9.999999, 10).pipe(ops.observe(order.append), ops.window(rs.tumbling(10)))

    rs.collect(stream.pipe(ops.observe(lambda pane: order.append(pane.value))))

    assert order == [1, 9.999999, [1, 9.999999], 10, [10]]


def test_the_grace_keeps_a_window_open() -> None:
    windowed = history(1, 14, 2, 15, 3, disorder=0).pipe(ops.window(rs.tumbling(10), grace=5))

    assert values(windowed) == [[1, 2], [14, 15]]


def test_disorder_and_grace_add_up() -> None:
    windowed = history(1, 17, 2, 18, 3, disorder=5).pipe(ops.window(rs.tumbling(10), grace=timedelta(seconds=3)))

    assert values(windowed) == [[1, 2], [17, 18]]


def test_late_items_are_counted() -> None:
    report = rs.run(history(1, 25, 2, 3, disorder=0).pipe(ops.window(rs.tumbling(10))).to(rs.to_list()))

    assert report.pipelines[0].late == 2


def test_a_late_item_goes_to_where_late_ones_go_with_its_passport() -> None:
    late = rs.to_list()
    events = [rs.Event("in time", "k", at(25)), rs.Event("late", "k", at(1), (("h", b"x"),))]

    rs.collect(rs.from_history(events, disorder=0).pipe(ops.window(rs.tumbling(10), late=late)))

    assert late.items == [events[1]]


def test_a_late_item_goes_to_a_function_too() -> None:
    late: list[object] = []

    rs.collect(
        history(25, 1, disorder=0).pipe(ops.window(rs.tumbling(10), late=lambda event: late.append(event.value)))
    )

    assert late == [1]


def test_a_late_item_goes_to_an_async_function_too() -> None:
    late: list[object] = []

    async def note(event: rs.Event[float]) -> None:
        late.append(event.value)

    rs.collect(history(25, 1, 26, disorder=0).pipe(ops.window(rs.tumbling(10), late=note)))

    assert late == [1]


def test_a_late_item_shows_what_operators_made_of_it() -> None:
    late = rs.to_list()
    changed = ops.map(lambda second: f"{second} s"), ops.key_by(len)

    rs.collect(history(25, 1, disorder=0).pipe(*changed, ops.window(rs.tumbling(10), late=late)))

    assert late.items == [rs.Event("1 s", 3, at(1))]


def test_a_failing_function_for_late_items_goes_to_the_error_handler() -> None:
    failed: list[object] = []
    windowed = history(25, 1, 26, disorder=0).pipe(ops.window(rs.tumbling(10), late=lambda _: 1 / 0))

    rs.collect(windowed, on_error=lambda event, _: failed.append(event.value))

    assert failed == [1]


def test_each_key_has_windows_of_its_own() -> None:
    by_parity = ops.window(rs.tumbling(10), key=lambda second: second % 2)

    panes = rs.collect(history(1, 2, 3).pipe(by_parity))

    assert [(pane.key, pane.value) for pane in panes] == [(1, [1, 3]), (0, [2])]


def test_without_a_function_the_passports_key_counts() -> None:
    events = [rs.Event(1, "a", at(1)), rs.Event(2, "b", at(2)), rs.Event(3, "a", at(3))]

    panes = rs.collect(rs.from_history(events).pipe(ops.window(rs.tumbling(10))))

    assert [(pane.key, pane.value) for pane in panes] == [("a", [1, 3]), ("b", [2])]


def test_without_any_key_there_is_one_group() -> None:
    assert [pane.key for pane in rs.collect(history(1, 2).pipe(ops.window(rs.tumbling(10))))] == [None]


@pytest.mark.parametrize("key", [0, "", (), False], ids=repr)
def test_an_empty_key_is_a_key(key: object) -> None:
    panes = rs.collect(history(1).pipe(ops.window(rs.tumbling(10), key=lambda _: key)))

    assert [pane.key for pane in panes] == [key]


def test_empty_values_are_values() -> None:
    events = [rs.Event(value, timestamp=at(1)) for value in (None, 0, "", False)]

    assert values(rs.from_history(events).pipe(ops.window(rs.tumbling(10)))) == [[None, 0, "", False]]


def test_items_of_a_window_are_in_order_of_time_and_ties_as_they_came() -> None:
    pairs = [(3, "a"), (1, "b"), (3, "c"), (1, "d")]

    assert values(rs.from_history(pairs, unit="s", disorder=5).pipe(ops.window(rs.tumbling(10)))) == [list("bdac")]


def test_the_passport_of_a_pane_is_its_key_and_its_last_microsecond() -> None:
    event = rs.Event(1, "k", at(12), (("h", b"x"),), rs.Origin("topic", 0, 1))

    [made] = rs.collect(rs.from_history([event]).pipe(ops.window(rs.tumbling(10)), ops.events()))

    assert made == rs.Event(rs.Pane("k", at(10), at(20), [1], 0, True), "k", at(20) - timedelta(microseconds=1))


def test_a_function_below_sees_the_panes_passport() -> None:
    seen: list[object] = []

    rs.collect(
        history(12, 25).pipe(ops.window(rs.tumbling(10)), ops.observe(lambda _: seen.append(rs.current_event())))
    )

    assert [(event.timestamp, event.value.value) for event in seen] == [
        (at(20) - timedelta(microseconds=1), [12]),
        (at(30) - timedelta(microseconds=1), [25]),
    ]


def test_the_item_that_closes_a_window_keeps_its_own_passport() -> None:
    keyed = history(1, 12).pipe(ops.key_by(lambda second: second), ops.window(rs.tumbling(10)))

    assert [pane.key for pane in rs.collect(keyed)] == [1, 12]


def test_an_error_below_a_window_names_the_pane() -> None:
    failed: list[object] = []
    broken = history(1, 12).pipe(ops.window(rs.tumbling(10)), ops.map(lambda pane: 1 // (pane.value[0] - 1)))

    passed = rs.collect(broken, on_error=lambda event, _: failed.append(event.value.value))

    assert (passed, failed) == ([0], [[1]])


def test_windows_of_windows_are_gathered_by_the_panes_instants() -> None:
    tens = ops.window(rs.tumbling(10), into=rs.agg.sum())
    thirties = ops.map(lambda pane: pane.value), ops.window(rs.tumbling(30))

    assert values(history(1, 12, 25, 31, 95).pipe(tens, *thirties)) == [[1, 12, 25], [31], [95]]


def test_a_window_of_windows_closes_before_the_end_of_the_stream() -> None:
    order: list[object] = []
    tens, thirties = ops.window(rs.tumbling(10), into=rs.agg.count()), ops.window(rs.tumbling(30), into=rs.agg.count())

    stream = history(1, 12, 35, 65).pipe(ops.observe(order.append), tens, thirties)
    rs.collect(stream.pipe(ops.observe(lambda pane: order.append(f"closed {pane.value}"))))

    assert order == [1, 12, "closed 2", 35, "closed 1", 65, "closed 1"]


def test_an_item_without_event_time_counts_at_the_runs_clock() -> None:
    [pane] = rs.collect(rs.from_iterable([1]).pipe(ops.window(rs.tumbling(10))))

    assert (pane.start, pane.value) == (EPOCH, [1])


def test_items_of_foreign_observables_are_gathered_too() -> None:
    stream = rs.from_observable(reactivex.of(1, 25, 2))

    assert values(stream.pipe(ops.event_time(lambda x: x, unit="s"), ops.window(rs.tumbling(10)))) == [[1], [25]]


def test_behind_a_foreign_operator_nothing_is_lost() -> None:
    stream = history(1, 12, 25).pipe(rx.map(lambda x: x), ops.window(rs.tumbling(10)))

    assert values(stream) == [[1], [12], [25]]


def test_run_again_it_gives_the_same() -> None:
    stream = history(1, 12, 25).pipe(ops.window(rs.tumbling(10)))

    assert values(stream) == values(stream) == [[1], [12], [25]]


def test_a_run_that_ends_early_keeps_what_is_open() -> None:
    assert values(history(1, 12, 25, 36).pipe(ops.window(rs.tumbling(10)), ops.take(1))) == [[1]]


def test_a_key_that_fails_leaves_the_others() -> None:
    windowed = history(0, 1, 2).pipe(ops.window(rs.tumbling(10), key=lambda second: 2 // second))

    assert values(windowed, on_error=rs.handlers.skip()) == [[1], [2]]


def test_a_key_that_cannot_be_a_key_is_an_error_of_its_item() -> None:
    windowed = history(0, 1).pipe(ops.window(rs.tumbling(10), key=lambda second: second or []))

    assert values(windowed, on_error=rs.handlers.skip()) == [[1]]


def test_an_aggregate_that_raises_leaves_the_pane_alive() -> None:
    pairs = [(1, 1), (2, "x"), (3, 2)]
    windowed = rs.from_history(pairs, unit="s").pipe(ops.window(rs.tumbling(10), into=rs.agg.sum()))

    assert values(windowed, on_error=rs.handlers.skip()) == [3]


def test_an_aggregate_that_raises_at_the_first_item_makes_no_pane() -> None:
    windowed = rs.from_history([(1, "x"), (12, 2)], unit="s").pipe(ops.window(rs.tumbling(10), into=rs.agg.sum()))

    assert values(windowed, on_error=rs.handlers.skip()) == [2]


def test_an_aggregate_that_raises_counts_its_item_in_no_part_of_a_dict() -> None:
    parts = {"items": list, "median": rs.agg.quantile(0.5, len), "total": rs.agg.sum(int)}
    pairs = [(1, "1"), (2, "xxx"), (3, "2")]
    windowed = rs.from_history(pairs, unit="s").pipe(ops.window(rs.tumbling(10), into=parts))

    assert values(windowed, on_error=rs.handlers.skip()) == [{"items": ["1", "2"], "median": 1, "total": 3}]


def test_a_result_that_cannot_be_read_is_an_error_of_its_pane() -> None:
    failed: list[object] = []
    into = rs.agg.of(int, lambda total, value: total + value, finish=lambda total: 1 // (total - 1))
    windowed = history(1, 12).pipe(ops.window(rs.tumbling(10), into=into))

    passed = values(windowed, on_error=lambda _, error: failed.append(rs.error_context(error)))

    assert (passed, failed) == ([0], [("pipeline-1", "window", 1)])


def test_a_plain_subscription_gets_the_panes() -> None:
    panes: list[rs.Pane] = []

    history(1, 12).pipe(ops.window(rs.tumbling(10))).subscribe(panes.append)

    assert [pane.value for pane in panes] == [[1], [12]]


def numbered(times_and_keys: Iterable[tuple[int, object]]) -> list[Record]:
    return [Record(time, key, number) for number, (time, key) in enumerate(times_and_keys)]


ITEMS = st.lists(st.tuples(st.integers(-60, 120), st.sampled_from([None, 0, "a", "b"])), max_size=25).map(numbered)
SIZES, OFFSETS, SPANS = st.integers(1, 40), st.integers(-50, 50), st.integers(0, 40)
BATCHES = st.sampled_from([1, 2, 7, 1000])


def shown(panes: Sequence[rs.Pane]) -> list[tuple[object, int, int, Any]]:
    """Return panes as those made by hand."""
    return [
        (pane.key, (pane.start - EPOCH) // MILLISECOND, (pane.end - EPOCH) // MILLISECOND, pane.value) for pane in panes
    ]


def greatest_less(disorder: int) -> Any:
    return lambda records: max(record.time for record in records) - disorder


def source(records: Sequence[Record], disorder: int | None) -> rs.Stream[Record]:
    allowed = None if disorder is None else disorder * MILLISECOND
    return rs.from_history(
        records, time=lambda record: record.time, unit="ms", key=lambda record: record.key, disorder=allowed
    )


@given(ITEMS, SIZES, OFFSETS, SPANS, SPANS, BATCHES)
def test_windows_are_those_made_by_hand(
    in_batches: InBatches, records: list[Record], size: int, offset: int, grace: int, disorder: int, batch: int
) -> None:
    late = rs.to_list()
    by = rs.tumbling(size * MILLISECOND, offset=offset * MILLISECOND)
    stream = in_batches(source(records, disorder), batch).pipe(ops.map(lambda record: record.value))

    panes = rs.collect(stream.pipe(ops.window(by, grace=grace * MILLISECOND, late=late)))

    by_hand = windows_by_hand(records, greatest_less(disorder), size=size, offset=offset, grace=grace)
    assert (shown(panes), [event.value for event in late.items]) == by_hand


@given(ITEMS, SIZES, SPANS, BATCHES)
def test_windows_of_event_time_given_on_the_way_are_those_made_by_hand(
    in_batches: InBatches, records: list[Record], size: int, disorder: int, batch: int
) -> None:
    timed = ops.event_time(lambda record: record.time, unit="ms", disorder=disorder * MILLISECOND)
    window = ops.window(rs.tumbling(size * MILLISECOND), key=lambda record: record.key)

    panes = rs.collect(in_batches(rs.from_iterable(records), batch).pipe(timed, window))

    by_hand = windows_by_hand(records, greatest_less(disorder), size=size)
    assert shown(panes) == [(*bounds, [records[n] for n in numbers]) for *bounds, numbers in by_hand.panes]


@given(ITEMS, SIZES, SPANS, BATCHES)
def test_every_record_is_in_exactly_one_account(
    in_batches: InBatches, records: list[Record], size: int, disorder: int, batch: int
) -> None:
    stream = in_batches(source(records, disorder), batch).pipe(ops.filter(lambda record: record.value % 5))
    inverse = ops.observe(lambda record: 1 / (record.value % 3))
    windowed = stream.pipe(inverse, ops.window(rs.tumbling(size * MILLISECOND), into=rs.agg.count()))
    panes = rs.to_list()

    [told] = rs.run(windowed.to(panes, on_error=rs.handlers.skip())).pipelines

    in_panes = sum(pane.value for pane in panes.items)
    assert told.received == len(records) == told.dropped + told.failed + told.late + in_panes


@given(ITEMS, ITEMS, SIZES, BATCHES)
def test_windows_of_merged_histories_are_those_of_one(
    in_batches: InBatches, one: list[Record], two: list[Record], size: int, batch: int
) -> None:
    one, two = sorted(one, key=lambda record: record.time), sorted(two, key=lambda record: record.time)
    merged = in_batches(source(one, None), batch).pipe(ops.merge(in_batches(source(two, None), batch)))

    panes = rs.collect(merged.pipe(ops.window(rs.tumbling(size * MILLISECOND), key=lambda record: record.key)))

    both = sorted(one + two, key=lambda record: record.time)
    by_hand = windows_by_hand([record._replace(value=record) for record in both], greatest_less(0), size=size)
    assert shown(panes) == by_hand.panes


@given(ITEMS, SIZES)
def test_fractions_of_seconds_are_exact(records: list[Record], size: int) -> None:
    panes = rs.collect(source(records, 1000).pipe(ops.window(rs.tumbling(size / 1000), into=rs.agg.count())))

    by_hand = windows_by_hand(records, greatest_less(1_000_000), size=size)
    assert shown(panes) == [(*bounds, len(numbers)) for *bounds, numbers in by_hand.panes]


@pytest.mark.parametrize("by", [10, None, timedelta(1), rs.tumbling], ids=["int", "None", "timedelta", "function"])
def test_what_does_not_cut_time_is_refused(refusal: Refusal, by: Any) -> None:
    sentence = refusal(lambda: ops.window(by))

    assert sentence == (
        f"window: by must say how time is cut; got {by!r}. "
        "Give rs.tumbling(…), rs.hopping(…), rs.session(…), rs.sliding(…) or rs.counted(…)."
    )


@pytest.mark.parametrize("into", [5, None, sum, {}, "list", {"a": 5}, tuple], ids=repr)
def test_what_is_no_aggregate_is_refused(refusal: Refusal, into: Any) -> None:
    sentence = refusal(lambda: ops.window(rs.tumbling(1), into=into))

    assert sentence == (
        f"window: into must be list, rs.agg.…(…) or a dict of those; got {5 if into == {'a': 5} else into!r}. "
        "For a function of your own there is rs.agg.of."
    )


def test_what_is_no_key_function_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.window(rs.tumbling(1), key="k"))

    assert sentence == "window: key must be callable; got 'k'. Give a function."


def test_a_negative_grace_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.window(rs.tumbling(1), grace=-1))

    assert sentence == "window: grace must not be negative; got -1. Give seconds or a timedelta."


def test_what_cannot_take_late_items_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: ops.window(rs.tumbling(1), late=5))

    assert sentence == (
        "window: a sink must be rs.to_…(…), a function of one value, an Observer or an object with open, write and "
        "close; got 5. Give one of these."
    )


@pytest.mark.parametrize("size", [0, -1, 0.0, timedelta(0), 1e-10], ids=repr)
def test_a_window_of_no_length_is_refused(refusal: Refusal, size: Any) -> None:
    sentence = refusal(lambda: rs.tumbling(size))

    assert sentence == f"tumbling: size must be greater than zero; got {size!r}. Give seconds or a timedelta."


@pytest.mark.parametrize("size", ["10", None, True, float("nan"), float("inf"), EPOCH, 1e300], ids=repr)
def test_a_size_that_is_no_duration_is_refused(refusal: Refusal, size: Any) -> None:
    sentence = refusal(lambda: rs.tumbling(size))

    assert sentence == f"tumbling: size must be a duration; got {size!r}. Give seconds or a timedelta."


def test_an_offset_that_is_no_duration_is_refused(refusal: Refusal) -> None:
    sentence = refusal(lambda: rs.tumbling(1, offset="1"))

    assert sentence == "tumbling: offset must be a duration; got '1'. Give seconds or a timedelta."
