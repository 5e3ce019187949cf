"""Connecting: from the ends of streams up to their sources, every stage gets the receiver it hands on to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, NamedTuple

from reactivex import Observable, abc
from reactivex.disposable import Disposable

from rxstream.core._context import Context
from rxstream.core._entry import Entry, Incoming, pushed_head
from rxstream.core._feed import Feed
from rxstream.core._fusion import fuse, fuse_head, is_long, part, segments
from rxstream.core._intake import Intake, head_of, intake_of, noted
from rxstream.core._known_watermarks import KnownWatermarks
from rxstream.core._operator import Downstream, Operator, Reactions
from rxstream.core._receiver import ENDLESS, Branch, Receiver, Stop, never_called
from rxstream.core._relay import Relay
from rxstream.core._shape import Head, Segment
from rxstream.core._stream import Stream, lineage, parents_of

_Waiting = dict[int, "list[_Chain]"]
#: Items of a foreign source that wait for the past to be done.
_MOST_KEPT: Final = 100_000


class _Strand(NamedTuple):
    """A source and the inline operators below it, for a stream that is no more than that; for others there is none.

    Nor is there where event time is made: each subscription has a watermark of its own, which one may ask for.
    """

    feed: Feed | None
    foreign: Observable[Any] | None
    pieces: tuple[Segment, ...]


_NO_STRAND: Final = _Strand(None, None, ())


def _strand_of(stream: Stream[Any]) -> _Strand:
    # A stream never changes: what was found once is kept, so that subscribing again costs little.
    if stream.strand is None:
        stages = []
        is_timed = False
        top: Any = stream
        while isinstance(top.step, Operator) and top.step.inline is not None:
            stages.append(top.step)
            is_timed |= top.step.inline.makes_watermarks
            top = top.upstream
        foreign = top.upstream if top.step is None and not isinstance(top.upstream, Stream | Relay) else None
        if is_timed or (top.feed is not None and top.feed.time is not None) or (top.feed is None and foreign is None):
            stream.strand = _NO_STRAND
        else:
            stream.strand = _Strand(top.feed, foreign, segments(stages[::-1]))
    strand: _Strand = stream.strand
    return strand


class End(NamedTuple):
    """Where a stream's items go, and whose counts and error handler they are under."""

    stream: Stream[Any]
    receiver: Receiver
    context: Context


@dataclass(slots=True)
class _Chain:
    """Inline operators that wait to be fused with what stands above them.

    ``rank`` is the place of the first end below: what is shared belongs to it, and it gets every item first.
    """

    stages: tuple[Operator[Any, Any], ...]
    below: Receiver
    rank: int
    context: Context

    def fused(self) -> Receiver:
        """The receiver of what they are given."""
        return fuse(segments(self.stages), self.below, self.context)

    def extended(self, stage: Operator[Any, Any]) -> _Chain:
        """With one more operator on top."""
        return _Chain((stage, *self.stages), self.below, self.rank, self.context)

    def ending_in(self, receiver: Receiver) -> _Chain:
        """With nothing but a receiver, for the same end."""
        return _Chain((), receiver, self.rank, self.context)


@dataclass(slots=True)
class Connections:
    """What a connected set of streams has at its top.

    Args:
        intakes: rxstream's own sources, in the order they were given.
        foreign: Disposables of the subscriptions to foreign Observables.
        entries: What those hand their items to.
    """

    intakes: list[Intake] = field(default_factory=list)
    foreign: list[abc.DisposableBase] = field(default_factory=list)
    entries: list[Incoming] = field(default_factory=list)


def connect(
    ends: Iterable[End], *, virtual: bool, begin: int | None = None, watermarks: KnownWatermarks | None = None
) -> Connections:
    """Connect streams to the receivers of their items; what several of them share is connected once.

    Args:
        ends: The streams, and their receivers.
        virtual: Whether the sources' records move the clock.
        begin: Where the past begins, in nanoseconds; what is earlier is let go.
        watermarks: Gets to know those that are made.
    """
    ends = list(ends)
    made = Connections()
    if len(ends) == 1 and _connect_strand(ends[0], virtual, begin, made):
        return made
    order = _upwards([end.stream for end in ends])
    waiting: _Waiting = {id(stream): [] for stream in order}
    for rank, end in enumerate(ends):
        waiting[id(end.stream)].append(_Chain((), end.receiver, rank, end.context))
    merged = virtual and sum(stream.feed is not None and stream.feed.times_of is not None for stream in order) > 1
    if watermarks is not None:
        watermarks.are_asked |= any(isinstance(stream.step, Operator) and stream.step.asks for stream in order)
    intakes: dict[int, Intake] = {}
    for stream in order:
        chains = waiting.pop(id(stream))
        if not chains:
            continue
        if stream.feed is not None:
            whole = _whole(chains)
            head = head_of(stream.feed, virtual, begin, merged=merged, watermarks=watermarks)
            intake = intake_of(head, segments(whole.stages), whole.below, whole.context)
            intakes[id(stream)] = intake if watermarks is None else noted(stream, intake, head.reached, watermarks)
        elif isinstance(stream.step, Operator):
            step, own_feeds = _known(stream, stream.step, watermarks), partial(_own_feeds, stream, order, ends)
            _connect_operator(stream, step, chains, waiting, own_feeds, watermarks)
        elif isinstance(stream.upstream, Relay):
            whole = _whole(chains)
            stream.upstream.connect(whole.fused())
        else:
            _connect_foreign(stream, chains, waiting, made)
    if len(intakes) > 1:
        intakes = {id(s): intakes[id(s)] for end in ends for s in lineage(end.stream) if id(s) in intakes}
    made.intakes = list(intakes.values())
    return made


def _known(stream: Stream[Any], step: Operator[Any, Any], watermarks: KnownWatermarks | None) -> Operator[Any, Any]:
    """The same operator; if it makes a watermark, one that is known."""
    if watermarks is None or step.inline is None or not step.inline.makes_watermarks:
        return step
    watermark = step.inline.state["watermark"]()
    watermarks.note(stream, watermark)
    return replace(step, inline=replace(step.inline, state={**step.inline.state, "watermark": lambda: watermark}))


def _connect_strand(end: End, virtual: bool, begin: int | None, made: Connections) -> bool:
    """Connect a stream that is a source and inline operators; whether it is."""
    strand = _strand_of(end.stream)
    if strand.feed is not None:
        head = head_of(strand.feed, virtual, begin, merged=False)
        made.intakes.append(intake_of(head, strand.pieces, end.receiver, end.context))
    elif strand.foreign is not None:
        _listen(strand.foreign, strand.pieces, end.receiver, end.context, made, is_source=True)
    return strand.feed is not None or strand.foreign is not None


def _further_inputs(stream: Stream[Any]) -> Sequence[Stream[Any]]:
    return stream.step.others if isinstance(stream.step, Operator) else ()


def _upwards(streams: Sequence[Stream[Any]]) -> Sequence[Stream[Any]]:
    """Every stream involved, each before what it is made from."""
    if len(streams) == 1 and not any(_further_inputs(stream) for stream in lineage(streams[0])):
        return lineage(streams[0])
    order: list[Stream[Any]] = []
    done: set[int] = set()
    pending = [(stream, False) for stream in streams]
    while pending:
        stream, parents_done = pending.pop()
        if parents_done:
            order.append(stream)
        elif id(stream) not in done:
            done.add(id(stream))
            pending.append((stream, True))
            pending.extend((parent, False) for parent in parents_of(stream))
    return order[::-1]


def _whole(chains: Sequence[_Chain]) -> _Chain:
    """One chain for all who wait: itself where it is one, and a fan-out where there are several."""
    if len(chains) == 1:
        return chains[0]
    ranked = sorted(chains, key=lambda chain: chain.rank)
    return ranked[0].ending_in(part([Branch(segments(one.stages), one.below, one.context) for one in ranked]))


def _own_feeds(stream: Stream[Any], order: Sequence[Stream[Any]], ends: Sequence[End]) -> list[Feed | None]:
    """Of each input of a stream the source, where it is nothing but one, and nobody else is told of its items."""
    told = Counter(id(parent) for made in order for parent in parents_of(made))
    told.update(id(end.stream) for end in ends)
    return [parent.feed if told[id(parent)] == 1 else None for parent in parents_of(stream)]


def _connect_operator(
    stream: Stream[Any],
    step: Operator[Any, Any],
    chains: Sequence[_Chain],
    waiting: _Waiting,
    own_feeds: Callable[[], Sequence[Feed | None]],
    watermarks: KnownWatermarks | None,
) -> None:
    above = waiting[id(stream.upstream)]
    whole = _whole(chains)
    if step.inline is not None:
        above.append(whole.extended(step))
        return
    below = whole.fused()
    # What an operator hands on as it is goes straight to a node below: there is nothing between them.
    apart = bool(whole.stages or whole.below.branches) or whole.context.retrying is not None or is_long(whole.below)
    next_below = below if apart else whole.below
    down: Downstream[Any] = Downstream(step.name, below, whole.context, next_below)
    if step.start is not None:
        context = whole.context if step.handler is None else whole.context.catching(step.handler)
        reactions = step.start(down)
        if watermarks is not None and isinstance(reactions, Reactions) and reactions.watermark is not None:
            watermarks.note(stream, reactions.watermark)
        above.append(_Chain((), _receiver(step, reactions, below, next_below), whole.rank, context))
        return
    assert step.start_many is not None  # noqa: S101 - an operator is one of three kinds
    if whole.context.retrying is None:
        down.feeds, down.taking = own_feeds(), partial(_taking, whole)
    inputs = step.start_many(down, 1 + len(step.others))
    above.append(whole.ending_in(_receiver(step, inputs[0], below, next_below)))
    for other, reactions in zip(step.others, inputs[1:], strict=True):
        waiting[id(other)].append(whole.ending_in(_receiver(step, reactions, below, next_below)))


def _taking(whole: _Chain, feed: Feed) -> Callable[[Iterator[Any]], None]:
    """Fuse what stands below an operator with the reading of what it hands on in batches."""
    run, _, _ = fuse_head(Head(feed, drives_clock=False), segments(whole.stages), whole.below, whole.context)
    return run


def _receiver(
    step: Operator[Any, Any], reactions: Reactions | Callable[[Any], None], below: Receiver, next_below: Receiver
) -> Receiver:
    if not isinstance(reactions, Reactions):
        reactions = Reactions(reactions)
    passes = reactions.on_next is None and reactions.inline is None and reactions.on_batch is None
    return Receiver(
        name=next_below.name if passes else step.name,
        # Code that stands for it is pasted wherever it would be called.
        on_next=next_below.on_next if passes else reactions.on_next or never_called,
        inline=next_below.inline if passes else reactions.inline,
        on_completed=reactions.on_completed or below.on_completed,
        on_error=reactions.on_error or below.on_error,
        on_watermark=reactions.on_watermark or below.on_watermark,
        on_idle=reactions.on_idle or below.on_idle,
        stop=reactions.stop or below.stop,
        passport=step.passport or below.passport,
        depth=below.depth + 1,
        on_batch=reactions.on_batch,
    )


def _connect_foreign(stream: Stream[Any], chains: Sequence[_Chain], waiting: _Waiting, made: Connections) -> None:
    whole = _whole(chains)
    observable = stream.upstream
    assert observable is not None  # noqa: S101 - a stream without a feed is made from something
    if isinstance(observable, Stream) and stream.step is not None:
        observable = stream.step(_Bridge(observable, waiting, whole))
    _listen(observable, segments(whole.stages), whole.below, whole.context, made, is_source=stream.step is None)


def _listen(
    observable: Observable[Any],
    pieces: Sequence[Segment],
    below: Receiver,
    context: Context,
    made: Connections,
    *,
    is_source: bool,
) -> None:
    _, _, receiver = fuse_head(pushed_head(context, is_source=is_source), pieces, below, context)
    entry = Entry(receiver, context, is_source=is_source, room=getattr(observable, "room", _MOST_KEPT))
    made.entries.append(entry)
    scheduler = context.wall if is_source else context.scheduler
    subscription = observable.subscribe(entry.on_next, entry.on_error, entry.on_completed, scheduler=scheduler)
    if receiver.stop is not ENDLESS:
        receiver.stop.listen(subscription.dispose)
    made.foreign.append(subscription)


class _Bridge(Observable[Any]):
    """A stream as the foreign operator applied to it sees it."""

    def __init__(self, stream: Stream[Any], waiting: _Waiting, whole: _Chain) -> None:
        super().__init__()
        self._stream = stream
        self._waiting = waiting
        self._whole = whole

    def _subscribe_core(
        self, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        stop = Stop()
        chain = self._whole.ending_in(observer_receiver(observer, stop))
        above = self._waiting.get(id(self._stream))
        if above is not None:
            above.append(chain)
        else:
            # What stands above is connected already: the operator subscribes late, or once more.
            context = self._whole.context
            virtual, watermarks = not context.scheduler.is_live, context.keeper.watermarks
            made = connect([End(self._stream, chain.below, context)], virtual=virtual, watermarks=watermarks)
            context.attach(made)
        return Disposable(stop.set)


def observer_receiver(observer: abc.ObserverBase[Any], stop: Stop) -> Receiver:
    """An Rx observer as a receiver."""
    return Receiver(
        name=type(observer).__name__,
        on_next=observer.on_next,
        on_completed=observer.on_completed,
        on_error=observer.on_error,  # type: ignore[arg-type]  # Rx says Exception; a CancelledError is none
        stop=stop,
    )
