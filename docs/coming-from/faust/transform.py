"""Some readings kept, each made into another value."""

import rxstream as rs
from rxstream import operators as ops

READINGS = [{"place": "hall", "celsius": 19.5}, {"place": "hall", "celsius": None}, {"place": "attic", "celsius": 15.0}]


def fahrenheit(readings: rs.Stream) -> rs.Stream:
    """Leave out what was not measured, and convert the rest."""
    return readings.pipe(
        ops.filter(lambda reading: reading["celsius"] is not None),
        ops.map(lambda reading: f"{reading['place']}: {reading['celsius'] * 9 / 5 + 32:.1f} F"),
    )


def main() -> None:
    """Run it over a list."""
    rs.run(fahrenheit(rs.from_iterable(READINGS)).to(print))


if __name__ == "__main__":
    main()
