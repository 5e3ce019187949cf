"""Work out the mean departure delay per airport and hour with nothing but a dict."""

import csv
import json
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path


def hourly_delays(path: str | Path) -> list[dict[str, object]]:
    """Return what left each airport in each hour, by hour and then in the order of the file."""
    # A dict keeps the order in which its keys came, and sorting keeps it among equal hours.
    totals: dict[tuple[str, datetime], tuple[int, int]] = {}
    with Path(path).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["dep_delay"] == "NA":  # cancelled
                continue
            instant = datetime.fromisoformat(row["time_hour"]) + timedelta(minutes=int(row["minute"]))
            hour = row["origin"], instant.replace(minute=0, second=0, microsecond=0)
            flights, delay = totals.get(hour, (0, 0))
            totals[hour] = flights + 1, delay + int(row["dep_delay"])
    return [
        {"origin": origin, "start": start.isoformat(), "flights": flights, "mean_delay": delay / flights}
        for (origin, start), (flights, delay) in sorted(totals.items(), key=lambda total: total[0][1])
    ]


def write_lines(rows: Iterable[dict[str, object]], path: str | Path) -> None:
    """Write one JSON object a line."""
    with Path(path).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def in_calendar_order(path: str | Path, ordered: str | Path) -> None:
    """Copy the flights, which come with their months sorted as text, into the order of the calendar."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        header, *lines = file
    with Path(ordered).open("w", newline="", encoding="utf-8") as file:
        file.write(header)
        file.writelines(sorted(lines, key=lambda line: [int(part) for part in line.split(",", 3)[:3]]))


if __name__ == "__main__":
    write_lines(hourly_delays(sys.argv[1]), sys.argv[2])
