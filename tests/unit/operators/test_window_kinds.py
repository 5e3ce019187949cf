"""What holds for windows of every kind: they are those made by hand, and every record is in one account."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import InBatches
from tests.unit.delivery.belt import Belt
from tests.unit.operators import windows_by_hand as by_hand
from tests.unit.operators.windows_by_hand import ByHand, Record

MILLISECOND, MICROSECOND = timedelta(milliseconds=1), timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Case(NamedTuple):
    """One way to cut time, with how it is done by hand; instants and spans are in milliseconds."""

    by: Any
    kind: Callable[[], by_hand.Kind]
    grace: int


def long(milliseconds: int) -> timedelta:
    return milliseconds * MILLISECOND


SIZES, SPANS = st.integers(1, 40), st.sampled_from([0, 0, 3, 20])
HOPS = st.tuples(SIZES, st.integers(1, 40)).map(lambda pair: (max(pair), min(pair)))
CASES: dict[str, st.SearchStrategy[Case]] = {
    "tumbling": st.builds(
        lambda size, offset, grace: Case(
            rs.tumbling(long(size), offset=long(offset)), lambda: by_hand.Hopping(size, size, offset, grace), grace
        ),
        SIZES,
        st.integers(-50, 50),
        SPANS,
    ),
    "hopping": st.builds(
        lambda pair, offset, grace: Case(
            rs.hopping(long(pair[0]), long(pair[1]), offset=long(offset)),
            lambda: by_hand.Hopping(pair[0], pair[1], offset, grace),
            grace,
        ),
        HOPS,
        st.integers(-50, 50),
        SPANS,
    ),
    "session": st.builds(
        lambda gap, grace: Case(rs.session(long(gap)), lambda: by_hand.Session(gap, grace), grace),
        st.integers(1, 15),
        SPANS,
    ),
    "sliding": st.builds(
        lambda size, grace: Case(rs.sliding(long(size)), lambda: by_hand.Sliding(size, grace), grace), SIZES, SPANS
    ),
    "counted": st.builds(
        lambda pair: Case(rs.counted(pair[0], hop=pair[1]), lambda: by_hand.Counted(*pair), 0),
        st.tuples(st.integers(1, 5), st.integers(1, 5)).map(lambda pair: (max(pair), min(pair))),
    ),
}
every_kind = pytest.mark.parametrize("name", CASES)
BATCHES = st.sampled_from([1, 2, 7, 1000])
KEYS = st.sampled_from([None, 0, "a"])
ITEMS = st.lists(st.tuples(st.integers(-60, 120), KEYS), max_size=25).map(
    lambda pairs: [Record(time, key, number) for number, (time, key) in enumerate(pairs)]
)
#: Close together, so that there is much in one window.
CLOSE = st.lists(st.tuples(st.integers(-5, 5), KEYS), max_size=25).map(
    lambda steps: [Record(2 * number + step, key, number) for number, (step, key) in enumerate(steps)]
)
RECORDS = ITEMS | CLOSE
EMITS = st.sampled_from(["close", "update", 4, 7, 50])


def in_milliseconds(instant: datetime) -> int:
    return (instant - EPOCH) // MILLISECOND


def shown(panes: Sequence[rs.Pane]) -> list[by_hand.Pane]:
    return [
        by_hand.Pane(
            pane.key, in_milliseconds(pane.start), in_milliseconds(pane.end), pane.value, pane.revision, pane.final
        )
        for pane in panes
    ]


def windowing(case: Case, *, emit: Any = "close", **options: Any) -> Any:
    emission = long(emit) if isinstance(emit, int) else emit
    return ops.window(case.by, grace=long(case.grace), emit=emission, **options)


def source(records: Sequence[Record], disorder: int | None) -> rs.Stream[Record]:
    allowed = None if disorder is None else long(disorder)
    return rs.from_history(
        records, time=lambda record: record.time, unit="ms", key=lambda record: record.key, disorder=allowed
    )


def behind(disorder: int) -> Callable[[Sequence[Record]], int]:
    return lambda records: max(record.time for record in records) - disorder


@every_kind
@settings(max_examples=150)
@given(st.data(), RECORDS, SPANS, BATCHES, EMITS)
def test_panes_are_those_made_by_hand(
    in_batches: InBatches, name: str, data: Any, records: list[Record], disorder: int, batch: int, emit: Any
) -> None:
    case, late = data.draw(CASES[name]), rs.to_list()
    stream = in_batches(source(records, disorder), batch).pipe(ops.map(lambda record: record.value))

    panes = rs.collect(stream.pipe(windowing(case, emit=emit, late=late)))

    expected = ByHand(case.kind(), emit).run(records, behind(disorder))
    assert shown(panes) == expected.panes
    assert [event.value for event in late.items] == expected.late


@every_kind
@given(st.data(), RECORDS, RECORDS, SPANS, BATCHES, EMITS)
def test_panes_of_merged_inputs_are_those_of_what_arrives(
    in_batches: InBatches,
    name: str,
    data: Any,
    one: list[Record],
    two: list[Record],
    disorder: int,
    batch: int,
    emit: Any,
) -> None:
    case = data.draw(CASES[name])
    arrived: list[Record] = []
    first, second = (in_batches(rs.from_iterable(records), batch) for records in (one, two))
    timed: Any = ops.event_time(lambda record: record.time, unit="ms", disorder=long(disorder))
    stream = first.pipe(ops.merge(second), timed, ops.observe(arrived.append))

    panes = rs.collect(stream.pipe(windowing(case, emit=emit, key=lambda record: record.key)))

    numbered = [record._replace(value=record) for record in arrived]
    assert shown(panes) == ByHand(case.kind(), emit).run(numbered, behind(disorder)).panes


@every_kind
@given(st.data(), RECORDS, RECORDS, BATCHES, EMITS)
def test_panes_of_merged_histories_are_those_of_one(
    in_batches: InBatches, name: str, data: Any, one: list[Record], two: list[Record], batch: int, emit: Any
) -> None:
    case = data.draw(CASES[name])
    # The watermark of two may be less for a while. Counted windows show what has arrived by then.
    ordered = list if emit == "close" else by_text
    emit = "update" if name == "counted" and emit != "close" else emit
    one, two = sorted(one, key=lambda record: record.time), sorted(two, key=lambda record: record.time)
    merged = in_batches(source(one, None), batch).pipe(ops.merge(in_batches(source(two, None), batch)))

    panes = rs.collect(merged.pipe(windowing(case, emit=emit)))

    together = source(sorted(one + two, key=lambda record: record.time), None)
    assert ordered(panes) == ordered(rs.collect(together.pipe(windowing(case, emit=emit))))


def by_text(panes: list[rs.Pane]) -> list[rs.Pane]:
    return sorted(panes, key=repr)


@every_kind
@given(st.data(), RECORDS, SPANS, BATCHES, EMITS)
def test_every_record_is_in_one_account(
    in_batches: InBatches, name: str, data: Any, records: list[Record], disorder: int, batch: int, emit: Any
) -> None:
    case, late = data.draw(CASES[name]), rs.to_list()
    stream = in_batches(source(records, disorder), batch).pipe(ops.map(lambda record: record.value))

    panes = rs.collect(stream.pipe(windowing(case, emit=emit, late=late)))

    in_panes = {value for pane in panes if pane.final for value in pane.value}
    in_late = [event.value for event in late.items]
    assert sorted([*in_panes, *in_late]) == list(range(len(records)))


@every_kind
@given(st.data(), RECORDS, SPANS, BATCHES)
def test_the_last_revision_is_the_pane_that_is_closed(
    in_batches: InBatches, name: str, data: Any, records: list[Record], disorder: int, batch: int
) -> None:
    case = data.draw(CASES[name])
    stream = in_batches(source(records, disorder), batch)

    panes = shown(rs.collect(stream.pipe(windowing(case, emit="update"))))

    closed = [pane for pane in panes if pane.final]
    updates = [pane._replace(revision=pane.revision + 1, final=True) for pane in panes if not pane.final]
    assert [pane for pane in closed if pane not in updates] == []
    assert [pane._replace(revision=0) for pane in closed] == shown(rs.collect(stream.pipe(windowing(case))))


AGGREGATES: dict[str, tuple[Any, Callable[[list[Any]], Any]]] = {
    "count": (rs.agg.count(), len),
    "sum": (rs.agg.sum(), sum),
    "mean": (rs.agg.mean(), lambda values: sum(values) / len(values)),
    "min": (rs.agg.min(), min),
    "max": (rs.agg.max(lambda value: -value), lambda values: -min(values)),
    "first": (rs.agg.first(), lambda values: values[0]),
    "last": (rs.agg.last(), lambda values: values[-1]),
    "quantile": (rs.agg.quantile(1), max),
    "in place": (
        rs.agg.of(list, lambda seen, value: seen.append(value) or seen, merge=lambda a, b: a.extend(b) or a),
        sorted,
    ),
    "without merge": (rs.agg.of(tuple, lambda seen, value: (*seen, value)), sorted),
}


@every_kind
@given(st.data(), RECORDS, SPANS, EMITS)
def test_aggregates_are_those_of_the_list(
    name: str, data: Any, records: list[Record], disorder: int, emit: Any
) -> None:
    case = data.draw(CASES[name])
    known = {what: into for what, (into, _) in AGGREGATES.items() if name != "session" or what != "without merge"}
    stream = source(records, disorder).pipe(ops.map(lambda record: record.value))

    made = rs.collect(stream.pipe(windowing(case, emit=emit, into=known)))

    listed = rs.collect(stream.pipe(windowing(case, emit=emit)))
    for pane in made:
        pane.value.update({what: sorted(pane.value[what]) for what in ("in place", "without merge") if what in known})
    assert made == [replace(pane, value={what: AGGREGATES[what][1](pane.value) for what in known}) for pane in listed]


@every_kind
@given(st.data(), RECORDS, SPANS, BATCHES, EMITS)
def test_sums_of_fractions_are_the_same_for_every_batch_size(
    in_batches: InBatches, name: str, data: Any, records: list[Record], disorder: int, batch: int, emit: Any
) -> None:
    case, stream = data.draw(CASES[name]), source(records, disorder)
    into = {
        "sum": rs.agg.sum(lambda record: 0.1 * record.value),
        "mean": rs.agg.mean(lambda record: 1 / (1 + record.value)),
    }
    windowed = windowing(case, emit=emit, into=into)

    assert rs.collect(in_batches(stream, batch).pipe(windowed)) == rs.collect(stream.pipe(windowed))


@every_kind
@given(st.data(), RECORDS, SPANS, EMITS)
def test_passports_have_the_key_and_an_instant_of_the_window_not_before_the_watermark(
    name: str, data: Any, records: list[Record], disorder: int, emit: Any
) -> None:
    case = data.draw(CASES[name])
    windowed = source(records, disorder).pipe(windowing(case, emit=emit), ops.events())

    for event in rs.collect(windowed):
        last = event.value.end - MICROSECOND * (name in {"tumbling", "hopping"})
        assert (event.key, event.origin, event.headers) == (event.value.key, None, ())
        assert event.timestamp == last if event.value.final else event.timestamp <= last


@every_kind
@given(st.data(), RECORDS, SPANS, EMITS)
def test_no_pane_is_late_below(name: str, data: Any, records: list[Record], disorder: int, emit: Any) -> None:
    case = data.draw(CASES[name])
    if name == "counted":
        # Nothing is late there: what comes behind the watermark would make panes behind it.
        records = sorted(records, key=lambda record: record.time)
    late, too_late = rs.to_list(), rs.to_list()
    windowed = source(records, disorder).pipe(windowing(case, emit=emit, late=late))

    rs.collect(windowed.pipe(ops.window(rs.tumbling(long(3)), late=too_late)))

    assert too_late.items == []


def left_in_memory() -> int:
    return sum(type(found).__name__ in {"Open", "Hold", "_Line", "_Counting", "_Slice"} for found in gc.get_objects())


@every_kind
@settings(max_examples=5)
@given(st.data(), RECORDS, SPANS, st.sampled_from(["close", "update", 7]))
def test_nothing_is_left_at_the_end(name: str, data: Any, records: list[Record], disorder: int, emit: Any) -> None:
    case, left = data.draw(CASES[name]), []
    gc.collect()
    before = left_in_memory()
    windowed = source(records, disorder).pipe(windowing(case, emit=emit, into=rs.agg.count()))

    windowed.subscribe(on_completed=lambda: left.append(left_in_memory()))

    assert left == [before]


class Thing:
    """A value that can be told to be alive."""


@pytest.mark.parametrize("name", sorted(set(CASES) - {"counted"}))
@given(data=st.data(), records=RECORDS)
@settings(max_examples=5)
def test_nothing_is_left_behind_the_watermark(name: str, data: Any, records: list[Record]) -> None:
    case, alive = data.draw(CASES[name]), []
    things: weakref.WeakSet[Thing] = weakref.WeakSet()
    later = [Record(10_000, None, None), Record(10_000, None, None), Record(20_000, None, None)]

    def made(record: Record) -> Thing:
        if record.time == 20_000:
            gc.collect()
            alive.append(len(things))
        thing = Thing()
        things.add(thing)
        return thing

    source([*records, *later], 100).pipe(ops.map(made), windowing(case)).subscribe()

    assert alive[0] <= 2


class Careful:
    """A sink that looks, before it confirms anything, at what was committed."""

    def __init__(self, belt: Belt) -> None:
        self._belt = belt
        self.too_early: list[Any] = []

    async def open(self) -> None:
        pass

    async def write(self, batch: Any) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        for item in batch:
            places = [item.value] if isinstance(item, rs.Event) else item.value
            self.too_early += [place for place in places if place < self._belt.committed]

    async def close(self) -> None:
        pass


@every_kind
@given(st.data(), RECORDS, SPANS, BATCHES, EMITS)
def test_every_record_is_settled_with_its_last_pane_and_not_before(
    name: str, data: Any, records: list[Record], disorder: int, batch: int, emit: Any
) -> None:
    case, belt = data.draw(CASES[name]), Belt(range(len(records)), size=batch)
    panes, late = Careful(belt), Careful(belt)
    timed: Any = ops.event_time(lambda place: records[place].time, unit="ms", disorder=long(disorder))
    windowed = windowing(case, emit=emit, key=lambda place: records[place].key, late=late)

    rs.run(belt.stream.pipe(timed, windowed).to(panes))

    assert (panes.too_early, late.too_early, belt.committed) == ([], [], len(records))


@every_kind
@given(st.data(), RECORDS.filter(len), SPANS, st.sampled_from(["close", "update", 7]))
def test_what_is_in_a_pane_that_is_refused_is_not_settled(
    name: str, data: Any, records: list[Record], disorder: int, emit: Any
) -> None:
    case, belt = data.draw(CASES[name]), Belt(range(len(records)), size=3)
    bad = data.draw(st.integers(0, len(records) - 1))
    timed: Any = ops.event_time(lambda place: records[place].time, unit="ms", disorder=long(disorder))
    windowed = windowing(case, emit=emit, late=lambda event: refuse([event.value], bad))

    with suppress(ValueError):
        rs.run(belt.stream.pipe(timed, windowed).to(lambda pane: refuse(pane.value, bad)), shutdown=0.05)

    assert belt.committed <= bad


def refuse(values: list[Any], bad: object) -> None:
    if bad in values:
        raise ValueError(bad)
