"""Time the replay of two merged histories into windows, beside a loop and csp.

Building the graph or pipeline, starting it, and what a contender must make of the pairs before it can begin are part of
the time. A pane is what came out of one key's second.
"""

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Literal

from tests.benchmarks._harness import Contender, Figure, Speed, Unit, Work
from tests.benchmarks._histories import SECOND, History, Value, histories, key_of, to_datetime, to_ns

_RECORDS = 200_000
_LOOP = "plain loop"
_RXSTREAM = "rxstream"
_CSP_LISTS = "csp, lists"
_CSP_ARRAYS = "csp, numpy's arrays"
_PER_RECORD = Unit("ns a record", 1e-9 * 2 * _RECORDS)

Pane = tuple[str, datetime, datetime, int]
Do = Callable[[History, History], Sequence[Any]]


def works() -> Iterator[Work]:
    """Yield histories of numbers and of datetimes, then both of numbers; counted by key and second."""
    beside_the_loop = Speed(0.6, of=_LOOP)
    yield _work("ints and datetimes", second_unit=None, targets=[beside_the_loop])
    yield _work("ints", second_unit="ns", targets=[beside_the_loop, Speed(10, of=_CSP_LISTS)])


def by_loop(first: History, second: History) -> Sequence[Pane]:
    """Keep a dict of the current window's counts, in the order of ``heapq.merge``."""
    panes: list[Pane] = []
    counts: dict[str, int] = {}
    end = 0
    for at, value in heapq.merge(_in_ns(first), _in_ns(second), key=itemgetter(0)):
        if at >= end:
            panes += _closed(counts, end)
            counts = {}
            end = at - at % SECOND + SECOND
        key = key_of(value)
        counts[key] = counts.get(key, 0) + 1
    panes += _closed(counts, end)
    return panes


def _in_ns(history: History) -> Iterable[tuple[int, Value]]:
    return history.pairs if history.unit == "ns" else ((to_ns(at), value) for at, value in history.pairs)


def _closed(counts: dict[str, int], end: int) -> Iterable[Pane]:
    window = to_datetime(end - SECOND), to_datetime(end)
    return [(key, *window, count) for key, count in counts.items()]


def by_rxstream(first: History, second: History) -> Sequence[Any]:
    """Merge them, and count in tumbling windows."""
    import rxstream as rs
    from rxstream import operators as ops

    one, other = (rs.from_history(history.pairs, unit=history.unit) for history in (first, second))
    counted = one.pipe(ops.merge(other), ops.window(rs.tumbling(1.0), into=rs.agg.count(), key=key_of))
    panes: list[rs.Pane] = []
    rs.run(counted.to(panes.append))
    return panes


def by_csp_lists(first: History, second: History) -> Sequence[Any]:
    """Count in a node, fed with lists."""
    from tests.benchmarks import _replay_csp

    return _replay_csp.by_lists(first, second)


def by_csp_arrays(first: History, second: History) -> Sequence[Any]:
    """Count in a node, fed with arrays."""
    from tests.benchmarks import _replay_csp

    return _replay_csp.by_arrays(first, second)


def _work(what: str, *, second_unit: Literal["ns"] | None, targets: Sequence[Speed]) -> Work:
    first, second = histories(_RECORDS, second_unit=second_unit)
    expected = by_loop(first, second)

    def contender(name: str, do: Do, read: Callable[[Any], Pane]) -> Contender:
        def measure() -> Sequence[float]:
            begin = time.perf_counter()
            panes = do(first, second)
            taken = time.perf_counter() - begin
            if [read(pane) for pane in panes] != expected:
                raise AssertionError(f"replay of {what}, {name}: its panes must be the plain loop's; it got others")
            return [taken]

        return Contender(name, measure)

    return Work(
        name=f"two merged histories of 200 000 records, {what}, into windows",
        contenders=[
            contender(_LOOP, by_loop, tuple),
            contender(_RXSTREAM, by_rxstream, _of_rxstream),
            contender(_CSP_LISTS, by_csp_lists, _of_csp),
            contender(_CSP_ARRAYS, by_csp_arrays, _of_csp),
        ],
        figures=[Figure("time", _PER_RECORD, targets={_RXSTREAM: targets})],
    )


def _of_rxstream(pane: Any) -> Pane:
    return pane.key, pane.start, pane.end, pane.value


def _of_csp(pane: Any) -> Pane:
    key, start, end, count = pane
    return key, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC), count
