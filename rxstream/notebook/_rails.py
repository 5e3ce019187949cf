"""A graph as text: a line a node, and beside it the rails on which items go down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rxstream.notebook._graph import Graph, Kind, Node

_SIGNS: Final[Mapping[Kind, str]] = {"source": "○", "operator": "●", "sink": "■", "handler": "▲", "way": "·"}
#: Which ways lead out of a character: up, down, left, right.
_LINES: Final = {
    (0, 0, 0, 0): " ",
    (1, 1, 0, 0): "│",
    (0, 0, 1, 1): "─",
    (1, 1, 0, 1): "├",
    (1, 1, 1, 0): "┤",
    (0, 1, 1, 0): "╮",
    (0, 1, 0, 1): "╭",
    (1, 0, 1, 0): "╯",
    (1, 0, 0, 1): "╰",
    (0, 1, 1, 1): "┬",
    (1, 0, 1, 1): "┴",
    (1, 1, 1, 1): "┼",
}


def rails(graph: Graph) -> str:
    """Write a graph: sources ○, operators ●, sinks ■, error handlers ▲, and ways that items may go ·."""
    drawing = _Rails(graph)
    for node in _order(graph):
        drawing.add(node)
    wide = max((len(signs) for signs, _ in drawing.rows), default=0)
    named = max((len(node.name) for node in graph.nodes), default=0)
    given = max((len(node.given) for node in graph.nodes), default=0)
    return "".join(_row(f"{signs:<{wide}}", node, named, given) for signs, node in drawing.rows)


def _row(signs: str, node: Node | None, named: int, given: int) -> str:
    said = "" if node is None else f"{node.name:<{named}}  {node.given:<{given}}  {node.counted}"
    return f"{signs} {said}".rstrip() + "\n"


def _order(graph: Graph) -> list[int]:
    """The nodes, each behind its parents, and one branch after the other."""
    parents, children = graph.parents(), graph.children()
    waiting = [len(above) for above in parents]
    ready = [node for node, count in enumerate(waiting) if not count][::-1]
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        free = []
        for child in children[node]:
            waiting[child] -= 1
            if not waiting[child]:
                free.append(child)
        ready.extend(reversed(free))
    return order


class _Rails:
    """The rows so far, and for each rail the node that it leads to; None: nothing is on it."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._children = graph.children()
        self._tracks: list[int | None] = []
        self.rows: list[tuple[str, Node | None]] = []

    def add(self, node: int) -> None:
        """Write a node's row, and before and behind it those in which rails meet and part."""
        coming = [track for track, to in enumerate(self._tracks) if to == node]
        if len(coming) > 1:
            before = list(self._tracks)
            for track in coming[1:]:
                self._tracks[track] = None
            self._bend(coming, before)
        at = coming[0] if coming else self._free()
        self._write(node, at)
        self._part(at, self._children[node])

    def _free(self) -> int:
        if None not in self._tracks:
            self._tracks.append(None)
        return self._tracks.index(None)

    def _write(self, node: int, at: int) -> None:
        signs = ["│" if to is not None else " " for to in self._tracks]
        signs[at] = _SIGNS[self._graph.nodes[node].kind]
        self.rows.append((" ".join(signs), self._graph.nodes[node]))

    def _part(self, at: int, below: Sequence[int]) -> None:
        before: list[int | None] = [*self._tracks]
        before[at] = below[0] if below else None
        self._tracks[at] = before[at]
        going = [at]
        for child in below[1:]:
            track = self._free()
            self._tracks[track] = child
            going.append(track)
        if len(going) > 1:
            self._bend(going, [*before, *([None] * (len(self._tracks) - len(before)))])
        while self._tracks and self._tracks[-1] is None:
            self._tracks.pop()

    def _bend(self, together: Sequence[int], before: Sequence[int | None]) -> None:
        """Write the row in which some rails are one."""
        first, last = min(together), max(together)
        row = ""
        for track, after in enumerate(self._tracks):
            # A rail that only crosses is drawn through, so that it does not seem to be one of them.
            meets = first <= track <= last and (track in together or before[track] is None)
            row += _LINES[
                int(before[track] is not None),
                int(after is not None),
                int(meets and track > first),
                int(meets and track < last),
            ]
            row += "─" if first <= track < last else " "
        self.rows.append((row.rstrip(), None))
