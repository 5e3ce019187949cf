"""Work out the delays by visibility and the cancelled flights of each day with nothing but sorting and dicts."""

import csv
import sys
from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.reference.flights_by_hand import write_lines

Row = dict[str, str]

#: What an observation may be older than a departure, and still count.
THREE_HOURS = timedelta(hours=3)


def delays_by_visibility(flights: Iterable[Row], weather: Iterable[Row]) -> list[dict[str, object]]:
    """Return what left each airport on each day in each visibility, by day, airport and visibility."""
    observed = by_airport(weather)
    totals: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in flights:
        if row["dep_delay"] in ("NA", ""):  # cancelled
            continue
        departure = instant(row)
        # All that was observed up to the departure; the sort is stable, so of equals the last one is the last.
        observations = observed.get(row["origin"], [])
        place = bisect_right(observations, departure, key=lambda observation: observation[0])
        seen, visib = observations[place - 1] if place else (datetime.min.replace(tzinfo=UTC), "NA")
        group = departure.date().isoformat(), row["origin"], name(visib if departure - seen <= THREE_HOURS else "NA")
        flown, delay = totals.get(group, (0, 0))
        totals[group] = flown + 1, delay + int(row["dep_delay"])
    return [
        {"origin": origin, "day": day, "visibility": visibility, "flights": flown, "mean_delay": delay / flown}
        for (day, origin, visibility), (flown, delay) in sorted(totals.items())
    ]


def cancelled_by_day(flights: Iterable[Row]) -> list[dict[str, object]]:
    """Return how many flights that should have left each airport on each day did not, by day and airport."""
    counts: dict[tuple[str, str], int] = {}
    for row in flights:
        if row["dep_delay"] in ("NA", ""):
            group = instant(row).date().isoformat(), row["origin"]
            counts[group] = counts.get(group, 0) + 1
    return [{"origin": origin, "day": day, "cancelled": count} for (day, origin), count in sorted(counts.items())]


def by_airport(weather: Iterable[Row]) -> dict[str, list[tuple[datetime, str]]]:
    """Return each airport's observations by instant, with what they say of the visibility."""
    observed: dict[str, list[tuple[datetime, str]]] = {}
    for row in weather:
        observed.setdefault(row["origin"], []).append((datetime.fromisoformat(row["time_hour"]), row["visib"]))
    return {origin: sorted(rows, key=lambda row: row[0]) for origin, rows in observed.items()}


def instant(flight: Row) -> datetime:
    """Return when a flight should have left, in UTC."""
    return datetime.fromisoformat(flight["time_hour"]).astimezone(UTC) + timedelta(minutes=int(flight["minute"]))


def name(visib: str) -> str:
    """Return the class of a visibility in miles."""
    if visib in ("", "NA", "NaN"):
        return "unknown"
    return "<1" if float(visib) < 1 else ">5" if float(visib) > 5 else "1-5"


def rows_of(path: str | Path) -> list[Row]:
    """Return a file's rows."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    flights, weather = rows_of(sys.argv[1]), rows_of(sys.argv[2])
    write_lines(delays_by_visibility(flights, weather), sys.argv[3])
    write_lines(cancelled_by_day(flights), sys.argv[4])
