"""The way out: what a pipeline hands to one sink is gathered in the pass, written in batches, and then settled."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from rxstream.core import FAILURES, Context, Halt, Receiver, Sink, awaited, find_refused, is_cancelled, sink_name
from rxstream.delivery._gathered import Gathered, failures_of
from rxstream.delivery._parked import Parked
from rxstream.errors import BatchError

#: How many writes a sink may have unconfirmed, if it confirms them later.
_MOST_UNCONFIRMED: Final = 8


class Outlet:
    """One sink of one pipeline while it runs.

    Items are encoded and gathered within the pass, where a failure is the item's own; a task writes what has
    gathered, one batch at a time, and settles it when the sink has confirmed.

    Args:
        sink: Where to. Besides the `Sink` methods it may have ``real_time``, for one of rxstream's own, and ``encode``,
            called in the pass with each value, and its ``write`` may return an awaitable: the confirmation, for which
            the next write need not wait. Instead of ``encode`` it may have ``packer``, which makes an object whose
            ``encode`` packs values in the pass and whose ``take`` gives the pack that is then written.
        context: The pipeline's.
        notes_passports: Whether an operator above may have changed an item's key, time or headers.
    """

    def __init__(self, sink: Sink[Any], context: Context, *, notes_passports: bool) -> None:
        self.name = sink_name(sink)
        self.confirmed = 0
        self.sink = sink
        self._context = context
        self._encode: Callable[[Any], Any] | None = None
        self._take: Callable[[], Any] | None = None
        self._slot = context.slot
        self._notes_passports = notes_passports
        self._gathered = Gathered(self.name)
        self._unconfirmed = 0
        self._broken = False
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()
        self._idle = asyncio.Event()
        self._idle.set()
        self._room = asyncio.Semaphore(_MOST_UNCONFIRMED)
        self._parked = None if context.retrying is None else self._made_parked(context)

    def _made_parked(self, context: Context) -> Parked:
        return Parked(
            self.name,
            context,
            write=self._write_parked,
            finish=self._is_handled,
            on_idle=self._note_idle,
            real=self.is_real,
        )

    @property
    def is_real(self) -> bool:
        """Whether the sink is rxstream's own, so that its writing takes the wall's time, not the run's."""
        return getattr(self.sink, "real_time", False)

    @property
    def receiver(self) -> Receiver:
        """Where the pipeline hands its items to."""
        made = sink_receiver(self.name, self.accept)
        # A sink that reads keys and times of every item has them read from the records, without an Event.
        made.passport = getattr(self.sink, "passport", False)
        return made

    def accept(self, value: Any) -> None:
        """Take the item that is just passing."""
        item = value if self._encode is None else self._encode(value)
        gathered, slot = self._gathered, self._slot
        if slot.batch is not gathered.last or slot.hold is not None:
            gathered.hold(slot)
        if self._notes_passports:
            gathered.note_passport(slot)
        gathered.records.append(slot.event)
        values = gathered.values
        values.append(item)
        if len(values) == 1:
            self._idle.clear()
            self._news.set()

    async def open(self) -> None:
        """Get the sink ready."""
        await awaited(self.sink.open())

    def prepare(self, writing: asyncio.Lock) -> None:
        """Get ready for items, once the sink is open; ``writing`` keeps several pipelines from writing at once."""
        self._writing = writing
        packer = getattr(self.sink, "packer", None)
        if packer is not None:
            packing = packer()
            self._encode, self._take = packing.encode, packing.take
        else:
            self._encode = getattr(self.sink, "encode", None)

    async def close(self) -> None:
        """Let the sink go."""
        await awaited(self.sink.close())

    async def work(self) -> None:
        """Write what comes, until cancelled."""
        while True:
            await self._news.wait()
            await self._room.acquire()
            self._news.clear()
            async with self._writing:
                batch, self._gathered = self._gathered, Gathered(self.name)
                self._unconfirmed += 1
                payload = batch if self._take is None else self._take()
                if self._parked is None:
                    await self._write(batch, payload)
                else:
                    await self._write_in_order(self._parked, batch, payload)

    @property
    def idle(self) -> bool:
        """Whether everything handed over so far is confirmed."""
        return self._broken or self._idle.is_set()

    async def wait_idle(self) -> None:
        """Wait until everything handed over so far is confirmed."""
        if not self._broken:
            await self._idle.wait()

    async def _write(self, batch: Gathered, payload: Any) -> None:
        try:
            receipt = await awaited(self.sink.write(payload))
        except FAILURES as error:
            if is_cancelled(error):
                raise
            self._take_answer(batch, error)
            return
        if inspect.isawaitable(receipt):
            asyncio.ensure_future(receipt).add_done_callback(partial(self._take_receipt, batch))
        else:
            self._confirm(batch, None)

    def _take_receipt(self, batch: Gathered, receipt: asyncio.Future[Any]) -> None:
        if not receipt.cancelled():
            self._take_answer(batch, receipt.exception())

    def _take_answer(self, batch: Gathered, error: BaseException | None) -> None:
        if self._says_which(batch, error):
            self._confirm(batch, error)
        else:
            self._context.spawn(self._find_refused(batch), self.name, real=self.is_real)

    def _says_which(self, batch: Gathered, error: BaseException | None) -> bool:
        """Whether it is known which items of a batch failed; where a sink takes packs as a whole, it is not."""
        return error is None or isinstance(error, BatchError) or self._take is None or len(batch) == 1

    async def _find_refused(self, batch: Gathered) -> None:
        async with self._writing:
            error = await self._refused(batch)
        self._confirm(batch, error)

    async def _refused(self, batch: Gathered) -> BatchError | None:
        """Send a refused batch again, in parts."""
        return await find_refused([range(len(batch))], lambda part: self._answer(self._packed(batch, part)))

    def _packed(self, batch: Gathered, places: Iterable[int]) -> Any:
        packing = self.sink.packer()  # type: ignore[attr-defined]  # only sinks that pack come here
        for place in places:
            batch.in_the_name_of(place, self._slot, partial(packing.encode, batch.values[place]))
        return packing.take()

    async def _answer(self, payload: Any) -> BaseException | None:
        """Write, wait for the confirmation, and say what was wrong."""
        try:
            await awaited(await awaited(self.sink.write(payload)))
        except FAILURES as error:
            if is_cancelled(error):
                raise
            return error
        return None

    async def _write_in_order(self, parked: Parked, batch: Gathered, payload: Any) -> None:
        """Write what does not wait behind what failed; what fails now is parked before anything else is written."""
        going = parked.without_waiting(batch) if parked else batch
        error = await self._answered(going, payload if going is batch else None) if len(going) else None
        for_good = parked.take_failed(going, error)
        # What is parked is counted when it is written.
        self.confirmed -= len(failures_of(going, error)) - len(for_good)
        self._confirm(going, BatchError(for_good))

    async def _write_parked(self, batch: Gathered) -> BaseException | None:
        async with self._writing:
            return await self._answered(batch, None)

    async def _answered(self, batch: Gathered, payload: Any) -> BaseException | None:
        """Write a batch, packed already or not; says what was wrong."""
        if payload is None:
            payload = batch if self._take is None else self._packed(batch, range(len(batch)))
        error = await self._answer(payload)
        return error if self._says_which(batch, error) else await self._refused(batch)

    def _confirm(self, batch: Gathered, error: BaseException | None) -> None:
        if self._is_handled(batch, failures_of(batch, error)):
            self._room.release()
            self._unconfirmed -= 1
            self._note_idle()

    def _is_handled(self, batch: Gathered, failed: Mapping[int, BaseException]) -> bool:
        """Settle a batch, once what failed of it is reported; whether the run goes on."""
        self.confirmed += len(batch) - len(failed)
        try:
            for place, reason in failed.items():
                batch.in_the_name_of(place, self._slot, partial(self._report, batch.values[place], reason))
        except Halt:
            # The run knows; what it was stopped at must not be settled, and what comes now is not waited for.
            self._broken = True
            self._idle.set()
            return False
        batch.settle()
        return True

    def _note_idle(self) -> None:
        if not self._unconfirmed and not self._gathered.values and not self._parked:
            self._idle.set()

    def _report(self, value: Any, error: BaseException) -> None:
        self._context.failed(error, self.name, value, self.receiver)


def sink_receiver(name: str, on_next: Callable[[Any], None]) -> Receiver:
    """A sink as a receiver: the run closes it when all that feed it have ended, and errors go to the handler."""
    return Receiver(name, on_next, _nothing, _ignored)


def _nothing() -> None:
    pass


def _ignored(_error: BaseException) -> None:
    pass
