"""One source being read: its batches, the records of the present one, and its end."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, repeat
from operator import length_hint
from typing import Any, Final, Protocol

from rxstream.core._batch_size import BatchSize
from rxstream.core._context import FAILURES, Pause
from rxstream.core._feed import AtWork, Closing, Poll, Row, ticks_of
from rxstream.core._instants import NEVER
from rxstream.core._intake import Intake
from rxstream.core._passport import Batch, Slot
from rxstream.core._receiver import ENDLESS

#: What a source that has to be waited for says while nothing has come.
PENDING: Final[Any] = object()
#: Whose iterators know how much of them is left.
_COUNTED: Final = frozenset({list, tuple, range})
#: Ticks made at a time, at most.
_TICKS: Final = 512


#: How much of a source has been read, and how much there is.
Extent = tuple[int, int]

#: An instant, what takes the record (its function, its batch and its reader), and the record.
Taken = tuple[int, "tuple[Any, Any, Reader]", Any]


class OpenBatch(Batch, Protocol):
    """A batch whose pass can be over, or break."""

    def close(self) -> None:
        """The pass is over."""

    def close_at(self, record: Any) -> None:
        """The pass broke at ``record``."""

    def close_behind(self, record: Any) -> None:
        """Nothing behind ``record`` was wanted."""


class Reader:
    """One source being read: the records of its current batch that are still to come, and its end.

    Args:
        intake: The source as it is connected.
        following: Gives the next batch, `PENDING`, how it closes, or None: it closes behind the last record.
        opened: Makes the batch of records that are handed over together.
        close: Lets the source finish its `with` blocks and `finally` clauses.
        row: Of a timer's ticks.
        note_pass: Hears how many seconds the pass of a batch took.
        extent: Says how much of the source has been read, and of how much, in records or bytes; None: nobody knows.
    """

    __slots__ = (
        "_following",
        "_note_pass",
        "_opened",
        "_place",
        "_records",
        "_rest",
        "_times",
        "at",
        "batch",
        "close",
        "closing",
        "extent",
        "intake",
        "one",
        "order",
        "received",
        "row",
        "time_of",
        "waits",
    )

    def __init__(
        self,
        intake: Intake,
        following: Callable[[], Any],
        opened: Callable[[Poll], OpenBatch],
        close: Callable[[], None],
        row: Row | None = None,
        note_pass: Callable[[float], None] | None = None,
        extent: Callable[[], Extent | None] | None = None,
    ) -> None:
        self.intake = intake
        self.one: Any = intake.one
        self.close = close
        self.row = row
        self.extent = extent
        self.time_of = intake.feed.time_of
        self.order = 0
        #: When the next thing comes of it; `-NEVER`: at once, `NEVER`: nothing does any more.
        self.at = -NEVER
        self.closing: Closing | None = None
        self.waits = False
        self.received = 0
        self.batch: OpenBatch | None = None
        self._following = following
        self._opened = opened
        self._note_pass = note_pass
        self._records: Sequence[Any] = ()
        self._place = 0
        self._rest: Iterator[Any] | None = None
        self._times: list[int] | None = None

    @property
    def is_open(self) -> bool:
        """Whether something more may come."""
        return self.closing is None

    def look(self) -> None:
        """Find out when the next record comes, reading the next batch where this one is done."""
        if self.intake.receiver.stop.now:
            self.closing, self.waits = Closing(None), False
        elif self._rest is not None:
            return
        while self._place >= len(self._records) and self.closing is None:
            following = self._following()
            self.waits = following is PENDING
            if self.waits:
                return
            self._begin(following)
        if self.closing is not None:
            self.at = NEVER if self.closing.at is None else self.closing.at
        elif self.time_of is not None:
            self.at = self._instant(self._records[self._place])

    def push(self, slot: Slot, limit: int, *, inclusive: bool) -> None:
        """Let records pass whose instants, as far as seen, lie before ``limit`` (``inclusive``: or at it).

        At least one does, unless the pass pauses before it.
        """
        batch, end = self.batch, -1
        assert batch is not None  # noqa: S101 - there is a record
        taken = self._rest
        if taken is None:
            end = self._end(limit, inclusive=inclusive)
            whole = end < 0 and not self._place
            taken = iter(self._records if whole else self._records[self._place : None if end < 0 else end])
        self._rest = None
        slot.batch = batch
        began = time.monotonic()
        try:
            self.intake.run(taken)
        except Pause as pause:
            self._put_back(slot.event, taken, end, pause.at)
            return
        except BaseException:
            self._go_to(self._place_of(taken, end))
            batch.close_at(slot.event)
            raise
        if self._note_pass is not None:
            self._note_pass(time.monotonic() - began)
        self._go_to(self._place_of(taken, end))
        if self.intake.receiver.stop.now:
            batch.close_behind(slot.event)
        elif self._place >= len(self._records):
            batch.close()

    def break_off(self) -> None:
        """Read no more: what has not passed stays unsettled."""
        if self.batch is not None and self._place < len(self._records):
            self.batch.close_at(self._records[self._place])
        self.close()

    @property
    def first_instant(self) -> int | None:
        """The first readable instant of the batch at hand."""
        instants = (self._instant(record) for record in self._records) if self.time_of is not None else ()
        return next((instant for instant in instants if instant > -NEVER), None)

    def _begin(self, following: Poll | Closing | None) -> None:
        if following is None:
            self.closing = Closing(-NEVER)
        elif isinstance(following, Closing):
            self.closing = following
        else:
            self._records, self._place = following.records, 0
            if following.records:
                self.batch = self._opened(following)
                self._times = self._instants()

    def last(self, most: int) -> int | None:
        """The instant up to which so many records at hand last, if all are known and sorted; see `taken_until`."""
        if not self._times or self._rest is not None or self.closing is not None:
            return None
        return self._times[min(self._place + most, len(self._times)) - 1]

    def taken_until(self, bound: int) -> list[Taken]:
        """Take the records up to an instant, with their instants, and with what takes them."""
        times, place = self._times, self._place
        assert times is not None  # noqa: S101 - they are known
        end = bisect_right(times, bound, place)
        self._go_to(end)
        return list(zip(times[place:end], repeat((self.one, self.batch, self)), self._records[place:end]))

    def give_back(self, count: int) -> None:
        """Note that the last so many of what was taken have not passed."""
        self._go_to(self._place - count)

    def finish_batch(self, seconds: float) -> None:
        """Note that what was taken has passed, and in what time."""
        if self._note_pass is not None:
            self._note_pass(seconds)
        if self.batch is not None and self._place >= len(self._records):
            self.batch.close()

    def _instants(self) -> list[int] | None:
        times_of = self.intake.feed.times_of
        if times_of is None or self.intake.one is None or self.intake.receiver.stop is not ENDLESS:
            return None
        try:
            times = times_of(self._records)
        except FAILURES:
            # Some record has none: each is looked at when its turn comes.
            return None
        # Sorting what is sorted is the quickest way to find out.
        return times if times == sorted(times) else None

    def _end(self, limit: int, *, inclusive: bool) -> int:
        """The place behind the last record that may pass; -1: behind the whole batch, however long it gets."""
        if limit >= NEVER or self.time_of is None:
            return -1
        records, place = self._records, self._place + 1
        while place < len(records):
            time = self._instant(records[place])
            if time > limit or (time == limit and not inclusive):
                break
            place += 1
        return place

    def _place_of(self, taken: Iterator[Any], end: int) -> int:
        """The place behind what was taken and has passed; it may not have been all."""
        # A lazy batch grows while it is consumed: only now its length is its end.
        end = len(self._records) if end < 0 else end
        return end - length_hint(taken) if type(self._records) in _COUNTED else end

    def _put_back(self, record: Any, taken: Iterator[Any], end: int, at: int) -> None:
        self.at = at
        if type(self._records) in _COUNTED:
            self._go_to(self._place_of(taken, end) - 1)
        else:
            # A lazy batch cannot be asked twice.
            self._rest = chain((record,), taken)

    def _go_to(self, place: int) -> None:
        self.received += place - self._place
        self._place = place

    def _instant(self, record: Any) -> int:
        assert self.time_of is not None  # noqa: S101 - only dated sources are merged by time
        try:
            return self.time_of(record)
        except FAILURES:
            # A record without an instant waits for nobody; its own pass hands it to the error handler.
            return -NEVER


def reader_of(intake: Intake, opened: Callable[[Poll], OpenBatch], start: int, handled: AtWork) -> Reader:
    """Start reading a source that needs no waiting: its batches, or the ticks of a timer from ``start`` on."""
    if intake.feed.ticks is not None:
        row, size = Row(handled), BatchSize(_TICKS)
        return Reader(intake, _ticking(intake.feed.ticks(start), row, size), opened, _nothing, row, size.note_pass)
    assert intake.feed.batches is not None  # noqa: S101 - it is read at once
    batches = intake.feed.batches()

    def following() -> Poll | Closing | None:
        found = next(batches, None)
        return found if found is None or isinstance(found, Closing) else Poll(found)

    def close() -> None:
        # While it is asked for more it cannot be closed; it will be, with the run.
        if not getattr(batches, "gi_running", False):
            getattr(batches, "close", _nothing)()

    note_pass, extent = getattr(batches, "note_pass", None), getattr(batches, "extent", None)
    return Reader(intake, following, opened, close, None, note_pass, extent)


def _ticking(dues: Iterator[int], row: Row, size: BatchSize) -> Callable[[], Poll | None]:
    def following() -> Poll | None:
        ticks = ticks_of(islice(dues, size.now), row)
        return Poll(ticks) if ticks else None

    return following


def _nothing() -> None:
    pass
