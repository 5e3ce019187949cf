"""Bring the items of two streams together that happened at about the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, NamedTuple

from reactivex import Observable

from rxstream.core import (
    ENDLESS,
    NEVER,
    UNSET,
    Downstream,
    Inline,
    Operator,
    Reactions,
    choice,
    duration_ns,
    signed_duration_ns,
)
from rxstream.errors import ConfigurationError
from rxstream.operators._inputs import Ending, inputs
from rxstream.operators._join_shelf import BY, HOLD, MATCHED, VALUE, Entry, Shelf, begin_shelf
from rxstream.operators._join_sides import KeyOf, Reading, Told, key_lines, key_pair, late_sinks
from rxstream.operators._joined import LOOSE, MAKING, MISSING, Joined, joined_emitter, made_joined

_HOW: Final = ("inner", "left", "right", "outer")


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

    State: the items of both streams which may still find a partner.

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


#: What is done with an item, as code that fusion pastes: a call would cost as much.
_TAKING: Final = """\
instant = slot.time
if instant is UNSET or instant is None:
    instant = time_of_item()
until = instant + reach
if until < joining.watermark and let_go(value): skip
shelf = shelves.get(group)
if shelf is None:
    shelf = begin(group)
under = slot.batch if slot.hold is None else slot.hold
entry = [until, number(), value, shelf, None, False]
if under is not None and under.tracks:
    entry[4] = hold()
entries = shelf.entries
if not entries or entries[-1] < entry:
    entries.append(entry)
else:
    shelf.insert(entry)
push(due, entry)
shelf = partners_of(group)
if shelf is not None and shelf.entries[-1][0] >= instant + first:
    match(entry, shelf.between(instant + first, instant + last))
"""


class _Side:
    """One input: what is kept of it, how long, and where its partners are.

    Args:
        reach: How long after its instant an item is kept.
        partners: How far after an item's instant its partners lie, first and last.
        wanted: Whether an item without a partner is handed on.
    """

    __slots__ = ("first", "last", "reach", "shelves", "wanted")

    def __init__(self, reach: int, partners: tuple[int, int], *, wanted: bool) -> None:
        self.reach = reach
        self.first, self.last = partners
        self.wanted = wanted
        self.shelves: dict[Any, Shelf] = {}


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
        #: Those of both sides, by the watermark up to which they are kept.
        self._due: list[Entry] = []
        self._watermarks = [-NEVER, -NEVER]
        #: The smaller one of both.
        self.watermark = -NEVER

    def reactions(self) -> Sequence[Reactions]:
        return [self._reactions(place) for place in (0, 1)]

    def _reactions(self, place: int) -> Reactions:
        watermarks, other, advance, down = self._watermarks, 1 - place, self._advance, self._down

        def on_watermark(watermark: int) -> int:
            watermarks[place] = watermark
            least = watermarks[other]
            advance(min(watermark, least))
            # Whether an item is late depends on every step.
            return watermark + 1

        def on_idle() -> None:
            watermarks[place] = NEVER
            if watermarks[other] < NEVER:
                advance(watermarks[other])
            else:
                down.idle()

        def on_completed() -> None:
            on_watermark(NEVER)
            if self.watermark == NEVER:
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
            "shelves": mine.shelves,
            "begin": partial(begin_shelf, mine.shelves),
            "number": self._number,
            "hold": self._down.hold,
            "push": heappush,
            "due": self._due,
            "reach": mine.reach,
            "partners_of": theirs.shelves.get,
            # Partners are found by the watermarks up to which they are kept.
            "first": mine.first + theirs.reach,
            "last": mine.last + theirs.reach,
            "match": self._matching(mine, theirs),
        }
        code = "\n".join([*key_lines(key_of), _TAKING])
        return Inline(code, {**names, **self._reading.names(key_of)}, {})

    def _matching(self, mine: _Side, theirs: _Side) -> Callable[[Entry, Sequence[Entry]], None]:
        """Make the function that hands on an item with each of its partners."""
        slot, stop, emit, hand_on = self._down.context.slot, self._ending.stop, self._emit, self._down.emit
        reach, their_reach = mine.reach, theirs.reach
        # In place of `made_joined`: this is what takes the time where there are many partners.
        new, set_key, set_left, set_right = MAKING
        set_mine, set_theirs = (set_left, set_right) if mine is self._sides[0] else (set_right, set_left)

        def match(entry: Entry, found: Sequence[Entry]) -> None:
            until, _, value, shelf, hold, _ = entry
            time, key = until - reach, shelf.key
            saved = slot.save()
            slot.batch, slot.hold = LOOSE, None
            try:
                for partner in found:
                    if stop.now:
                        return
                    entry[MATCHED] = partner[MATCHED] = True
                    joined = new(Joined)
                    set_key(joined, key)
                    set_mine(joined, value)
                    set_theirs(joined, partner[VALUE])
                    later = partner[BY] - their_reach
                    if later < time:
                        later = time
                    if hold is None and partner[HOLD] is None:
                        slot.event, slot.key, slot.time, slot.headers = (joined, later), key, later, UNSET
                        hand_on(joined)
                    else:
                        emit(joined, later, hold, partner[HOLD])
            finally:
                slot.restore(saved)

        return match

    def _advance(self, watermark: int) -> None:
        if watermark <= self.watermark:
            return
        self.watermark = watermark
        due, stop = self._due, self._ending.stop
        while due and due[0][BY] < watermark and not stop.now:
            self._let_go(heappop(due))
        if watermark < NEVER:
            self._told.tell(watermark - self._behind)

    def _let_go(self, entry: Entry) -> None:
        """Keep an item no longer; what has found no partner is handed on alone, or dropped."""
        until, _, value, shelf, hold, has_matched = entry
        shelf.drop_first()
        if not has_matched:
            left, right = self._sides
            mine = left if shelf.shelves is left.shelves else right
            if mine.wanted:
                joined = made_joined(shelf.key, *((value, MISSING) if mine is left else (MISSING, value)))
                self._emit(joined, until - mine.reach, hold, None)
            else:
                self._down.context.statistics.dropped += 1
        if hold is not None:
            hold.release()
