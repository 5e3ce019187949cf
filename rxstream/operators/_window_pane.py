"""What windows hand on: the items of one key in one window, as far as they are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Pane:
    """What became of one key's items in one window.

    Args:
        key: The key they share; None where they have none.
        start: The window's first instant.
        end: The first instant after it; of a session, a sliding or a counted window the last item's.
        value: What ``into`` made of the items.
        revision: How many panes of this key and window came before.
        final: Whether it is the last one.
    """

    key: Any
    start: datetime
    end: datetime
    value: Any
    revision: int
    final: bool


class Making:
    """A pane while it is made: of the same shape, and not frozen yet.

    It becomes one when it is given that class, for a fourth of what the constructor of something frozen takes.
    """

    __slots__ = ("end", "final", "key", "revision", "start", "value")

    key: Any
    start: datetime
    end: datetime
    value: Any
    revision: int
    final: bool


def made_pane(key: Any, start: datetime, end: datetime, value: Any, revision: int, final: bool) -> Pane:
    """Make a pane."""
    made: Any = Making()
    made.key, made.start, made.end, made.value, made.revision, made.final = key, start, end, value, revision, final
    made.__class__ = Pane
    pane: Pane = made
    return pane


#: Sets the value of a pane that nobody has seen yet.
give_value: Final[Callable[[Pane, Any], None]] = Pane.__dict__["value"].__set__
