"""Time making three items of each, beside a loop in a loop."""

from collections.abc import Iterator

from tests.benchmarks._harness import Speed, Work
from tests.benchmarks._ways import Hear, Way, beside

_NUMBERS = 200_000
_LOOP = "plain loop"


def works() -> Iterator[Work]:
    """Yield a flat_map to tuples of three."""
    yield beside(
        "flat_map to 3 items",
        Way(_LOOP, by_loop, _NUMBERS),
        Way("rxstream", by_rxstream, _NUMBERS, [Speed(0.4, of=_LOOP)]),
        Way("reactivex, with from_iterable", by_reactivex, _NUMBERS // 100),
        Way("aiostream, concatmap", by_aiostream, _NUMBERS // 100),
        Way("streamz, map and flatten", by_streamz, _NUMBERS // 10),
        Way("bytewax", by_bytewax, _NUMBERS),
        Way("csp, apply and unroll", by_csp, _NUMBERS),
    )


def _three(number: int) -> tuple[int, int, int]:
    return number, number + 1, number + 2


def by_loop(count: int, hear: Hear) -> None:
    """Loop over each tuple."""
    for number in range(count):
        for item in _three(number):
            hear(item)


def by_rxstream(count: int, hear: Hear) -> None:
    """Hand tuples on in place."""
    import rxstream as rs
    from rxstream import operators as ops

    rs.run(rs.from_iterable(range(count)).pipe(ops.flat_map(_three)).to(hear))


def by_reactivex(count: int, hear: Hear) -> None:
    """Make an Observable of each tuple; one after the other, as the answer is compared in order."""
    import reactivex
    from reactivex import operators as ops

    def three(number: int) -> reactivex.Observable[int]:
        return reactivex.from_iterable(_three(number))

    reactivex.from_iterable(range(count)).pipe(ops.concat_map(three)).subscribe(hear)


def by_aiostream(count: int, hear: Hear) -> None:
    """Make a stream of each tuple, one after the other."""
    from aiostream import stream
    from aiostream.core import Stream

    from tests.benchmarks._aiostream_run import run_stream

    def three(number: int, *_others: int) -> Stream[int]:
        return stream.iterate(_three(number))

    run_stream(stream.concatmap(stream.iterate(range(count)), three, task_limit=1), hear)


def by_streamz(count: int, hear: Hear) -> None:
    """Map, then flatten."""
    from tests.benchmarks import _streamz_source

    source = _streamz_source.source()
    source.map(_three).flatten().sink(hear)
    _streamz_source.push(range(count), source)


def by_bytewax(count: int, hear: Hear) -> None:
    """Map flat."""
    from bytewax import operators as op

    from tests.benchmarks._bytewax_flow import run_flow

    run_flow(lambda numbers: op.flat_map("three", numbers, _three), range(count), hear=hear)


def by_csp(count: int, hear: Hear) -> None:
    """Unroll lists."""
    from tests.benchmarks import _operators_csp

    _operators_csp.flat_map(range(count), lambda number: list(_three(number)), hear=hear)
