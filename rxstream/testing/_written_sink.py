"""A sink while it is checked: written as a run would."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from rxstream.core import Event, Origin, Sink, awaited, is_observer, thread_slot
from rxstream.errors import BatchError
from rxstream.testing._calling import Rule

_NO_HARM: Final = "See the cause."
_NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


class WrittenSink:
    """One sink under check.

    Args:
        sink: The sink, or whatever else `to` takes.
        read_back: Gives what is stored; None: nobody can say.
        value_of: Makes the values to write.
    """

    def __init__(
        self, sink: Any, read_back: Callable[[], Any] | None, value_of: Callable[[int], Any] = "item-{}".format
    ) -> None:
        self.rule = Rule("check_sink", sink)
        self.value_of = value_of
        self._sink: Any = sink if isinstance(sink, Sink) else Plain(sink)
        self._read_back = read_back

    def values(self, numbers: Iterable[int]) -> list[Any]:
        """Make values that it can store."""
        return [self.value_of(number) for number in numbers]

    async def open(self) -> None:
        """Open it, or open it again."""
        await self.rule.called(self._sink.open, "open must get ready, also when called again", _NO_HARM)

    async def close(self, must: str = "close must let go of everything") -> None:
        """Close it."""
        await self.rule.called(self._sink.close, must, "Let it do nothing where nothing is open.")

    async def write(self, values: Sequence[Any], must: str, *, passports: bool = False) -> None:
        """Write a batch which has nothing wrong with it, and wait for its confirmation."""
        await self.rule.called(lambda: self.attempt(values, passports=passports)[1], must, _NO_HARM)

    def attempt(self, values: Sequence[Any], *, passports: bool = False) -> tuple[int, Any]:
        """Begin to write a batch; returns how many of the values it has, and what to await.

        A value that cannot even be encoded is not in the batch: its error would be the item's own.
        """
        packing = self._sink.packer() if hasattr(self._sink, "packer") else self._sink
        encode = getattr(packing, "encode", None)
        batch, slot = Written([], []), thread_slot()
        for number, value in enumerate(values):
            slot.event = _event(number, value) if passports else Event(value)
            try:
                encoded = value if encode is None else encode(value)
            except Exception:  # noqa: BLE001, S112 - a run would tell the error handler
                continue
            finally:
                event = slot.event
                slot.clear()
            batch.events.append(event)
            batch.values.append(encoded)
        payload = packing.take() if packing is not self._sink else batch
        return len(batch), self._confirmed(partial(self._sink.write, payload))

    async def stored(self) -> list[Any] | None:
        """What is stored now; None if nobody can say."""
        return None if self._read_back is None else list(await awaited(self._read_back()))

    async def check_stored(self, expected: Sequence[Any], must: str, remedy: str) -> None:
        """See whether these values are stored, in this order."""
        found = await self.stored()
        if found is not None and found != list(expected):
            raise self.rule.broken(must, _difference(found, list(expected)), remedy)

    async def _confirmed(self, write: Callable[[], Any]) -> None:
        receipt = await awaited(write())
        if inspect.isawaitable(receipt):
            await receipt


@dataclass(frozen=True, slots=True)
class Written(Sequence[Any]):
    """A batch for a sink.

    Args:
        values: What it holds.
        events: Their passports.
    """

    values: list[Any]
    events: list[Event[Any]]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: Any) -> Any:
        return self.values[place]


class Plain:
    """A function or an Observer as a sink.

    Args:
        taker: What takes the values.
    """

    def __init__(self, taker: Any) -> None:
        self._take = taker.on_next if is_observer(taker) else taker

    async def open(self) -> None:
        """Nothing to get ready."""

    async def write(self, batch: Sequence[Any]) -> None:
        """Hand over one value after the other."""
        errors: dict[int, BaseException] = {}
        for place, value in enumerate(batch):
            try:
                await awaited(self._take(value))
            except Exception as error:  # noqa: BLE001 - it is this item's
                errors[place] = error
        if errors:
            raise BatchError(errors)

    async def close(self) -> None:
        """Nothing to let go of."""


def _event(number: int, value: Any) -> Event[Any]:
    headers = (("rx-check", b"1"), ("rx-none", None))
    return Event(value, key=f"key-{number}", timestamp=_NOON, headers=headers, origin=Origin("check", 0, number))


def _difference(found: list[Any], expected: list[Any]) -> str:
    if len(found) != len(expected):
        return f"got {len(found)} values for {len(expected)}"
    place = next(place for place, value in enumerate(found) if value != expected[place])
    return f"got {found[place]!r} for {expected[place]!r} at place {place}"
