"""Time a million calls that wait for their instants, and how long it takes to cancel them."""

import asyncio
import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

from tests.benchmarks._harness import AtMost, Contender, Figure, Speed, Unit, Work

_CALLS = 1_000_000
_RXSTREAM = "rxstream"
_PER_CALL = Unit("µs a call", 1e-6 * _CALLS)

#: Seconds between scheduling and the call, a different number for each.
Delays = Sequence[float]
#: Schedules ``f(delay)`` for each delay, waits for the calls, and returns when it began, had scheduled, had called.
Do = Callable[[Delays, Callable[[float], object]], tuple[float, float, float]]
#: Schedules calls, cancels them, ends; returns how long cancelling took, and all of it.
Cancel = Callable[[Delays], tuple[float, float]]


def works() -> Iterator[Work]:
    """Yield calls scheduled in the order in which they are due, calls scheduled in another, and cancelled ones."""
    ordered = [number / 1_000 for number in range(_CALLS)]
    # A prime that does not divide their number: every place once, and neighbours far apart.
    shuffled = [ordered[number * 7_919 % _CALLS] for number in range(_CALLS)]
    yield _calling("in order", ordered)
    yield _calling("shuffled", shuffled)
    yield _cancelling(shuffled)


def _calling(what: str, delays: Delays) -> Work:
    expected = sorted(delays)

    def contender(name: str, do: Do) -> Contender:
        def measure() -> Sequence[float]:
            called: list[float] = []
            begin, scheduled, end = do(delays, called.append)
            if called != expected:
                raise AssertionError(f"later, {name}: all must be called in the order in which they are due")
            return scheduled - begin, end - scheduled, end - begin

        return Contender(name, measure)

    return Work(
        name=f"a million pending calls, {what}",
        contenders=[
            contender("heapq", by_heap),
            contender(_RXSTREAM, by_rxstream),
            contender("asyncio, all of it due", by_asyncio),
        ],
        figures=[
            Figure("scheduling", _PER_CALL),
            Figure("calling", _PER_CALL),
            Figure("both", _PER_CALL, targets={_RXSTREAM: [AtMost(3)]}),
        ],
        rounds=3,
    )


def by_heap(delays: Delays, f: Callable[[float], object]) -> tuple[float, float, float]:
    """Keep lists of instant, number, function and argument in a heap."""
    begin = time.perf_counter()
    number = count()
    pending: list[list[Any]] = []
    for delay in delays:
        heapq.heappush(pending, [delay, next(number), f, delay])
    scheduled = time.perf_counter()
    while pending:
        _, _, act, argument = heapq.heappop(pending)
        act(argument)
    return begin, scheduled, time.perf_counter()


def by_rxstream(delays: Delays, f: Callable[[float], object]) -> tuple[float, float, float]:
    """Schedule them in a job of a virtual run; starting the run and ending it is part of the time."""
    import rxstream as rs

    scheduled = 0.0

    async def job() -> None:
        nonlocal scheduled
        for delay in delays:
            rs.call_later(delay, f, delay)
        scheduled = time.perf_counter()

    begin = time.perf_counter()
    rs.run(job)
    return begin, scheduled, time.perf_counter()


def by_asyncio(delays: Delays, f: Callable[[float], object]) -> tuple[float, float, float]:
    """Schedule them on a real loop, so that their instants are in its past: it calls them as fast as it can."""
    scheduled = 0.0

    async def job() -> None:
        nonlocal scheduled
        loop = asyncio.get_running_loop()
        # Their delays shrink to one second altogether, and that second is over.
        shrink = 1 / max(delays)
        first = loop.time() - 1
        for delay in delays:
            loop.call_at(first + delay * shrink, f, delay)
        done = loop.create_future()
        # It is due after all others, which are called in one go.
        loop.call_later(0, done.set_result, None)
        scheduled = time.perf_counter()
        await done

    begin = time.perf_counter()
    asyncio.run(job())
    return begin, scheduled, time.perf_counter()


def _cancelling(delays: Delays) -> Work:
    few, many = f"{_RXSTREAM}, 1 000 pending", f"{_RXSTREAM}, 1 000 000 pending"

    def contender(name: str, cancel: Cancel, *, pending: int, times: int) -> Contender:
        def measure() -> Sequence[float]:
            took = [cancel(delays[:pending]) for _ in range(times)]
            return [sum(seconds) / (pending * times) for seconds in zip(*took, strict=True)]

        return Contender(name, measure)

    return Work(
        name="cancel every pending call",
        contenders=[
            contender(few, cancel_by_rxstream, pending=1_000, times=50),
            contender(many, cancel_by_rxstream, pending=_CALLS, times=1),
            contender("asyncio, 1 000 pending", cancel_by_asyncio, pending=1_000, times=50),
            contender("asyncio, 1 000 000 pending", cancel_by_asyncio, pending=_CALLS, times=1),
        ],
        figures=[
            # Not 1: what does not depend on how many there are still finds fewer of them in the processor's cache.
            Figure("cancelling", Unit("µs a call", 1e-6), targets={many: [Speed(0.33, of=few)]}),
            Figure("scheduling, cancelling, ending", Unit("µs a call", 1e-6)),
        ],
        rounds=3,
    )


def cancel_by_rxstream(delays: Delays) -> tuple[float, float]:
    """Cancel in the job that scheduled, in the order of scheduling; the run ends with nothing to call."""
    import rxstream as rs

    cancelling = 0.0

    async def job() -> None:
        nonlocal cancelling
        handles = [rs.call_later(delay, _never) for delay in delays]
        begin = time.perf_counter()
        for handle in handles:
            handle.cancel()
        cancelling = time.perf_counter() - begin

    begin = time.perf_counter()
    rs.run(job)
    return cancelling, time.perf_counter() - begin


def cancel_by_asyncio(delays: Delays) -> tuple[float, float]:
    """Cancel on a real loop, before it has had time to call anything."""
    cancelling = 0.0

    async def job() -> None:
        nonlocal cancelling
        loop = asyncio.get_running_loop()
        handles = [loop.call_later(delay, _never) for delay in delays]
        begin = time.perf_counter()
        for handle in handles:
            handle.cancel()
        cancelling = time.perf_counter() - begin
        await asyncio.sleep(0)

    begin = time.perf_counter()
    asyncio.run(job())
    return cancelling, time.perf_counter() - begin


def _never() -> None:
    raise AssertionError("later: a cancelled call must not be called")
