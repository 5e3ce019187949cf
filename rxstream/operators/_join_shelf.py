"""One key's items of a join's side, in order."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any, Final, TypeAlias

from sortedcontainers import SortedList

#: An item that is kept: what it is sorted by, a number in order of arrival, its value, its shelf, the hold on its
#: record, and whether it has matched. A plain list, as one is made for every item, and sorting compares them.
Entry: TypeAlias = list[Any]
BY, VALUE, SHELF, HOLD, MATCHED = 0, 2, 3, 4, 5
#: So many places that are empty may stand before the first entry, or as many as there are entries.
_FEW: Final = 32
#: From so many entries on it costs more to put one in their midst than to look through a sorted list of lists.
_MANY = 50_000
#: In place of the number of empty places: there are none.
_WIDE: Final = -1


class _Wide(SortedList):  # type: ignore[misc]  # it comes without types
    """Many entries, of which not all come in order."""

    append = SortedList.add


class Shelf:
    """One key's items of one side, in order of time, ties as they came; they are taken away in that order.

    Args:
        key: The key.
        shelves: Where the shelf stands, as long as there is anything on it.
    """

    __slots__ = ("_gone", "entries", "key", "shelves")

    def __init__(self, key: Any, shelves: dict[Any, Shelf]) -> None:
        self.key = key
        self.shelves = shelves
        #: What comes in order, as most does, is appended here.
        self.entries: Any = []
        #: Behind so many places that are empty; so nothing has to be moved for each that is taken away.
        self._gone = 0

    def insert(self, entry: Entry) -> None:
        """Keep an item that may come out of order."""
        if self._gone == _WIDE:
            self.entries.add(entry)
        elif len(self.entries) - self._gone < _MANY:
            insort(self.entries, entry, self._gone)
        else:
            self.entries, self._gone = _Wide([*self.entries[self._gone :], entry]), _WIDE

    def between(self, low: int, high: int) -> list[Entry]:
        """The entries from ``low`` to ``high``, both included."""
        if self._gone == _WIDE:
            return list(self.entries.irange([low], [high + 1]))
        entries = self.entries
        first = bisect_left(entries, [low], self._gone)
        found: list[Entry] = entries[first : bisect_left(entries, [high + 1], first)]
        return found

    def newest(self, until: int) -> Entry | None:
        """The last entry up to and with ``until``."""
        wide, least = self._gone == _WIDE, max(self._gone, 0)
        place = self.entries.bisect_left([until + 1]) if wide else bisect_left(self.entries, [until + 1], least)
        found: Entry | None = self.entries[place - 1] if place > least else None
        return found

    @property
    def first(self) -> Entry:
        """The first entry."""
        found: Entry = self.entries[max(self._gone, 0)]
        return found

    def drop_first(self) -> None:
        """Take the first entry away, and with the last one the shelf."""
        entries, gone = self.entries, self._gone + 1
        if gone == len(entries) or (not gone and len(entries) == 1):
            del self.shelves[self.key]
        elif not gone:
            del entries[0]
            return
        elif gone > _FEW and 2 * gone > len(entries):
            del entries[:gone]
            gone = 0
        else:
            entries[gone - 1] = None
        self._gone = gone


def begin_shelf(shelves: dict[Any, Shelf], key: Any) -> Shelf:
    """Make the shelf of a key that has none."""
    shelf = shelves[key] = Shelf(key, shelves)
    return shelf
