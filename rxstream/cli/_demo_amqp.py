"""The demo through RabbitMQ: the rows are loaded into queues, and read from there into others."""

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


def run_amqp(out: Path, files: Prepared, url: str) -> tuple[Tables, rs.Report]:
    """Load the flights and the weather into queues, and read them from there into other queues and files.

    Raises:
        ConnectError: If no broker answers.
    """
    run = uuid.uuid4().hex[:8]
    queues = {name: f"{name}-{run}" for name in (*READ, *WRITTEN)}

    def sink(name: str) -> Any:
        return rs.to_amqp(url, routing_key=queues[name], codec="json")

    place = asyncio.run(_declare_queues(url, *queues.values()))
    for name, path in zip(READ, files, strict=True):
        say(f"loading {path.name} into queue {queues[name]} at {place}")
    loaded = load(files, sink)

    def messages(name: str) -> rs.Stream[Row]:
        # A queue has no end; but how many there are is known, and a message's key is its queue.
        whole = rs.from_amqp(url, queues[name], codec="json").pipe(ops.take(loaded[name].emitted))
        return whole.pipe(ops.key_by(lambda row: row["origin"]))

    say(f"reading them into {', '.join(f'queue {queues[name]}' for name in WRITTEN)}")
    tables = empty_tables()
    flights = messages("flights").pipe(ops.event_time(scheduled, disorder=DISORDER))
    weather = messages("weather").pipe(ops.event_time("time_hour"))
    return tables, rs.run(*pipelines(flights, weather, out=out, tables=tables, also=sink))


async def _declare_queues(url: str, *names: str) -> str:
    """Make queues that outlive a restart; returns where the broker is, without a password."""
    from rxstream.drivers.amqp import address_of, linked

    address = address_of("demo", url)
    link = await linked(address)
    try:
        for name in names:
            await link.call("queue_declare", queue=name, durable=True)
    finally:
        await link.close()
    return address.place
