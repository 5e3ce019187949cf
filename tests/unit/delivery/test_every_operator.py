"""What every operator, and any chain of them, owes the source: all is settled in the end, and nothing too early."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.delivery.belt import Belt


async def slowly(value: Any) -> Any:
    await rs.sleep(1)
    return value


def other() -> rs.Stream[Any]:
    return rs.from_iterable(["other"] * 5)


def of_both(value: Any) -> tuple[Any, ...]:
    return (value, "again")


async def of_both_later(value: Any) -> tuple[Any, ...]:
    return of_both(await slowly(value))


def joined(result: Any, value: Any) -> Any:
    return (result, value)


def latest(_result: Any, value: Any) -> Any:
    # What earlier values have left in a result, was handled with them.
    return (value, "result")


#: Made so that what comes of a value, still holds it.
OPERATORS: dict[str, Callable[[], Any]] = {
    "buffer": lambda: ops.buffer(3),
    "buffer by time": lambda: ops.buffer(timeout=2.5),
    "catch_each": lambda: ops.catch_each(rs.handlers.skip()),
    "combine_latest": lambda: ops.combine_latest(other()),
    "concat": lambda: ops.concat(other()),
    "debounce": lambda: ops.debounce(1.5),
    "delay": lambda: ops.delay(2),
    "distinct": lambda: ops.distinct(repr, max_keys=2),
    "distinct_until_changed": ops.distinct_until_changed,
    "enrich": lambda: ops.enrich({3: "three"}, key=lambda value: len(repr(value))),
    "enrich, async": lambda: ops.enrich(slowly, key=repr),
    "event_time": lambda: ops.event_time(lambda _: 7, unit="s"),
    "events": lambda: lambda stream: stream.pipe(ops.events(), ops.values()),
    "filter": lambda: ops.filter(lambda value: len(repr(value)) % 3),
    "flat_map": lambda: ops.flat_map(lambda value: [value, value]),
    "flat_map of streams": lambda: ops.flat_map(lambda value: rs.from_iterable([value, value])),
    "flat_map of coroutines": lambda: ops.flat_map(of_both_later, concurrency=2),
    "group_by": lambda: (
        lambda stream: stream.pipe(
            ops.group_by(lambda value: len(repr(value)), max_keys=2),
            ops.flat_map(lambda group: group.pipe(ops.scan(latest, ()))),
        )
    ),
    "in_order": ops.in_order,
    "join": lambda: ops.join(other(), within=3, key=lambda _: 0),
    "join, outer": lambda: ops.join(other(), within=3, key=repr, how="outer"),
    "join_asof": lambda: ops.join_asof(other(), key=lambda _: 0, how="left"),
    "key_by": lambda: ops.key_by(repr),
    "map": lambda: ops.map(of_both),
    "map_async in order": lambda: ops.map_async(slowly, concurrency=3),
    "map_async as done": lambda: ops.map_async(slowly, concurrency=3, order="done"),
    "map_async by key": lambda: ops.map_async(slowly, concurrency=3, order="key"),
    "merge": lambda: ops.merge(other()),
    "observe": lambda: ops.observe(repr),
    "pairwise": ops.pairwise,
    "process": lambda: ops.process(lambda value: value if len(repr(value)) % 3 else None),
    "process, async": lambda: ops.process(slowly),
    "rate_limit": lambda: ops.rate_limit(2),
    "reduce": lambda: ops.reduce(joined, ()),
    "sample": lambda: ops.sample(1.5),
    "scan": lambda: ops.scan(latest, ()),
    "scan_by_key": lambda: ops.scan_by_key(latest, (), key=lambda value: len(repr(value))),
    "scan_by_key, bounded": lambda: ops.scan_by_key(latest, (), key=repr, max_keys=2),
    "skip": lambda: ops.skip(2),
    "start_with": lambda: ops.start_with("first"),
    "starmap": lambda: lambda stream: stream.pipe(ops.map(of_both), ops.starmap(joined)),
    "tee": lambda: ops.tee(rs.to_list()),
    "throttle": lambda: ops.throttle(1.5),
    "throttle to the last": lambda: ops.throttle(1.5, emit="last"),
    "timeout": lambda: ops.timeout(3_600),
    "window": lambda: ops.window(rs.tumbling(2)),
    "window, counted": lambda: ops.window(rs.counted(3)),
    "window, hopping": lambda: ops.window(rs.hopping(4, 2)),
    "window, session": lambda: ops.window(rs.session(1)),
    "window, sliding": lambda: ops.window(rs.sliding(2)),
    "window, updated": lambda: ops.window(rs.tumbling(2), emit="update"),
    "with_latest_from": lambda: ops.with_latest_from(other()),
}
#: Those that may want no more before the source's end, so that the rest stays where it is.
LEAVING: dict[str, Callable[[], Any]] = {
    "take": lambda: ops.take(3),
    "take_while": lambda: ops.take_while(lambda value: 3 not in places(value)),
    "zip": lambda: ops.zip(other()),
}


def places(item: Any) -> Iterator[int]:
    """The records' positions that are somewhere in an item."""
    if isinstance(item, int):
        yield item
    elif isinstance(item, rs.Pane):
        yield from places(item.value)
    elif isinstance(item, rs.Joined):
        yield from places((item.left, item.right))
    elif isinstance(item, list | tuple) and not is_dataclass(item):
        for part in item:
            yield from places(part)


class Careful:
    """A sink that looks, before it confirms anything, at what was committed."""

    def __init__(self, belt: Belt) -> None:
        self._belt = belt
        self.too_early: list[Any] = []

    async def open(self) -> None:
        pass

    async def write(self, batch: Any) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        self.too_early += [item for item in batch if min(places(item), default=1_000) < self._belt.committed]

    async def close(self) -> None:
        pass


def settled_by(steps: list[Any], count: int, size: int, room: int = 4_000) -> tuple[list[Any], int]:
    """What was written that had been committed already, and how far was committed in the end."""
    belt = Belt(range(count), size=size, max_in_flight=room)
    sink = Careful(belt)
    rs.run(belt.stream.pipe(*steps).to(sink, on_error=rs.handlers.skip()))
    return sink.too_early, belt.committed


@pytest.mark.parametrize("spread", [False, True], ids=["at once", "spread"])
@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_every_record_is_settled_and_none_too_early(name: str, spread: bool) -> None:
    steps = [ops.process(slowly)] if spread else []
    too_early, committed = settled_by([*steps, OPERATORS[name]()], 12, 5)

    assert (too_early, committed) == ([], 12)


@pytest.mark.parametrize("name", sorted(LEAVING))
def test_what_nobody_wanted_any_more_is_not_settled(name: str) -> None:
    too_early, committed = settled_by([LEAVING[name]()], 12, 5)

    assert too_early == []
    assert 0 < committed < 12


@given(
    st.lists(st.sampled_from(sorted(OPERATORS)), min_size=1, max_size=4),
    st.integers(1, 15),
    st.integers(1, 7),
    st.sampled_from([1, 2, 4, 4_000]),
)
def test_any_chain_settles_every_record_and_none_too_early(names: list[str], count: int, size: int, room: int) -> None:
    too_early, committed = settled_by([OPERATORS[name]() for name in names], count, size, room)

    assert (too_early, committed) == ([], count)


def test_every_operator_that_is_rxstreams_own_is_here() -> None:
    own = {
        name for name in ops.__all__ if getattr(getattr(ops, name), "__module__", "").startswith("rxstream.operators")
    }
    here = {name.split(",")[0].split()[0] for name in [*OPERATORS, *LEAVING]}

    assert own - here == {"values", "untracked"}
