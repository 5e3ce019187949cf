"""What csp has of the operators; its nodes and graphs are compiled when this module is imported."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import csp
import numpy as np
from csp import ts

_BEGIN = datetime(2026, 1, 1)
_STEP_NS = 1_000

Hear = Callable[[Any], None]


@csp.node  # type: ignore[untyped-decorator] # csp ships no types
def _listen(items: ts[object], hear: object, place: int):  # type: ignore[no-untyped-def] # noqa: ARG001 - csp reads what follows the arrow as outputs; nodes that differ in nothing would be one
    if csp.ticked(items):
        hear(items)


@csp.node  # type: ignore[untyped-decorator] # csp ships no types
def _result_by_key(numbers: ts[int], f: object, key_of: object) -> ts[object]:
    with csp.state():
        s_results = {}
    if csp.ticked(numbers):
        key = key_of(numbers)
        s_results[key] = f(s_results.get(key, 0), numbers)
        csp.output(s_results[key])


@csp.graph  # type: ignore[untyped-decorator] # csp ships no types
def _wiring(make: object, hears: object):  # type: ignore[no-untyped-def] # csp reads what follows the arrow as outputs
    made = make()
    for place, hear in enumerate(hears):
        _listen(made, hear, place)


def scan_by_key(numbers: range, f: Callable[[int, int], int], key_of: Callable[[int], int], *, hear: Hear) -> None:
    """Keep a dict of results in a node."""
    _run(numbers, lambda: _result_by_key(_curve(numbers), f, key_of), hear)


def flat_map(numbers: range, f: Callable[[int], list[int]], *, hear: Hear) -> None:
    """Unroll the lists that ``f`` makes: their items come one an engine cycle."""
    _run(numbers, lambda: csp.unroll(csp.apply(_curve(numbers), f, list[int])), hear)


def merge(first: range, second: range, *, hear: Hear) -> None:
    """Flatten two curves, of which one is half a step behind the other."""
    _run(first, lambda: csp.flatten([_curve(first), _curve(second, after_ns=_STEP_NS // 2)]), hear)


def zipped(first: range, second: range, *, hear: Hear) -> None:
    """Collect what two curves have at an instant."""
    _run(first, lambda: csp.collect([_curve(first), _curve(second)]), hear)


def tee(numbers: range, *hears: Hear) -> None:
    """Let several nodes listen to one curve."""
    _run(numbers, lambda: _curve(numbers), *hears)


def _curve(numbers: range, *, after_ns: int = 0) -> Any:
    # Of numpy's arrays, which it reads without Python.
    times = np.datetime64(_BEGIN, "ns") + np.arange(len(numbers)) * _STEP_NS + after_ns
    return csp.curve(int, (times, np.arange(numbers.start, numbers.stop)))


def _run(numbers: range, make: Callable[[], Any], *hears: Hear) -> None:
    end = _BEGIN + timedelta(microseconds=len(numbers))
    csp.run(_wiring, make, hears, starttime=_BEGIN, endtime=end, realtime=False)
