"""What a contender is told: to read one topic to its end, change each value, and write it to another."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy to make. Key, timestamp and headers stay; nothing may be committed before its copy is acknowledged.

    ``group`` is whose positions are looked at when it is done; they are not if there is none.
    """

    bootstrap: str
    source: str
    output: str
    group: str | None
    records: int
    change: Callable[[bytes], bytes]
