"""One pipeline, one set of data, one answer: in a marble test, in a replay, paced, and half of it live."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import marbles

Pipeline = Callable[[rs.Stream[str]], rs.Stream[Any]]
Way = Callable[[Pipeline], list[Any]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What happened, a letter that names it and a digit that counts, and in which second.
DRAWN = "       A-(BC)-D-EFG-------HI----------J|"
SECONDS = [0, 2, 2, 7, 9, 10, 11, 19, 20, 31]
VALUES = ["a1", "b2", "a3", "c4", "b5", "a6", "b7", "c8", "c9", "b0"]
NAMED = dict(zip("ABCDEFGHIJ", VALUES, strict=True))


# What is done


def odd_ones_tenfold(stream: rs.Stream[str]) -> rs.Stream[int]:
    return stream.pipe(ops.map(number), ops.filter(lambda n: n % 2), ops.map(lambda n: n * 10))


def running_total(stream: rs.Stream[str]) -> rs.Stream[int]:
    return stream.pipe(ops.map(number), ops.scan(add, 0))


def running_total_by_letter(stream: rs.Stream[str]) -> rs.Stream[int]:
    return stream.pipe(ops.scan_by_key(lambda total, word: total + number(word), 0, key=letter))


def running_total_by_key(stream: rs.Stream[str]) -> rs.Stream[int]:
    return stream.pipe(ops.key_by(letter), ops.map(number), ops.scan_by_key(add, 0))


def totals_of_ten_seconds(stream: rs.Stream[str]) -> rs.Stream[Any]:
    return stream.pipe(ops.window(rs.tumbling(10), key=letter, into=rs.agg.sum(number)), ops.map(key_and_value))


def totals_of_totals(stream: rs.Stream[str]) -> rs.Stream[int]:
    fives = ops.window(rs.tumbling(5), key=letter, into=rs.agg.sum(number))
    twenties = ops.window(rs.tumbling(20), key=lambda _: "all", into=rs.agg.sum(lambda pane: pane.value))
    return stream.pipe(fives, twenties, ops.map(lambda pane: pane.value))


def totals_by_a_time_of_their_own(stream: rs.Stream[str]) -> rs.Stream[int]:
    own = ops.event_time(lambda word: EPOCH + timedelta(seconds=3 * number(word)))
    return stream.pipe(own, ops.window(rs.tumbling(10), into=rs.agg.sum(number)), ops.map(lambda pane: pane.value))


def odd_ones_after_a_rest(stream: rs.Stream[str]) -> rs.Stream[str]:
    async def rested(word: str) -> str | None:
        await rs.sleep(0.001 * number(word))
        return word.upper() if number(word) % 2 else None

    return stream.pipe(ops.process(rested))


def each_twice_with_a_rest_between(stream: rs.Stream[str]) -> rs.Stream[str]:
    async def twice(word: str) -> AsyncIterator[str]:
        yield letter(word)
        await rs.sleep(0.002)
        yield word

    return stream.pipe(ops.process(twice))


def totals_after_a_rest(stream: rs.Stream[str]) -> rs.Stream[Any]:
    async def rested(word: str) -> str:
        await rs.sleep(0.004)
        return word

    return totals_of_ten_seconds(stream.pipe(ops.process(rested)))


def two_rests_one_after_the_other(stream: rs.Stream[str]) -> rs.Stream[str]:
    async def rested(word: str) -> str:
        await rs.sleep(0.003 if number(word) % 3 else 0)
        return word

    return stream.pipe(ops.process([rested, str.upper, rested]))


def letters_beside_odd_numbers(stream: rs.Stream[str]) -> rs.Stream[Any]:
    letters, numbers = stream.tee()
    return letters.pipe(ops.map(letter), ops.merge(odd_ones_tenfold(numbers)))


def small_ones_beside_great_ones(stream: rs.Stream[str]) -> rs.Stream[str]:
    small, great = stream.split(lambda word: number(word) < 5)
    return small.pipe(ops.merge(great.pipe(ops.map(str.upper))))


def totals_of_both_branches(stream: rs.Stream[str]) -> rs.Stream[Any]:
    return totals_of_ten_seconds(small_ones_beside_great_ones(stream).pipe(ops.map(str.lower)))


def character_by_character(stream: rs.Stream[str]) -> rs.Stream[str]:
    return stream.pipe(ops.flat_map(lambda word: word[0] * (number(word) % 3)))


def inner_streams(stream: rs.Stream[str]) -> rs.Stream[str]:
    return stream.pipe(ops.flat_map(rs.from_iterable), ops.filter(str.isdigit))


def passports(stream: rs.Stream[str]) -> rs.Stream[Any]:
    def shown(event: rs.Event[int]) -> tuple[Any, int, int]:
        assert event.timestamp is not None
        return event.key, event.timestamp.minute * 60 + event.timestamp.second, event.value

    return running_total_by_letter(stream).pipe(ops.events(), ops.map(shown))


def threes_of_reactivex(stream: rs.Stream[str]) -> rs.Stream[list[str]]:
    return stream.pipe(ops.buffer_with_count(3))


def the_first_seven(stream: rs.Stream[str]) -> rs.Stream[str]:
    return stream.pipe(ops.take(7))


def nothing_at_all(stream: rs.Stream[str]) -> rs.Stream[str]:
    return stream.pipe(ops.filter(lambda _: False))


def letter(word: str) -> str:
    return word[0]


def number(word: str) -> int:
    return int(word[1])


def add(total: int, n: int) -> int:
    return total + n


def key_and_value(pane: rs.Pane) -> tuple[Any, Any]:
    return pane.key, pane.value


BY_LETTER = [1, 2, 4, 4, 7, 10, 14, 12, 21, 14]
TENS = [("a", 4), ("b", 7), ("c", 4), ("a", 6), ("b", 7), ("c", 8), ("c", 9), ("b", 0)]

#: Worked out by hand, but for what Python's own lists say as plainly.
ANSWERS: dict[Pipeline, list[Any]] = {
    odd_ones_tenfold: [10, 30, 50, 70, 90],
    running_total: [1, 3, 6, 10, 15, 21, 28, 36, 45, 45],
    running_total_by_letter: BY_LETTER,
    running_total_by_key: BY_LETTER,
    totals_of_ten_seconds: TENS,
    totals_of_totals: [36, 9],
    # Of the own times 3, 6, … 27 and 0 the last one is late.
    totals_by_a_time_of_their_own: [6, 15, 24],
    odd_ones_after_a_rest: ["A1", "A3", "B5", "B7", "C9"],
    each_twice_with_a_rest_between: [said for word in VALUES for said in (word[0], word)],
    totals_after_a_rest: TENS,
    two_rests_one_after_the_other: ["A1", "B2", "A3", "C4", "B5", "A6", "B7", "C8", "C9", "B0"],
    letters_beside_odd_numbers: ["a", 10, "b", "a", 30, "c", "b", 50, "a", "b", 70, "c", "c", 90, "b"],
    small_ones_beside_great_ones: ["a1", "b2", "a3", "c4", "B5", "A6", "B7", "C8", "C9", "b0"],
    totals_of_both_branches: TENS,
    character_by_character: ["a", "b", "b", "c", "b", "b", "b", "c", "c"],
    inner_streams: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"],
    passports: [
        ("a", 0, 1),
        ("b", 2, 2),
        ("a", 2, 4),
        ("c", 7, 4),
        ("b", 9, 7),
        ("a", 10, 10),
        ("b", 11, 14),
        ("c", 19, 12),
        ("c", 20, 21),
        ("b", 31, 14),
    ],
    threes_of_reactivex: [["a1", "b2", "a3"], ["c4", "b5", "a6"], ["b7", "c8", "c9"], ["b0"]],
    the_first_seven: ["a1", "b2", "a3", "c4", "b5", "a6", "b7"],
    nothing_at_all: [],
}


def instants(begin: datetime) -> list[datetime]:
    """When each happened, if it began then."""
    return [begin + timedelta(seconds=second) for second in SECONDS]


PAIRS = list(zip(instants(EPOCH), VALUES, strict=True))
EVENTS = [rs.Event(value, timestamp=instant) for instant, value in PAIRS]


# Where it comes from


def in_a_hot_marble_test(pipeline: Pipeline) -> list[Any]:
    with marbles() as m:
        return said_in(m, pipeline(m.hot(DRAWN, NAMED)))


def in_a_cold_marble_test(pipeline: Pipeline) -> list[Any]:
    with marbles() as m:
        return said_in(m, pipeline(m.cold(DRAWN, NAMED)))


def said_in(m: Any, stream: rs.Stream[Any]) -> list[Any]:
    """Note what a stream says; that it ends within a minute is what is expected of it."""
    said: list[Any] = []
    silent = stream.pipe(ops.observe(said.append), ops.filter(lambda _: False))
    m.expect(silent.pipe(ops.merge(m.cold("60s |"))), "60s |")
    m.run()
    return said


def from_events(pipeline: Pipeline) -> list[Any]:
    return rs.collect(pipeline(rs.from_iterable(EVENTS)))


def from_a_history_of_events(pipeline: Pipeline) -> list[Any]:
    return rs.collect(pipeline(rs.from_history(EVENTS)))


def from_a_history_of_pairs(pipeline: Pipeline) -> list[Any]:
    return rs.collect(pipeline(rs.from_history(PAIRS)))


def from_a_lazy_history(pipeline: Pipeline) -> list[Any]:
    return rs.collect(pipeline(rs.from_history(pair for pair in PAIRS)))


def from_a_history_with_disorder(pipeline: Pipeline) -> list[Any]:
    return rs.collect(pipeline(rs.from_history(EVENTS, disorder=3)))


def from_a_history_at_some_speed(pipeline: Pipeline) -> list[Any]:
    return rs.collect(pipeline(rs.from_history(EVENTS)), speed=300)


def from_live_events(pipeline: Pipeline) -> list[Any]:
    return rs.collect(pipeline(rs.from_aiter(partial(going_on, EVENTS))))


async def going_on(items: Sequence[Any]) -> AsyncIterator[Any]:
    """Give items now and then."""
    for place, item in enumerate(items):
        await asyncio.sleep(0.002 if place % 3 else 0)
        yield item


WAYS: list[Way] = [
    in_a_hot_marble_test,
    in_a_cold_marble_test,
    from_events,
    from_a_history_of_events,
    from_a_history_of_pairs,
    from_a_lazy_history,
    from_a_history_with_disorder,
    from_a_history_at_some_speed,
    from_live_events,
]
each_pipeline = pytest.mark.parametrize("pipeline", ANSWERS, ids=lambda pipeline: pipeline.__name__)


@each_pipeline
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_wherever_data_come_from_the_answer_is_the_same(pipeline: Pipeline, way: Way) -> None:
    assert way(pipeline) == ANSWERS[pipeline]


@each_pipeline
@pytest.mark.parametrize("items", [EVENTS, PAIRS], ids=["events", "pairs"])
@pytest.mark.parametrize("cut", [0, 2, 5, 10])
def test_half_past_and_half_live_the_answer_is_the_same(pipeline: Pipeline, items: list[Any], cut: int) -> None:
    stream = rs.from_history(items[:cut], then=partial(going_on, items[cut:]))

    assert rs.collect(pipeline(stream)) == ANSWERS[pipeline]


@each_pipeline
def test_a_past_at_some_speed_may_go_on_live(pipeline: Pipeline) -> None:
    stream = rs.from_history(EVENTS[:5], then=partial(going_on, EVENTS[5:]))

    assert rs.collect(pipeline(stream), speed=200) == ANSWERS[pipeline]


@each_pipeline
def test_what_came_live_before_the_past_was_done_comes_after_it(pipeline: Pipeline) -> None:
    async def held(word: str) -> str:
        async with rs.real_time():
            await asyncio.sleep(0.005)
        return word

    # The live half is there long before the past is through.
    stream = rs.from_history(PAIRS[:5], then=partial(going_on, PAIRS[5:])).pipe(ops.process(held))

    assert rs.collect(pipeline(stream)) == ANSWERS[pipeline]


@each_pipeline
def test_one_stream_run_again_gives_the_same_answer(pipeline: Pipeline) -> None:
    stream = pipeline(rs.from_history(EVENTS[:5], then=partial(going_on, EVENTS[5:])))

    assert [rs.collect(stream) for _ in range(2)] == [ANSWERS[pipeline]] * 2


@each_pipeline
def test_the_same_pipelines_in_one_run_do_not_disturb_each_other(pipeline: Pipeline) -> None:
    sinks = [rs.to_list() for _ in range(3)]
    streams = [
        rs.from_history(EVENTS),
        rs.from_iterable(EVENTS),
        rs.from_history(PAIRS[:5], then=partial(going_on, PAIRS[5:])),
    ]

    rs.run(*(pipeline(stream).to(sink) for stream, sink in zip(streams, sinks, strict=True)))

    assert [sink.items for sink in sinks] == [ANSWERS[pipeline]] * 3


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_whatever_is_drawn_in_a_frame_of_its_own_has_that_second(way: Way) -> None:
    def seconds(stream: rs.Stream[str]) -> rs.Stream[float]:
        return stream.pipe(ops.events(), ops.map(lambda event: (event.timestamp - EPOCH).total_seconds()))

    assert way(seconds) == SECONDS


# Whatever the data


WORDS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from("abc"), st.integers(0, 9)), max_size=15).map(sorted)


def happened(words: list[tuple[int, str, int]]) -> list[rs.Event[str]]:
    return [rs.Event(f"{name}{n}", timestamp=EPOCH + timedelta(seconds=second)) for second, name, n in words]


@given(WORDS, st.sampled_from(list(ANSWERS)))
def test_a_history_gives_what_an_iterable_gives(words: list[tuple[int, str, int]], pipeline: Pipeline) -> None:
    events = happened(words)

    assert rs.collect(pipeline(rs.from_history(events))) == rs.collect(pipeline(rs.from_iterable(events)))


@given(WORDS, st.sampled_from(list(ANSWERS)), st.integers(0, 15))
def test_wherever_the_past_ends_the_answer_is_the_historys(
    words: list[tuple[int, str, int]], pipeline: Pipeline, cut: int
) -> None:
    events = happened(words)
    stream = rs.from_history(events[:cut], then=partial(going_on, events[cut:]))

    assert rs.collect(pipeline(stream)) == rs.collect(pipeline(rs.from_history(events)))


@given(WORDS, st.sampled_from(list(ANSWERS)))
def test_two_histories_merged_give_what_one_gives(words: list[tuple[int, str, int]], pipeline: Pipeline) -> None:
    # Of one instant, those of the first come first.
    events = happened(words)
    first, other = events[::2], events[1::2]
    sorted_again = sorted([*first, *other], key=lambda event: event.timestamp or EPOCH)
    merged = rs.from_history(first).pipe(ops.merge(rs.from_history(generated(other))))

    assert rs.collect(pipeline(merged)) == rs.collect(pipeline(rs.from_history(sorted_again)))


def generated(events: list[rs.Event[str]]) -> Iterator[rs.Event[str]]:
    yield from events
