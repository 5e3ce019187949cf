"""The context of what stands above an operator with an error handler of its own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from rxstream.core._context import Context, Retrying
from rxstream.core._receiver import Receiver


class Catching:
    """The same run, pipeline and counts; but failed items are somebody else's.

    Args:
        owner: Who does everything else.
        failed: Deals with the failure of an item, as `Context.failed` does.
        retrying: How failed items are tried again before; None: they are not.
    """

    def __init__(
        self,
        owner: Context,
        failed: Callable[[BaseException, str, Any, Receiver], None],
        retrying: Retrying | None = None,
    ) -> None:
        self._owner = owner
        self.failed = failed
        self.retrying = retrying
        self.slot = owner.slot
        self.scheduler = owner.scheduler
        self.statistics = owner.statistics
        self.keeper = owner.keeper
        self.wall = owner.wall
        self.gate = owner.gate
        self.paces = owner.paces
        self.catch_up = owner.catch_up
        self.pending = owner.pending
        # They stay as they are: called, they say what the owner says.
        self.source_failed = owner.source_failed
        self.receiver = owner.receiver
        self.post = owner.post
        self.when_stopped = owner.when_stopped
        self.attach = owner.attach
        self.catching = owner.catching

    def spawn(self, work: Coroutine[Any, Any, None], name: str, *, real: bool = False) -> None:
        """Start a task that belongs to the run."""
        self._owner.spawn(work, name, real=real)
