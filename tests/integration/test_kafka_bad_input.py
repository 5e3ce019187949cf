"""What is wrong with a Kafka pipeline is said in one sentence, at once or within ten seconds."""

import gc
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import reactivex
import reactivex.operators

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.brokers.ports import LOOPBACK, free_port
from tests.integration._jobs.topics import read_values

NOBODY_DID = (
    "{who}: a Kafka broker must answer at {address}; none did. Start it, or correct bootstrap_servers "
    "(and security_protocol, if it wants a password)."
)
NONE_IN_TIME = NOBODY_DID.replace("none did", "none did within 9 s")


@pytest.fixture(autouse=True)
def _blame_whoever_leaves_a_connection_open() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def nobody() -> str:
    return f"{LOOPBACK}:{free_port()}"


def reading(address: str, topic: str = "orders", **options: Any) -> rs.Pipeline:
    return rs.from_kafka(topic, bootstrap_servers=address, **options).to(rs.to_list())


def writing(address: str, topic: str = "orders") -> rs.Pipeline:
    return rs.from_iterable([b"1"]).to(rs.to_kafka(topic, bootstrap_servers=address))


def lettering(address: str) -> rs.Pipeline:
    letters = rs.handlers.dead_letter(rs.to_kafka("letters", bootstrap_servers=address))
    return rs.from_iterable([b"1"]).to(rs.to_list(), on_error=letters)


@pytest.mark.parametrize(("who", "made"), [("from_kafka", reading), ("to_kafka", writing)])
def test_a_topic_that_does_not_exist_is_named_with_the_nearest_that_does(
    kafka: Kafka, topic: TopicFactory, who: str, made: Callable[[str, str], rs.Pipeline]
) -> None:
    name = topic()
    wrong = name + "s"

    with pytest.raises(rs.ConnectError) as caught:
        rs.run(made(kafka.bootstrap, wrong))

    assert str(caught.value) == (
        f"{who}: the topic must exist; {kafka.bootstrap} has none named {wrong!r}. Did you mean {name!r}?"
    )


def test_a_topic_like_no_other_is_to_be_created(kafka: Kafka) -> None:
    with pytest.raises(rs.ConnectError) as caught:
        rs.run(reading(kafka.bootstrap, "QQQ", group_id="a-group"))

    assert str(caught.value) == (
        f"from_kafka: the topic must exist; {kafka.bootstrap} has none named 'QQQ'. Create it, or correct the name."
    )


@pytest.mark.parametrize("made", [reading, writing])
def test_a_topic_that_does_not_exist_leaves_no_connection_open(
    kafka: Kafka, made: Callable[[str, str], rs.Pipeline]
) -> None:
    with suppress(rs.ConnectError):
        rs.run(made(kafka.bootstrap, "QQQ"))

    gc.collect()  # A client that was left open complains when it goes, and pytest fails for it.


@pytest.mark.parametrize(("who", "made"), [("from_kafka", reading), ("to_kafka", writing), ("to_kafka", lettering)])
def test_where_no_broker_listens_the_address_is_named(
    nobody: str, who: str, made: Callable[[str], rs.Pipeline]
) -> None:
    began = time.monotonic()

    with pytest.raises(rs.ConnectError) as caught:
        rs.run(made(nobody))

    assert str(caught.value) == NOBODY_DID.format(who=who, address=nobody)
    assert isinstance(caught.value, ConnectionError)
    assert time.monotonic() - began < 10


def test_who_accepts_connections_and_never_answers_is_given_up_within_ten_seconds() -> None:
    def said(made: Callable[[str], rs.Pipeline]) -> str:
        with pytest.raises(rs.ConnectError) as caught:
            rs.run(made(address))
        return str(caught.value)

    with somebody_silent() as address, ThreadPoolExecutor() as threads:
        began = time.monotonic()
        found = list(threads.map(said, [reading, writing]))
        seconds = time.monotonic() - began

    assert found == [NONE_IN_TIME.format(who=who, address=address) for who in ("from_kafka", "to_kafka")]
    assert seconds < 10


@pytest.mark.parametrize(
    ("arguments", "who"),
    [
        (["run", "tests.integration._jobs.pipelines:source"], "from_kafka"),
        (["run", "tests.integration._jobs.pipelines:sink"], "to_kafka"),
        (["demo", "--broker", "kafka", "--bootstrap-servers", "{address}", "--out", "{out}"], "demo"),
    ],
    ids=["source", "sink", "demo"],
)
def test_the_command_line_says_it_in_one_line_without_a_traceback(
    nobody: str, tmp_path: Path, arguments: list[str], who: str
) -> None:
    began = time.monotonic()

    done = rxstream(*[word.format(address=nobody, out=tmp_path) for word in arguments], BOOTSTRAP=nobody)

    assert done.stderr == f"rxstream: {NOBODY_DID.format(who=who, address=nobody)}\n"
    assert (done.returncode, done.stdout) == (1, "")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(("pipeline", "who"), [("source", "from_kafka"), ("sink", "to_kafka")])
def test_the_command_line_names_a_topic_that_does_not_exist(kafka: Kafka, pipeline: str, who: str) -> None:
    done = rxstream("run", f"tests.integration._jobs.pipelines:{pipeline}", BOOTSTRAP=kafka.bootstrap, TOPIC="QQQ")

    assert done.stderr == (
        f"rxstream: {who}: the topic must exist; {kafka.bootstrap} has none named 'QQQ'. "
        "Create it, or correct the name.\n"
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_the_command_line_runs_a_pipeline_that_can_be_run(kafka: Kafka, topic: TopicFactory) -> None:
    name = topic()

    done = rxstream("run", "tests.integration._jobs.pipelines:sink", BOOTSTRAP=kafka.bootstrap, TOPIC=name)

    assert (done.returncode, done.stderr) == (0, "")
    assert read_values(kafka.bootstrap, name) == [b"1"]


def refused_reading(**options: Any) -> str:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_kafka("orders", bootstrap_servers="localhost:9092", **options)
    return str(caught.value)


def refused_writing(**options: Any) -> str:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.to_kafka("orders", bootstrap_servers="localhost:9092", **options)
    return str(caught.value)


def test_an_option_that_the_client_does_not_know_is_named_with_the_nearest() -> None:
    assert refused_reading(extra={"fetch_max_wait": 10}) == (
        "from_kafka: extra must be options of the client; got 'fetch_max_wait'. Did you mean 'fetch_max_wait_ms'?"
    )
    assert refused_writing(extra={"linger": 10}) == (
        "to_kafka: extra must be options of the client; got 'linger'. Did you mean 'linger_ms'?"
    )


def test_an_option_that_would_break_delivery_is_refused() -> None:
    assert refused_reading(extra={"enable_auto_commit": True}) == (
        "from_kafka: extra must leave enable_auto_commit to rxstream, which needs it to lose nothing; got True. "
        "Leave it out."
    )
    assert refused_writing(extra={"acks": 0}) == (
        "to_kafka: extra must leave acks to rxstream, which needs it to lose nothing; got 0. Leave it out."
    )


@pytest.mark.parametrize("name", ["start", "stop"])
def test_an_instant_without_a_zone_is_refused(name: str) -> None:
    assert refused_reading(**{name: datetime(2026, 1, 1)}) == (
        f"from_kafka: {name} must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance datetime(2026, 1, 1, tzinfo=UTC)."
    )


def test_a_misspelt_choice_names_the_nearest() -> None:
    assert refused_reading(start="erliest") == (
        "from_kafka: start must be one of 'committed', 'earliest', 'latest'; got 'erliest'. Did you mean 'earliest'?"
    )
    assert refused_reading(stop="ends") == "from_kafka: stop must be one of 'end'; got 'ends'. Did you mean 'end'?"
    assert refused_reading(auto_offset_reset="last") == (
        "from_kafka: auto_offset_reset must be one of 'earliest', 'latest'; got 'last'. Did you mean 'latest'?"
    )
    assert refused_writing(codec="jsn") == (
        "to_kafka: codec must be one of 'bytes', 'str', 'json', 'msgpack'; got 'jsn'. Did you mean 'json'?"
    )


def test_a_start_that_is_nothing_like_a_position_is_refused() -> None:
    refused = [refused_reading(start=wrong) for wrong in (5, {0: "first"}, {"0": 5}, {0: -1})]

    assert all(sentence.startswith("from_kafka: start must be ") for sentence in refused)


def test_topics_must_be_named() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_kafka(bootstrap_servers="localhost:9092")

    assert str(caught.value) == "from_kafka: topics must be names or compiled patterns; got (). Give at least one."


def test_a_file_that_would_begin_anew_is_refused_behind_a_group(tmp_path: Path) -> None:
    records = rs.from_kafka("orders", bootstrap_servers="localhost:9092", group_id="billing")

    with pytest.raises(rs.ConfigurationError) as caught:
        records.to(rs.to_file(tmp_path / "orders.jsonl", append=False))

    assert str(caught.value) == (
        "to_file: behind from_kafka the file must go on where it ended, as what was handled does not come again; "
        "got append=False. Leave it out."
    )


def test_a_file_may_begin_anew_where_nothing_is_committed(tmp_path: Path) -> None:
    records = rs.from_kafka("orders", bootstrap_servers="localhost:9092")

    made = records.to(rs.to_file(tmp_path / "orders.jsonl", append=False))

    assert isinstance(made, rs.Pipeline)


def test_an_operator_that_may_keep_records_unseen_is_refused_behind_a_group() -> None:
    records = rs.from_kafka("orders", bootstrap_servers="localhost:9092", group_id="billing")

    with pytest.raises(rs.UntrackedOperatorError) as caught:
        records.pipe(reactivex.operators.take_last(1)).to(rs.to_list())

    assert str(caught.value) == (
        "reactivex's take_last: behind from_kafka every operator must say what becomes of each record; this one may "
        "keep or drop them unseen. Use one of rxstream's operators."
    )


def test_an_operator_of_ones_own_is_refused_behind_a_group() -> None:
    def my_own(source: reactivex.Observable[bytes]) -> reactivex.Observable[bytes]:
        return reactivex.create(lambda observer, scheduler: source.subscribe(observer, scheduler=scheduler))

    records = rs.from_kafka("orders", bootstrap_servers="localhost:9092", group_id="billing")

    with pytest.raises(rs.UntrackedOperatorError) as caught:
        records.pipe(my_own).to(rs.to_list())

    assert str(caught.value) == (
        "my_own: behind from_kafka every operator must say what becomes of each record; this one may keep or drop "
        "them unseen. Use one of rxstream's operators."
    )


def test_operators_of_reactivex_that_answer_at_once_are_taken_behind_a_group(kafka: Kafka, topic: TopicFactory) -> None:
    records = rs.from_kafka(topic(), bootstrap_servers=kafka.bootstrap, group_id="answers", stop="end")

    assert rs.collect(records.pipe(reactivex.operators.map(len), ops.filter(bool))) == []


@contextmanager
def somebody_silent() -> Iterator[str]:
    with socket.create_server((LOOPBACK, 0)) as listener:
        yield f"{LOOPBACK}:{listener.getsockname()[1]}"


def rxstream(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rxstream", *arguments],
        cwd=Path(__file__).parents[2],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
