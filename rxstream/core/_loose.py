"""Passes of records that nobody has to remember."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rxstream.core._connect import Intake
from rxstream.core._event import Event
from rxstream.core._passport import Slot
from rxstream.core._replay import replay
from rxstream.core._scheduler import StreamScheduler


class LooseBatch:
    """Records that nobody has to remember."""

    tracks = False

    __slots__ = ("lift",)

    def __init__(self, lift: Callable[[Any], Event[Any]]) -> None:
        self.lift = lift

    def pin(self, record: Any, waiting: bool) -> None:
        """Nothing is to be settled."""

    def unpin(self, record: Any, waiting: bool) -> None:
        """Nothing is to be settled."""

    def hold_all(self) -> None:
        """Nothing is to be settled."""

    def release_all(self) -> None:
        """Nothing is to be settled."""


def pass_all(intakes: Sequence[Intake], slot: Slot, scheduler: StreamScheduler | None) -> None:
    """Let everything of some sources pass, here and now; each is told of its end, unless it is not wanted any more."""
    for intake, records in replay(intakes, scheduler, _complete):
        saved = slot.save()
        slot.clear()
        slot.batch = LooseBatch(intake.feed.lift)
        try:
            intake.run(records)
        finally:
            slot.restore(saved)


def _complete(intake: Intake) -> None:
    if not intake.receiver.stop.now:
        intake.receiver.on_completed()
