"""The SVG of a graph: readable by everyone, nothing over anything else, and no name can be markup."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.notebook import bundle_of
from rxstream.notebook._graph import Graph, Node
from rxstream.notebook._picture import picture
from rxstream.notebook._words import clean
from tests.unit.notebook.graphs import graphs
from tests.unit.notebook.svg import boxes, elements, hints, overlapping, parsed, sheet_of, texts


def drawn(graph: Graph) -> ET.Element:
    return parsed(picture(graph))


@given(graphs())
def test_no_two_nodes_touch_and_all_are_on_the_sheet(graph: Graph) -> None:
    root = drawn(graph)
    nodes = boxes(root, "node")

    assert len(nodes) == len(graph.nodes)
    assert overlapping(nodes) == []
    assert all(sheet_of(root).holds(box) for box in nodes)


@given(graphs())
def test_edges_go_one_way(graph: Graph) -> None:
    root = drawn(graph)
    nodes = boxes(root, "node")
    is_across = all(nodes[e.above].x + nodes[e.above].width <= nodes[e.below].x for e in graph.edges)
    is_down = all(nodes[e.above].y + nodes[e.above].height <= nodes[e.below].y for e in graph.edges)

    assert is_across or is_down


@given(st.text())
def test_a_name_is_text_and_never_markup(name: str) -> None:
    root = drawn(Graph(name, [Node("operator", clean(name), clean(name))]))

    assert hints(root)[1:] == [" · ".join(filter(None, [clean(name)] * 2))]
    assert elements(root) == {"svg", "title", "desc", "style", "rect", "g", "text"}


def test_a_hostile_name_stays_what_it_is() -> None:
    hostile = '</text><script>alert("&amp;")</script>'
    root = parsed(bundle_of(rs.from_iterable([1]).to(rs.to_file(hostile, format="lines")))["image/svg+xml"])

    assert f"to_file · {clean(hostile)}".rpartition("/")[2] in hints(root)[-1]
    assert "script" not in elements(root)


def test_a_picture_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    root = parsed(bundle_of(rs.from_iterable([1]).pipe(ops.skip(1)).to(print, name="a<b"))["image/svg+xml"])

    assert root.attrib["role"] == "img"
    assert [child.text for child in root][:2] == ["Pipeline a<b", "from_iterable to skip; skip to print"]


def test_a_long_name_is_cut_and_shows_whole_when_one_points_at_it() -> None:
    root = drawn(Graph("", [Node("operator", "n" * 50)]))

    assert texts(root) == ["n" * 29 + "…"]
    assert hints(root)[1] == "n" * 50


def test_a_short_pipeline_is_drawn_from_left_to_right_and_a_long_one_downwards() -> None:
    step = ops.map(str)
    short, long = (parsed(picture_of(rs.from_iterable([1]).pipe(*[step] * many))) for many in (2, 20))

    assert sheet_of(short).width > sheet_of(short).height
    assert sheet_of(long).height > sheet_of(long).width


def test_what_follows_only_one_thing_stands_in_line_with_it() -> None:
    left, right = rs.from_iterable([1]).pipe(ops.map(str)).split(bool)
    root = parsed(picture_of(left.pipe(ops.map(len), ops.skip(1)).pipe(ops.merge(right))))
    middles = [box.y + box.height / 2 for box in boxes(root, "node")]

    assert middles[3] == middles[4] == middles[5]


def picture_of(stream: rs.Stream[object]) -> str:
    return bundle_of(stream)["image/svg+xml"]


def test_it_brings_its_colours_by_day_and_by_night() -> None:
    svg = picture_of(rs.from_iterable([1]))

    assert "prefers-color-scheme:dark" in svg
    assert 'body[data-jp-theme-light="false"] .rx' in svg
