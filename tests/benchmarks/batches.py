"""Time gathering numbers into lists of a hundred, beside a loop that does it."""

from collections.abc import Hashable, Iterable, Iterator
from datetime import timedelta
from typing import Any

from tests.benchmarks._harness import Speed, Work
from tests.benchmarks._ways import Hear, Way, beside

_NUMBERS = 1_000_000
_SIZE = 100
_LOOP = "plain loop"


def works() -> Iterator[Work]:
    """Yield a buffer of a hundred."""
    yield beside(
        "buffer(count=100)",
        Way(_LOOP, by_loop, _NUMBERS, read=_tuples),
        Way("rxstream", by_rxstream, _NUMBERS, [Speed(0.6, of=_LOOP)], _tuples),
        Way("reactivex, buffer_with_count", by_reactivex, _NUMBERS // 10, read=_tuples),
        Way("aiostream, chunks", by_aiostream, _NUMBERS // 50, read=_tuples),
        Way("streamz, partition", by_streamz, _NUMBERS // 500, read=_tuples),
        Way("bytewax, collect", by_bytewax, _NUMBERS // 5, read=_tuples),
    )


def _tuples(heard: list[Any]) -> Iterable[Hashable]:
    return map(tuple, heard)


def by_loop(count: int, hear: Hear) -> None:
    """Append each number to a list."""
    batch: list[int] = []
    for number in range(count):
        batch.append(number)
        if len(batch) == _SIZE:
            hear(batch)
            batch = []
    if batch:
        hear(batch)


def by_rxstream(count: int, hear: Hear) -> None:
    """Buffer."""
    import rxstream as rs
    from rxstream import operators as ops

    rs.run(rs.from_iterable(range(count)).pipe(ops.buffer(_SIZE)).to(hear))


def by_reactivex(count: int, hear: Hear) -> None:
    """Buffer, which is a window a list."""
    import reactivex
    from reactivex import operators as ops

    reactivex.from_iterable(range(count)).pipe(ops.buffer_with_count(_SIZE)).subscribe(hear)


def by_aiostream(count: int, hear: Hear) -> None:
    """Cut into chunks."""
    from aiostream import stream

    from tests.benchmarks._aiostream_run import run_stream

    numbers: Any = stream.iterate(range(count))
    run_stream(stream.chunks(numbers, _SIZE), hear)


def by_streamz(count: int, hear: Hear) -> None:
    """Partition."""
    from tests.benchmarks import _streamz_source

    source = _streamz_source.source()
    source.partition(_SIZE).sink(hear)
    _streamz_source.push(range(count), source)


def by_bytewax(count: int, hear: Hear) -> None:
    """Collect the one key's values."""
    from bytewax import operators as op

    from tests.benchmarks._bytewax_flow import run_flow

    def build(numbers: Any) -> Any:
        keyed = op.key_on("key", numbers, lambda _: "")
        batches = op.collect("collect", keyed, timeout=timedelta(days=1), max_size=_SIZE)
        return op.map("value", batches, lambda pair: pair[1])

    run_flow(build, range(count), hear=hear)
