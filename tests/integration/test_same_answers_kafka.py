"""One pipeline, one set of data, one answer: out of a topic too."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory, create_topic
from tests.integration._jobs.topics import BEGIN, Sent, write
from tests.unit.test_same_answers import (
    ANSWERS,
    SECONDS,
    VALUES,
    Pipeline,
    instants,
    passports,
    threes_of_reactivex,
    totals_after_a_rest,
    totals_by_a_time_of_their_own,
    totals_of_both_branches,
    totals_of_ten_seconds,
    totals_of_totals,
)

#: In the middle of a window.
HALF = 4
#: What asks for the instants that only dated records have.
DATED = [totals_of_ten_seconds, totals_of_totals, totals_after_a_rest, totals_of_both_branches, passports]
UNDATED = [pipeline for pipeline in ANSWERS if pipeline not in DATED]
HAPPENED = list(zip(instants(BEGIN), VALUES, strict=True))
SENT = [Sent(value.encode(), at=instant) for instant, value in HAPPENED]


@pytest.fixture(scope="module")
def written(kafka: Kafka) -> dict[str, str]:
    """Topics with the data, written once, as nobody changes them."""
    made = {kind: f"same-answers-{kind}-{uuid4().hex[:8]}" for kind in ("dated", "parted", "undated", "half")}
    for kind, name in made.items():
        create_topic(kafka.bootstrap, name, 3 if kind == "parted" else 1)
    write(kafka.bootstrap, made["dated"], SENT)
    # What happened at one instant stays in one partition: only there it has an order.
    parted = [sent._replace(partition=second % 3) for sent, second in zip(SENT, SECONDS, strict=True)]
    write(kafka.bootstrap, made["parted"], parted)
    write(kafka.bootstrap, made["undated"], [sent._replace(at=None) for sent in SENT])
    write(kafka.bootstrap, made["half"], SENT[HALF:])
    return made


def records(kafka: Kafka, name: str, **options: Any) -> rs.Stream[str]:
    return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, codec="str", **options)


each_pipeline = pytest.mark.parametrize("pipeline", ANSWERS, ids=lambda pipeline: pipeline.__name__)


@each_pipeline
@pytest.mark.parametrize("kind", ["dated", "parted"])
def test_a_topic_gives_the_same_answer(kafka: Kafka, written: dict[str, str], pipeline: Pipeline, kind: str) -> None:
    assert rs.collect(pipeline(records(kafka, written[kind], stop="end"))) == ANSWERS[pipeline]


@pytest.mark.parametrize("pipeline", UNDATED, ids=lambda pipeline: pipeline.__name__)
def test_a_topic_that_the_broker_has_dated_gives_the_same_answer(
    kafka: Kafka, written: dict[str, str], pipeline: Pipeline
) -> None:
    assert rs.collect(pipeline(records(kafka, written["undated"], stop="end"))) == ANSWERS[pipeline]


# What may keep records for all we know is refused behind a group.
@pytest.mark.parametrize(
    "pipeline", [one for one in ANSWERS if one is not threes_of_reactivex], ids=lambda pipeline: pipeline.__name__
)
def test_a_group_gets_the_same_answer(kafka: Kafka, written: dict[str, str], pipeline: Pipeline) -> None:
    group = f"{written['parted']}-{uuid4().hex[:8]}"

    assert rs.collect(pipeline(records(kafka, written["parted"], group_id=group, stop="end"))) == ANSWERS[pipeline]


@each_pipeline
def test_half_out_of_a_history_and_half_out_of_a_topic_the_answer_is_the_same(
    kafka: Kafka, written: dict[str, str], pipeline: Pipeline
) -> None:
    stream = rs.from_history(HAPPENED[:HALF], then=records(kafka, written["half"], stop="end"))

    assert rs.collect(pipeline(stream)) == ANSWERS[pipeline]


@each_pipeline
def test_half_out_of_a_history_and_half_live_out_of_a_topic_the_answer_is_the_same(
    kafka: Kafka, written: dict[str, str], pipeline: Pipeline
) -> None:
    live = records(kafka, written["half"]).pipe(ops.take(len(SENT) - HALF))

    assert rs.collect(pipeline(rs.from_history(HAPPENED[:HALF], then=live))) == ANSWERS[pipeline]


@each_pipeline
def test_past_and_live_out_of_one_topic_the_answer_is_the_same(
    kafka: Kafka, written: dict[str, str], pipeline: Pipeline
) -> None:
    stream = records(kafka, written["parted"], start=BEGIN).pipe(ops.take(len(SENT)))

    assert rs.collect(pipeline(stream)) == ANSWERS[pipeline]


def test_the_own_times_of_values_do_not_need_the_brokers(kafka: Kafka, written: dict[str, str]) -> None:
    pipeline = totals_by_a_time_of_their_own
    both = [rs.collect(pipeline(records(kafka, written[kind], stop="end"))) for kind in ("dated", "undated")]

    assert both == [ANSWERS[pipeline]] * 2


@each_pipeline
def test_a_topic_that_grows_once_its_past_is_replayed_gives_the_same_answer(
    kafka: Kafka, topic: TopicFactory, pipeline: Pipeline
) -> None:
    name = topic()
    write(kafka.bootstrap, name, SENT[:HALF])

    async def go_on() -> None:
        await asyncio.to_thread(write, kafka.bootstrap, name, SENT[HALF:])

    stream = records(kafka, name, start=BEGIN).pipe(ops.take(len(SENT)))

    assert rs.collect(pipeline(stream), on_live=go_on) == ANSWERS[pipeline]
