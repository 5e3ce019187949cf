"""Time chains of synchronous operators beside a plain loop that calls the same functions."""

from collections import deque
from collections.abc import Callable, Iterator

from tests.benchmarks._harness import Contender, Figure, Speed, Unit, Work, timed

_NUMBERS = 1_000_000
_LOOP = "plain loop"
_RXSTREAM = "rxstream"

Sink = Callable[[int], None]
Do = Callable[[Sink], object]


def works() -> Iterator[Work]:
    """Yield a chain of different operators, then one of equal ones."""
    yield _work(
        "map, filter, map, scan",
        by_loop=_mixed_by_loop,
        by_rxstream=_mixed_by_rxstream,
        by_reactivex=_mixed_by_reactivex,
    )
    yield _work("five maps", by_loop=_maps_by_loop, by_rxstream=_maps_by_rxstream, by_reactivex=_maps_by_reactivex)


def _add_one(number: int) -> int:
    return number + 1


def _is_even(number: int) -> bool:
    return number % 2 == 0


def _triple(number: int) -> int:
    return number * 3


def _add(total: int, number: int) -> int:
    return total + number


def _mixed_by_loop(sink: Sink) -> None:
    total = 0
    for number in range(_NUMBERS):
        value = _add_one(number)
        if not _is_even(value):
            continue
        total = _add(total, _triple(value))
        sink(total)


def _mixed_by_rxstream(sink: Sink) -> None:
    import rxstream as rs
    from rxstream import operators as ops

    chain = [ops.map(_add_one), ops.filter(_is_even), ops.map(_triple), ops.scan(_add, 0)]
    rs.run(rs.from_iterable(range(_NUMBERS)).pipe(*chain).to(sink))


def _mixed_by_reactivex(sink: Sink) -> None:
    import reactivex
    from reactivex import operators as ops

    chain = [ops.map(_add_one), ops.filter(_is_even), ops.map(_triple), ops.scan(_add, 0)]
    reactivex.from_iterable(range(_NUMBERS)).pipe(*chain).subscribe(sink)


def _maps_by_loop(sink: Sink) -> None:
    for number in range(_NUMBERS):
        sink(_add_one(_add_one(_add_one(_add_one(_add_one(number))))))


def _maps_by_rxstream(sink: Sink) -> None:
    import rxstream as rs
    from rxstream import operators as ops

    rs.run(rs.from_iterable(range(_NUMBERS)).pipe(*(ops.map(_add_one) for _ in range(5))).to(sink))


def _maps_by_reactivex(sink: Sink) -> None:
    import reactivex
    from reactivex import operators as ops

    reactivex.from_iterable(range(_NUMBERS)).pipe(*(ops.map(_add_one) for _ in range(5))).subscribe(sink)


def _work(name: str, *, by_loop: Do, by_rxstream: Do, by_reactivex: Do) -> Work:
    last: deque[int] = deque(maxlen=1)
    by_loop(last.append)
    expected = last.pop()

    def contender(who: str, do: Do) -> Contender:
        def act() -> None:
            do(last.append)
            if last.pop() != expected:
                raise AssertionError(f"{name}, {who}: the last value must be the plain loop's, {expected}")

        return Contender(who, timed(act))

    return Work(
        name=name,
        contenders=[contender(_LOOP, by_loop), contender(_RXSTREAM, by_rxstream), contender("reactivex", by_reactivex)],
        figures=[Figure("time", Unit("ns a number", 1e-9 * _NUMBERS), targets={_RXSTREAM: [Speed(0.85, of=_LOOP)]})],
    )
