"""A source while it is checked: read as a run would, each answer looked at."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rxstream.core import Event, Partition
from rxstream.testing._calling import PATIENCE, Rule

#: Seconds of silence after which a source without an end is believed to have nothing more: where it is known what it
#: holds, and where it is not.
_QUIET: Final = 0.2
_SILENT: Final = 1.0
#: Seconds between two reads that gave nothing.
_PAUSE: Final = 0.02
#: How many items are asked for at once: few, so that there are several reads.
MOST: Final = 3
_NO_HARM: Final = "See the cause."

Events = list[Event[Any]]


class ReadSource:
    """One source under check.

    Args:
        source: The source.
        values: What it holds; None: not known yet.
    """

    def __init__(self, source: Any, values: Sequence[Any] | None) -> None:
        self.rule = Rule("check_source", source)
        self.values = values
        self.ended = False
        self._source = source
        self._pending: asyncio.Future[Any] | None = None
        self._last: dict[Partition, int] = {}

    async def open(self, positions: Mapping[Partition, int] | None = None) -> None:
        """Open it, or open it again."""
        self._last, self.ended = {}, False
        await self.rule.called(
            lambda: self._source.open(dict(positions or {})), "open must get ready, also when called again", _NO_HARM
        )

    async def commit(self, positions: Mapping[Partition, int], must: str = "commit must take what was read") -> None:
        """Commit, with no read under way."""
        await self._interrupt()
        await self.rule.called(lambda: self._source.commit(dict(positions)), must, _NO_HARM)

    async def close(self, must: str = "close must let go of everything") -> None:
        """Close it, with no read under way."""
        await self._interrupt()
        self._pending = None
        await self.rule.called(self._source.close, must, "Let it do nothing where nothing is open.")

    async def all(self, *, but: int = 0) -> Events:
        """Read everything there is, where so many were read before."""
        known = self.values is not None
        found = await self.take(len(self.values or ()) - but if known else 1, PATIENCE)
        return found + await self.take(None, _QUIET if known else _SILENT)

    async def take(self, count: int | None, seconds: float) -> Events:
        """Read so many, or until the end or a silence of so many seconds."""
        found: Events = []
        heard = time.monotonic()
        while not self.ended and (count is None or len(found) < count) and time.monotonic() - heard < seconds:
            events = await self._read(seconds)
            if events:
                found += events
                heard = time.monotonic()
            elif events is None:
                self.ended = True
            else:
                await asyncio.sleep(_PAUSE)
        return found

    async def read_cancelled(self, turns: int) -> Events:
        """What a read gives that is cancelled after so many turns of the loop."""
        made = self._source.read(MOST)
        if not inspect.isawaitable(made):
            return self._checked(made) or []
        self._pending = asyncio.ensure_future(made)
        for _ in range(turns):
            await asyncio.sleep(0)
        await self._interrupt()
        reading, self._pending = self._pending, None
        return [] if reading is None else self._checked(await reading) or []

    async def read_behind_the_end(self) -> Any:
        """What one more read gives after the end."""
        return await self.rule.called(
            lambda: self._source.read(MOST), "read must go on to give None after the end", "Remember that it has ended."
        )

    async def _read(self, seconds: float) -> Events | None:
        if self._pending is None:
            try:
                made = self._source.read(MOST)
            except Exception as error:
                raise self._failed(error) from error
            if not inspect.isawaitable(made):
                return self._checked(made)
            self._pending = asyncio.ensure_future(made)
        await asyncio.wait({self._pending}, timeout=seconds)
        if not self._pending.done():
            return []
        reading, self._pending = self._pending, None
        try:
            return self._checked(await reading)
        except AssertionError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> AssertionError:
        return self.rule.broken("read must give what there is", f"it raised {error!r}", _NO_HARM)

    async def _interrupt(self) -> None:
        """Cancel a read that waits, as a run does where it has to commit or to end."""
        if self._pending is None:
            return
        self._pending.cancel()
        await asyncio.wait({self._pending}, timeout=PATIENCE)
        if not self._pending.done():
            raise self.rule.broken(
                "read must end where it is cancelled",
                f"it was not done after {PATIENCE:g} s",
                "Let CancelledError pass.",
            )
        if self._pending.cancelled():
            self._pending = None

    def _checked(self, given: Any) -> Events | None:
        if given is None:
            return None
        if not isinstance(given, list | tuple) or not all(isinstance(event, Event) for event in given):
            raise self.rule.broken(
                "read must give a list of Events, or None at the end",
                f"got {given!r}",
                "Wrap each value: rs.Event(value, origin=rs.Origin(source, partition, offset)).",
            )
        if len(given) > MOST:
            raise self.rule.broken(
                f"read must give no more than max_items={MOST}", f"got {len(given)}", "Keep the rest for the next read."
            )
        for event in given:
            self._check_place(event)
        return list(given)

    def _check_place(self, event: Event[Any]) -> None:
        if event.origin is None:
            return
        source, partition, offset = event.origin
        last = self._last.get((source, partition))
        if not isinstance(offset, int) or (last is not None and offset <= last):
            raise self.rule.broken(
                "read must give offsets that are whole numbers and increase within a partition",
                f"got {offset!r} after {last!r} in {(source, partition)!r}",
                "Number the items in the order in which read gives them.",
            )
        self._last[source, partition] = offset
