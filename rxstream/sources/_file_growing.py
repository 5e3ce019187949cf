"""One file that grows, whatever it is called meanwhile: its whole lines, as they come."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import IO, Final

from rxstream.sources._file_lines import CHUNK, Lines
from rxstream.sources._file_position import Place, place_in
from rxstream.sources._file_rows import Asked, Rows
from rxstream.sources._file_values import Record

#: How much of what was read last must still stand there when more is read.
_PROOF: Final = 64
#: Of how many lines it is noted where they begin; of more, every second one is forgotten.
_MOST_KNOWN: Final = 1000


class Growing:
    """A plain file while it is read.

    Args:
        asked: How it is read.
        file: The file, open without a buffer.
        begin: The place to begin at; None: the file's beginning.
        base: What is added to a line's number to tell it from those of the files read before.
    """

    def __init__(self, asked: Asked, file: IO[bytes], *, begin: Place | None = None, base: int = 0) -> None:
        self._asked = asked
        self._file = file
        self._half: list[bytes] = []
        self._proof = b""
        #: A last line that was handed over without its end; when that comes, it is no new one.
        self._repeated: bytes | None = None
        self._begin = None if begin is None else self._at_line_start(begin)
        self._number, self._read_up_to = (1, 0) if self._begin is None else (self._begin.line, self._begin.offset)
        self._known = deque([(self._number, self._read_up_to)])
        header = islice(self._lines_from(0), self._number - 1)
        self._parser = Rows(asked, self._number, header) if asked.format == "csv" else Lines(self._number)
        self.base = base

    @property
    def line(self) -> int:
        """The number of the first line that has not been handed over."""
        return self._parser.line

    @property
    def stat(self) -> os.stat_result:
        """What the system knows of it now."""
        return os.fstat(self._file.fileno())

    @property
    def read_up_to(self) -> int:
        """How many bytes of it have been read."""
        return self._read_up_to

    @property
    def is_cut(self) -> bool:
        """Whether what was read of it no longer stands there."""
        return self._read(self._read_up_to - len(self._proof), len(self._proof)) != self._proof

    def begun_anew(self) -> Growing:
        """The same file in place of this one, from its beginning: what was read of it has been cut off."""
        return Growing(self._asked, self._file, base=self.base + self.line - 1)

    def read(self, most: int = CHUNK) -> Sequence[Record] | None:
        """What the next whole lines hold; None: nothing more stands there, but for half a line perhaps."""
        found = self._read(self._read_up_to, min(CHUNK, most))
        if not found:
            return None
        self._read_up_to += len(found)
        self._proof = (self._proof + found)[-_PROOF:]
        *whole, half = found.split(b"\n")
        if not whole:
            self._half.append(half)
            return ()
        whole[0] = b"".join(self._half) + whole[0]
        self._half = [half]
        records = self._taken([line + b"\n" for line in whole], ended=False)
        if self._read_up_to - self._known[-1][1] >= CHUNK:
            self._note((self._number, self._read_up_to - len(half)))
        return records

    def rest(self) -> Sequence[Record]:
        """What stands behind the last whole line, when nothing will follow it any more."""
        half, self._half = b"".join(self._half), []
        return self._taken([half] if half else [], ended=True)

    def place(self, line: int, above: Iterable[tuple[int, int]]) -> Place:
        """The place of a line, below which everything is settled."""
        while len(self._known) > 1 and self._known[1][0] <= line:
            self._known.popleft()
        number, offset = self._known[0]
        before = islice(self._lines_from(offset), line - number)
        return place_in(self._file, line=line, offset=offset + sum(map(len, before)), above=above)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _note(self, known: tuple[int, int]) -> None:
        """Note where a line begins, so that it need not be looked for from the file's beginning."""
        self._known.append(known)
        if len(self._known) > _MOST_KNOWN:
            self._known = deque(islice(self._known, 0, None, 2))

    def _taken(self, lines: list[bytes], *, ended: bool) -> Sequence[Record]:
        if self._repeated is not None and lines:
            if lines[0].rstrip(b"\r\n") == self._repeated:
                # A blank line in its place: it counts, and is nothing.
                lines[0] = b"\n"
            self._repeated = None
        self._number += len(lines)
        records = self._parser.take(lines, ended=ended)
        return records if self._begin is None else self._begin.without_settled(records)

    def _at_line_start(self, begin: Place) -> Place:
        """The place itself or, where it is behind a line that had no end then, that line's beginning."""
        start = self._start_of_line(begin.offset)
        if start == begin.offset:
            return begin
        self._repeated = self._read(start, begin.offset - start).rstrip(b"\r\n")
        return replace(begin, line=begin.line - 1, offset=start)

    def _start_of_line(self, end: int) -> int:
        while end:
            begin = max(0, end - CHUNK)
            found = self._read(begin, end - begin).rfind(b"\n")
            if found >= 0:
                return begin + found + 1
            end = begin
        return 0

    def _lines_from(self, offset: int) -> Iterator[bytes]:
        half = b""
        while found := self._read(offset, CHUNK):
            offset += len(found)
            *whole, half = (half + found).split(b"\n")
            yield from (line + b"\n" for line in whole)
        if half:
            yield half

    def _read(self, offset: int, most: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(most) if most > 0 else b""
