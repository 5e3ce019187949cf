"""Copy a queue to a queue until a signal stops it: one JSON argument says what, one JSON line how it went."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import rxstream as rs
from rxstream import operators as ops
from tests.integration._jobs.copy import Job


@dataclass(frozen=True, kw_only=True)
class AmqpCopy:
    """What to copy, and how.

    Args:
        url: Where RabbitMQ answers.
        source: The queue to read.
        target: The queue to write.
        seconds_each: What a message costs, so that a signal finds the job at work.
        prefetch: How many messages may be unacknowledged.
        ack: As in `from_amqp`.
    """

    url: str
    source: str
    target: str
    seconds_each: float = 0.0004
    prefetch: int = 200
    ack: str = "auto"


@contextmanager
def copying(copy: AmqpCopy) -> Iterator[Job]:
    """Run the program while the block lasts; what is still there at its end is killed."""
    command = [sys.executable, "-m", "tests.integration._jobs.amqp_copy", json.dumps(asdict(copy))]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Job(process)
        finally:
            process.kill()


def main(copy: AmqpCopy) -> int:
    """Copy until stopped; the exit code is the command line's."""

    def work(value: bytes) -> bytes:
        time.sleep(copy.seconds_each)
        return value

    source = rs.from_amqp(copy.url, copy.source, prefetch_count=copy.prefetch, ack=copy.ack)
    report = rs.run(source.pipe(ops.map(work)).to(rs.to_amqp(copy.url, routing_key=copy.target), name="copy"))
    counts = report["copy"]
    said = {"reason": report.reason, "unsettled": report.unsettled}
    said |= {"received": counts.received, "emitted": counts.emitted, "committed": counts.committed}
    sys.stdout.write(json.dumps(said) + "\n")
    return 1 if report.unsettled else 0


if __name__ == "__main__":
    sys.exit(main(AmqpCopy(**json.loads(sys.argv[1]))))
