"""The formats of files, and what their names' endings say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rxstream.core import choice
from rxstream.errors import ConfigurationError

#: What can be written a line at a time.
WRITABLE: Final = ("csv", "jsonl", "lines")
READABLE: Final = (*WRITABLE, "parquet")
#: What is unpacked on the way.
PACKED: Final = (".gz", ".zip", ".zst")
_FORMAT_OF: Final = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "lines",
    ".log": "lines",
    ".parquet": "parquet",
}


def packing_of(path: Path) -> str | None:
    """How a file is packed, by its name's ending; None: it is not."""
    ending = path.suffix.lower()
    return ending if ending in PACKED else None


def readable_format(who: str, path: Path, given: object) -> str:
    """The format to read a file in: the one given, or as its name says.

    Raises:
        ConfigurationError: If it is none, or the name does not say it.
    """
    if given is not None:
        return choice(who, READABLE, format=given)
    found = _FORMAT_OF.get(_ending(path))
    if found is None or (found == "parquet" and packing_of(path)):
        raise ConfigurationError(
            f'{who}: the name must say the format; got {str(path)!r}. Say format="csv", "jsonl", "lines" or "parquet".'
        )
    return found


def writable_format(who: str, path: Path, given: object) -> str:
    """The format to write a file in: the one given, or as its name says.

    Raises:
        ConfigurationError: If it is none, the name does not say it, or says that lines cannot be appended.
    """
    found = _FORMAT_OF.get(_ending(path))
    what = packing_of(path) or (found if given is None else given)
    if what in (*PACKED, "parquet"):
        raise ConfigurationError(
            f"{who}: the file must be csv, jsonl or lines, not packed, so that a crash costs no line; "
            f"got {what} for {str(path)!r}. Write one of these, and convert it afterwards."
        )
    if given is not None:
        return choice(who, WRITABLE, format=given)
    if found is None:
        raise ConfigurationError(
            f'{who}: the name must say the format; got {str(path)!r}. Say format="jsonl", "csv" or "lines".'
        )
    return found


def _ending(path: Path) -> str:
    return (path.with_suffix("") if packing_of(path) else path).suffix.lower()
