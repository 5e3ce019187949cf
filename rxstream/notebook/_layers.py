"""Layers of a picture: who stands in which, in what order, and what stands in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from rxstream.notebook._columns import Links, Room, across
from rxstream.notebook._graph import Graph

#: So often order and places are smoothed, downwards and upwards in turn.
_SWEEPS: Final = 8


class Placed(NamedTuple):
    """A graph in layers.

    Args:
        layers: Node places; behind those of the nodes come those of the bends of long edges.
        across: For each of them the middle, across the layers.
        paths: For each edge the places on its way, both ends included.
    """

    layers: Sequence[Sequence[int]]
    across: Sequence[float]
    paths: Sequence[Sequence[int]]


def placed(graph: Graph, breadths: Sequence[float], gap: float) -> Placed:
    """Put nodes in layers, so that edges go one way, cross rarely and are nearly straight.

    Args:
        graph: What is drawn.
        breadths: How much room each node needs across the layers.
        gap: What stays free between two neighbours.
    """
    depths = _depths(graph)
    paths, bends = _paths(graph, depths)
    depths = [*depths, *bends]
    room = [*breadths, *([0.0] * len(bends))]
    links = _links(paths, len(depths))
    layers: list[list[int]] = [[] for _ in range(max(depths, default=-1) + 1)]
    for place, depth in enumerate(depths):
        layers[depth].append(place)
    layers = _order(layers, links)
    columns = _columns(layers, _main_links(graph, paths, links))
    return Placed(layers, across(layers, columns, links, Room(room, gap)), paths)


def _depths(graph: Graph) -> list[int]:
    """The layer of each node: behind the last of its parents, and sources no earlier than they are needed."""
    parents, children = graph.parents(), graph.children()
    order = _downwards(parents, children)
    depths = [0] * len(graph.nodes)
    for node in order:
        depths[node] = max((depths[parent] + 1 for parent in parents[node]), default=0)
    feeds_one = [False] * len(graph.nodes)
    for node in order:
        feeds_one[node] = len(children[node]) == 1 and all(feeds_one[parent] for parent in parents[node])
    for node in reversed(order):
        if feeds_one[node]:
            depths[node] = depths[children[node][0]] - 1
    return depths


def _downwards(parents: list[list[int]], children: list[list[int]]) -> list[int]:
    """The nodes, each behind its parents."""
    waiting = [len(above) for above in parents]
    ready = [node for node, count in enumerate(waiting) if not count]
    for node in ready:
        for child in children[node]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return ready


def _paths(graph: Graph, depths: Sequence[int]) -> tuple[list[list[int]], list[int]]:
    """Each edge with a bend in every layer that it passes, and the bends' layers."""
    bends: list[int] = []
    paths = []
    for edge in graph.edges:
        passed = range(depths[edge.above] + 1, depths[edge.below])
        first = len(depths) + len(bends)
        bends.extend(passed)
        paths.append([edge.above, *range(first, first + len(passed)), edge.below])
    return paths, bends


def _links(paths: Sequence[Sequence[int]], count: int) -> Links:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for path in paths:
        for upper, lower in pairwise(path):
            above[lower].append(upper)
            below[upper].append(lower)
    return above, below


def _main_links(graph: Graph, paths: Sequence[Sequence[int]], links: Links) -> Links:
    """Links without those of items that go aside, where others go on."""
    main = _links([path for edge, path in zip(graph.edges, paths, strict=True) if not edge.aside], len(links[0]))
    above, below = ([few or every for few, every in zip(*both, strict=True)] for both in zip(main, links, strict=True))
    return above, below


def _order(layers: Sequence[Sequence[int]], links: Links) -> list[list[int]]:
    """Sort each layer by where its neighbours stand, and give the order that crosses least."""
    # The same from the other side: which of two orders is found depends on the first one.
    (fewest, order), (fewest_mirrored, mirrored) = (
        _sorted_layers([list(layer[::direction]) for layer in layers], links) for direction in (1, -1)
    )
    return order if fewest <= fewest_mirrored else mirrored


def _sorted_layers(layers: list[list[int]], links: Links) -> tuple[int, list[list[int]]]:
    ranks = {place: rank for layer in layers for rank, place in enumerate(layer)}
    best, fewest = [list(layer) for layer in layers], _crossings(layers, links[1], ranks)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        near = links[sweep % 2]
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            middles = {place: _mean([ranks[other] for other in near[place]], ranks[place]) for place in layer}
            layer.sort(key=middles.__getitem__)
            ranks.update((place, rank) for rank, place in enumerate(layer))
        crossing = _crossings(layers, links[1], ranks)
        if crossing < fewest:
            best, fewest = [list(layer) for layer in layers], crossing
    return fewest, best


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(layers: Sequence[Sequence[int]], below: list[list[int]], ranks: Mapping[int, int]) -> int:
    count = 0
    for layer in layers:
        ends = [rank for place in layer for rank in sorted(ranks[other] for other in below[place])]
        count += sum(left > right for at, left in enumerate(ends) for right in ends[at + 1 :])
    return count


def _columns(layers: Sequence[Sequence[int]], main: Links) -> list[list[int]]:
    """What stands in one line: an only child below its only parent, unless that would cross another line."""
    columns: dict[int, list[int]] = {}
    ranks: dict[int, int] = {}
    for layer in layers:
        taken = -1
        for place in layer:
            parents = main[0][place]
            is_only = len(parents) == 1 and main[1][parents[0]] == [place]
            if is_only and ranks[parents[0]] > taken:
                taken = ranks[parents[0]]
                columns[place] = columns[parents[0]]
            else:
                columns[place] = []
            columns[place].append(place)
        ranks = {place: rank for rank, place in enumerate(layer)}
    return [column for place, column in columns.items() if column[0] == place]
