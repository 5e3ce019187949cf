"""How far a group's offsets are committed, and when."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.integration._jobs.going import going
from tests.integration._jobs.topics import Sent, after, committed, count, ends, eventually, numbered, visit, write


class FailsAt:
    """A sink that refuses one value, and with it the batch."""

    def __init__(self, refused: bytes) -> None:
        self._refused = refused

    async def open(self) -> None: ...

    async def write(self, batch: Sequence[bytes]) -> None:
        if self._refused in batch:
            raise ValueError("refused")

    async def close(self) -> None: ...


class FailsAlone(FailsAt):
    """A sink that refuses one value, and takes the others."""

    async def write(self, batch: Sequence[bytes]) -> None:
        if self._refused in batch:
            raise rs.BatchError({list(batch).index(self._refused): ValueError("refused")})


class Silent:
    """A sink that never answers."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    async def open(self) -> None: ...

    async def write(self, batch: Sequence[bytes]) -> None:
        self.given += batch
        await asyncio.Event().wait()

    async def close(self) -> None: ...


def from_group(kafka: Kafka, name: str, **options: Any) -> rs.Stream[Any]:
    options = {"group_id": name, "commit_interval": 0.05, **options}
    return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, **options)


@pytest.mark.parametrize("partitions", [1, 4])
def test_a_completed_run_has_committed_the_ends(kafka: Kafka, topic: TopicFactory, partitions: int) -> None:
    name = topic(partitions=partitions)
    write(kafka.bootstrap, name, [Sent(value, value) for value in numbered(3_000)])

    report = rs.run(from_group(kafka, name, stop="end").to(rs.to_list(), name="all"))

    assert committed(kafka.bootstrap, name) == ends(kafka.bootstrap, name)
    assert report["all"].committed == 3_000


def test_a_live_run_commits_while_it_goes_on(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    write(kafka.bootstrap, name, numbered(700))

    with going(from_group(kafka, name).to(rs.to_list())):
        found = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: 700})

    assert found == {0: 700}


def test_what_operators_drop_is_committed(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    write(kafka.bootstrap, name, numbered(100))

    rs.run(from_group(kafka, name, stop="end").pipe(ops.filter(lambda _: False)).to(rs.to_list()))

    assert committed(kafka.bootstrap, name) == {0: 100}


@pytest.mark.parametrize("sink", [FailsAt, FailsAlone])
@pytest.mark.parametrize("place", [0, 1, 1_234, 2_999])
def test_nothing_is_committed_past_a_record_that_a_sink_refused(
    kafka: Kafka, topic: TopicFactory, sink: type[FailsAt], place: int
) -> None:
    name, values = topic(), numbered(3_000)
    write(kafka.bootstrap, name, values)

    with pytest.raises(ValueError, match="refused"):
        rs.run(from_group(kafka, name, stop="end").to(sink(values[place])), shutdown=2)

    assert committed(kafka.bootstrap, name).get(0, 0) <= place


def test_nothing_is_committed_past_a_record_that_an_operator_failed_at(kafka: Kafka, topic: TopicFactory) -> None:
    name, values = topic(), numbered(3_000)
    write(kafka.bootstrap, name, values)
    delivered = rs.to_list()

    with pytest.raises(ValueError, match="not in list"):
        rs.run(from_group(kafka, name, stop="end").pipe(ops.map(values[:1_234].index)).to(delivered))

    assert delivered.items == list(range(1_234))
    assert committed(kafka.bootstrap, name) == {0: 1_234}


def test_nothing_is_committed_past_a_record_that_an_awaited_function_failed_at(
    kafka: Kafka, topic: TopicFactory
) -> None:
    name, values = topic(), numbered(200)
    write(kafka.bootstrap, name, values)

    async def store(value: bytes) -> None:
        await asyncio.sleep(0)
        if value == values[120]:
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        rs.run(from_group(kafka, name, stop="end").to(store), shutdown=2)

    assert committed(kafka.bootstrap, name) == {0: 120}


@pytest.mark.parametrize("sink", [FailsAt, FailsAlone])
def test_a_run_that_a_sink_ends_does_not_wait_for_what_can_never_finish(
    kafka: Kafka, topic: TopicFactory, sink: type[FailsAt]
) -> None:
    name, values = topic(), numbered(10)
    write(kafka.bootstrap, name, values)
    began = time.monotonic()

    with pytest.raises(ValueError, match="refused"):
        rs.run(from_group(kafka, name, stop="end").to(sink(values[5])), shutdown=6)

    assert time.monotonic() - began < 5


def test_nothing_is_committed_while_a_sink_does_not_answer(kafka: Kafka, topic: TopicFactory) -> None:
    name, sink = topic(), Silent()
    write(kafka.bootstrap, name, numbered(100))

    with going(from_group(kafka, name).to(sink), shutdown=0.3) as run:
        eventually(lambda: len(sink.given), lambda given: given == 100)
        found = eventually(lambda: committed(kafka.bootstrap, name).get(0, 0), bool, 1.0)
        report = run.stop()

    assert (len(sink.given), found, committed(kafka.bootstrap, name).get(0, 0)) == (100, 0, 0)
    assert report is not None
    assert (report.reason, report.unsettled) == ("stopped", 100)


def test_what_did_not_finish_in_the_shutdown_budget_is_not_skipped(kafka: Kafka, topic: TopicFactory) -> None:
    name, given = topic(), []
    write(kafka.bootstrap, name, numbered(100))

    async def never_done(value: bytes) -> None:
        given.append(value)
        await asyncio.Event().wait()

    with going(from_group(kafka, name).to(never_done, on_error=rs.handlers.skip()), shutdown=0.3) as run:
        eventually(lambda: bool(given), bool)
        report = run.stop()

    assert (given, committed(kafka.bootstrap, name).get(0, 0)) == (numbered(1), 0)
    assert report is not None
    assert (report.reason, report.unsettled, report["pipeline-1"].failed) == ("stopped", 100, 0)


def test_one_sink_that_does_not_answer_holds_back_what_the_other_has(kafka: Kafka, topic: TopicFactory) -> None:
    name, fast, slow = topic(), rs.to_list(), Silent()
    write(kafka.bootstrap, name, numbered(100))

    with going(from_group(kafka, name).to(fast, slow), shutdown=0.3):
        eventually(lambda: len(fast.items), lambda given: given == 100)
        found = eventually(lambda: committed(kafka.bootstrap, name).get(0, 0), bool, 0.5)

    assert (len(fast.items), found) == (100, 0)


def test_a_window_holds_its_records_back_until_its_pane_is_delivered(kafka: Kafka, topic: TopicFactory) -> None:
    name, panes = topic(), rs.to_list()
    write(kafka.bootstrap, name, [b"0", b"1", b"2"])
    dated = from_group(kafka, name, codec="json").pipe(ops.event_time(after), ops.window(rs.tumbling(10)))

    with going(dated.pipe(ops.map(lambda pane: pane.value)).to(panes)):
        open_still = eventually(lambda: committed(kafka.bootstrap, name).get(0, 0), bool, 1.0)
        write(kafka.bootstrap, name, [b"3", b"2000"])
        closed = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: 4})

    assert (open_still, panes.items, closed) == (0, [[0, 1, 2, 3]], {0: 4})
    assert committed(kafka.bootstrap, name) == {0: 4}


def test_a_window_that_was_open_at_the_stop_gets_its_records_again(kafka: Kafka, topic: TopicFactory) -> None:
    name, first, second = topic(), rs.to_list(), rs.to_list()
    write(kafka.bootstrap, name, [b"0", b"1", b"2000", b"2001"])

    def panes(**options: Any) -> rs.Stream[Any]:
        dated = from_group(kafka, name, codec="json", **options).pipe(ops.event_time(after))
        return dated.pipe(ops.window(rs.tumbling(10)), ops.map(lambda pane: pane.value))

    with going(panes().to(first)):
        eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: 2})
    rs.run(panes(stop="end").to(second))

    assert (first.items, second.items) == ([[0, 1]], [[2000, 2001]])


def test_without_a_group_nothing_is_committed(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()
    write(kafka.bootstrap, name, numbered(10))

    report = rs.run(from_group(kafka, name, group_id=None, stop="end").to(rs.to_list(), name="all"))

    assert (report["all"].received, report["all"].committed) == (10, 0)
    assert committed(kafka.bootstrap, name) == {}


def test_the_next_run_of_a_group_goes_on_where_the_first_ended(kafka: Kafka, topic: TopicFactory) -> None:
    name, values = topic(partitions=2), numbered(1_000)
    write(kafka.bootstrap, name, [Sent(value, value) for value in values[:600]])
    first = rs.collect(from_group(kafka, name, stop="end"))
    write(kafka.bootstrap, name, [Sent(value, value) for value in values[600:]])

    second = rs.collect(from_group(kafka, name, stop="end"))

    assert (sorted(first), sorted(second)) == (values[:600], values[600:])


def test_after_a_failure_the_next_run_goes_on_before_the_record_that_failed(kafka: Kafka, topic: TopicFactory) -> None:
    name, values = topic(), numbered(2_000)
    write(kafka.bootstrap, name, values)
    first, second = rs.to_list(), rs.to_list()

    def refuse(value: bytes) -> bytes:
        if value == values[777]:
            raise ValueError("refused")
        return value

    with pytest.raises(ValueError, match="refused"):
        rs.run(from_group(kafka, name, stop="end").pipe(ops.map(refuse)).to(first))
    rs.run(from_group(kafka, name, stop="end").to(second))

    assert first.items + second.items == values


def test_reading_pauses_while_too_much_is_in_flight(kafka: Kafka, topic: TopicFactory) -> None:
    name, sink = topic(), Silent()
    write(kafka.bootstrap, name, numbered(5_000))

    with going(from_group(kafka, name, max_in_flight=100).to(sink, name="slow"), shutdown=0.3) as run:
        eventually(lambda: bool(sink.given), bool)
        report = run.stop()

    assert report is not None
    # One poll may step over the bound; the next one waits.
    assert report["slow"].received <= 600


def test_a_partition_that_was_elsewhere_meanwhile_goes_on_without_a_repeat(kafka: Kafka, topic: TopicFactory) -> None:
    name, seen = topic(partitions=2), rs.to_list()
    write(kafka.bootstrap, name, [Sent(b"%d" % n, partition=n % 2) for n in range(20)])
    records = from_group(kafka, name, commit_interval=1.5, extra={"heartbeat_interval_ms": 200})

    with going(records.to(seen)):
        eventually(lambda: len(seen.items), lambda found: found == 20)
        visit(kafka.bootstrap, name, group=name, seconds=1.5)
        write(kafka.bootstrap, name, [Sent(b"%d" % n, partition=n % 2) for n in range(20, 40)])
        eventually(lambda: len(seen.items), lambda found: found >= 40)
        found = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: 20, 1: 20}, 4.0)

    assert sorted(map(int, seen.items)) == list(range(40))
    assert found == {0: 20, 1: 20}


def test_a_busy_function_does_not_keep_the_sink_waiting(kafka: Kafka, topic: TopicFactory) -> None:
    source, target, made = topic(), topic(), []
    write(kafka.bootstrap, source, numbered(3_000))

    def slowly(value: bytes) -> bytes:
        time.sleep(0.0004)
        made.append(value)
        return value

    records = from_group(kafka, source, commit_interval=1.0).pipe(ops.map(slowly))
    with going(records.to(rs.to_kafka(target, bootstrap_servers=kafka.bootstrap))):
        eventually(lambda: len(made), lambda found: found >= 2_000)
        delivered = count(kafka.bootstrap, target)

    # A poll is 500 records and takes 0.2 s here: what was made two polls ago should be there.
    assert delivered >= 1_000
