"""A source that keeps its contract, and those that each break one rule of it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import rxstream as rs
from rxstream.core import Partition

AT: Partition = ("shelf", 0)


class Shelf:
    """Ten letters at the even offsets of one partition, and what was committed of them."""

    def __init__(self) -> None:
        self.low = 0
        self.place = 0
        self.is_open = False

    async def open(self, positions: Mapping[Partition, int]) -> None:
        self.place = self.low
        self.is_open = True

    async def read(self, max_items: int) -> Any:
        await asyncio.sleep(0)
        return self.taken(max_items) or None

    def taken(self, count: int) -> list[rs.Event[str]]:
        start, self.place = self.place, min(self.place + count, 10)
        return [self.event(at) for at in range(start, self.place)]

    def event(self, at: int) -> rs.Event[str]:
        return rs.Event("abcdefghij"[at], origin=rs.Origin("shelf", 0, 2 * at))

    async def commit(self, positions: Mapping[Partition, int]) -> None:
        self.low = -(-positions[AT] // 2)

    async def close(self) -> None:
        self.is_open = False


class Quiet(Shelf):
    """One without an end: it waits."""

    async def read(self, max_items: int) -> Any:
        found = self.taken(max_items)
        if not found:
            await asyncio.Event().wait()
        return found


class Silent(Shelf):
    """One without an end: it does not wait."""

    async def read(self, max_items: int) -> Any:
        return self.taken(max_items)


class Forgetful(Shelf):
    """One that goes by what `open` is told."""

    async def open(self, positions: Mapping[Partition, int]) -> None:
        self.place = -(-positions.get(AT, 0) // 2)

    async def commit(self, positions: Mapping[Partition, int]) -> None:
        pass


class Unnumbered(Shelf):
    """One whose items are never committed."""

    def event(self, at: int) -> rs.Event[str]:
        return rs.Event("abcdefghij"[at])


class Plain:
    """One with plain methods and two partitions."""

    def __init__(self) -> None:
        self.low: dict[Partition, int] = {("shelf", 0): 0, ("shelf", 1): 0}

    def open(self, positions: Mapping[Partition, int]) -> None:
        self.places = dict(self.low)

    def read(self, max_items: int) -> Sequence[rs.Event[int]] | None:
        at = min(self.places, key=lambda at: self.places[at])
        if self.places[at] >= 5:
            return None
        self.places[at] += 1
        return [rs.Event(self.places[at], origin=rs.Origin(*at, self.places[at] - 1))]

    def commit(self, positions: Mapping[Partition, int]) -> None:
        self.low.update(positions)

    def close(self) -> None:
        pass


# Each of these breaks one rule.


class Stingy(Shelf):
    async def read(self, max_items: int) -> Any:
        return None


class Scalar(Shelf):
    async def read(self, max_items: int) -> Any:
        return [event.value for event in self.taken(1)] or None


class Generous(Shelf):
    async def read(self, max_items: int) -> Any:
        return self.taken(max_items + 1) or None


class Confused(Shelf):
    def event(self, at: int) -> rs.Event[str]:
        return super().event(at).replace(origin=rs.Origin("shelf", 0, at % 2))


class Skipping(Shelf):
    async def read(self, max_items: int) -> Any:
        found = self.taken(max_items)
        self.place = self.place + 1 if self.place == 3 else self.place
        return found or None


class Restless(Shelf):
    async def read(self, max_items: int) -> Any:
        ended = self.place == 10
        found = self.taken(max_items)
        self.place = 9 if ended else self.place
        return found or None


class Unready(Shelf):
    async def close(self) -> None:
        if not self.is_open and self.place == 0:
            raise RuntimeError("never opened")


class Fragile(Shelf):
    async def close(self) -> None:
        if not self.is_open and self.place > 0:
            raise RuntimeError("closed already")
        self.is_open = False


class Hasty(Shelf):
    """Takes what was read for handled."""

    async def close(self) -> None:
        self.low = self.place


class Late(Shelf):
    async def commit(self, positions: Mapping[Partition, int]) -> None:
        self.low = positions[AT] // 2 + 1


class Early(Shelf):
    """Takes the next offset for the last one; what is committed comes again."""

    async def commit(self, positions: Mapping[Partition, int]) -> None:
        self.low = max(0, (positions[AT] + 1) // 2 - 1)


class Strict(Shelf):
    async def commit(self, positions: Mapping[Partition, int]) -> None:
        if self.low == positions[AT] // 2:
            raise ValueError("that is committed")
        await super().commit(positions)


class LastTwice(Shelf):
    async def commit(self, positions: Mapping[Partition, int]) -> None:
        self.low = min(9, -(-positions[AT] // 2))


class Rewinding(Shelf):
    async def commit(self, positions: Mapping[Partition, int]) -> None:
        await super().commit(positions)
        self.place = min(self.place + 1, 10)


class Losing(Shelf):
    async def read(self, max_items: int) -> Any:
        found = self.taken(max_items)
        await asyncio.sleep(0)
        return found or None


class Failing(Shelf):
    async def read(self, max_items: int) -> Any:
        raise OSError("torn")


class Shut(Shelf):
    async def open(self, positions: Mapping[Partition, int]) -> None:
        raise OSError("shut")
