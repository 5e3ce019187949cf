"""What is made of one item of each of several inputs: its passport, and the delivery of all its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from rxstream.core import UNSET, Batch, Downstream, Event, Hold, Partitions, Slot, make_event

#: An item that is kept: its value, its record and the record's batch, the key and time that operators said of it, and
#: the hold under which it came. A plain tuple, as one is made for every item.
Part: TypeAlias = tuple[Any, Any, Batch | None, Any, Any, Hold | None]


def kept(slot: Slot, value: Any) -> Part:
    """Keep the item that the slot names."""
    part = _part(slot, value)
    keep(part)
    return part


def keep(part: Part) -> None:
    """Let a part's record stay unsettled until it is let go."""
    _, event, batch, _, _, hold = part
    if hold is not None:
        hold.again()
    elif batch is not None and batch.tracks:
        batch.pin(event, False)


def let_go(part: Part) -> None:
    """Keep a part no longer."""
    _, event, batch, _, _, hold = part
    if hold is not None:
        hold.release()
    elif batch is not None and batch.tracks:
        batch.unpin(event, False)


def _part(slot: Slot, value: Any) -> Part:
    return (value, slot.event, slot.batch, slot.key, slot.time, slot.hold)


class Newest:
    """The newest item of each of several inputs, kept until the next one comes.

    Args:
        slot: Names the items.
        count: How many inputs there are.
    """

    __slots__ = ("_slot", "parts")

    def __init__(self, slot: Slot, count: int) -> None:
        self._slot = slot
        self.parts: list[Any] = [None] * count

    def take(self, place: int, value: Any) -> None:
        """Keep the item that the slot names; the one before is overtaken."""
        overtaken, self.parts[place] = self.parts[place], kept(self._slot, value)
        if overtaken is not None:
            # Overtaken is handled: unsettled, the broker would send it again for ever.
            let_go(overtaken)

    def let_go(self) -> None:
        """Keep nothing any more."""
        for part in self.parts:
            if part is not None:
                let_go(part)


class Joint:
    """A batch whose records are the parts of one item each: what becomes of the item becomes of all of them.

    So sinks and awaited calls below count against the limits of all sources, as they do without it.

    Args:
        batches: The parts' own.
        lift: Makes the Event of what was made of the parts.
    """

    __slots__ = ("batches", "lift", "tracks")

    partitions: Partitions | None = None

    def __init__(self, batches: Sequence[Batch | None], lift: Callable[[Any], Event[Any]]) -> None:
        self.batches = batches
        self.lift = lift
        self.tracks = any(batch.tracks for batch in batches if batch is not None)

    def pin(self, record: Sequence[Part], waiting: bool) -> None:
        """Keep all parts unsettled."""
        for _, event, batch, _, _, hold in record:
            if hold is not None:
                hold.again()
            elif batch is not None:
                batch.pin(event, waiting)

    def unpin(self, record: Sequence[Part], waiting: bool) -> None:
        """Take one pin on each part back."""
        for _, event, batch, _, _, hold in record:
            if hold is not None:
                hold.release()
            elif batch is not None:
                batch.unpin(event, waiting)

    def hold_all(self) -> None:
        """Keep the parts' batches unsettled."""
        for batch in self.batches:
            if batch is not None:
                batch.hold_all()

    def release_all(self) -> None:
        """Take one hold on each of the parts' batches back."""
        for batch in self.batches:
            if batch is not None:
                batch.release_all()


def emitter(down: Downstream[Any], count: int) -> Callable[[tuple[Part, ...]], bool]:
    """Make the function that hands on the tuple of its parts' values, on behalf of all parts.

    They must be kept by then; it says whether any of them has to be let go. The tuple's key is theirs where all agree,
    its timestamp that of the latest.

    Args:
        down: Those below.
        count: How many parts there are.
    """
    slot, hand_on = down.context.slot, down.emit
    joint = Joint((None,) * count, tuple_event)

    def emit(parts: tuple[Part, ...]) -> bool:
        nonlocal joint
        joint = _joint_of(parts, joint)
        saved = slot.save()
        slot.key = slot.time = slot.headers = UNSET
        try:
            is_held = _hand_on(hand_on, tuple([part[0] for part in parts]), slot, parts, joint)
        finally:
            slot.restore(saved)
        return is_held or joint.tracks

    def emit_pair(parts: tuple[Part, ...]) -> bool:
        # What happens most, without a loop: of two items nothing is said but by their sources.
        one, two = parts
        first, second = joint.batches
        if (
            one[2] is not first
            or two[2] is not second
            or not (one[5] is two[5] is None and slot.key is slot.time is slot.headers is UNSET)
        ):
            return emit(parts)
        event, batch, slot.event, slot.batch = slot.event, slot.batch, parts, joint
        try:
            hand_on((one[0], two[0]))
        finally:
            slot.event, slot.batch = event, batch
        return joint.tracks

    return emit_pair if count == 2 else emit


def follower(down: Downstream[Any]) -> Callable[[Any, Sequence[Part]], None]:
    """Make the function that hands on the tuple of an item and of parts that it has been given, on behalf of all.

    The item is the one that the slot names: its passport is the tuple's.
    """
    slot, hand_on = down.context.slot, down.emit
    joint = Joint((), _leader_event)

    def emit(value: Any, given: Sequence[Part]) -> None:
        nonlocal joint
        values = (value, *[part[0] for part in given])
        if not any(map(_has_to_be_held, given)):
            hand_on(values)
            return
        parts = (_part(slot, value), *given)
        joint = _joint_of(parts, joint)
        event, batch, hold = slot.event, slot.batch, slot.hold
        try:
            _hand_on(hand_on, values, slot, parts, joint)
        finally:
            slot.event, slot.batch, slot.hold = event, batch, hold

    return emit


def _hand_on(hand_on: Callable[[Any], None], value: Any, slot: Slot, parts: tuple[Part, ...], joint: Joint) -> bool:
    """Hand a value on as the record ``parts`` of a joint batch; whether some part came under a hold."""
    slot.event, slot.batch, slot.hold = parts, joint, None
    if not any(part[5] for part in parts):
        hand_on(value)
        return False
    # What came under a hold is no matter of whole batches.
    slot.hold = under = Hold(slot, waiting=False)
    hand_on(value)
    under.release()
    return True


def _has_to_be_held(part: Part) -> bool:
    return part[5] is not None or (part[2] is not None and part[2].tracks)


def _joint_of(parts: tuple[Part, ...], latest: Joint) -> Joint:
    """The joint batch of parts: the latest one, as long as their batches are the same."""
    batches = tuple([part[2] for part in parts])
    return latest if batches == latest.batches else Joint(batches, latest.lift)


def _leader_event(parts: tuple[Part, ...]) -> Event[Any]:
    """The first one's source event."""
    _, event, batch, _, _, _ = parts[0]
    found: Event[Any] = event if batch is None else batch.lift(event)
    return found


def tuple_event(parts: Sequence[Part]) -> Event[tuple[Any, ...]]:
    """The Event of the tuple of parts: the key that all share, and the timestamp of the latest."""
    events = [_leader_event((part,)) for part in parts]
    keys = [event.key if part[3] is UNSET else part[3] for event, part in zip(events, parts, strict=True)]
    times = [event.timestamp_ns if part[4] is UNSET else part[4] for event, part in zip(events, parts, strict=True)]
    latest = max((time for time in times if time is not None), default=None)
    return make_event(tuple([part[0] for part in parts]), agreed(keys), latest, (), None)


def agreed(keys: Sequence[Any]) -> Any:
    """The key that all share, or None."""
    return keys[0] if all(key == keys[0] for key in keys) else None
