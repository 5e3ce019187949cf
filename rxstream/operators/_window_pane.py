"""What windows hand on: the items of one key in one window, as far as they are known."""

from __future__ import annotations

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


#: What makes one that is empty, and what sets its fields, in their order.
MAKING: Final = (
    Pane.__new__,
    *(Pane.__dict__[name].__set__ for name in ("key", "start", "end", "value", "revision", "final")),
)
_new, _set_key, _set_start, _set_end, _set_value, _set_revision, _set_final = MAKING


def made_pane(key: Any, start: datetime, end: datetime, value: Any, revision: int, final: bool) -> Pane:
    """Make a pane as its constructor does, which for what is frozen takes three times as long."""
    pane: Pane = _new(Pane)
    _set_key(pane, key)
    _set_start(pane, start)
    _set_end(pane, end)
    _set_value(pane, value)
    _set_revision(pane, revision)
    _set_final(pane, final)
    return pane


def give_value(pane: Pane, value: Any) -> None:
    """Set the value of a pane that nobody has seen yet."""
    _set_value(pane, value)
