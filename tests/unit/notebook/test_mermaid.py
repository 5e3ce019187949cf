"""A graph as Mermaid's text: whole, and with names that cannot be markup."""

import re

from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.notebook import bundle_of
from rxstream.notebook._graph import Graph, Node
from rxstream.notebook._mermaid import mermaid


def test_a_pipeline_is_a_flow_chart() -> None:
    pipeline = rs.from_iterable([1, 2]).pipe(ops.map(str)).to(rs.to_list(), on_error=rs.handlers.skip())

    assert bundle_of(pipeline)["text/vnd.mermaid"].splitlines() == [
        "flowchart TD",
        '  n0(["from_iterable<br/>1, 2"])',
        '  n1["map<br/>str"]',
        '  n2[("to_list")]',
        '  n3{{"skip"}}',
        "  n0 --> n1",
        "  n1 --> n2",
        "  n1 -.-> n3",
    ]


@given(st.text(min_size=1))
def test_a_name_is_text_and_never_markup(name: str) -> None:
    line = mermaid(Graph("", [Node("operator", name)])).splitlines()[1]
    label = line.removeprefix('  n0["').removesuffix('"]')

    assert not re.search(r"[^\w #;.,:=+/-]", label)
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label) == name
