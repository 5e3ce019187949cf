"""Push numbers into streamz."""

from collections.abc import Iterable
from typing import Any

from streamz import Stream  # type: ignore[import-untyped] # streamz ships no types


def source() -> Any:
    """Make a source to build on."""
    return Stream()


def push(numbers: Iterable[int], into: Any) -> None:
    """Emit each number."""
    for number in numbers:
        into.emit(number)


def push_in_turn(first: Iterable[int], second: Iterable[int], into: tuple[Any, Any]) -> None:
    """Emit one of the first, then one of the second, and so on."""
    one, other = into
    for number, partner in zip(first, second, strict=True):
        one.emit(number)
        other.emit(partner)
