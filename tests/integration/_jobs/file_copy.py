"""Copy a file's lines to another file as they come, slowly, until a signal stops it: from, to and the position."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rxstream as rs
from rxstream import operators as ops


@contextmanager
def copying(source: Path, to: Path, position: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the program while the block lasts; what is still there at its end is killed."""
    command = [sys.executable, "-m", "tests.integration._jobs.file_copy", str(source), str(to), str(position)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as process:
        try:
            yield process
        finally:
            process.kill()


def main(source: str, to: str, position: str) -> None:
    """Copy until stopped."""

    def work(line: str) -> str:
        time.sleep(0.0004)
        return line

    stream = rs.from_file(source, format="lines", follow=True, position=position)
    rs.run(stream.pipe(ops.map(work)).to(rs.to_file(to, format="lines")))


if __name__ == "__main__":
    main(*sys.argv[1:])
