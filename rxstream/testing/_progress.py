"""Spans of time as diagrams and failures write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from rxstream.core import SECOND

_UNITS: Final = {"m": 60 * SECOND, "s": SECOND, "ms": SECOND // 1_000}
#: A progress of time: a number and its unit, with blanks or the diagram's ends on both sides.
PROGRESS: Final = rf"(?<!\S)(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>{'|'.join(_UNITS)})(?!\S)"


def span_ns(number: str, unit: str) -> int | None:
    """Nanoseconds of a number and a unit; None, if they are no whole number."""
    span = Decimal(number) * _UNITS[unit]
    return None if span % 1 else int(span)


def progress_text(span: int) -> str:
    """Write a span as diagrams do, in the largest unit of which it is a whole number, else in ``ms``."""
    unit = next((unit for unit in _UNITS if span % _UNITS[unit] == 0), "ms")
    return _plain(span, _UNITS[unit]) + unit


def instant_text(at: int, frame: int) -> str:
    """Name an instant: its frame, or between frames its exact seconds."""
    return f"{_plain(at, SECOND)} s" if at % frame else f"frame {at // frame}"


def _plain(span: int, unit: int) -> str:
    return f"{(Decimal(span) / unit).normalize():f}"
