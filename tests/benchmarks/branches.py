"""Time streams that come together, and one that parts, beside loops."""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from tests.benchmarks._harness import Speed, Work
from tests.benchmarks._ways import Hear, Way, beside

_ITEMS = 600_000
_LOOP = "plain loop"
_TARGET = (Speed(0.4, of=_LOOP),)


def works() -> Iterator[Work]:
    """Yield two that are merged, two that are zipped, two mapped ones that are, one that goes to three sinks."""
    yield beside(
        "merge of 2",
        # How they take turns is their own affair.
        Way(_LOOP, merge_by_loop, _ITEMS, read=sorted),
        Way("rxstream", merge_by_rxstream, _ITEMS, _TARGET, sorted),
        Way("reactivex", merge_by_reactivex, _ITEMS, read=sorted),
        Way("aiostream", merge_by_aiostream, _ITEMS // 50, read=sorted),
        Way("streamz, union", merge_by_streamz, _ITEMS // 20, read=sorted),
        Way("bytewax", merge_by_bytewax, _ITEMS, read=sorted),
        Way("csp, flatten", merge_by_csp, _ITEMS, read=sorted),
    )
    yield beside(
        "zip of 2",
        Way(_LOOP, zip_by_loop, _ITEMS),
        Way("rxstream", zip_by_rxstream, _ITEMS, _TARGET),
        # It keeps all of the first before the second begins, in a list from whose front it takes.
        Way("reactivex", zip_by_reactivex, _ITEMS // 30),
        Way("aiostream", zip_by_aiostream, _ITEMS // 50),
        Way("streamz", zip_by_streamz, _ITEMS // 20),
        Way("csp, collect", zip_by_csp, _ITEMS, read=_tuples),
    )
    # Collections are zipped by batches; what operators have made of them, item by item.
    yield beside(
        "zip of 2 that are mapped",
        Way(_LOOP, zip_mapped_by_loop, _ITEMS),
        Way("rxstream", zip_mapped_by_rxstream, _ITEMS),
        Way("reactivex", zip_mapped_by_reactivex, _ITEMS // 30),
    )
    yield beside(
        "tee to 3",
        Way(_LOOP, tee_by_loop, _ITEMS),
        Way("rxstream, stream.tee", tee_by_rxstream, _ITEMS, _TARGET),
        Way("rxstream, ops.tee", tee_operator_by_rxstream, _ITEMS, _TARGET),
        Way("reactivex, publish", tee_by_reactivex, _ITEMS // 3),
        Way("streamz", tee_by_streamz, _ITEMS // 20),
        # Each batch goes to one output after the other.
        Way("bytewax", tee_by_bytewax, _ITEMS, read=sorted),
        Way("csp", tee_by_csp, _ITEMS),
    )


def _tuples(heard: list[Any]) -> Iterable[Hashable]:
    return map(tuple, heard)


def _halves(count: int) -> tuple[range, range]:
    return range(count // 2), range(count // 2, count // 2 * 2)


def merge_by_loop(count: int, hear: Hear) -> None:
    """Take one of each in turn."""
    for one, other in zip(*_halves(count), strict=True):
        hear(one)
        hear(other)


def merge_by_rxstream(count: int, hear: Hear) -> None:
    """Merge."""
    import rxstream as rs
    from rxstream import operators as ops

    first, second = map(rs.from_iterable, _halves(count))
    rs.run(first.pipe(ops.merge(second)).to(hear))


def merge_by_reactivex(count: int, hear: Hear) -> None:
    """Merge, which is one after the other here."""
    import reactivex

    reactivex.merge(*map(reactivex.from_iterable, _halves(count))).subscribe(hear)


def merge_by_aiostream(count: int, hear: Hear) -> None:
    """Merge."""
    from aiostream import stream

    from tests.benchmarks._aiostream_run import run_stream

    run_stream(stream.merge(*map(stream.iterate, _halves(count))), hear)


def merge_by_streamz(count: int, hear: Hear) -> None:
    """Emit into both in turn."""
    from tests.benchmarks import _streamz_source

    first, second = _streamz_source.source(), _streamz_source.source()
    first.union(second).sink(hear)
    _streamz_source.push_in_turn(*_halves(count), into=(first, second))


def merge_by_bytewax(count: int, hear: Hear) -> None:
    """Merge."""
    from bytewax import operators as op

    from tests.benchmarks._bytewax_flow import run_flow

    run_flow(lambda first, second: op.merge("merge", first, second), *_halves(count), hear=hear)


def merge_by_csp(count: int, hear: Hear) -> None:
    """Flatten."""
    from tests.benchmarks import _operators_csp

    _operators_csp.merge(*_halves(count), hear=hear)


def zip_by_loop(count: int, hear: Hear) -> None:
    """Loop over pairs."""
    for pair in zip(range(count), range(count, 2 * count), strict=True):
        hear(pair)


def zip_by_rxstream(count: int, hear: Hear) -> None:
    """Zip."""
    import rxstream as rs
    from rxstream import operators as ops

    rs.run(rs.from_iterable(range(count)).pipe(ops.zip(rs.from_iterable(range(count, 2 * count)))).to(hear))


def zip_by_reactivex(count: int, hear: Hear) -> None:
    """Zip."""
    import reactivex

    reactivex.zip(reactivex.from_iterable(range(count)), reactivex.from_iterable(range(count, 2 * count))).subscribe(
        hear
    )


def zip_by_aiostream(count: int, hear: Hear) -> None:
    """Zip."""
    from aiostream import stream

    from tests.benchmarks._aiostream_run import run_stream

    run_stream(stream.zip(stream.iterate(range(count)), stream.iterate(range(count, 2 * count))), hear)


def zip_by_streamz(count: int, hear: Hear) -> None:
    """Emit into both in turn."""
    from tests.benchmarks import _streamz_source

    first, second = _streamz_source.source(), _streamz_source.source()
    first.zip(second).sink(hear)
    _streamz_source.push_in_turn(range(count), range(count, 2 * count), into=(first, second))


def zip_by_csp(count: int, hear: Hear) -> None:
    """Collect."""
    from tests.benchmarks import _operators_csp

    _operators_csp.zipped(range(count), range(count, 2 * count), hear=hear)


def _add_one(number: int) -> int:
    return number + 1


def zip_mapped_by_loop(count: int, hear: Hear) -> None:
    """Loop over pairs."""
    for one, other in zip(range(count), range(count, 2 * count), strict=True):
        hear((_add_one(one), _add_one(other)))


def zip_mapped_by_rxstream(count: int, hear: Hear) -> None:
    """Map, then zip."""
    import rxstream as rs
    from rxstream import operators as ops

    first, second = (rs.from_iterable(n).pipe(ops.map(_add_one)) for n in (range(count), range(count, 2 * count)))
    rs.run(first.pipe(ops.zip(second)).to(hear))


def zip_mapped_by_reactivex(count: int, hear: Hear) -> None:
    """Map, then zip."""
    import reactivex
    from reactivex import operators as ops

    ranges = range(count), range(count, 2 * count)
    reactivex.zip(*(reactivex.from_iterable(n).pipe(ops.map(_add_one)) for n in ranges)).subscribe(hear)


def tee_by_loop(count: int, hear: Hear) -> None:
    """Call three times."""
    for number in range(count):
        hear(number)
        hear(number)
        hear(number)


def tee_by_rxstream(count: int, hear: Hear) -> None:
    """Run three pipelines of one subscription."""
    import rxstream as rs

    rs.run(*(branch.to(hear) for branch in rs.from_iterable(range(count)).tee(3)))


def tee_operator_by_rxstream(count: int, hear: Hear) -> None:
    """Run one pipeline with two more branches."""
    import rxstream as rs
    from rxstream import operators as ops

    def branch(stream: rs.Stream[int]) -> rs.Pipeline:
        return stream.to(hear)

    rs.run(rs.from_iterable(range(count)).pipe(ops.tee(branch, branch)).to(hear))


def tee_by_reactivex(count: int, hear: Hear) -> None:
    """Publish to three subscribers."""
    import reactivex
    from reactivex import operators as ops

    published = reactivex.from_iterable(range(count)).pipe(ops.publish())
    for _ in range(3):
        published.subscribe(hear)
    published.connect()


def tee_by_streamz(count: int, hear: Hear) -> None:
    """Put three sinks behind a source."""
    from tests.benchmarks import _streamz_source

    source = _streamz_source.source()
    for _ in range(3):
        source.sink(hear)
    _streamz_source.push(range(count), source)


def tee_by_bytewax(count: int, hear: Hear) -> None:
    """Put three outputs behind an input."""
    from tests.benchmarks._bytewax_flow import run_flow

    run_flow(lambda numbers: numbers, range(count), hear=hear, branches=3)


def tee_by_csp(count: int, hear: Hear) -> None:
    """Put three nodes behind a curve."""
    from tests.benchmarks import _operators_csp

    _operators_csp.tee(range(count), hear, hear, hear)
