"""Operators that describe themselves, so that a pipeline can be drawn, counted and fused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from rxstream.core._context import Context
from rxstream.core._feed import Feed
from rxstream.core._inline import Inline
from rxstream.core._partition_lines import partition_lines, partition_state
from rxstream.core._passport import Hold, item_time
from rxstream.core._receiver import Receiver, Stop
from rxstream.core._timer import Timer

if TYPE_CHECKING:
    from reactivex import Observable

    from rxstream.core._known_watermarks import Known
    from rxstream.core._stream import Stream

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Reactions:
    """What a node does with what comes; what is left out is handed on as it is.

    In place of ``on_next`` there may be ``inline``: code that is pasted into the function above, and costs no call.
    Or there may be ``on_batch``, where `Downstream.feeds` has the source: see `Receiver`.
    """

    on_next: Callable[[Any], None] | None = None
    on_completed: Callable[[], None] | None = None
    on_watermark: Callable[[int], int] | None = None
    on_error: Callable[[BaseException], None] | None = None
    stop: Stop | None = None
    inline: Inline | None = None
    on_idle: Callable[[], None] | None = None
    on_batch: Callable[[Iterator[Any]], None] | None = None
    #: What knows the watermark, where the node makes one.
    watermark: Known | None = None


class Downstream(Generic[T]):
    """What a node sees of those below it and of the run."""

    __slots__ = (
        "_name",
        "below",
        "complete",
        "context",
        "emit",
        "fail",
        "feeds",
        "idle",
        "next",
        "stop",
        "taking",
        "watermark",
    )

    def __init__(self, name: str, below: Receiver, context: Context, next_below: Receiver | None = None) -> None:
        self._name = name
        #: Of a node with several inputs: of each its source, where it is nothing but one that nobody else reads.
        self.feeds: Sequence[Feed | None] = ()
        #: Makes the function that takes whole batches in place of `emit`, read as a source's records are.
        self.taking: Callable[[Feed], Callable[[Iterator[Any]], None]] | None = None
        self.below = below
        self.idle = below.on_idle
        #: What to hand on to by code, as `Inline.then`.
        self.next = next_below or below
        self.context = context
        self.emit: Callable[[T], None] = below.on_next
        self.complete = below.on_completed
        self.fail = below.on_error
        self.watermark = below.on_watermark
        self.stop = below.stop

    def timer(self, act: Callable[[], None], *, carries: bool) -> Timer:
        """Make a timer on the run's clock; ``carries``: items wait for it."""
        return Timer(self._name, self.context, self.below.depth, act, carries=carries)

    def flush_when_stopped(self, flush: Callable[[], None]) -> None:
        """Call ``flush`` where the run is stopped early: a partial batch is to be handed on."""
        self.context.when_stopped(flush)

    @property
    def keeps_event_time(self) -> bool:
        """Whether anybody below wants watermarks."""
        return self.below.watermarks

    def hold(self, *, waiting: bool = False) -> Hold:
        """Keep the current item beyond this call; ``waiting``: for work, so that the source may have to pause."""
        return Hold(self.context.slot, waiting=waiting, holder=self._name)

    def hold_if_tracked(self) -> Hold | None:
        """Keep the current item where somebody has to settle it; else what it adds to a state is all that stays."""
        slot = self.context.slot
        if slot.tracks:
            return Hold(slot, waiting=False, holder=self._name)
        return None

    def instant(self) -> int:
        """The current item's instant, in nanoseconds; where it has none, the run's."""
        time = item_time(self.context.slot)
        return self.context.scheduler.now_ns if time is None else time

    def failed(self, error: BaseException, item: Any) -> None:
        """Report that the item which the slot names failed here."""
        self.context.failed(error, self._name, item, self.below)


Start = Callable[[Downstream[Any]], "Reactions | Callable[[Any], None]"]
StartMany = Callable[[Downstream[Any], int], Sequence[Reactions]]


@dataclass(frozen=True, slots=True)
class Operator(Generic[T, R]):
    """One step of a pipeline: applied to an Observable, it gives a Stream.

    Exactly one of ``inline``, ``start`` and ``start_many`` says what it does.

    Args:
        name: What messages, pictures and reports call it.
        inline: Its code.
        start: Starts a subscription of a node: an operator that keeps items or waits.
        start_many: Starts one of a node with ``others`` as further inputs.
        passport: Whether it reads or changes items' keys, times or headers.
        others: Further inputs.
        sinks: Where it sends what it lets go; the run opens and closes them.
        handler: Who is asked about items that fail above it; None: who is asked below.
        completes: When: with the last of its inputs, with the first of them, or, if it likes, before any of them.
        asks: Whether its function may ask for watermarks that nobody is told of.
        goes_by: Which of its inputs' watermarks it goes by.
    """

    name: str
    inline: Inline | None = None
    start: Start | None = None
    start_many: StartMany | None = None
    passport: bool = False
    others: tuple[Stream[Any], ...] = ()
    sinks: tuple[Any, ...] = ()
    handler: Any = None
    completes: Literal["last", "first", "before"] = "last"
    asks: bool = False
    goes_by: Literal["least", "greatest", "first", "last"] = "least"

    def __call__(self, source: Observable[T]) -> Stream[R]:
        from rxstream.core._stream import as_stream, derived

        return derived(as_stream(source), self)

    def __repr__(self) -> str:
        return self.name


def inline(
    name: str,
    code: str,
    *,
    state: Mapping[str, Callable[[], Any]] | None = None,
    passport: bool = False,
    makes_watermarks: bool = False,
    **bindings: Any,
) -> Operator[Any, Any]:
    """Make an operator out of lines of code; see `Inline`."""
    return Operator(
        name, inline=Inline(code, bindings, state or {}, makes_watermarks=makes_watermarks), passport=passport
    )


def node(
    name: str,
    start: Start,
    *,
    passport: bool = False,
    sinks: tuple[Any, ...] = (),
    completes: Literal["last", "before"] = "last",
) -> Operator[Any, Any]:
    """Make an operator that keeps items or waits; ``start`` is called for each subscription."""
    return Operator(name, start=start, passport=passport, sinks=sinks, completes=completes)


def timed(name: str, lines: Sequence[str], *, disorder: int, **bindings: Any) -> Operator[Any, Any]:
    """Make an operator that gives each item its instant, and the stream the watermark that follows from them.

    Args:
        name: The operator's name.
        lines: What sets ``instant`` and ``slot.time``, in nanoseconds.
        disorder: How far the watermark stays behind the greatest instant, in nanoseconds.
        bindings: What the lines refer to.
    """
    code = "\n".join([*lines, *partition_lines("instant")])
    return inline(name, code, state=partition_state(disorder), passport=True, makes_watermarks=True, **bindings)
