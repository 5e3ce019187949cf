"""The demo's pipelines on a few flights, compared with the same worked out by hand."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.cli._demo_run import Tables, pipelines
from rxstream.cli._demo_tables import ByVisibility, Worst
from rxstream.cli._flights import (
    DISORDER,
    cancelled_by_day,
    delays_by_visibility,
    has_left,
    scheduled,
    visibility,
)
from rxstream.cli._flights_files import flights_of, weather_of
from tests.reference import weather_by_hand

Row = dict[str, str]
MIDNIGHT = datetime(2013, 3, 10, tzinfo=UTC)


class Rows:
    """Rows, and how often they were read."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows
        self.readings = 0

    def __iter__(self) -> Iterator[Row]:
        self.readings += 1
        return iter(self._rows)


def flight(minute: int, delay: str = "0", origin: str = "JFK") -> Row:
    """A flight that should have left so many minutes after midnight."""
    hour, rest = divmod(minute, 60)
    stamp = (MIDNIGHT + timedelta(hours=hour)).isoformat()
    return {"origin": origin, "time_hour": stamp, "minute": str(rest), "dep_delay": delay}


def observation(minute: int, visib: str, origin: str = "JFK") -> Row:
    """What was observed so many minutes after midnight."""
    return {"origin": origin, "time_hour": (MIDNIGHT + timedelta(minutes=minute)).isoformat(), "visib": visib}


def by_visibility(flights: list[Row], weather: list[Row]) -> list[dict[str, Any]]:
    """What the pipeline makes of them."""
    departures, _ = history(flights).split(has_left)
    observed = rs.from_history(weather, time="time_hour", key="origin")
    return rs.collect(delays_by_visibility(departures, observed))


def history(flights: Iterable[Row]) -> rs.Stream[Row]:
    return rs.from_history(flights, time=scheduled, key="origin", disorder=DISORDER)


def classes(flights: list[Row], weather: list[Row]) -> list[str]:
    return [line["visibility"] for line in by_visibility(flights, weather)]


@pytest.mark.parametrize(
    ("visib", "expected"),
    [
        ("0", "<1"),
        ("0.99", "<1"),
        ("1", "1-5"),
        ("5", "1-5"),
        ("5.01", ">5"),
        ("10", ">5"),
        ("NA", "unknown"),
        ("", "unknown"),
        ("NaN", "unknown"),
    ],
)
def test_1_and_5_miles_are_in_the_class_between(visib: str, expected: str) -> None:
    assert visibility({"visib": visib}) == expected


def test_an_observation_counts_from_its_instant_for_three_hours() -> None:
    flights = [flight(59), flight(60), flight(240), flight(241)]

    assert [classes([one], [observation(60, "2")]) for one in flights] == [["unknown"], ["1-5"], ["1-5"], ["unknown"]]


def test_the_latest_observation_counts_though_it_does_not_say() -> None:
    assert classes([flight(61)], [observation(0, "10"), observation(60, "NA")]) == ["unknown"]


def test_of_two_observations_of_one_instant_the_last_one_counts() -> None:
    assert classes([flight(60), flight(61)], [observation(60, "10"), observation(60, "0.5")]) == ["<1"]


def test_another_airports_weather_does_not_count() -> None:
    assert classes([flight(60)], [observation(60, "10", "LGA")]) == ["unknown"]


def test_a_day_goes_by_the_scheduled_departure_up_to_midnight_in_utc() -> None:
    flights = [flight(0), flight(1439, "90"), flight(1440)]

    assert [(line["day"], line["flights"], line["mean_delay"]) for line in by_visibility(flights, [])] == [
        ("2013-03-10", 2, 45.0),
        ("2013-03-11", 1, 0.0),
    ]


def test_lines_are_sorted_whatever_the_order_of_the_flights() -> None:
    flights = [flight(65, origin="LGA"), flight(5, origin="LGA"), flight(5), flight(65)]
    weather = [observation(0, "10"), observation(0, "10", "LGA"), observation(60, "1"), observation(60, "1", "LGA")]

    lines = [(line["origin"], line["visibility"]) for line in by_visibility(flights, weather)]

    assert lines == [("JFK", "1-5"), ("JFK", ">5"), ("LGA", "1-5"), ("LGA", ">5")]


def test_a_day_without_cancelled_flights_has_no_line() -> None:
    _, cancelled = history([flight(5), flight(9, "NA"), flight(7, ""), flight(2000)]).split(has_left)

    assert rs.collect(cancelled_by_day(cancelled)) == [{"origin": "JFK", "day": "2013-03-10", "cancelled": 2}]


def test_the_lines_carry_their_airport_as_key() -> None:
    departures, _ = history([flight(5), flight(5, origin="LGA")]).split(has_left)
    lines = delays_by_visibility(departures, rs.from_history([])).pipe(ops.events())

    assert [event.key for event in rs.collect(lines)] == ["JFK", "LGA"]


def test_the_flights_are_read_once_for_all_that_is_made_of_them(tmp_path: Path) -> None:
    rows = Rows([flight(5), flight(9, "NA")])
    tables = Tables(Worst(10), ByVisibility())

    report = rs.run(*pipelines(history(rows), rs.from_history([]), out=tmp_path, tables=tables))

    assert rows.readings == 1
    assert [(entry.name, entry.emitted) for entry in report.pipelines] == [
        ("delays", 1),
        ("weather_delays", 1),
        ("cancelled", 1),
    ]


def test_the_histories_are_those_of_files(tmp_path: Path) -> None:
    (tmp_path / "flights.csv").write_text(
        "origin,time_hour,minute\nJFK,2013-03-10T11:00:00Z,5\nLGA,2013-03-10T10:00:00Z,0\n"
    )
    (tmp_path / "weather.csv").write_text("origin,time_hour\nEWR,2013-03-10T10:00:00Z\n")
    both = [flights_of(tmp_path / "flights.csv"), weather_of(tmp_path / "weather.csv")]
    events = [rs.collect(stream.pipe(ops.events())) for stream in both]

    assert [[(event.key, str(event.timestamp)[11:16]) for event in found] for found in events] == [
        [("JFK", "11:05"), ("LGA", "10:00")],
        [("EWR", "10:00")],
    ]


# Whatever the data


AIRPORTS = st.sampled_from(["EWR", "JFK", "LGA"])
DELAYS = st.sampled_from(["-7", "0", "3", "400", "NA", ""])
VISIBS = st.sampled_from(["0", "0.99", "1", "2.5", "5", "5.5", "10", "NA", "", "NaN"])
#: Minutes; an hour may be missing, or come twice.
WEATHER = st.lists(st.builds(observation, st.integers(0, 60).map(lambda n: 60 * n), VISIBS, AIRPORTS), max_size=40)
#: Some leave up to 23 hours after they should have.
FLIGHTS = st.lists(
    st.tuples(st.integers(0, 1380), st.builds(flight, st.integers(0, 3600), DELAYS, AIRPORTS)), max_size=40
)


def as_they_left(flights: list[tuple[int, Row]]) -> list[Row]:
    return [row for _, row in sorted(flights, key=lambda pair: scheduled(pair[1]) + timedelta(minutes=pair[0]))]


def in_time_order(weather: list[Row]) -> list[Row]:
    return sorted(weather, key=lambda row: datetime.fromisoformat(row["time_hour"]))


@given(FLIGHTS, WEATHER)
def test_the_delays_by_visibility_are_those_worked_out_by_hand(flights: list[Any], weather: list[Row]) -> None:
    left = as_they_left(flights)

    assert by_visibility(left, in_time_order(weather)) == weather_by_hand.delays_by_visibility(left, weather)


@given(FLIGHTS)
def test_the_cancelled_flights_are_those_counted_by_hand(flights: list[Any]) -> None:
    left = as_they_left(flights)
    _, cancelled = history(left).split(has_left)

    assert rs.collect(cancelled_by_day(cancelled)) == weather_by_hand.cancelled_by_day(left)
