"""What stands in an SVG: read as XML, as a browser would."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree as ET

_SPACE = "{http://www.w3.org/2000/svg}"


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    def touches(self, other: Box) -> bool:
        """Whether two share more than an edge."""
        beside = self.x + self.width <= other.x or other.x + other.width <= self.x
        return not (beside or self.y + self.height <= other.y or other.y + other.height <= self.y)

    def holds(self, other: Box) -> bool:
        """Whether another one lies inside."""
        right, below = self.x + self.width, self.y + self.height
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= right
            and other.y + other.height <= below
        )


def parsed(text: str) -> ET.Element:
    """The root of a picture; text that is no XML is an error."""
    return ET.fromstring(text)  # noqa: S314 - we have written it


def sheet_of(root: ET.Element) -> Box:
    """What is shown of it."""
    return Box(*map(float, root.attrib["viewBox"].split()))


def boxes(root: ET.Element, kind: str) -> list[Box]:
    """The rectangles of the groups of one class."""
    groups = [group for group in root.iter(f"{_SPACE}g") if kind in group.attrib["class"].split()]
    return [
        Box(*(float(rect.attrib[name]) for name in ("x", "y", "width", "height")))
        for group in groups
        for rect in group.iterfind(f"{_SPACE}rect")
    ]


def texts(root: ET.Element) -> list[str]:
    """What can be read."""
    return [text.text or "" for text in root.iter(f"{_SPACE}text")]


def hints(root: ET.Element) -> list[str]:
    """What shows when one points at something; the picture's own title first."""
    return [title.text or "" for title in root.iter(f"{_SPACE}title")]


def elements(root: ET.Element) -> set[str]:
    """The names of all elements."""
    return {element.tag.removeprefix(_SPACE) for element in root.iter()}


def overlapping(found: list[Box]) -> list[tuple[Box, Box]]:
    """Those that touch."""
    return [(one, other) for one, other in combinations(found, 2) if one.touches(other)]
