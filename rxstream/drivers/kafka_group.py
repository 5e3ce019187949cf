"""What a consumer group remembers of its partitions, and how long it waits for a member."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Final

from rxstream.drivers.kafka import aiokafka
from rxstream.drivers.kafka_marks import Mark
from rxstream.drivers.kafka_protocol import stable_offsets, stable_offsets_request
from rxstream.drivers.kafka_transactions import Transactions

#: Of the time that the group waits for its members in a rebalance, what one may spend on finishing its work.
_SHARE: Final = 0.5
#: Seconds beyond which the others are not kept waiting.
_MOST: Final = 10.0
#: Seconds after which what is not stable yet is asked for again.
_AGAIN: Final = 0.02
#: What a broker says that does not coordinate the group any more.
_NOT_HERE: Final = frozenset({15, 16})


class Group:
    """The group that a consumer is a member of.

    It speaks to the client's coordinator, as the client itself hands out no metadata, and commits nothing while its
    subscription changes.

    Args:
        consumer: The client.
        group_id: The group's name.
        extra: The client's further options.
        transactions: What is committed is committed by these, together with what was written.
    """

    def __init__(
        self, consumer: Any, group_id: str, extra: Mapping[str, Any], transactions: Transactions | None
    ) -> None:
        self.group_id = group_id
        #: In which what is committed goes together with what is written; None: there are none.
        self.transactions = transactions
        self._member = extra.get("group_instance_id")
        self._consumer = consumer
        session = extra.get("session_timeout_ms", 10_000)
        #: Seconds that may be spent on finishing work before partitions go.
        self.patience: float = min(_SHARE * extra.get("rebalance_timeout_ms", session) / 1000, _MOST)
        #: Seconds without a read after which a member should say that it is still there.
        self.quiet: float = extra.get("max_poll_interval_ms", 300_000) / 3000

    @property
    def is_member(self) -> bool:
        """Whether the group knows us, as far as we have heard."""
        return bool(self._consumer._coordinator.generation > 0)

    @property
    def membership(self) -> tuple[int, str, str | None]:
        """The generation and the member's names, by which a broker tells who is a member no more."""
        coordinator = self._consumer._coordinator
        return coordinator.generation, coordinator.member_id, self._member

    async def marks(self, partitions: Collection[Any]) -> dict[Any, Mark]:
        """Ask what is committed of partitions; one of which nothing is, is left out."""
        if self.transactions is not None:
            return await self._stable_marks(partitions)
        found = await self._consumer._coordinator.fetch_committed_offsets(list(partitions))
        return {at: Mark(entry.offset, entry.metadata or "") for at, entry in found.items() if entry.offset >= 0}

    async def commit(self, marks: Mapping[Any, Mark]) -> bool:
        """Commit; False: not now, as the group is sharing out its partitions anew, or something is being written."""
        if self.transactions is not None:
            return self.is_member and await self.transactions.commit(self, marks)
        entry = aiokafka().structs.OffsetAndMetadata
        try:
            await self._consumer._coordinator.commit_offsets(None, {at: entry(*mark) for at, mark in marks.items()})
        except aiokafka().errors.CommitFailedError:
            return False
        return True

    async def _stable_marks(self, partitions: Collection[Any]) -> dict[Any, Mark]:
        """Ask for what is committed, when no transaction may change it any more."""
        coordinator, by_topic = self._consumer._coordinator, dict[str, list[int]]()
        for at in partitions:
            by_topic.setdefault(at.topic, []).append(at.partition)
        while True:
            await coordinator.ensure_coordinator_known()
            with suppress(aiokafka().errors.KafkaError):
                answer = await coordinator._send_req(stable_offsets_request(self.group_id, by_topic))
                found, errors = stable_offsets(answer)
                if not errors:
                    return {at: found[at] for at in partitions if at in found}
                if errors & _NOT_HERE:
                    coordinator.coordinator_dead()
            await asyncio.sleep(_AGAIN)

    async def say_still_here(self) -> None:
        """Keep the membership while nothing is read: a read of no partition that there is."""
        await self._consumer.getmany(aiokafka().TopicPartition("", -1), timeout_ms=0)
