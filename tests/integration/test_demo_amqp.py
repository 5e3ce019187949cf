"""The demo gives the same results from files and through RabbitMQ."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rxstream.cli._demo_amqp import run_amqp
from rxstream.cli._demo_run import run_file
from rxstream.cli._flights_files import Prepared
from tests.brokers.ports import LOOPBACK, free_port
from tests.brokers.rabbitmq import RabbitMQ
from tests.integration._jobs.queues import bodies
from tests.integration.test_demo_kafka import FLIGHTS, OUTPUTS, WEATHER, as_written


@pytest.fixture
def files(tmp_path: Path) -> Prepared:
    """A few flights, and the weather of those days."""
    prepared = Prepared(tmp_path / "flights.csv", tmp_path / "weather.csv")
    prepared.flights.write_text(FLIGHTS)
    prepared.weather.write_text(WEATHER)
    return prepared


def outs(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders for what is written."""
    made = tmp_path / "from-files", tmp_path / "through-rabbitmq"
    for out in made:
        out.mkdir()
    return made


def letters(out: Path) -> list[dict[str, Any]]:
    """The dead letters, without what only messages have."""
    read = [json.loads(line) for line in (out / "dead_letters.jsonl").read_text().splitlines()]
    for letter in read:
        del letter["key"]
        letter["headers"] = {name: said for name, said in letter["headers"].items() if name.startswith("rx-")}
    return read


def test_the_demo_leaves_the_same_results_through_rabbitmq_and_the_same_lines_in_queues(
    rabbitmq: RabbitMQ, tmp_path: Path, files: Prepared, capsys: pytest.CaptureFixture[str]
) -> None:
    by_file, by_broker = outs(tmp_path)

    run_file(by_file, files)
    run_amqp(by_broker, files, rabbitmq.url)

    assert [name for name in OUTPUTS if (by_file / f"{name}.jsonl").read_bytes() != _read(by_broker, name)] == []
    assert letters(by_broker) == letters(by_file)
    queues = dict(re.findall(r"queue ((\w+)-[0-9a-f]{8})", capsys.readouterr().err.partition("reading")[2]))
    lines = {name: sorted(map(as_written, bodies(rabbitmq.url, queue))) for queue, name in queues.items()}
    assert lines == {name: sorted(_read(by_file, name).splitlines()) for name in OUTPUTS}


def test_a_password_is_never_told(
    rabbitmq: RabbitMQ, tmp_path: Path, files: Prepared, capsys: pytest.CaptureFixture[str]
) -> None:
    run_amqp(outs(tmp_path)[1], files, rabbitmq.url)
    told = capsys.readouterr().err

    assert "guest" not in told
    assert f"at {LOOPBACK}:" in told


def test_without_a_broker_it_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    place = f"{LOOPBACK}:{free_port()}"
    command = [sys.executable, "-m", "rxstream", "demo", "--broker", "amqp", "--out", str(tmp_path)]
    ran = subprocess.run(
        [*command, "--bootstrap-servers", f"amqp://guest:secret@{place}/"], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (
        1,
        "",
        f"rxstream: demo: a RabbitMQ broker must answer at {place}; none did. Start it, or correct url.\n",
    )


def _read(out: Path, name: str) -> bytes:
    return (out / f"{name}.jsonl").read_bytes()
