"""Passes of records that nobody has to remember."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rxstream.core._feed import Idle, Poll
from rxstream.core._instants import NEVER
from rxstream.core._intake import Intake
from rxstream.core._loose_batch import LooseBatch
from rxstream.core._passport import Slot
from rxstream.core._reader import OpenBatch, Reader, reader_of
from rxstream.core._replay import Merge
from rxstream.core._scheduler import StreamScheduler

#: Whatever is handled here, is handled within the call.
_NOBODY_AT_WORK: Final = Idle()


def loose_reader(intake: Intake, start: int) -> Reader:
    """Start reading a source whose records nobody has to remember."""

    def opened(_poll: Poll) -> OpenBatch:
        return LooseBatch(intake.feed.lift)

    return reader_of(intake, opened, start, _NOBODY_AT_WORK)


def pass_all(
    intakes: Sequence[Intake],
    slot: Slot,
    scheduler: StreamScheduler | None,
    begun: Callable[[Merge], None] | None = None,
) -> None:
    """Let everything of some sources pass, here and now; each is told of its end, unless it is not wanted any more.

    ``scheduler`` is run along, and to its end. ``begun`` is told what more sources may be added to meanwhile.
    """
    merge = Merge(lambda reader: close_reader(reader, scheduler))
    if begun is not None:
        begun(merge)
    saved = slot.save()
    slot.clear()
    try:
        merge.add(loose_reader(intake, 0 if scheduler is None else scheduler.now_ns) for intake in intakes)
        while True:
            if merge.first is not None:
                merge.push(slot)
            elif scheduler is not None and scheduler.clock.due < NEVER:
                scheduler.run()
            else:
                break
            if scheduler is not None and scheduler.clock.touched:
                scheduler.settle()
    finally:
        slot.restore(saved)
        merge.close()


def close_reader(reader: Reader, scheduler: StreamScheduler | None) -> None:
    """Tell those below that a source has ended, at the instant of its end."""
    closing, receiver = reader.closing, reader.intake.receiver
    assert closing is not None  # noqa: S101 - it has ended
    if closing.at is not None and -NEVER < closing.at < NEVER and scheduler is not None:
        scheduler.run_until(closing.at, inclusive=False)
        if not scheduler.is_live:
            scheduler.clock.now = max(scheduler.clock.now, closing.at)
    if receiver.stop.now:
        return
    if closing.error is not None:
        receiver.on_error(closing.error)
    else:
        receiver.on_completed()
