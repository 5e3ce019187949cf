"""Graphs at random: what pipelines could be, and much that they could not."""

from hypothesis import strategies as st

from rxstream.notebook._graph import Edge, Graph, Node

names = st.text(max_size=40)
kinds = st.sampled_from(["source", "operator", "sink", "handler", "way"])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Nodes, and edges from earlier to later ones."""
    nodes = draw(st.lists(st.builds(Node, kinds, names, names, names), min_size=1, max_size=16))
    places = st.integers(0, len(nodes) - 1)
    pairs = draw(st.lists(st.tuples(places, places, st.booleans()), max_size=24))
    edges = {(min(one, other), max(one, other)): aside for one, other, aside in pairs if one != other}
    return Graph("random", nodes, [Edge(*ends, aside) for ends, aside in edges.items()])
