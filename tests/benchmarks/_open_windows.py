"""What a window takes that is still open, in fresh processes."""

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from tests.benchmarks._dated import MILLISECOND, SECOND, Record, amount_of, key_of
from tests.benchmarks._fresh import run_fresh
from tests.benchmarks._harness import AtMost, Contender, Figure, Unit, Work

_OPEN = 100_000
#: An amount that is an object of its own, unlike small ones.
_AMOUNT = 1_000
_BEGIN = 1_700_000_000 * SECOND


def open_windows() -> Work:
    """Make the work of a sum for each of so many keys, of which nothing closes before the last one has come."""
    kinds = {"tumbling": "rs.tumbling(10)", "hopping": "rs.hopping(10, 1)", "session": "rs.session(10)"}

    def contender(title: str, by: str) -> Contender:
        def measure() -> Sequence[float]:
            import_module("rxstream")
            return [run_fresh(f"import rxstream as rs; from {__name__} import grown; print(grown({by}))")[0]]

        return Contender(title, measure)

    return Work(
        name="a sum for each of 100 000 keys in an open window",
        contenders=[contender("a dict", "None"), *(contender(f"rxstream, {kind}", by) for kind, by in kinds.items())],
        figures=[
            Figure("memory", Unit("bytes a key", 1), targets={f"rxstream, {kind}": [AtMost(500)] for kind in kinds})
        ],
        rounds=1,
    )


def grown(by: Any) -> float:
    """Return the bytes a key by which Python's memory has grown when the last one has come."""
    sum_up: Callable[[Iterator[Record]], object] = _by_dict if by is None else lambda records: _by_rxstream(records, by)
    values = [(f"key-{number}", _AMOUNT) for number in range(_OPEN)]
    # What is made or imported on first use is no key's.
    sum_up(_records(values[:1]))
    most = 0

    def noting() -> Iterator[Record]:
        nonlocal most
        yield from _records(values)
        most = tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    begin = tracemalloc.get_traced_memory()[0]
    sum_up(noting())
    return (most - begin) / _OPEN


def _records(values: Sequence[Any]) -> Iterator[Record]:
    # Two of each, so that a sum is an object of its own.
    for number, value in enumerate([*values, *values]):
        yield _BEGIN + number // _OPEN * MILLISECOND, value


def _by_dict(records: Iterator[Record]) -> None:
    sums: dict[str, int] = {}
    for _, value in records:
        sums[key_of(value)] = sums.get(key_of(value), 0) + amount_of(value)


def _by_rxstream(records: Iterator[Record], by: Any) -> None:
    import rxstream as rs
    from rxstream import operators as ops

    summed = ops.window(by, into=rs.agg.sum(amount_of), key=key_of)
    rs.run(rs.from_history(records, unit="ns", disorder=1).pipe(summed).to(_nothing))


def _nothing(_pane: object) -> None:
    pass
