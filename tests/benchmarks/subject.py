"""Time a chain that is pushed one item at a time, through a plain subscription."""

from collections.abc import Iterator

from tests.benchmarks._harness import Speed, Work
from tests.benchmarks._ways import Hear, Way, beside

_NUMBERS = 300_000
_REACTIVEX = "reactivex"


def works() -> Iterator[Work]:
    """Yield a chain of three behind a Subject, and nothing behind it."""
    yield beside(
        "map, filter, map behind a Subject",
        Way(_REACTIVEX, by_reactivex, _NUMBERS),
        Way("rxstream", by_rxstream, _NUMBERS, [Speed(1.1, of=_REACTIVEX)]),
        Way("streamz, its own source", by_streamz, _NUMBERS // 3),
        Way("the Subject and a function of all three", by_function, _NUMBERS),
    )
    yield beside(
        "a Subject alone",
        Way(_REACTIVEX, alone_by_reactivex, _NUMBERS),
        Way("rxstream", alone_by_rxstream, _NUMBERS),
        Way("streamz, its own source", alone_by_streamz, _NUMBERS // 3),
    )


def _add_one(number: int) -> int:
    return number + 1


def _is_even(number: int) -> bool:
    return number % 2 == 0


def _triple(number: int) -> int:
    return number * 3


def by_reactivex(count: int, hear: Hear) -> None:
    """Subscribe to its own operators."""
    from reactivex import Subject
    from reactivex import operators as ops

    subject: Subject[int] = Subject()
    subject.pipe(ops.map(_add_one), ops.filter(_is_even), ops.map(_triple)).subscribe(hear)
    for number in range(count):
        subject.on_next(number)


def by_rxstream(count: int, hear: Hear) -> None:
    """Subscribe to a stream of it."""
    from reactivex import Subject

    import rxstream as rs
    from rxstream import operators as ops

    subject: Subject[int] = Subject()
    chain = [ops.map(_add_one), ops.filter(_is_even), ops.map(_triple)]
    rs.from_observable(subject).pipe(*chain).subscribe(hear)
    for number in range(count):
        subject.on_next(number)


def by_streamz(count: int, hear: Hear) -> None:
    """Emit."""
    from tests.benchmarks import _streamz_source

    source = _streamz_source.source()
    source.map(_add_one).filter(_is_even).map(_triple).sink(hear)
    _streamz_source.push(range(count), source)


def by_function(count: int, hear: Hear) -> None:
    """Subscribe one function that does all."""
    from reactivex import Subject

    def take(number: int) -> None:
        value = _add_one(number)
        if _is_even(value):
            hear(_triple(value))

    subject: Subject[int] = Subject()
    subject.subscribe(take)
    for number in range(count):
        subject.on_next(number)


def alone_by_reactivex(count: int, hear: Hear) -> None:
    """Subscribe to the Subject."""
    from reactivex import Subject

    subject: Subject[int] = Subject()
    subject.subscribe(hear)
    for number in range(count):
        subject.on_next(number)


def alone_by_rxstream(count: int, hear: Hear) -> None:
    """Subscribe to a stream of it."""
    from reactivex import Subject

    import rxstream as rs

    subject: Subject[int] = Subject()
    rs.from_observable(subject).subscribe(hear)
    for number in range(count):
        subject.on_next(number)


def alone_by_streamz(count: int, hear: Hear) -> None:
    """Emit."""
    from tests.benchmarks import _streamz_source

    source = _streamz_source.source()
    source.sink(hear)
    _streamz_source.push(range(count), source)
