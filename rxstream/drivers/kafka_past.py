"""Reading Kafka topics up to given ends, in the order of time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate, chain, islice
from operator import attrgetter, le
from typing import Any, Final

from rxstream.core import Poll, Roster
from rxstream.drivers.kafka import aiokafka, closed, telling_refusals
from rxstream.drivers.kafka_reader import WAIT, LiveReader
from rxstream.drivers.kafka_settings import Settings, connect
from rxstream.drivers.kafka_start import offsets_at
from rxstream.drivers.kafka_transactions import Reading, Transactions

#: Records of partitions that are ahead of the others, while those are waited for.
_MOST_KEPT: Final = 100_000


async def opened(settings: Settings, reading: Reading) -> LiveReader:
    """Connect, and make the reader of what comes, or of a past up to the ends, as the settings say.

    Raises:
        ConnectError: If no broker answers, or a topic does not exist.
    """
    consumer, known = await connect(settings, in_transactions=any(one.is_open for one in reading.transactions))
    try:
        transactions = reading.those_at_work()
        if settings.stop is None and not isinstance(settings.start, int):
            return LiveReader(consumer, settings, known, transactions=transactions)
        partition = aiokafka().TopicPartition
        everywhere = [partition(topic, number) for topic, numbers in known.items() for number in numbers]
        with telling_refusals("from_kafka", settings.bootstrap):
            if isinstance(settings.stop, int):
                ends = await offsets_at(consumer, everywhere, settings.stop)
            else:
                ends = await consumer.end_offsets(everywhere)
        return PastReader(consumer, settings, known, ends, transactions=transactions)
    except BaseException:
        await closed(consumer)
        raise


class PastReader(LiveReader):
    """Reads up to given ends, the partitions merged by time; from there it can go on as records come.

    A partition's instant is the greatest seen in it, so that its records keep their order; what may be handed on is
    what no other partition can still precede.
    """

    def __init__(
        self,
        consumer: Any,
        settings: Settings,
        known: Mapping[str, list[int]],
        ends: Mapping[Any, int],
        *,
        transactions: Transactions | None = None,
    ) -> None:
        super().__init__(consumer, settings, known, transactions=transactions)
        self._ends = ends
        self._waiting: dict[Any, _Part] = {}
        self._finished: set[Any] = set()
        self._is_past = True

    async def go_live(self) -> None:
        """Go on behind the ends, as records come."""
        self._is_past = False
        self._unread = {*self._ready}
        for at in self._finished & self._ready:
            self._consumer.seek(at, self._ends[at])
        self._consumer.resume(*self._consumer.paused())

    async def _read(self) -> Poll | None:
        """Wait for the next records; None, in the past, when every partition that is ours is at its end."""
        if not self._is_past:
            return await super()._read()
        self._raise_error()
        if not await self._get_ready():
            await self._wait_joined()
            return self._poll({})
        # What was created since has no part in the past.
        self._consumer.pause(*(self._ready - self._ends.keys()))
        await self._go_on()
        if not self._unfinished() and not self._waiting:
            return None
        before = self._roster()
        poll = await self._next()
        self._were_several |= len(before.ours) > 1
        if not (self._were_several and self._ready):
            return poll
        return poll._replace(before=before, behind=self._roster())

    async def _next(self) -> Poll:
        await self._fill(0)
        if self._empty():
            # The client fetches nothing new while records lie unread in it: so those are read first, up to a bound.
            if sum(len(part.records) for part in self._waiting.values()) < _MOST_KEPT:
                self._take(await self._consumer.getmany(timeout_ms=0))
            await self._fill(WAIT)
        if self._empty() or not self._waiting:
            return self._poll({})
        return await self._merged()

    def _roster(self) -> Roster:
        """Who has something before the ends that was not handed over; who has nothing is not waited for."""
        ours = frozenset({*self._unfinished(), *self._waiting})
        return Roster(ours, ours, is_merged=True)

    def _unfinished(self) -> set[Any]:
        return (self._ready & self._ends.keys()) - self._finished

    def _empty(self) -> list[Any]:
        """The partitions that must bring something before anything can be handed on."""
        return [at for at in self._unfinished() if at not in self._waiting]

    def _let_go(self, at: Any) -> None:
        super()._let_go(at)
        self._waiting.pop(at, None)
        self._finished.discard(at)

    def _keeps(self, at: Any) -> bool:
        return at in self._waiting

    async def _fill(self, wait: int) -> None:
        """Read a little of each partition that has nothing waiting; one by one, or the first would fill the poll."""
        for at in self._empty():
            self._take(await self._consumer.getmany(at, timeout_ms=wait, max_records=self._settings.most))
        await self._go_on()

    def _take(self, found: Mapping[Any, list[Any]]) -> None:
        for at, records in found.items():
            if at in self._ready and at in self._ends:
                self._take_one(at, records)

    def _take_one(self, at: Any, records: list[Any]) -> None:
        end = self._ends[at]
        before = records if records[-1].offset < end else [record for record in records if record.offset < end]
        kept = self._taken({at: before}).get(at)
        if kept:
            self._waiting.setdefault(at, _Part()).extend(kept)

    async def _go_on(self) -> None:
        """Note which partitions have come to their ends."""
        for at in self._unfinished():
            # The position passes over what is no record: gaps of compaction, marks of transactions.
            if at in self._waiting and self._places[at].next < self._ends[at]:
                continue
            try:
                if await self._consumer.position(at) >= self._ends[at]:
                    self._finished.add(at)
            except aiokafka().errors.IllegalStateError:
                # The group has just taken it away.
                continue

    async def _merged(self) -> Poll:
        waiting, unfinished = self._waiting, self._unfinished()
        # Up to the least of what the unfinished ones may still bring, and no more at a time than keeps caches warm.
        share = 2 * self._settings.most // len(waiting)
        bounds = [part.times[-1] for at, part in waiting.items() if at in unfinished and len(waiting) > 1]
        bounds += [part.times[share - 1] for part in waiting.values() if len(part.times) > share]
        bound = min(bounds, default=None)
        taken: dict[Any, list[Any]] = {}
        times: list[list[int]] = []
        for at in sorted(waiting):
            part = waiting[at]
            place = len(part.times) if bound is None else bisect_right(part.times, bound)
            if place:
                taken[at], found = part.take(place)
                times.append(found)
            if not part.records:
                del waiting[at]
        if self._commits_before:
            kept = await self._committed_before(taken)
            times = [found for at, found in zip(taken, times, strict=True) if at in kept]
            taken = {at: part for at, part in taken.items() if at in kept}
        poll = self._poll(taken)
        return poll._replace(records=_in_time_order(list(taken.values()), times)) if taken else poll


class _Part:
    """What waits of one partition, with each record's instant: the greatest so far in the partition."""

    __slots__ = ("records", "times")

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.times: list[int] = []

    def extend(self, records: list[Any]) -> None:
        """Append what was read."""
        times = list(map(_TIMESTAMP, records))
        if (self.times and self.times[-1] > times[0]) or not all(map(le, times, islice(times, 1, None))):
            times = list(accumulate(times, max, initial=self.times[-1] if self.times else times[0]))[1:]
        self.records += records
        self.times += times

    def take(self, count: int) -> tuple[list[Any], list[int]]:
        """Take the first ones."""
        records, times = self.records[:count], self.times[:count]
        del self.records[:count], self.times[:count]
        return records, times


_TIMESTAMP: Final = attrgetter("timestamp")


def _in_time_order(parts: list[list[Any]], times: list[list[int]]) -> list[Any]:
    """Merge, each part's order kept; of equal instants the partitions in their order."""
    if len(parts) == 1:
        return parts[0]
    instants = list(chain.from_iterable(times))
    records = list(chain.from_iterable(parts))
    # Sorting is stable, and quick with stretches that are sorted already.
    return [records[place] for place in sorted(range(len(records)), key=instants.__getitem__)]
