"""Writing to Kafka and committing what was read in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from rxstream.core import Feed, sink_name
from rxstream.drivers.kafka import aiokafka
from rxstream.drivers.kafka_protocol import fence_offsets
from rxstream.errors import ConfigurationError, DeliveryError

if TYPE_CHECKING:
    from rxstream.drivers.kafka_marks import Mark
    from rxstream.drivers.kafka_settings import Settings


class Reading:
    """What a source reads, and in whose transactions its offsets may be committed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.transactions: list[Transactions] = []

    def those_at_work(self) -> Transactions | None:
        """The transactions of the present run; None: there are none.

        Raises:
            ConfigurationError: If there are several, as offsets can be committed in one only.
        """
        found = [one for one in self.transactions if one.is_open]
        if len(found) > 1:
            raise ConfigurationError(
                f"to_kafka: exactly once needs to be said of one sink of a source; got {len(found)} in one run. "
                'Say delivery="at_least_once" of the others, or read the topic once for each.'
            )
        return found[0] if found else None


class Transactions:
    """One transaction after the other: what is written, and the offsets that go with it.

    A broker takes the offsets only from a member of the present generation, and a new producer of the same static
    member only when the last one's transaction is over: so who was thought dead can commit nothing any more.
    """

    def __init__(self, who: str, topic: str) -> None:
        self._who = who
        self._topic = topic
        self._source: Reading | None = None
        self._producer: Any = None
        self._error: BaseException | None = None
        self._lock = asyncio.Lock()
        self._writing = 0
        self._begun = False
        self._membership: Any = None

    def pair(self, feeds: Sequence[Feed], beside: Sequence[Any], bootstrap: str) -> None:
        """Let the source commit its offsets here.

        Raises:
            ConfigurationError: If there is not one source, it reads another cluster, or there are other sinks.
        """
        readings = [feed.reading for feed in feeds]
        if len(feeds) != 1 or not isinstance(readings[0], Reading) or readings[0].settings.group is None:
            raise ConfigurationError(
                f"{self._who}: exactly once needs one from_kafka with a group_id as its only source; "
                f'got {", ".join(feed.name for feed in feeds) or "none"}. Say delivery="at_least_once".'
            )
        if beside:
            raise ConfigurationError(
                f"{self._who}: exactly once needs to be the only sink, as another one would get records again; got "
                f"{', '.join(map(sink_name, beside))} too. Give that a pipeline of its own, or say "
                'delivery="at_least_once".'
            )
        settings = readings[0].settings
        if _addresses(settings.bootstrap).isdisjoint(_addresses(bootstrap)):
            raise ConfigurationError(
                f"{self._who}: exactly once needs a source of the same cluster; got {settings.bootstrap!r} and "
                f'{bootstrap!r}. Give both the same addresses, or say delivery="at_least_once".'
            )
        if settings.ack == "before":
            raise ConfigurationError(
                f"{self._who}: exactly once needs a source that is committed with what is written; got ack='before'. "
                'Leave ack out, or say delivery="at_least_once".'
            )
        self._source = readings[0]
        self._source.transactions.append(self)

    @property
    def is_open(self) -> bool:
        """Whether there is a producer."""
        return self._producer is not None

    @property
    def producer_name(self) -> str:
        """The producer's name to the broker: always the same for a static member, else a new one.

        Raises:
            ConfigurationError: If it stands behind no source.
        """
        if self._source is None:
            raise ConfigurationError(
                f"{self._who}: exactly once needs one from_kafka with a group_id as its only source; got none. "
                'Say delivery="at_least_once".'
            )
        settings = self._source.settings
        return f"rxstream-{settings.group}-{self._topic}-{settings.extra.get('group_instance_id') or uuid4().hex}"

    def begin(self, producer: Any) -> None:
        """Write by this producer from now on."""
        self._producer, self._error, self._begun, self._writing = producer, None, False, 0
        self._lock = asyncio.Lock()
        fence_offsets(producer, lambda: self._membership)

    async def around(self, send: Callable[[], Awaitable[Awaitable[Any]]]) -> Awaitable[Any]:
        """Send in a transaction; what is returned waits for the answer."""
        async with self._lock:
            self.raise_broken()
            self._writing += 1
            try:
                if not self._begun:
                    await self._producer.begin_transaction()
                    self._begun = True
                return self._noted(await send())
            except BaseException as error:
                self._note_answer(error)
                raise

    async def _noted(self, answer: Awaitable[Any]) -> None:
        try:
            await answer
        except BaseException as error:
            self._note_answer(error)
            raise
        self._note_answer(None)

    def _note_answer(self, error: BaseException | None) -> None:
        self._writing -= 1
        self._error = self._error or error

    async def commit(self, group: Any, marks: Mapping[Any, Mark]) -> bool:
        """Commit what was written, and with it these marks; False: not now, as something is being written.

        Raises:
            DeliveryError: If that is not possible any more; then nothing of it is committed.
        """
        self.raise_broken()
        if self._writing or self._lock.locked():
            return False
        async with self._lock:
            try:
                await self._commit(group, marks)
            except (aiokafka().errors.KafkaError, AssertionError) as error:
                self._error = error
                self.raise_broken()
        return True

    async def _commit(self, group: Any, marks: Mapping[Any, Mark]) -> None:
        if not self._begun:
            if not marks:
                return
            await self._producer.begin_transaction()
            self._begun = True
        self._membership = group.membership
        entry = aiokafka().structs.OffsetAndMetadata
        offsets = {at: entry(*mark) for at, mark in marks.items()}
        if offsets:
            await self._producer.send_offsets_to_transaction(offsets, group.group_id)
        await self._producer.commit_transaction()
        self._begun = False

    async def give_up(self, reason: str) -> None:
        """Abort what was written: it can be committed by nobody.

        Raises:
            DeliveryError: Always, with the reason.
        """
        self._error = self._error or RuntimeError(reason)
        await self.abort()
        self.raise_broken()

    async def abort(self) -> None:
        """Abort what was written and not committed, as far as the broker can be told."""
        if self._begun and self._producer is not None:
            self._begun = False
            with suppress(aiokafka().errors.KafkaError, AssertionError, TimeoutError):
                await asyncio.wait_for(self._producer.abort_transaction(), 2.0)

    async def end(self) -> None:
        """Let the producer go."""
        await self.abort()
        self._producer = None

    def raise_broken(self) -> None:
        """Say that nothing more can be committed, if so.

        Raises:
            DeliveryError: With the reason.
        """
        if self._error is not None:
            raise DeliveryError(
                f"{self._who}: a transaction must be committed as a whole; {self._error}. "
                "Run it again: it goes on from what was committed last."
            ) from self._error


def _addresses(bootstrap: Any) -> set[str]:
    listed = bootstrap.split(",") if isinstance(bootstrap, str) else bootstrap
    return {address.strip() for address in listed}
