"""Which pipelines run together, what they are called, and whether they are live."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from itertools import count
from typing import Any

from rxstream.core import Pipeline, Stream, lineage


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


def is_live(pipelines: Sequence[Pipeline]) -> bool:
    """Whether some source has no end of its own, so that the run's clock is the wall's."""
    return any(
        stream.feed.live if stream.feed is not None else is_foreign_source(stream)
        for pipeline in pipelines
        for stream in lineage(pipeline.stream)
    )


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


def is_job(candidate: object) -> bool:
    """Whether something is a coroutine function that may run beside pipelines."""
    return inspect.iscoroutinefunction(candidate)
