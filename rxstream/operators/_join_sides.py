"""What the sides of a join share: which key an item has, when it was, and whether it is late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from rxstream.core import (
    NEVER,
    Downstream,
    Receiver,
    callable_,
    check_sink_argument,
    item_key,
    passport,
)
from rxstream.errors import ConfigurationError

KeyOf: TypeAlias = Callable[[Any], Any]


def key_pair(who: str, key: Any) -> tuple[KeyOf | None, KeyOf | None]:
    """Take ``key=`` of a join: one function for both sides, a pair of them, or None.

    Raises:
        ConfigurationError: If it is none of these.
    """
    pair = key if isinstance(key, tuple | list) else (key, key)
    if len(pair) != 2:
        raise ConfigurationError(
            f"{who}: key must be one function for both sides or a pair (left, right); got {key!r}. Give one of these."
        )
    left, right = pair
    for found in (left, right):
        if found is not None:
            callable_(who, key=found)
    return left, right


def late_sinks(who: str, late: Any) -> tuple[Any, ...]:
    """Take ``late=`` as an operator names its sinks.

    Raises:
        ConfigurationError: If it is no sink.
    """
    if late is None:
        return ()
    check_sink_argument(who, late)
    return (late,)


def key_lines(key_of: KeyOf | None) -> list[str]:
    """The lines that say which ``group`` an item belongs to."""
    if key_of is not None:
        return ["group = key_of(value)"]
    return ["group = slot.key", "if group is UNSET:", "    group = item_key(slot)"]


class Reading:
    """What the code of a join's side refers to, and where late items go.

    Args:
        down: Those below.
        late: Where late items go.
    """

    __slots__ = ("_down", "_late", "_slot")

    def __init__(self, down: Downstream[Any], late: tuple[Any, ...]) -> None:
        self._down = down
        self._slot = down.context.slot
        self._late: Receiver | None = down.context.receiver(late[0]) if late else None

    def names(self, key_of: KeyOf | None) -> dict[str, Any]:
        """What the lines that take an item refer to."""
        return {"key_of": key_of, "item_key": item_key, "time_of_item": self._down.instant, "let_go": self.let_go}

    def let_go(self, value: Any) -> bool:
        """Let an item go that came too late."""
        self._down.context.statistics.late += 1
        if self._late is not None:
            self._late.on_next(passport(self._slot, value))
        return True


class Told:
    """Tells those below how far time has come, when they want to hear it."""

    __slots__ = ("_down", "_told", "_wake")

    def __init__(self, down: Downstream[Any]) -> None:
        self._down = down
        self._told = -NEVER
        self._wake = -NEVER if down.keeps_event_time else NEVER

    def tell(self, watermark: int) -> None:
        """Say a watermark; it never goes back."""
        if watermark > self._told and watermark >= self._wake:
            self._told = watermark
            self._wake = self._down.watermark(watermark)
