"""Keep the items in a list."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ListSink(Generic[T]):
    """The sink that `to_list` makes.

    Args:
        items: What has come so far, over all runs.
    """

    real_time = True

    name = "to_list"

    def __init__(self) -> None:
        self.items: list[T] = []

    def on_next(self, value: T) -> None:
        """Take one item."""
        self.items.append(value)

    def on_completed(self) -> None:
        """Nothing remains to be done."""

    def on_error(self, error: BaseException) -> None:
        """What came stays."""

    def __repr__(self) -> str:
        return f"to_list({len(self.items)} items)"


def to_list() -> ListSink[Any]:
    """Collect the items in ``.items``.

    Delivery: an item is settled as soon as it is in the list.

    Example:
        >>> seen = rs.to_list()
        >>> _ = rs.run(rs.from_iterable("ab").to(seen))
        >>> seen.items
        ['a', 'b']
    """
    return ListSink()
