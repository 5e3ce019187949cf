"""What comes of two sides: a pair, or one of them and the word that the other is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rxstream.core import UNSET, Downstream, Event, Hold, LooseBatch, make_event


class Missing:
    """The type of ``rs.MISSING``: the side that is not there, which ``None`` and every other value is not."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        # Copied or read from a pickle it is the same object.
        return "MISSING"


MISSING: Final = Missing()


@dataclass(frozen=True, slots=True)
class Joined:
    """Two sides that belong together.

    Args:
        key: The key they share; None where they have none.
        left: The value of the left side, or ``rs.MISSING``.
        right: The value of the right side, or ``rs.MISSING``.
    """

    key: Any
    left: Any
    right: Any


class Making:
    """A `Joined` while it is made: of the same shape, and not frozen yet.

    It becomes one when it is given that class, for a third of what the constructor of something frozen takes.
    """

    __slots__ = ("key", "left", "right")

    key: Any
    left: Any
    right: Any


def made_joined(key: Any, left: Any, right: Any) -> Joined:
    """Make what is joined."""
    made: Any = Making()
    made.key, made.left, made.right = key, left, right
    made.__class__ = Joined
    joined: Joined = made
    return joined


def _event_of(record: tuple[Joined, int]) -> Event[Joined]:
    joined, time = record
    return make_event(joined, joined.key, time, (), None)


#: What is joined, and its instant, as a record that nobody tracks; its Event is made when somebody asks.
LOOSE: Final = LooseBatch(_event_of)


def joined_emitter(down: Downstream[Joined]) -> Callable[[Joined, int, Hold | None, Hold | None], None]:
    """Make the function that hands on what was joined, at an instant, on behalf of its parts.

    Their holds stay with whoever gives them. The passport has the key and the instant.
    """
    slot, hand_on = down.context.slot, down.emit

    def emit(joined: Joined, time: int, one: Hold | None, two: Hold | None) -> None:
        if one is not None or two is not None:
            held = [hold.again() for hold in (one, two) if hold is not None]
            hold = Hold.joint(make_event(joined, joined.key, time, (), None), held)
            hold.emit(hand_on, joined)
            hold.release()
            return
        saved = slot.save()
        slot.event, slot.batch, slot.hold = (joined, time), LOOSE, None
        slot.key, slot.time, slot.headers = joined.key, time, UNSET
        try:
            hand_on(joined)
        finally:
            slot.restore(saved)

    return emit
