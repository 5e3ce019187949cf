"""The pipelines that the demo runs over a year of flights and the weather they left in."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import rxstream as rs
from rxstream import operators as ops

#: What a flight's row may be behind a later one: the file is ordered by actual departure, and flights are delayed.
DISORDER: Final = timedelta(days=1)
#: How old an observation of the weather may be, and still count. They are made every hour; a few are missing.
FRESH: Final = timedelta(hours=3)
UNKNOWN: Final = "unknown"

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
#: How the data say that they have no number.
_NO_NUMBER: Final = ("", "NA")

Row = dict[str, str]
Line = dict[str, Any]


def hourly_delays(rows: rs.Stream[Row]) -> rs.Stream[Line]:
    """Per airport and hour the number of flights that left, and their mean departure delay in minutes.

    The rows carry their airport as key and their scheduled departure as timestamp. A cancelled flight has no delay,
    so its row fails here, and reaches the error handler.
    """
    return rows.pipe(
        ops.map(departure_delay),
        ops.window(rs.tumbling(_HOUR), into={"flights": rs.agg.count(), "mean_delay": rs.agg.mean()}),
        ops.map(line),
    )


def delays_by_visibility(departures: rs.Stream[Row], weather: rs.Stream[Row]) -> rs.Stream[Line]:
    """Per airport, day and class of visibility the number of flights that left, and their mean delay in minutes.

    A flight counts with the last observation that its airport made up to its scheduled departure, and on that
    instant's day in UTC. Where none was made within `FRESH`, or it does not say, the visibility is `UNKNOWN`.
    """
    return lines_of_days(
        departures.pipe(
            ops.map(departure_delay),
            ops.join_asof(weather.pipe(ops.map(visibility)), how="left", max_age=FRESH),
            ops.window(
                rs.tumbling(_DAY),
                key=airport_and_visibility,
                into={"flights": rs.agg.count(), "mean_delay": rs.agg.mean(lambda pair: pair.left)},
            ),
        ),
        weather_line,
    )


def cancelled_by_day(cancelled: rs.Stream[Row]) -> rs.Stream[Line]:
    """Per airport and UTC day of the scheduled departure the number of flights that did not leave, if there are any."""
    return lines_of_days(
        cancelled.pipe(ops.window(rs.tumbling(_DAY), into={"cancelled": rs.agg.count()})), cancelled_line
    )


def lines_of_days(panes: rs.Stream[rs.Pane], line_of: Callable[[rs.Pane], Line]) -> rs.Stream[Line]:
    """What is written of each day, sorted by the panes' keys: the same however the sources' records were mingled."""
    return panes.pipe(
        ops.window(rs.tumbling(_DAY), key=lambda _: None),
        ops.flat_map(lambda day: map(line_of, sorted(day.value, key=lambda pane: pane.key))),
        ops.key_by(lambda line: line["origin"]),
    )


def has_left(row: Row) -> bool:
    """Whether the flight was not cancelled: then it has a delay, be it none or less."""
    return row["dep_delay"] not in _NO_NUMBER


def departure_delay(row: Row) -> int:
    """Minutes between the scheduled and the actual departure; negative if it left early."""
    return int(row["dep_delay"])


def scheduled(row: Row) -> datetime:
    """When the flight should have left; ``time_hour`` is the hour, in UTC."""
    return datetime.fromisoformat(row["time_hour"]) + timedelta(minutes=int(row["minute"]))


def visibility(observation: Row) -> str:
    """The class of an observation's visibility in miles: ``<1``, ``1-5`` (1 and 5 are in it), ``>5`` or `UNKNOWN`."""
    miles = math.nan if observation["visib"] in _NO_NUMBER else float(observation["visib"])
    if miles < 1:
        return "<1"
    if miles <= 5:
        return "1-5"
    # Not a number is neither.
    return ">5" if miles > 5 else UNKNOWN


def airport_and_visibility(pair: rs.Joined) -> tuple[str, str]:
    """By what the delays are told apart."""
    return pair.key, UNKNOWN if pair.right is rs.MISSING else pair.right


def line(pane: rs.Pane) -> Line:
    """What is written of one airport and hour."""
    return {"origin": pane.key, "start": pane.start, **pane.value}


def weather_line(pane: rs.Pane) -> Line:
    """What is written of one airport, day and class of visibility."""
    origin, miles = pane.key
    return {"origin": origin, "day": _day(pane), "visibility": miles, **pane.value}


def cancelled_line(pane: rs.Pane) -> Line:
    """What is written of the cancelled flights of one airport and day."""
    return {"origin": pane.key, "day": _day(pane), **pane.value}


def _day(pane: rs.Pane) -> str:
    return pane.start.date().isoformat()
