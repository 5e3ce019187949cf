"""The plan of a stream, in words and in the code that fusion generates for it."""

from __future__ import annotations

from typing import Any

from rxstream.core._feed import Feed
from rxstream.core._foreign import foreign_name
from rxstream.core._fusion import segments
from rxstream.core._operator import Operator
from rxstream.core._receiver import Receiver
from rxstream.core._shape import Head, shape_of
from rxstream.core._stream import Stream, lineage, parents_of
from rxstream.core._writing import write


def explained(stream: Stream[Any]) -> str:
    """Say what each part of a stream does: its source, what is fused, and what stands between."""
    used = {id(parent) for made in lineage(stream) for parent in parents_of(made)}
    ends = [made for made in lineage(stream) if id(made) not in used]
    return "\n".join(line for end in ends for line in _branch(end, _ending()))


def _branch(stream: Stream[Any], below: Receiver) -> list[str]:
    """From the source down to ``stream``, which ends in ``below``; the inputs of a merge one after the other."""
    lines: list[str] = []
    run: list[Operator[Any, Any]] = []
    at: Stream[Any] | None = stream
    while at is not None:
        step = at.step
        if isinstance(step, Operator) and step.inline is not None:
            run.insert(0, step)
        elif at.feed is not None:
            return [*_fused(at.feed, run, below), *lines]
        else:
            name = step.name if isinstance(step, Operator) else foreign_name(step) if step else repr(at)
            lines = [*_fused(None, run, below), *lines] if run else lines
            lines = [f"# {name}: one item at a time", *lines]
            run = []
            for other in reversed(step.others if isinstance(step, Operator) else ()):
                lines = [*_branch(other, _ending(name)), *lines]
            below = _ending(name)
        at = at.upstream if isinstance(at.upstream, Stream) else None
    return lines


def _ending(name: str = "what follows") -> Receiver:
    return Receiver(name, lambda _: None, lambda: None, lambda _: None)


def _fused(feed: Feed | None, run: list[Operator[Any, Any]], below: Receiver) -> list[str]:
    lines: list[str] = []
    for place, piece in enumerate(segments(run)):
        head = Head(feed, drives_clock=feed.time is not None) if feed is not None and place == 0 else None
        names = [*([feed.name] if head and feed else []), *(stage.name for stage in piece.stages)]
        lines += [f"# {' → '.join(names)}: one function", *write(shape_of(piece, below, head)).lines]
    return lines
