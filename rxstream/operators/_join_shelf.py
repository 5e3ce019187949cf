"""What a join keeps of one side: each key's items in order, and all of them by when they are over."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from functools import partial
from heapq import heappop, heappush
from typing import Any, Final, TypeAlias

from sortedcontainers import SortedList

#: An item that is kept: what it is sorted by, a number in order of arrival, its value, its key, the hold on its record,
#: and whether it has matched. A plain list, as one is made for every item, and sorting compares them.
Entry: TypeAlias = list[Any]
BY, VALUE, KEY, HOLD, MATCHED = 0, 2, 3, 4, 5
#: One key's entries in order of time, ties as they came; those at the front may be gone.
Line: TypeAlias = Any
#: From so many entries on it costs more to put one in their midst than to look through a sorted list of lists.
_MANY = 50_000
#: From so many on it is not worth it to move all others for each that goes.
_LONG: Final = 32
#: In place of the value of an entry that is gone.
_GONE: Final[Any] = object()
#: In place of a line that is gone.
_NO_LINE: Final = (None,)

#: Make an item's entry, as code that fusion pastes: a call would cost as much.
MAKING_ENTRY: Final = """\
under = slot.batch if slot.hold is None else slot.hold
entry = [until, number(), value, group, hold() if under is not None and under.tracks else None, False]
"""
#: Put it on the shelf; most come in order.
KEEPING: Final = f"""\
line = lines.get(group)
{MAKING_ENTRY}if line is None:
    lines[group] = [entry]
elif line[-1][0] <= until and line[len(line) >> 1][2] is not gone:
    line.append(entry)
else:
    shelf.insert(line, entry)
if not orderly or orderly[-1][0] <= until:
    orderly.append(entry)
else:
    stray(entry)
"""


class _Wide(SortedList):  # type: ignore[misc]  # it comes without types
    """Many entries, of which not all come in order."""

    append = SortedList.add


class Shelf:
    """The items of one side that are kept.

    What is over is gone at once, but in a long line its place is empty until as much as half of the line is; so not all
    others have to be moved for each that goes.
    """

    __slots__ = ("count", "lines", "orderly", "strays")

    def __init__(self) -> None:
        self.lines: dict[Any, Line] = {}
        #: All of them, as they came, as long as they come in order.
        self.orderly: deque[Entry] = deque()
        #: A heap of those that did not.
        self.strays: list[Entry] = []
        #: How many there were when it was last looked for what is over.
        self.count = 0

    @property
    def names(self) -> dict[str, Any]:
        """What `KEEPING` refers to, but for ``number`` and ``hold``."""
        return {
            "shelf": self,
            "lines": self.lines,
            "gone": _GONE,
            "orderly": self.orderly,
            "stray": partial(heappush, self.strays),
        }

    def insert(self, line: Line, entry: Entry) -> None:
        """Keep an item in a line that has empty places, or in whose midst it belongs."""
        gone = 0
        while gone < len(line) and line[gone][VALUE] is _GONE:
            gone += 1
        del line[:gone]
        if len(line) >= _MANY and type(line) is list:
            line = self.lines[entry[KEY]] = _Wide(line)
        if type(line) is list:
            insort(line, entry)
        else:
            line.add(entry)

    def over(self, limit: int) -> list[Entry]:
        """Give the items that are sorted by less than ``limit``, in order, and once only; each has to be dropped."""
        orderly, strays, taken = self.orderly, self.strays, list[Entry]()
        while orderly and orderly[0][BY] < limit:
            taken.append(orderly.popleft())
        if strays and strays[0][BY] < limit:
            while strays and strays[0][BY] < limit:
                taken.append(heappop(strays))
            taken.sort()
        return taken

    def drop_before(self, limit: int) -> int:
        """Drop the items that are sorted by less than ``limit``; return how many of them had not matched."""
        orderly, strays, lines, alone = self.orderly, self.strays, self.lines, 0
        while True:
            if orderly and orderly[0][0] < limit:
                entry = orderly.popleft()
            elif strays and strays[0][0] < limit:
                entry = heappop(strays)
            else:
                self.count = len(orderly) + len(strays)
                return alone
            # As `drop`, without a call; of strays, one may be dropped behind the last one of its line.
            line = lines.get(entry[3], _NO_LINE)
            if line[-1] is entry:
                del lines[entry[3]]
            elif line[0] is entry and len(line) < _LONG:
                del line[0]
            entry[2] = _GONE
            if entry[4] is not None:
                entry[4].release()
            if not entry[5]:
                alone += 1

    def drop(self, entry: Entry) -> None:
        """Keep the first item of a line no longer; its hold is for whoever drops it."""
        key = entry[KEY]
        line = self.lines[key]
        if line[-1] is entry:
            del self.lines[key]
        elif line[0] is entry and len(line) < _LONG:
            del line[0]
        entry[VALUE] = _GONE


def between(line: Line, low: int, high: int) -> list[Entry]:
    """The entries from ``low`` to ``high``, both included."""
    if type(line) is not list:
        return list(line.irange([low], [high + 1]))
    first = bisect_left(line, [low])
    found: list[Entry] = line[first : bisect_left(line, [high + 1], first)]
    return found


def newest(line: Line, until: int) -> Entry | None:
    """The last entry up to and with ``until``; None: it is gone, or there is none."""
    place = bisect_left(line, [until + 1]) if type(line) is list else line.bisect_left([until + 1])
    found: Entry | None = line[place - 1] if place else None
    return None if found is None or found[VALUE] is _GONE else found
