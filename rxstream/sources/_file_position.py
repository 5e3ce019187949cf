"""The file that remembers how far another one has been handled."""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Final

from rxstream.errors import ConfigurationError, ConnectError, StateError
from rxstream.sources._file_values import Record

#: How much of a file's beginning, and of what was read last, it is known again by.
_KNOWN_BY: Final = 1024
#: How many stretches are remembered that were handled before what stands above them.
_STRETCHES: Final = 1000

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a file has been handled, and how it is known again, whatever its name is then.

    Args:
        line: The number of the first line that is not settled.
        offset: Where that line begins, in bytes.
        above: The stretches of lines behind it that are settled, each ``(first, end)``.
        inode: The file's number in its file system, which stays when it is renamed.
        content: A digest of its first bytes, and of those before the offset: numbers are given again, and a file may
            be written anew.
        after: The inodes of the files that have taken its name since, as far as is known.
    """

    line: int
    offset: int
    above: Ranges
    inode: int
    content: str
    after: tuple[int, ...] = ()

    def is_in(self, path: Path) -> bool:
        """Whether this is a place in the file that now stands there."""
        try:
            with path.open("rb", buffering=0) as file:
                return os.fstat(file.fileno()).st_ino == self.inode and _content(file, self.offset) == self.content
        except OSError:
            return False

    def without_settled(self, records: Sequence[Record]) -> Sequence[Record]:
        """Leave out those that were settled before."""
        return [record for record in records if not self._is_settled(record[0])]

    def settled_from(self, line: int) -> Iterator[tuple[int, int]]:
        """The stretches, or what is left of them, from a line on."""
        return ((max(first, line), end) for first, end in self.above if end > line)

    def _is_settled(self, line: int) -> bool:
        stretch = bisect_right(self.above, line, key=itemgetter(0)) - 1
        return line < self.line or (stretch >= 0 and line < self.above[stretch][1])


def beginning_of(inode: int) -> Place:
    """The beginning of a file of which no more is known than its inode."""
    return Place(line=1, offset=0, above=(), inode=inode, content=hashlib.sha256().hexdigest())


def place_in(file: IO[bytes], *, line: int, offset: int, above: Iterable[tuple[int, int]]) -> Place:
    """A place in an open file."""
    return Place(
        line=line,
        offset=offset,
        above=tuple(above),
        inode=os.fstat(file.fileno()).st_ino,
        content=_content(file, offset),
    )


def joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Ranges in their order, those that overlap as one, and no more than are remembered."""
    made: list[tuple[int, int]] = []
    for first, end in sorted(islice(ranges, _STRETCHES)):
        if made and first <= made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((first, end))
    return tuple(made)


def find(place: Place, path: Path) -> Path | None:
    """Where the file of a place stands now: under its name, or, renamed, beside it; None: it is gone."""
    if place.is_in(path):
        return path
    try:
        with os.scandir(path.parent) as beside:
            same = [Path(entry.path) for entry in beside if entry.inode() == place.inode]
        if not place.offset:
            # Nothing tells its content: another file may have been given its number.
            same = [found for found in same if found.name.startswith(path.stem)]
    except OSError:
        return None
    return next((found for found in same if place.is_in(found)), None)


class Memory:
    """The file that remembers a place.

    Args:
        path: The file.
        of: The file that is read.
    """

    def __init__(self, path: Path, of: Path) -> None:
        self._path = path
        self._of = of

    def load(self) -> Place | None:
        """Read the place; None: there is none yet.

        Raises:
            ConfigurationError: If the file holds something else, or a place in a file of another name.
            ConnectError: If it cannot be read, or its folder cannot be written.
        """
        try:
            written = self._path.read_bytes()
        except FileNotFoundError:
            written = b""
        except OSError as error:
            raise self._unusable(error.strerror) from error
        if not os.access(self._path.parent, os.W_OK):
            raise self._unusable("its folder cannot be written" if self._path.parent.is_dir() else "no such folder")
        return self._read(written) if written.strip() else None

    def save(self, place: Place) -> None:
        """Write the place: whole, or not at all.

        Raises:
            StateError: If it cannot be written.
        """
        written = json.dumps({"from_file": str(self._of.absolute()), **asdict(place)})
        # One name, so that what a crash leaves behind is used the next time.
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            with fresh.open("w", encoding="utf-8") as file:
                file.write(written + "\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise StateError(
                f"from_file: the position must be written; {str(self._path)!r}: {error.strerror}. "
                "Make room, then run again."
            ) from error

    def _read(self, written: bytes) -> Place | None:
        try:
            said: Mapping[str, Any] = json.loads(written)
            above = tuple((int(first), int(end)) for first, end in said["above"])
            place = Place(
                line=int(said["line"]),
                offset=int(said["offset"]),
                above=above,
                inode=int(said["inode"]),
                content=str(said["content"]),
                after=tuple(int(inode) for inode in said["after"]),
            )
            of = str(said["from_file"])
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigurationError(
                f"from_file: position must be a file that from_file wrote; {str(self._path)!r} is none. "
                "Remove it to begin anew, or name another."
            ) from error
        if of != str(self._of.absolute()) and not place.is_in(self._of):
            raise ConfigurationError(
                f"from_file: position must be that of {str(self._of)!r}; {str(self._path)!r} is that of {of!r}. "
                "Name another, or remove it to begin anew."
            )
        return place

    def _unusable(self, why: str | None) -> ConnectError:
        return ConnectError(
            f"from_file: the position must be readable and writable; {str(self._path)!r}: {why}. Check the path."
        )


def _content(file: IO[bytes], offset: int) -> str:
    file.seek(0)
    begin = file.read(min(_KNOWN_BY, offset))
    file.seek(max(0, offset - _KNOWN_BY))
    return hashlib.sha256(begin + file.read(min(_KNOWN_BY, offset))).hexdigest()
