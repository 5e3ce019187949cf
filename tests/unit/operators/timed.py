"""What the tests of the operators of time share: histories of seconds, and when what came of them was handed on."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.delivery.belt import Belt

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Seconds, sorted, some of them equal.
SECONDS = st.lists(st.integers(0, 4), max_size=20).map(lambda gaps: list(accumulate(gaps)))
#: When the stream ends, counted from its last item.
REST = st.integers(0, 9)
SPAN = st.integers(1, 7)


def at(second: float) -> datetime:
    return EPOCH + timedelta(seconds=second)


def history(seconds: Sequence[int], *, end: int | None = None) -> rs.Stream[int]:
    """Items that are numbered; they end with the last one, or at a second of their own."""
    items = rs.from_history([(second, number) for number, second in enumerate(seconds)], unit="s")
    if end is None:
        return items
    return items.pipe(ops.merge(rs.timer(at(end)).pipe(ops.filter(lambda _: False))))


def timed(stream: rs.Stream[Any], **options: Any) -> list[tuple[float, Any]]:
    """Return each item with the second in which it was handed on, in a run from second 0."""
    noted = stream.pipe(ops.map(lambda value: ((rs.now() - EPOCH).total_seconds(), value)))
    return rs.collect(noted, start=EPOCH, **options)


def committed_after(belt: Belt, *steps: Any, sink: Any = None, **options: Any) -> int:
    """Run a belt to its end, or to an error; return what it has committed then."""
    with suppress(ValueError):
        rs.run(belt.stream.pipe(*steps).to(sink or rs.to_list()), shutdown=0.05, **options)
    return belt.committed


def failing_at(bad: object) -> Any:
    def check(value: object) -> None:
        if value == bad or (isinstance(value, list) and bad in value):
            raise ValueError(value)

    return ops.observe(check)


class Broken(Belt):
    """A belt that breaks when all of it has been read."""

    async def read(self) -> Any:
        """Hand over the next batch, and then an error."""
        found = await super().read()
        if found is None:
            raise ValueError("broken")
        return found
