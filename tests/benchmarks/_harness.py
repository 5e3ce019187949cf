"""Let contenders do the same work in turns, and compare what it took them."""

import gc
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Unit:
    """How a figure is shown: divided by ``size``, and called ``name``."""

    name: str
    size: float


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work: ``measure`` does it once and returns one number for each of the work's figures."""

    name: str
    measure: Callable[[], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that is measured, and by contender's name what it should come to."""

    name: str
    unit: Unit
    targets: Mapping[str, Sequence["Target"]] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something to be done by several contenders, of which the first is the baseline."""

    name: str
    contenders: Sequence[Contender]
    figures: Sequence[Figure]
    rounds: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One figure of every contender, round by round; ``absent`` says who could not take part, and why."""

    work: Work
    figure: Figure
    rounds: Mapping[str, Sequence[float]]
    absent: Mapping[str, str]

    def ratio(self, name: str, of: str) -> float | None:
        """Return how many times ``of``'s figure is ``name``'s: above 1, ``name`` took less."""
        if name not in self.rounds or of not in self.rounds:
            return None
        # Round by round, because neighbours in time share what else the machine was doing.
        return median(theirs / own for own, theirs in zip(self.rounds[name], self.rounds[of], strict=True))


class Target(Protocol):
    """What a contender's figure should come to."""

    def __str__(self) -> str:
        """Say it as the table does."""
        ...

    def met(self, results: Results, name: str) -> bool | None:
        """Tell whether ``name`` reached it; ``None`` if there is nothing to compare."""
        ...


@dataclass(frozen=True, slots=True)
class AtMost:
    """No more than so much, in the figure's unit."""

    most: float

    def __str__(self) -> str:
        return f"≤ {self.most:g}"

    def met(self, results: Results, name: str) -> bool | None:
        if name not in results.rounds:
            return None
        return median(results.rounds[name]) <= self.most * results.figure.unit.size


@dataclass(frozen=True, slots=True)
class Speed:
    """At least so many times the speed of another contender."""

    least: float
    of: str

    def __str__(self) -> str:
        return f"≥ {self.least:g} of {self.of}"

    def met(self, results: Results, name: str) -> bool | None:
        ratio = results.ratio(name, self.of)
        return None if ratio is None else ratio >= self.least


def timed(act: Callable[[], object]) -> Callable[[], Sequence[float]]:
    """Measure the seconds that ``act`` takes."""

    def measure() -> Sequence[float]:
        begin = time.perf_counter()
        act()
        return [time.perf_counter() - begin]

    return measure


def timed_with_cpu(act: Callable[[], object]) -> Callable[[], Sequence[float]]:
    """Measure the seconds that ``act`` takes, and those in which this process used a processor."""

    def measure() -> Sequence[float]:
        begin, begin_cpu = time.perf_counter(), time.process_time()
        act()
        return [time.perf_counter() - begin, time.process_time() - begin_cpu]

    return measure


def compare(work: Work) -> Iterator[Results]:
    """Let the contenders take turns, after one round that does not count; give each figure's results."""
    absent: dict[str, str] = {}
    measured: dict[str, list[Sequence[float]]] = {}
    sys.stderr.write(f"{work.name} ")
    for number in range(work.rounds + 1):
        sys.stderr.write(".")
        sys.stderr.flush()
        for contender in work.contenders:
            if contender.name in absent:
                continue
            # Nobody is to pay for the garbage of the one before.
            gc.collect()
            try:
                numbers = contender.measure()
            except ImportError as error:
                absent[contender.name] = str(error)
                continue
            if number:
                measured.setdefault(contender.name, []).append(numbers)
    sys.stderr.write("\n")
    for index, figure in enumerate(work.figures):
        rounds = {name: [numbers[index] for numbers in taken] for name, taken in measured.items()}
        yield Results(work=work, figure=figure, rounds=rounds, absent=absent)
