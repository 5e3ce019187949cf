"""What a run was asked for, checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rxstream.core import NEVER, Pipeline, callable_, instant_argument
from rxstream.errors import ConfigurationError
from rxstream.runtime._pipelines import goes_live, has_past, is_only_ticking, with_branches

if TYPE_CHECKING:
    from rxstream.runtime._report import Outcome
    from rxstream.runtime._run import Run

Job = Callable[[], Coroutine[Any, Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of a run, as they were given."""

    start: datetime | None = None
    until: datetime | None = None
    speed: float | None = None
    on_live: Callable[[], Any] | None = None
    progress: bool | None = None
    shutdown: float = 30.0


class Options:
    """What was asked for, checked; instants are nanoseconds.

    Args:
        given: Pipelines and coroutine functions.
        asked: The options.
    """

    def __init__(self, given: tuple[Any, ...], asked: Asked) -> None:
        _check_given(given)
        self.pipelines = with_branches([made for made in given if isinstance(made, Pipeline)])
        _refuse_twins(self.pipelines)
        self.jobs: list[Job] = [made for made in given if not isinstance(made, Pipeline)]
        self.shutdown = _shutdown(asked.shutdown)
        self.progress = asked.progress
        self.start = None if asked.start is None else instant_argument("run", "start", asked.start)
        self.until = NEVER if asked.until is None else instant_argument("run", "until", asked.until)
        self.speed = _speed(asked.speed)
        self.on_live = asked.on_live
        if asked.on_live is not None and not callable(asked.on_live):
            callable_("run", on_live=asked.on_live)
        if self.start is not None and self.until <= self.start:
            raise ConfigurationError(
                f"run: until must come after start; got {asked.until} and {asked.start}. Exchange them."
            )
        #: Whether it goes on for as long as anything is left, timers that never end included.
        self.exhausts = not self.jobs and is_only_ticking(self.pipelines)
        self.live = goes_live(self.pipelines)
        self.has_past = has_past(self.pipelines)
        #: Whether there is virtual time: because of a past, or because nothing is live.
        self.replays = self.has_past or not self.live or self.start is not None

    async def execute(self, started: Callable[[Run], None]) -> Outcome:
        """Run, on the loop that runs here."""
        from rxstream.runtime._progress import shown_progress
        from rxstream.runtime._run import Run

        made = Run(self)
        started(made)
        with shown_progress(made, self):
            return await made.execute()


def _check_given(given: tuple[Any, ...]) -> None:
    for candidate in given:
        if not isinstance(candidate, Pipeline) and not inspect.iscoroutinefunction(candidate):
            raise ConfigurationError(
                f"run: needs pipelines; got {candidate!r}. End a stream in a sink, stream.to(…), "
                "or give a coroutine function."
            )
    if not given:
        raise ConfigurationError("run: needs at least one pipeline; got none. End a stream in a sink: stream.to(…).")


def _shutdown(shutdown: Any) -> float:
    if not isinstance(shutdown, int | float) or shutdown < 0:
        raise ConfigurationError(f"run: shutdown must be seconds, not negative; got {shutdown!r}. 30 is the default.")
    return shutdown


def _speed(speed: Any) -> float | None:
    if speed is None:
        return None
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not speed > 0:
        raise ConfigurationError(
            f"run: speed must be greater than zero; got {speed!r}. 10 is ten times the wall's; leave it out for as "
            "fast as possible."
        )
    return speed


def _refuse_twins(pipelines: list[Pipeline]) -> None:
    names = [pipeline.name for pipeline in pipelines if pipeline.name is not None]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(
                f"run: pipelines of one run must have different names; got {name!r} twice. Rename one."
            )
