"""The marble diagrams of docstrings: read, run, and drawn as they ran.

Lanes, an expression in brackets, a lane of what comes of them, and what characters stand for where they do not stand
for themselves::

    -a---b-|
    --1----2|
    [ zip(other) ]
    --x----(y|)
      where x = ("a", 1), y = ("b", 2)

A frame is a second, a digit an int, any other character text. The lanes are hot streams: the first one is the stream,
and each name in the brackets that means nothing else is the next one. Several operators in the brackets, with commas,
are a pipe; without any lane above them they are the stream itself. What ``error`` is called behind ``where`` is ``#``.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from reactivex import operators as rx

import rxstream as rs
from rxstream import operators as ops
from rxstream.notebook._graph import Node
from rxstream.notebook._marble_picture import marble_picture
from rxstream.notebook._record import Lane, Record
from rxstream.notebook._taps import tapped
from rxstream.testing import Marbles, marbles

_PARTS: Final = re.compile(r"(?P<lanes>.*?)\[ (?P<pipe>.*?) \]\n(?P<output>.*?)(?:where (?P<named>.*))?", re.DOTALL)
_DIGITS: Final = {digit: int(digit) for digit in "0123456789"}
#: What the lane is called that is piped; the others have names in the brackets.
_PIPED: Final = "stream"


def names() -> dict[str, Any]:
    """What an expression may use besides Python's own names."""
    public = {name: getattr(room, name) for room in (builtins, rs, ops) for name in dir(room) if name[0] != "_"}
    return public | {"rs": rs, "rx": rx, "asyncio": asyncio, "datetime": datetime, "UTC": UTC}


class Diagram(NamedTuple):
    """What one diagram says, as text."""

    lanes: list[str]
    pipe: str
    output: str
    named: str

    def expect(self, kit: Marbles, *, record: Record | None = None) -> None:
        """Expect what the last lane says of what the brackets make of the first ones.

        Args:
            kit: Where it is expected.
            record: Where every stage is written down; None: nowhere.
        """
        known = names()
        values = _DIGITS | _made(f"dict({self.named})", known)
        error = values.pop("error", None)
        streams = [kit.hot(lane, values) for lane in self.lanes]
        known |= zip(self.others, streams[1:], strict=True)
        made = _made(self.pipe, known)
        if streams:
            made = streams[0].pipe(*(made if isinstance(made, tuple) else (made,)))
        kit.expect(made if record is None else tapped(made, record, None).stream, self.output, values, error)

    def drawn(self) -> str:
        """Run it, and draw what every stage did, as `rs.marble` does, in the diagram's own words.

        Raises:
            AssertionError: If something else comes than it says.
        """
        record = Record()
        # What an operator prints is not part of the picture.
        with redirect_stdout(None), marbles() as kit:
            self.expect(kit, record=record)
        inputs, steps = iter([_PIPED, *self.others] if self.lanes else ()), iter(self._steps())
        for lane in record.lanes:
            lane.node = next(steps, lane.node) if lane.above else lane.node._replace(name=next(inputs, lane.node.name))
        return marble_picture(_inputs_first(record.lanes))

    @property
    def others(self) -> list[str]:
        """What the lanes below the first one are called in the brackets."""
        return list(_free(self.pipe, names()))

    def _steps(self) -> Iterator[Node]:
        body = ast.parse(self.pipe, mode="eval").body
        for step in body.elts if isinstance(body, ast.Tuple) else [body]:
            name, _, given = (ast.get_source_segment(self.pipe, step) or "").partition("(")
            yield Node("operator", name, given.removesuffix(")"))


def _inputs_first(lanes: Sequence[Lane]) -> list[Lane]:
    """The lanes with all inputs above all operators, as diagrams have them."""
    order = sorted(range(len(lanes)), key=lambda place: bool(lanes[place].above))
    moved = {place: rank for rank, place in enumerate(order)}
    for lane in lanes:
        lane.above = tuple(moved[place] for place in lane.above)
    return [lanes[place] for place in order]


def diagram(text: str) -> Diagram:
    """Take a diagram apart.

    Raises:
        ValueError: If it is none.
    """
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise ValueError(f"A diagram is lanes, [ operator(…) ], a lane, and where …; this is none:\n{text}")
    lanes = [lane for lane in parts["lanes"].splitlines() if lane.strip()]
    return Diagram(lanes, f"({parts['pipe']})", parts["output"].strip(), parts["named"] or "")


def _made(expression: str, known: dict[str, Any]) -> Any:
    return eval(expression, dict(known))  # noqa: S307 - what is evaluated is ours: the docstrings of the package


def _free(expression: str, known: dict[str, Any]) -> Iterator[str]:
    """Yield the names that mean nothing yet, each once, in the order in which they stand."""
    nodes = list(ast.walk(ast.parse(expression, mode="eval")))
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    used = [node for node in nodes if isinstance(node, ast.Name) and node.id not in own | known.keys()]
    yield from dict.fromkeys(node.id for node in sorted(used, key=lambda node: (node.lineno, node.col_offset)))
