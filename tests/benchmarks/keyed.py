"""Time what is kept for each key, beside a loop with a dict."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.benchmarks._harness import Speed, Work
from tests.benchmarks._ways import Do, Hear, Way, beside

_NUMBERS = 1_000_000
_FEW = 10
_EACH = 10
_LOOP = "plain loop"

KeyOf = Callable[[int], int]
#: Does the work for so many numbers with keys of a function.
DoByKey = Callable[[int, KeyOf, Hear], object]


def works() -> Iterator[Work]:
    """Yield running results of few keys and of many, and a stream for each of a few."""
    target = [Speed(0.6, of=_LOOP)]
    yield beside(
        "scan_by_key, 10 keys",
        Way(_LOOP, _of_few(by_loop), _NUMBERS),
        Way("rxstream", _of_few(by_rxstream), _NUMBERS, target),
        Way("reactivex, group_by", _of_few(by_reactivex), _NUMBERS // 10),
        # It works on batches, and on one key after the other.
        Way("bytewax", _of_few(by_bytewax), _NUMBERS // 10, read=sorted),
        Way("csp, a node with a dict", _of_few(by_csp), _NUMBERS),
    )
    yield beside(
        "scan_by_key, 100 000 keys",
        Way(_LOOP, _of_many(by_loop), _NUMBERS),
        Way("rxstream", _of_many(by_rxstream), _NUMBERS, target),
        Way("reactivex, group_by", _of_many(by_reactivex), _NUMBERS // 100),
        Way("bytewax", _of_many(by_bytewax), _NUMBERS // 20, read=sorted),
        Way("csp, a node with a dict", _of_many(by_csp), _NUMBERS),
    )
    yield beside(
        "group_by and flat_map to scan, 10 keys",
        Way(_LOOP, _of_few(by_loop), _NUMBERS),
        Way("rxstream", _of_few(by_rxstream_groups), _NUMBERS, [Speed(0.3, of=_LOOP)]),
        Way("reactivex", _of_few(by_reactivex), _NUMBERS // 10),
    )


def _of_few(do: DoByKey) -> Do:
    return lambda count, hear: do(count, _key_of(_FEW), hear)


def _of_many(do: DoByKey) -> Do:
    # With fewer numbers there are fewer keys: each is to come as often.
    return lambda count, hear: do(count, _key_of(count // _EACH), hear)


def _key_of(keys: int) -> KeyOf:
    # A prime that divides none of their numbers: neighbours in time are no neighbours in the dict.
    return lambda number: number * 7_919 % keys


def _add(total: int, number: int) -> int:
    return total + number


def by_loop(count: int, key_of: KeyOf, hear: Hear) -> None:
    """Keep the results in a dict."""
    results: dict[int, int] = {}
    for number in range(count):
        key = key_of(number)
        results[key] = total = _add(results.get(key, 0), number)
        hear(total)


def by_rxstream(count: int, key_of: KeyOf, hear: Hear) -> None:
    """Scan by key."""
    import rxstream as rs
    from rxstream import operators as ops

    rs.run(rs.from_iterable(range(count)).pipe(ops.scan_by_key(_add, 0, key=key_of)).to(hear))


def by_rxstream_groups(count: int, key_of: KeyOf, hear: Hear) -> None:
    """Scan each key's own stream."""
    import rxstream as rs
    from rxstream import operators as ops

    def scanned(group: Any) -> Any:
        return group.pipe(ops.scan(_add, 0))

    rs.run(rs.from_iterable(range(count)).pipe(ops.group_by(key_of), ops.flat_map(scanned)).to(hear))


def by_reactivex(count: int, key_of: KeyOf, hear: Hear) -> None:
    """Scan each key's own stream, and merge them."""
    import reactivex
    from reactivex import operators as ops

    def scanned(group: Any) -> Any:
        return group.pipe(ops.scan(_add, 0))

    reactivex.from_iterable(range(count)).pipe(ops.group_by(key_of), ops.map(scanned), ops.merge_all()).subscribe(hear)


def by_bytewax(count: int, key_of: KeyOf, hear: Hear) -> None:
    """Map with a state a key; bytewax's keys are text."""
    from bytewax import operators as op

    from tests.benchmarks._bytewax_flow import run_flow

    def scanned(total: int | None, number: int) -> tuple[int, int]:
        made = _add(total or 0, number)
        return made, made

    def build(numbers: Any) -> Any:
        keyed = op.key_on("key", numbers, lambda number: str(key_of(number)))
        return op.map("value", op.stateful_map("scan", keyed, scanned), lambda pair: pair[1])

    run_flow(build, range(count), hear=hear)


def by_csp(count: int, key_of: KeyOf, hear: Hear) -> None:
    """Keep the results in a node's dict."""
    from tests.benchmarks import _operators_csp

    _operators_csp.scan_by_key(range(count), _add, key_of, hear=hear)
