"""The lines of a file, numbered, without their ends and without blank ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Final

from rxstream.sources._file_values import Record

#: What a file of UTF-8 may begin with.
MARK: Final = b"\xef\xbb\xbf"
#: Bytes of lines read at a time.
CHUNK: Final = 64 * 1024


def lines_of(file: IO[bytes]) -> Iterator[Sequence[Record]]:
    """Yield all lines of a file that is read once, from its beginning."""
    lines = Lines()
    while chunk := file.readlines(CHUNK):
        yield lines.take(chunk, ended=False)


class Lines:
    """Makes records of lines as they come.

    Args:
        line: The number of the first one.
    """

    def __init__(self, line: int = 1) -> None:
        #: The number of the next line.
        self.line = line

    def take(self, lines: list[bytes], *, ended: bool) -> list[Record]:
        """Make records of the next lines."""
        if self.line == 1 and lines:
            lines[0] = lines[0].removeprefix(MARK)
        stripped = [line.rstrip(b"\r\n") for line in lines]
        found: list[Record] = [(place, line) for place, line in enumerate(stripped, self.line) if line.strip()]
        self.line += len(lines)
        return found
