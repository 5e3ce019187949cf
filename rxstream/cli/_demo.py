"""``rxstream demo``: a year of flights in event time, from a file or through Kafka, with the same pipeline."""

from __future__ import annotations

import argparse
import asyncio
import heapq
import sys
import uuid
from pathlib import Path
from typing import Any, Final

import rxstream as rs
from rxstream import operators as ops
from rxstream.cli._flights import DISORDER, hourly_delays, prepared, rows_of_file, scheduled

_BROKERS: Final = ("kafka",)
_SHOWN: Final = 10


def add_to(commands: Any, debug: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo",
        help="replay a year of flights",
        description=(
            "Replay the 336 776 flights that left New York in 2013, and write the mean delay per airport and hour. "
            "Example: rxstream demo --out results"
        ),
        parents=[debug],
    )
    parser.add_argument(
        "--broker", choices=_BROKERS, help="load the flights into this broker and replay them from there"
    )
    parser.add_argument("--bootstrap-servers", default="localhost:9092", help="where Kafka answers (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("demo-out"), metavar="DIR", help="where files go (%(default)s)"
    )
    parser.set_defaults(command=_demo)


def _demo(given: argparse.Namespace) -> int:
    given.out.mkdir(parents=True, exist_ok=True)
    if given.broker == "kafka":
        worst, report = run_kafka(given.out, prepared(), given.bootstrap_servers)
    else:
        worst, report = run_file(given.out, prepared())
    print(_shown(worst, report, given.out))  # noqa: T201 - what the command is for
    return 1 if report.unsettled else 0


def run_file(out: Path, flights: Path) -> tuple[Worst, rs.Report]:
    """Replay the flights from their file into files."""
    worst = Worst(_SHOWN)
    return worst, rs.run(_pipeline(rows_of_file(flights), out, worst), progress=True)


def run_kafka(out: Path, flights: Path, bootstrap: str) -> tuple[Worst, rs.Report]:
    """Load the flights into a topic, and replay them from there into another topic and files.

    Raises:
        ConnectError: If no broker answers.
    """
    run = uuid.uuid4().hex[:8]
    rows, delays = f"flights-{run}", f"delays-{run}"
    asyncio.run(_create_topics(bootstrap, rows, delays))
    _say(f"loading {flights.name} into topic {rows} at {bootstrap}")
    loaded = rows_of_file(flights).pipe(ops.events(), ops.map(with_provenance), ops.values())
    rs.run(loaded.to(rs.to_kafka(rows, bootstrap_servers=bootstrap, codec="json"), name="load"), progress=True)
    _say(f"replaying topic {rows} into topic {delays}")
    worst = Worst(_SHOWN)
    records = rs.from_kafka(rows, bootstrap_servers=bootstrap, codec="json", key_codec="str", stop="end")
    dated = records.pipe(ops.event_time(scheduled, disorder=DISORDER))
    sink = rs.to_kafka(delays, bootstrap_servers=bootstrap, codec="json")
    return worst, rs.run(_pipeline(dated, out, worst, sink), progress=True)


def with_provenance(event: rs.Event[Any]) -> rs.Event[Any]:
    """Note in its headers in which line of the file a row stood, so that a dead letter can still say so."""
    assert event.origin is not None  # noqa: S101 - rows of a file have one
    where = (("rx-source", event.origin.source.encode()), ("rx-offset", str(event.origin.offset).encode()))
    return event.replace(headers=where)


def _pipeline(rows: rs.Stream[Any], out: Path, worst: Worst, *sinks: Any) -> rs.Pipeline:
    return hourly_delays(rows).to(
        rs.to_file(out / "delays.jsonl"),
        worst.add,
        *sinks,
        on_error=rs.handlers.dead_letter(rs.to_file(out / "dead_letters.jsonl")),
        name="delays",
    )


async def _create_topics(bootstrap: str, *names: str) -> None:
    from rxstream.drivers.kafka import create_topic, require_aiokafka

    require_aiokafka("demo")
    for name in names:
        # One partition keeps the file's order. The rows are of 2013: a time limit would delete them at once.
        await create_topic("demo", bootstrap, name, partitions=1, configs={"retention.ms": "-1"})


class Worst:
    """The hours with the greatest mean delay, of airports and hours with a fair number of flights."""

    _FEWEST = 5

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._heap: list[tuple[float, str, str, int]] = []

    def add(self, hour: dict[str, Any]) -> None:
        """Look at one airport and hour."""
        if hour["flights"] >= self._FEWEST:
            entry = (hour["mean_delay"], hour["start"].isoformat(), hour["origin"], hour["flights"])
            (heapq.heappush if len(self._heap) < self._kept else heapq.heappushpop)(self._heap, entry)

    def __str__(self) -> str:
        lines = [f"{'airport':<9}{'hour (UTC)':<19}{'flights':>7}{'mean delay':>13}"]
        for delay, start, origin, flights in sorted(self._heap, reverse=True):
            lines.append(f"{origin:<9}{start[:16].replace('T', ' '):<19}{flights:>7}{delay:>9.1f} min")
        return "\n".join(lines)


def _shown(worst: Worst, report: rs.Report, out: Path) -> str:
    written = f"written: {out / 'delays.jsonl'}, {out / 'dead_letters.jsonl'}"
    return f"The worst hours of the year:\n\n{worst}\n\n{report}\n\n{written}"


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
