"""Bring each item of a stream together with what another stream said last, as of its instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, NamedTuple

from reactivex import Observable

from rxstream.core import (
    ENDLESS,
    NEVER,
    Downstream,
    Inline,
    Operator,
    Reactions,
    choice,
    duration_ns,
)
from rxstream.operators._inputs import Ending, inputs
from rxstream.operators._join_shelf import BY, HOLD, KEEPING, KEY, MAKING_ENTRY, MATCHED, VALUE, Entry, Shelf, newest
from rxstream.operators._join_sides import KeyOf, Reading, Told, key_lines, key_pair, late_sinks
from rxstream.operators._joined import MISSING, Joined, joined_emitter, made_joined

_HOW: Final = ("inner", "left")


class _Rules(NamedTuple):
    """What a join was told, in nanoseconds."""

    keys: tuple[KeyOf | None, KeyOf | None]
    how: str
    max_age: int | None
    grace: int
    late: tuple[Any, ...]


def join_asof(
    right: Observable[Any],
    *,
    key: KeyOf | tuple[KeyOf | None, KeyOf | None] | None = None,
    how: str = "inner",
    max_age: float | timedelta | None = None,
    grace: float | timedelta = 0.0,
    late: Any = None,
) -> Operator[Any, Joined]:
    """Hand on each item in a `Joined` with the newest item of its key in another stream that is not newer.

    .. marble::

        --a---b----|
        -1---2--3--|
        [ join_asof(right) ]
        -----x--y--|
          where x = rs.Joined(None, "a", 1), y = rs.Joined(None, "b", 2)

    That is the right item with the greatest timestamp up to and with the left one's; among equals the last that came.
    With ``max_age`` it may be exactly so much older, but no more. Who is paired with whom is decided when the right
    stream's watermark is greater than the left item's instant and ``grace``; items that are decided at once come in
    order of time, ties as they came. A right item may be in many pairs. An item without a partner is handed on with
    ``rs.MISSING`` in its place, or, with ``how="inner"``, dropped and counted; so is a right item that was never the
    newest for any.

    An item is late when its own stream's watermark is greater than its instant and ``grace``: it is counted, goes to
    ``late``, and is in no pair. How far the other stream is does not matter, so that the same pairs come however the
    two are interleaved.

    The passport has the key and the left item's instant. The watermark is the smaller one of the two streams', less
    ``grace``. Items without a timestamp count by the run's clock. It completes when both streams have, and then
    decides what is open; it fails when one does.

    Args:
        right: A Stream or any other Observable.
        key: Finds an item's key: one function for both sides, or a pair of them. None: the passport's key counts,
            and items without one form one group.
        how: Whether items without a partner are handed on: ``"left"`` those of this stream, ``"inner"`` none.
        max_age: How much older the right item may be, in seconds or as a timedelta; None: any age.
        grace: How much longer is waited for right items, in event time.
        late: A sink, function or Observer that gets the Event of each late item.

    Raises:
        ConfigurationError: If an argument is none of these.

    State: the items that are not decided; of the right ones those that are not older than both watermarks, and of each
        key the newest before, unless it is older than ``max_age``.

    Delivery: a pair holds both records until it is handled; an item that is kept is not settled. So a right item is
        not before a newer one of its key has taken its place, or it has become too old.

    Example:
        >>> def at(minute, value):
        ...     return rs.Event(value, timestamp=datetime(2026, 1, 1, 12, minute, tzinfo=UTC))
        >>> trades, prices = rs.from_history([at(5, "buy")]), rs.from_history([at(1, 99), at(4, 101), at(6, 98)])
        >>> rs.collect(trades.pipe(ops.join_asof(prices)))
        [Joined(key=None, left='buy', right=101)]
    """
    others = inputs("join_asof", (right,))
    keys = key_pair("join_asof", key)
    choice("join_asof", _HOW, how=how)
    oldest = None if max_age is None else duration_ns("join_asof", max_age=max_age)
    rules = _Rules(keys, how, oldest, duration_ns("join_asof", grace=grace), late_sinks("join_asof", late))

    def start(down: Downstream[Joined], _count: int) -> Sequence[Reactions]:
        return _Joining(down, rules).reactions()

    return Operator("join_asof", start_many=start, others=others, passport=True, sinks=rules.late)


_READING: Final = """\
until = slot.time
if until is UNSET or until is None:
    until = time_of_item()
if until + grace < watermarks[place] and let_go(value): skip
"""
# A key that cannot be looked up is an error of its item now, and not when it is decided.
_TAKING_LEFT: Final = f"""\
{_READING}hash(group)
{MAKING_ENTRY}if until + grace < watermarks[1]:
    decide(entry)
else:
    push(opened, entry)
"""
_TAKING: Final = (_TAKING_LEFT, f"{_READING}{KEEPING}")
_LEFT, _RIGHT = 0, 1


class _Joining:
    """One subscription: the left items that are open, and the right ones that may be their newest."""

    def __init__(self, down: Downstream[Joined], rules: _Rules) -> None:
        self._keys, how, self._max_age, self._grace, late = rules
        self._keeps_lone = how == "left"
        self._slot = down.context.slot
        self._down = down
        self._reading = Reading(down, late)
        self._emit = joined_emitter(down)
        # Where nobody below can want no more, an error ends the run; sources that hear no stop are read faster.
        self._ending = down if down.stop is ENDLESS else Ending(down)
        self._told = Told(down)
        self._numbers = count()
        self._tells = down.keeps_event_time
        self._watermarks = [-NEVER, -NEVER]
        #: What is yet to come is not before it.
        self._horizon = -NEVER
        #: Left items, by instant.
        self._open: list[Entry] = []
        #: Right items; those that are over are before all that is to come.
        self._shelf = Shelf()
        #: Of each key the newest of those that are over.
        self._newest: dict[Any, Entry] = {}
        #: The same, by when they are too old.
        self._ageing: list[tuple[int, int, Entry]] = []

    def reactions(self) -> Sequence[Reactions]:
        return [self._reactions(place) for place in (_LEFT, _RIGHT)]

    def _reactions(self, place: int) -> Reactions:
        def on_watermark(watermark: int) -> int:
            self._watermarks[place] = watermark
            self._advance()
            # Whether an item is late depends on every step.
            return watermark + 1

        def on_idle() -> None:
            self._watermarks[place] = NEVER
            if min(self._watermarks) < NEVER:
                self._advance()
            else:
                self._down.idle()

        def on_completed() -> None:
            on_watermark(NEVER)
            if min(self._watermarks) == NEVER:
                self._forget_all()
                self._ending.complete()

        key_of = self._keys[place]
        names = {
            "grace": self._grace,
            "watermarks": self._watermarks,
            "place": place,
            "decide": self._decide,
            "push": heappush,
            "opened": self._open,
            "number": self._numbers.__next__,
            "hold": self._down.hold,
            **self._shelf.names,
        }
        code = "\n".join([*key_lines(key_of), _TAKING[place]])
        return Reactions(
            inline=Inline(code, {**names, **self._reading.names(key_of)}, {}),
            on_completed=on_completed,
            on_watermark=on_watermark,
            on_idle=on_idle,
            on_error=self._ending.fail,
            stop=self._ending.stop,
        )

    def _advance(self) -> None:
        left, right = self._watermarks
        decided, opened, stop = right - self._grace, self._open, self._ending.stop
        while opened and opened[0][BY] < decided and not stop.now:
            self._decide(heappop(opened))
        horizon = min(left, right) - self._grace
        if horizon > self._horizon:
            self._horizon = horizon
            recent, ageing = self._shelf.orderly, self._ageing
            if (recent and recent[0][BY] <= horizon) or (ageing and ageing[0][0] < horizon) or self._shelf.strays:
                self._forget_before(horizon)
            if self._tells and horizon < NEVER - self._grace:
                self._told.tell(horizon)

    def _decide(self, entry: Entry) -> None:
        """Hand a left item on with its partner."""
        time, _, value, key, hold, _ = entry
        line = self._shelf.lines.get(key)
        partner = None if line is None else newest(line, time)
        if partner is not None and self._max_age is not None and time - partner[BY] > self._max_age:
            partner = None
        if partner is not None:
            partner[MATCHED] = True
            self._emit(made_joined(key, value, partner[VALUE]), time, hold, partner[HOLD])
        elif self._keeps_lone:
            self._emit(made_joined(key, value, MISSING), time, hold, None)
        else:
            self._down.context.statistics.dropped += 1
        if hold is not None:
            hold.release()

    def _forget_before(self, horizon: int) -> None:
        """Forget the right items which nothing can need that happens from ``horizon`` on."""
        ageing, max_age = self._ageing, self._max_age
        for entry in self._shelf.over(horizon + 1):
            overtaken = self._newest.get(entry[KEY])
            self._newest[entry[KEY]] = entry
            if overtaken is not None:
                self._forget(overtaken)
            if max_age is not None:
                heappush(ageing, (entry[BY] + max_age, entry[1], entry))
        while ageing and ageing[0][0] < horizon:
            entry = heappop(ageing)[2]
            if self._newest.get(entry[KEY]) is entry:
                del self._newest[entry[KEY]]
                self._forget(entry)

    def _forget(self, entry: Entry) -> None:
        """Take away a right item, before which no one of its key is kept."""
        self._shelf.drop(entry)
        if not entry[MATCHED]:
            self._down.context.statistics.dropped += 1
        if entry[HOLD] is not None:
            entry[HOLD].release()

    def _forget_all(self) -> None:
        # The watermark has left the newest one of each key.
        for entry in self._newest.values():
            self._forget(entry)
