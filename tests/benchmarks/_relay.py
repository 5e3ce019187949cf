"""What a contender is told: to read one queue, change each message, and publish it to another."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """So many messages to relay, persistent; none may be acknowledged before the broker has confirmed its copy."""

    url: str
    source: str
    output: str
    messages: int
    prefetch: int
    change: Callable[[bytes], bytes]
