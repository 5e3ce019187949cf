"""What stands in a file's row, line or object, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from rxstream.core import Event, Origin, make_source_event, readable
from rxstream.drivers import codec_of
from rxstream.errors import ConfigurationError, DecodeError


class Bad(NamedTuple):
    """A row that is none: what stood there, and what is wrong with it."""

    raw: bytes
    reason: str


#: A line's number, counted from 1, and what stood there; where the source remembers its position, that as well.
Record = tuple[Any, ...]


def check_encoding(encoding: object) -> None:
    """Refuse an encoding whose text cannot be cut into lines before it is decoded.

    Raises:
        ConfigurationError: If it is unknown, or has other line ends.
    """
    try:
        single = "\r\n".encode(encoding) in (b"\r\n", b"\xef\xbb\xbf\r\n")  # type: ignore[arg-type]  # what is none is refused
    except (LookupError, TypeError):
        single = False
    if not single:
        raise ConfigurationError(
            f"from_file: encoding must be a known one that keeps line ends as single bytes; got {encoding!r}. "
            "Convert the file to UTF-8."
        )


def reader_of_values(format: str, encoding: str) -> Callable[[Any], Any]:
    """Make the function that reads a value out of what stood in the file.

    It raises `DecodeError` for what cannot be read.
    """
    if format == "jsonl":
        return _objects(encoding)
    return _texts(encoding) if format == "lines" else _row


def _row(found: Any) -> Any:
    if isinstance(found, Bad):
        raise DecodeError(f"from_file: {found.reason}; got {found.raw!r}. Mend the row.")
    return found


def _objects(encoding: str) -> Callable[[bytes], Any]:
    decode = codec_of("from_file", "json").decode

    def read(raw: bytes) -> Any:
        try:
            return decode(raw if encoding == "utf-8" else raw.decode(encoding).encode())
        except ValueError as error:
            raise DecodeError(f"from_file: a line must be JSON ({error}); got {raw!r}. Mend the line.") from error

    return read


def _texts(encoding: str) -> Callable[[bytes], Any]:
    def read(raw: bytes) -> str:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            raise DecodeError(
                f"from_file: a line must be {encoding} text ({error}); got {raw!r}. Say encoding=…"
            ) from error

    return read


def lifter(
    path: str,
    *,
    value_of: Callable[[Any], Any],
    key_of: Callable[[Any], Any] | None,
    instant_of: Callable[[Any], int] | None,
) -> Callable[[Record], Event[Any]]:
    """Make the function that makes a record's Event."""

    def lift(record: Record) -> Event[Any]:
        found = record[1]
        origin = Origin(path, None, record[0])
        raw = found.raw if isinstance(found, Bad) else found
        try:
            value = value_of(found)
        except DecodeError:
            return make_source_event(raw, None, None, (), origin, raw)
        key = None if key_of is None else readable(key_of, value)
        time = None if instant_of is None else readable(instant_of, value)
        return make_source_event(value, key, time, (), origin, raw)

    return lift
