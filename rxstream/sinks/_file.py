"""Write the items into a file, a line each."""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from rxstream.core import choice, item_key, item_time, ns_to_datetime, path_argument, source_event, thread_slot
from rxstream.drivers import codec_of, json_line
from rxstream.drivers.formats import FORMAT_OF, FORMATS
from rxstream.errors import ConfigurationError, ConnectError, DeliveryError

#: How far back the end of the last whole line is looked for at a time.
_BLOCK: Final = 64 * 1024


def to_file(path: str | Path, *, format: str | None = None, append: bool | None = None) -> FileSink:
    r"""Write each item as a line: whole lines only, whatever happens.

    Lines are handed to the operating system as they come, so that they outlive the process; the machine's own failure
    is not guarded against. ``"jsonl"`` writes JSON (instants as ISO 8601, dataclasses as objects), ``"csv"`` dicts,
    whose first one gives the columns, and ``"lines"`` text. Dead letters are objects with key, value, timestamp and
    headers.

    Args:
        path: The file; its folder must be there.
        format: ``"jsonl"``, ``"csv"`` or ``"lines"``; None: as the name's ending says.
        append: Whether to go on behind what the file holds, after cutting off a torn last line; None: behind a source
            that acknowledges (and so does not repeat itself), yes, and anew otherwise.

    Raises:
        ConfigurationError: If an argument is none of these, or ``append=False`` stands behind a source that
            acknowledges.
        ConnectError: From the run, if the file cannot be opened.

    Delivery: an item is settled when its line has been handed to the operating system.

    Example:
        >>> _ = rs.run(rs.from_iterable([{"n": 1}, {"n": 2}]).to(rs.to_file("numbers.jsonl")))
        >>> Path("numbers.jsonl").read_text()
        '{"n": 1}\n{"n": 2}\n'
    """
    path = path_argument("to_file", path)
    if append not in (None, True, False):
        raise ConfigurationError(f"to_file: append must be True, False or None; got {append!r}. Leave it out.")
    kind = choice("to_file", FORMATS, format=format) if format is not None else FORMAT_OF.get(path.suffix.lower())
    if kind is None:
        raise ConfigurationError(
            f'to_file: the name must say the format; got {str(path)!r}. Say format="jsonl", "csv" or "lines".'
        )
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
        self.encode: Callable[[Any], bytes] = _encoder(kind)

    def for_letters(self) -> FileSink:
        """The sink for dead letters: each is written with all that is known of it."""
        made = FileSink(self._path, self._kind, self._append)
        made.encode = _letter_encoder(self._kind)
        return made

    def behind(self, acknowledging: Sequence[str]) -> None:
        """Take note of the sources above that remember what was handled.

        Raises:
            ConfigurationError: If it was told to begin anew, which would lose what they do not repeat.
        """
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
        self._size = end_of_last_line(self._file) if self._is_file else 0
        self._cut()
        if self._kind == "csv":
            self.encode = _csv_encoder(_header_of(self._file) if self._size else None)

    async def write(self, batch: Sequence[bytes]) -> None:
        """Append the lines, all or none of them.

        Raises:
            DeliveryError: If the file does not take them, for instance because the disk is full.
        """
        lines = b"".join(batch)
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            self._cut()
            raise DeliveryError(
                f"to_file: {str(self._path)!r} must take {len(lines)} bytes; {error.strerror}. Make room, "
                "then run again."
            ) from error
        self._size += len(lines)

    def _cut(self) -> None:
        """Cut off what stands behind the last whole line."""
        if self._is_file:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)

    async def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def end_of_last_line(file: int) -> int:
    """Where the last whole line of an open file ends; what stands behind was torn off by a crash."""
    place = os.fstat(file).st_size
    while place:
        start = max(0, place - _BLOCK)
        found = os.pread(file, place - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        place = start
    return 0


def _encoder(kind: str) -> Callable[[Any], bytes]:
    if kind == "jsonl":
        return _object_line
    if kind == "lines":
        return _text_line
    return _csv_encoder(None)


def _object_line(value: Any) -> bytes:
    return json_line(value) + b"\n"


def _text_line(value: Any) -> bytes:
    line = value if isinstance(value, bytes) else str(value).encode()
    if b"\n" in line:
        raise DeliveryError(f"to_file: a line must not hold a line end; got {value!r}. Split it, or write jsonl.")
    return line + b"\n"


def _header_of(file: int) -> list[str]:
    """The columns that a CSV file begins with."""
    return next(csv.reader(io.StringIO(os.pread(file, _BLOCK, 0).decode())))


def _csv_encoder(header: list[str] | None) -> Callable[[Any], bytes]:
    columns = header

    def encode(value: Any) -> bytes:
        nonlocal columns
        if not isinstance(value, dict):
            raise DeliveryError(f"to_file: a CSV row must be a dict; got {value!r}. Map the value to one.")
        lines = []
        if columns is None:
            columns = list(value)
            lines.append(columns)
        if value.keys() != set(columns):
            raise DeliveryError(
                f"to_file: every CSV row must have the columns {', '.join(columns)}; got {', '.join(value)}. "
                "Map it to them."
            )
        lines.append([value[column] for column in columns])
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        return text.getvalue().encode()

    return encode


def _letter_encoder(kind: str) -> Callable[[Any], bytes]:
    as_text = codec_of("to_file", "json").encode

    def letter(value: Any) -> bytes:
        slot = thread_slot()
        time = item_time(slot)
        headers = source_event(slot).headers if not isinstance(slot.headers, tuple) else slot.headers
        text = value if isinstance(value, str) else value if isinstance(value, bytes) else as_text(value)
        return _object_line(
            {
                "key": item_key(slot),
                "value": text,
                "timestamp": None if time is None else ns_to_datetime(time),
                "headers": dict(headers),
            }
        )

    if kind != "jsonl":
        raise ConfigurationError(
            f'to_file: dead letters must be written as jsonl; got {kind}. Name the file ….jsonl, or say format="jsonl".'
        )
    return letter
