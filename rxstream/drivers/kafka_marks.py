"""What is settled above a committed offset, as text in the commit's metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

#: Offsets ``[first, end)``.
Range = tuple[int, int]

#: What a broker takes of metadata is 4096 bytes (``offset.metadata.max.bytes``).
_MOST: Final = 4_000
#: Who wrote it, and in which form: other tools keep their own words there.
_PREFIX: Final = "rx1:"
_WORD: Final = r"[0-9a-z]{1,13}(?:-[0-9a-z]{1,13})?"
_FORM: Final = re.compile(f"{_WORD}(?:,{_WORD})*")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Mark(NamedTuple):
    """What a group has committed of one partition."""

    offset: int
    metadata: str = ""

    @property
    def settled(self) -> list[Range]:
        """The ranges that are settled above the offset, as far as rxstream wrote them."""
        return list(_decoded(self.offset, self.metadata))


def mark_of(offset: int, settled: Iterable[Range]) -> tuple[Mark, bool]:
    """Make the mark of an offset and the ranges that are settled above it, in order; and whether all of them fitted."""
    words: list[str] = []
    length, last = len(_PREFIX), offset
    for first, end in joined(settled):
        # Each counted from the end of the one before, in base 36; a single record is the most frequent.
        word = _in_base_36(first - last) + ("" if end == first + 1 else f"-{_in_base_36(end - first)}")
        length += len(word) + 1
        if length > _MOST:
            return Mark(offset, _PREFIX + ",".join(words)), False
        words.append(word)
        last = end
    return Mark(offset, _PREFIX + ",".join(words) if words else ""), True


def joined(ranges: Iterable[Range]) -> Iterator[Range]:
    """Ranges in order, those that touch as one; lazily, as not all of them may be wanted."""
    held: Range | None = None
    for first, end in ranges:
        if held is None:
            held = (first, end)
        elif first <= held[1]:
            held = (held[0], max(held[1], end))
        else:
            yield held
            held = (first, end)
    if held is not None:
        yield held


def outside(offsets: Sequence[int], ranges: Sequence[Range]) -> Iterator[bool]:
    """Say of each offset, in rising order, whether it lies in none of the ranges, in order too."""
    place = 0
    for offset in offsets:
        while place < len(ranges) and ranges[place][1] <= offset:
            place += 1
        yield place == len(ranges) or offset < ranges[place][0]


def _decoded(offset: int, metadata: str) -> Iterator[Range]:
    words = metadata.removeprefix(_PREFIX)
    if words == metadata or not _FORM.fullmatch(words):
        return
    last = offset
    for word in words.split(","):
        gap, _, length = word.partition("-")
        first = last + int(gap, 36)
        last = first + (int(length, 36) if length else 1)
        yield first, last


def _in_base_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
