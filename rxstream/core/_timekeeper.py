"""Whose clock counts for the code that is running."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

from rxstream.core._passport import thread_slot
from rxstream.core._scheduler import StreamScheduler

if TYPE_CHECKING:
    from rxstream.core._known_watermarks import KnownWatermarks


class Timekeeper(Protocol):
    """What has a clock, and can do something later: a run, or a plain subscription.

    Args:
        scheduler: The clock.
        calls: How many calls are waited for.
        watermarks: Those of its streams.
    """

    scheduler: StreamScheduler
    calls: int
    watermarks: KnownWatermarks

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Start a task that belongs to it."""

    def guard(self, act: Callable[[], object]) -> object:
        """Do ``act``, and return what it gives; what it raises ends the run."""


#: What the running code's time comes from.
CURRENT: Final[ContextVar[Timekeeper | None]] = ContextVar("rxstream_timekeeper", default=None)
#: Whether the running code's time is virtual, on a loop that has virtual time.
VIRTUAL: Final[ContextVar[bool]] = ContextVar("rxstream_virtual", default=False)


def timekeeper() -> Timekeeper | None:
    """What the running code's time comes from, or None outside any run."""
    keeper: Timekeeper | None = CURRENT.get() or thread_slot().keeper
    return keeper


def current_scheduler() -> StreamScheduler | None:
    """The clock of the running code, or None outside any run."""
    keeper = timekeeper()
    return None if keeper is None else keeper.scheduler


def keep_time(keeper: Timekeeper | None) -> None:
    """Let the running task's time, and that of all it starts, come from ``keeper``, until somebody says otherwise."""
    CURRENT.set(keeper)
    VIRTUAL.set(False)


def on_time_of(keeper: Timekeeper, act: Callable[[], None]) -> None:
    """Do ``act`` on the time of ``keeper``."""
    if CURRENT.get() is keeper:
        act()
        return
    token = CURRENT.set(keeper)
    try:
        act()
    finally:
        CURRENT.reset(token)
