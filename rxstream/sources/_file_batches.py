"""A file that is read once, from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import IO

from rxstream.drivers.parquet import parquet_rows
from rxstream.errors import ConnectError
from rxstream.sources._file_lines import lines_of
from rxstream.sources._file_open import damage_of, opened
from rxstream.sources._file_rows import Asked, rows_of
from rxstream.sources._file_values import Bad, Record


def batches_of(asked: Asked, note_file: Callable[[IO[bytes]], None] | None = None) -> Generator[Sequence[Record]]:
    """Yield batches of what the file holds; ``note_file`` hears of the file once it is open.

    Raises:
        ConfigurationError: From the iterator, if the file has not the columns asked for.
        ConnectError: From the iterator, if the file is not there, or is damaged.
    """
    if asked.format == "parquet":
        yield from _typed(asked)
        return
    try:
        with opened(asked.path) as file:
            if note_file is not None:
                note_file(file)
            yield from rows_of(asked, iter(file)) if asked.format == "csv" else lines_of(file)
    except damage_of(asked.path) as error:
        if isinstance(error, ConnectError):
            raise
        raise ConnectError(
            f"from_file: the file must be whole; {str(asked.path)!r}: {error}. Check the file."
        ) from error


def _typed(asked: Asked) -> Iterator[Sequence[Record]]:
    number = 1
    for rows in parquet_rows("from_file", asked.path, asked.columns):
        yield [(line, _found(row)) for line, row in enumerate(rows, number)]
        number += len(rows)


def _found(row: object) -> object:
    return Bad(b"", f"a row must be readable ({row})") if isinstance(row, Exception) else row
