"""Where what a file holds is whole, and where the torn part that a crash left begins."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from typing import Final

#: How many bytes are looked through at a time.
_BLOCK: Final = 64 * 1024


def end_of_last_line(file: int) -> int:
    """Where the last whole line of an open file ends."""
    place = os.fstat(file).st_size
    while place:
        start = max(0, place - _BLOCK)
        found = os.pread(file, place - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        place = start
    return 0


def end_of_last_row(file: int) -> int:
    """Where the last whole row of an open CSV file ends: a line may end within its quotes."""
    end = end_of_last_line(file)
    quotes = sum(os.pread(file, min(_BLOCK, end - at), at).count(b'"') for at in range(0, end, _BLOCK))
    # Quotes come in pairs; where one is left over, the file is read row by row, as it may be only a strange one.
    return end if quotes % 2 == 0 else _end_of_rows(file, end)


def first_row(file: int) -> list[str]:
    """The first row of an open CSV file.

    Raises:
        ValueError: If it is none.
    """
    text = io.TextIOWrapper(io.FileIO(file, closefd=False), encoding="utf-8-sig", newline="")
    os.lseek(file, 0, os.SEEK_SET)
    try:
        return next(csv.reader(text, strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    finally:
        text.detach()
        os.lseek(file, 0, os.SEEK_END)


def _end_of_rows(file: int, end: int) -> int:
    whole = seen = 0

    def lines() -> Iterator[str]:
        nonlocal seen
        for line in _lines(file, end):
            seen += len(line)
            # One character a byte; what CSV cares for is the same in every encoding.
            yield line.decode("latin-1")

    rows = csv.reader(lines(), strict=True)
    while seen < end:
        try:
            next(rows)
        except csv.Error:
            if seen == end:
                # The last quote is never closed.
                return whole
        whole = seen
    return whole


def _lines(file: int, end: int) -> Iterator[bytes]:
    with open(os.dup(file), "rb") as reading:  # noqa: PTH123 - a file that is open has no path
        reading.seek(0)
        while reading.tell() < end:
            yield reading.readline()
