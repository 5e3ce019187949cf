"""Reading a file that cannot be entered in the middle, packed or Parquet, past what was handled before."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from rxstream.core import Above, Partition, Poll, Span
from rxstream.sources._file_batches import batches_of
from rxstream.sources._file_open import missing
from rxstream.sources._file_position import Memory, Place, joined, place_in
from rxstream.sources._file_rows import ROWS, Asked
from rxstream.sources._file_values import Record


async def counted(asked: Asked, *, position: Memory) -> Counted:
    """Open the file; what the position says is settled is left out.

    Raises:
        ConfigurationError: If what should remember the position is something else.
        ConnectError: If one of the files cannot be used.
    """
    begin = position.load()
    try:
        with asked.path.open("rb", buffering=0) as file:
            whole = place_in(file, line=1, offset=asked.path.stat().st_size, above=())
    except OSError as error:
        raise missing(asked.path, error) from error
    return Counted(
        asked, position, begin=begin if begin is not None and begin.is_in(asked.path) else whole, whole=whole
    )


class Counted:
    """An open file whose lines are counted.

    Args:
        asked: How it is read.
        memory: Remembers the position.
        begin: Where to begin.
        whole: What the file is known again by.
    """

    def __init__(self, asked: Asked, memory: Memory, *, begin: Place, whole: Place) -> None:
        self._partition: Partition = (str(asked.path), None)
        self._memory = memory
        self._whole = whole
        self._begin = begin
        self._latest = begin.line
        self._batches = batches_of(asked)
        self._parts = _parts(self._batches, begin)

    async def read(self) -> Poll | None:
        """The next rows; None at the end."""
        records = next(self._parts, None)
        if records is None:
            return None
        self._latest = records[0][0]
        span = Span(self._partition, self._latest, records[-1][0] + 1, len(records))
        return Poll([(line, found, line) for line, found in records], (span,))

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int]:
        """Remember the position, and what is settled above it."""
        ((partition, position),) = positions.items()
        # What was handed over last may not have been taken.
        settled = joined(chain(above(partition), self._begin.settled_from(self._latest)))
        place = replace(self._whole, line=position, above=settled)
        await asyncio.to_thread(self._memory.save, place)
        return positions

    async def close(self) -> None:
        """Let the file go."""
        self._parts.close()
        self._batches.close()


def _parts(batches: Iterator[Sequence[Record]], begin: Place) -> Generator[Sequence[Record]]:
    for batch in batches:
        records = begin.without_settled(batch)
        for start in range(0, len(records), ROWS):
            yield records[start : start + ROWS]
