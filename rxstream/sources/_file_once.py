"""A file that is read once, and how much of it has been read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO

from rxstream.sources._file_batches import batches_of
from rxstream.sources._file_rows import Asked
from rxstream.sources._file_values import Record


class Once:
    """The batches of a file.

    Args:
        asked: How it is read.
    """

    def __init__(self, asked: Asked) -> None:
        self._file: IO[bytes] | None = None
        self._over = False
        self._last: tuple[int, int] | None = None
        self._batches = batches_of(asked, self._note_file)

    def __iter__(self) -> Iterator[Sequence[Record]]:
        return self

    def __next__(self) -> Sequence[Record]:
        for batch in self._batches:
            return batch
        self._over = True
        raise StopIteration

    @property
    def gi_running(self) -> bool:
        """Whether it is being asked for more just now, and cannot be closed."""
        return bool(self._batches.gi_running)  # type: ignore[attr-defined]  # a generator has it; its protocol, not

    def close(self) -> None:
        """Let the file go."""
        self._batches.close()

    def extent(self) -> tuple[int, int] | None:
        """How many bytes of it have been read, and how many there are; None: nobody knows. Any thread may ask."""
        if self._file is None or self._over:
            return self._last
        with suppress(OSError, ValueError):  # no file with a place in it, or one that has just been closed
            # Of what is packed, the bytes of the archive count: nobody knows how many will come out of it.
            number = self._file.fileno()
            size = os.fstat(number).st_size
            self._last = (min(size, os.lseek(number, 0, os.SEEK_CUR)), size) if size else None
        return self._last

    def _note_file(self, file: IO[bytes]) -> None:
        self._file = file
