"""A source as it is connected: how it is read, and what takes its batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rxstream.core._context import Context
from rxstream.core._feed import Feed
from rxstream.core._fusion import fuse_head
from rxstream.core._known_watermarks import Known, KnownWatermarks, Reached
from rxstream.core._partition_watermark import PartitionWatermark
from rxstream.core._receiver import Receiver
from rxstream.core._shape import Head, Segment, is_by_partition
from rxstream.core._stream import Stream


@dataclass(slots=True)
class Intake:
    """One source as it is connected: the function that takes its batches, and where its end goes."""

    feed: Feed
    run: Callable[[Iterator[Any]], None]
    receiver: Receiver
    #: Takes one record and its instant, where sources are merged by time.
    one: Callable[[int | None, Any], None] | None = None


def head_of(
    feed: Feed, virtual: bool, begin: int | None, *, merged: bool, watermarks: KnownWatermarks | None = None
) -> Head:
    """How a source is read.

    Args:
        feed: The source.
        virtual: Whether its records move the clock, if they have a past.
        begin: Where the past begins, in nanoseconds; what is earlier is let go.
        merged: Whether several sources are merged by time.
        watermarks: Where its watermark may be asked for.
    """
    return Head(
        feed,
        drives_clock=virtual and feed.time is not None and (feed.has_past or feed.ticks is not None),
        begin=begin if feed.has_past else None,
        merged=merged and feed.times_of is not None,
        is_asked=watermarks is not None and watermarks.are_asked and feed.time is not None,
        reached=None if feed.time is None and watermarks is None else _reached(feed),
    )


def _reached(feed: Feed) -> PartitionWatermark | Reached:
    disorder = feed.disorder or 0
    return PartitionWatermark(disorder, is_own=True) if is_by_partition(feed) else Reached(disorder)


def intake_of(head: Head, pieces: Sequence[Segment], below: Receiver, context: Context) -> Intake:
    """Fuse a source with the operators below it."""
    run, one, receiver = fuse_head(head, pieces, below, context)
    return Intake(head.feed, run, receiver, one)


def noted(stream: Stream[Any], intake: Intake, reached: Known, watermarks: KnownWatermarks) -> Intake:
    """The same intake; of its source the watermark is known, and whether it has ended."""
    watermarks.note(stream, reached)
    receiver = intake.receiver

    def on_completed() -> None:
        reached.is_out = True
        receiver.on_completed()

    return replace(intake, receiver=replace(receiver, on_completed=on_completed))
