"""Functions and a sink that fail so and so often for an item, and take it then."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import rxstream as rs


def unsteady(failures: Mapping[Any, int], error: Callable[[str], Exception] = ValueError) -> Callable[[Any], Any]:
    """A function that gives its argument back, but fails the first times, as often as said."""
    calls: Counter[Any] = Counter()

    def take(item: Any) -> Any:
        calls[item] += 1
        if calls[item] <= failures.get(item, 0):
            raise error(f"{item} for the time {calls[item]}")
        return item

    return take


class UnsteadySink:
    """Keeps what it is given, but refuses some items, and fails altogether, as often as said.

    Args:
        failures: How often it refuses each item.
        down: How many writes fail altogether, before the first one that does not.
    """

    def __init__(self, failures: Mapping[Any, int], *, down: int = 0) -> None:
        self._take = unsteady(failures)
        self._down = down
        self.written: list[list[Any]] = []
        self.items: list[Any] = []

    async def open(self) -> None:
        """Nothing to get ready."""

    async def write(self, batch: Any) -> None:
        """Take the items."""
        self.written.append(list(batch))
        self._down -= 1
        if self._down >= 0:
            raise ConnectionError("the sink is down")
        refused: dict[int, BaseException] = {}
        for place, item in enumerate(batch):
            try:
                self._take(item)
            except ValueError as error:
                refused[place] = error
        self.items += [item for place, item in enumerate(batch) if place not in refused]
        if refused:
            raise rs.BatchError(refused)

    async def close(self) -> None:
        """Nothing to let go of."""
