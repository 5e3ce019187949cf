"""Bring the items of two streams together that happened at about the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from operator import itemgetter
from typing import Any, Final, NamedTuple
from weakref import WeakMethod

from reactivex import Observable

from rxstream.core import (
    ENDLESS,
    NEVER,
    UNSET,
    Downstream,
    Hold,
    Inline,
    Operator,
    Reactions,
    choice,
    duration_ns,
    signed_duration_ns,
)
from rxstream.errors import ConfigurationError
from rxstream.operators._inputs import Ending, inputs
from rxstream.operators._join_shelf import BY, HOLD, KEEPING, MATCHED, VALUE, Entry, Line, Shelf, between
from rxstream.operators._join_sides import KeyOf, Reading, Told, key_lines, key_pair, late_sinks
from rxstream.operators._joined import LOOSE, MISSING, Joined, Making, joined_emitter, made_joined

_HOW: Final = ("inner", "left", "right", "outer")
#: What is over is forgotten when as much has come as a third of what is kept, but not after each item.
_SHARE: Final = 3
_SOON: Final = 3


class _Rules(NamedTuple):
    """What a join was told, in nanoseconds."""

    before: int
    after: int
    keys: tuple[KeyOf | None, KeyOf | None]
    how: str
    grace: int
    late: tuple[Any, ...]


def join(
    right: Observable[Any],
    *,
    within: float | timedelta | tuple[float | timedelta, float | timedelta],
    key: KeyOf | tuple[KeyOf | None, KeyOf | None] | None = None,
    how: str = "inner",
    grace: float | timedelta = 0.0,
    late: Any = None,
) -> Operator[Any, Joined]:
    """Hand on a `Joined` for each two items of one key that lie no further apart than ``within``.

    .. marble::

        -a-----b--|
        --1--2----|
        [ join(right, within=2) ]
        --x----y--|
          where x = rs.Joined(None, "a", 1), y = rs.Joined(None, "b", 2)

    A pair is handed on as soon as both are there, and an item may be in several. Both bounds are included: with
    ``within=(before, after)`` the right item's instant lies between ``before`` ahead of the left one's and ``after``
    behind it. Either may be negative, as long as there is something between them. Of several partners the earlier ones
    come first, ties as they came.

    An item without a partner is handed on once, with ``rs.MISSING`` in the other's place, if ``how`` asks for it: when
    the watermark, the smaller one of the two streams', is greater than all that it could match, and ``grace``. Those
    whose time is over at one watermark come in the order in which it passed them. At the end of both streams all come.
    Where ``how`` does not ask for it, an item without a partner is dropped, and counted.

    A late item is one for which that has happened before it comes; it is not late before the watermark is greater than
    its own instant and ``grace``. It is counted, goes to ``late``, and matches nothing. The same pairs come for every
    order of arrival, as long as no item is behind its stream's watermark. Items of equal instants match.

    The passport has the key and the later of the two instants; an item alone has its own. The watermark is behind by
    the greater one of ``before`` and ``after``, and ``grace``. Items without a timestamp count by the run's clock.
    Without watermarks (no ``event_time`` and no dated sources above) nothing is let go before the end. It fails when
    one stream does.

    Args:
        right: A Stream or any other Observable.
        within: How far two items may be apart, in seconds or as a timedelta; or a pair of those, ``(before, after)``.
        key: Finds an item's key: one function for both sides, or a pair of them. None: the passport's key counts,
            and items without one form one group.
        how: Whether items without a partner are handed on: ``"inner"`` none, ``"left"`` those of this stream,
            ``"right"`` those of the other one, ``"outer"`` both.
        grace: How much longer items are kept, in event time.
        late: A sink, function or Observer that gets the Event of each late item.

    Raises:
        ConfigurationError: If an argument is none of these, or nothing can lie within ``within``.

    State: the items of both streams which may still find a partner, and up to a third more that no longer can.

    Delivery: a pair holds both records until it is handled; an item that is kept is not settled.

    Example:
        >>> def on(day, word):
        ...     return rs.Event(word, timestamp=datetime(2026, 1, day, tzinfo=UTC))
        >>> orders, payments = rs.from_history([on(1, "order")]), rs.from_history([on(2, "paid")])
        >>> rs.collect(orders.pipe(ops.join(payments, within=24 * 3600)))
        [Joined(key=None, left='order', right='paid')]
    """
    others = inputs("join", (right,))
    before, after = _span(within)
    keys = key_pair("join", key)
    choice("join", _HOW, how=how)
    rules = _Rules(before, after, keys, how, duration_ns("join", grace=grace), late_sinks("join", late))

    def start(down: Downstream[Joined], _count: int) -> Sequence[Reactions]:
        return _Joining(down, rules).reactions()

    return Operator("join", start_many=start, others=others, passport=True, sinks=rules.late)


def _span(within: Any) -> tuple[int, int]:
    if not isinstance(within, tuple | list):
        both = duration_ns("join", within=within)
        return both, both
    if len(within) != 2:
        raise ConfigurationError(
            f"join: within must be a duration, or a pair (before, after); got {within!r}. Give one of these."
        )
    before, after = (signed_duration_ns("join", within=bound) for bound in within)
    if before + after < 0:
        raise ConfigurationError(
            "join: within must be how long before and how long after the left item the right one may come; "
            f"got {within!r}. "
            "Give (before, after), of which at most one is negative, and that the smaller one."
        )
    return before, after


_TAKING: Final = f"""\
instant = slot.time
if instant is UNSET or instant is None:
    instant = time_of_item()
until = instant + reach
if until < joining.watermark and let_go(value): skip
{KEEPING}if entry[1] >= joining.tidy_at:
    tidy(entry[1])
line = partners_of(group)
if line is not None and line[-1][0] >= instant + first:
    match(entry, line)
"""


class _Side:
    """One input: what is kept of it, how long, and where its partners are.

    Args:
        reach: How long after its instant an item is kept.
        partners: How far after an item's instant its partners lie, first and last.
        wanted: Whether an item without a partner is handed on.
    """

    __slots__ = ("first", "last", "reach", "shelf", "wanted")

    def __init__(self, reach: int, partners: tuple[int, int], *, wanted: bool) -> None:
        self.reach = reach
        self.first, self.last = partners
        self.wanted = wanted
        self.shelf = Shelf()


class _Joining:
    """One subscription: the items of both sides that may still find a partner."""

    def __init__(self, down: Downstream[Joined], rules: _Rules) -> None:
        before, after, self._keys, how, grace, late = rules
        self._down = down
        self._reading = Reading(down, late)
        self._emit = joined_emitter(down)
        # Where nobody below can want no more, an error ends the run; sources that hear no stop are read faster.
        self._ending = down if down.stop is ENDLESS else Ending(down)
        self._told = Told(down)
        self._behind = max(before, after) + grace
        # What is yet to come may be as early as the watermark, so that nobody is let go before it is greater.
        self._sides = (
            _Side(max(after, 0) + grace, (-before, after), wanted=how in ("left", "outer")),
            _Side(max(before, 0) + grace, (-after, before), wanted=how in ("right", "outer")),
        )
        self._number = count().__next__
        self._watermarks = [-NEVER, -NEVER]
        #: The smaller one of both.
        self.watermark = -NEVER
        #: Whether somebody hears of each item that is let go, at once: those below, or who settles its record.
        self._is_awaited = how != "inner"
        #: Whether somebody hears of each step of the watermark.
        self._is_heard = self._is_awaited or down.keeps_event_time
        #: From which arrival on it is worth looking for what is over, where nobody awaits it.
        self.tidy_at = 0
        down.flush_when_stopped(partial(_tidy_if_there, WeakMethod(self._tidy)))

    def reactions(self) -> Sequence[Reactions]:
        return [self._reactions(place) for place in (0, 1)]

    def _reactions(self, place: int) -> Reactions:
        watermarks, other, down = self._watermarks, 1 - place, self._down

        def on_watermark(watermark: int) -> int:
            watermarks[place] = least = watermark
            if watermarks[other] < least:
                least = watermarks[other]
            if least > self.watermark:
                self.watermark = least
                if self._is_heard:
                    self._let_be_heard(least)
            # Whether an item is late depends on every step.
            return watermark + 1

        def on_idle() -> None:
            if watermarks[other] == NEVER:
                watermarks[place] = NEVER
                down.idle()
            else:
                on_watermark(NEVER)

        def on_completed() -> None:
            on_watermark(NEVER)
            if self.watermark == NEVER:
                self._tidy(0)
                self._ending.complete()

        return Reactions(
            inline=self._taking(place),
            on_completed=on_completed,
            on_watermark=on_watermark,
            on_idle=on_idle,
            on_error=self._ending.fail,
            stop=self._ending.stop,
        )

    def _taking(self, place: int) -> Inline:
        """Make the code that takes one side's items."""
        mine, theirs, key_of = self._sides[place], self._sides[1 - place], self._keys[place]
        names = {
            "joining": self,
            "number": self._number,
            "hold": self._hold,
            "tidy": self._tidy,
            "reach": mine.reach,
            "partners_of": theirs.shelf.lines.get,
            # Partners are found by the watermarks up to which they are kept.
            "first": mine.first + theirs.reach,
            "match": self._matching(mine, theirs),
            **mine.shelf.names,
        }
        code = "\n".join([*key_lines(key_of), _TAKING])
        return Inline(code, {**names, **self._reading.names(key_of)}, {})

    def _matching(self, mine: _Side, theirs: _Side) -> Callable[[Entry, Line], None]:
        """Make the function that hands on an item with each of its partners, who are in a line of the other side."""
        slot, stop, emit, hand_on = self._down.context.slot, self._ending.stop, self._emit, self._down.emit
        reach, their_reach = mine.reach, theirs.reach
        first, last = mine.first + their_reach - reach, mine.last + their_reach - reach
        is_left = mine is self._sides[0]

        def match(entry: Entry, line: Line) -> None:
            until, _, value, key, hold, _ = entry
            time, low, high = until - reach, until + first, until + last
            if low < self.watermark:
                # Whose time is over may still stand in the line.
                low = self.watermark
            if len(line) == 1:
                [only] = line
                found = [(only, only[VALUE])] if low <= only[BY] <= high else []
            else:
                # Who is near now may be gone when its turn has come.
                found = [(partner, partner[VALUE]) for partner in between(line, low, high)]
            saved = slot.event, slot.batch, slot.hold, slot.key, slot.time, slot.headers
            slot.batch, slot.hold = LOOSE, None
            try:
                for partner, other in found:
                    if stop.now:
                        return
                    entry[MATCHED] = partner[MATCHED] = True
                    # In place of `made_joined`: this is what takes the time where there are many partners.
                    joined: Any = Making()
                    joined.key = key
                    joined.left, joined.right = (value, other) if is_left else (other, value)
                    joined.__class__ = Joined
                    later = partner[BY] - their_reach
                    if later < time:
                        later = time
                    if hold is None and partner[HOLD] is None:
                        slot.event, slot.key, slot.time, slot.headers = (joined, later), key, later, UNSET
                        hand_on(joined)
                    else:
                        emit(joined, later, hold, partner[HOLD])
            finally:
                slot.event, slot.batch, slot.hold, slot.key, slot.time, slot.headers = saved

        return match

    def _let_be_heard(self, watermark: int) -> None:
        if self._is_awaited:
            self._let_go(watermark)
        if watermark < NEVER:
            self._told.tell(watermark - self._behind)

    def _let_go(self, watermark: int) -> None:
        """Let go of what the watermark has passed, in the order in which it did."""
        over = [(entry, side) for side in self._sides for entry in side.shelf.over(watermark)]
        for entry, side in sorted(over, key=_ENTRY) if len(over) > 1 else over:
            if self._ending.stop.now:
                return
            self._hand_on_alone(entry, side)

    def _tidy(self, number: int) -> None:
        """Forget what is over, the latest item being the one with that number, and say when to do so again."""
        if self._is_awaited:
            # What is over has been let go.
            self.tidy_at = NEVER
            return
        left, right = self._sides
        alone = left.shelf.drop_before(self.watermark) + right.shelf.drop_before(self.watermark)
        self._down.context.statistics.dropped += alone
        kept = left.shelf.count + right.shelf.count
        self.tidy_at = number + max(_SOON, kept // _SHARE)

    def _hold(self) -> Hold:
        self._is_awaited = self._is_heard = True
        return self._down.hold()

    def _hand_on_alone(self, entry: Entry, side: _Side) -> None:
        """Keep an item no longer; what has found no partner is handed on alone, or dropped."""
        until, _, value, key, hold, has_matched = entry
        side.shelf.drop(entry)
        if not has_matched:
            if side.wanted:
                is_left = side is self._sides[0]
                joined = made_joined(key, *((value, MISSING) if is_left else (MISSING, value)))
                self._emit(joined, until - side.reach, hold, None)
            else:
                self._down.context.statistics.dropped += 1
        if hold is not None:
            hold.release()


def _tidy_if_there(found: WeakMethod[Callable[[int], None]]) -> None:
    # The run must not keep what was joined for an inner stream long ago.
    tidy = found()
    if tidy is not None:
        tidy(0)


_ENTRY: Final = itemgetter(0)
