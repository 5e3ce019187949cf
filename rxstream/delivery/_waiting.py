"""Items that wait for work, for as long as anybody below wants something."""

from __future__ import annotations

from rxstream.core import Hold, Slot, Stop


class WaitingHolds:
    """Keeps items; once no more is wanted they wait no longer, though they stay unsettled.

    Otherwise a source that others read too would find no room any more.

    Args:
        slot: Names the items.
        stop: Says when no more is wanted.
        holder: Who keeps them.
    """

    def __init__(self, slot: Slot, stop: Stop, holder: str) -> None:
        self._holder = holder
        self._slot = slot
        self._held: set[Hold] = set()
        stop.listen(self._stop_waiting)

    def keep(self) -> Hold:
        """Keep the item that the slot names."""
        hold = Hold(self._slot, waiting=True, holder=self._holder)
        self._held.add(hold)
        return hold

    def release(self, hold: Hold) -> None:
        """Let an item go: it is handled."""
        self._held.discard(hold)
        if hold.units > 1:
            # Who keeps it now as a state, does not wait for work.
            hold.stop_waiting()
        hold.release()

    def _stop_waiting(self) -> None:
        for hold in self._held:
            hold.stop_waiting()
        self._held.clear()
