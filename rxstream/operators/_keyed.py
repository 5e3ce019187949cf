"""What time has to do with the operators that remember each key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rxstream.core import Downstream
from rxstream.state import Keys, Limits


def undated(limits: Limits, down: Downstream[Any]) -> Callable[[], int]:
    """Make the function that says when an item happened of which the slot does not say it: at last the run's clock."""
    # Without a ttl it does not matter when.
    return int if limits.ttl is None else down.instant


def watermark_to(keys: Keys, down: Downstream[Any], limits: Limits) -> Callable[[int], int] | None:
    """Make the function that takes watermarks, at each of which keys may be forgotten; None: time does not matter."""
    if limits.ttl is None:
        return None
    wanted: int | None = None

    def on_watermark(watermark: int) -> int:
        nonlocal wanted
        keys.advance(watermark)
        if wanted is None or watermark >= wanted:
            wanted = down.watermark(watermark)
        return watermark + 1

    return on_watermark
