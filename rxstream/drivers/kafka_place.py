"""Where reading stands in one partition of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, compress
from typing import Any

from rxstream.drivers.kafka_marks import Mark, Range, mark_of, outside


class Place:
    """One partition of ours: what is committed, what is read, and what need not be handed over again.

    Args:
        mark: What the group had committed when the partition came.
        settled: What is settled above that, and is passed over.
        begin: The offset to begin with; None: the mark's.
    """

    __slots__ = ("mark", "next", "settled", "told")

    def __init__(self, mark: Mark | None, settled: list[Range], begin: int | None) -> None:
        self.mark = mark
        self.settled = settled
        #: The offset to read next.
        self.next: int = begin if begin is not None else mark.offset if mark is not None else 0
        #: Up to where spans have covered it.
        self.told = self.next

    def take(self, records: list[Any]) -> list[Any]:
        """Note what was read; returns what of it is to be handed over."""
        self.next = records[-1].offset + 1
        return self._sifted(records) if self.settled else records

    def mark_at(self, position: int, above: Iterable[Range]) -> tuple[Mark, bool]:
        """Make the mark of a position; what was settled before and is not read yet stays settled."""
        return mark_of(position, chain(above, self._unread(position)))

    def may_become(self, mark: Mark) -> bool:
        """Whether that is not behind what is committed."""
        return self.mark is None or mark.offset >= self.mark.offset

    def _sifted(self, records: list[Any]) -> list[Any]:
        found = list(compress(records, outside([record.offset for record in records], self.settled)))
        self.settled = [reach for reach in self.settled if reach[1] > records[-1].offset + 1]
        return found

    def _unread(self, position: int) -> Iterator[Range]:
        begin = max(position, self.next)
        return ((max(first, begin), end) for first, end in self.settled if end > begin)
