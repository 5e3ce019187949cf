"""What ``rxstream demo`` looks like: in a terminal of 80 columns, without colours, and in a file."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.runtime.terminals import environ, in_terminal

_FLIGHTS = """origin,time_hour,minute,dep_delay
JFK,2013-03-10T23:00:00Z,10,5
LGA,2013-03-11T00:00:00Z,0,NA
JFK,2013-03-11T03:00:00Z,1,-3
"""
_WEATHER = """origin,time_hour,visib
JFK,2013-03-10T23:00:00Z,10
"""
#: The command on a few flights; each takes a while, so that there is a live view to be seen.
_DEMO = """
import time
from pathlib import Path
from rxstream.cli import _demo, _flights, main
from rxstream.cli._flights_files import Prepared

def slow(row):
    time.sleep(0.3)
    return int(row["dep_delay"])

_demo.prepared = lambda: Prepared(Path("flights.csv"), Path("weather.csv"))
_flights.departure_delay = slow
raise SystemExit(main(["demo"]))
"""
_SHOWN = """The worst hours of the year:

airport  hour (UTC)         flights   mean delay

The delays of the year by visibility:

visibility (miles)          flights   mean delay
above 5                           1      5.0 min
unknown                           1     -3.0 min

pipeline        received  emitted  failed  dead lettered
delays                 3        2       1              1
weather_delays         4        2       0              0
cancelled              3        1       0              0
"""


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_few_flights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flights.csv").write_text(_FLIGHTS)
    (tmp_path / "weather.csv").write_text(_WEATHER)


def test_in_a_terminal_the_tables_stand_below_the_live_view_and_nothing_wraps() -> None:
    seen = in_terminal(_DEMO)

    place = seen.rows.index("The worst hours of the year:")
    assert (seen.code, seen.screen.has_wrapped) == (0, False)
    assert seen.rows[:place][0].split()[0] == "delays"
    assert seen.rows[:place][-2].startswith("completed after ")
    assert seen.rows[:place][-1] == ""
    assert "\n".join(seen.rows[place:]).startswith(_SHOWN)


def test_no_color_is_heard() -> None:
    coloured, plain = in_terminal(_DEMO), in_terminal(_DEMO, variables={"NO_COLOR": "1"})

    assert ("\x1b[31m" in coloured.raw, "\x1b[31m" in plain.raw, "\x1b[1m" in plain.raw) == (True, False, False)


def test_in_a_file_there_is_nothing_but_the_tables() -> None:
    command = [sys.executable, "-c", _DEMO]
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=True)

    assert done.stdout.startswith(_SHOWN)
    assert done.stdout.splitlines()[-5:] == [
        "written to demo-out:",
        "  delays.jsonl          mean delay per airport and hour",
        "  weather_delays.jsonl  mean delay per airport, day and visibility",
        "  cancelled.jsonl       cancelled flights per airport and day",
        "  dead_letters.jsonl    the rows of cancelled flights, and what failed",
    ]
    assert "\x1b" not in done.stdout + done.stderr
