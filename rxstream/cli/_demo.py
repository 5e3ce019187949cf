"""``rxstream demo``: a year of flights in event time, from files or through Kafka, with the same pipelines."""

from __future__ import annotations

import argparse
import asyncio
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import rxstream as rs
from rxstream import operators as ops
from rxstream.cli._demo_tables import ByVisibility, Worst
from rxstream.cli._flights import (
    DISORDER,
    Row,
    cancelled_by_day,
    delays_by_visibility,
    has_left,
    hourly_delays,
    scheduled,
)
from rxstream.cli._flights_files import Prepared, flights_of, prepared, weather_of

_BROKERS: Final = ("kafka",)
_SHOWN: Final = 10
_READ: Final = ("flights", "weather")
#: What is written, and what that is.
_WRITTEN: Final = {
    "delays": "mean delay per airport and hour",
    "weather_delays": "mean delay per airport, day and visibility",
    "cancelled": "cancelled flights per airport and day",
}
_LETTERS: Final = "dead_letters"


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
    parser.add_argument("--bootstrap-servers", default="localhost:9092", help="where Kafka answers (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("demo-out"), metavar="DIR", help="where files go (%(default)s)"
    )
    parser.set_defaults(command=_demo)


def _demo(given: argparse.Namespace) -> int:
    given.out.mkdir(parents=True, exist_ok=True)
    if given.broker == "kafka":
        tables, report = run_kafka(given.out, prepared(), given.bootstrap_servers)
    else:
        tables, report = run_file(given.out, prepared())
    print(_shown(tables, report, given.out))  # noqa: T201 - what the command is for
    return 1 if report.unsettled else 0


class Tables(NamedTuple):
    """What is shown."""

    worst: Worst
    by_visibility: ByVisibility


def run_file(out: Path, files: Prepared) -> tuple[Tables, rs.Report]:
    """Replay the flights and the weather from their files into files."""
    tables = Tables(Worst(_SHOWN), ByVisibility())
    flights, weather = flights_of(files.flights), weather_of(files.weather)
    return tables, rs.run(*pipelines(flights, weather, out=out, tables=tables))


def run_kafka(out: Path, files: Prepared, bootstrap: str) -> tuple[Tables, rs.Report]:
    """Load the flights and the weather into topics, and replay them from there into other topics and files.

    Raises:
        ConnectError: If no broker answers.
    """
    run = uuid.uuid4().hex[:8]
    topics = {name: f"{name}-{run}" for name in (*_READ, *_WRITTEN)}

    def sink(name: str) -> Any:
        return rs.to_kafka(topics[name], bootstrap_servers=bootstrap, codec="json")

    def records(name: str) -> rs.Stream[Row]:
        return rs.from_kafka(topics[name], bootstrap_servers=bootstrap, codec="json", key_codec="str", stop="end")

    asyncio.run(_create_topics(bootstrap, *topics.values()))
    for name, path in zip(_READ, files, strict=True):
        _say(f"loading {path.name} into topic {topics[name]} at {bootstrap}")
    _load(files, sink)
    _say(f"replaying them into {', '.join(f'topic {topics[name]}' for name in _WRITTEN)}")
    tables = Tables(Worst(_SHOWN), ByVisibility())
    flights = records("flights").pipe(ops.event_time(scheduled, disorder=DISORDER))
    made = pipelines(flights, records("weather"), out=out, tables=tables, also=sink)
    return tables, rs.run(*made)


def _load(files: Prepared, sink: Callable[[str], Any]) -> None:
    flights = flights_of(files.flights).pipe(ops.events(), ops.map(with_provenance), ops.values())
    weather = weather_of(files.weather)
    rs.run(flights.to(sink("flights"), name="flights"), weather.to(sink("weather"), name="weather"))


def with_provenance(event: rs.Event[Any]) -> rs.Event[Any]:
    """Note in its headers in which line of the file a row stood, so that a dead letter can still say so."""
    assert event.origin is not None  # noqa: S101 - rows of a file have one
    where = (("rx-source", event.origin.source.encode()), ("rx-offset", str(event.origin.offset).encode()))
    return event.replace(headers=where)


def pipelines(
    flights: rs.Stream[Row],
    weather: rs.Stream[Row],
    *,
    out: Path,
    tables: Tables,
    also: Callable[[str], Any] | None = None,
) -> list[rs.Pipeline]:
    """All that is made of the flights, which are read once.

    Args:
        flights: Their rows.
        weather: The rows of the observations.
        out: The folder for the files.
        tables: They look at what is written.
        also: Makes another sink, of the name of what is written.
    """

    def sinks(name: str) -> list[Any]:
        file = rs.to_file(out / f"{name}.jsonl")
        return [file] if also is None else [file, also(name)]

    letters = rs.handlers.dead_letter(rs.to_file(out / f"{_LETTERS}.jsonl"))
    departures, cancelled = flights.split(has_left)
    return [
        hourly_delays(flights).to(*sinks("delays"), tables.worst.add, on_error=letters, name="delays"),
        delays_by_visibility(departures, weather).to(
            *sinks("weather_delays"), tables.by_visibility.add, name="weather_delays"
        ),
        cancelled_by_day(cancelled).to(*sinks("cancelled"), name="cancelled"),
    ]


async def _create_topics(bootstrap: str, *names: str) -> None:
    from rxstream.drivers import require_client
    from rxstream.drivers.kafka import create_topic

    require_client("demo", "aiokafka", extra="kafka")
    for name in names:
        # One partition keeps the file's order. The rows are of 2013: a time limit would delete them at once.
        await create_topic("demo", bootstrap, name, partitions=1, configs={"retention.ms": "-1"})


def _shown(tables: Tables, report: rs.Report, out: Path) -> str:
    files = [*_WRITTEN.items(), (_LETTERS, "the rows of cancelled flights, and what failed")]
    written = "\n".join(f"  {name + '.jsonl':<22}{what}" for name, what in files)
    return (
        f"The worst hours of the year:\n\n{tables.worst}\n\n"
        f"The delays of the year by visibility:\n\n{tables.by_visibility}\n\n"
        f"{report}\n\nwritten to {out}:\n{written}"
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
