"""Measure what a key takes, and that forgotten keys take nothing, in fresh processes."""

import time
import tracemalloc
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

from tests.benchmarks._fresh import run_fresh
from tests.benchmarks._harness import AtMost, Contender, Figure, Unit, Work

_KEYS = 100_000
_FEWER_KEYS = 10_000
_DISTINCT = 2_000_000
_KEPT = 1_000
_LOOP = "plain loop"
_RXSTREAM = "rxstream"
#: The first result of a key: an int that is an object of its own, unlike small ones.
_SEED = 1_000

Hear = Callable[[int], None]
#: Counts each key, and lets its second argument hear of each count.
Count = Callable[[Iterable[Any], Hear], object]


def works() -> Iterator[Work]:
    """Yield keys that are kept, and keys that are forgotten."""
    yield _keeping()
    yield _forgetting()


def _keeping() -> Work:
    groups = "rxstream, group_by"
    return Work(
        name="an int for each of 100 000 keys",
        contenders=[
            Contender(_LOOP, lambda: _grown_by(count_by_loop, _KEYS)),
            Contender(_RXSTREAM, lambda: _grown_by(count_by_rxstream, _KEYS, needs=_RXSTREAM)),
            Contender(
                f"{_RXSTREAM}, with max_keys=", lambda: _grown_by(count_by_rxstream_within, _KEYS, needs=_RXSTREAM)
            ),
            Contender(groups, lambda: _grown_by(count_by_rxstream_groups, _FEWER_KEYS, needs=_RXSTREAM)),
            Contender("reactivex, group_by", lambda: _grown_by(count_by_reactivex, _FEWER_KEYS, needs="reactivex")),
        ],
        figures=[Figure("memory", Unit("bytes a key", 1), targets={_RXSTREAM: [AtMost(300)]})],
        rounds=3,
    )


def _grown_by(count: Count, keys: int, needs: str | None = None) -> Sequence[float]:
    return [_in_a_process(grown, count, keys, needs)[0]]


def grown(count: Count, keys: int) -> float:
    """Return the bytes a key by which Python's memory has grown when the last one has come."""
    words = [f"key-{number}" for number in range(keys)]
    # What is made or imported on first use is no key's.
    count(words[:1], _nothing)
    heard = most = 0

    def hear(result: int) -> None:
        nonlocal heard, most
        heard += 1
        if result != _SEED + 1:
            raise AssertionError(f"memory, {count}: each key must have come once; it got {result}")
        if heard == keys:
            most = tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    begin = tracemalloc.get_traced_memory()[0]
    count(words, hear)
    if heard != keys:
        raise AssertionError(f"memory, {count}: it must hear of {keys} keys; it heard of {heard}")
    return (most - begin) / keys


def _nothing(_result: int) -> None:
    pass


def _add_one(count: int, _word: object) -> int:
    return count + 1


def _itself(word: Any) -> Any:
    return word


def count_by_loop(words: Iterable[Any], hear: Hear) -> None:
    """Count in a dict."""
    counts: dict[Any, int] = {}
    for word in words:
        key = _itself(word)
        counts[key] = count = _add_one(counts.get(key, _SEED), word)
        hear(count)


def count_by_rxstream(words: Iterable[Any], hear: Hear) -> None:
    """Scan by key."""
    import rxstream as rs
    from rxstream import operators as ops

    rs.run(rs.from_iterable(words).pipe(ops.scan_by_key(_add_one, _SEED, key=_itself)).to(hear))


def count_by_rxstream_within(words: Iterable[Any], hear: Hear) -> None:
    """Scan by key, and note which was used when, but forget none."""
    import rxstream as rs
    from rxstream import operators as ops

    rs.run(rs.from_iterable(words).pipe(ops.scan_by_key(_add_one, _SEED, key=_itself, max_keys=_KEYS)).to(hear))


def count_by_rxstream_groups(words: Iterable[Any], hear: Hear) -> None:
    """Scan each key's own stream."""
    import rxstream as rs
    from rxstream import operators as ops

    def counted(group: rs.Stream[Any]) -> rs.Stream[int]:
        return group.pipe(ops.scan(_add_one, _SEED))

    rs.run(rs.from_iterable(words).pipe(ops.group_by(_itself), ops.flat_map(counted)).to(hear))


def count_by_reactivex(words: Iterable[Any], hear: Hear) -> None:
    """Scan each key's own stream, and merge them."""
    import reactivex
    from reactivex import operators as ops

    def counted(group: Any) -> Any:
        return group.pipe(ops.scan(_add_one, _SEED))

    reactivex.from_iterable(words).pipe(ops.group_by(_itself), ops.map(counted), ops.merge_all()).subscribe(hear)


def _forgetting() -> Work:
    return Work(
        name="2 000 000 keys, of which 1 000 are kept",
        contenders=[
            Contender("OrderedDict", lambda: _in_a_process(taken, count_few_by_loop, _DISTINCT)),
            Contender(_RXSTREAM, lambda: _in_a_process(taken, count_few_by_rxstream, _DISTINCT, _RXSTREAM)),
        ],
        figures=[
            Figure("time", Unit("ns an item", 1e-9)),
            Figure("peak memory", Unit("MB", 1e6), targets={_RXSTREAM: [AtMost(60)]}),
        ],
        rounds=3,
    )


def taken(count: Count, keys: int) -> float:
    """Return the seconds an item."""
    heard = 0

    def hear(result: int) -> None:
        nonlocal heard
        heard += result - _SEED

    begin = time.perf_counter()
    count(range(keys), hear)
    seconds = time.perf_counter() - begin
    if heard != keys:
        raise AssertionError(f"memory, {count}: each of {keys} keys must have come once; their counts are {heard}")
    return seconds / keys


def count_few_by_loop(words: Iterable[Any], hear: Hear) -> None:
    """Count in a dict whose first key is the one least recently used."""
    counts: OrderedDict[Any, int] = OrderedDict()
    for word in words:
        key = _itself(word)
        known = counts.get(key, _SEED)
        counts[key] = count = _add_one(known, word)
        counts.move_to_end(key)
        if len(counts) > _KEPT:
            counts.popitem(last=False)
        hear(count)


def count_few_by_rxstream(words: Iterable[Any], hear: Hear) -> None:
    """Scan by key, and forget all but so many."""
    import rxstream as rs
    from rxstream import operators as ops

    counted = ops.scan_by_key(_add_one, _SEED, key=_itself, max_keys=_KEPT)
    rs.run(rs.from_iterable(words).pipe(counted).to(hear))


def _in_a_process(
    measure: Callable[[Count, int], float], count: Count, keys: int, needs: str | None = None
) -> Sequence[float]:
    if needs is not None:
        # Imported here as well, where it can be reported if it is missing.
        import_module(needs)
    names = f"{measure.__name__} as measure, {count.__name__} as count"
    code = f"from {__name__} import {names}; print(measure(count, {keys}))"
    return run_fresh(code)
