"""A file's rows, lines or objects."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, cast

from rxstream.core import (
    Event,
    Feed,
    Origin,
    Stream,
    choice,
    did_you_mean,
    duration_ns,
    field_reader,
    instant_reader,
    make_source_event,
    path_argument,
    readable,
    unit_choice,
)
from rxstream.drivers import codec_of
from rxstream.drivers.formats import FORMAT_OF, FORMATS
from rxstream.errors import ConfigurationError, ConnectError, DecodeError

_PACKED: Final = (".gz", ".zip")
#: Bytes of lines read at a time.
_CHUNK: Final = 64 * 1024


class _Bad(NamedTuple):
    """A row that is none: what stood there, and what is wrong with it."""

    raw: bytes
    reason: str


#: A line's number, counted from 1, and what stood there.
_Record = tuple[int, Any]


def from_file(
    path: str | Path,
    *,
    format: str | None = None,
    time: Callable[[Any], Any] | str | None = None,
    unit: str | None = None,
    key: Callable[[Any], Any] | str | None = None,
    disorder: float | timedelta | None = None,
    encoding: str = "utf-8",
) -> Stream[Any]:
    r"""Make a stream of what a file holds; with ``time`` it is a history, replayed at its instants.

    Rows of ``"csv"`` are dicts of text by the names in the first row; ``"jsonl"`` gives what each line's JSON says,
    ``"lines"`` each line without its end. Blank lines are skipped. A line that cannot be read (wrong bytes, wrong
    number of fields, no JSON) goes to the error handler as a `DecodeError`, its bytes the event's value. The origin of
    each item is the path and the line's number, counted from 1.

    Args:
        path: The file; ``.gz`` and one-member ``.zip`` are unpacked on the way.
        format: ``"csv"``, ``"jsonl"`` or ``"lines"``; None: as the name's ending says.
        time: Finds an item's instant: a function of the value, or a column's name.
        unit: What numbers count since the epoch: ``"s"``, ``"ms"``, ``"us"`` or ``"ns"``.
        key: Finds an item's key: a function of the value, or a column's name.
        disorder: How long after a later one an item may still come, in seconds or as a timedelta; None: not at all.
        encoding: Of the text; one that keeps line ends as single bytes.

    Raises:
        ConfigurationError: If an argument is none of these; from the run, if the file has no column of that name.
        ConnectError: From the run, if there is no such file.
        OutOfOrderError: From the run, if an item is earlier than the one before and ``disorder`` is None.

    Delivery: nothing is acknowledged.

    Example:
        >>> _ = Path("rides.csv").write_text("city,km\nOslo,12\nBergen,7\n")
        >>> rs.collect(rs.from_file("rides.csv"))
        [{'city': 'Oslo', 'km': '12'}, {'city': 'Bergen', 'km': '7'}]
    """
    path = path_argument("from_file", path)
    kind = _format_of(path, format)
    _check_encoding(encoding)
    key_of = None if key is None else field_reader("from_file", key=key)
    columns = [name for name in (time, key) if isinstance(name, str)] if kind == "csv" else []
    value_of = _decoders(encoding)[kind]
    allowed = None if disorder is None else duration_ns("from_file", disorder=disorder)
    read = instant_reader("from_file", unit_choice("from_file", unit))
    instant_of = None
    if time is not None:
        of_value = field_reader("from_file", time=time)

        def instant_of(value: Any) -> int:
            return read(of_value(value))

    def lift(record: _Record) -> Event[Any]:
        return _lifted(str(path), record, value_of, key_of, instant_of)

    return Stream(
        feed=Feed(
            name="from_file",
            lift=lift,
            value="record[1] if type(record[1]) is dict else value_of(record[1])"
            if kind == "csv"
            else "value_of(record[1])",
            key=None if key_of is None else "key_of(value)",
            time=None if instant_of is None else "instant_of(value)",
            bindings={"value_of": value_of, "key_of": key_of, "instant_of": instant_of},
            batches=lambda: _batches(path, kind, encoding, columns),
            time_of=None if instant_of is None else lambda record: instant_of(value_of(record[1])),
            disorder=allowed,
        )
    )


def _format_of(path: Path, given: str | None) -> str:
    if given is not None:
        return choice("from_file", FORMATS, format=given)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    if suffixes and suffixes[-1] in FORMAT_OF:
        return FORMAT_OF[suffixes[-1]]
    raise ConfigurationError(
        f'from_file: the name must say the format; got {str(path)!r}. Say format="csv", "jsonl" or "lines".'
    )


def _check_encoding(encoding: str) -> None:
    try:
        single = "\r\n".encode(encoding) in (b"\r\n", b"\xef\xbb\xbf\r\n")
    except (LookupError, TypeError):
        single = False
    if not single:
        raise ConfigurationError(
            f"from_file: encoding must be a known one that keeps line ends as single bytes; got {encoding!r}. "
            "Convert the file to UTF-8."
        )


def _decoders(encoding: str) -> dict[str, Callable[[Any], Any]]:
    decode_json = codec_of("from_file", "json").decode

    def row(found: Any) -> Any:
        if isinstance(found, _Bad):
            raise DecodeError(f"from_file: {found.reason}; got {found.raw!r}. Mend the row.")
        return found

    def json_object(raw: bytes) -> Any:
        try:
            return decode_json(raw if encoding == "utf-8" else raw.decode(encoding).encode())
        except ValueError as error:
            raise DecodeError(f"from_file: a line must be JSON ({error}); got {raw!r}. Mend the line.") from error

    def text(raw: bytes) -> str:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            raise DecodeError(
                f"from_file: a line must be {encoding} text ({error}); got {raw!r}. Say encoding=…"
            ) from error

    return {"csv": row, "jsonl": json_object, "lines": text}


def _lifted(
    path: str,
    record: _Record,
    value_of: Callable[[Any], Any],
    key_of: Callable[[Any], Any] | None,
    instant_of: Callable[[Any], int] | None,
) -> Event[Any]:
    line, found = record
    origin = Origin(path, None, line)
    raw = found.raw if isinstance(found, _Bad) else found
    try:
        value = value_of(found)
    except DecodeError:
        return make_source_event(raw, None, None, (), origin, raw)
    key = None if key_of is None else readable(key_of, value)
    time = None if instant_of is None else readable(instant_of, value)
    return make_source_event(value, key, time, (), origin, raw)


def _batches(path: Path, kind: str, encoding: str, columns: Sequence[str]) -> Iterator[Sequence[_Record]]:
    try:
        with _opened(path) as file:
            if kind == "csv":
                yield from _rows(path, file, encoding, columns)
            else:
                yield from _lines(file)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, ConnectError):
            raise
        raise ConnectError(f"from_file: the file must be whole; {str(path)!r}: {error}. Check the file.") from error


def _opened(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".zip" and path.is_file():
        return _only_member(path)
    try:
        if path.suffix.lower() == ".gz":
            import gzip  # only for packed files

            return cast("IO[bytes]", gzip.open(path, "rb"))
        return path.open("rb")
    except OSError as error:
        raise ConnectError(
            f"from_file: the file must be there and readable; {str(path)!r}: {error.strerror or error}. Check the path."
        ) from error


def _only_member(path: Path) -> IO[bytes]:
    import zipfile  # only for packed files

    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ConnectError(f"from_file: {str(path)!r} must be a zip archive; {error}. Check the file.") from error
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if len(names) != 1:
        archive.close()
        raise ConnectError(f"from_file: the archive must hold one file; {str(path)!r} holds {len(names)}. Unpack it.")
    return archive.open(names[0])


def _lines(file: IO[bytes]) -> Iterator[Sequence[_Record]]:
    number = 0
    while chunk := file.readlines(_CHUNK):
        if number == 0:
            chunk[0] = chunk[0].removeprefix(b"\xef\xbb\xbf")
        stripped = [line.rstrip(b"\r\n") for line in chunk]
        yield [(place, line) for place, line in enumerate(stripped, number + 1) if line.strip()]
        number += len(chunk)


def _rows(path: Path, file: IO[bytes], encoding: str, columns: Sequence[str]) -> Iterator[Sequence[_Record]]:
    text = _Text(file, encoding)
    # Strict, so that a quote that is never closed is an error and not a field that swallows the rest.
    reader = csv.reader(text, strict=True)
    header = next((row for row in reader if row), None)
    if header is None:
        return
    if text.broken:
        raise DecodeError(
            f"from_file: the first row of {str(path)!r} must be {encoding} text; got {text.raw()!r}. Say encoding=…"
        )
    for name in columns:
        if name not in header:
            raise ConfigurationError(
                f"from_file: the file must have a column {name!r}; {str(path)!r} has {', '.join(header)}. "
                f"{did_you_mean(name, header)}"
            )
    yield from _parsed(reader, text, header)


def _parsed(reader: Any, text: _Text, header: list[str]) -> Iterator[Sequence[_Record]]:
    width = len(header)
    batch: list[_Record] = []
    while True:
        first = reader.line_num + 1
        text.forget()
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            batch.append((first, _Bad(text.raw(), f"a row must be CSV ({error})")))
            continue
        if text.broken:
            batch.append((first, _Bad(text.raw(), f"a row must be {text.encoding} text")))
        elif len(row) == width:
            batch.append((first, dict(zip(header, row, strict=True))))
        elif row:
            batch.append(
                (first, _Bad(text.raw(), f"a row must have {width} fields, as the first one has; this has {len(row)}"))
            )
        if len(batch) >= _ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


_ROWS: Final = 512


class _Text:
    """A file's lines as text, and the bytes of those that make up the present row."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self.encoding = encoding
        self.broken = False
        self._lines = iter(io.BufferedReader(file, _CHUNK) if isinstance(file, io.RawIOBase) else file)
        self._pending: list[bytes] = []
        self._first = True

    def __iter__(self) -> _Text:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if self._first:
            line = line.removeprefix(b"\xef\xbb\xbf")
            self._first = False
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

    def raw(self) -> bytes:
        """The bytes of the present row, without its line end."""
        return b"".join(self._pending).rstrip(b"\r\n")
