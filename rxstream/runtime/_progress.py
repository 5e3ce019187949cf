"""A line of counts that keeps changing, for who watches a run in a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

from rxstream.runtime._report import Report

_PERIOD: Final = 0.25


@contextlib.contextmanager
def shown_progress(report: Callable[[], Report]) -> Iterator[None]:
    """Show the counts of a run while the block lasts; nothing where the error output is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    showing = asyncio.get_running_loop().create_task(_show(report))
    try:
        yield
    finally:
        showing.cancel()
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


async def _show(report: Callable[[], Report]) -> None:
    before, then = 0, time.monotonic()
    while True:
        await asyncio.sleep(_PERIOD)
        now = report()
        received, instant = sum(entry.received for entry in now.pipelines), time.monotonic()
        rate = (received - before) / (instant - then)
        before, then = received, instant
        sys.stderr.write(f"\r\x1b[K{_line(now, rate)[:79]}")
        sys.stderr.flush()


def _line(report: Report, rate: float) -> str:
    counts = {
        name: sum(getattr(entry, name) for entry in report.pipelines)
        for name in ("received", "emitted", "late", "failed")
    }
    told = [f"{count:,} {name}" for name, count in counts.items() if count or name in {"received", "emitted"}]
    return f"{', '.join(told)}  {rate:,.0f}/s  at {report.ended:%Y-%m-%d %H:%M}".replace(",", " ").replace("  ", "  ")
