"""A source as the core sees it: how to get batches of raw records, and how to read one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from rxstream.core._event import Event

#: (source, partition)
Partition = tuple[str, int | None]


class Span(NamedTuple):
    """The stretch of one partition that a poll covers: ``[first, end)``, and how many records lie in it.

    There may be fewer than positions; where the number is not given, it is counted when it is wanted.
    """

    partition: Partition
    first: int
    end: int
    records: int | None = None


class Roster(NamedTuple):
    """The partitions of which a source may still bring something, and those of which it has something unread.

    Of an unread one everybody waits to see how early its records are; of any other only who has seen some already.
    """

    ours: frozenset[Partition]
    unread: frozenset[Partition]
    #: Whether records come in the order of the source's own instants, whatever partition they are of.
    is_merged: bool = False


class Poll(NamedTuple):
    """Raw records handed over together, with the stretches of the partitions they come from."""

    records: Sequence[Any]
    spans: tuple[Span, ...] = ()
    #: Partitions that another reader has now; what was read of them before is not ours to commit.
    gone: tuple[Partition, ...] = ()
    #: What is so when the records begin to pass, its own being unread, and behind them; None: as it was.
    before: Roster | None = None
    behind: Roster | None = None


class Closing(NamedTuple):
    """The last thing a dated source hands over, in place of a batch: how it ends, and when.

    Args:
        at: The instant, in nanoseconds; None: it never ends, it only has nothing more.
        error: What it ends with, if with an error.
    """

    at: int | None
    error: Exception | None = None


#: Of a partition, the ranges ``(first, end)`` that are settled above the position to commit, in order; they are looked
#: for while one iterates.
Above = Callable[[Partition], Iterator[tuple[int, int]]]


class Connection(Protocol):
    """An open source. All calls come from the run's loop, never two at once."""

    async def read(self) -> Poll | None:
        """Wait for the next records; none for a while is an empty poll, and None is the end."""

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int] | None:
        """Remember, per partition, the position from which to go on after a restart, and what need not come again.

        Called with the partitions in which something was settled since the last time. Returns what was remembered,
        which leaves out what another reader has now; None: nothing can be, just now.
        """

    async def close(self) -> None:
        """Let go of everything; called once, also after a failure."""


def _no_bindings() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """How one source is read.

    ``value``, ``key``, ``time`` and ``headers`` are Python expressions over ``record`` (a raw record), the names in
    ``bindings`` and, but for ``value`` itself, ``value``; they become part of the generated function, so that a record
    costs no call.

    Args:
        name: The source's name, for messages.
        lift: Makes the Event of a raw record.
        value: Reads a record's value.
        key: Reads its key; None: ``lift`` knows.
        time: Reads its instant in nanoseconds; None: it has none, or ``lift`` knows.
        undated: Whether there may be records whose instant ``time`` reads as None: they raise no watermark.
        headers: Reads its headers; None: ``lift`` knows.
        bindings: What the expressions refer to.
        batches: Makes the iterator of batches, for a source that is read without waiting; the last one may be a
            `Closing`.
        sized: Whether batches are sequences whose iterators know how much is left.
        certain: Whether values are read without a call and cannot fail, and nothing else is done with a record: then
            whoever stands right below may take the records of a batch at once, and read the values later.
        ticks: For a timer: makes the iterator of its due instants, given the run's start; its records are `Tick`.
        endless: Whether a timer's ticks never end, so that nobody waits for their end.
        past: Whether the connection of a live source reads a past first, up to its end.
        backlog: How many live records are read before the past is done everywhere.
        connect: Opens a source that has to be waited for; ``(commits) -> Connection``.
        locate: The partition and position of a raw record, for a source that commits.
        partition_of: The partition of a raw record, for a source whose partitions have a watermark each.
        time_of: Reads a record's instant, for a source with a past.
        times_of: Reads the instants of a whole batch at once, where batches are lists; None, or an error from it, and
            they are read one by one.
        disorder: How far instants may go back, in nanoseconds; None: not at all.
        max_in_flight: How many records may wait for work before reading pauses.
        commit_interval: Seconds between two commits.
        reading: What it is that is read, for a sink that works together with it.
        manual: Whether a record is settled by an answer (`Event.ack`), and not before.
    """

    name: str
    lift: Callable[[Any], Event[Any]]
    value: str = "record"
    key: str | None = None
    time: str | None = None
    undated: bool = False
    headers: str | None = None
    bindings: Mapping[str, Any] = field(default_factory=_no_bindings)
    batches: Callable[[], Iterator[Sequence[Any] | Closing]] | None = None
    sized: bool = False
    certain: bool = False
    ticks: Callable[[int], Iterator[int]] | None = None
    endless: bool = False
    past: bool = False
    backlog: int = 0
    connect: Callable[[], Any] | None = None
    locate: Callable[[Any], tuple[Partition, int]] | None = None
    partition_of: Callable[[Any], Partition] | None = None
    time_of: Callable[[Any], int] | None = None
    times_of: Callable[[Sequence[Any]], list[int]] | None = None
    disorder: int | None = None
    live: bool = False
    max_in_flight: int = 4_000
    commit_interval: float = 1.0
    reading: Any = None
    manual: bool = False

    @property
    def has_past(self) -> bool:
        """Whether it replays what has happened already."""
        if self.connect is not None:
            return self.past or not self.live
        return self.batches is not None and self.time_of is not None

    @property
    def acknowledges(self) -> bool:
        """Whether the source remembers what was handled, so that nothing may be settled too early."""
        return self.locate is not None


class AtWork(Protocol):
    """Knows how many records functions are at work on."""

    at_work: int


class Idle:
    """Nobody is ever at work: whatever is handled, is handled within the call."""

    at_work = 0


class Row:
    """One timer's ticks in one run.

    Args:
        handled: Knows whether earlier ticks are still being handled: then the next one is skipped.
    """

    __slots__ = ("delivered", "handled")

    def __init__(self, handled: AtWork) -> None:
        self.delivered = 0
        self.handled = handled


#: A tick as a record: its due instant, its row, and how many were delivered before, which is written there when it is
#: delivered, as skipped ones do not count. A list, because there are many of them.
Tick = list[Any]


def ticks_of(dues: Iterable[int], row: Row) -> list[Tick]:
    """Make the records of ticks."""
    return [[due, row, 0] for due in dues]
