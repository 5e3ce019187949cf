"""A graph as an SVG: nodes in layers, left to right where that is not too wide, else downwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from rxstream.notebook._graph import Graph, Node
from rxstream.notebook._layers import placed
from rxstream.notebook._paper import escaped, fixed_width, number, sheet, wide_width
from rxstream.notebook._words import short

#: What fits beside a text without scrolling.
_WIDEST: Final = 1_000.0
_MARGIN: Final = 20.0
_BETWEEN_LAYERS: Final = 34.0
_BETWEEN_NODES: Final = 18.0
_LONGEST_NAME: Final = 30

_STYLE: Final = (
    ".rx .node rect{fill:var(--rx-operator);stroke:var(--rx-operator-line)}"
    ".rx .source rect{fill:var(--rx-source);stroke:var(--rx-source-line)}"
    ".rx .sink rect{fill:var(--rx-sink);stroke:var(--rx-sink-line)}"
    ".rx .handler rect{fill:var(--rx-handler);stroke:var(--rx-handler-line)}"
    ".rx .way rect{fill:var(--rx-page);stroke:var(--rx-line)}"
    ".rx .edge{fill:none;stroke:var(--rx-line);stroke-width:1.4}"
    ".rx .aside{stroke-dasharray:4 3;stroke:var(--rx-handler-line)}"
    ".rx .head{fill:var(--rx-line)}"
    ".rx .head.aside{fill:var(--rx-handler-line)}"
    ".rx .node text{text-anchor:middle}"
)


class _Box(NamedTuple):
    """Where a node stands: its left upper corner, and its size."""

    x: float
    y: float
    width: float
    height: float


_Point = tuple[float, float]


def picture(graph: Graph) -> str:
    """Draw a graph."""
    sizes = [_size(node) for node in graph.nodes]
    across = _Laid(graph, sizes, is_across=True)
    laid = across if across.size[0] <= _WIDEST else _Laid(graph, sizes, is_across=False)
    title = f"Pipeline {graph.name}" if graph.name else "Pipeline"
    return sheet(laid.size, title=title, description=described(graph), style=_STYLE, drawn=_elements(graph, laid))


def described(graph: Graph) -> str:
    """Say in words what hands on to what."""
    children = graph.children()
    said = [
        f"{node.name} to {' and '.join(graph.nodes[child].name for child in below)}"
        for node, below in zip(graph.nodes, children, strict=True)
        if below
    ]
    return "; ".join(said) or ", ".join(node.name for node in graph.nodes)


def _size(node: Node) -> _Point:
    name = wide_width(short(node.name, _LONGEST_NAME), 13)
    width = max(name, *(fixed_width(short(line), 11) for line in (node.given, node.counted)))
    if node.kind == "way":
        return name + 18, 24.0
    return width + 28, 32.0 + 16 * sum(map(bool, (node.given, node.counted)))


class _Laid:
    """A graph on paper, left to right or downwards."""

    def __init__(self, graph: Graph, sizes: Sequence[_Point], *, is_across: bool) -> None:
        along, beside = (0, 1) if is_across else (1, 0)
        self._is_across = is_across
        where = placed(graph, [size[beside] for size in sizes], _BETWEEN_NODES)
        self._thick = [
            max((sizes[place][along] for place in layer if place < len(sizes)), default=0.0) for layer in where.layers
        ]
        self._starts = [
            _MARGIN + sum(self._thick[:depth]) + depth * _BETWEEN_LAYERS for depth in range(len(where.layers))
        ]
        half = [*(size[beside] / 2 for size in sizes), *([0.0] * (len(where.across) - len(sizes)))]
        first = min((middle - room for middle, room in zip(where.across, half, strict=True)), default=0.0)
        self._middles = [middle - first + _MARGIN for middle in where.across]
        length = self._starts[-1] + self._thick[-1] + _MARGIN if self._starts else 2 * _MARGIN
        breadth = max((m + room for m, room in zip(self._middles, half, strict=True)), default=0.0) + _MARGIN
        self.size = (length, breadth) if is_across else (breadth, length)
        self._depth = {place: depth for depth, layer in enumerate(where.layers) for place in layer}
        self.boxes = [self._box(place, size) for place, size in enumerate(sizes)]
        self.where = where

    def _box(self, place: int, size: _Point) -> _Box:
        depth = self._depth[place]
        along = self._starts[depth] + self._thick[depth] / 2
        x, y = (along, self._middles[place]) if self._is_across else (self._middles[place], along)
        return _Box(x - size[0] / 2, y - size[1] / 2, *size)

    def way(self, path: Sequence[int]) -> tuple[str, str]:
        """The data of an edge's path, and of its head."""
        steps: list[str] = []
        for upper, lower in pairwise(path):
            begin = self._starts[self._depth[upper]] + self._thick[self._depth[upper]]
            end = self._starts[self._depth[lower]] - (_HEAD if lower == path[-1] else 0)
            steps += self._step((begin, self._middles[upper]), (end, self._middles[lower]))
        start, tip = self._edge(path[0], 1), self._edge(path[-1], -1)
        back = tip - _HEAD
        middle = self._middles[path[-1]]
        data = [f"M{self._at(start, self._middles[path[0]])}", *steps, f"L{self._at(back, middle)}"]
        wing = _HEAD * 0.55
        head = [self._at(tip, middle), self._at(back, middle - wing), self._at(back, middle + wing)]
        return "".join(data), f"M{'L'.join(head)}Z"

    def _step(self, begin: _Point, end: _Point) -> list[str]:
        """From one layer's end to the next one's start."""
        half = (begin[0] + end[0]) / 2
        if abs(begin[1] - end[1]) < 0.1:
            return [f"L{self._at(*end)}"]
        return [f"L{self._at(*begin)}", f"C{self._at(half, begin[1])} {self._at(half, end[1])} {self._at(*end)}"]

    def _edge(self, place: int, side: int) -> float:
        """Where a node begins or ends, along the layers."""
        box = self.boxes[place]
        start, length = (box.x, box.width) if self._is_across else (box.y, box.height)
        return start + (length if side > 0 else 0)

    def _at(self, along: float, beside: float) -> str:
        x, y = (along, beside) if self._is_across else (beside, along)
        return f"{number(x)} {number(y)}"


_HEAD: Final = 7.0


def _elements(graph: Graph, laid: _Laid) -> Iterator[str]:
    for edge, path in zip(graph.edges, laid.where.paths, strict=True):
        way, head = laid.way(path)
        kind = " aside" if edge.aside else ""
        yield f'<path class="edge{kind}" d="{way}"/><path class="head{kind}" d="{head}"/>'
    for node, box in zip(graph.nodes, laid.boxes, strict=True):
        yield _node(node, box)


def _node(node: Node, box: _Box) -> str:
    whole = escaped(" · ".join(part for part in (node.name, node.given, node.counted) if part))
    middle = number(box.x + box.width / 2)
    lines = [(short(node.name, _LONGEST_NAME), "name")]
    lines += [(short(line), "quiet") for line in (node.given, node.counted) if line]
    first = box.y + box.height / 2 - (len(lines) - 1) * 8 + 4.5
    shown = "".join(
        f'<text class="{look}" x="{middle}" y="{number(first + place * 16)}">{escaped(text)}</text>'
        for place, (text, look) in enumerate(lines)
    )
    x, y, width, height = map(number, box)
    rounding = number(box.height / 2 if node.kind == "way" else 8)
    return (
        f'<g class="node {node.kind}"><title>{whole}</title>'
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{rounding}"/>{shown}</g>'
    )
