"""The demo gives the same files from files and through Kafka."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rxstream.cli._demo_kafka import run_kafka
from rxstream.cli._demo_run import run_file
from rxstream.cli._flights_files import Prepared
from tests.brokers.kafka import Kafka
from tests.integration._jobs.topics import read_values
from tests.reference.flights_by_hand import write_lines
from tests.reference.weather_by_hand import delays_by_visibility, rows_of

OUTPUTS = ("delays", "weather_delays", "cancelled")
FILES = {f"{name}.jsonl" for name in (*OUTPUTS, "dead_letters")}

#: The one of 23:50 left after those of the next day; the one of 03:01 has no weather that is fresh.
FLIGHTS = """origin,time_hour,minute,dep_delay
JFK,2013-03-10T23:00:00Z,10,5
LGA,2013-03-11T00:00:00Z,0,NA
JFK,2013-03-11T00:00:00Z,0,7
LGA,2013-03-11T00:00:00Z,0,-3
JFK,2013-03-10T23:00:00Z,50,95
JFK,2013-03-11T03:00:00Z,1,0
"""
#: Two of one instant, one that does not say, and one that comes after the last flight.
WEATHER = """origin,time_hour,visib
JFK,2013-03-10T23:00:00Z,10
LGA,2013-03-10T23:00:00Z,5
LGA,2013-03-11T00:00:00Z,NA
JFK,2013-03-11T00:00:00Z,10
JFK,2013-03-11T00:00:00Z,0.5
LGA,2013-03-11T09:00:00Z,1
"""


@pytest.fixture(scope="module")
def from_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("from-files")
    demo("--out", str(out))
    return out


def test_the_demo_leaves_the_same_files_through_kafka_and_the_same_lines_in_topics(
    kafka: Kafka, from_files: Path, tmp_path: Path
) -> None:
    told = demo("--broker", "kafka", "--bootstrap-servers", kafka.bootstrap, "--out", str(tmp_path)).stderr

    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert [name for name in FILES if (tmp_path / name).read_bytes() != (from_files / name).read_bytes()] == []
    topics = dict(re.findall(r"topic ((\w+)-[0-9a-f]{8})", told.partition("replaying")[2]))
    lines = {name: sorted(map(as_written, read_values(kafka.bootstrap, topic))) for topic, name in topics.items()}
    assert lines == {name: sorted((from_files / f"{name}.jsonl").read_bytes().splitlines()) for name in OUTPUTS}


def test_what_is_odd_in_the_weather_gives_the_same_files_too(kafka: Kafka, tmp_path: Path) -> None:
    files = Prepared(tmp_path / "flights.csv", tmp_path / "weather.csv")
    files.flights.write_text(FLIGHTS)
    files.weather.write_text(WEATHER)
    outs = [tmp_path / name for name in ("by-hand", "from-files", "through-kafka")]
    for out in outs:
        out.mkdir()

    write_lines(delays_by_visibility(rows_of(files.flights), rows_of(files.weather)), outs[0] / "weather_delays.jsonl")
    run_file(outs[1], files)
    run_kafka(outs[2], files, kafka.bootstrap)

    made = [{name: (out / name).read_bytes() for name in FILES} for out in outs[1:]]
    assert made[0] == made[1]
    assert made[0]["weather_delays.jsonl"] == (outs[0] / "weather_delays.jsonl").read_bytes()


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rxstream", "demo", *arguments],
        cwd=Path(__file__).parents[2],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def as_written(value: bytes) -> bytes:
    """A record's JSON with the blanks that a file's lines have."""
    return json.dumps(json.loads(value), ensure_ascii=False).encode()
