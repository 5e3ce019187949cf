"""Make the pictures in the pages, most of them of the pages' own code: python docs/make_pictures.py."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

# It is run as a file, and what it needs lies beside the pages.
sys.path.insert(0, str(Path(__file__).parents[1]))

import rxstream as rs
from docs.sessions import session
from rxstream import operators as ops

DOCS: Final = Path(__file__).parent
FOLDER: Final = DOCS / "pictures"


class Picture(NamedTuple):
    """What is drawn.

    Args:
        page: The page whose code it is of.
        made: Makes what draws itself, of what the page's code has made.
    """

    page: Path
    made: Callable[[dict[str, Any]], Any]

    def drawn(self) -> str:
        """The picture as SVG."""
        return str(self.made(session(self.page))._repr_mimebundle_()["image/svg+xml"])


def _first_pipeline(page: dict[str, Any]) -> Any:
    return rs.marble(page["mean_by_quarter"](page["history"]), on_error=rs.handlers.skip())


def _time(page: dict[str, Any]) -> Any:
    rounds = rs.interval(2 * 3600).pipe(ops.map(lambda count: page["told"](f"round {count + 1}")))
    return rs.marble(page["doors"].pipe(ops.map(page["told"]), ops.merge(rounds)), until=page["at"](17, 1))


def _event_time(page: dict[str, Any]) -> Any:
    return rs.marble(page["clicks"](1, 4.5, 5.5, 4.8, 7, 3).pipe(page["by_five"], ops.map(page["shown"])))


def _errors(page: dict[str, Any]) -> Any:
    return rs.marble(page["forgiving"], on_error=rs.handlers.skip())


async def charge(order: dict[str, Any]) -> float:
    """Stand in for what talks to a bank."""
    return float(order["total"])


def _delivery(page: dict[str, Any]) -> Any:
    broker = "localhost:9092"
    totals = page["orders"].pipe(ops.map_async(charge, concurrency=8), ops.window(rs.tumbling(60), into=rs.agg.sum()))
    letters = rs.handlers.dead_letter(rs.to_kafka("letters", bootstrap_servers=broker))
    return totals.to(rs.to_kafka("totals", bootstrap_servers=broker), on_error=letters, name="billing")


#: By the names of their files.
PICTURES: Final = {
    "first-pipeline": Picture(DOCS.parent / "README.md", _first_pipeline),
    "time": Picture(DOCS / "time.md", _time),
    "event-time": Picture(DOCS / "event-time.md", _event_time),
    "errors": Picture(DOCS / "errors.md", _errors),
    "delivery": Picture(DOCS / "delivery.md", _delivery),
}


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(picture.drawn(), encoding="utf-8")


if __name__ == "__main__":
    main()
