"""What a stream says: values, an end or an error, each at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from rxstream.testing._diagram import Mark


class Notification(NamedTuple):
    """One thing said, and the nanoseconds at which it was; an inner stream's count from its own beginning.

    ``symbol`` is its character, where it was read from a diagram.
    """

    at: int
    kind: Literal["value", "end", "error"]
    value: Any = None
    symbol: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """All that one stream says, and the values that its diagram has characters for; an inner stream is one too."""

    notifications: Sequence[Notification]
    values: Mapping[str, Any] = field(default_factory=dict)


def meaning(marks: Sequence[Mark], values: Mapping[str, Any], error: Exception) -> Said:
    """Say what the characters of a diagram mean."""
    return Said([_meant(mark, values, error) for mark in marks], values)


def _meant(mark: Mark, values: Mapping[str, Any], error: Exception) -> Notification:
    at, symbol = mark
    if symbol == "|":
        return Notification(at, "end", None, symbol)
    if symbol == "#":
        return Notification(at, "error", error, symbol)
    return Notification(at, "value", values.get(symbol, symbol), symbol)
