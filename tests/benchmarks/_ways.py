"""Time ways to do the same work, which must give the same answer."""

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks._harness import Contender, Figure, Target, Unit, Work

#: Is called with each result.
Hear = Callable[[Any], None]
#: Does the work for so many items, and lets its second argument hear of each result.
Do = Callable[[int, Hear], object]
#: Makes what is compared of all that was heard.
Read = Callable[[list[Any]], Iterable[Hashable]]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do it, with as many items as it does in a short time: their number divides that time.

    Its answer is compared as ``read`` gives it: ``sorted`` where the order is its own affair.
    """

    name: str
    do: Do
    count: int
    targets: Sequence[Target] = ()
    read: Read = iter


def beside(name: str, *ways: Way, rounds: int = 5) -> Work:
    """Make the work of ways that must all give the first one's answer."""
    first = ways[0]

    def contender(way: Way) -> Contender:
        expected = _answer(first.do, way)

        def measure() -> Sequence[float]:
            heard: list[Any] = []
            begin = time.perf_counter()
            way.do(way.count, heard.append)
            taken = time.perf_counter() - begin
            if _told(heard, way) != expected:
                raise AssertionError(f"{name}, {way.name}: its answer must be that of {first.name}; it got another")
            return [taken / way.count]

        return Contender(way.name, measure)

    return Work(
        name=name,
        contenders=[contender(way) for way in ways],
        figures=[Figure("time", Unit("ns an item", 1e-9), targets={way.name: way.targets for way in ways})],
        rounds=rounds,
    )


def _answer(do: Do, way: Way) -> tuple[int, int]:
    heard: list[Any] = []
    do(way.count, heard.append)
    return _told(heard, way)


def _told(heard: list[Any], way: Way) -> tuple[int, int]:
    # Not the answer itself: the works of a whole page would keep millions of objects in memory.
    return len(heard), hash(tuple(way.read(heard)))
