"""One state a key for each stretch of time, in plain dicts: most items find theirs without a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from rxstream.core import NEVER, Downstream, Reactions
from rxstream.operators._window_subscription import taking
from rxstream.operators.agg import Aggregate


class Stretches(Protocol):
    """Open stretches of one subscription.

    ``start`` and ``end`` bound the one of the latest item, which is likely the next one's too, and ``states`` are its.
    """

    start: int
    end: int
    states: dict[Any, Any]

    def turn_to(self, instant: int, value: Any) -> bool:
        """Find the stretch of an instant; False: it is over, and the item was late."""

    def begin(self, key: Any) -> Any:
        """Make the state of a key that has none in the present stretch; it is put there with its first item."""

    def hold(self, key: Any) -> None:
        """Keep the item of a key that the slot names."""

    def close(self, watermark: int) -> int:
        """Close what ends by a watermark, which is less the grace; say by which one something ends next."""


#: What is done with every item.
_ADDING: Final = """\
if not stretches.start <= instant < stretches.end and not turn_to(instant, value): skip
state = stretches.states.get(group, UNSET)
if state is UNSET:
    state = begin(group)
stretches.states[group] = {add}
under = slot.batch if slot.hold is None else slot.hold
if under is not None and under.tracks:
    hold(group)"""


def adding(
    stretches: Stretches, down: Downstream[Any], key: Callable[[Any], Any] | None, aggregate: Aggregate, grace: int
) -> Reactions:
    """Make the reactions of a subscription that adds each item to one state."""
    names = {"stretches": stretches, "turn_to": stretches.turn_to, "begin": stretches.begin, "hold": stretches.hold}

    def on_watermark(watermark: int) -> int:
        # Only a boundary changes anything.
        due = stretches.close(watermark - grace)
        return min(due, down.watermark(watermark - grace)) + grace

    def on_completed() -> None:
        stretches.close(NEVER)
        down.complete()

    inline = taking(down, key, _ADDING.format(add=aggregate.step), **names, **aggregate.names)
    return Reactions(inline=inline, on_completed=on_completed, on_watermark=on_watermark)
