"""Write the items into a file, a line each."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rxstream.core import Feed, path_argument
from rxstream.drivers.formats import writable_format
from rxstream.errors import ConfigurationError, ConnectError, DeliveryError
from rxstream.sinks._file_encoding import CsvRows, encoder, letter_encoder
from rxstream.sinks._file_tail import end_of_last_line, end_of_last_row, first_row


def to_file(path: str | Path, *, format: str | None = None, append: bool | None = None) -> FileSink:
    r"""Write each item as a line: whole lines only, whatever happens.

    Lines are handed to the operating system as they come, so that they outlive the process, however it ends; the
    machine's own failure is not guarded against. ``"jsonl"`` writes JSON (instants as ISO 8601, dataclasses as
    objects), ``"csv"`` dicts, whose first one gives the columns, and ``"lines"`` text. Dead letters are objects with
    key, value, timestamp and headers. Lines that the file does not take, as the disk is full, go to the error handler,
    and nothing of them stays in the file. Packed files and Parquet are not written: nothing could be appended to what
    a crash leaves of them.

    Args:
        path: The file; its folder must be there. What ends with ``.gz``, ``.zst`` or ``.zip`` is refused.
        format: ``"jsonl"``, ``"csv"`` or ``"lines"``; None: as the name's ending says.
        append: Whether to go on behind what the file holds, after cutting off a torn last line (of ``"csv"``: row);
            None: behind a source that acknowledges (and so does not repeat itself), yes, and anew otherwise.

    Raises:
        ConfigurationError: If an argument is none of these, or ``append=False`` stands behind a source that
            acknowledges.
        ConnectError: From the run, if the file cannot be opened, or goes on behind what is no CSV.

    Delivery: an item is settled when its whole line has been handed to the operating system.

    Example:
        >>> _ = rs.run(rs.from_iterable([{"n": 1}, {"n": 2}]).to(rs.to_file("numbers.jsonl")))
        >>> Path("numbers.jsonl").read_text()
        '{"n": 1}\n{"n": 2}\n'
    """
    path = path_argument("to_file", path)
    if append not in (None, True, False):
        raise ConfigurationError(f"to_file: append must be True, False or None; got {append!r}. Leave it out.")
    kind = writable_format("to_file", path, format)
    return FileSink(path, kind, append)


class FileSink:
    """The sink that `to_file` makes."""

    real_time = True

    def __init__(self, path: Path, kind: str, append: bool | None) -> None:
        self.name = f"to_file({path.name})"
        self._path = path
        self._kind = kind
        self._append = append
        self._resumes = bool(append)
        self._file = -1
        self._size = 0
        self._is_file = True
        self._rows: CsvRows | None = None
        self.encode = encoder(kind)

    def for_letters(self) -> FileSink:
        """The sink for dead letters: each is written with all that is known of it."""
        made = FileSink(self._path, self._kind, self._append)
        made.encode = letter_encoder(self._kind)
        return made

    def behind(self, feeds: Sequence[Feed], _beside: Sequence[Any]) -> None:
        """Take note of the sources above, of which some may remember what was handled.

        Raises:
            ConfigurationError: If it was told to begin anew, which would lose what they do not repeat.
        """
        acknowledging = [feed.name for feed in feeds if feed.acknowledges]
        if acknowledging and self._append is False:
            raise ConfigurationError(
                f"to_file: behind {acknowledging[0]} the file must go on where it ended, as what was handled does not "
                "come again; got append=False. Leave it out."
            )
        self._resumes = bool(acknowledging) if self._append is None else self._append

    async def open(self) -> None:
        """Open the file: behind its last whole line, or empty.

        Raises:
            ConnectError: If it cannot be opened.
        """
        flags = os.O_RDWR | os.O_CREAT | (0 if self._resumes else os.O_TRUNC)
        try:
            self._file = os.open(self._path, flags, 0o666)
        except OSError as error:
            raise ConnectError(
                f"to_file: the file must be writable; {str(self._path)!r}: {error.strerror}. "
                "Check the path and its folder."
            ) from error
        # A device or a pipe has no end to go on behind.
        self._is_file = stat.S_ISREG(os.fstat(self._file).st_mode)
        if self._is_file:
            self._size = (end_of_last_row if self._kind == "csv" else end_of_last_line)(self._file)
            self._cut()
        if self._kind == "csv":
            self._rows = CsvRows(self._columns_there())
            self.encode = self._rows.encode

    async def write(self, batch: Sequence[bytes]) -> None:
        """Append the lines, all or none of them.

        Raises:
            DeliveryError: If the file does not take them, for instance because the disk is full.
        """
        lines = b"".join(batch)
        if self._rows is not None and not self._size:
            lines = self._rows.head + lines
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            if self._is_file:
                self._cut()
            raise DeliveryError(
                f"to_file: {str(self._path)!r} must take {len(lines)} bytes; {error.strerror}. Make room, "
                "then run again."
            ) from error
        self._size += len(lines)

    def _cut(self) -> None:
        """Cut off what stands behind the last whole line."""
        os.ftruncate(self._file, self._size)
        os.lseek(self._file, self._size, os.SEEK_SET)

    def _columns_there(self) -> list[str] | None:
        """The columns that the file begins with; None: it is empty."""
        try:
            return first_row(self._file) if self._size else None
        except ValueError as error:
            raise ConnectError(
                f"to_file: the file that goes on must be CSV; {str(self._path)!r}: {error}. Name another one."
            ) from error

    async def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
