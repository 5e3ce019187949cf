"""What each key has in one stretch of time, in plain dicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rxstream.core import Hold


@dataclass(slots=True)
class Stretch:
    """What each key has in one stretch of time.

    Args:
        states: The aggregate's state, by key in order of first arrival.
        firsts: Which of all first arrivals was the key's, where more than one stretch makes a window.
        holds: The holds of a key's items; it is empty where nothing is to be held.
    """

    states: dict[Any, Any] = field(default_factory=dict)
    firsts: dict[Any, int] = field(default_factory=dict)
    holds: dict[Any, list[Hold]] = field(default_factory=dict)
