"""Which pipelines run together, what they are called, and whether they are live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from rxstream.core import Operator, Pipeline, Stream, lineage, parents_of


def with_branches(pipelines: Sequence[Pipeline]) -> list[Pipeline]:
    """Pipelines and, behind them, those that branch off them, each once."""
    found: dict[int, Pipeline] = {}
    pending = list(pipelines)
    while pending:
        pipeline = pending.pop(0)
        if id(pipeline) not in found:
            found[id(pipeline)] = pipeline
            pending += [side for stream in lineage(pipeline.stream) for side in stream.sides]
    return list(found.values())


def goes_live(pipelines: Sequence[Pipeline]) -> bool:
    """Whether some source goes on for as long as the world does, so that the run's clock is the wall's in the end."""
    return any(
        stream.feed.live if stream.feed is not None else is_foreign_source(stream) for stream in _streams(pipelines)
    )


def has_past(pipelines: Sequence[Pipeline]) -> bool:
    """Whether some source replays what has happened already."""
    return any(stream.feed is not None and stream.feed.has_past for stream in _streams(pipelines))


def is_endless(pipeline: Pipeline) -> bool:
    """Whether a timer that never ends keeps a pipeline from completing."""
    known: dict[int, bool] = {}
    pending = [pipeline.stream]
    while pending:
        stream = pending[-1]
        unknown = [parent for parent in parents_of(stream) if id(parent) not in known]
        if unknown:
            pending += unknown
            continue
        known[id(pending.pop())] = _goes_on(stream, [known[id(parent)] for parent in parents_of(stream)])
    return known[id(pipeline.stream)]


def _goes_on(stream: Stream[Any], parents: Sequence[bool]) -> bool:
    """Whether a stream never ends, given whether those do that it is made from."""
    if stream.feed is not None:
        return stream.feed.endless
    completes = stream.step.completes if isinstance(stream.step, Operator) else "last"
    if completes == "before":
        return False
    return all(parents) if completes == "first" else any(parents)


def is_only_ticking(pipelines: Sequence[Pipeline]) -> bool:
    """Whether timers that never end are the only sources."""
    feeds = [stream.feed for stream in _streams(pipelines) if stream.feed is not None]
    return bool(feeds) and all(feed.endless for feed in feeds)


def _streams(pipelines: Sequence[Pipeline]) -> Iterator[Stream[Any]]:
    for pipeline in pipelines:
        yield from lineage(pipeline.stream)


def is_foreign_source(stream: Stream[Any]) -> bool:
    """Whether a stream only wraps an Observable that is not rxstream's."""
    return stream.feed is None and stream.step is None


def names_of(pipelines: Sequence[Pipeline]) -> list[str]:
    """Their names, and for those without one their places."""
    taken = {pipeline.name for pipeline in pipelines}
    names = []
    for place, pipeline in enumerate(pipelines, 1):
        free = (name for number in count(place) if (name := f"pipeline-{number}") not in taken)
        names.append(pipeline.name or next(free))
        taken.add(names[-1])
    return names
