"""What the diagrams of docstrings say is what comes."""

import re

import pytest

import rxstream as rs
from docs.diagrams import Diagram, diagram
from docs.make_operator_pages import OPERATORS, PAGES, read
from rxstream.testing import Marbles
from tests.unit.notebook.svg import boxes, parsed, texts


def diagrams_of(documented: object) -> list[Diagram]:
    return [diagram(text) for text in read(documented).diagrams]


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
    (text,) = re.findall(r"```marble\n(.*?)```", (PAGES / "README.md").read_text(), re.DOTALL)

    diagram(text).expect(marbles)


def test_a_picture_of_a_diagram_has_its_lanes_in_its_words() -> None:
    (drawn,) = diagrams_of(OPERATORS["with_latest_from"])

    assert texts(parsed(drawn.drawn()))[-11:] == [
        *("stream", "a", "b", "c"),
        *("other", "1", "2"),
        *("with_latest_from", "other", "('b', 1)", "('c', 2)"),
    ]


def test_a_picture_of_several_operators_shows_each_of_them() -> None:
    (drawn,) = diagrams_of(OPERATORS["catch_each"])
    root = parsed(drawn.drawn())

    assert len(boxes(root, "marble")) == 3 + 2 + 2


def test_a_diagram_that_says_what_does_not_come_is_not_drawn() -> None:
    with pytest.raises(AssertionError):
        diagram("-a-|\n[ map(str.upper) ]\n-a-|").drawn()


def test_what_is_no_diagram_is_refused() -> None:
    with pytest.raises(ValueError, match="A diagram is lanes") as caught:
        diagram("-a-|")

    assert str(caught.value) == "A diagram is lanes, [ operator(…) ], a lane, and where …; this is none:\n-a-|"
