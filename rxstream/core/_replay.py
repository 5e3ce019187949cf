"""Replay: what several sources have, in the order of its instants, taken lazily."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from operator import attrgetter, itemgetter, length_hint
from typing import Final

from rxstream.core._batch_size import BatchSize
from rxstream.core._context import Pause
from rxstream.core._instants import NEVER
from rxstream.core._passport import Slot
from rxstream.core._reader import Reader, Taken

#: Behind all places of items: at one instant, timers come after them.
_TIMERS: Final = 1 << 40
#: Sources from which on it is worth taking many records at once, and pushes after a pause in which it is not.
_FEW: Final = 2
#: How many records of a source are taken at once, at most: so few that they stay in the processor's cache.
_BULK: Final = 500
_MANY: Final = 64
_TIME: Final = itemgetter(0)
_ORDER: Final = attrgetter("order")


class Merge:
    """Sources by time: undated ones first and by turns, dated ones by their instants, ties in the order given.

    Each has one entry in the heap, however much it holds.
    """

    def __init__(self, on_end: Callable[[Reader], None]) -> None:
        self._on_end = on_end
        self._quiet = 0
        self._size = BatchSize(_BULK)
        self._heap: list[tuple[int, int, Reader]] = []
        self._pending: list[Reader] = []
        self._aside: list[tuple[int, int, Reader]] = []
        self._orders = count()
        # Beyond all orders: an empty history ends at the instant at which what is undated comes.
        self._turns = count(2 * _TIMERS)

    def set_first_aside(self) -> None:
        """Let others go on before who comes next: a source without instants, of which no more may be read now."""
        self._aside.append(heapq.heappop(self._heap))

    def take_back(self, may_read: Callable[[Reader], bool]) -> None:
        """Go on with those set aside of which more may be read."""
        for entry in self._aside[:]:
            if may_read(entry[2]) or entry[2].intake.receiver.stop.now:
                self._aside.remove(entry)
                heapq.heappush(self._heap, entry)

    def add(self, readers: Iterable[Reader]) -> None:
        """Take in sources, behind those that are there."""
        for reader in readers:
            reader.order = next(self._orders) + (_TIMERS if reader.row is not None else 0)
            # Not before those below can say that they want no more.
            reader.intake.receiver.stop.listen(reader.close)
            self._enter(reader)

    @property
    def first(self) -> Reader | None:
        """Who has what comes next."""
        heap = self._heap
        while heap and heap[0][2].intake.receiver.stop.now:
            heapq.heappop(heap)[2].break_off()
        return heap[0][2] if heap else None

    @property
    def at(self) -> int:
        """The instant of what comes next; `-NEVER`: it has none, `NEVER`: nothing does."""
        first = self.first
        return NEVER if first is None else first.at

    @property
    def readers(self) -> list[Reader]:
        """All that have not ended."""
        held = [*(reader for _, _, reader in [*self._heap, *self._aside]), *self._pending]
        return [reader for reader in held if not reader.intake.receiver.stop.now]

    @property
    def waits(self) -> bool:
        """Whether a source has to be waited for before anything can be handed on."""
        for reader in self._pending[:]:
            self._pending.remove(reader)
            self._enter(reader)
        return bool(self._pending)

    def push(self, slot: Slot, until: int = NEVER) -> None:
        """Let what comes next pass, up to what another source has, and to before ``until``."""
        taken = self._bulk(until)
        if taken:
            self._push_all(slot, taken)
            return
        _, order, reader = heapq.heappop(self._heap)
        if reader.closing is not None:
            self._finish(reader)
            return
        limit, inclusive = until, False
        if self._heap and self._heap[0][0] < until:
            rival, other, _ = self._heap[0]
            limit, inclusive = rival, order < other
        try:
            reader.push(slot, limit, inclusive=inclusive)
        except BaseException:
            reader.close()
            raise
        finally:
            slot.clear()
        self._enter(reader)

    def _bulk(self, until: int) -> list[Taken]:
        """Take what can come before anything that is not known yet; nothing, where that is not worth it."""
        if len(self._heap) < _FEW or self._quiet:
            self._quiet = max(0, self._quiet - 1)
            return []
        known = [(reader.last(self._size.now), reader.order) for _, _, reader in self._heap]
        lasts = [(last, order) for last, order in known if last is not None]
        if len(lasts) < len(self._heap):
            return []
        # Whose batch ends first may have more of that instant, which then comes before those given after it.
        bound, owner = min((until - 1, _TIMERS), *lasts)
        taken = [
            entry
            for reader in sorted((reader for _, _, reader in self._heap), key=_ORDER)
            for entry in reader.taken_until(bound if reader.order <= owner else bound - 1)
        ]
        # Sorting is stable, and quick with stretches that are sorted already.
        taken.sort(key=_TIME)
        return taken

    def _push_all(self, slot: Slot, taken: list[Taken]) -> None:
        readers = {reader: None for _, _, reader in self._heap}
        entries, began = iter(taken), time.monotonic()
        try:
            for at, (one, slot.batch, _), record in entries:
                one(at, record)
        except BaseException as error:
            failed = taken[-length_hint(entries) - 1]
            self._give_back([*([failed] if isinstance(error, Pause) else []), *entries])
            if not isinstance(error, Pause):
                raise
            # Where coroutines want their turn again and again, little is taken at a time.
            self._quiet = _MANY
        finally:
            slot.clear()
        # Who was added meanwhile stays where it is.
        self._heap = [entry for entry in self._heap if entry[2] not in readers]
        heapq.heapify(self._heap)
        seconds = time.monotonic() - began
        self._size.note_pass(seconds)
        for reader in readers:
            reader.finish_batch(seconds)
            self._enter(reader)

    def _give_back(self, entries: Sequence[Taken]) -> None:
        for reader, number in Counter(reader for _, (_, _, reader), _ in entries).items():
            reader.give_back(number)

    def close(self) -> None:
        """Let go of all sources."""
        for _, _, reader in (*self._heap, *self._aside):
            reader.break_off()
        for reader in self._pending:
            reader.break_off()
        self._heap, self._aside, self._pending = [], [], []

    def _enter(self, reader: Reader) -> None:
        reader.look()
        if reader.waits:
            self._pending.append(reader)
        elif reader.at == NEVER and reader.closing is not None:
            reader.close()
        else:
            turn = next(self._turns) if reader.time_of is None else reader.order
            heapq.heappush(self._heap, (reader.at, turn, reader))

    def _finish(self, reader: Reader) -> None:
        try:
            self._on_end(reader)
        finally:
            reader.close()
