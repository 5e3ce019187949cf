"""Reading Kafka topics as records come: partitions come and go, and positions are committed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

from rxstream.core import Above, Partition, Poll, Roster, Span
from rxstream.drivers.kafka import aiokafka, closed, telling_refusals
from rxstream.drivers.kafka_group import Group
from rxstream.drivers.kafka_marks import Mark
from rxstream.drivers.kafka_place import Place
from rxstream.drivers.kafka_settings import Settings, partitions_of
from rxstream.drivers.kafka_start import is_told, put_to_start
from rxstream.drivers.kafka_transactions import Transactions
from rxstream.errors import ConnectError

#: Milliseconds a poll waits, which is also how late a stop may come.
WAIT: Final = 100


class LiveReader:
    """Reads as records come.

    Where partitions are shared out anew, all of them are taken back and given again: one that comes back to us, and of
    which nobody else has committed anything meanwhile, goes on as if nothing had been.
    """

    def __init__(
        self,
        consumer: Any,
        settings: Settings,
        known: Mapping[str, list[int]],
        *,
        transactions: Transactions | None = None,
    ) -> None:
        self._consumer = consumer
        self._settings = settings
        self._places: dict[Any, Place] = {}
        #: What has been put to where reading goes on, since partitions were shared out last.
        self._ready: set[Any] = set()
        self._begun: set[Any] = set()
        self._silent: set[Any] = set()  # read, and nothing in it was to be handed over
        self._unread: set[Any] = set()  # of which there may be more than was handed over
        self._were_several = False
        self._gone: set[Partition] = set()
        self._shares = 0  # how often partitions were taken back
        self._joined = asyncio.Event()
        self._error: Exception | None = None
        self._commits_before = settings.ack == "before" and settings.group is not None
        #: Waits, so many seconds at most, for what is in flight, and commits it; the pump's.
        self.settle: Callable[[float], Awaitable[bool]] | None = None
        #: Whether a commit is of everything that was handed over, and waits for it.
        self.commits_whole = transactions is not None
        self._group: Group | None = None
        self._staying: asyncio.Task[None] | None = None
        self._subscribe(known, transactions)

    def _subscribe(self, known: Mapping[str, list[int]], transactions: Transactions | None) -> None:
        consumer, settings, loop = self._consumer, self._settings, asyncio.get_running_loop()
        if settings.group is None:
            self._assign(known)
            self._joined.set()
            self._staying = loop.create_task(self._look_for_more())
            return
        self._group = Group(consumer, settings.group, settings.extra, transactions)
        self._staying = loop.create_task(self._stay(self._group))
        listener = _listener(self._on_assigned, self._on_revoked)
        if settings.pattern is None:
            consumer.subscribe(settings.names, listener=listener)
        else:
            consumer.subscribe(pattern=settings.pattern, listener=listener)

    def _assign(self, known: Mapping[str, list[int]]) -> None:
        partition = aiokafka().TopicPartition
        everywhere = {partition(topic, number) for topic, numbers in known.items() for number in numbers}
        if everywhere - self._consumer.assignment():
            self._consumer.assign(everywhere)
            self._ready.clear()

    async def read(self) -> Poll | None:
        """Wait for the next records.

        Raises:
            ConnectError: If we may not.
        """
        with telling_refusals("from_kafka", self._settings.bootstrap):
            return await self._read()

    async def _read(self) -> Poll | None:
        self._raise_error()
        if not await self._get_ready():
            await self._wait_joined()
            return self._poll({})
        found = self._taken(await self._consumer.getmany(timeout_ms=WAIT, max_records=self._settings.most))
        if self._commits_before:
            found = await self._committed_before(found)
        return await self._enrolled(self._poll(found), found)

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int] | None:
        """Commit what is still ours; returns what was committed, None while the group shares out its partitions."""
        self._raise_error()
        if self._group is None or not await self._get_ready():
            return None
        marks: dict[Any, Mark] = {}
        for partition, position in positions.items():
            at = aiokafka().TopicPartition(*partition)
            # What was read before a partition went and came back is not ours to commit.
            if at in self._ready and partition not in self._gone:
                mark, is_whole = self._places[at].mark_at(position, above(partition))
                if self.commits_whole and not is_whole:
                    return None
                if self._places[at].may_become(mark):
                    marks[at] = mark
        news = {at: mark for at, mark in marks.items() if mark != self._places[at].mark}
        # A transaction is committed also where its records lie below what the group has: they were asked for again.
        if (news or self.commits_whole) and not await self._group.commit(news):
            return None
        for at, mark in news.items():
            if at in self._places:
                self._places[at].mark = mark
        return {(at.topic, at.partition): mark.offset for at, mark in marks.items()}

    def lag(self) -> int | None:
        """How many records wait, as far as the client has heard; None: it has not. Any thread may ask."""
        try:
            ends = [(self._consumer.highwater(at), place.next) for at, place in list(self._places.items())]
        except aiokafka().errors.IllegalStateError:
            # The group is sharing its partitions out.
            return None
        known = [max(0, end - place) for end, place in ends if end is not None]
        return sum(known) if known else None

    async def close(self) -> None:
        """Leave the group and close the connections."""
        if self._staying is not None:
            self._staying.cancel()
        await closed(self._consumer)

    # What was read

    async def _committed_before(self, found: Mapping[Any, list[Any]]) -> Mapping[Any, list[Any]]:
        """Commit what is about to be handed over; returns what of it is still ours when that is done."""
        group, places = self._group, {at: self._places[at] for at in found}
        while found and group is not None:
            if await self._get_ready():
                found = {at: part for at, part in found.items() if self._places.get(at) is places[at]}
                marks = {at: Mark(part[-1].offset + 1) for at, part in found.items()}
                marks = {at: mark for at, mark in marks.items() if places[at].may_become(mark)}
                if not marks or await group.commit(marks):
                    for at, mark in marks.items():
                        places[at].mark = mark
                    break
            await self._wait_joined()
        return found

    def _taken(self, found: Mapping[Any, list[Any]]) -> Mapping[Any, list[Any]]:
        """Note what was read, and leave out what is not to be handed over."""
        kept = {}
        for at, records in found.items():
            # What was read of a partition before it was put to where it goes on does not count.
            if at in self._ready and records:
                left = self._places[at].take(records)
                if left:
                    kept[at] = left
                else:
                    self._silent.add(at)
        return kept

    def _poll(self, found: Mapping[Any, list[Any]]) -> Poll:
        gone, self._gone = self._gone, set()
        if len(found) == 1:
            (records,) = found.values()
        else:
            records = [record for part in found.values() for record in part]
        return Poll(records, self._spans(found), tuple(gone))

    def _spans(self, found: Mapping[Any, list[Any]]) -> tuple[Span, ...]:
        if self._group is None or self._commits_before:
            return ()
        spans = [self._span(at, part) for at, part in found.items()]
        if self._silent:
            quiet = [at for at in self._silent if at not in found and not self._keeps(at) and at in self._places]
            self._silent.clear()
            spans += [self._span(at, []) for at in quiet]
        return tuple(spans)

    def _span(self, at: Any, part: list[Any]) -> Span:
        place = self._places[at]
        first, end = place.told, place.next
        if self._keeps(at):
            end = part[-1].offset + 1
        place.told = end
        return Span((at.topic, at.partition), first, end, len(part))

    def _keeps(self, _at: Any) -> bool:
        """Whether there is more of a partition that was read and not handed over."""
        return False

    async def _enrolled(self, poll: Poll, found: Mapping[Any, list[Any]]) -> Poll:
        """Say of which partitions there is more; as long as we have but one, nobody has to wait for another."""
        self._were_several |= len(self._ready) > 1
        # While they are shared out anew nobody has gone: most come back, and go on as if nothing had been.
        if not (self._were_several and self._ready):
            return poll
        ours = frozenset(self._ready)
        before = ours & {*self._unread, *found}
        behind = frozenset([at for at in before if not await self._is_at_end(at)])
        # Meanwhile the group may have given us others, of which nothing is read yet.
        self._unread = (self._unread - before) | behind
        return poll._replace(before=Roster(ours, before), behind=Roster(ours, behind))

    async def _is_at_end(self, at: Any) -> bool:
        """Whether all was read that there is, as far as the client has heard."""
        place = self._places.get(at)
        try:
            end = self._consumer.highwater(at)
            if place is None or end is None or place.next >= end:
                return place is not None and end is not None
            # The position passes over what is no record: gaps of compaction, marks of transactions.
            async with asyncio.timeout(WAIT / 1000):
                return bool(await self._consumer.position(at) >= end)
        except (aiokafka().errors.IllegalStateError, TimeoutError):
            # The group has just taken it away; one that came back has no position before we have given it one.
            return False

    # Partitions that come and go

    async def _on_revoked(self, revoked: Collection[Any]) -> None:
        self._joined.clear()
        try:
            if revoked and self._ready and self._group is not None:
                await self._settle(self._group)
        except Exception as error:  # noqa: BLE001 - the client would only log it; the next read raises it
            self._error = error
        finally:
            self._ready.clear()
            self._shares += 1

    async def _settle(self, group: Group) -> None:
        # Who is no member any more cannot commit: there is nothing to wait for.
        seconds = group.patience if group.is_member else 0.0
        done = self.settle is not None and (seconds or group.transactions) and await self.settle(seconds)
        if group.transactions is not None and not done:
            await group.transactions.give_up("the partitions went before what was read of them was done")

    def _on_assigned(self, assigned: Collection[Any]) -> None:
        for at in self._places.keys() - set(assigned):
            self._let_go(at)
        self._joined.set()

    def _let_go(self, at: Any) -> None:
        """Forget a partition that another member has, or had meanwhile."""
        del self._places[at]
        self._silent.discard(at)
        self._unread.discard(at)
        self._gone.add((at.topic, at.partition))

    async def _wait_joined(self) -> None:
        try:
            async with asyncio.timeout(WAIT / 1000):
                await self._joined.wait()
        except TimeoutError:
            pass

    async def _get_ready(self) -> bool:
        """Put partitions that have come to where reading goes on; False: partitions are just being shared out."""
        new = self._consumer.assignment() - self._ready
        if not new:
            return bool(self._ready) or self._joined.is_set()
        if not self._joined.is_set():
            return False
        share = self._shares
        marks = {} if self._group is None else await self._group.marks(new)
        try:
            if share == self._shares:
                await self._put(new, marks)
        except aiokafka().errors.IllegalStateError:
            return False
        if share == self._shares:
            self._ready |= new
            self._unread |= new
        return share == self._shares

    async def _put(self, new: Collection[Any], marks: Mapping[Any, Mark]) -> None:
        # Without a group, what is found later is all new.
        start = "earliest" if self._group is None and self._begun else self._settings.start
        fresh = [at for at in new if not self._goes_on(at, marks.get(at))]
        told = [at for at in fresh if at not in self._begun and is_told(start, at)]
        unknown = [at for at in fresh if at not in told and at not in marks]
        for at in fresh:
            if at not in told and at in marks:
                self._consumer.seek(at, marks[at].offset)
        if told:
            await put_to_start(self._consumer, told, start)
        if unknown:
            await put_to_start(self._consumer, unknown, self._settings.reset)
        # Where these stand must not be asked of the group again, which knows nothing of it.
        found = {at: await self._consumer.position(at) for at in (*told, *unknown)}
        for at in fresh:
            mark = marks.get(at)
            self._places[at] = Place(mark, mark.settled if mark and start == "committed" else [], found.get(at))
        self._begun |= {*fresh}

    def _goes_on(self, at: Any, mark: Mark | None) -> bool:
        """Go on with a partition that has come back, if nobody else has committed anything of it meanwhile."""
        place = self._places.get(at)
        if place is None:
            return False
        if place.mark != mark:
            self._let_go(at)
            return False
        self._consumer.seek(at, place.next)
        return True

    # The membership

    async def _stay(self, group: Group) -> None:
        """Stay a member, however long nothing is read."""
        while True:
            await asyncio.sleep(group.quiet)
            try:
                await group.say_still_here()
            except aiokafka().errors.KafkaError as error:
                self._error = error

    async def _look_for_more(self) -> None:
        """Take in, without a group, topics and partitions that are created."""
        while True:
            await asyncio.sleep(self._settings.extra.get("metadata_max_age_ms", 300_000) / 1000)
            try:
                self._assign(await partitions_of(self._settings, self._consumer))
            except (aiokafka().errors.KafkaError, ConnectError):
                # Away, or deleted: what is read already says so better.
                continue

    def _raise_error(self) -> None:
        if self._group is not None and self._group.transactions is not None:
            self._group.transactions.raise_broken()
        if self._error is not None:
            error, self._error = self._error, None
            raise error


def _listener(
    on_assigned: Callable[[Collection[Any]], None], on_revoked: Callable[[Collection[Any]], Awaitable[None]]
) -> Any:
    class Listener(aiokafka().abc.ConsumerRebalanceListener):  # type: ignore[misc]  # the client demands its own class
        async def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
            on_assigned(assigned)

        async def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
            await on_revoked(revoked)

    return Listener()
