"""The most memory that a run of ten million records holds beside that of one million, in fresh processes."""

from collections.abc import Sequence
from importlib import import_module

from tests.benchmarks._fresh import run_fresh
from tests.benchmarks._harness import Contender, Figure, Speed, Unit, Work

_FEWER = 1_000_000
_MANY = 10_000_000


def flat(name: str, module: str, by_loop: str, by_rxstream: str, *, each: float) -> Work:
    """Make the work of a module's functions, which take a number of records and return how many results they heard of.

    There are to be so many results for ``each`` record, within one in a hundred.
    """

    def contender(title: str, function: str, count: int) -> Contender:
        def measure() -> Sequence[float]:
            # Imported here as well, where it can be reported if something is missing.
            import_module("rxstream")
            heard, most = run_fresh(f"from {module} import {function}; print({function}({count}))")
            if abs(heard / count / each - 1) > 0.01:
                raise AssertionError(
                    f"{name}, {title}: it must hear of {count * each:g} results; it heard of {heard:g}"
                )
            return [most]

        return Contender(title, measure)

    fewer, many = "rxstream, 1 000 000", "rxstream, 10 000 000"
    return Work(
        name=f"{name}, for long",
        contenders=[
            contender("plain loop, 1 000 000", by_loop, _FEWER),
            contender(fewer, by_rxstream, _FEWER),
            contender(many, by_rxstream, _MANY),
        ],
        # What closed windows and old items took would be ten times as much.
        figures=[Figure("peak memory", Unit("MB", 1e6), targets={many: [Speed(0.9, of=fewer)]})],
        rounds=1,
    )
