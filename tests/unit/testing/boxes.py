"""A sink that keeps its contract, and those that each break one rule of it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import rxstream as rs
from rxstream.testing._check_sink import Unstorable


class Box:
    """Keeps texts in a list, and refuses a batch that holds anything else."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.is_open = False

    async def open(self) -> None:
        self.is_open = True

    async def write(self, batch: Any) -> Any:
        await asyncio.sleep(0)
        self.check(batch)
        self.items += batch

    def check(self, batch: Sequence[Any]) -> None:
        if any(isinstance(value, Unstorable) for value in batch):
            raise TypeError("texts only")

    async def close(self) -> None:
        self.is_open = False


class Selective(Box):
    """Refuses only what is no text."""

    def named(self, refused: list[int]) -> list[int]:
        return refused

    async def write(self, batch: Any) -> Any:
        refused = [place for place, value in enumerate(batch) if isinstance(value, Unstorable)]
        self.items += [value for place, value in enumerate(batch) if place not in refused]
        if refused:
            raise rs.BatchError(dict.fromkeys(self.named(refused), TypeError("texts only")))


class Confirming(Box):
    """Confirms later."""

    async def write(self, batch: Any) -> Any:
        async def confirm() -> None:
            await Box.write(self, batch)

        return asyncio.ensure_future(confirm())


class Encoding(Box):
    """Encodes in the pass, where a value that it cannot store is that item's error."""

    def encode(self, value: Any) -> str:
        self.check([value])
        return str(value)


class Packing(Box):
    """Packs in the pass."""

    class Pack:
        def __init__(self) -> None:
            self.values: list[Any] = []

        def encode(self, value: Any) -> None:
            Box().check([value])
            self.values.append(value)

        def take(self) -> list[Any]:
            return self.values

    def packer(self) -> Any:
        return Packing.Pack()


class Plain:
    """Has plain methods."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def open(self) -> None: ...

    def write(self, batch: Any) -> None:
        self.items += [value for value in batch if isinstance(value, str)]

    def close(self) -> None: ...


# Each of these breaks one rule.


class Closed(Box):
    async def open(self) -> None:
        raise OSError("shut")


class Peeking(Box):
    async def write(self, batch: Any) -> Any:
        self.last = batch[-1]
        await super().write(batch)


class Marking(Box):
    async def write(self, batch: Any) -> Any:
        await super().write(batch or ["nothing"])


class Batching(Box):
    async def write(self, batch: Any) -> Any:
        if len(batch) == 1:
            raise ValueError("too few")
        await super().write(batch)


class Small(Box):
    async def write(self, batch: Any) -> Any:
        if len(batch) > 500:
            raise ValueError("too many")
        await super().write(batch)


class Buffering(Box):
    async def open(self) -> None:
        self.waiting: list[Any] = []

    async def write(self, batch: Any) -> Any:
        self.check(batch)
        self.waiting += batch

    async def close(self) -> None:
        self.items += self.waiting


class Unordered(Box):
    async def write(self, batch: Any) -> Any:
        self.check(batch)
        self.items += batch if len(batch) < 500 else list(batch)[::-1]


class Stacking(Box):
    async def write(self, batch: Any) -> Any:
        self.check(batch)
        self.items[:0] = batch


class Erasing(Box):
    async def close(self) -> None:
        self.items.clear()


class Keyless(Box):
    async def write(self, batch: Any) -> Any:
        if any(event.key is not None for event in batch.events):
            raise ValueError("no keys")
        await super().write(batch)


class Fragile(Box):
    async def close(self) -> None:
        if not self.is_open:
            raise RuntimeError("closed already")
        self.is_open = False


class Renewing(Box):
    async def open(self) -> None:
        self.items.clear()


class Misnaming(Selective):
    def named(self, refused: list[int]) -> list[int]:
        return [7]


class Unnaming(Selective):
    def named(self, refused: list[int]) -> list[int]:
        return []


class Blaming(Selective):
    def named(self, refused: list[int]) -> list[int]:
        return [*refused, 2]


class Silent(Selective):
    """Says nothing of what it has not stored."""

    async def write(self, batch: Any) -> Any:
        self.items += batch if not any(isinstance(value, Unstorable) for value in batch) else []


class Offended(Box):
    offended = False

    async def write(self, batch: Any) -> Any:
        if self.offended:
            raise RuntimeError("offended")
        self.offended = any(isinstance(value, Unstorable) for value in batch)
        await super().write(batch)


class Deaf(Offended):
    async def write(self, batch: Any) -> Any:
        if not self.offended:
            await super().write(batch)


class Stuck(Offended):
    async def close(self) -> None:
        if self.offended:
            raise RuntimeError("stuck")

    async def write(self, batch: Any) -> Any:
        self.offended |= any(isinstance(value, Unstorable) for value in batch)
        await Box.write(self, batch)
