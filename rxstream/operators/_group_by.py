"""Part a stream into one stream a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeVar

from rxstream.core import (
    ENDLESS,
    NEVER,
    UNSET,
    Downstream,
    Inline,
    Operator,
    Reactions,
    Receiver,
    Relay,
    Stop,
    Stream,
    callable_,
    item_key,
    item_time,
    make_event,
    node,
)
from rxstream.operators._group_by_watermark import WatermarkBehind
from rxstream.operators._keyed import undated
from rxstream.state import Forget, Keys, limits_of, refuse_unhashable, telling

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Group(Stream[T_co]):
    """The stream of one key's items, from the moment it is listened to; made by `group_by`.

    Edges: whoever listens later misses what came before, and behind the end hears only of that.

    Args:
        key: What its items share.
        relay: Where they come from.
    """

    def __init__(self, key: Any, relay: Relay) -> None:
        super().__init__(upstream=relay)
        self.key = key
        self.relay = relay

    def __repr__(self) -> str:
        return f"Group({self.key!r})"


def group_by(
    key: Callable[[T], Any] | None = None,
    *,
    ttl: float | timedelta | None = None,
    max_keys: int | None = None,
    on_evict: Callable[[Any, Group[T]], object] | None = None,
) -> Operator[T, Group[T]]:
    """Hand on a `Group` for each new key: the stream of the values that have it.

    .. marble::

        -a-b-a-|
        [ group_by(), flat_map(lambda group: group.pipe(map(str.upper))) ]
        -A-B-A-|

    The group comes first, then its first value. A group that has been silent for more than ``ttl``, or is the least
    recently used of more than ``max_keys``, completes, then ``on_evict`` hears of it; its key's next value begins
    another. The end of the source completes every group, oldest first, then the stream; an error does likewise.

    A group is hot: who subscribes late misses what came before, who subscribes again gets what comes from then on.
    Values of a group to which nobody listens (any more) are dropped. Where no further groups are wanted, behind
    ``take`` for instance, those that are listened to go on until they, too, are not wanted any more.

    Watermarks reach the operators in groups; where ``flat_map`` merges groups, the watermark waits for what these
    operators keep.

    Args:
        key: Finds a value's key, which enters its passport; None: the passport's key counts.
        ttl: Event time: for how long a key may be silent, in seconds or as a timedelta. Without a watermark the
            greatest timestamp counts, or the run's clock where a value has none.
        max_keys: How many groups there may be at a time.
        on_evict: ``f(key, group)``, called for each group that expires or is evicted, not at the end of the stream.

    Raises:
        ConfigurationError: If an argument is not what it must be.

    State: one group a key.

    Delivery: values stay their own records; a group itself is none, and holds none. A dropped value is settled at
    once. A foreign operator that may keep records is refused in ``flat_map``, when the first group of it begins.

    Example:
        >>> words = rs.from_iterable(["ant", "bee", "ape"])
        >>> counted = ops.flat_map(lambda group: group.pipe(ops.scan(lambda n, _: n + 1, 0)))
        >>> rs.collect(words.pipe(ops.group_by(lambda word: word[0]), counted))
        [1, 1, 2]
    """
    if key is not None:
        callable_("group_by", key=key)
    limits = limits_of("group_by", max_keys=max_keys, on_evict=on_evict, ttl=ttl)

    def start(down: Downstream[Group[T]]) -> Reactions:
        groups = _Groups(down)
        if limits is None:
            return _kept(groups, key)
        keys = Keys(limits, groups.forgetting(on_evict))
        return _kept_while_used(groups, key, keys, undated(limits, down))

    return node("group_by", start, passport=True)


_HAND_OVER: Final = """
try:
    relay = relays[group]
except TypeError:
    refuse_unhashable("group_by", "a key", group)
    raise
relay.on_next(value)
"""


def _kept(groups: _Groups, key: Callable[[Any], Any] | None) -> Reactions:
    """What is done where no group is ever forgotten: little enough to be pasted."""
    relays, slot = groups.relays, groups.slot

    def on_next(value: Any) -> None:
        if key is None:
            group = item_key(slot)
        else:
            slot.key = group = key(value)
        try:
            relay = relays[group]
        except TypeError:
            refuse_unhashable("group_by", "a key", group)
            raise
        relay.on_next(value)

    find = "group = item_key(slot)" if key is None else "slot.key = group = key_of(value)"
    bindings = {"relays": relays, "refuse_unhashable": refuse_unhashable, "item_key": item_key, "key_of": key}
    return groups.reactions(on_next, inline=Inline(f"{find}{_HAND_OVER}", bindings, {}))


def _kept_while_used(
    groups: _Groups, key: Callable[[Any], Any] | None, keys: Keys, instant: Callable[[], int]
) -> Reactions:
    """What is done where groups are forgotten: a use of its group is noted for each value."""
    slot, find = groups.slot, keys.find

    def on_next(value: Any) -> None:
        if key is None:
            found = item_key(slot)
        else:
            slot.key = found = key(value)
        time = slot.time
        if time is UNSET or time is None:
            time = instant()
        try:
            known = find(found, time)
        except TypeError:
            refuse_unhashable("group_by", "a key", found)
            raise
        if known is not None:
            known.state.relay.on_next(value)
        elif groups.are_wanted:
            group = groups.made(found)
            keys.add(found, group, time)
            groups.hand_on(group)
            group.relay.on_next(value)
        else:
            groups.unheard(value)

    return groups.reactions(on_next, advance=keys.advance)


class _Relays(dict[Any, Relay]):
    """Relays by key; one that is missing is begun."""

    __slots__ = ("_begin",)

    def __init__(self, begin: Callable[[Any], Relay]) -> None:
        super().__init__()
        self._begin = begin

    def __missing__(self, key: Any) -> Relay:
        return self._begin(key)


class _Groups:
    """The groups of one subscription: what they are told, and for how long they are wanted."""

    def __init__(self, down: Downstream[Any]) -> None:
        self.down = down
        self.slot = down.context.slot
        self.relays = _Relays(self._begun)
        #: Takes the values of keys that get no group any more.
        self._nobody = Relay(self)
        self._listeners = 0
        self._stop = ENDLESS if down.stop is ENDLESS else Stop()
        down.stop.listen(self._look_who_listens)
        self._watermark = -NEVER
        #: From which watermark on groups want to hear of it.
        self._wanted = -NEVER
        self._behind = WatermarkBehind(down)
        self._timed: dict[Relay, None] = {}

    def reactions(
        self,
        on_next: Callable[[Any], None],
        *,
        inline: Inline | None = None,
        advance: Callable[[int], None] | None = None,
    ) -> Reactions:
        """Say how to take values, and what watermarks do besides being handed on."""

        def on_watermark(watermark: int) -> int:
            self._tell_groups(watermark)
            if advance is not None:
                advance(watermark)
            self._behind.on_watermark(watermark)
            # Whoever begins to listen to a group may want to hear of the very next one.
            return watermark + 1

        return Reactions(
            on_next,
            on_completed=self._on_completed,
            on_watermark=on_watermark,
            on_error=self._on_error,
            stop=self._stop,
            inline=inline,
        )

    # Values

    @property
    def are_wanted(self) -> bool:
        """Whether further groups are."""
        return not self.down.stop.now

    def made(self, key: Any) -> Group[Any]:
        """Make the group of a key."""
        return Group(key, Relay(self, tracks=self.slot.tracks))

    def hand_on(self, group: Group[Any]) -> None:
        """Hand on a group in the name of no record: its first one would stay unsettled for as long as it lives."""
        slot = self.slot
        event = make_event(group, group.key, item_time(slot), (), None)
        self.relays[group.key] = group.relay
        saved = slot.save()
        slot.clear()
        slot.event = event
        try:
            self.down.emit(group)
        finally:
            slot.restore(saved)

    def _begun(self, key: Any) -> Relay:
        if not self.are_wanted:
            return self._nobody
        group = self.made(key)
        self.hand_on(group)
        return group.relay

    # What relays say

    def unheard(self, _value: Any) -> None:
        """Let go of a value to whose group nobody listens."""
        self.down.context.statistics.dropped += 1

    def begun(self, relay: Relay, receiver: Receiver) -> None:
        """Somebody listens to a group from now on, and may want to know how late it is."""
        self._listeners += 1
        if receiver.watermarks:
            self._timed[relay] = None
            if self._watermark > -NEVER:
                self._wanted = min(self._wanted, receiver.on_watermark(self._watermark))

    def left(self, relay: Relay) -> None:
        """Somebody does not listen to a group any more."""
        self._listeners -= 1
        if not relay.watermarks:
            self._timed.pop(relay, None)
        self._look_who_listens()

    def awaited(self, receiver: Receiver) -> Receiver:
        """Let the watermark downstream wait for what is made of a group, where that may be kept on the way."""
        return self._behind.waiting_for(receiver) if self.down.keeps_event_time else receiver

    def _look_who_listens(self) -> None:
        if self.down.stop.now and not self._listeners:
            self._stop.set()

    # Time, and the end

    def _tell_groups(self, watermark: int) -> None:
        self._watermark = watermark
        if watermark >= self._wanted:
            self._wanted = NEVER
            for relay in tuple(self._timed):
                self._wanted = min(self._wanted, relay.on_watermark(watermark))

    def forgetting(self, on_evict: Forget | None) -> Forget:
        """Make the function that ends a group, and tells of it."""
        # An error of on_evict that ends the stream ends the groups too.
        ending = replace(self.down.below, on_error=self._on_error)
        tell = telling(on_evict, Downstream("group_by", ending, self.down.context))

        def forget(key: Any, group: Group[Any]) -> None:
            saved = self.slot.save()
            self.slot.clear()
            try:
                # What its operators hand on at its end has nothing to do with the value being worked on.
                self.relays.pop(key).on_completed()
            finally:
                self.slot.restore(saved)
            if tell is not None:
                tell(key, group)

        return forget

    def _on_completed(self) -> None:
        for relay in tuple(self.relays.values()):
            relay.on_completed()
        self.down.complete()

    def _on_error(self, error: BaseException) -> None:
        for relay in tuple(self.relays.values()):
            relay.on_error(error)
        self.down.fail(error)
