"""What reactivex has of windows, on a virtual clock that is moved to each record's instant.

It has no watermark, so that the records are sorted first.
"""

from collections.abc import Callable, Iterable
from itertools import chain
from operator import itemgetter
from typing import Any

import reactivex
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from tests.benchmarks._dated import SECOND, Records, amount_of, key_of
from tests.benchmarks._ways import Hear

Build = Callable[[reactivex.Observable[Any], VirtualTimeScheduler], reactivex.Observable[Any]]


def tumbling(records: Records, hear: Hear) -> None:
    """Sum each key of each window."""
    _run(records, lambda values, clock: _summed(values.pipe(ops.window_with_time(10.0, scheduler=clock))), hear)


def hopping(records: Records, hear: Hear) -> None:
    """Sum each key of each window of those that overlap."""
    _run(records, lambda values, clock: _summed(values.pipe(ops.window_with_time(10.0, 1.0, scheduler=clock))), hear)


def _summed(windows: reactivex.Observable[Any]) -> reactivex.Observable[Any]:
    def of_key(group: Any) -> reactivex.Observable[Any]:
        return group.pipe(ops.map(amount_of), ops.sum(), ops.map(lambda total: (group.key, total)))

    return windows.pipe(ops.flat_map(lambda window: window.pipe(ops.group_by(key_of), ops.flat_map(of_key))))


def session(records: Records, hear: Hear) -> None:
    """Buffer each key's values until it has been silent."""

    def of_key(group: Any, clock: VirtualTimeScheduler) -> reactivex.Observable[Any]:
        buffers = group.pipe(ops.buffer_when(lambda: group.pipe(ops.debounce(2.0, clock))))
        found = buffers.pipe(ops.filter(bool))
        return found.pipe(ops.map(lambda values: (group.key, sum(map(amount_of, values)))))

    def build(values: reactivex.Observable[Any], clock: VirtualTimeScheduler) -> reactivex.Observable[Any]:
        return values.pipe(ops.group_by(key_of), ops.flat_map(lambda group: of_key(group, clock)))

    _run(records, build, hear)


def join(records: Iterable[tuple[int, int, Any]], within: int, matched: Callable[[Any, Any], Any], hear: Hear) -> None:
    """Pair two streams, whose records say which of them they are of, and let ``hear`` hear of pairs that match."""
    records = iter(records)
    first = next(records)
    clock = VirtualTimeScheduler(first[0] / SECOND)
    sides: tuple[Subject[Any], Subject[Any]] = Subject(), Subject()

    def lasting(_value: object) -> reactivex.Observable[Any]:
        return reactivex.timer(within / SECOND, scheduler=clock)

    pairs = sides[0].pipe(ops.join(sides[1], lasting, lasting))
    found = pairs.pipe(ops.map(lambda pair: matched(*pair)), ops.filter(lambda match: match is not None))
    found.subscribe(hear)
    for at, side, value in chain([first], records):
        clock.advance_to(at / SECOND)
        sides[side].on_next(value)


def _run(records: Records, build: Build, hear: Hear) -> None:
    in_order = sorted(records, key=itemgetter(0))
    # Windows begin with the clock, and the first ones are to be those that hold the first record.
    before = in_order[0][0] // (10 * SECOND) * 10 - 10
    clock = VirtualTimeScheduler(float(before))
    values: Subject[Any] = Subject()
    build(values, clock).subscribe(hear)
    for at, value in in_order:
        clock.advance_to(at / SECOND)
        values.on_next(value)
    values.on_completed()
