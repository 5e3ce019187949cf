"""Sinks that fail, hang or are full behind a real Kafka: the handler decides, and nothing is committed early."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.kafka import Kafka, TopicFactory
from tests.integration._jobs.going import going
from tests.integration._jobs.topics import Sent, committed, eventually, numbered, read, write

COUNT = 3_000
VALUES = numbered(COUNT)


class Store:
    """A sink of the user's own.

    Args:
        down: Seconds, from the first write on, in which every write fails.
        hangs: Whether no write ever ends.
    """

    def __init__(self, *, down: float = 0.0, hangs: bool = False) -> None:
        self.items: list[bytes] = []
        self._down = down
        self._hangs = hangs
        self._first: float | None = None

    async def open(self) -> None:
        """Nothing to get ready."""

    async def write(self, batch: Any) -> None:
        """Store the values, unless it is down."""
        if self._hangs:
            await asyncio.Event().wait()
        self._first = self._first or time.monotonic()
        if time.monotonic() < self._first + self._down:
            raise ConnectionError("the store is down")
        self.items += batch

    async def close(self) -> None:
        """Nothing to let go of."""


def records(kafka: Kafka, name: str, **options: Any) -> rs.Stream[Any]:
    """The topic's records, up to its end, committed often."""
    options = {"group_id": name, "stop": "end", "commit_interval": 0.05, **options}
    return rs.from_kafka(name, bootstrap_servers=kafka.bootstrap, **options)


def loaded(kafka: Kafka, topic: TopicFactory) -> str:
    """A topic of keyed records."""
    name = topic()
    write(kafka.bootstrap, name, [Sent(value, key=value[:5]) for value in VALUES])
    return name


def test_a_sink_that_is_down_for_five_seconds_gets_everything_and_in_order(kafka: Kafka, topic: TopicFactory) -> None:
    name, store, early = loaded(kafka, topic), Store(down=5.0), []
    handler = rs.handlers.retry(20, delay=0.2, max_delay=1.0, on=ConnectionError)
    stream = records(kafka, name, stop=None)

    with going(stream.to(store, on_error=handler)):
        for _ in range(3):
            at = committed(kafka.bootstrap, name).get(0, 0)
            early.append(at > len(store.items))
        done = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: COUNT})

    assert (early, done, len(store.items)) == ([False] * 3, {0: COUNT}, COUNT)
    assert sorted(store.items, key=lambda value: value[:5]) == VALUES


def test_behind_a_sink_that_hangs_the_source_pauses_and_nothing_is_committed(kafka: Kafka, topic: TopicFactory) -> None:
    name, read_so_far = loaded(kafka, topic), rs.to_list()
    pipeline = (
        records(kafka, name, stop=None, max_in_flight=1_000)
        .pipe(ops.observe(read_so_far.on_next))
        .to(Store(hangs=True))
    )

    with going(pipeline, shutdown=0.2) as run:
        eventually(lambda: len(read_so_far.items), lambda found: found >= 500)
        said = eventually(pipeline.why_stuck, lambda line: "Store" in line)
    assert run.report is not None

    assert len(read_so_far.items) <= 1_000
    assert f"{name}[0] at 0, key b'00000'" in said
    assert (run.report.unsettled, committed(kafka.bootstrap, name).get(0, 0)) == (len(read_so_far.items), 0)


def test_what_a_sink_refuses_goes_to_the_dead_letters_and_the_rest_arrives(kafka: Kafka, topic: TopicFactory) -> None:
    name, letters, stored = loaded(kafka, topic), topic(), []

    def store(value: bytes) -> None:
        if int(value[:6]) % 3 == 0:
            raise ValueError("every third")
        stored.append(value)

    handler = rs.handlers.dead_letter(rs.to_kafka(letters, bootstrap_servers=kafka.bootstrap))
    rs.run(records(kafka, name).to(store, on_error=handler))

    thirds = VALUES[::3]
    assert [letter.value for letter in read(kafka.bootstrap, letters)] == thirds
    assert stored == [value for value in VALUES if value not in set(thirds)]
    assert committed(kafka.bootstrap, name) == {0: COUNT}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for some of the records only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if subprocess.run(mounting, check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["/usr/bin/umount", str(folder)], check=True)


def test_on_a_full_disk_the_run_ends_and_no_more_is_committed_than_the_file_holds(
    kafka: Kafka, topic: TopicFactory, small_disk: Path
) -> None:
    name, target = loaded(kafka, topic), small_disk / "copy.txt"

    with pytest.raises(rs.DeliveryError, match="No space left on device"):
        rs.run(records(kafka, name).to(rs.to_file(target, format="lines")))

    lines = target.read_bytes().splitlines()
    assert 0 < len(lines) < COUNT
    assert lines == VALUES[: len(lines)]
    assert committed(kafka.bootstrap, name).get(0, 0) <= len(lines)


def test_when_the_disk_has_room_again_the_rest_is_written(kafka: Kafka, topic: TopicFactory, small_disk: Path) -> None:
    name, target = loaded(kafka, topic), small_disk / "copy.txt"
    handler = rs.handlers.retry(100, delay=0.1, max_delay=0.1, on=rs.DeliveryError)

    with going(records(kafka, name, stop=None).to(rs.to_file(target, format="lines"), on_error=handler)):
        eventually(lambda: target.exists() and target.stat().st_size, lambda size: size > 100_000)
        subprocess.run(["/usr/bin/mount", "-o", "remount,size=8m", str(small_disk)], check=True)
        done = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: COUNT})

    lines = target.read_bytes().splitlines()
    assert (done, len(lines)) == ({0: COUNT}, COUNT)
    assert sorted(lines, key=lambda value: value[:5]) == VALUES


def test_a_row_that_the_database_refuses_goes_to_the_handler_and_the_rest_is_stored(
    kafka: Kafka, topic: TopicFactory, tmp_path: Path
) -> None:
    import sqlite3

    name, database, refused = loaded(kafka, topic), tmp_path / "store.db", []
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE numbers (number INTEGER CHECK (number % 1000 <> 7))")
    rows = records(kafka, name).pipe(ops.map(lambda value: {"number": int(value[:6])}))
    rs.run(rows.to(rs.to_sql(f"sqlite:///{database}", "numbers"), on_error=lambda event, _error: refused.append(event)))

    with sqlite3.connect(database) as connection:
        stored = [number for (number,) in connection.execute("SELECT number FROM numbers ORDER BY rowid")]
    assert [event.value for event in refused] == [VALUES[7], VALUES[1007], VALUES[2007]]
    assert stored == [number for number in range(COUNT) if number % 1000 != 7]
    assert committed(kafka.bootstrap, name) == {0: COUNT}
