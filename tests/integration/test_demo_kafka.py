"""The demo gives the same files from a file and through Kafka."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.brokers.kafka import Kafka
from tests.integration._jobs.topics import read_values

FILES = ("delays.jsonl", "dead_letters.jsonl")


@pytest.fixture(scope="module")
def from_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("from-file")
    demo("--out", str(out))
    return out


def test_the_demo_leaves_the_same_files_through_kafka_and_the_same_lines_in_a_topic(
    kafka: Kafka, from_file: Path, tmp_path: Path
) -> None:
    done = demo("--broker", "kafka", "--bootstrap-servers", kafka.bootstrap, "--out", str(tmp_path))

    delays = re.search(r"into topic (delays-\w+)", done.stderr)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    assert [(tmp_path / name).read_bytes() == (from_file / name).read_bytes() for name in FILES] == [True, True]
    assert delays is not None
    lines = [as_written(value) for value in read_values(kafka.bootstrap, delays[1])]
    assert sorted(lines) == sorted((from_file / "delays.jsonl").read_bytes().splitlines())


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
