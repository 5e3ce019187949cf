"""Topics whose past is replayed in the order of time, and which then go on live."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle
from typing import Any, Final, TypeVar

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.integration._jobs.topics import BEGIN, Sent, after, committed, ends, eventually, write
from tests.unit.runtime.walls import is_by_the_wall

T = TypeVar("T")
Step = Callable[[Any], Awaitable[Any]]

_SECONDS: Final = 20.0


def words(kafka: Kafka, name: str, **options: Any) -> rs.Stream[str]:
    return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, codec="str", **options)


def written(kafka: Kafka, name: str, *seconds: float, partitions: int = 1) -> list[str]:
    """Write a record for each second, its value; the partitions take turns."""
    values = [f"{second:g}" for second in seconds]
    parts = cycle(range(partitions))
    sent = [
        Sent(value.encode(), at=after(float(value)), partition=part) for value, part in zip(values, parts, strict=False)
    ]
    write(kafka.bootstrap, name, sent)
    return values


def past(*seconds: float) -> rs.Stream[str]:
    """Replay each second at itself."""
    return rs.from_history([(after(second), f"{second:g}") for second in seconds])


def on_clock() -> float:
    """Seconds since the first instant, on the run's clock."""
    return (rs.now() - BEGIN).total_seconds()


def writing_at(value: str, kafka: Kafka, name: str, *sent: str) -> Step:
    """Make a step that produces records while one value of the past is handled."""

    async def step(found: str) -> str:
        if found == value:
            async with rs.real_time():
                await asyncio.to_thread(write, kafka.bootstrap, name, [one.encode() for one in sent])
        return found

    return step


@contextmanager
def going(*pipelines: Any, **options: Any) -> Iterator[Callable[[], rs.Report]]:
    """Run beside the block, past and live; what is given stops it and returns its report."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def done(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(_SECONDS)

    embedded = rs.running(*pipelines, shutdown=5, **options)
    try:
        run = done(_entered(embedded))
        try:
            yield lambda: done(run.stop())
        finally:
            done(_left(embedded))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _entered(embedded: Any) -> Any:
    return await embedded.__aenter__()


async def _left(embedded: Any) -> None:
    await embedded.__aexit__(None, None, None)


def until(items: Sequence[Any], count: int) -> None:
    """Wait for so many items, and a little for more than that."""
    eventually(lambda: len(items), lambda found: found >= count)
    eventually(lambda: len(items), lambda found: found > count, 0.3)


# From an instant on


@pytest.mark.parametrize("group", [None, "a group"])
@pytest.mark.parametrize("partitions", [1, 3])
def test_what_is_there_is_replayed_then_it_is_live_and_what_comes_later_comes_too(
    kafka: Kafka, topic: TopicFactory, partitions: int, group: str | None
) -> None:
    name, seen = topic(partitions=partitions), list[Any]()
    values = written(kafka, name, *range(20), partitions=partitions)
    records = words(kafka, name, start=after(5), group_id=group and name)

    with going(records.to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 16)
        write(kafka.bootstrap, name, [b"a"])
        until(seen, 17)
        write(kafka.bootstrap, name, [b"b"])
        until(seen, 18)

    assert seen == [*values[5:], "live", "a", "b"]


@pytest.mark.parametrize("partitions", [1, 3])
def test_in_the_replay_the_clock_is_where_the_record_is(kafka: Kafka, topic: TopicFactory, partitions: int) -> None:
    name, seen = topic(partitions=partitions), list[Any]()
    values = written(kafka, name, *range(0, 600, 25), partitions=partitions)

    with going(words(kafka, name, start=BEGIN).to(lambda value: seen.append((value, on_clock())))):
        until(seen, len(values))

    assert seen == [(value, float(value)) for value in values]


def test_once_it_is_live_the_clock_is_the_walls(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    written(kafka, name, 1, 2)
    looking = words(kafka, name, start=BEGIN).to(lambda _: seen.append(is_by_the_wall()))

    with going(looking, on_live=lambda: seen.append(is_by_the_wall())):
        until(seen, 3)
        write(kafka.bootstrap, name, [b"live"])
        until(seen, 4)

    assert seen == [False, False, True, True]


@pytest.mark.parametrize("partitions", [1, 3])
def test_what_is_produced_during_the_replay_comes_after_it(kafka: Kafka, topic: TopicFactory, partitions: int) -> None:
    name, seen = topic(partitions=partitions), list[Any]()
    values = written(kafka, name, *range(9), partitions=partitions)
    records = words(kafka, name, start=BEGIN).pipe(ops.process(writing_at("4", kafka, name, "new")))

    with going(records.to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 11)

    assert seen == [*values, "live", "new"]


def test_many_records_and_those_that_come_meanwhile_come_once_and_in_order(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=4), list[Any]()
    values = written(kafka, name, *(n / 10 for n in range(6_000)), partitions=4)

    with going(words(kafka, name, start=BEGIN).to(seen.append), on_live=lambda: seen.append("live")):
        for number in range(5):
            write(kafka.bootstrap, name, [f"new {number}".encode()])
        until(seen, 6_006)

    replayed = seen[: seen.index("live")]
    assert replayed[:6_000] == values
    assert sorted(set(seen) - set(values)) == ["live", *(f"new {number}" for number in range(5))]
    assert len(seen) == 6_006


def test_an_instant_behind_everything_leaves_no_past(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), list[Any]()
    written(kafka, name, 1, 2, 3, partitions=2)
    records = words(kafka, name, start=datetime.now(UTC))

    with going(records.to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 1)
        write(kafka.bootstrap, name, [b"new"])
        until(seen, 2)

    assert seen == ["live", "new"]


def test_an_empty_topic_has_no_past(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), list[Any]()

    with going(words(kafka, name, start=BEGIN).to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 1)
        write(kafka.bootstrap, name, [b"new"])
        until(seen, 2)

    assert seen == ["live", "new"]


@pytest.mark.parametrize("start", ["committed", "earliest"])
def test_what_has_no_past_is_just_live(kafka: Kafka, topic: TopicFactory, start: str) -> None:
    name, seen = topic(), list[Any]()
    written(kafka, name, 1, 2)

    with going(words(kafka, name, start=start).to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 2)

    assert seen == ["1", "2"]


def test_timers_tick_through_the_replay_of_a_topic(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), list[Any]()
    written(kafka, name, 1, 2.5, 4, partitions=2)
    ticks = rs.interval(1, end=after(5)).pipe(ops.map(lambda n: f"tick {n}"))
    both = words(kafka, name, start=BEGIN).pipe(ops.merge(ticks))

    with going(both.to(lambda value: seen.append((value, on_clock())))):
        until(seen, 7)

    assert seen == [("1", 1), ("tick 0", 2), ("2.5", 2.5), ("tick 1", 3), ("4", 4), ("tick 2", 4), ("tick 3", 5)]


def test_windows_close_in_the_replay_and_go_on_live(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    written(kafka, name, 1, 2, 11, 12)
    panes = words(kafka, name, start=BEGIN).pipe(ops.window(rs.tumbling(10)), ops.map(lambda pane: pane.value))

    with going(panes.to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 2)
        written(kafka, name, 13, 21)
        until(seen, 3)

    assert seen == [["1", "2"], "live", ["11", "12", "13"]]


class Told:
    """An Observer that notes what it is told."""

    def __init__(self, seen: list[str]) -> None:
        self.on_next = seen.append
        self._seen = seen

    def on_error(self, error: Exception) -> None:
        self._seen.append(f"error {error}")

    def on_completed(self) -> None:
        self._seen.append("completed")


def test_the_end_of_the_past_is_not_the_end_of_the_stream(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    written(kafka, name, 1, 2)

    with going(words(kafka, name, start=BEGIN).to(Told(seen)), on_live=lambda: seen.append("live")):
        until(seen, 3)
        write(kafka.bootstrap, name, [b"new"])
        until(seen, 4)

    assert seen == ["1", "2", "live", "new"]


def test_an_operator_of_reactivex_goes_on_live(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    written(kafka, name, 1, 2, 3, 4)
    threes = words(kafka, name, start=BEGIN).pipe(ops.buffer_with_count(3))

    with going(threes.to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 2)
        write(kafka.bootstrap, name, [b"5", b"6"])
        until(seen, 3)

    assert seen == [["1", "2", "3"], "live", ["4", "5", "6"]]


def test_merged_with_another_topic_both_go_on_live(kafka: Kafka, topic: TopicFactory) -> None:
    first, other, seen = topic(), topic(), list[Any]()
    written(kafka, first, 1, 2)
    written(kafka, other, 3, 4)
    both = words(kafka, first, start=BEGIN).pipe(ops.merge(words(kafka, other, start=BEGIN)))

    with going(both.pipe(ops.map(str.upper)).to(Told(seen)), on_live=lambda: seen.append("live")):
        until(seen, 5)
        write(kafka.bootstrap, first, [b"a"])
        until(seen, 6)
        write(kafka.bootstrap, other, [b"b"])
        until(seen, 7)

    assert seen == ["1", "2", "3", "4", "live", "A", "B"]


# Beside other histories


@pytest.mark.parametrize("partitions", [1, 3])
def test_it_is_merged_by_time_with_another_history(kafka: Kafka, topic: TopicFactory, partitions: int) -> None:
    name, seen = topic(partitions=partitions), list[Any]()
    written(kafka, name, 1, 3, 3, 6, 8, partitions=partitions)
    both = words(kafka, name, start=BEGIN).pipe(ops.merge(past(0, 2, 4, 7, 9)))

    with going(both.to(lambda value: seen.append((value, on_clock())))):
        until(seen, 10)

    assert seen == [(f"{second}", second) for second in (0, 1, 2, 3, 3, 4, 6, 7, 8, 9)]


def test_what_is_live_waits_for_the_end_of_every_history(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    written(kafka, name, 1, 3)
    # The topic's past is over when this happens.
    other = past(2, 1_000, 2_000).pipe(ops.process(writing_at("1000", kafka, name, "new")))

    with going(
        words(kafka, name, start=BEGIN).to(seen.append), other.to(seen.append), on_live=lambda: seen.append("live")
    ):
        until(seen, 7)

    assert seen == ["1", "2", "3", "1000", "2000", "live", "new"]


def test_two_topics_are_merged_by_time(kafka: Kafka, topic: TopicFactory) -> None:
    first, other, seen = topic(), topic(partitions=2), list[Any]()
    written(kafka, first, 1, 4, 5)
    written(kafka, other, 2, 3, 6, partitions=2)
    both = words(kafka, first, start=BEGIN).pipe(ops.merge(words(kafka, other, start=BEGIN)))

    with going(both.to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 7)
        write(kafka.bootstrap, other, [b"other"])
        until(seen, 8)
        write(kafka.bootstrap, first, [b"first"])
        until(seen, 9)

    assert seen == ["1", "2", "3", "4", "5", "6", "live", "other", "first"]


def test_a_topic_that_is_only_live_waits_for_a_history_beside_it(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    write(kafka.bootstrap, name, [b"there"])
    other = past(1, 2, 3).pipe(ops.process(writing_at("2", kafka, name, "new")))

    with going(words(kafka, name).pipe(ops.merge(other)).to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 6)

    assert seen == ["1", "2", "3", "live", "there", "new"]


# A history that goes over into a topic


def handed_over(kafka: Kafka, name: str, items: rs.Stream[str] | list[Any], **options: Any) -> rs.Stream[str]:
    live = words(kafka, name, group_id=name, commit_interval=0.05)
    return rs.from_history(items, then=live, **options)


def items(*seconds: float) -> list[Any]:
    return [(after(second), f"{second:g}") for second in seconds]


@pytest.mark.parametrize("partitions", [1, 3])
def test_records_that_come_during_the_replay_are_kept_and_come_after_it(
    kafka: Kafka, topic: TopicFactory, partitions: int
) -> None:
    name, seen = topic(partitions=partitions), list[Any]()
    stream = handed_over(kafka, name, items(1, 2, 3)).pipe(ops.process(writing_at("2", kafka, name, "kept")))

    with going(stream.to(seen.append), on_live=lambda: seen.append("live")):
        until(seen, 5)
        write(kafka.bootstrap, name, [b"new"])
        until(seen, 6)

    assert seen == ["1", "2", "3", "live", "kept", "new"]


def test_what_was_kept_is_committed_once_it_is_handled(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    write(kafka.bootstrap, name, [b"a", b"b"])

    async def slowly(value: str) -> None:
        if value == "2":
            # Long enough for the group to join, and to have committed what it must not.
            async with rs.real_time():
                await asyncio.sleep(1.5)
                seen.append(await asyncio.to_thread(committed, kafka.bootstrap, name))

    with going(handed_over(kafka, name, items(1, 2, 3)).to(slowly)):
        found = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: 2})

    assert (seen, found) == ([{}], {0: 2})


def test_a_run_that_ends_in_its_past_has_committed_nothing_of_what_it_kept(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    write(kafka.bootstrap, name, [b"a", b"b"])

    async def fails_at_3(value: str) -> None:
        seen.append(value)
        async with rs.real_time():
            await asyncio.sleep(0.5)
        if value == "3":
            raise ValueError("broken")

    with (
        pytest.raises(ValueError, match="broken"),
        going(handed_over(kafka, name, items(1, 2, 3)).to(fails_at_3)),
    ):
        until(seen, 3)

    assert committed(kafka.bootstrap, name) == {}


@pytest.mark.parametrize("partitions", [1, 2])
def test_what_the_past_had_already_is_dropped_and_committed(kafka: Kafka, topic: TopicFactory, partitions: int) -> None:
    name, seen = topic(partitions=partitions), list[Any]()
    overlapping = written(kafka, name, *range(5, 15), partitions=partitions)
    stream = handed_over(kafka, name, items(*range(10)), dedupe=lambda value: value)

    with going(stream.to(seen.append, name="all")) as stop:
        until(seen, 15)
        eventually(lambda: committed(kafka.bootstrap, name), lambda found: sum(found.values()) == 10)
        report = stop()

    assert seen[:10] == [f"{second}" for second in range(10)]
    assert (sorted(seen[10:]), report["all"].dropped) == (sorted(overlapping[5:]), 5)
    assert committed(kafka.bootstrap, name) == ends(kafka.bootstrap, name)


def test_more_than_may_wait_is_not_lost(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    numbers = [f"n{number}" for number in range(3_000)]
    live = words(kafka, name, group_id=name, max_in_flight=100)
    writing = ops.process(writing_at("1", kafka, name, *numbers))

    with going(rs.from_history(items(1, 2), then=live).pipe(writing).to(seen.append)):
        until(seen, 3_002)

    assert seen == ["1", "2", *numbers]


def test_the_past_of_a_topic_may_be_joined_to_a_history_too(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), list[Any]()
    written(kafka, name, 4, 5, 6, partitions=2)
    stream = rs.from_history(items(1, 2, 3), then=words(kafka, name, start=BEGIN))

    with going(stream.to(lambda value: seen.append((value, on_clock()))), on_live=lambda: seen.append("live")):
        until(seen, 7)

    assert seen == [*((f"{second}", second) for second in range(1, 7)), "live"]


def test_behind_a_history_a_topics_past_and_live_part_both_come(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    written(kafka, name, 4, 5)
    stream = rs.from_history(items(1, 2, 3), then=words(kafka, name, start=BEGIN))

    with going(stream.to(Told(seen)), on_live=lambda: seen.append("live")):
        until(seen, 6)
        write(kafka.bootstrap, name, [b"new"])
        until(seen, 7)

    assert seen == ["1", "2", "3", "4", "5", "live", "new"]


# From a start of the run


def test_the_runs_start_drops_what_is_earlier_and_counts_it(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), list[Any]()
    written(kafka, name, *range(10), partitions=2)
    stream = words(kafka, name, start=after(2)).pipe(ops.merge(past(1.5, 6.5)))

    with going(stream.to(seen.append, name="all"), start=after(5), on_live=lambda: seen.append("live")) as stop:
        until(seen, 7)
        report = stop()

    assert seen == ["5", "6", "6.5", "7", "8", "9", "live"]
    assert (report["all"].dropped, report.started) == (4, after(5))


def test_the_runs_start_does_not_say_where_a_group_goes_on(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), rs.to_list()
    written(kafka, name, 1, 2, 3)
    rs.collect(words(kafka, name, group_id=name, stop="end"))
    written(kafka, name, 4, 5, 6)

    report = rs.run(words(kafka, name, group_id=name, stop="end").to(seen, name="all"), start=after(2))

    assert (seen.items, report["all"].dropped) == (["4", "5", "6"], 0)


def test_a_group_that_has_a_position_keeps_it_through_the_replay_of_what_lies_below(
    kafka: Kafka, topic: TopicFactory
) -> None:
    name, seen = topic(), list[Any]()
    written(kafka, name, 1, 2, 3, 4)
    rs.collect(words(kafka, name, group_id=name, stop="end"))
    again = words(kafka, name, group_id=name, start=BEGIN, commit_interval=0.05)

    with going(again.to(seen.append), start=after(2)):
        until(seen, 3)
        replayed = committed(kafka.bootstrap, name)
        write(kafka.bootstrap, name, [b"new"])
        live = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: 5})

    assert (seen, replayed, live) == (["2", "3", "4", "new"], {0: 4}, {0: 5})


# The stop


def test_a_stop_in_the_replay_commits_what_was_handled_and_no_more(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    values = written(kafka, name, *range(1_000))

    async def slowly(value: str) -> None:
        seen.append(value)
        async with rs.real_time():
            await asyncio.sleep(0.002)

    with going(words(kafka, name, start=BEGIN, group_id=name).to(slowly, name="all")) as stop:
        until(seen, 20)
        report = stop()

    assert (report.reason, seen) == ("stopped", values[: len(seen)])
    assert committed(kafka.bootstrap, name) == {0: len(seen)}


def test_a_stop_after_the_replay_commits_everything(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=3), list[Any]()
    values = written(kafka, name, *range(100), partitions=3)

    with going(words(kafka, name, start=BEGIN, group_id=name).to(seen.append, name="all")) as stop:
        until(seen, 100)
        write(kafka.bootstrap, name, [b"new"])
        until(seen, 101)
        report = stop()

    assert (report.reason, seen, report["all"].committed) == ("stopped", [*values, "new"], 101)
    assert committed(kafka.bootstrap, name) == ends(kafka.bootstrap, name)


def test_after_a_stop_the_group_goes_on_where_it_was(kafka: Kafka, topic: TopicFactory) -> None:
    name, first = topic(), list[str]()
    written(kafka, name, 1, 2)

    with going(words(kafka, name, start=BEGIN, group_id=name).to(first.append)):
        until(first, 2)
        write(kafka.bootstrap, name, [b"a"])
        until(first, 3)
    write(kafka.bootstrap, name, [b"b"])

    assert (first, rs.collect(words(kafka, name, group_id=name, stop="end"))) == (["1", "2", "a"], ["b"])


def test_until_ends_it_in_the_replay(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), rs.to_list()
    written(kafka, name, *range(10), partitions=2)

    report = rs.run(words(kafka, name, start=after(2), group_id=name).to(seen), until=after(6))

    assert (seen.items, report.reason, report.ended) == (["2", "3", "4", "5"], "until", after(6))
    assert committed(kafka.bootstrap, name) == {0: 3, 1: 3}


# Up to the ends, among other histories


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_finite_topic_is_merged_by_time_with_other_histories(
    kafka: Kafka, topic: TopicFactory, partitions: int
) -> None:
    name, seen = topic(partitions=partitions), list[Any]()
    written(kafka, name, *range(0, 3_000, 3), partitions=partitions)
    stream = words(kafka, name, stop="end").pipe(ops.merge(past(*range(1, 3_000, 3)), past(*range(2, 3_000, 3))))

    rs.run(stream.to(lambda value: seen.append((float(value), on_clock()))))

    assert seen == [(second, second) for second in range(3_000)]


def test_a_topic_as_history_behind_and_before_others(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), rs.to_list()
    written(kafka, name, 5, 6)

    rs.run(past(1, 9).to(seen), words(kafka, name, stop="end").to(seen), past(2, 6, 8).to(seen))

    assert seen.items == ["1", "2", "5", "6", "6", "8", "9"]


def test_timers_tick_at_their_instants_however_slow_the_broker_is(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), list[Any]()
    written(kafka, name, 10, 20, 20.5, 40, partitions=2)
    # The broker keeps a fetch back for this long, as there is less than it is asked for.
    slow = {"fetch_min_bytes": 1_000_000, "fetch_max_wait_ms": 400}
    records = words(kafka, name, stop="end", extra=slow).pipe(ops.merge(past(0, 35)))
    began = time.monotonic()

    rs.run(
        records.to(lambda value: seen.append((value, on_clock()))),
        rs.interval(15).to(lambda n: seen.append((f"tick {n}", on_clock()))),
    )

    assert time.monotonic() - began > 0.3, "the broker must be slow"
    assert seen == [
        ("0", 0),
        ("10", 10),
        ("tick 0", 15),
        ("20", 20),
        ("20.5", 20.5),
        ("tick 1", 30),
        ("35", 35),
        ("40", 40),
    ]


def test_sleepers_wake_at_their_instants_between_records(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), list[Any]()
    written(kafka, name, 0, 10, 20, 30, partitions=2)

    async def job() -> None:
        for _ in range(3):
            await rs.sleep(9)
            seen.append(("job", on_clock()))

    rs.run(words(kafka, name, stop="end").to(lambda value: seen.append((value, on_clock()))), job)

    assert seen == [("0", 0), ("job", 9), ("10", 10), ("job", 18), ("20", 20), ("job", 27), ("30", 30)]


def test_a_step_sleeps_in_the_time_of_a_topics_past(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(), list[Any]()
    written(kafka, name, 0, 10, 11, 100)

    async def nap(value: str) -> str:
        await rs.sleep(5)
        return value

    rs.run(words(kafka, name, stop="end").pipe(ops.process(nap)).to(lambda value: seen.append((value, on_clock()))))

    assert seen == [("0", 5), ("10", 15), ("11", 20), ("100", 105)]


def test_a_topics_past_may_be_paced(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen, walls = topic(partitions=2), rs.to_list(), list[float]()
    values = written(kafka, name, 0, 1, 2, 3, partitions=2)
    noting = ops.observe(lambda _: walls.append(time.monotonic()))
    began = time.monotonic()

    rs.run(words(kafka, name, stop="end").pipe(noting).to(seen), speed=10)

    assert seen.items == values
    assert [wall - began >= place / 10 for place, wall in enumerate(walls)] == [True] * 4


def test_what_stops_at_an_instant_is_finite_whatever_comes(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), list[Any]()
    written(kafka, name, *range(10), partitions=2)
    stream = words(kafka, name, start=after(2), stop=after(6)).pipe(ops.merge(past(3.5, 8)))

    report = rs.run(stream.to(seen.append), on_live=lambda: seen.append("live"))

    assert (seen, report.reason) == (["2", "3", "3.5", "4", "5", "8"], "completed")
