"""What is settled above an offset, written into a commit's metadata and read from it."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxstream.drivers.kafka_marks import Mark, Range, joined, mark_of, outside

OFFSETS = st.sets(st.integers(0, 300))


def ranges_of(offsets: Iterable[int]) -> list[Range]:
    """Ranges of one offset each, those that touch as one."""
    return list(joined((offset, offset + 1) for offset in sorted(offsets)))


def offsets_in(ranges: Iterable[Range]) -> set[int]:
    return {offset for first, end in ranges for offset in range(first, end)}


@given(offset=st.integers(0, 10**15), above=OFFSETS)
def test_what_is_written_is_read_again(offset: int, above: set[int]) -> None:
    settled = {offset + distance for distance in above}

    mark, is_whole = mark_of(offset, ranges_of(settled))

    assert (offsets_in(mark.settled), is_whole) == (settled, True)


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=600, max_size=1_500))
def test_what_does_not_fit_is_cut_off_at_the_end(steps: list[Range]) -> None:
    ranges, last = list[Range](), 0
    for gap, length in steps:
        ranges.append((last + gap, last + gap + length))
        last = ranges[-1][1]

    mark, is_whole = mark_of(0, ranges)

    assert len(mark.metadata.encode()) <= 4_000
    assert mark.settled == ranges[: len(mark.settled)]
    assert is_whole == (len(mark.settled) == len(ranges))


def test_no_more_is_looked_for_than_there_is_room_for() -> None:
    looked_at = list[int]()

    def ranges() -> Iterable[Range]:
        for number in range(10**9):
            looked_at.append(number)
            yield 3 * number, 3 * number + 2

    mark_of(0, ranges())

    assert len(looked_at) < 2_000


def test_nothing_settled_above_is_no_metadata() -> None:
    assert mark_of(7, []) == (Mark(7, ""), True)


@pytest.mark.parametrize(
    "metadata", ["", "rx1:", "rx1:-1", "rx1:1-", "rx1:1,,2", "rx1:1,", "rx2:1", "RX1:1", "1-2", "né"]
)
def test_what_somebody_else_wrote_says_nothing(metadata: str) -> None:
    assert Mark(7, metadata).settled == []


@given(offsets=OFFSETS, settled=OFFSETS)
def test_of_offsets_those_outside_the_ranges_are_told(offsets: set[int], settled: set[int]) -> None:
    listed = sorted(offsets)

    told = list(outside(listed, ranges_of(settled)))

    assert told == [offset not in settled for offset in listed]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9))))
def test_ranges_that_touch_are_one(steps: list[Range]) -> None:
    ranges = sorted((first, first + length) for first, length in steps)

    found = list(joined(ranges))

    assert offsets_in(found) == offsets_in(ranges)
    assert all(end < first for (_, end), (first, _) in pairwise(found))
