"""The watermark of a stream can be read while it runs, and in the report."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import reactivex

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.operators.partitioned import Given, Sent, Shelf

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def second(instant: datetime | None) -> float | None:
    return None if instant is None else (instant - EPOCH).total_seconds()


def history(*seconds: float, **options: Any) -> rs.Stream[float]:
    return rs.from_history([(at, at) for at in seconds], unit="s", **options)


def dated(*seconds: float, **options: Any) -> rs.Stream[float]:
    return rs.from_iterable(seconds).pipe(ops.event_time(float, unit="s", **options))


def seen(stream: rs.Stream[Any], *behind: Any, of: rs.Stream[Any] | None = None) -> list[float | None]:
    """The watermarks that are read where each item of a stream is observed."""
    found: list[float | None] = []
    asked = of or stream
    rs.collect(stream.pipe(ops.observe(lambda _: found.append(second(asked.watermark))), *behind))
    return found


# In observe


def test_it_is_the_greatest_instant_so_far() -> None:
    assert seen(history(3, 5, 5, 9)) == [3, 5, 5, 9]


def test_less_the_disorder() -> None:
    assert seen(history(3, 9, 5, 11, disorder=4)) == [-1, 5, 5, 7]


def test_event_time_says_it() -> None:
    assert seen(dated(3, 9, 5, 11, disorder=2)) == [1, 7, 7, 9]


def test_where_streams_meet_one_that_is_silent_is_left_out(marbles: Marbles) -> None:
    said: list[float | None] = []
    silent = marbles.hot("3----------").pipe(ops.event_time(int, unit="s", idle=2))
    other = marbles.hot(" -1-----8-9|").pipe(ops.event_time(int, unit="s"))
    merged = silent.pipe(ops.merge(other))
    marbles.expect(merged.pipe(ops.observe(lambda _: said.append(second(merged.watermark)))), "31-----8-9-")
    marbles.run()

    assert said == [None, 1, 8, 9]


def test_event_time_that_may_be_idle_says_it_too() -> None:
    assert seen(dated(3, 9, 5, 11, idle=60)) == [3, 9, 9, 11]


def test_it_does_not_matter_whether_anybody_below_goes_by_event_time() -> None:
    window = ops.window(rs.tumbling(1000))

    assert seen(history(3, 5, 9), window) == seen(dated(3, 5, 9), window) == [3, 5, 9]


def test_nor_whether_an_operator_below_has_an_event_time_of_its_own() -> None:
    assert seen(history(3, 5, 9), ops.event_time(lambda _: EPOCH), ops.window(rs.tumbling(1))) == [3, 5, 9]


def test_operators_on_the_way_leave_it_as_it_is() -> None:
    source = history(3, 5, 9)

    assert seen(source.pipe(ops.map(str), ops.filter(lambda text: text != "5")), of=source) == [3, 9]


def test_that_of_a_stream_far_above_can_be_read() -> None:
    source = history(3, 5, 9, 30)
    panes = source.pipe(ops.window(rs.tumbling(5)))

    assert seen(panes, of=source) == [5, 30, 30]


def test_of_several_inputs_it_is_the_smallest() -> None:
    assert seen(history(1, 5, 9).pipe(ops.merge(history(2, 7)))) == [None, 1, 2, 5, 9]


def test_an_item_of_another_input_has_no_say_where_only_its_value_is_taken() -> None:
    assert seen(history(1, 5, 9).pipe(ops.with_latest_from(history(1, 2)))) == [5, 9]


def test_of_streams_one_after_the_other_it_is_that_of_the_last() -> None:
    assert seen(history(1, 5).pipe(ops.concat(history(7, 9)))) == [None, None, 7, 9]


def test_where_nobody_knows_the_time_there_is_none() -> None:
    assert seen(rs.from_iterable([1, 2])) == [None, None]


def test_before_the_first_item_and_outside_a_run_there_is_none() -> None:
    stream = history(3)
    rs.collect(stream.pipe(ops.observe(lambda _: None)))

    assert stream.watermark is None


def test_two_runs_of_one_stream_do_not_disturb_each_other() -> None:
    stream = history(3, 5)

    assert (seen(stream), seen(stream)) == ([3, 5], [3, 5])


def test_a_plain_subscription_has_it_too() -> None:
    stream, found = history(3, 5), list[float | None]()
    stream.pipe(ops.observe(lambda _: found.append(second(stream.watermark)))).subscribe()

    assert found == [3, 5]


def test_so_has_a_marble_test(marbles: Marbles) -> None:
    stream, found = marbles.hot("a-b-|"), list[float | None]()
    timed = stream.pipe(ops.event_time(lambda _: rs.now()))
    marbles.expect(timed.pipe(ops.observe(lambda _: found.append(second(timed.watermark)))), "a-b-|")
    marbles.run()

    assert found == [0, 2]


def test_of_partitions_it_is_the_least() -> None:
    polls = [Given([Sent(0, 5), Sent(1, 2), Sent(0, 9), Sent(1, 7)], (0, 1))]

    assert seen(Shelf(polls).stream) == [None, 2, 2, 7]


def test_behind_a_foreign_operator_it_is_that_of_the_source() -> None:
    source = history(3, 5)

    assert seen(source.pipe(reactivex.operators.map(str)), of=source) == [3, 5]


# In the report


def test_the_report_has_that_of_each_pipeline() -> None:
    window = ops.window(rs.tumbling(10))
    first, other = history(3, 25, disorder=2).pipe(window), dated(4, 31).pipe(window)

    report = rs.run(first.to(rs.to_list(), name="first"), other.to(rs.to_list(), name="other"))

    assert [second(entry.watermark) for entry in report.pipelines] == [23, 31]


def test_where_nobody_goes_by_event_time_it_has_none() -> None:
    assert rs.run(rs.from_iterable([1]).to(rs.to_list(), name="p"))["p"].watermark is None


def test_as_json_it_is_text() -> None:
    report = rs.run(dated(4).to(rs.to_list()))

    assert report.to_dict()["pipelines"][0]["watermark"] == "1970-01-01T00:00:04+00:00"


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_size_of_batches_does_not_change_it(size: int) -> None:
    numbers = [Sent(0, number) for number in range(20)]
    polls = [Given(numbers[start : start + size], [0]) for start in range(0, 20, size)]

    assert seen(Shelf(polls).stream) == list(range(20))


def test_past_and_live_it_goes_on() -> None:
    async def live() -> Any:
        yield EPOCH + timedelta(seconds=7), 7
        yield EPOCH + timedelta(seconds=9), 9

    assert seen(history(3, 5, then=live)) == [3, 5, 7, 9]
