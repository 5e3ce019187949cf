"""Items that an operator of time keeps for later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rxstream.core import NEVER, Downstream, HeldWatermark, Hold, Mark, Reactions


class Kept:
    """One item kept for later: its value, the hold on its record, and when something is to come of it."""

    __slots__ = ("due", "hold", "mark", "value")

    def __init__(self, value: Any, due: int, hold: Hold, mark: Mark | None) -> None:
        self.value = value
        self.due = due
        self.hold = hold
        self.mark = mark


class Keeper:
    """Keeps items of one subscription unsettled, and the watermark behind them.

    Args:
        down: Where they go in the end.
        waiting: Whether they wait for work, so that their source may have to pause.
    """

    __slots__ = ("_down", "_waiting", "_watermark")

    def __init__(self, down: Downstream[Any], *, waiting: bool = False) -> None:
        self._down = down
        self._waiting = waiting
        self._watermark = HeldWatermark(down) if down.keeps_event_time else None

    @property
    def on_watermark(self) -> Callable[[int], int] | None:
        """What to do with a watermark; None: nobody below wants any."""
        return None if self._watermark is None else self._watermark.on_watermark

    def keep(self, value: Any, due: int = NEVER) -> Kept:
        """Keep the item that the slot names."""
        mark = None if self._watermark is None else self._watermark.mark()
        return Kept(value, due, self._down.hold(waiting=self._waiting), mark)

    def hand_on(self, kept: Kept) -> None:
        """Hand an item on, under its own passport."""
        kept.hold.emit(self._down.emit, kept.value)
        self._let_go(kept)

    def drop(self, kept: Kept) -> None:
        """Let an item go: overtaken is handled; unsettled, the broker would send it again for ever."""
        self._down.context.statistics.dropped += 1
        self._let_go(kept)

    def fail(self, kept: Kept, error: BaseException) -> None:
        """Report that an item failed."""
        kept.hold.emit(lambda value: self._down.failed(error, value), kept.value)
        self._let_go(kept)

    def _let_go(self, kept: Kept) -> None:
        if self._waiting and kept.hold.units > 1:
            # Who keeps it now as a state, does not wait for work.
            kept.hold.stop_waiting()
        kept.hold.release()
        if self._watermark is not None and kept.mark is not None:
            self._watermark.unmark(kept.mark)


class Latest:
    """The newest item of one subscription, kept until it is due, or overtaken.

    At the end it is handed on at once; before an error it is not.
    """

    __slots__ = ("_down", "_keeper", "_kept", "_timer")

    def __init__(self, down: Downstream[Any]) -> None:
        self._down = down
        self._keeper = Keeper(down)
        self._kept: Kept | None = None
        self._timer = down.timer(self.hand_on, carries=True)
        down.stop.listen(self._timer.stop)

    @property
    def due(self) -> int:
        """When the kept item is handed on; `NEVER`: there is none."""
        return NEVER if self._kept is None else self._kept.due

    def keep(self, value: Any, due: int) -> None:
        """Keep the item that the slot names, in the place of the one before."""
        overtaken, self._kept = self._kept, self._keeper.keep(value, due)
        if overtaken is not None:
            self._keeper.drop(overtaken)
        self._timer.start_at(due)

    def hand_on(self) -> None:
        """Hand on what is kept."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            self._keeper.hand_on(kept)

    def reactions(self, on_next: Callable[[Any], None]) -> Reactions:
        """What the operator does with what comes, given what it does with an item."""
        return Reactions(
            on_next,
            on_completed=self._on_completed,
            on_watermark=self._keeper.on_watermark,
            on_error=self._on_error,
        )

    def _on_completed(self) -> None:
        self._timer.stop()
        self.hand_on()
        self._down.complete()

    def _on_error(self, error: BaseException) -> None:
        self._timer.stop()
        self._down.fail(error)
