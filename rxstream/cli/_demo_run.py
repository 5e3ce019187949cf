"""All that the demo makes of the flights and the weather, wherever they are read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import rxstream as rs
from rxstream import operators as ops
from rxstream.cli._demo_tables import ByVisibility, Worst
from rxstream.cli._flights import Row, cancelled_by_day, delays_by_visibility, has_left, hourly_delays
from rxstream.cli._flights_files import Prepared, flights_of, weather_of

#: What is read.
READ: Final = ("flights", "weather")
#: What is written, and what that is.
WRITTEN: Final = {
    "delays": "mean delay per airport and hour",
    "weather_delays": "mean delay per airport, day and visibility",
    "cancelled": "cancelled flights per airport and day",
}
LETTERS: Final = "dead_letters"

_SHOWN: Final = 10


class Tables(NamedTuple):
    """What is shown."""

    worst: Worst
    by_visibility: ByVisibility


def empty_tables() -> Tables:
    """The tables before anything has come."""
    return Tables(Worst(_SHOWN), ByVisibility())


def run_file(out: Path, files: Prepared) -> tuple[Tables, rs.Report]:
    """Replay the flights and the weather from their files into files."""
    tables = empty_tables()
    flights, weather = flights_of(files.flights), weather_of(files.weather)
    return tables, rs.run(*pipelines(flights, weather, out=out, tables=tables))


def load(files: Prepared, sink: Callable[[str], Any]) -> rs.Report:
    """Send the rows to a broker: ``sink`` makes one, of the name of what is read."""
    flights = flights_of(files.flights).pipe(ops.events(), ops.map(with_provenance), ops.values())
    weather = weather_of(files.weather)
    return rs.run(flights.to(sink("flights"), name="flights"), weather.to(sink("weather"), name="weather"))


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

    letters = rs.handlers.dead_letter(rs.to_file(out / f"{LETTERS}.jsonl"))
    departures, cancelled = flights.split(has_left)
    return [
        hourly_delays(flights).to(*sinks("delays"), tables.worst.add, on_error=letters, name="delays"),
        delays_by_visibility(departures, weather).to(
            *sinks("weather_delays"), tables.by_visibility.add, name="weather_delays"
        ),
        cancelled_by_day(cancelled).to(*sinks("cancelled"), name="cancelled"),
    ]


def say(line: str) -> None:
    """Tell whoever waits what is being done."""
    sys.stderr.write(f"{line}\n")
