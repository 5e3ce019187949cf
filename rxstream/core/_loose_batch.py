"""A batch whose records nobody has to remember."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rxstream.core._event import Event
from rxstream.core._partitions import Partitions


class LooseBatch:
    """Records that nobody has to remember."""

    tracks = False
    partitions: Partitions | None = None

    __slots__ = ("lift",)

    def __init__(self, lift: Callable[[Any], Event[Any]]) -> None:
        self.lift = lift

    def pin(self, record: Any, waiting: bool) -> None:
        """Nothing is to be settled."""

    def unpin(self, record: Any, waiting: bool) -> None:
        """Nothing is to be settled."""

    def hold_all(self) -> None:
        """Nothing is to be settled."""

    def release_all(self) -> None:
        """Nothing is to be settled."""

    def close(self) -> None:
        """Nothing is to be settled."""

    def close_at(self, record: Any) -> None:
        """Nothing is to be settled."""

    def close_behind(self, record: Any) -> None:
        """Nothing is to be settled."""
