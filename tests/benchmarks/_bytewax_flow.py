"""Run bytewax in this thread; a batch of its source is a thousand items."""

from collections.abc import Callable, Sequence
from typing import Any

from bytewax import operators as op
from bytewax.dataflow import Dataflow, Stream
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import TestingSource, run_main

_BATCH = 1_000


class _Hearing(DynamicSink[Any], StatelessSinkPartition[Any]):
    """A sink and its only part."""

    def __init__(self, hear: Callable[[Any], object]) -> None:
        self._hear = hear

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "_Hearing":
        return self

    def write_batch(self, items: list[Any]) -> None:
        for item in items:
            self._hear(item)


def run_flow(
    build: Callable[..., Stream[Any]], *inputs: Sequence[Any], hear: Callable[[Any], object], branches: int = 1
) -> None:
    """Let ``hear`` hear, ``branches`` times, of what ``build`` makes of streams of the inputs."""
    flow = Dataflow("benchmark")
    sources = [
        op.input(f"input{place}", flow, TestingSource(items, batch_size=_BATCH)) for place, items in enumerate(inputs)
    ]
    made = build(*sources)
    for place in range(branches):
        op.output(f"output{place}", made, _Hearing(hear))
    run_main(flow)  # type: ignore[no-untyped-call] # bytewax has not said what it takes
