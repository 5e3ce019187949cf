"""Several processors, one after the other: each may change a value, or let it go."""

import re

import rxstream as rs
from rxstream import operators as ops

READINGS = [{"id": 1, "label": "hall!"}, {"id": 2}, {"id": 3, "label": "at<t>ic"}, {"id": 4, "label": 7}]


class Checked:
    """Lets a reading go that has no text for a label."""

    def __init__(self) -> None:
        self.refused = 0

    def process(self, reading: dict) -> dict | None:
        """Decide on one reading."""
        if isinstance(reading.get("label"), str):
            return reading
        self.refused += 1
        return None


def cleaned(reading: dict) -> dict:
    """Keep letters and digits of the label."""
    return {**reading, "label": re.sub(r"\W", "", reading["label"])}


async def enriched(reading: dict) -> dict:
    """Add what another place knows of it."""
    await rs.sleep(3600)
    return {**reading, "floor": {"hall": 0, "attic": 3}[reading["label"]]}


def main() -> None:
    """Run the chain over a list: an hour of waiting each takes no time."""
    checked = Checked()
    rs.run(rs.from_iterable(READINGS).pipe(ops.process([checked, cleaned, enriched])).to(print))
    print(checked.refused, "refused")


if __name__ == "__main__":
    main()
