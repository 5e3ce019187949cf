"""Copy a topic to a topic or a file until a signal stops it: one JSON argument says what, one JSON line how it went."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import rxstream as rs
from rxstream import operators as ops


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What to copy, and how.

    Args:
        bootstrap: Where Kafka answers.
        source: The topic to read.
        group: The consumer group.
        topic: The topic to write, or
        path: the file to append lines to.
        member: A static member's name; None: a dynamic one.
        session_ms: After what silence the broker takes a member for dead.
        seconds_each: What a record costs, so that a signal finds the job at work.
        shutdown: Seconds for what is in flight.
        stuck: Whether there is another sink that never answers.
        held: The first bytes of a record whose handling never ends, while that of the others goes on.
        blocking: The first bytes of a record whose handling blocks the loop, once, for eight seconds.
        exactly_once: Whether what is written and what is committed is one transaction.
        commit_interval: Seconds between two commits.
    """

    bootstrap: str
    source: str
    group: str
    topic: str | None = None
    path: str | None = None
    member: str | None = None
    session_ms: int = 6_000
    seconds_each: float = 0.0004
    shutdown: float = 30.0
    stuck: bool = False
    held: str | None = None
    blocking: str | None = None
    exactly_once: bool = False
    commit_interval: float = 0.1


#: Seconds: longer than the broker waits for a member's sign of life.
_BLOCKED = 8.0


class Job:
    """The program at work."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def signal(self, number: int, *, within: float = 20.0) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(within)

    def report(self) -> dict[str, Any]:
        """What it said at its end."""
        assert self.process.stdout is not None
        said = self.process.stdout.read()
        found: dict[str, Any] = json.loads(said) if said else {"reason": "an error"}
        return found


@contextmanager
def copying(copy: Copy) -> Iterator[Job]:
    """Run the program while the block lasts; what is still there at its end is killed."""
    command = [sys.executable, "-m", "tests.integration._jobs.copy", json.dumps(asdict(copy))]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Job(process)
        finally:
            process.kill()


def main(copy: Copy) -> int:
    """Copy until stopped; the exit code is the command line's."""

    def work(value: bytes) -> bytes:
        blocks = copy.blocking is not None and value.startswith(copy.blocking.encode())
        time.sleep(_BLOCKED if blocks else copy.seconds_each)
        return value

    member = {} if copy.member is None else {"group_instance_id": copy.member}
    source = rs.from_kafka(
        copy.source,
        bootstrap_servers=copy.bootstrap,
        group_id=copy.group,
        commit_interval=copy.commit_interval,
        extra={"session_timeout_ms": copy.session_ms, "heartbeat_interval_ms": copy.session_ms // 5, **member},
    )
    worked = source.pipe(ops.map(work), *_holding(copy))
    report = rs.run(worked.to(*_sinks(copy), name="copy"), shutdown=copy.shutdown)
    counts = report["copy"]
    said = {"reason": report.reason, "unsettled": report.unsettled}
    said |= {"received": counts.received, "emitted": counts.emitted, "committed": counts.committed}
    sys.stdout.write(json.dumps(said) + "\n")
    return 1 if report.unsettled else 0


def _holding(copy: Copy) -> Iterator[Any]:
    if copy.held is not None:
        held = copy.held.encode()

        async def hold(value: bytes) -> bytes:
            if value.startswith(held):
                await asyncio.Event().wait()
            return value

        yield ops.map_async(hold, concurrency=8, order="done")


def _sinks(copy: Copy) -> Iterator[Any]:
    if copy.topic is not None:
        options: dict[str, Any] = {"delivery": "exactly_once"} if copy.exactly_once else {}
        yield rs.to_kafka(copy.topic, bootstrap_servers=copy.bootstrap, **options)
    if copy.path is not None:
        yield rs.to_file(copy.path, format="lines")
    if copy.stuck:
        yield _never_done


async def _never_done(_value: bytes) -> None:
    await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main(Copy(**json.loads(sys.argv[1]))))
