"""Copy a topic of JSON with Quix Streams."""

from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any

from quixstreams import Application

from tests.benchmarks._copy import Copy


def copy(job: Copy, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Copy until all records are through."""
    with TemporaryDirectory() as state:
        app = Application(
            broker_address=job.bootstrap,
            consumer_group=job.group,
            auto_offset_reset="earliest",
            auto_create_topics=False,
            commit_interval=1.0,
            loglevel=None,
            state_dir=state,
        )
        source = app.topic(job.source, value_deserializer="json")
        output = app.topic(job.output, value_serializer="json")
        app.dataframe(source).apply(change).to_topic(output)
        app.run(count=job.records, collect=False)
