"""One subscription of a window operator: takes items, hears watermarks, and ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from types import MappingProxyType
from typing import Any, Final

from rxstream.core import NEVER, Downstream, Inline, Reactions, item_key
from rxstream.operators._window_early import AtChange, AtClosing, AtTicks, Kind

#: What is done with every item before anything else, as code that fusion pastes: a call would cost as much.
KEY_GIVEN: Final = "group = key_of(value)"
KEY_OF_ITEM: Final = """\
group = slot.key
if group is UNSET:
    group = item_key(slot)"""
TIME_OF_ITEM: Final = """\
instant = slot.time
if instant is UNSET or instant is None:
    instant = time_of_item()"""

TAKING: Final = "take(value, group, instant, next(arrivals))"


def taking(down: Downstream[Any], key: Callable[[Any], Any] | None, code: str, **names: Any) -> Inline:
    """Make the code that finds an item's ``group`` and ``instant``, and then does as ``code`` says."""
    known = {"key_of": key, "item_key": item_key, "time_of_item": down.instant}
    return Inline("\n".join([KEY_GIVEN if key else KEY_OF_ITEM, TIME_OF_ITEM, code]), known | names, {})


def windowing(
    down: Downstream[Any],
    key: Callable[[Any], Any] | None,
    kind: Kind,
    shows: AtClosing | AtChange | AtTicks,
    *,
    code: str = TAKING,
    names: Mapping[str, Any] = MappingProxyType({}),
) -> Reactions:
    """Make the reactions of windows of any kind; ``code`` takes items and may say ``names``."""
    shows.start(kind)
    exact = kind.exact or shows.exact
    tick = below = -NEVER

    def on_watermark(watermark: int) -> int:
        nonlocal tick, below
        kind.watermark = watermark
        if watermark >= kind.due or watermark >= tick or watermark >= below:
            tick = shows.advance(watermark)
            behind = kind.behind(watermark)
            below = down.watermark(behind) + watermark - behind
        return watermark + 1 if exact else min(kind.due, tick, below)

    def on_completed() -> None:
        shows.advance(NEVER)
        down.complete()

    return Reactions(
        inline=taking(down, key, code, **names, take=shows.take, arrivals=count()),
        on_completed=on_completed,
        on_watermark=on_watermark,
    )
