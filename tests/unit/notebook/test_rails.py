"""The rails of a picture in text lead where the items go: they are read back, line by line."""

from collections.abc import Iterator

from hypothesis import given

from rxstream.notebook._graph import Graph
from rxstream.notebook._rails import _SIGNS, rails
from tests.unit.notebook.graphs import graphs

#: Characters from which a rail goes on downwards, in a row in which rails meet or part.
_DOWN = frozenset("├┤╮╭┬┼")
_JOINTS = _DOWN | frozenset("╯╰┴")


def numbered(graph: Graph) -> Graph:
    """The same graph with a number for each name, by which its row is found."""
    return Graph(
        "", [node._replace(name=f"#{at}", given="", counted="") for at, node in enumerate(graph.nodes)], graph.edges
    )


def reached(rows: list[str], row: int, column: int) -> Iterator[int]:
    """The rows of the nodes to which the rail in a column leads."""
    sign = rows[row][column : column + 1]
    if sign in _SIGNS.values():
        yield row
    elif sign in _JOINTS:
        for other, joint in enumerate(rows[row]):
            if joint in _DOWN:
                yield from reached(rows, row + 1, other)
    elif sign == "│":
        yield from reached(rows, row + 1, column)


def read_back(rows: list[str]) -> set[tuple[str, str]]:
    """Every pair of nodes that a rail joins."""
    found = set()
    for at, row in enumerate(rows):
        if "#" in row:
            column = next(place for place, sign in enumerate(row) if sign in _SIGNS.values())
            below = reached(rows, at + 1, column) if at + 1 < len(rows) else ()
            found |= {(row.rpartition(" ")[2], rows[other].rpartition(" ")[2]) for other in below}
    return found


@given(graphs())
def test_rails_lead_where_the_items_go(graph: Graph) -> None:
    rows = rails(numbered(graph)).splitlines()
    has_children = {edge.above for edge in graph.edges}
    told = {pair for pair in read_back(rows) if int(pair[0][1:]) in has_children}

    assert told == {(f"#{edge.above}", f"#{edge.below}") for edge in graph.edges}


@given(graphs())
def test_every_node_has_one_row(graph: Graph) -> None:
    rows = rails(numbered(graph)).splitlines()

    assert sorted(row.rpartition(" ")[2] for row in rows if "#" in row) == sorted(
        f"#{at}" for at in range(len(graph.nodes))
    )
