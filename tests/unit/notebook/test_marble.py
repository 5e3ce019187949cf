"""What every stage of a stream does, as lanes of text, compared whole."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.notebook._record import brief
from rxstream.notebook._words import clean
from rxstream.testing import marbles

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Refusal = Callable[[Callable[[], object]], str]


def double(value: int) -> int:
    return value * 2


async def later(value: Any) -> Any:
    return value


def at(seconds: float, value: Any) -> tuple[datetime, Any]:
    return NOON + timedelta(seconds=seconds), value


def lanes(stream: rs.Stream[Any], **options: Any) -> list[str]:
    return str(rs.marble(stream, **options)).splitlines()


def marks(stream: rs.Stream[Any], **options: Any) -> list[str]:
    """The lanes without their names."""
    return [line.rpartition("  ")[2] for line in lanes(stream, **options)]


def test_where_no_time_passes_things_stand_in_their_order() -> None:
    assert lanes(rs.from_iterable([1, 2, 3]).pipe(ops.filter(lambda n: n != 2), ops.map(double))) == [
        "from_iterable  1, 2, 3  -1---2---3---|",
        "filter  lambda n: …     -1-------3---|",
        "map  double             -2-------6---|",
        "all at one instant, in order",
    ]


def test_where_time_passes_things_stand_at_their_time() -> None:
    typed = rs.from_history([at(0, "h"), at(0.2, "he"), at(2, "hey")])

    assert lanes(typed.pipe(ops.debounce(0.5))) == [
        "from_history  3 items  -h---he------------------------------------------hey-|",
        "debounce  500 ms       -----------------he----------------------------------hey-|",
        "2026-01-01 UTC          12:00:00.000    12:00:00.700                    12:00:02.000",
    ]


def test_of_a_dict_what_it_holds_is_shown_as_its_names_are_the_same_in_the_whole_lane() -> None:
    rows = [{"room": "hall", "celsius": 19}, {}, {"n": {"a": 1}}, dict.fromkeys("abcde", 0)]

    assert marks(rs.from_iterable(rows))[:1] == ["-hall 19-{}--{'a': 1}-0 0 0 0-|"]


def test_of_a_pane_and_a_pair_what_they_hold_is_shown() -> None:
    pane = rs.Pane("k", NOON, NOON, {"n": 2, "mean": 1.5}, 0, True)
    pair = rs.Joined("k", {"a": 1}, rs.MISSING)

    assert marks(rs.from_iterable([pane, pair]))[:1] == ["-2 1.5-1+MISSING-|"]


def test_an_item_that_comes_too_late_is_marked_where_it_was_late() -> None:
    history = rs.from_history([at(1, "a"), at(12, "b"), at(3, "c")], disorder=1)
    stream = history.pipe(ops.map(str), ops.window(rs.tumbling(10)), ops.map(lambda pane: len(pane.value)))

    assert lanes(stream) == [
        "from_history  3 items        -a------------------------------------------------b-c--|",
        "                              '                                               '",
        "map  str                     -a------------------------------------------------b-c!-|",
        "window  tumbling 10 s, list  -------------------------------------------------['a']-['b']-|",
        "map  lambda pane: …          -------------------------------------------------1-----1-----|",
        "2026-01-01 UTC                12:00:01                                        12:00:12",
    ]


def test_what_is_late_in_a_branch_is_not_late_beside_it() -> None:
    def beside(stream: rs.Stream[Any]) -> rs.Pipeline:
        return stream.pipe(ops.map(str), ops.window(rs.tumbling(10))).to(print)

    history = rs.from_history([at(0, "a"), at(12, "b"), at(3, "c"), at(13, "d")], disorder=1)
    told = [
        (lane.node.name, mark.text)
        for lane in rs.marble(history.pipe(ops.tee(beside)))._lanes
        for mark in lane.marks
        if mark.late
    ]

    assert told == [("map", "c")]


def test_a_watermark_is_marked_where_it_rose() -> None:
    history = rs.from_history([at(0, "a"), at(5, "b"), at(10, "c")])
    told = lanes(history.pipe(ops.window(rs.tumbling(60))))

    assert [column for column, sign in enumerate(told[1]) if sign == "'"] == [told[0].index(v + "-") for v in "abc"]


def test_an_item_that_failed_and_was_handled_is_a_cross() -> None:
    stream = rs.from_iterable([1, 0, 4]).pipe(ops.map(lambda n: 8 / n), ops.map(int))

    assert marks(stream, on_error=rs.handlers.skip())[:3] == [
        "-1---0---4---|",
        "-8.0-✗---2.0-|",
        "-8-------2---|",
    ]


def test_an_error_that_ends_the_stream_ends_the_lanes_below() -> None:
    made = rs.marble(rs.from_iterable([1, 0, 4]).pipe(ops.map(lambda n: 8 / n), ops.map(int)))

    assert [line.rpartition("  ")[2] for line in str(made).splitlines()[:3]] == ["-1---0->", "-8.0-#", "-8---#"]
    assert isinstance(made.error, ZeroDivisionError)


def test_an_error_of_a_source_is_shown_at_the_source() -> None:
    made = rs.marble(rs.from_history([at(5, "b"), at(0, "a")]).pipe(ops.map(str)))

    assert [line.rpartition("  ")[2] for line in str(made).splitlines()[:2]] == ["-b---#", "-b---#"]
    assert isinstance(made.error, rs.OutOfOrderError)


def test_an_error_that_nobody_was_asked_about_is_shown_where_it_arose() -> None:
    made = rs.marble(rs.from_history([at(0, "a"), at(90, "b")]).pipe(ops.map(str), ops.timeout(60), ops.map(str)))

    assert [line.strip()[-1] for line in str(made).splitlines()[:4]] == [">", ">", "#", "#"]
    assert isinstance(made.error, TimeoutError)


def test_of_two_operators_of_one_name_the_one_that_failed_is_marked() -> None:
    stream = rs.from_iterable(["1", "x"]).pipe(ops.map(str), ops.map(int), ops.map(str))

    assert marks(stream, on_error=rs.handlers.skip())[1:4] == ["-1---x---|", "-1---✗---|", "-1-------|"]


def test_what_might_have_gone_on_has_an_arrow() -> None:
    stream = rs.interval(5).pipe(ops.map(double))

    assert lanes(stream, until=datetime(1970, 1, 1, 0, 0, 12, tzinfo=UTC))[:2] == [
        "interval  every 5 s  -0-----------------------------------------------1->",
        "map  double          -0-----------------------------------------------2->",
    ]


def test_a_source_that_nobody_wants_more_of_is_not_read_to_its_end() -> None:
    def forever() -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    assert marks(rs.from_iterable(forever()).pipe(ops.take(2)))[:2] == ["-0---1----->", "-0---1---|"]


def test_each_input_of_a_merge_has_its_lane() -> None:
    stream = rs.from_iterable("ab").pipe(ops.map(str.upper), ops.merge(rs.from_iterable("xy")))

    assert [line.split()[0] for line in lanes(stream)] == ["from_iterable", "map", "from_iterable", "merge", "all"]


def test_what_begins_later_has_its_lane() -> None:
    stream = rs.from_iterable("ab").pipe(ops.concat(rs.from_iterable("xy").pipe(ops.map(str.upper))))

    assert marks(stream)[:4] == [
        "-a---b---|",
        "-------------x---y---|",
        "-------------X---Y---|",
        "-a---b-------X---Y---|",
    ]


def test_a_diagram_of_the_test_kit_is_drawn() -> None:
    with marbles() as m:
        made = rs.marble(m.hot("a-b-#", error=ValueError("gone")).pipe(ops.map(str.upper)))

    assert str(made).splitlines() == [
        "hot             -a-----------------------b-----------------------#",
        "map  str.upper  -A-----------------------B-----------------------#",
        "                 0 s                     2 s                     4 s",
    ]
    assert str(made.error) == "gone"


def test_where_one_instant_has_a_date_it_is_told() -> None:
    assert lanes(rs.from_history([at(0, "a")]))[-1] == "all at 2026-01-01T12:00:00Z, in order"


def test_branches_get_their_items_too() -> None:
    beside = rs.to_list()
    made = lanes(rs.from_iterable([1, 2]).pipe(ops.tee(lambda side: side.pipe(ops.map(double)).to(beside))))

    assert beside.items == [2, 4]
    assert [line.split()[0] for line in made[:3]] == ["from_iterable", "tee", "map"]


def test_handlers_retry_as_they_do_in_a_run() -> None:
    fails = iter([True, False])

    def once(value: int) -> int:
        if next(fails):
            raise ConnectionError
        return value

    made = rs.marble(rs.from_iterable([7]).pipe(ops.map(once)), on_error=rs.handlers.retry(delay=0.1))

    assert made.error is None
    assert "7-|" in str(made).splitlines()[1]


def test_a_value_is_shown_as_it_was_when_it_passed() -> None:
    def add(total: list[int], value: int) -> list[int]:
        total.append(value)
        return total

    assert marks(rs.from_iterable([1, 2]).pipe(ops.scan(add, list)))[1] == "-[1]-[1, 2]-|"


_LONG = {
    "text": "x" * 10_000,
    "bytes": b"x" * 10_000,
    "number": 10**10_000,
    "list": ["x" * 10_000] * 10_000,
    "error": Exception("x" * 10_000),
}


@pytest.mark.parametrize("value", _LONG.values(), ids=_LONG)
def test_of_a_long_value_only_the_beginning_is_kept(value: Any) -> None:
    (lane,) = rs.marble(rs.from_iterable([value]))._lanes

    assert len(lane.marks[0].text) <= 200


def test_of_many_items_a_thousand_are_drawn() -> None:
    made = lanes(rs.from_iterable(range(5_000)))

    assert made[0].startswith("from_iterable  5000 items  (1000 of 5000)")


def test_an_empty_stream_is_drawn() -> None:
    assert lanes(rs.from_iterable([]))[0].endswith("-|")


_OPERATORS: list[Callable[[], Any]] = [
    lambda: ops.map(lambda value: [value]),
    lambda: ops.filter(lambda value: str(value) > "2"),
    lambda: ops.buffer(3),
    ops.pairwise,
    lambda: ops.take(5),
    lambda: ops.skip(2),
    lambda: ops.delay(3),
    lambda: ops.debounce(2),
    lambda: ops.throttle(3),
    lambda: ops.sample(4),
    lambda: ops.distinct(str),
    lambda: ops.window(rs.tumbling(5)),
    lambda: ops.window(rs.session(2), into=rs.agg.count()),
    lambda: ops.window(rs.counted(2)),
    lambda: ops.flat_map(lambda value: [value, value]),
    lambda: ops.map_async(later, concurrency=2),
    lambda: ops.merge(rs.from_history([at(3, 1), at(4, 2)])),
    lambda: ops.zip(rs.from_history([at(3, 1), at(4, 2)])),
    lambda: ops.concat(rs.from_iterable([1])),
    lambda: ops.join(rs.from_history([at(3, 1), at(9, 2)]), within=5),
    lambda: ops.with_latest_from(rs.from_history([at(3, 1), at(9, 2)])),
    ops.in_order,
]


@given(
    st.lists(st.integers(0, 20), max_size=15).map(sorted),
    st.lists(st.sampled_from(_OPERATORS), max_size=4),
)
def test_watching_changes_nothing(instants: list[int], chosen: list[Callable[[], Any]]) -> None:
    history = rs.from_history([at(instant, instant) for instant in instants])
    stream = history.pipe(*(make() for make in chosen))
    made = rs.marble(stream)
    ending = [mark for mark in made._lanes[-1].marks if mark.kind == "value"]

    assert made.error is None
    assert [mark.text for mark in ending] == [clean(brief(value)) for value in rs.collect(stream)]


@given(st.lists(st.tuples(st.integers(0, 50), st.text(max_size=8)), max_size=20))
def test_what_passes_a_stage_at_once_stands_in_one_column(told: list[tuple[int, str]]) -> None:
    history = rs.from_history([at(*one) for one in sorted(told)])
    above, below = (lane.marks for lane in rs.marble(history.pipe(ops.map(lambda value: value)))._lanes)

    assert [mark.key for mark in above] == [mark.key for mark in below]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: rs.from_kafka("orders", bootstrap_servers="localhost:1"), "from_kafka"),
        (lambda: rs.from_observable(reactivex.of(1)), "an Observable"),
        (lambda: rs.from_history([], then=reactivex.never()), "an Observable"),
    ],
)
def test_a_live_source_is_refused(refusal: Refusal, make: Callable[[], rs.Stream[Any]], name: str) -> None:
    assert refusal(lambda: rs.marble(make())) == (
        f"marble: every source must be able to run in virtual time; {name} is live. "
        "Give a history or a list instead: rs.from_history(…), rs.from_iterable(…)."
    )


def test_a_timer_without_an_end_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.marble(rs.interval(5).pipe(ops.map(double)))) == (
        "marble: a timer that never ends must be stopped; got no until. Give until=…, or end it with ops.take(n)."
    )


def test_what_is_no_stream_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.marble([1, 2])) == (  # type: ignore[arg-type]  # that is what is refused
        "marble: needs a stream; got [1, 2]. Of a pipeline give pipeline.stream."
    )
