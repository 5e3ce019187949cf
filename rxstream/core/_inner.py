"""Running one stream inside another's pass."""

from __future__ import annotations

from typing import Any

from rxstream.core._connect import End, connect
from rxstream.core._context import Context
from rxstream.core._loose import pass_all
from rxstream.core._receiver import Receiver
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
    pass_all(connections.intakes, context.slot, None)
