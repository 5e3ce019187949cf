"""Measure what is paid once: for an Event, for subscribing to a chain, for the import."""

import timeit
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from operator import itemgetter
from typing import Any

from tests.benchmarks._fresh import run_fresh
from tests.benchmarks._harness import AtMost, Contender, Figure, Unit, Work

_EVENTS = 100_000
_SUBSCRIPTIONS = 500
_NOW = datetime(2013, 1, 1, 10, 15, tzinfo=UTC)


def works() -> Iterator[Work]:
    """Yield making an Event, subscribing, importing."""
    yield _making_an_event()
    yield _subscribing()
    yield _importing()


def _making_an_event() -> Work:
    bare, full = "rs.Event(value)", "rs.Event(value, key, timestamp)"
    return Work(
        name="make an event",
        contenders=[
            Contender("frozen dataclass of five", _dataclass),
            Contender(bare, _bare_event),
            Contender(full, _full_event),
        ],
        figures=[Figure("time", Unit("ns", 1e-9), targets={bare: [AtMost(350)], full: [AtMost(350)]})],
        rounds=15,
    )


@dataclass(frozen=True, slots=True)
class _Record:
    value: object
    key: object = None
    timestamp: datetime | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    origin: object = None


def _dataclass() -> Sequence[float]:
    return _once("make(1, 'key', now)", _EVENTS, make=_Record, now=_NOW)


def _bare_event() -> Sequence[float]:
    import rxstream as rs

    return _once("make(1)", _EVENTS, make=rs.Event)


def _full_event() -> Sequence[float]:
    import rxstream as rs

    return _once("make(1, 'key', now)", _EVENTS, make=rs.Event, now=_NOW)


def _subscribing() -> Work:
    return Work(
        name="subscribe to map, filter, map, scan, map over nothing",
        contenders=[Contender("reactivex", _reactivex_chain), Contender("rxstream", _rxstream_chain)],
        figures=[Figure("time", Unit("µs", 1e-6), targets={"rxstream": [AtMost(60)]})],
        rounds=15,
    )


def _reactivex_chain() -> Sequence[float]:
    import reactivex
    from reactivex import operators as ops

    return _once("chain.subscribe()", _SUBSCRIPTIONS, chain=reactivex.from_iterable(()).pipe(*_operators(ops)))


def _rxstream_chain() -> Sequence[float]:
    import rxstream as rs
    from rxstream import operators as ops

    return _once("chain.subscribe()", _SUBSCRIPTIONS, chain=rs.from_iterable(()).pipe(*_operators(ops)))


def _operators(ops: Any) -> Sequence[Any]:
    first, second = itemgetter(0), itemgetter(1)
    return ops.map(first), ops.filter(bool), ops.map(second), ops.scan(max, 0), ops.map(str)


def _once(statement: str, times: int, **names: object) -> Sequence[float]:
    """Return the seconds that ``statement`` takes once, the mean of many times."""
    return [timeit.timeit(statement, number=times, globals=names) / times]


def _importing() -> Work:
    return Work(
        name="import in a fresh interpreter",
        contenders=[
            Contender("reactivex", _importing_of("reactivex")),
            Contender("rxstream", _importing_of("rxstream", "; rxstream.run")),
        ],
        figures=[
            Figure("time", Unit("ms", 1e-3), targets={"rxstream": [AtMost(150)]}),
            Figure("peak memory", Unit("MB", 1e6)),
        ],
        rounds=15,
    )


def _importing_of(module: str, using: str = "") -> Callable[[], Sequence[float]]:
    # The child times itself: starting the interpreter is not the library's doing. What is imported on first use counts.
    code = f"import time; begin = time.perf_counter(); import {module}{using}; print(time.perf_counter() - begin)"

    def measure() -> Sequence[float]:
        # Imported here as well, where it can be reported if it is missing.
        import_module(module)
        return run_fresh(code)

    return measure
