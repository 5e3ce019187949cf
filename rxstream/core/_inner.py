"""Running one stream inside another's pass."""

from __future__ import annotations

from typing import Any

from rxstream.core._connect import End, connect
from rxstream.core._context import Context
from rxstream.core._loose import LooseBatch
from rxstream.core._receiver import Receiver
from rxstream.core._replay import replay
from rxstream.core._stream import Stream
from rxstream.errors import StreamError


def run_inner(stream: Stream[Any], receiver: Receiver, context: Context) -> None:
    """Push everything of ``stream`` into ``receiver``, at once, or until it wants no more.

    Raises:
        StreamError: If a source of it has to be waited for.
    """
    connections = connect([End(stream, receiver, context)], virtual=False)
    for intake in connections.intakes:
        if intake.feed.batches is None:
            raise StreamError(
                f"flat_map: an inner stream must not have to be waited for; got {stream!r}. "
                f"Merge {intake.feed.name} with the others instead."
            )
    slot = context.slot
    for intake, records in replay(connections.intakes, None, _complete):
        saved = slot.save()
        slot.clear()
        slot.batch = LooseBatch(intake.feed.lift)
        try:
            intake.run(records)
        finally:
            slot.restore(saved)


def _complete(intake: Any) -> None:
    intake.receiver.on_completed()
