"""The partitions of a source that is being read, as those need to know them who count time by partition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rxstream.core._feed import Partition, Roster

_NONE: Final = Roster(frozenset(), frozenset())


class Partitions:
    """The present roster of one source; without one, the source counts as a single partition.

    Args:
        of: Finds the partition of a raw record.
    """

    __slots__ = ("_listeners", "are_several", "of", "roster")

    def __init__(self, of: Callable[[Any], Partition]) -> None:
        self.of = of
        self.roster = _NONE
        self.are_several = False
        self._listeners: list[Callable[[], None]] = []

    def change(self, roster: Roster) -> None:
        """Go by another roster from now on; called between passes."""
        self.roster = roster
        self.are_several = len(roster.ours) > 1
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever the roster has changed."""
        self._listeners.append(listener)
