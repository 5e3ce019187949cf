"""Time sums in windows of event time, beside loops with dicts that know the same watermark.

A second of disorder is allowed for. Making the pipeline is part of the time. A sum is heard of with its key and the
bounds of its window as datetimes; of bytewax and reactivex with its key.
"""

import heapq
from collections.abc import Callable, Hashable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from tests.benchmarks._dated import DISORDER, SECOND, Records, amount_of, endless_steady, in_bursts, key_of, steady
from tests.benchmarks._harness import Speed, Work
from tests.benchmarks._histories import to_datetime
from tests.benchmarks._open_windows import open_windows
from tests.benchmarks._peak import flat
from tests.benchmarks._ways import Do, Hear, Way, beside

_RECORDS = 300_000
_SIZE = 10 * SECOND
_HOP = SECOND
_GAP = 2 * SECOND
_LOOP = "plain loop"
_BYTEWAX = "bytewax"
_REACTIVEX = "reactivex, sorted first"

_of_pane: Callable[[Any], Any] = attrgetter("key", "start", "end", "value")

#: Makes sums of records, and lets its second argument hear of each.
DoRecords = Callable[[Records, Hear], object]


def works() -> Iterator[Work]:
    """Yield tumbling, hopping and session windows, then what open windows take, and that closed ones take nothing."""
    yield _work("tumbling(10), sum by key", steady, tumbling_by_loop, tumbling_by_rxstream, 0.5, "tumbling")
    yield _work("hopping(10, 1), sum by key", steady, hopping_by_loop, hopping_by_rxstream, 0.4, "hopping")
    yield _work("session(2), sum by key", in_bursts, session_by_loop, session_by_rxstream, 0.3, "session")
    yield open_windows()
    yield flat("tumbling(10), sum by key", __name__, "panes_by_loop", "panes_by_rxstream", each=0.01)


def _work(
    name: str,
    records: Callable[[int], Records],
    by_loop: DoRecords,
    by_rxstream: DoRecords,
    least: float,
    peers: str,
) -> Work:
    def of(do: DoRecords) -> Do:
        return lambda count, hear: do(records(count), hear)

    def by_reactivex(found: Records, hear: Hear) -> None:
        from tests.benchmarks import _windows_reactivex

        getattr(_windows_reactivex, peers)(found, hear)

    def by_bytewax(found: Records, hear: Hear) -> None:
        from tests.benchmarks import _windows_bytewax

        getattr(_windows_bytewax, peers)(found, hear)

    targets = [Speed(least, of=_LOOP), Speed(3, of=_BYTEWAX), Speed(10, of=_REACTIVEX)]
    return beside(
        name,
        # In which order keys come that close together is each one's own affair.
        Way(_LOOP, of(by_loop), _RECORDS, read=_panes),
        Way("rxstream", of(by_rxstream), _RECORDS, targets, _panes),
        Way(_BYTEWAX, of(by_bytewax), _RECORDS // 10, read=_sums),
        Way(_REACTIVEX, of(by_reactivex), _RECORDS // 10, read=_sums),
    )


def _panes(heard: list[Any]) -> Iterable[Hashable]:
    return sorted(pane if isinstance(pane, tuple) else _of_pane(pane) for pane in heard)


def _sums(heard: list[Any]) -> Iterable[Hashable]:
    # Others do not say the bounds beside the sum.
    return sorted((pane[0], pane[-1]) for pane in heard)


def tumbling_by_loop(records: Iterable[Any], hear: Hear) -> None:
    """Keep a dict of sums for each window that is open."""
    sums_by_start: dict[int, dict[str, int]] = {}
    high = due = late = 0
    for at, value in records:
        if at > high:
            high = at
            if high - DISORDER >= due:
                due = high - DISORDER - (high - DISORDER) % _SIZE + _SIZE
                for start in sorted(start for start in sums_by_start if start < due - _SIZE):
                    _hear_all(sums_by_start.pop(start), start, hear)
        start = at - at % _SIZE
        if start < due - _SIZE:
            late += 1
            continue
        sums = sums_by_start.get(start)
        if sums is None:
            sums = sums_by_start[start] = {}
        key = key_of(value)
        sums[key] = sums.get(key, 0) + amount_of(value)
    for start in sorted(sums_by_start):
        _hear_all(sums_by_start[start], start, hear)


def hopping_by_loop(records: Iterable[Any], hear: Hear) -> None:
    """Keep a dict of sums for each slice as long as a hop, and add ten of them up where a window closes."""
    slices: dict[int, dict[str, int]] = {}
    # The first window that is open begins here.
    opened = high = late = 0
    for at, value in records:
        if at > high:
            high = at
            if high - DISORDER >= opened + _SIZE:
                before = high - DISORDER - (high - DISORDER) % _HOP + _HOP - _SIZE
                _close_slices(slices, opened, before, hear)
                opened = before
        start = at - at % _HOP
        if start < opened:
            late += 1
            continue
        sums = slices.get(start)
        if sums is None:
            sums = slices[start] = {}
        key = key_of(value)
        sums[key] = sums.get(key, 0) + amount_of(value)
    if slices:
        _close_slices(slices, opened, max(slices) + _HOP, hear)


def _close_slices(slices: dict[int, dict[str, int]], opened: int, before: int, hear: Hear) -> None:
    if not slices:
        return
    for start in range(max(opened, min(slices) + _HOP - _SIZE), before, _HOP):
        totals: dict[str, int] = {}
        for place in range(start, start + _SIZE, _HOP):
            for key, total in slices.get(place, {}).items():
                totals[key] = totals.get(key, 0) + total
        _hear_all(totals, start, hear)
        slices.pop(start, None)


def _hear_all(sums: dict[str, int], start: int, hear: Hear) -> None:
    bounds = to_datetime(start), to_datetime(start + _SIZE)
    for key, total in sums.items():
        hear((key, *bounds, total))


def session_by_loop(records: Iterable[Any], hear: Hear) -> None:
    """Keep a key's latest session in a dict, and all of them in a heap by the end that they had when they were noted.

    It would not notice that an item joins two sessions; there is none.
    """
    sessions: dict[str, list[Any]] = {}
    ends: list[tuple[int, str, list[Any]]] = []
    high = late = 0
    due = 1 << 200
    for at, value in records:
        if at > high:
            high = at
            if high - DISORDER > due:
                due = _close_sessions(ends, sessions, high - DISORDER - _GAP, hear)
        key = key_of(value)
        session = sessions.get(key)
        if session is not None and session[0] - _GAP <= at <= session[1] + _GAP:
            session[2] += amount_of(value)
            if at > session[1]:
                session[1] = at
            elif at < session[0]:
                session[0] = at
        elif at + _GAP < high - DISORDER:
            late += 1
        else:
            session = sessions[key] = [at, at, amount_of(value)]
            heapq.heappush(ends, (at, key, session))
            due = min(due, at + _GAP)
    _close_sessions(ends, sessions, 1 << 200, hear)


def _close_sessions(
    ends: list[tuple[int, str, list[Any]]], sessions: dict[str, list[Any]], before: int, hear: Hear
) -> int:
    while ends and ends[0][0] < before:
        _, key, session = ends[0]
        start, end, total = session
        if end >= before:
            heapq.heapreplace(ends, (end, key, session))
            continue
        heapq.heappop(ends)
        if sessions.get(key) is session:
            del sessions[key]
        hear((key, to_datetime(start), to_datetime(end), total))
    return ends[0][0] + _GAP if ends else 1 << 200


def tumbling_by_rxstream(records: Iterable[Any], hear: Hear) -> None:
    """Gather in tumbling windows."""
    import rxstream as rs

    _by_rxstream(records, rs.tumbling(10), hear)


def hopping_by_rxstream(records: Iterable[Any], hear: Hear) -> None:
    """Gather in hopping windows."""
    import rxstream as rs

    _by_rxstream(records, rs.hopping(10, 1), hear)


def session_by_rxstream(records: Iterable[Any], hear: Hear) -> None:
    """Gather in sessions."""
    import rxstream as rs

    _by_rxstream(records, rs.session(2), hear)


def _by_rxstream(records: Iterable[Any], by: Any, hear: Hear) -> None:
    import rxstream as rs
    from rxstream import operators as ops

    summed = ops.window(by, into=rs.agg.sum(amount_of), key=key_of)
    rs.run(rs.from_history(records, unit="ns", disorder=1).pipe(summed).to(hear))


def panes_by_loop(count: int) -> int:
    """Count the panes of tumbling windows."""
    return _counted(tumbling_by_loop, count)


def panes_by_rxstream(count: int) -> int:
    """Count the panes of tumbling windows."""
    return _counted(tumbling_by_rxstream, count)


def _counted(do: Callable[[Iterable[Any], Hear], object], count: int) -> int:
    heard = 0

    def hear(_pane: object) -> None:
        nonlocal heard
        heard += 1

    do(endless_steady(count), hear)
    return heard
