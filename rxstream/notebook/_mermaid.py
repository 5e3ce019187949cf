"""A graph as the text that Mermaid draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rxstream.notebook._graph import Graph, Kind, Node

_SHAPES: Final[Mapping[Kind, tuple[str, str]]] = {
    "source": ("([", "])"),
    "operator": ("[", "]"),
    "sink": ("[(", ")]"),
    "handler": ("{{", "}}"),
    "way": ("(", ")"),
}
#: What is no markup in a label, wherever it stands.
_PLAIN: Final = frozenset(" ._-,:=+/")


def mermaid(graph: Graph) -> str:
    """Write a graph as a flow chart."""
    nodes = [f"  n{place}{_shape(node)}" for place, node in enumerate(graph.nodes)]
    edges = [f"  n{edge.above} {'-.->' if edge.aside else '-->'} n{edge.below}" for edge in graph.edges]
    return "\n".join(["flowchart TD", *nodes, *edges, ""])


def _shape(node: Node) -> str:
    opening, closing = _SHAPES[node.kind]
    lines = "<br/>".join(_label(part) for part in (node.name, node.given, node.counted) if part)
    return f'{opening}"{lines}"{closing}'


def _label(text: str) -> str:
    """Text in which everything that could be markup is written as Mermaid's entity of its number."""
    return "".join(c if c in _PLAIN or c.isalnum() else f"#{ord(c)};" for c in text)
