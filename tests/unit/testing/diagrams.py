"""Diagrams for tests: read at a second a frame, made up by hypothesis, and read once more by hand."""

import re

from hypothesis import strategies as st

from rxstream.testing._diagram import Mark, read_output
from rxstream.testing._said import Notification, Said, meaning

SECOND = 1_000_000_000

_WITHOUT_TIME = st.text("abc1", min_size=1, max_size=4)
_PARTS = st.one_of(
    st.sampled_from(["-", "---", " ", "a", "b", "1", "3a", " 2s ", " 90s ", " 1m "]),
    _WITHOUT_TIME.map(lambda values: f"({values})"),
)
_ENDINGS = st.sampled_from(["", "|", "#", "(a|)", "(#)"])

#: Diagrams whose time is all in whole seconds.
TEXTS = st.tuples(st.lists(_PARTS, max_size=12).map("".join), _ENDINGS).map("".join)


def marks_of(text: str) -> list[Mark]:
    return read_output("test", text, SECOND)


def by_hand(text: str) -> list[Mark]:
    """Read a diagram as one would on paper: time written out as dashes, then every character is a frame."""
    written_out = re.sub(r"(?<!\S)(\d+)(s|m)(?!\S)", lambda found: "-" * _seconds(found), text)
    columns = re.sub(r"\s", "", written_out)
    opened = [columns.rfind("(", 0, place + 1) for place in range(len(columns))]
    closed = [columns.rfind(")", 0, place) for place in range(len(columns))]
    return [
        Mark((opened[place] if opened[place] > closed[place] else place) * SECOND, symbol)
        for place, symbol in enumerate(columns)
        if symbol not in "-()"
    ]


def _seconds(found: re.Match[str]) -> int:
    return int(found[1]) * (60 if found[2] == "m" else 1)


def expected(text: str, values: dict[str, object] | None = None, error: Exception | None = None) -> Said:
    """What a diagram says."""
    return meaning(marks_of(text), values or {}, error or Exception("error"))


def actual(text: str, values: dict[str, object] | None = None, error: Exception | None = None) -> Said:
    """The same as it would come out of a stream: without characters."""
    return heard(*expected(text, values, error).notifications)


def heard(*notifications: Notification) -> Said:
    return Said([one._replace(symbol="") for one in notifications])
