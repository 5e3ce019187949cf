"""Talking to Kafka: the one place that imports aiokafka."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import logging
from collections.abc import Awaitable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, TypeVar

from rxstream.core import did_you_mean, require_names
from rxstream.errors import ConfigurationError, ConnectError

T = TypeVar("T")

#: Seconds in which a broker must answer at the start.
CONNECT_BUDGET: Final = 9.0
#: A topic just created is not known to every broker at once.
_TOPIC_PATIENCE: Final = 2.0

#: Options that rxstream sets itself: another value would break delivery, or say the same thing twice.
_OURS: Final = frozenset(
    {
        "acks",
        "api_version",
        "auto_offset_reset",
        "bootstrap_servers",
        "enable_auto_commit",
        "enable_idempotence",
        "group_id",
        "key_deserializer",
        "key_serializer",
        "loop",
        "max_poll_records",
        "partitioner",
        "transactional_id",
        "value_deserializer",
        "value_serializer",
    }
)


@cache
def aiokafka() -> Any:
    """The client library."""
    # Its log is the application's to show; without logging set up, its lines would appear beside our errors.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    return importlib.import_module("aiokafka")


def check_extra(who: str, kind: str, extra: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return further options of the client, by aiokafka's names.

    Raises:
        ConfigurationError: For a name that the client does not know, or that is rxstream's to set.
    """
    given = dict(extra or {})
    if given:
        known = set(inspect.signature(getattr(aiokafka(), kind).__init__).parameters) - {"self", "topics"}
        for name in given:
            if name in _OURS:
                raise ConfigurationError(
                    f"{who}: extra must leave {name} to rxstream, which needs it to lose nothing; "
                    f"got {given[name]!r}. Leave it out."
                )
        require_names(who, "extra", given, known - _OURS)
    return given


def checked_servers(who: str, bootstrap: str) -> str:
    """The addresses of brokers, each a host and perhaps a port.

    Raises:
        ConfigurationError: If one is none.
    """
    for address in str(bootstrap).split(","):
        host, colon, port = address.strip().rpartition(":")
        if (colon and not (host and port.isdigit())) or not address.strip():
            raise ConfigurationError(
                f"{who}: bootstrap_servers must be host:port, several with commas; got {bootstrap!r}. Correct it."
            )
    return bootstrap


def client_of(who: str, kind: str, bootstrap: str, options: Mapping[str, Any]) -> Any:
    """Make a client, not connected yet.

    Raises:
        ConfigurationError: If the client does not take the values of its options.
    """
    try:
        return getattr(aiokafka(), kind)(bootstrap_servers=bootstrap, **options)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ConfigurationError(
            f"{who}: extra must hold what the client takes; got an option that it refuses: {error}. Correct it."
        ) from error


async def connected(who: str, client: Any, bootstrap: str) -> None:
    """Start a client.

    Raises:
        ConnectError: If no broker answers, or lets us in, in one line with the address.
    """
    heard = _Heard()
    log = logging.getLogger("aiokafka")
    log.addHandler(heard)
    try:
        await asyncio.wait_for(client.start(), CONNECT_BUDGET)
    except (aiokafka().errors.KafkaError, OSError, TimeoutError) as error:
        await _quietly(client.close() if hasattr(client, "close") else client.stop())
        if heard.refusal:
            raise ConnectError(
                f"{who}: the Kafka broker at {bootstrap} must let us in; it refused user and password. "
                "Correct sasl_plain_username and sasl_plain_password in extra."
            ) from error
        raise ConnectError(
            f"{who}: a Kafka broker must answer at {bootstrap}; {_reason(error)}. "
            "Start it, or correct bootstrap_servers (and security_protocol, if it wants a password)."
        ) from error
    finally:
        log.removeHandler(heard)


class _Heard(logging.Handler):
    """Hears in the client's log that a broker refused who we are: it raises only that it could not connect."""

    refusal = False

    def emit(self, record: logging.LogRecord) -> None:
        errors = aiokafka().errors
        refusals = errors.SaslAuthenticationFailed, errors.AuthenticationFailedError
        self.refusal |= isinstance(record.args, tuple) and any(isinstance(one, refusals) for one in record.args)


@contextmanager
def telling_refusals(who: str, bootstrap: str) -> Iterator[None]:
    """Say in one line what the brokers do not let us do.

    Raises:
        ConnectError: If they refuse something in the block.
    """
    errors = aiokafka().errors
    try:
        yield
    except (errors.TopicAuthorizationFailedError, errors.GroupAuthorizationFailedError) as error:
        what = "group" if isinstance(error, errors.GroupAuthorizationFailedError) else "topic"
        named = " ".join(str(part) for part in error.args) or what
        raise ConnectError(
            f"{who}: we must have the right to the {what}; {bootstrap} refuses it: {named}. "
            "Have it granted, or correct the name or the user."
        ) from error


async def require_topics(who: str, client: Any, topics: Collection[str], bootstrap: str) -> dict[str, list[int]]:
    """Return the topics' partitions; ``client`` is the low-level client of a consumer or producer.

    Raises:
        ConnectError: For the first that does not, naming the nearest one that does.
    """
    deadline = asyncio.get_running_loop().time() + _TOPIC_PATIENCE
    while True:
        metadata = await client.fetch_all_metadata()
        found = metadata.topics()
        missing = [topic for topic in topics if topic not in found]
        if not missing:
            return {topic: sorted(metadata.partitions_for_topic(topic)) for topic in topics}
        if asyncio.get_running_loop().time() > deadline:
            known = [topic for topic in found if not topic.startswith("__")]
            hint = did_you_mean(missing[0], known)
            remedy = "Create it, or correct the name." if hint == "Choose one of them." else hint
            raise ConnectError(f"{who}: the topic must exist; {bootstrap} has none named {missing[0]!r}. {remedy}")
        await asyncio.sleep(0.1)


async def create_topic(
    who: str, bootstrap: str, name: str, *, partitions: int = 1, configs: Mapping[str, str] | None = None
) -> None:
    """Create a topic, and wait until the brokers know it.

    Raises:
        ConnectError: If no broker answers.
    """
    admin_module = importlib.import_module(f"{aiokafka().__name__}.admin")
    admin = admin_module.AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await connected(who, admin, bootstrap)
    try:
        topic = admin_module.NewTopic(
            name, num_partitions=partitions, replication_factor=1, topic_configs=dict(configs or {})
        )
        await admin.create_topics([topic])
        await require_topics(who, admin._client, [name], bootstrap)
    finally:
        await admin.close()


class PartitionOf(dict[bytes, int]):
    """The partition of each key of one topic, as the Java client finds it.

    The hash is murmur2, which in Python costs more than packing the record; so what was found is remembered, up to a
    bound.

    Args:
        numbers: The topic's partitions, in order.
    """

    def __init__(self, numbers: list[int]) -> None:
        super().__init__()
        self.numbers = numbers
        self._hashed = importlib.import_module("aiokafka.partitioner").DefaultPartitioner()

    def __missing__(self, key: bytes) -> int:
        if len(self) >= _MOST_KEYS:
            self.clear()
        found: int = self._hashed(key, self.numbers, self.numbers)
        self[key] = found
        return found


_MOST_KEYS: Final = 100_000


async def closed(client: Any) -> None:
    """Stop a client, without waiting for ever for a broker that is away, and hardly when all is to end at once."""
    task = asyncio.current_task()
    await _quietly(client.stop(), 0.2 if task is not None and task.cancelling() else 2.0)


async def _quietly(closing: Awaitable[object], seconds: float = 0.5) -> None:
    # Left behind, not cancelled and awaited: the client may go on waiting all the same.
    task = asyncio.ensure_future(closing)
    await asyncio.wait({task}, timeout=seconds)
    if task.done():
        task.exception()
    else:
        task.cancel()


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"none did within {CONNECT_BUDGET:.0f} s"
    # The client's own words for "nobody was there" name its internals, and nothing more than the address.
    return "none did" if "bootstrap" in str(error) else str(error) or type(error).__name__
