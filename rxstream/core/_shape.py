"""The shape of a segment: all that its generated text depends on, so that equal segments share one function's code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rxstream.core._feed import Feed
from rxstream.core._inline import Inline
from rxstream.core._operator import Operator
from rxstream.core._partition_lines import PARTITION_STATE, partition_state
from rxstream.core._receiver import ENDLESS, Receiver


class Head(NamedTuple):
    """How a segment that stands at a source reads the source's records."""

    feed: Feed
    #: Whether the records' instants move the run's clock.
    drives_clock: bool = False
    #: What is earlier, in nanoseconds, is let go; None: nothing is.
    begin: int | None = None
    #: Whether other sources' records come between its own: then it takes them one by one, with their instants.
    merged: bool = False
    #: Whether somebody may ask for its watermark who is not told of it.
    is_asked: bool = False
    #: What knows its watermark; None: nobody has to.
    reached: Any = None
    #: Where items are pushed one by one, from wherever: what the names in `PUSHED` stand for.
    pushed: tuple[Any, ...] | None = None
    #: Whether those count as received.
    counted: bool = False


#: What the text of items that are pushed is given besides.
PUSHED: Final = ("come", "Event", "get_ident", "thread", "current", "at_home", "keeper", "elsewhere")


class HeadShape(NamedTuple):
    """What of a source gets into the text; see `Feed` and `Head`."""

    name: str
    value: str
    key: str | None
    time: str | None
    undated: bool
    headers: str | None
    bindings: tuple[str, ...]
    ticks: bool
    disorder: int | None
    sized: bool
    drives_clock: bool
    begin: int | None
    merged: bool
    by_partition: bool
    is_asked: bool
    pushed: bool
    counted: bool


class StageShape(NamedTuple):
    """What of an operator's code gets into the text; see `Inline`."""

    name: str
    code: str
    bindings: tuple[str, ...]
    state: tuple[str, ...]
    opening: str
    makes_watermarks: bool
    passport: bool

    @property
    def names(self) -> tuple[str, ...]:
        """What is the operator's alone: what it is given, what it keeps, and what it opens a batch with."""
        return (*self.bindings, *self.state, *re.findall(r"^(\w+) = ", self.opening, re.MULTILINE))


class Shape(NamedTuple):
    """A segment: where its records come from, its operators, and what stands below.

    ``ends`` is the code of what stands below, where it has some: it is pasted in place of a call. ``below`` is the name
    of whoever is called then, if anybody is: not where everything goes on into ``branches``, which have no head.
    """

    head: HeadShape | None
    stages: tuple[StageShape, ...]
    ends: tuple[StageShape, ...]
    below: str | None
    #: Whether those below may want no more, keep event time, and care for passports.
    stops: bool
    watermarks: bool
    passport: bool
    branches: tuple[Shape, ...] = ()

    @property
    def reads_record(self) -> bool:
        """Whether records are values, and the first operator makes another one of them at once."""
        begins = bool(self.stages) and self.stages[0].code.startswith("value = ")
        return begins and self.head is not None and self.head.value == "record" and not self.head.ticks

    @property
    def counter(self) -> str | None:
        """The name of what counts the items that reach the end."""
        last = self.ends[-1].code.rstrip().rpartition("\n")[2] if self.ends else ""
        return last.removeprefix("count ") if last.startswith("count ") else None

    @property
    def counts_at_once(self) -> bool:
        """Whether it can be told of a whole batch how many of its records reach each end: all but what is let go."""
        return self.head is not None and self.head.sized and self.counts_one_each

    @property
    def counts_one_each(self) -> bool:
        """Whether an item is counted at every end, and once, if it reaches it."""
        loops = any("each value in" in stage.code for stage in (*self.stages, *self.ends))
        below = all(branch.counts_one_each for branch in self.branches) if self.branches else self.counter is not None
        return below and not loops

    @property
    def names(self) -> list[str]:
        """The names of all that stands in it, from the source to what follows."""
        names = [] if self.head is None else [self.head.name]
        called = [] if self.below is None else [self.below]
        branches = [name for branch in self.branches for name in branch.names]
        return [*names, *(stage.name for stage in (*self.stages, *self.ends)), *called, *branches]


class Segment:
    """Inline operators that one function holds, and what is the same of them in every subscription."""

    __slots__ = ("known", "makes_watermarks", "operators", "passport", "stages", "values")

    def __init__(self, operators: Sequence[Operator[Any, Any]]) -> None:
        self.operators = operators
        #: What the names in them stand for.
        self.values: list[Any] = []
        self.passport = self.makes_watermarks = False
        stages = []
        # One loop for all: groups and inner streams are connected once each, and there may be many.
        for made in operators:
            code = inline_of(made)
            stages.append(_stage_shape(made.name, code, made.passport))
            self.values += _values(code)
            self.passport |= made.passport
            self.makes_watermarks |= code.makes_watermarks
        self.stages = tuple(stages)
        #: What it stood between when it was connected last, and the code that was generated for that.
        self.known: tuple[Any, Any] = (None, None)


def shape_of(segment: Segment, below: Receiver, head: Head | None) -> Shape:
    """Find the shape of a segment that hands on to ``below``."""
    last = last_of(below)
    return Shape(
        head=None if head is None else _head_shape(head),
        stages=segment.stages,
        ends=tuple([_stage_shape(end.name, code, end.passport) for end, code in ends_of(below)]),
        below=None if last.inline is not None or last.branches else last.name,
        stops=below.stop is not ENDLESS,
        watermarks=below.watermarks,
        passport=below.passport,
        branches=tuple([shape_of(branch.pieces[0], branch.below, None) for branch in last.branches]),
    )


def bound_values(segment: Segment, below: Receiver, head: Head | None) -> list[Any]:
    """What the names stand for that the text is given, in its order."""
    values = [] if head is None else [*head.feed.bindings.values(), *(head.pushed or ()), *_head_values(head)]
    values += segment.values
    for _, code in ends_of(below):
        values += _values(code)
    return values


def head_names(head: HeadShape) -> list[str]:
    """What stands in a source's lines beside its bindings."""
    return [f"start_{name}" for name in PARTITION_STATE] if head.by_partition else ["reached"]


def _head_values(head: Head) -> list[Any]:
    if not is_by_partition(head.feed):
        return [head.reached]
    state = {**partition_state(0), "watermark": lambda: head.reached}
    return list(state.values())


def ends_of(below: Receiver) -> list[tuple[Receiver, Inline]]:
    """What stands below and has code of its own, as far as code follows on code."""
    ends = []
    while below.inline is not None:
        ends.append((below, below.inline))
        if below.inline.then is None:
            break
        below = below.inline.then
    return ends


def last_of(below: Receiver) -> Receiver:
    """Who gets the values in the end: by code, or by a call."""
    while below.inline is not None and below.inline.then is not None:
        below = below.inline.then
    return below


def inline_of(stage: Operator[Any, Any]) -> Inline:
    """The code of an operator that has some."""
    assert stage.inline is not None  # noqa: S101 - segments hold inline operators only
    return stage.inline


def _values(code: Inline) -> list[Any]:
    return [*code.bindings.values(), *code.state.values()]


def _stage_shape(name: str, code: Inline, passport: bool) -> StageShape:
    names = tuple(code.bindings), tuple(code.state)
    return StageShape(name, code.code, *names, code.opening, code.makes_watermarks, passport)


def _head_shape(head: Head) -> HeadShape:
    feed = head.feed
    return HeadShape(
        name=feed.name,
        value=feed.value,
        key=feed.key,
        time=feed.time,
        undated=feed.undated,
        headers=feed.headers,
        bindings=(*feed.bindings, *(PUSHED if head.pushed else ())),
        ticks=feed.ticks is not None,
        disorder=feed.disorder,
        sized=feed.sized,
        drives_clock=head.drives_clock,
        begin=head.begin,
        merged=head.merged,
        by_partition=is_by_partition(feed),
        is_asked=head.is_asked,
        pushed=head.pushed is not None,
        counted=head.counted,
    )


def is_by_partition(feed: Feed) -> bool:
    """Whether partitions have a watermark each: not where all of them are merged by their instants."""
    return feed.partition_of is not None and feed.live
