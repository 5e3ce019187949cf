"""How far a run has come, and how fast, as far as that is known."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rxstream.core import NEVER, lineage
from rxstream.runtime._report import Report

if TYPE_CHECKING:
    from rxstream.runtime._options import Options
    from rxstream.runtime._run import Run

#: Looks over which a rate is taken, and over which the speed of a share.
_RECENT: Final = 8
_LONGER: Final = 80
#: Seconds before which nobody can say how long it will take.
_EARLY: Final = 2.0


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a run at one instant.

    Args:
        report: What was done.
        rates: For each pipeline, the records a second that it receives; at the end, that it received.
        share: How much of all that there is to do was done, from 0 to 1; None: not known.
        left: Seconds until the end; None: not known.
        lag: Records that wait at live sources; None: not known.
        replays: Whether the run's clock is another than the wall's.
    """

    report: Report
    rates: tuple[float, ...]
    share: float | None = None
    left: float | None = None
    lag: int | None = None
    replays: bool = False

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self.report.reason != "running"


class Looks:
    """Looks at a run again and again. Any thread may look, one at a time.

    Args:
        run: The run.
        options: What was asked for.
    """

    def __init__(self, run: Run, options: Options) -> None:
        self._run = run
        self._options = options
        self._received: deque[tuple[float, dict[str, int]]] = deque(maxlen=_RECENT)
        self._shares: deque[tuple[float, float]] = deque(maxlen=_LONGER)

    def look(self) -> State:
        """Say what is known now."""
        report = self._run.report()
        replays = self._options.replays and not self._run.scheduler.is_live
        if report.reason != "running":
            return State(report, tuple(_rate(entry.received, report.wall) for entry in report.pipelines))
        rates, share = self._rates(report), self._share()
        return State(report, rates, share, self._left(report.wall, share), self._lag(), replays)

    def _rates(self, report: Report) -> tuple[float, ...]:
        now = time.monotonic()
        began, before = self._received[0] if self._received else (now - report.wall, {})
        self._received.append((now, {entry.name: entry.received for entry in report.pipelines}))
        return tuple(_rate(entry.received - before.get(entry.name, 0), now - began) for entry in report.pipelines)

    def _share(self) -> float | None:
        """The larger share: of the time up to an end that was asked for, and of what sources have."""
        known = [share for share in (self._share_of_time(), self._share_of_sources()) if share is not None]
        return max(known, default=None)

    def _share_of_time(self) -> float | None:
        began, until = self._run.reading.began, self._options.until
        if began is None or not began < until < NEVER:
            return None
        return min(1.0, (self._run.scheduler.now_ns - began) / (until - began))

    def _share_of_sources(self) -> float | None:
        run = self._run
        if run.goes_live or run.is_endless or self._options.jobs:
            return None
        feeds = [made.feed for context in run.contexts for made in lineage(context.pipeline.stream)]
        finite = {id(feed) for feed in feeds if feed is not None and not feed.endless}
        readers = [reader for reader in run.reading.sources if id(reader.intake.feed) in finite]
        extents = [None if reader.extent is None else reader.extent() for reader in readers]
        known = [extent for extent in extents if extent is not None]
        # What begins behind the end of another one is not among the readers yet.
        if len(known) < len(finite) or not (total := sum(total for _, total in known)):
            return None
        ended = [not reader.is_open for reader in readers]
        return sum(most if over else done for over, (done, most) in zip(ended, known, strict=True)) / total

    def _left(self, wall: float, share: float | None) -> float | None:
        if share is None:
            return None
        self._shares.append((wall, share))
        began, before = self._shares[0]
        if wall < _EARLY or share <= before:
            return None
        return (wall - began) / (share - before) * (1.0 - share)

    def _lag(self) -> int | None:
        if not self._run.goes_live:
            return None
        asked = [pump.lag() for pump in self._run.reading.pumps if pump.lag is not None]
        known = [lag for lag in asked if lag is not None]
        return sum(known) if known else None


def _rate(count: int, seconds: float) -> float:
    return count / seconds if seconds > 0 else 0.0
