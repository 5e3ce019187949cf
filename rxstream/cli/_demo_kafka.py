"""The demo through Kafka: the rows are loaded into topics, and replayed from there into others."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import rxstream as rs
from rxstream import operators as ops
from rxstream.cli._demo_run import READ, WRITTEN, Tables, empty_tables, load, pipelines, say
from rxstream.cli._flights import DISORDER, Row, scheduled
from rxstream.cli._flights_files import Prepared


def run_kafka(out: Path, files: Prepared, bootstrap: str) -> tuple[Tables, rs.Report]:
    """Load the flights and the weather into topics, and replay them from there into other topics and files.

    Raises:
        ConnectError: If no broker answers.
    """
    run = uuid.uuid4().hex[:8]
    topics = {name: f"{name}-{run}" for name in (*READ, *WRITTEN)}

    def sink(name: str) -> Any:
        return rs.to_kafka(topics[name], bootstrap_servers=bootstrap, codec="json")

    def records(name: str) -> rs.Stream[Row]:
        return rs.from_kafka(topics[name], bootstrap_servers=bootstrap, codec="json", key_codec="str", stop="end")

    asyncio.run(_create_topics(bootstrap, *topics.values()))
    for name, path in zip(READ, files, strict=True):
        say(f"loading {path.name} into topic {topics[name]} at {bootstrap}")
    load(files, sink)
    say(f"replaying them into {', '.join(f'topic {topics[name]}' for name in WRITTEN)}")
    tables = empty_tables()
    flights = records("flights").pipe(ops.event_time(scheduled, disorder=DISORDER))
    made = pipelines(flights, records("weather"), out=out, tables=tables, also=sink)
    return tables, rs.run(*made)


async def _create_topics(bootstrap: str, *names: str) -> None:
    from rxstream.drivers import require_client
    from rxstream.drivers.kafka import create_topic

    require_client("demo", "aiokafka", extra="kafka")
    for name in names:
        # One partition keeps the file's order. The rows are of 2013: a time limit would delete them at once.
        await create_topic("demo", bootstrap, name, partitions=1, configs={"retention.ms": "-1"})
