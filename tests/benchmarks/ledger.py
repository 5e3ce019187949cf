"""Measure what a record takes in memory that is not settled while hundreds of thousands behind it are."""

import random
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import NamedTuple

from tests.benchmarks._fresh import run_fresh
from tests.benchmarks._harness import Contender, Figure, Unit, Work

_RECORDS = 1_000_000
_POLL = 500
#: One in so many is never settled.
_ONE_IN = 100
#: Records between two commits: what comes in a second.
_COMMIT = 250_000
_RXSTREAM = "rxstream"


class Record(NamedTuple):
    """What a client hands over."""

    partition: int
    position: int
    value: bytes


#: Takes so many records, settles all but those that its second argument picks, and lets its third be called when the
#: last one has come. Returns how many lie below the first that is not settled, and how many above it are settled.
Keep = Callable[[int, Callable[[], bool], Callable[[], None]], tuple[int, int]]


def works() -> Iterator[Work]:
    """Yield records of which one in a hundred is never settled."""
    yield Work(
        name="1 000 000 records of 100 B in polls of 500, 1 % never settled",
        contenders=[
            Contender("the records alone, in a list", lambda: _in_a_process(keep_in_a_list)),
            Contender("a dict by position", lambda: _in_a_process(keep_in_a_dict)),
            Contender(_RXSTREAM, lambda: _in_a_process(keep_in_the_ledger, needs=_RXSTREAM)),
        ],
        figures=[Figure("memory", Unit("bytes a record in flight", 1))],
        # It comes out alike each time.
        rounds=1,
    )


def grown(keep: Keep, records: int) -> float:
    """Return the bytes, for each record that is not settled, by which Python's memory has grown at the end.

    The record itself is among them.
    """
    luck = random.Random(1)  # noqa: S311 - nobody is to guess it
    in_flight = end = 0

    def picked() -> bool:
        nonlocal in_flight
        keeps = luck.random() * _ONE_IN < 1
        in_flight += keeps
        return keeps

    def at_end() -> None:
        nonlocal end
        end = tracemalloc.get_traced_memory()[0]

    # What is made or imported on first use is no record's.
    keep(_POLL, picked, at_end)
    in_flight = 0
    tracemalloc.start()
    begin = tracemalloc.get_traced_memory()[0]
    below, above = keep(records, picked, at_end)
    if below + above + in_flight != records:
        raise AssertionError(f"ledger, {keep}: {below} + {above} + {in_flight} must be {records} records")
    return (end - begin) / in_flight


def keep_in_a_list(count: int, picked: Callable[[], bool], at_end: Callable[[], None]) -> tuple[int, int]:
    """Keep the records and nothing else: what the others take beyond it is their own."""
    unsettled = [record for records in _polls(count) for record in records if picked()]
    at_end()
    below = unsettled[0].position
    return below, count - below - len(unsettled)


def keep_in_a_dict(count: int, picked: Callable[[], bool], at_end: Callable[[], None]) -> tuple[int, int]:
    """Keep them as the least that a program by hand can do."""
    unsettled: dict[int, Record] = {}
    for records in _polls(count):
        for record in records:
            if picked():
                unsettled[record.position] = record
    del records, record
    at_end()
    below = min(unsettled)
    return below, count - below - len(unsettled)


def keep_in_the_ledger(count: int, picked: Callable[[], bool], at_end: Callable[[], None]) -> tuple[int, int]:
    """Keep them as a run does."""
    from rxstream.core import Event, Feed, Poll, Span
    from rxstream.delivery import Ledger

    partition = ("topic", 0)
    ledger = Ledger(Feed(name="benchmark", lift=Event, locate=lambda record: (partition, record.position)))
    for records in _polls(count):
        span = Span(partition, records[0].position, records[-1].position + 1, len(records))
        batch = ledger.open(Poll(records, (span,)))
        for record in records:
            if picked():
                batch.pin(record, False)
        batch.close()
        if not span.end % _COMMIT:
            ledger.note_committed(ledger.commits())
    del records, record, batch
    at_end()
    return ledger.committed, sum(end - first for first, end in ledger.above(partition))


def _polls(count: int) -> Iterator[Sequence[Record]]:
    for first in range(0, count, _POLL):
        yield [Record(0, position, b"x%099d" % position) for position in range(first, first + _POLL)]


def _in_a_process(keep: Keep, needs: str | None = None) -> Sequence[float]:
    if needs is not None:
        # Imported here as well, where it can be reported if it is missing.
        import_module(needs)
    code = f"from {__name__} import grown, {keep.__name__} as keep; print(grown(keep, {_RECORDS}))"
    return [run_fresh(code)[0]]
