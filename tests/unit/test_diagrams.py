"""What the diagrams of docstrings say is what comes."""

import re

import pytest

import rxstream as rs
from docs.make_operator_pages import OPERATORS, PAGES
from rxstream.testing import Marbles
from tests.unit.diagrams import diagram, diagrams_of

#: Sources may be drawn, too.
DRAWN = {name: made for name in rs.__all__ if diagrams_of(made := getattr(rs, name))} | OPERATORS


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_is_drawn(name: str) -> None:
    assert diagrams_of(OPERATORS[name])


@pytest.mark.parametrize("name", DRAWN)
def test_a_diagram_says_what_comes(name: str, marbles: Marbles) -> None:
    for drawn in diagrams_of(DRAWN[name]):
        drawn.expect(marbles)


def test_the_diagram_that_explains_diagrams_says_what_comes(marbles: Marbles) -> None:
    (text,) = re.findall(r"```text\n(.*?)```", (PAGES / "README.md").read_text(), re.DOTALL)

    diagram(text).expect(marbles)
