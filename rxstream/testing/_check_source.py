"""The contract of a source, as a check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from rxstream.core import Event, Partition, Stream, awaited
from rxstream.errors import ConfigurationError
from rxstream.sources import from_source
from rxstream.testing._calling import in_a_loop
from rxstream.testing._read_source import ReadSource
from rxstream.testing._stream_source import StreamSource

#: How many turns of the loop a read gets before it is cancelled.
_TURNS: Final = (0, 1, 2, 3, 5, 10)


def check_source(factory: Callable[[], Any]) -> None:
    """Check that a source keeps the contract of `rxstream.Source`; blocks, in a test or anywhere else.

    Whether it gives what it holds, in order and no more at once than asked for, and ends for good; what comes again
    after a restart, committed or not; whether a cancelled read loses anything; and whether ``close`` may come at any
    time. It waits ten seconds for what should come. Of a memory that outlives the process it sees nothing: that is for
    a test of the source itself.

    Args:
        factory: Makes a source for each rule, with the same few records each time, none of which was read before:
            returns the source, or a pair of it and the list of the values that it holds; it may be async. One of
            rxstream's own, such as ``rs.from_kafka(…)``, is checked likewise. About ten records are enough.

    Raises:
        AssertionError: Naming the rule that is broken.

    Example:
        >>> from rxstream.testing import check_source
        >>> class Letters:
        ...     def open(self, positions):
        ...         self.place = positions.get(("letters", 0), 0)
        ...
        ...     def read(self, max_items):
        ...         start, self.place = self.place, self.place + max_items
        ...         found = list(enumerate("abcdef"))[start : self.place]
        ...         return [rs.Event(letter, origin=rs.Origin("letters", 0, at)) for at, letter in found] or None
        ...
        ...     def commit(self, positions): ...
        ...
        ...     def close(self): ...
        >>> check_source(lambda: (Letters(), list("abcdef")))
    """

    async def work() -> None:
        values: list[Any] | None = None
        for keeps in _RULES:
            source = await _made(factory, values)
            await keeps(source)
            values = list(source.values or ())

    in_a_loop(work)


async def _made(factory: Callable[[], Any], values: list[Any] | None) -> ReadSource:
    made = factory()
    # A stream can be awaited: for its last value.
    made = made if isinstance(made, Stream) else await awaited(made)
    source, *held = made if isinstance(made, tuple) else (made,)
    if isinstance(source, Stream) and source.feed is not None:
        source = StreamSource(source.feed)
    try:
        from_source(source)
    except ConfigurationError as error:
        raise AssertionError(f"check_source: {str(error).removeprefix('from_source: ')}") from error
    return ReadSource(source, list(held[0]) if held else values)


async def _gives_what_it_holds(source: ReadSource) -> None:
    await source.open()
    found = await source.all()
    values = [event.value for event in found]
    if not found:
        raise source.rule.broken("read must give records to check it by", "got none", "Let factory put some there.")
    if source.values is not None and not _same(values, source.values, in_order=len(_split(found)) <= 1):
        raise source.rule.broken(
            f"read must give {source.values!r}, once each and in order", f"got {values!r}", "Mend read."
        )
    source.values = values
    if source.ended:
        again = await source.read_behind_the_end()
        if again is not None:
            raise source.rule.broken(
                "read must go on to give None after the end", f"got {again!r}", "Remember that it has ended."
            )
    await source.close()


async def _may_be_closed_at_any_time(source: ReadSource) -> None:
    await source.close("close must do no harm before open, which may have failed")
    await source.open()
    await source.take(1, 1.0)
    await source.close()
    await source.close("close must do no harm where it is closed already")


async def _repeats_what_is_not_committed(source: ReadSource) -> None:
    await source.open()
    first = await source.all()
    await source.close()
    if _split(first):
        await _opened_again(source, {}, [_split(first)], "read must give all again after a restart without a commit")


async def _goes_on_behind_what_is_committed(source: ReadSource) -> None:
    await source.open()
    found = _split(await source.all())
    positions = {at: records[len(records) // 2][0] for at, records in found.items()}
    if not positions:
        await source.close()
        return
    await source.commit(positions)
    await source.commit(positions, "commit must take the same positions again")
    await source.close()
    rest = {at: records[len(records) // 2 :] for at, records in found.items()}
    must = f"read must go on at what is committed, {positions!r}, after a restart"
    await _opened_again(source, positions, [rest], must)
    # Without being told: one that remembers nothing itself gives all.
    await _opened_again(source, {}, [rest, found], f"{must}, or begin anew where open is not told of it")


async def _has_nothing_more_where_all_is_committed(source: ReadSource) -> None:
    await source.open()
    found = _split(await source.all())
    positions = {at: records[-1][0] + 1 for at, records in found.items()}
    if not positions:
        await source.close()
        return
    await source.commit(positions)
    await source.close()
    must = f"read must give nothing after a restart where all is committed, {positions!r}"
    await _opened_again(source, positions, [{}], must)


async def _reads_on_behind_a_commit(source: ReadSource) -> None:
    await source.open()
    found = await source.take(1, 10.0)
    positions = {at: records[-1][0] + 1 for at, records in _split(found).items()}
    if positions:
        await source.commit(positions)
    _check_whole(source, found + await source.all(but=len(found)), "read must go on where it was after a commit")
    await source.close()


async def _loses_nothing_when_cancelled(source: ReadSource) -> None:
    await source.open()
    found: list[Event[Any]] = []
    for turns in _TURNS:
        found += await source.read_cancelled(turns)
    _check_whole(source, found + await source.all(but=len(found)), "read must lose nothing where it is cancelled")
    await source.close()


_RULES: Final = (
    _gives_what_it_holds,
    _may_be_closed_at_any_time,
    _repeats_what_is_not_committed,
    _goes_on_behind_what_is_committed,
    _has_nothing_more_where_all_is_committed,
    _reads_on_behind_a_commit,
    _loses_nothing_when_cancelled,
)

#: Of each partition its offsets and values.
_Split = dict[Partition, list[tuple[int, Any]]]


def _split(events: Iterable[Event[Any]]) -> _Split:
    found: _Split = {}
    for event in events:
        if event.origin is not None:
            found.setdefault((event.origin.source, event.origin.partition), []).append(
                (event.origin.offset, event.value)
            )
    return found


async def _opened_again(source: ReadSource, positions: Mapping[Partition, int], right: list[_Split], must: str) -> None:
    """Open it again and look at what comes, partition by partition: at the values, as offsets may begin anew."""
    expected = min(sum(map(len, split.values())) for split in right)
    held, source.values = source.values, [None] * expected
    await source.open(positions)
    found = _values(_split(await source.all()))
    await source.close()
    source.values = held
    if not any(found == _values(split) for split in right):
        raise source.rule.broken(must, f"got {found!r} for {_values(right[0])!r}", "Mend open or commit.")


def _values(split: _Split) -> dict[Partition, list[Any]]:
    return {at: [value for _, value in records] for at, records in split.items()}


def _check_whole(source: ReadSource, found: list[Event[Any]], must: str) -> None:
    values = [event.value for event in found]
    if not _same(values, source.values or [], in_order=len(_split(found)) <= 1):
        raise source.rule.broken(must, f"got {values!r} for {source.values!r}", "Take nothing away before it is given.")


def _same(found: list[Any], expected: Iterable[Any], *, in_order: bool) -> bool:
    """Whether these are the same values; between partitions there is no order."""
    left = list(expected)
    if in_order:
        return found == left
    for value in found:
        if value not in left:
            return False
        left.remove(value)
    return not left
