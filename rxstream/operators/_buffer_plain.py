"""Gathering items into lists where nothing is to be settled and their records say all there is to know of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rxstream.core import UNSET, Batch, Downstream, Event, Feed, Inline, Partitions, Reactions, make_event
from rxstream.operators._parts import agreed

#: The items of a list and their records.
_List = tuple[list[Any], list[Any]]

_GATHER: Final = """
items.append(value)
records.append(slot.event)
if len(items) >= most:
    items, records = hand_on_full()
"""


def gather_plain(down: Downstream[list[Any]], feed: Feed, most: int) -> Reactions:
    """Gather what comes in lists of ``most``; a passport is only made if somebody asks for it.

    Args:
        down: Where the lists go.
        feed: The source. It need not hear what becomes of its records, and no operator between changes passports.
        most: How many items make a list.
    """
    slot = down.context.slot
    items: list[Any] = []
    records: list[Any] = []
    lists = _Lists(None, feed.lift)

    def on_next(value: Any) -> None:
        items.append(value)
        records.append(slot.event)
        if len(items) >= most:
            hand_on_full()

    def hand_on_full() -> _List:
        """Hand the list on; returns the next one's, which the generated code goes on with."""
        nonlocal items, records
        full = items, records
        items, records = [], []
        emit(full)
        return items, records

    def hand_on_rest() -> None:
        if items and not down.stop.now:
            rest = items.copy(), records.copy()
            # In place: the generated code has these two.
            items.clear()
            records.clear()
            emit(rest)

    def emit(full: _List) -> None:
        nonlocal lists
        event, batch = slot.event, slot.batch
        if batch is not lists.batch:
            lists = _Lists(batch, feed.lift)
        slot.event, slot.batch = full, lists
        slot.key = slot.time = slot.headers = UNSET
        try:
            down.emit(full[0])
        finally:
            slot.event, slot.batch = event, batch

    def on_completed() -> None:
        hand_on_rest()
        down.complete()

    down.flush_when_stopped(hand_on_rest)
    state = {"items": lambda: items, "records": lambda: records}
    code = Inline(_GATHER, {"most": most, "hand_on_full": hand_on_full}, state)
    return Reactions(on_next, on_completed=on_completed, inline=code)


class _Lists:
    """A batch whose records are lists: who works on a list, works on its items' records.

    Args:
        batch: Of the lists' last records.
        lift: Makes the Event of an item's record.
    """

    __slots__ = ("_lift_item", "batch")

    tracks = False
    partitions: Partitions | None = None

    def __init__(self, batch: Batch | None, lift: Callable[[Any], Event[Any]]) -> None:
        self.batch = batch
        self._lift_item = lift

    def lift(self, record: _List) -> Event[list[Any]]:
        """Make the Event of a list."""
        items, records = record
        events = [self._lift_item(one) for one in records]
        return make_event(items, agreed([event.key for event in events]), events[-1].timestamp_ns, (), None)

    def pin(self, record: _List, waiting: bool) -> None:
        """Let the items' records count as waiting for work."""
        if self.batch is not None:
            for one in record[1]:
                self.batch.pin(one, waiting)

    def unpin(self, record: _List, waiting: bool) -> None:
        """Take one pin on each back."""
        if self.batch is not None:
            for one in record[1]:
                self.batch.unpin(one, waiting)

    def hold_all(self) -> None:
        """Let all of the batch count as waiting for work."""
        if self.batch is not None:
            self.batch.hold_all()

    def release_all(self) -> None:
        """Take one hold on it back."""
        if self.batch is not None:
            self.batch.release_all()
