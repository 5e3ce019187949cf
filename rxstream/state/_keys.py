"""What is remembered of each key, and when it is forgotten: after a silence, or for the sake of a newer key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from rxstream.core import (
    FAILURES,
    NEVER,
    UNSET,
    Downstream,
    Hold,
    callable_,
    make_event,
    positive_count,
    positive_duration_ns,
)
from rxstream.errors import ConfigurationError, StreamError

#: Longer than any two instants are apart.
_FOR_EVER: Final = 2 * NEVER
#: Hears of a key that has just been forgotten, and of what was remembered of it.
Forget = Callable[[Any, Any], object]


@dataclass(frozen=True, slots=True)
class Limits:
    """For how long, and how many keys are remembered.

    Args:
        ttl: A key silent for more than so many nanoseconds is forgotten; None: silence does not matter.
        max_keys: How many keys there may be; None: any number.
    """

    ttl: int | None
    max_keys: int | None


def limits_of(
    who: str, *, max_keys: int | None, on_evict: Forget | None = None, **silence: float | timedelta | None
) -> Limits | None:
    """Check the arguments that an operator was given; None: nothing is ever to be forgotten.

    Args:
        who: The operator.
        max_keys: How many keys there may be.
        on_evict: The user's function that hears of forgotten keys.
        silence: One duration, under the name that the operator has for it.

    Raises:
        ConfigurationError: If one is not what it must be, or ``on_evict`` stands alone.
    """
    ((name, given),) = silence.items()
    ttl = None if given is None else positive_duration_ns(who, **{name: given})
    if max_keys is not None:
        positive_count(who, max_keys=max_keys)
    if on_evict is not None:
        callable_(who, on_evict=on_evict)
    if ttl is not None or max_keys is not None:
        return Limits(ttl, max_keys)
    if on_evict is not None:
        raise ConfigurationError(
            f"{who}: on_evict must have something to hear of; got neither {name} nor max_keys, so that nothing is "
            "ever forgotten. Give one of them, or leave on_evict out."
        )
    return None


class Known:
    """What is known of one key: its state, and its greatest instant."""

    __slots__ = ("last", "state")

    def __init__(self, state: Any, last: int) -> None:
        self.state = state
        self.last = last


class Keys:
    """What is known by key, in the order of the keys' last use.

    A key's last instant is the greatest at which it was used. An item finds its key forgotten if its own instant is
    more than the ttl after that. Other silent keys are looked for at the end of those least recently used, as long as
    one is found there: by the watermark, or, before there is one, by the greatest instant of an item. So a step costs
    no more than what it forgets.

    Edges: a key is gone before ``forget`` hears of it, also if that raises; what else was to be forgotten in the same
    step is then still there, for the next one.

    Args:
        limits: When a key is forgotten.
        forget: Hears of every forgotten key, once.
    """

    __slots__ = ("_due", "_first", "_forget", "_greatest", "_has_watermark", "_known", "_most", "_ordered", "_ttl")

    def __init__(self, limits: Limits, forget: Forget | None = None) -> None:
        self._ttl: Final = _FOR_EVER if limits.ttl is None else limits.ttl
        self._most: Final = NEVER if limits.max_keys is None else limits.max_keys
        self._forget: Final = forget
        # A plain dict that is emptied at its front is walked through from its beginning for each key taken there.
        self._known: OrderedDict[Any, Known] = OrderedDict()
        #: Up to when, at least, the least recently used key may stay.
        self._due = _FOR_EVER
        self._greatest = -NEVER
        self._has_watermark = False
        #: Whether every use was at the greatest instant so far. Then the order of use is that of the last instants,
        #: and who comes first is looked up only when somebody is due.
        self._ordered = True
        self._first: Known | None = None

    def __len__(self) -> int:
        return len(self._known)

    def find(self, key: Any, instant: int) -> Known | None:
        """Use a key at an item's instant; None: it is not known, or was forgotten just now.

        Raises:
            TypeError: If the key cannot be one.
        """
        if instant >= self._greatest:
            self._greatest = instant
        elif self._ordered:
            self._ordered = False
            self._look_at_first()
        if self._greatest > self._due and not self._has_watermark:
            self._forget_silent(self._greatest)
        known = self._known.get(key)
        if known is None:
            return None
        if instant > known.last:
            if instant - known.last > self._ttl:
                self._let_go(key)
                return None
            known.last = instant
        self._known.move_to_end(key)
        if known is self._first:
            self._look_at_first()
        return known

    def add(self, key: Any, state: Any, instant: int) -> None:
        """Remember a key that `find` has not found; others may be forgotten for it."""
        while len(self._known) >= self._most:
            self._let_go(next(iter(self._known)))
        self._known[key] = Known(state, instant)
        self._due = min(self._due, instant + self._ttl)
        if not self._ordered and self._first is None:
            self._look_at_first()

    def advance(self, watermark: int) -> None:
        """Forget who has been silent for too long at a watermark."""
        self._has_watermark = True
        if watermark > self._due:
            self._forget_silent(watermark)

    def _forget_silent(self, now: int) -> None:
        while self._known:
            key, known = next(iter(self._known.items()))
            self._due = known.last + self._ttl
            if now <= self._due:
                return
            self._let_go(key)
        self._due = _FOR_EVER

    def _let_go(self, key: Any) -> None:
        known = self._known.pop(key)
        if known is self._first:
            self._look_at_first()
        if self._forget is not None:
            self._forget(key, known.state)

    def _look_at_first(self) -> None:
        if not self._ordered:
            self._first = next(iter(self._known.values()), None)
            self._due = _FOR_EVER if self._first is None else self._first.last + self._ttl


def telling(on_evict: Forget | None, down: Downstream[Any]) -> Forget | None:
    """Make of a user's ``on_evict`` one that never raises: its error is that of the item being worked on.

    Where there is none, because time goes on without an item, it is that of an Event of the key and its state.
    """
    if on_evict is None:
        return None
    slot = down.context.slot

    def tell(key: Any, state: Any) -> None:
        try:
            on_evict(key, state)
        except FAILURES as error:
            report = partial(down.failed, error)
            if slot.event is UNSET:
                Hold.joint(make_event(state, key, None, (), None), ()).emit(report, (key, state))
            else:
                report((key, state))

    return tell


def refuse_unhashable(who: str, what: str, key: Any) -> None:
    """Say what is wrong with a key that could not be looked up.

    Raises:
        StreamError: If it cannot be hashed.
    """
    try:
        hash(key)
    except TypeError:
        raise StreamError(
            f"{who}: {what} must be hashable, so that it can be remembered; got {key!r}. "
            "Give a key= that makes text, a number or a tuple of it."
        ) from None
