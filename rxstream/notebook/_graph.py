"""Pipelines as what is drawn of them: a node for each thing, and who hands items to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from rxstream.core import Operator, Pipeline, Stream, foreign_name, parents_of, sinks_of
from rxstream.notebook._given import given_to_operator, given_to_source, handler_words, sink_words
from rxstream.notebook._words import clean
from rxstream.runtime._numbers import shortened, spaced

#: What a node is; a way is one of several that items may go.
Kind = Literal["source", "operator", "sink", "handler", "way"]


class Node(NamedTuple):
    """One thing in a picture.

    Args:
        kind: What it is.
        name: What it is called.
        given: What it was given, in words.
        counted: What it did in a run, in words.
    """

    kind: Kind
    name: str
    given: str = ""
    counted: str = ""


class Edge(NamedTuple):
    """Items go from one node to another; ``aside``: only those that failed or came too late."""

    above: int
    below: int
    aside: bool = False


@dataclass(slots=True)
class Graph:
    """What is to be drawn: nodes, each behind those that it gets its items from, and the edges between them."""

    name: str
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def parents(self) -> list[list[int]]:
        """For each node the nodes above it."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for edge in self.edges:
            found[edge.below].append(edge.above)
        return found

    def children(self) -> list[list[int]]:
        """For each node the nodes below it."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for edge in self.edges:
            found[edge.above].append(edge.below)
        return found


def graph_of(drawn: Sequence[Pipeline | Stream[Any]]) -> Graph:
    """Read what pipelines are made of, and what they did in their latest runs."""
    names = [clean(one.name) for one in drawn if isinstance(one, Pipeline) and one.name is not None]
    drawing = _Drawing(Graph(", ".join(names)))
    for one in drawn:
        if isinstance(one, Pipeline):
            drawing.add_pipeline(one, {})
        else:
            drawing.add_stream(one, {})
    return drawing.graph


class _Tally(NamedTuple):
    """What a pipeline did in its latest run, how many seconds that took, and of how many sources it is told."""

    counts: Mapping[str, int] = {}
    seconds: float = 0.0
    sources: int = 1

    @property
    def received(self) -> str:
        """What came in; of several sources it is known only together."""
        return self._with_rate("received", "in" if self.sources == 1 else "in from all")

    @property
    def emitted(self) -> str:
        """What went out."""
        return self._with_rate("emitted", "out")

    @property
    def failed(self) -> str:
        """What the handler got."""
        return f"{spaced(self.counts['failed'])} failed" if "failed" in self.counts else ""

    def _with_rate(self, name: str, word: str) -> str:
        """A count in words, with its rate where the run was long enough to have one."""
        if name not in self.counts:
            return ""
        rate = self.counts[name] / self.seconds if self.seconds >= _LONG else 0.0
        return f"{spaced(self.counts[name])} {word}" + (f", {shortened(rate)}/s" if rate >= 1 else "")


#: Seconds from which on a run has a rate that says something.
_LONG: Final = 1.0
_NOTHING: Final = _Tally()


class _Drawing:
    """A graph that grows; what stands in it already is found by its identity."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._streams: dict[int, int] = {}
        self._others: dict[tuple[str, int], int] = {}
        self._edges: set[Edge] = set()

    def add_pipeline(self, pipeline: Pipeline, standing_for: Mapping[int, int]) -> None:
        """Draw a stream, where it ends, and who is asked about what fails.

        Args:
            pipeline: What is drawn.
            standing_for: The nodes from which branches get the items of their streams.
        """
        sources = sum(not parents_of(made) for made in downwards(pipeline.stream))
        tally = _Tally(pipeline.counts, pipeline.seconds, sources)
        end = self.add_stream(pipeline.stream, standing_for, tally)
        for sink in pipeline.sinks:
            self._join(end, self._sink(sink, tally.emitted))
        if pipeline.on_error is not None:
            self._add_handler(end, pipeline.on_error, tally.failed)

    def add_stream(self, stream: Stream[Any], standing_for: Mapping[int, int], tally: _Tally = _NOTHING) -> int:
        """Draw everything that a stream is made from; returns the place of its last node."""
        sides: list[tuple[Pipeline, Mapping[int, int]]] = []
        for made in downwards(stream):
            if id(made) in standing_for or id(made) in self._streams:
                continue
            parents = [standing_for.get(id(parent), self._streams.get(id(parent), 0)) for parent in parents_of(made)]
            place = self._streams[id(made)] = self._stage(made, parents, tally)
            for parent in parents:
                self._join(parent, place)
            self._add_asides(made.step, place)
            sides += [(side, {**standing_for, id(made.upstream): place}) for side in made.sides]
        for side, from_here in sides:
            self.add_pipeline(side, from_here)
        return standing_for[id(stream)] if id(stream) in standing_for else self._streams[id(stream)]

    def _stage(self, stream: Stream[Any], parents: Sequence[int], tally: _Tally) -> int:
        if parents and _is_plain_tee(stream):
            # The branches of one stream are one thing.
            return self._other("tee", parents[0], Node("operator", "tee"))
        return self._new(node_of(stream, tally.received))

    def _add_asides(self, step: object, place: int) -> None:
        """Draw where an operator sends what came too late, and its handler what failed."""
        if not isinstance(step, Operator):
            return
        for sink in step.sinks:
            late = self._new(Node("way", "late"))
            self._join(place, late, aside=True)
            self._join(late, self._sink(sink), aside=True)
        for sink in sinks_of(step.handler):
            self._join(place, self._sink(sink), aside=True)

    def _add_handler(self, above: int, handler: Any, counted: str) -> None:
        name, given = handler_words(handler)
        place = self._other("handler", id(handler), Node("handler", clean(name), clean(given), counted))
        self._join(above, place, aside=True)
        for sink in sinks_of(handler):
            self._join(place, self._sink(sink), aside=True)

    def _sink(self, sink: Any, counted: str = "") -> int:
        name, given = sink_words(sink)
        return self._other("sink", id(sink), Node("sink", clean(name), clean(given), counted))

    def _other(self, what: str, known_by: int, node: Node) -> int:
        if (what, known_by) not in self._others:
            self._others[what, known_by] = self._new(node)
        return self._others[what, known_by]

    def _new(self, node: Node) -> int:
        self.graph.nodes.append(node)
        return len(self.graph.nodes) - 1

    def _join(self, above: int, below: int, *, aside: bool = False) -> None:
        edge = Edge(above, below, aside)
        if edge not in self._edges:
            self._edges.add(edge)
            self.graph.edges.append(edge)


def node_of(stream: Stream[Any], received: str = "") -> Node:
    """What is drawn of one stage."""
    step = stream.step
    if stream.feed is not None:
        return Node("source", clean(stream.feed.name), given_to_source(stream.feed), received)
    if step is None:
        name = type(stream.upstream).__name__
        return Node("source", "Observable" if name.startswith("_") else clean(name), "", received)
    if not isinstance(step, Operator):
        return Node("operator", clean(foreign_name(step)))
    way = _way(stream, step)
    if way:
        return Node("way", way)
    given = given_to_operator(step) if step.handler is None else handler_words(step.handler)[0]
    return Node("operator", clean(step.name), clean(given))


def _is_plain_tee(stream: Stream[Any]) -> bool:
    return isinstance(stream.step, Operator) and stream.step.name == "tee" and not stream.sides


def downwards(stream: Stream[Any]) -> Iterator[Stream[Any]]:
    """Every stream involved, each behind what it is made from."""
    done: set[int] = set()
    pending = [(stream, False)]
    while pending:
        at, is_open = pending.pop()
        if is_open:
            yield at
        elif id(at) not in done:
            done.add(id(at))
            pending.append((at, True))
            pending.extend((parent, False) for parent in reversed(parents_of(at)))


def _way(stream: Stream[Any], step: Operator[Any, Any]) -> str:
    """Which of two ways a stream is that `split` has made; empty: it is none."""
    above = stream.upstream.step if isinstance(stream.upstream, Stream) else None
    if step.name != "split" or not isinstance(above, Operator) or above.name != "split" or step.inline is None:
        return ""
    return "yes" if step.inline.code.startswith("if not ") else "no"
