"""An operator's timer: one thing to do at an instant, which may be put off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rxstream.core._agenda import Work
from rxstream.core._context import Context
from rxstream.core._scheduler import WORK
from rxstream.core._timekeeper import on_time_of

#: Operators that stand so many above others have an order.
_DEEPEST: Final = 1 << 20


class Timer:
    """Does one thing at an instant, on the run's clock; started anew, it is put off (or brought forward).

    Args:
        name: The operator's name.
        context: The run's view of the pipeline.
        depth: How many operators that keep items or wait stand below.
        act: What to do; nothing is named by the slot then.
        carries: Whether items wait for it, so that a run that is stopped waits too, as long as its budget lasts.
    """

    __slots__ = ("_act", "_armed", "_carries", "_context", "_due", "_name", "_rank", "_work")

    def __init__(self, name: str, context: Context, depth: int, act: Callable[[], None], *, carries: bool) -> None:
        self._name = name
        self._context = context
        self._act = act
        self._carries = carries
        self._due: int | None = None
        self._armed = 0
        self._work: Work | None = None
        # At one instant operators nearer the source come first, and all of them before other work.
        self._rank = WORK - min(depth + 1, _DEEPEST) / (_DEEPEST + 1)

    @property
    def is_set(self) -> bool:
        """Whether it is going to do it."""
        return self._due is not None

    def start(self, after: int) -> None:
        """Do it so many nanoseconds from now, and not when it was to be done before."""
        self.start_at(self._context.scheduler.now_ns + after)

    def start_at(self, instant: int) -> None:
        """Do it at an instant, in nanoseconds, and not when it was to be done before."""
        if self._due is None and self._carries:
            self._context.pending.append(self._name)
        self._due = instant
        # Put off, it looks again when it was due before: an item that puts it off costs two comparisons.
        if self._work is None or instant < self._armed:
            self._arm()

    def stop(self) -> None:
        """Do not do it."""
        if self._due is not None:
            self._let_go()
        if self._work is not None:
            self._work.cancel()
            self._work = None

    def _arm(self) -> None:
        if self._work is not None:
            self._work.cancel()
        assert self._due is not None  # noqa: S101 - it has been set
        self._armed = self._due
        self._work = self._context.scheduler.call_at(self._armed, self._ring, self._rank)

    def _let_go(self) -> None:
        self._due = None
        if self._carries:
            self._context.pending.remove(self._name)

    def _ring(self) -> None:
        self._work = None
        if self._due is None:
            return
        if self._due > self._armed:
            self._arm()
            return
        self._let_go()
        on_time_of(self._context.keeper, self._act)
