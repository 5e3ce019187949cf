"""Joins as one would make them by hand: slowly, and with nothing in common with the real ones."""

from collections.abc import Mapping, Sequence
from math import inf
from operator import attrgetter
from typing import Any, NamedTuple

from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import InBatches


class Record(NamedTuple):
    """One item of one side, "L" or "R"; the instant is in seconds."""

    side: str
    time: int
    key: object
    number: int


#: What comes, in that order, of both sides.
Arrivals = Sequence[Record]
ARRIVALS = st.lists(st.tuples(st.sampled_from("LR"), st.integers(0, 20), st.sampled_from([None, 0, "a"])), max_size=20)


@st.composite
def arrivals(draw: st.DrawFn) -> Arrivals:
    """Draw records in any order."""
    return [Record(*said, number) for number, said in enumerate(draw(ARRIVALS))]


@st.composite
def in_disorder(draw: st.DrawFn, disorder: int) -> Arrivals:
    """Draw records of which none comes more than so many seconds behind a later one of its side."""
    records = draw(arrivals())
    shifts = draw(st.lists(st.integers(0, disorder), min_size=len(records), max_size=len(records)))
    order = sorted(zip(records, shifts, strict=True), key=lambda shifted: shifted[0].time + shifted[1])
    return [record for record, _ in order]


def two_sides(cut: InBatches, records: Arrivals, batch: int, disorder: dict[str, int]) -> list[rs.Stream[Record]]:
    """Both sides of records that come in that order, each with its own watermark."""
    halves = cut(rs.from_iterable(records), batch).split(lambda record: record.side == "L")
    timed = (ops.event_time(attrgetter("time"), unit="s", disorder=disorder[side]) for side in "LR")
    return [half.pipe(step, ops.key_by(attrgetter("key"))) for half, step in zip(halves, timed, strict=True)]


class ByHand(NamedTuple):
    """Pairs of a left and a right record, either of which may be missing, and what is late or dropped."""

    made: list[tuple[Any, Any]]
    late: list[Record]
    dropped: list[Record]


class Kept(NamedTuple):
    """A record, up to which watermark it is kept, and with whom it has been paired."""

    record: Record
    until: float
    partners: list[Record]


def joined_by_hand(
    records: Arrivals, span: tuple[int, int], *, how: str, grace: int, disorder: Mapping[str, int]
) -> ByHand:
    """Join two sides in the order in which their records come; then both end, the left one first."""
    reach, wanted = {"R": span[0], "L": span[1]}, {"left": "L", "right": "R", "outer": "LR"}.get(how, "")
    made, kept, watermarks = ByHand([], [], []), list[Kept](), {"L": -inf, "R": -inf}

    def advance(side: str, watermark: float) -> None:
        watermarks[side] = max(watermarks[side], watermark)
        for gone in sorted((k for k in kept if k.until < min(watermarks.values())), key=lambda k: k.until):
            kept.remove(gone)
            if not gone.partners:
                alone = (gone.record, None) if gone.record.side == "L" else (None, gone.record)
                made.made.append(alone) if gone.record.side in wanted else made.dropped.append(gone.record)

    for record in records:
        advance(record.side, record.time - disorder[record.side])
        until = record.time + max(reach[record.side], 0) + grace
        if until < min(watermarks.values()):
            made.late.append(record)
            continue
        mine = Kept(record, until, [])
        for other in sorted(kept, key=lambda k: k.record.time):
            pair = (record, other.record) if record.side == "L" else (other.record, record)
            if other.record.side != record.side and belong_together(pair, span):
                made.made.append(pair)
                mine.partners.append(other.record)
                other.partners.append(record)
        kept.append(mine)
    advance("L", inf)
    advance("R", inf)
    return made


def belong_together(pair: tuple[Record, Record], span: tuple[int, int]) -> bool:
    """Whether a left and a right record are a pair, wherever they come."""
    left, right = pair
    return left.key == right.key and -span[0] <= right.time - left.time <= span[1]


def all_pairs(records: Arrivals, span: tuple[int, int]) -> list[tuple[Record, Record]]:
    """Every left one with every right one it belongs to."""
    lefts, rights = ([record for record in records if record.side == side] for side in "LR")
    return [(left, right) for left in lefts for right in rights if belong_together((left, right), span)]


def shown(joined: rs.Joined) -> tuple[Any, Any]:
    """Return what was joined as one made by hand."""
    left, right = (None if side is rs.MISSING else side for side in (joined.left, joined.right))
    assert left is not None or right is not None
    return left, right


def asof_by_hand(
    records: Arrivals, *, how: str, max_age: float | None, grace: int, disorder: Mapping[str, int]
) -> tuple[list[tuple[Record, Any]], list[Record]]:
    """Pair each left record with the newest right one of its key that is not late; and say who is late."""
    taken: dict[str, list[Record]] = {"L": [], "R": []}
    late, watermarks = list[Record](), {"L": -inf, "R": -inf}
    for record in records:
        side = record.side
        watermarks[side] = max(watermarks[side], record.time - disorder[side])
        (late if record.time + grace < watermarks[side] else taken[side]).append(record)
    made: list[tuple[Record, Any]] = []
    for left in taken["L"]:
        rights = [right for right in taken["R"] if right.key == left.key and right.time <= left.time]
        newest = max(rights, key=lambda right: (right.time, taken["R"].index(right)), default=None)
        if newest is not None and left.time - newest.time > (inf if max_age is None else max_age):
            newest = None
        if newest is not None or how == "left":
            made.append((left, newest))
    return made, late
