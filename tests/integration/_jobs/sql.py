"""Fresh tables in a real database beside rxstream, and a job that fills one until a signal stops it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy

import rxstream as rs
from rxstream import operators as ops


def do(url: str, statement: str) -> list[Any]:
    """Do something to the database, on a connection of its own; returns the rows, if there are any."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        result = connection.execute(sqlalchemy.text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def select(url: str, what: str) -> list[Any]:
    """The rows of what stands behind SELECT."""
    return do(url, f"SELECT {what}")


def made_table(url: str, columns: str) -> str:
    """Make a table that is nobody else's."""
    name = f"t_{uuid4().hex[:12]}"
    do(url, f"CREATE TABLE {name} ({columns})")
    return name


def count(url: str, table: str) -> int:
    """How many rows there are; as many as none while the database is away."""
    try:
        return int(select(url, f"count(*) FROM {table}")[0][0])
    except sqlalchemy.exc.OperationalError:
        return 0


@contextmanager
def filling(url: str, table: str, *, shutdown: float = 30.0, **kafka: str) -> Iterator[subprocess.Popen[str]]:
    """Run the program below while the block lasts; what is still there at its end is killed."""
    said = json.dumps({"url": url, "table": table, "shutdown": shutdown, **kafka})
    command = [sys.executable, "-m", "tests.integration._jobs.sql", said]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def main(url: str, table: str, shutdown: float, bootstrap: str = "", topic: str = "") -> int:
    """Fill a table with numbers, from a topic or without end, until stopped; prints how it ended."""
    source: rs.Stream[int] = rs.from_aiter(_numbers)
    if topic:
        source = rs.from_kafka(
            topic,
            bootstrap_servers=bootstrap,
            group_id=topic,
            codec="json",
            commit_interval=0.1,
            # One that is killed and comes back has its partitions at once.
            extra={"group_instance_id": "one"},
        )
    report = rs.run(source.pipe(ops.map(_slow_row)).to(rs.to_sql(url, table, key="id")), shutdown=shutdown)
    said = {"reason": report.reason, "emitted": report.pipelines[0].emitted}
    sys.stdout.write(json.dumps(said) + "\n")
    return 1 if report.unsettled else 0


async def _numbers() -> AsyncIterator[int]:
    for number in range(1_000_000):
        yield number


def _slow_row(number: int) -> dict[str, int]:
    # So that whatever is done to it finds the program at work.
    time.sleep(0.0005)
    return {"id": number}


if __name__ == "__main__":
    sys.exit(main(**json.loads(sys.argv[1])))
