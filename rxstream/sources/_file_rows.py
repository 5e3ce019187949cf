"""The rows of a CSV file, as dicts of text by the names in its first row."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rxstream.core import did_you_mean
from rxstream.errors import ConfigurationError, DecodeError
from rxstream.sources._file_lines import MARK
from rxstream.sources._file_values import Bad, Record

#: Rows handed over at a time.
ROWS: Final = 512


class Asked(NamedTuple):
    """How a file was said to be read.

    Args:
        path: The file.
        format: Its format.
        encoding: Of its text.
        columns: Which columns a CSV or Parquet file must have.
    """

    path: Path
    format: str
    encoding: str
    columns: Sequence[str]


def rows_of(asked: Asked, lines: Iterator[bytes]) -> Iterator[Sequence[Record]]:
    """Yield all rows of a file that is read once, from its beginning."""
    rows = _Parser(asked, lines)
    while found := rows.batch():
        yield found


class Rows:
    """Makes records of lines as they come; of a row that goes over several lines, when its last one is there.

    Args:
        asked: The file.
        line: The number of the first line.
        begin: The file's lines from its beginning, where the first one to come is another.
    """

    def __init__(self, asked: Asked, line: int = 1, begin: Iterable[bytes] = ()) -> None:
        self._lines = _Coming()
        self._rows = _Parser(asked, self._lines if line == 1 else iter(begin))
        if line > 1:
            self._rows.read_header()
            self._rows.go_on_with(self._lines, line)

    @property
    def line(self) -> int:
        """The number of the first line of the next row."""
        return self._rows.line

    def take(self, lines: list[bytes], *, ended: bool) -> list[Record]:
        """Make records of the next lines; with ``ended``, no more will come."""
        self._lines.waiting.extend(lines)
        self._lines.ended = ended
        found: list[Record] = []
        while batch := self._rows.batch():
            found += batch
        return found


class _NotYet(Exception):  # noqa: N818 - no error: the rest of a row has not come
    """More lines will come."""


class _Coming:
    """Lines that come bit by bit."""

    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque()
        self.ended = False

    def __iter__(self) -> _Coming:
        return self

    def __next__(self) -> bytes:
        if self.waiting:
            return self.waiting.popleft()
        raise StopIteration if self.ended else _NotYet


class _Parser:
    def __init__(self, asked: Asked, lines: Iterator[bytes]) -> None:
        self._asked = asked
        self._header: list[str] | None = None
        self.go_on_with(lines, 1)

    def go_on_with(self, lines: Iterator[bytes], line: int) -> None:
        """Read these lines from now on."""
        self._text = _Text(lines, self._asked.encoding, line)
        # Strict, so that a quote that is never closed is an error and not a field that swallows the rest.
        self._reader = csv.reader(self._text, strict=True)

    @property
    def line(self) -> int:
        """The number of the first line of the next row."""
        return self._text.line

    def read_header(self) -> bool:
        """Read the first row; whether there was one."""
        text = self._text
        try:
            header = next((row for row in self._reader if row), None)
        except _NotYet:
            text.put_back()
            return False
        except csv.Error as error:
            raise self._no_header(f"CSV ({error})") from error
        if header is not None and text.broken:
            raise self._no_header(f"{self._asked.encoding} text")
        if header is None:
            return False
        for name in self._asked.columns:
            if name not in header:
                raise ConfigurationError(
                    f"from_file: the file must have a column {name!r}; {str(self._asked.path)!r} has "
                    f"{', '.join(header)}. {did_you_mean(name, header)}"
                )
        self._header = header
        return True

    def _no_header(self, what: str) -> DecodeError:
        return DecodeError(
            f"from_file: the first row of {str(self._asked.path)!r} must be {what}; got {self._text.raw()!r}. "
            "Say encoding=…"
        )

    def batch(self) -> list[Record]:
        """The next rows; none: the lines are at their end, or have not come."""
        if self._header is None and not self.read_header():
            return []
        reader, text, header = self._reader, self._text, self._header
        assert header is not None  # noqa: S101 - it has just been read
        width = len(header)
        batch: list[Record] = []
        while len(batch) < ROWS:
            text.forget()
            first = text.line
            try:
                row = next(reader)
            except StopIteration:
                break
            except _NotYet:
                text.put_back()
                break
            except csv.Error as error:
                batch.append((first, Bad(text.raw(), f"a row must be CSV ({error})")))
                continue
            if text.broken:
                batch.append((first, Bad(text.raw(), f"a row must be {text.encoding} text")))
            elif len(row) == width:
                batch.append((first, dict(zip(header, row, strict=True))))
            elif row:
                reason = f"a row must have {width} fields, as the first one has; this has {len(row)}"
                batch.append((first, Bad(text.raw(), reason)))
        return batch


class _Text:
    """Lines as text, and the bytes of those that make up the present row."""

    def __init__(self, lines: Iterator[bytes], encoding: str, line: int) -> None:
        self.encoding = encoding
        self.broken = False
        #: The number of the next line.
        self.line = line
        self._lines = lines
        self._pending: list[bytes] = []

    def __iter__(self) -> _Text:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if self.line == 1:
            line = line.removeprefix(MARK)
        self.line += 1
        self._pending.append(line)
        try:
            return line.decode(self.encoding)
        except UnicodeDecodeError:
            self.broken = True
            return line.decode(self.encoding, errors="replace")

    def forget(self) -> None:
        """A new row begins."""
        self._pending.clear()
        self.broken = False

    def put_back(self) -> None:
        """The present row is not whole: begin it once more when more lines are there."""
        assert isinstance(self._lines, _Coming)  # noqa: S101 - no other says that more will come
        self._lines.waiting.extendleft(reversed(self._pending))
        self.line -= len(self._pending)
        self.forget()

    def raw(self) -> bytes:
        """The bytes of the present row, without its line end."""
        return b"".join(self._pending).rstrip(b"\r\n")
