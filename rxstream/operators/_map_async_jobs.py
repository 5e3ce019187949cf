"""Items kept for a call: each under a hold of its own where something is to be settled, else by the batch."""

from __future__ import annotations

from typing import Any, Final

from rxstream.core import NEVER, UNSET, Hold, Slot, Stop
from rxstream.delivery import WaitingHolds

#: One item that waits for its call, is at work, or is done: its value; what the slot says of it, six things in the
#: order of `Slot.save`; what keeps it; for what key it waits; what holds the watermark back for it; what came of the
#: call. One list of all: an object with attributes takes four times as long to make, and two containers twice as long
#: to be looked at by the garbage collector.
Job = list[Any]
KEPT, WAITS_FOR, MADE = 7, 8, 10
NOT_DONE: Final[Any] = object()


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

    __slots__ = ("_few", "_pins", "_whole", "batch", "open")

    def __init__(self, batch: Any, few: int) -> None:
        self.batch = batch
        #: How many are kept. While there are more than few before and after, to change it is all that is to be done.
        self.open = 0
        self._few = few
        self._pins: list[Any] = []
        self._whole = False

    def add(self, record: Any) -> None:
        """Keep one more."""
        self.open += 1
        if self.open <= self._few:
            self._pins.append(record)
            self.batch.pin(record, True)
        elif not self._whole:
            self._whole = True
            self.batch.hold_all()

    def release(self) -> None:
        """Let one go."""
        self.open -= 1
        if self.open > self._few:
            return
        if self._whole:
            self._whole = False
            self.batch.release_all()
        if self.open < len(self._pins):
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
        self.open = NEVER


class Keeping:
    """Keeps the items that come, until they are let go or no more is wanted.

    Args:
        slot: Names them.
        stop: Says when no more is wanted.
        few: How many of a batch are pinned singly.
    """

    def __init__(self, slot: Slot, stop: Stop, few: int) -> None:
        self._slot = slot
        self._holds = WaitingHolds(slot, stop, "map_async")
        self.few = few
        #: Of the batch whose items come now.
        self.block = Block(UNSET, few)
        self._blocks: list[Block] = []
        stop.listen(self._release_blocks)

    def keep(self) -> Hold | Block:
        """Keep the item that the slot names."""
        slot = self._slot
        batch = slot.batch
        if batch is None or batch.tracks or slot.hold is not None:
            return self._holds.keep()
        if batch is not self.block.batch:
            self.block = Block(batch, self.few)
            self._blocks = [*(found for found in self._blocks if found.open > 0), self.block]
        self.block.add(slot.event)
        return self.block

    def let_go(self, kept: Hold | Block) -> None:
        """Let an item go: it is handled."""
        if isinstance(kept, Block):
            kept.release()
        else:
            self._holds.release(kept)

    def _release_blocks(self) -> None:
        for block in self._blocks:
            block.release_all()
