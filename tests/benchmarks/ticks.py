"""Time a virtual day of ticks, one each second, beside a loop, csp and reactivex."""

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from tests.benchmarks._harness import Contender, Figure, Speed, Unit, Work, timed

_TICKS = 86_400
_CSP = "csp"
_RXSTREAM = "rxstream"
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

Hear = Callable[[object], None]
Do = Callable[[Hear], object]


def works() -> Iterator[Work]:
    """Yield a day in which each tick calls a function that counts it.

    Building the graph or pipeline, and starting it, is part of the time; of csp that is less than a millisecond.
    """
    yield Work(
        name="a virtual day of 86 400 ticks",
        contenders=[
            _contender("heapq loop", by_loop),
            _contender(_RXSTREAM, by_rxstream),
            _contender(_CSP, by_csp),
            _contender("reactivex", by_reactivex),
        ],
        figures=[Figure("time", Unit("ms", 1e-3), targets={_RXSTREAM: [Speed(0.5, of=_CSP)]})],
    )


def by_loop(hear: Hear) -> None:
    """Take each tick from a heap, and put the next one there."""
    due = [(1, 1, hear)]
    while due:
        at, number, act = heapq.heappop(due)
        act(at)
        if number < _TICKS:
            heapq.heappush(due, (at + 1, number + 1, act))


def by_rxstream(hear: Hear) -> None:
    """Run an interval for a day."""
    import rxstream as rs

    rs.run(rs.interval(1, end=_TICKS).to(hear))


def by_csp(hear: Hear) -> None:
    """Run a timer for a day."""
    from tests.benchmarks import _ticks_csp

    _ticks_csp.tick(hear, begin=_BEGIN.replace(tzinfo=None), last=timedelta(seconds=_TICKS))


def by_reactivex(hear: Hear) -> None:
    """Advance a scheduler by a day."""
    import reactivex
    from reactivex.scheduler import HistoricalScheduler

    clock = HistoricalScheduler(_BEGIN)
    reactivex.interval(1.0, scheduler=clock).subscribe(hear)
    clock.advance_to(_BEGIN + timedelta(seconds=_TICKS))


def _contender(name: str, do: Do) -> Contender:
    def act() -> None:
        heard = 0

        def hear(_tick: object) -> None:
            nonlocal heard
            heard += 1

        do(hear)
        if heard != _TICKS:
            raise AssertionError(f"ticks, {name}: there must be {_TICKS}; it heard {heard}")

    return Contender(name, timed(act))
