"""Items kept for a call: each under a hold of its own where something is to be settled, else by the batch."""

from __future__ import annotations

from typing import Any, Final

from rxstream.core import NEVER, UNSET, Batch, Event, Hold, Mark, Slot, Stop, passport
from rxstream.delivery import WaitingHolds

NOT_DONE: Final[Any] = object()
_NOTHING_SAID: Final = (UNSET, UNSET, UNSET)


class Failure:
    """What a call has come to that has failed."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Block:
    """Items of one batch that nobody has to settle; they only count against what may be in flight.

    To pin each would cost more than all the rest of its way. A few are pinned singly, so that a timer sees that
    somebody is at work; while there are more, the batch is held as a whole. Few are more than there are calls at
    once: as long as the batch weighs as much as all of it, nobody stands idle.

    Args:
        batch: Theirs.
        few: How many are pinned singly.
    """

    __slots__ = ("_few", "_open", "_pins", "_whole", "batch")

    def __init__(self, batch: Any, few: int) -> None:
        self.batch = batch
        self._few = few
        self._open = 0
        self._pins: list[Any] = []
        self._whole = False

    def add(self, record: Any) -> None:
        """Keep one more."""
        count = self._open = self._open + 1
        if count <= self._few:
            self._pins.append(record)
            self.batch.pin(record, True)
        elif not self._whole:
            self._whole = True
            self.batch.hold_all()

    def release(self) -> None:
        """Let one go."""
        count = self._open = self._open - 1
        if count > len(self._pins):
            return
        if self._whole:
            self._whole = False
            self.batch.release_all()
        if count < len(self._pins):
            # Which one does not matter: they only count.
            self.batch.unpin(self._pins.pop(), True)

    def release_all(self) -> None:
        """Let all go: no more is wanted."""
        if self._whole:
            self.batch.release_all()
        for record in self._pins:
            self.batch.unpin(record, True)
        self._whole, self._pins = False, []
        # Who is just being handed on is let go once more.
        self._open = NEVER

    @property
    def is_open(self) -> bool:
        """Whether some are still kept."""
        return self._open > 0


class Job:
    """One item that waits for its call, is at work, or is done.

    Args:
        value: The item.
        event: Its record.
        kept: What keeps it.
        said: What operators have said of its key, time and headers; None: nothing.
    """

    __slots__ = ("event", "kept", "key", "made", "mark", "said", "value")

    # Set where they count, and by whom they count for: each one costs as much as a test.
    #: What came of the call.
    made: Any
    #: Its key.
    key: Any
    #: What holds the watermark back for it.
    mark: Mark

    def __init__(self, value: Any, event: Any, kept: Hold | Block, said: tuple[Any, Any, Any] | None) -> None:
        self.value = value
        self.event = event
        self.kept = kept
        self.said = said

    def name_in(self, slot: Slot) -> None:
        """Make ``slot`` name the item."""
        kept = self.kept
        slot.event, slot.batch = self.event, kept.batch
        slot.hold = kept if type(kept) is Hold else None
        slot.key, slot.time, slot.headers = self.said or _NOTHING_SAID

    @property
    def passport(self) -> Event[Any]:
        """What the call sees as the current event."""
        batch = self.kept.batch
        source: Event[Any] = self.event if batch is None else batch.lift(self.event)
        if self.said is None:
            # What its source made of it: the usual case.
            return source
        slot = Slot()
        self.name_in(slot)
        return passport(slot, source.value)


class Keeping:
    """Keeps the items that come, until they are let go or no more is wanted.

    Args:
        slot: Names them.
        stop: Says when no more is wanted.
        few: How many of a batch are pinned singly.
    """

    def __init__(self, slot: Slot, stop: Stop, few: int) -> None:
        self._slot = slot
        self._few = few
        self._holds = WaitingHolds(slot, stop, "map_async")
        self._block = Block(None, few)
        self._blocks: list[Block] = []
        stop.listen(self._release_blocks)

    def keep(self, value: Any) -> Job:
        """Keep the item that the slot names."""
        slot, block = self._slot, self._block
        batch = slot.batch
        if slot.key is UNSET and slot.time is UNSET and slot.headers is UNSET:
            said = None
        else:
            said = (slot.key, slot.time, slot.headers)
        if batch is None or batch.tracks or slot.hold is not None:
            return Job(value, slot.event, self._holds.keep(), said)
        if batch is not block.batch:
            block = self._begin(batch)
        block.add(slot.event)
        return Job(value, slot.event, block, said)

    def let_go(self, kept: Hold | Block) -> None:
        """Let an item go: it is handled."""
        if isinstance(kept, Block):
            kept.release()
        else:
            self._holds.release(kept)

    def _begin(self, batch: Batch) -> Block:
        block = self._block = Block(batch, self._few)
        self._blocks = [*(found for found in self._blocks if found.is_open), block]
        return block

    def _release_blocks(self) -> None:
        for block in self._blocks:
            block.release_all()
