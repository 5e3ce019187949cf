"""Write numbered lines into a file, in pieces of random sizes: its path, the writer's name, how many, and the sizes."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

#: Pieces of whole lines, so that several may write at once.
LINES = "lines"
#: Pieces of bytes, which end anywhere.
BYTES = "bytes"


@contextmanager
def writing(path: Path, names: str, *, count: int, pieces: str) -> Iterator[None]:
    """Run a writer for each letter until all of them are done."""
    module = "tests.integration._jobs.file_writer"
    with ExitStack() as stack:
        for name in names:
            command = [sys.executable, "-m", module, str(path), name, str(count), pieces]
            stack.enter_context(subprocess.Popen(command, cwd=Path(__file__).parents[3]))
        yield


def numbered(name: str, count: int) -> list[str]:
    """The lines that a writer writes."""
    return [f"{name}{number}" for number in range(count)]


def main(path: str, name: str, count: str, pieces: str) -> None:
    """Write them all."""
    chance = random.Random(name)  # noqa: S311 - nothing secret
    lines = [f"{line}\n".encode() for line in numbered(name, int(count))]
    units = lines if pieces == LINES else [bytes([byte]) for byte in b"".join(lines)]
    with Path(path).open("ab", buffering=0) as file:
        while units:
            size = chance.randint(1, 400)
            file.write(b"".join(units[:size]))
            del units[:size]
            time.sleep(chance.choice([0, 0, 0.001, 0.01]))
        os.fsync(file.fileno())


if __name__ == "__main__":
    main(*sys.argv[1:])
