"""Running one stream inside another's pass."""

from __future__ import annotations

from typing import Any

from rxstream.core._connect import End, connect
from rxstream.core._context import Context
from rxstream.core._loose import pass_all
from rxstream.core._receiver import Receiver
from rxstream.core._stream import Stream, lineage
from rxstream.errors import StreamError


def run_inner(stream: Stream[Any], receiver: Receiver, context: Context) -> None:
    """Push everything of ``stream`` into ``receiver``, or until it wants no more.

    What has no instants comes at once; what has, where the context paces it, when its time has come.

    Raises:
        StreamError: If a source of it has to be waited for.
    """
    feeds = [made.feed for made in lineage(stream) if made.feed is not None]
    paced = context.paces and any(feed.ticks is not None or feed.has_past for feed in feeds)
    if not paced:
        for feed in feeds:
            if feed.batches is None:
                raise StreamError(
                    f"flat_map: an inner stream must not have to be waited for; got {stream!r}. "
                    f"Merge {feed.name} with the others instead."
                )
    connections = connect([End(stream, receiver, context)], virtual=paced and not context.scheduler.is_live)
    if paced:
        context.attach(connections)
    else:
        pass_all(connections.intakes, context.slot, None)
