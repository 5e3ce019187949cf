"""What a run offers to those who work in it: its clock, its handling of failed items, its tasks."""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol

from rxstream.core._passport import Slot
from rxstream.core._receiver import Receiver
from rxstream.core._scheduler import StreamScheduler
from rxstream.core._timekeeper import Timekeeper

#: What a user's function may raise as an error of its item. KeyboardInterrupt and SystemExit pass.
FAILURES: Final = (Exception, CancelledError)


def is_cancelled(error: BaseException) -> bool:
    """Whether ``error`` is our own task being cancelled, and not something that a user's function raised."""
    task = asyncio.current_task()
    return isinstance(error, CancelledError) and task is not None and task.cancelling() > 0


class Halt(BaseException):
    """Ends a pass at once: an error was not handled. Never an error of its own, so no `except Exception` takes it."""


class Pause(BaseException):
    """Interrupts a pass before a record: coroutines have to have their turn before time goes on to its instant.

    Args:
        at: The record's instant, in nanoseconds.
    """

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class Gate:
    """Keeps what is live waiting until the past is done everywhere."""

    def __init__(self, *, is_open: bool) -> None:
        self.is_open = is_open
        self._waiting: list[Callable[[], None]] = []

    def when_open(self, act: Callable[[], None]) -> None:
        """Do ``act`` once it is open."""
        if self.is_open:
            act()
        else:
            self._waiting.append(act)

    def open(self) -> None:
        """Let everything pass, those first who have waited."""
        self.is_open = True
        while self._waiting:
            self._waiting.pop(0)()


@dataclass(slots=True)
class Statistics:
    """What happened to one pipeline's items so far."""

    received: int = 0
    emitted: int = 0
    dropped: int = 0
    late: int = 0
    failed: int = 0
    retried: int = 0
    dead_lettered: int = 0
    committed: int = 0


class RetryPolicy(Protocol):
    """Says whether what has failed is tried again, and when."""

    def wait_before(self, error: BaseException, attempts: int) -> float | None:
        """Seconds to wait for the next attempt after so many; None: there is none."""


class StageRetries(Protocol):
    """The items of one stage that are tried again, or wait behind one of their key that is."""

    #: What the stage reports its failures to.
    context: Context

    def around(self, stage: Receiver) -> Receiver:
        """The receiver that stands in the stage's place."""


class Retrying(RetryPolicy, Protocol):
    """The policy of a pipeline, and what keeps it at each stage."""

    def at(self, below: Receiver, context: Context) -> StageRetries:
        """Make what tries again the items of the stage that hands on to ``below``."""


class Context(Protocol):
    """One pipeline (or one plain subscription) while it runs."""

    slot: Slot
    scheduler: StreamScheduler
    statistics: Statistics
    #: The clock of foreign sources, which are live, and where their items wait for the past to be done.
    wall: StreamScheduler
    gate: Gate
    #: Whether what is attached comes at its instants, and not at once.
    paces: bool
    #: What is called behind whatever a foreign source pushes; None: nothing is to be done there.
    catch_up: Callable[[], None] | None
    #: Whose timers carry items.
    pending: list[str]
    #: How failed items are tried again; None: they are not.
    retrying: Retrying | None

    @property
    def keeper(self) -> Timekeeper:
        """Whose clock the user's functions see."""

    def failed(self, error: BaseException, operator: str, item: Any, below: Receiver) -> None:
        """Deal with the failure of the item that the slot names.

        Returning means that the next item may come; raising `Halt`, that none may.
        """

    def catching(self, handler: Any) -> Context:
        """The context of what stands above an operator whose handler is asked first."""

    def source_failed(self, error: BaseException, below: Receiver) -> None:
        """Deal with the end of a source by an error."""

    def receiver(self, sink: Any) -> Receiver:
        """The receiver of a sink that one of the operators names."""

    def post(self, act: Callable[[], None]) -> None:
        """Do ``act`` on the run's own thread, soon."""

    def when_stopped(self, flush: Callable[[], None]) -> None:
        """Call ``flush`` where the run is stopped before the end of its sources, as more will not come."""

    def attach(self, connections: Any) -> None:
        """Take in `Connections` that a foreign operator asked for while the run was under way."""

    def spawn(self, work: Coroutine[Any, Any, None], name: str, *, real: bool = False) -> None:
        """Start a task that belongs to the run: its end is awaited, its error ends the run.

        ``real``: it talks to the world, so that its time is the wall's.
        """
