"""``rxstream demo``: a year of flights in event time, from files or through a broker, with the same pipelines."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from rxstream.cli._demo_amqp import run_amqp
from rxstream.cli._demo_kafka import run_kafka
from rxstream.cli._demo_run import LETTERS, WRITTEN, Tables, run_file, say
from rxstream.cli._flights_files import prepared
from rxstream.runtime import Report

#: By the broker's name: what runs it there, and where that broker usually answers.
_BROKERS: Final = {
    "kafka": (run_kafka, "localhost:9092"),
    "amqp": (run_amqp, "amqp://guest:guest@localhost:5672/"),
}


def add_to(commands: Any, debug: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo",
        help="replay a year of flights",
        description=(
            "Replay the 336 776 flights that left New York in 2013 beside the hourly weather of its airports. Written "
            "are the mean delay per airport and hour, and per airport, day and visibility (that of the latest "
            "observation up to the scheduled departure, at most three hours old), and the number of cancelled flights "
            "per airport and day. Days are UTC. Example: rxstream demo --out results"
        ),
        parents=[debug],
    )
    parser.add_argument("--broker", choices=_BROKERS, help="load the data into this broker and replay them from there")
    parser.add_argument(
        "--bootstrap-servers",
        metavar="ADDRESS",
        help="where it answers: " + ", or ".join(address for _, address in _BROKERS.values()),
    )
    parser.add_argument(
        "--out", type=Path, default=Path("demo-out"), metavar="DIR", help="where files go (%(default)s)"
    )
    parser.set_defaults(command=_demo)


def _demo(given: argparse.Namespace) -> int:
    given.out.mkdir(parents=True, exist_ok=True)
    if given.broker is None:
        tables, report = run_file(given.out, prepared())
    else:
        run_there, usual = _BROKERS[given.broker]
        tables, report = run_there(given.out, prepared(), given.bootstrap_servers or usual)
    if sys.stderr.isatty():
        # Apart from the live view, whose last lines stay.
        say("")
    print(_shown(tables, report, given.out))  # noqa: T201 - what the command is for
    return 1 if report.unsettled else 0


def _shown(tables: Tables, report: Report, out: Path) -> str:
    files = [*WRITTEN.items(), (LETTERS, "the rows of cancelled flights, and what failed")]
    written = "\n".join(f"  {name + '.jsonl':<22}{what}" for name, what in files)
    return (
        f"The worst hours of the year:\n\n{tables.worst}\n\n"
        f"The delays of the year by visibility:\n\n{tables.by_visibility}\n\n"
        f"{report}\n\nwritten to {out}:\n{written}"
    )
