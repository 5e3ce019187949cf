"""Where values come from: the Source protocol, for a source of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from rxstream.core._event import Event
from rxstream.core._feed import Partition

T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class Source(Protocol[T_co]):
    """Where values come from.

    A run calls `open` once, then `read` again and again with `commit` in between, and `close` once, also after a
    failure. All calls come from the run's own loop, never two at once; another run of the stream begins with `open`
    again. Methods that have nothing to wait for need not be async.
    """

    async def open(self, positions: Mapping[Partition, int], /) -> None:
        """Get ready to read, from behind what was committed; raising ends the run.

        Args:
            positions: What earlier runs of the stream have committed, as ``{(source, partition): next offset}``;
                empty at the first. It is kept in memory only: who is to go on after a restart of the process
                remembers it in `commit`, and goes by his own memory.
        """

    async def read(self, max_items: int, /) -> Sequence[Event[T_co]] | None:
        """Give the next Events, as they are there; nothing for now is an empty list, and None is the end.

        It may wait for the next one, or not wait at all: then it is asked again a little later. While it waits it is
        cancelled where something is to be committed, or the run stops, and must not lose anything by that.

        Args:
            max_items: How many at most.

        Returns:
            Events with their origins, whose offsets increase within a partition; there may be gaps. What has no
            origin is never committed.
        """

    async def commit(self, positions: Mapping[Partition, int], /) -> None:
        """Remember that everything below these positions is handled and need not come again.

        Args:
            positions: Those that have moved, as ``{(source, partition): next offset}``.
        """

    async def close(self) -> None:
        """Let go of everything; called even if `open` has failed."""
