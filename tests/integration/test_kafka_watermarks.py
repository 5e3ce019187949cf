"""The partitions of a live topic have a watermark each: who is ahead makes nobody late."""

import random
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory, create_topic
from tests.integration._jobs.going import going
from tests.integration._jobs.topics import Sent, after, eventually, write

PARTITIONS = (1, 4, 8)
COUNT = 3_000
#: What closes every window of the others, once its own partition has come so far.
END = 1_000


def seconds(count: int = COUNT) -> list[float]:
    """When things happened: ever later, at irregular distances."""
    drawn = random.Random(7)  # noqa: S311 - numbers that look irregular, the same in every run
    return sorted(round(drawn.uniform(0, 300), 3) for _ in range(count))


def sent(found: Iterable[float], partition: int) -> list[Sent]:
    return [Sent(f"{second:.3f}".encode(), at=after(second), partition=partition) for second in found]


def by_broker(stream: rs.Stream[Any]) -> rs.Stream[Any]:
    return stream


def by_value(stream: rs.Stream[Any]) -> rs.Stream[Any]:
    return stream.pipe(ops.event_time(after))


each_way = pytest.mark.parametrize("dated", [by_broker, by_value], ids=lambda way: way.__name__)


def live(kafka: Kafka, name: str, **options: Any) -> rs.Stream[float]:
    return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, codec="json", **options)


def tens(stream: rs.Stream[float]) -> rs.Stream[Any]:
    window = ops.window(rs.tumbling(10), key=lambda _: None, into=rs.agg.count())
    return stream.pipe(window, ops.map(lambda pane: ((pane.start - after(0)).total_seconds(), pane.value)))


def expected(found: Iterable[float]) -> list[tuple[float, int]]:
    starts = [second // 10 * 10 for second in found]
    return [(start, starts.count(start)) for start in sorted(set(starts))]


@pytest.fixture(scope="module")
def topics(kafka: Kafka) -> dict[int, str]:
    """The same records, one partition after the other, in topics of so many partitions."""
    made = {count: f"watermarks-{count}-{uuid4().hex[:8]}" for count in PARTITIONS}
    for count, name in made.items():
        create_topic(kafka.bootstrap, name, count)
        for partition in range(count):
            write(kafka.bootstrap, name, sent([*seconds()[partition::count], END], partition))
    return made


@each_way
@pytest.mark.parametrize("partitions", PARTITIONS)
def test_live_the_panes_are_the_same_from_any_number_of_partitions(
    kafka: Kafka, topics: dict[int, str], dated: Any, partitions: int
) -> None:
    found = rs.to_list()
    wanted = expected(seconds())

    panes = tens(dated(live(kafka, topics[partitions]))).pipe(ops.take(len(wanted)))

    assert rs.run(panes.to(found)).pipelines[0].late == 0
    assert found.items == wanted


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_up_to_the_end_they_are_the_same_though_the_broker_has_dated_one_partition_after_the_other(
    kafka: Kafka, topic: TopicFactory, partitions: int
) -> None:
    name = topic(partitions=partitions)
    for partition in range(partitions):
        write(
            kafka.bootstrap, name, [one._replace(at=None) for one in sent(seconds()[partition::partitions], partition)]
        )
    found = rs.to_list()

    report = rs.run(tens(by_value(live(kafka, name, stop="end"))).to(found))

    assert (found.items, report.pipelines[0].late) == (expected(seconds()), 0)


@each_way
def test_one_that_is_far_ahead_one_that_is_empty_and_one_that_rests_lose_nothing(
    kafka: Kafka, topic: TopicFactory, dated: Any
) -> None:
    name, ahead, behind, resting = topic(partitions=4), seconds(2_000), seconds(200), seconds(50)
    for partition, found in enumerate([[*ahead, END], [*behind, END], [], [*resting, 299.0]]):
        write(kafka.bootstrap, name, sent(found, partition))
    panes, wanted = rs.to_list(), expected([*ahead, *behind, *resting, 299.0])

    with going(tens(dated(live(kafka, name))).to(panes, name="tens")) as run:
        # The last window waits for the one that rests.
        assert eventually(lambda: panes.items, lambda found: len(found) == len(wanted) - 1) == wanted[:-1]
        write(kafka.bootstrap, name, sent([END], 3))
        assert eventually(lambda: panes.items, lambda found: len(found) == len(wanted)) == wanted
        report = run.stop()

    assert report is not None
    assert report["tens"].late == 0


def test_one_that_rests_is_left_out_by_idle(kafka: Kafka, topic: TopicFactory) -> None:
    name, panes = topic(partitions=2), rs.to_list()
    write(kafka.bootstrap, name, sent([1, 22], 0) + sent([2], 1))
    dated = live(kafka, name).pipe(ops.event_time(after, idle=0.5))

    def talk() -> list[Any]:
        write(kafka.bootstrap, name, sent([33], 0))
        return panes.items

    with going(tens(dated).to(panes)):
        assert eventually(talk, lambda found: len(found) == 2) == [(0.0, 2), (20.0, 1)]


@each_way
def test_a_partition_that_another_member_takes_is_waited_for_no_more(
    kafka: Kafka, topic: TopicFactory, dated: Any
) -> None:
    name, first, other = topic(partitions=2), rs.to_list(), rs.to_list()
    options: dict[str, Any] = {"group_id": name, "extra": {"heartbeat_interval_ms": 200}}
    write(kafka.bootstrap, name, sent([1, 22], 0) + sent([2], 1))

    def closed() -> set[float]:
        return {start for start, _ in [*first.items, *other.items]}

    # Who rests holds the window open, until each of both is read by a member of its own.
    with going(tens(dated(live(kafka, name, **options))).to(first)):
        assert eventually(closed, bool, 1.0) == set()
        with going(tens(dated(live(kafka, name, **options))).to(other)):
            assert eventually(closed, bool) == {0.0}
