"""Zipping collections: what their batches have in common is paired at once, and handed on as one batch of tuples."""

from __future__ import annotations

import re
from builtins import zip as zip_records
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from operator import length_hint
from typing import Any, Final, NamedTuple

from rxstream.core import UNSET, Batch, Downstream, Event, Feed, Partitions, Reactions
from rxstream.operators._inputs import Ending
from rxstream.operators._parts import Joint, Part, tuple_event

_RECORD: Final = re.compile(r"\brecord\b")


class _Run(NamedTuple):
    """Records of one batch that wait for their partners."""

    records: Iterator[Any]
    batch: Batch | None


class ZippedBatches:
    """One subscription of `zip` to sources whose records may be taken a batch at a time; nobody need remember those.

    Args:
        down: Where the tuples go.
        feeds: The sources.
    """

    def __init__(self, down: Downstream[Any], feeds: Sequence[Feed]) -> None:
        self._slot = down.context.slot
        self._statistics = down.context.statistics
        self._waiting: list[deque[_Run]] = [deque() for _ in feeds]
        self._completed: list[deque[_Run]] = []
        self._ending = Ending(down)
        assert down.taking is not None  # noqa: S101 - who is told of sources can take batches
        self._hand_on_all = down.taking(_tuples_feed(feeds))

    def reactions(self) -> list[Reactions]:
        """What becomes of each source's batches, and of its end."""
        return [
            Reactions(
                on_batch=partial(self._on_batch, runs),
                on_completed=partial(self._on_completed, runs),
                on_error=self._ending.fail,
                stop=self._ending.stop,
            )
            for runs in self._waiting
        ]

    def _on_batch(self, runs: deque[_Run], records: Iterator[Any]) -> None:
        batch = self._slot.batch
        runs.append(_Run(records, batch))
        while all(self._waiting) and not self._ending.stop.now:
            self._hand_on()
        if length_hint(records) and not self._ending.stop.now:
            # Whoever handed them over goes on: what waits is kept here.
            runs[-1] = _Run(iter(list(records)), batch)
        self._complete_if_done()

    def _hand_on(self) -> None:
        """Hand on what those that wait longest have in common."""
        first, *others = [runs[0] for runs in self._waiting]
        most = min([length_hint(run.records) for run in (first, *others)])
        # The first one ends it, before anything is taken of the others that would be lost.
        tuples = zip_records(islice(first.records, most), *[run.records for run in others], strict=False)
        saved = self._slot.save()
        self._slot.batch = _Tuples([run.batch for run in (first, *others)])
        try:
            self._hand_on_all(tuples)
        finally:
            self._slot.restore(saved)
        for runs in self._waiting:
            if not length_hint(runs[0].records):
                runs.popleft()

    def _on_completed(self, runs: deque[_Run]) -> None:
        self._completed.append(runs)
        self._complete_if_done()

    def _complete_if_done(self) -> None:
        """Complete where one input can bring no further tuple."""
        if not all(self._completed) and not self._ending.stop.now:
            waiting = [length_hint(run.records) for runs in self._waiting for run in runs]
            self._statistics.dropped += sum(waiting)
            self._ending.complete()


def _tuples_feed(feeds: Sequence[Feed]) -> Feed:
    """How tuples of records are read."""
    values = [_RECORD.sub(f"record[{place}]", feed.value) for place, feed in enumerate(feeds)]
    are_values = all(feed.value == "record" for feed in feeds)
    bindings = {name: bound for feed in feeds for name, bound in feed.bindings.items()}
    value = "record" if are_values else f"({', '.join(values)},)"
    return Feed(name="zip", lift=_no_event, value=value, bindings=bindings)


def _no_event(_record: Any) -> Event[Any]:
    raise AssertionError("the batch of tuples makes their Events")


class _Tuples:
    """A batch whose records are tuples of records, one of each of other batches; nobody need remember those.

    Args:
        batches: The others.
    """

    __slots__ = ("_joint",)

    tracks = False
    partitions: Partitions | None = None

    def __init__(self, batches: Sequence[Batch | None]) -> None:
        self._joint = Joint(batches, tuple_event)

    def lift(self, record: Sequence[Any]) -> Event[tuple[Any, ...]]:
        """Make the Event of a tuple."""
        return self._joint.lift(self._parts(record))

    def pin(self, record: Sequence[Any], waiting: bool) -> None:
        """Let all parts count as waiting for work."""
        self._joint.pin(self._parts(record), waiting)

    def unpin(self, record: Sequence[Any], waiting: bool) -> None:
        """Take one pin on each part back."""
        self._joint.unpin(self._parts(record), waiting)

    def hold_all(self) -> None:
        """Let the parts' batches count as waiting for work."""
        self._joint.hold_all()

    def release_all(self) -> None:
        """Take one hold on each of them back."""
        self._joint.release_all()

    def _parts(self, record: Sequence[Any]) -> list[Part]:
        parts = zip_records(record, self._joint.batches, strict=True)
        return [(_value_of(one, batch), one, batch, UNSET, UNSET, None) for one, batch in parts]


def _value_of(record: Any, batch: Batch | None) -> Any:
    return record if batch is None else batch.lift(record).value
