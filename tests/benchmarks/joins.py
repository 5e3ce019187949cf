"""Time joins of two histories by event time, beside loops with deques that know the same watermark.

Each stream has a hundred records a second, and each record one partner on the other side: a hundred matches a second.
Making the pipeline, and bringing both streams into the order of time, is part of the time. A match is heard of with its
key and both values.
"""

import heapq
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from tests.benchmarks._dated import KEYS, MILLISECOND, SECOND, Record, key_of, one_of_two
from tests.benchmarks._harness import Speed, Work
from tests.benchmarks._peak import flat
from tests.benchmarks._ways import Do, Hear, Way, beside

_RECORDS = 150_000
#: A partner comes four milliseconds later; the next record of anybody ten, of the same of a hundred keys a second.
_BEHIND = 4
_WITHIN = 5 * MILLISECOND
_LONG = 500 * MILLISECOND
_LOOP = "two deques"
_BYTEWAX = "bytewax, in windows"
_REACTIVEX = "reactivex"

#: Joins two streams, and lets its last argument hear of each match.
DoRecords = Callable[[Iterable[Record], Iterable[Record], Hear], object]
_of_joined: Callable[[Any], Any] = attrgetter("key", "left", "right")


def works() -> Iterator[Work]:
    """Yield joins without keys and with a hundred, and as of an instant; then that what is over takes nothing."""
    yield beside(
        "join of two streams, 100 matches a second",
        Way(_LOOP, _of(1, by_loop), _RECORDS, read=_matches),
        Way("rxstream", _of(1, by_rxstream), _RECORDS, [Speed(0.3, of=_LOOP), Speed(10, of=_REACTIVEX)], _matches),
        Way(_REACTIVEX, _of(1, by_reactivex), _RECORDS // 20, read=_matches),
    )
    yield beside(
        "join of two streams by 100 keys, 100 matches a second",
        Way(_LOOP, _of(KEYS, by_loop_of_keys), _RECORDS, read=_matches),
        Way(
            "rxstream",
            _of(KEYS, by_rxstream_of_keys),
            _RECORDS,
            [Speed(0.3, of=_LOOP), Speed(3, of=_BYTEWAX), Speed(10, of=_REACTIVEX)],
            _matches,
        ),
        Way(_BYTEWAX, _of(KEYS, by_bytewax), _RECORDS // 10, read=_matches),
        Way(_REACTIVEX, _of(KEYS, by_reactivex_of_keys), _RECORDS // 100, read=_matches),
    )
    yield beside(
        "join_asof of two streams by 100 keys",
        Way("a dict", _of(KEYS, asof_by_loop), _RECORDS, read=_matches),
        Way("rxstream", _of(KEYS, asof_by_rxstream), _RECORDS, read=_matches),
    )
    yield flat("join of two streams", __name__, "matches_by_loop", "matches_by_rxstream", each=0.5)
    yield flat("join_asof of two streams", __name__, "asof_matches_by_loop", "asof_matches_by_rxstream", each=0.5)


def _of(keys: int, do: DoRecords) -> Do:
    @cache
    def sides(count: int) -> Sequence[Sequence[Record]]:
        return [list(side) for side in _two(count, keys)]

    return lambda count, hear: do(*sides(count), hear)


def _two(count: int, keys: int) -> tuple[Iterator[Record], Iterator[Record]]:
    return one_of_two(count // 2, behind=0, keys=keys), one_of_two(count // 2, behind=_BEHIND, keys=keys)


def _matches(heard: list[Any]) -> Iterable[Hashable]:
    return sorted(match if isinstance(match, tuple) else _of_joined(match) for match in heard)


def _in_order(lefts: Iterable[Record], rights: Iterable[Record]) -> Iterator[tuple[int, int, Any]]:
    return heapq.merge(_of_side(0, lefts), _of_side(1, rights), key=itemgetter(0))


def _of_side(side: int, records: Iterable[Record]) -> Iterator[tuple[int, int, Any]]:
    return ((at, side, value) for at, value in records)


def by_loop(lefts: Iterable[Record], rights: Iterable[Record], hear: Hear) -> None:
    """Keep what may still match in a deque for each side."""
    kept: tuple[deque[Any], deque[Any]] = deque(), deque()
    highs = [0, 0]
    watermark = late = 0
    for at, side, value in _in_order(lefts, rights):
        if at > highs[side]:
            highs[side] = at
            watermark = min(highs)
            for values in kept:
                while values and values[0][0] + _WITHIN < watermark:
                    values.popleft()
        if at + _WITHIN < watermark:
            late += 1
            continue
        for then, other in kept[1 - side]:
            if -_WITHIN <= then - at <= _WITHIN:
                hear((None, other, value) if side else (None, value, other))
        kept[side].append((at, value))


def by_loop_of_keys(lefts: Iterable[Record], rights: Iterable[Record], hear: Hear) -> None:
    """Keep what may still match in two deques a key, which are looked through when something of the key comes."""
    kept: tuple[dict[str, deque[Any]], dict[str, deque[Any]]] = {}, {}
    highs = [0, 0]
    watermark = late = 0
    for at, side, value in _in_order(lefts, rights):
        if at > highs[side]:
            highs[side] = at
            watermark = min(highs)
        if at + _LONG < watermark:
            late += 1
            continue
        key = key_of(value)
        theirs = kept[1 - side].get(key, ())
        while theirs and theirs[0][0] + _LONG < watermark:
            theirs.popleft()
        for then, other in theirs:
            if -_LONG <= then - at <= _LONG:
                hear((key, other, value) if side else (key, value, other))
        mine = kept[side].get(key)
        if mine is None:
            mine = kept[side][key] = deque()
        mine.append((at, value))


def asof_by_loop(lefts: Iterable[Record], rights: Iterable[Record], hear: Hear) -> None:
    """Keep each key's newest right value."""
    newest: dict[str, Any] = {}
    for _, side, value in _in_order(lefts, rights):
        key = key_of(value)
        if side:
            newest[key] = value
        elif key in newest:
            hear((key, value, newest[key]))


def by_rxstream(lefts: Iterable[Record], rights: Iterable[Record], hear: Hear) -> None:
    """Join what is five milliseconds apart."""
    from rxstream import operators as ops

    _by_rxstream(lefts, rights, lambda right: ops.join(right, within=_WITHIN / SECOND), hear)


def by_rxstream_of_keys(lefts: Iterable[Record], rights: Iterable[Record], hear: Hear) -> None:
    """Join what has a key, and is half a second apart."""
    from rxstream import operators as ops

    _by_rxstream(lefts, rights, lambda right: ops.join(right, within=_LONG / SECOND, key=key_of), hear)


def asof_by_rxstream(lefts: Iterable[Record], rights: Iterable[Record], hear: Hear) -> None:
    """Join each left value with the newest right one of its key."""
    from rxstream import operators as ops

    _by_rxstream(lefts, rights, lambda right: ops.join_asof(right, key=key_of), hear)


def _by_rxstream(lefts: Iterable[Record], rights: Iterable[Record], joining: Callable[[Any], Any], hear: Hear) -> None:
    import rxstream as rs

    left, right = (rs.from_history(side, unit="ns") for side in (lefts, rights))
    rs.run(left.pipe(joining(right)).to(hear))


def by_bytewax(lefts: Iterable[Record], rights: Iterable[Record], hear: Hear) -> None:
    """Join what is in one window of a second, as partners are: it has no joins by how far items are apart."""
    from tests.benchmarks import _windows_bytewax

    _windows_bytewax.join(list(lefts), list(rights), hear)


def by_reactivex(lefts: Iterable[Record], rights: Iterable[Record], hear: Hear) -> None:
    """Let each value last as long as it may match."""
    from tests.benchmarks import _windows_reactivex

    _windows_reactivex.join(_in_order(lefts, rights), _WITHIN, lambda left, right: (None, left, right), hear)


def by_reactivex_of_keys(lefts: Iterable[Record], rights: Iterable[Record], hear: Hear) -> None:
    """Let each value last as long as it may match, and take those pairs that have one key."""
    from tests.benchmarks import _windows_reactivex

    def matched(left: Any, right: Any) -> Any:
        return (key_of(left), left, right) if key_of(left) == key_of(right) else None

    _windows_reactivex.join(_in_order(lefts, rights), _LONG, matched, hear)


def matches_by_loop(count: int) -> int:
    """Count the matches of a join."""
    return _counted(lambda hear: by_loop_of_keys(*_two(count, KEYS), hear))


def matches_by_rxstream(count: int) -> int:
    """Count the matches of a join."""
    from rxstream import operators as ops

    return _counted_of_one(count, lambda right: ops.join(right, within=_LONG / SECOND, key=key_of))


def asof_matches_by_loop(count: int) -> int:
    """Count the matches of a join as of an instant."""
    return _counted(lambda hear: asof_by_loop(*_two(count, KEYS), hear))


def asof_matches_by_rxstream(count: int) -> int:
    """Count the matches of a join as of an instant."""
    from rxstream import operators as ops

    return _counted_of_one(count, lambda right: ops.join_asof(right, key=key_of))


def _counted_of_one(count: int, joining: Callable[[Any], Any]) -> int:
    """Count the matches of the two halves of one stream, which is made while it is read and takes no room."""
    import rxstream as rs
    from rxstream import operators as ops

    def run(hear: Hear) -> None:
        tagged = ((at, (side, value)) for at, side, value in _in_order(*_two(count, KEYS)))
        halves = rs.from_history(tagged, unit="ns").split(lambda pair: pair[0] == 0)
        left, right = (half.pipe(ops.map(itemgetter(1))) for half in halves)
        rs.run(left.pipe(joining(right)).to(hear))

    return _counted(run)


def _counted(do: Callable[[Hear], object]) -> int:
    heard = 0

    def hear(_match: object) -> None:
        nonlocal heard
        heard += 1

    do(hear)
    return heard
