"""The marble diagrams of docstrings, read and run.

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
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from reactivex import operators as rx

import rxstream as rs
from docs.make_operator_pages import read
from rxstream import operators as ops
from rxstream.testing import Marbles

_PARTS = re.compile(r"(?P<lanes>.*?)\[ (?P<pipe>.*?) \]\n(?P<output>.*?)(?:where (?P<named>.*))?", re.DOTALL)
_DIGITS = {digit: int(digit) for digit in "0123456789"}


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

    def expect(self, marbles: Marbles) -> None:
        """Expect what the last lane says of what the brackets make of the first ones."""
        known = names()
        values = _DIGITS | _made(f"dict({self.named})", known)
        error = values.pop("error", None)
        streams = [marbles.hot(lane, values) for lane in self.lanes]
        others = list(_free(self.pipe, known))
        assert len(others) == len(streams[1:]), f"{self.pipe}: {len(streams[1:])} further lanes for the names {others}"
        known |= zip(others, streams[1:], strict=True)
        made = _made(self.pipe, known)
        if streams:
            made = streams[0].pipe(*(made if isinstance(made, tuple) else (made,)))
        marbles.expect(made, self.output, values, error)


def diagrams_of(documented: object) -> list[Diagram]:
    """Read all diagrams of a docstring."""
    return [diagram(text) for text in read(documented).diagrams]


def diagram(text: str) -> Diagram:
    """Take a diagram apart."""
    parts = _PARTS.fullmatch(text)
    assert parts is not None, f"A diagram is lanes, [ operator(…) ], a lane, and where …; this is none:\n{text}"
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
