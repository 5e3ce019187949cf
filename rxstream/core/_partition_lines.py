"""The lines of generated functions that count time by partition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from rxstream.core._partition_watermark import PartitionWatermark, Progress
from rxstream.core._passport import UNSET

#: What those lines keep from item to item.
PARTITION_STATE: Final = ("watermark", "batch", "of", "at", "progress")


def partition_lines(instant: str) -> list[str]:
    """What tells the watermark, the least of a source's partitions, of an item's instant."""
    return [
        "if slot.batch is not batch or (of is not None and of(slot.event) != at):",
        "    batch, of, at, progress = watermark.turn(slot, advance)",
        f"if {instant} > progress.high:",
        f"    progress.high = {instant}",
        f"    if {instant} >= progress.wake:",
        "        watermark.rise(progress)",
    ]


def partition_state(disorder: int) -> Mapping[str, Callable[[], Any]]:
    """What they begin with."""
    made = partial(PartitionWatermark, disorder), _no_batch_yet, _nothing, _nothing, Progress
    return dict(zip(PARTITION_STATE, made, strict=True))


def _no_batch_yet() -> Any:
    return UNSET


def _nothing() -> None:
    return None
