"""Running one stream inside another's pass."""

from __future__ import annotations

from typing import Any

from rxstream.core._connect import Connections, End, connect
from rxstream.core._context import Context
from rxstream.core._foreign import ANSWERING, Untracked, foreign_name, is_reactivex_operator
from rxstream.core._fusion import fuse, segments
from rxstream.core._loose import pass_all
from rxstream.core._operator import Operator
from rxstream.core._receiver import Receiver
from rxstream.core._relay import Relay
from rxstream.core._stream import Stream, lineage
from rxstream.errors import StreamError, UntrackedOperatorError


def run_inner(stream: Stream[Any], receiver: Receiver, context: Context) -> None:
    """Push everything of ``stream`` into ``receiver``, or until it wants no more.

    What has no instants comes at once; what has, where the context paces it, when its time has come.

    Raises:
        StreamError: If a source of it has to be waited for, or if it has branches.
        UntrackedOperatorError: If an operator of it could lose a group's records behind a source that must not.
    """
    if _connect_to_relay(stream, receiver, context):
        return
    _check(stream)
    feeds = [made.feed for made in lineage(stream) if made.feed is not None]
    paced = context.paces and any(feed.ticks is not None or feed.has_past for feed in feeds)
    if not paced:
        for feed in feeds:
            if feed.batches is None:
                raise StreamError(
                    f"flat_map: an inner stream must not have to be waited for; got {stream!r}. "
                    f"Merge {feed.name} with the others instead."
                )
    for made in lineage(stream):
        if isinstance(made.upstream, Relay):
            receiver = made.upstream.awaited(receiver)
    connections = connect([End(stream, receiver, context)], virtual=paced and not context.scheduler.is_live)
    if paced:
        context.attach(connections)
    else:
        if connections.entries:
            context.attach(Connections(foreign=connections.foreign, entries=connections.entries))
        pass_all(connections.intakes, context.slot, None)


def _connect_to_relay(stream: Stream[Any], receiver: Receiver, context: Context) -> bool:
    """Connect what is made of a relay by inline operators alone; there may be many such, and each short-lived.

    Nothing is read, shared or foreign there: what else connecting does would be the most of its price.
    """
    stages: list[Operator[Any, Any]] = []
    at: Any = stream
    while _is_plain(at):
        stages.append(at.step)
        at = at.upstream
    if at.step is not None or not isinstance(at.upstream, Relay):
        return False
    at.upstream.connect(fuse(segments(stages[::-1]), receiver, context))
    return True


def _is_plain(stream: Stream[Any]) -> bool:
    """Whether a stream is made by code that neither keeps items nor changes watermarks."""
    step = stream.step
    return isinstance(step, Operator) and step.inline is not None and not (step.inline.makes_watermarks or stream.sides)


def _check(stream: Stream[Any]) -> None:
    streams = lineage(stream)
    if any(made.sides for made in streams):
        raise StreamError(
            f"flat_map: an inner stream must have no branches, as these begin with the run; got {stream!r} with a tee. "
            "Branch off behind flat_map."
        )
    if any(isinstance(made.upstream, Relay) and made.upstream.tracks for made in streams):
        # What an own source gives is kept by the outer item; a relay's items are records that nobody else keeps.
        for made in streams:
            _refuse_untracked(made.step)


def _refuse_untracked(step: Any) -> None:
    if step is None or isinstance(step, Operator | Untracked):
        return
    name = foreign_name(step)
    if not (is_reactivex_operator(step) and name in ANSWERING):
        raise UntrackedOperatorError(
            f"{name}: in a stream of records that must not be lost every operator must say what becomes of each; this "
            "one may keep or drop them unseen. Use one of rxstream's operators."
        )
