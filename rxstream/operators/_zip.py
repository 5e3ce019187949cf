"""Bring the items of several streams together, the first with the first, the second with the second."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from operator import call
from typing import Any, Final, TypeVar

from reactivex import Observable

from rxstream.core import Downstream, Inline, Operator, Reactions
from rxstream.operators._inputs import Ending, Watermarks, inputs
from rxstream.operators._parts import Part, emitter, keep, kept, let_go
from rxstream.operators._zip_batches import ZippedBatches

T = TypeVar("T")


def zip(*others: Observable[Any]) -> Operator[T, tuple[Any, ...]]:
    """Hand on tuples of one item of each stream: the first of all, the second of all, and so on.

    .. marble::

        -a-b---c-|
        --1---2---3|
        [ zip(other) ]
        --x---y---(z|)
          where x = ("a", 1), y = ("b", 2), z = ("c", 3)

    It completes as soon as no further tuple can come: when a stream has ended and none of its items waits. What waits
    of the others then is dropped, and counted. It fails when one stream does. Without others it makes tuples of one.

    A tuple's passport has the key if all of its items have the same, and the timestamp of the latest; items without
    one do not count. The watermark is the smallest of the streams'. Items that wait do not hold it back, as each tuple
    has at least the timestamp of its last item, which is still to come.

    Args:
        others: Streams or any other Observables.

    Raises:
        ConfigurationError: If one is no Observable.

    State: the items that wait for their partners, however many: a stream that is far ahead is not made to wait.

    Delivery: a tuple holds the records of all its items until it is handled; an item that waits is not settled.

    Example:
        >>> rs.collect(rs.from_iterable("abc").pipe(ops.zip(rs.from_iterable([1, 2]))))
        [('a', 1), ('b', 2)]
    """
    return Operator("zip", start_many=_start, others=inputs("zip", others), completes="first")


#: What is done with an item, as code: it saves a call for each.
_TAKE: Final = """
if over.now: drop
batch = slot.batch
part = (value, slot.event, batch, slot.key, slot.time, slot.hold)
if slot.hold is not None or (batch is not None and batch.tracks):
    keep(part)
append(part)
if all(theirs):
    hand_on()
"""
#: Of two streams there is one partner to look at, and no call to make for it.
_TAKE_ONE_OF_TWO: Final = _TAKE.replace("all(theirs)", "theirs")


def _start(down: Downstream[Any], count: int) -> Sequence[Reactions]:
    feeds = [feed for feed in down.feeds if feed is not None and feed.certain]
    return ZippedBatches(down, feeds).reactions() if len(feeds) == count else _zipped_items(down, count)


def _zipped_items(down: Downstream[Any], count: int) -> Sequence[Reactions]:
    slot, statistics = down.context.slot, down.context.statistics
    queues: list[deque[Part]] = [deque() for _ in range(count)]
    completed: list[deque[Part]] = []
    ending, watermarks = Ending(down), Watermarks(down, count)

    def look() -> None:
        """Complete where one input can bring no further tuple."""
        if not all(completed) and not ending.stop.now:
            for queue in queues:
                statistics.dropped += len(queue)
                while queue:
                    let_go(queue.popleft())
            ending.complete()

    hand_on = _handing_on(emitter(down, count), queues, completed, look)

    def reactions(place: int) -> Reactions:
        queue = queues[place]

        def on_next(value: Any) -> None:
            if ending.stop.now:
                statistics.dropped += 1
                return
            queue.append(kept(slot, value))
            if all(queues):
                hand_on()

        def on_completed() -> None:
            watermarks.leave(place)
            completed.append(queue)
            look()

        theirs = queues[1 - place] if count == 2 else queues
        names = {"over": ending.stop, "keep": keep, "append": queue.append, "theirs": theirs, "hand_on": hand_on}
        return Reactions(
            on_next,
            inline=Inline(_TAKE_ONE_OF_TWO if count == 2 else _TAKE, names, {}),
            on_completed=on_completed,
            on_error=ending.fail,
            on_watermark=watermarks.taking(place),
            on_idle=watermarks.leaving(place),
            stop=ending.stop,
        )

    return [reactions(place) for place in range(count)]


def _handing_on(
    emit: Callable[[tuple[Part, ...]], bool],
    queues: Sequence[deque[Part]],
    completed: Sequence[deque[Part]],
    look: Callable[[], None],
) -> Callable[[], None]:
    """Make the function that hands on the tuple of those that wait longest; where inputs have completed, it looks."""
    takers = [queue.popleft for queue in queues]
    is_pair, first, last = len(takers) == 2, takers[0], takers[-1]

    def hand_on() -> None:
        # Two streams are the usual case: no loop, and for what nobody tracks nothing to let go.
        parts = (first(), last()) if is_pair else tuple(map(call, takers))
        if emit(parts):
            for part in parts:
                let_go(part)
        if completed:
            look()

    return hand_on
