"""Run a real Kafka, one node on loopback, for as long as a test or a benchmark needs it."""

import asyncio
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tests.brokers._kafka_home import java, kafka_home, write_settings
from tests.brokers.leash import Leash
from tests.brokers.ports import LOOPBACK, accepts, free_port
from tests.brokers.server import Server

if TYPE_CHECKING:
    from aiokafka.admin import AIOKafkaAdminClient

_LOGGING = Path(__file__).with_name("log4j2.properties")
_TOPIC_SECONDS = 10


class Kafka(Server):
    """A Kafka broker that starts on entering and is gone, with its data, on leaving.

    Raises:
        BrokerUnavailable: On construction, if Java, Maven or the broker's jars cannot be had here.
    """

    def __init__(self) -> None:
        home = kafka_home()
        leash = Leash("kafka")
        folder = leash.folder
        self._port = free_port()
        self._login_port = free_port()
        super().__init__("Kafka", leash, command=_command(home, folder), ready=lambda: accepts(self._port))
        shutil.copytree(home / "disk", folder / "disk")
        settings = folder / "server.properties"
        ports = {"broker": self._port, "login": self._login_port, "controller": free_port()}
        write_settings(settings, data=folder / "disk", **ports)

    @property
    def bootstrap(self) -> str:
        """The address to give to clients, the same after each start."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def login(self) -> str:
        """Another address of it, at which who connects must log in: as ``alice``, by the password ``open sesame``."""
        return f"{LOOPBACK}:{self._login_port}"


class TopicFactory(Protocol):
    """Creates a topic with a name of its own, and returns the name."""

    def __call__(self, partitions: int = 1, configs: Mapping[str, str] | None = None) -> str: ...


def create_topic(bootstrap: str, name: str, partitions: int = 1, configs: Mapping[str, str] | None = None) -> None:
    """Create a topic; not to be called from inside a running event loop."""
    asyncio.run(_create_topic(bootstrap, name, partitions, dict(configs or {})))


def allow_only(bootstrap: str, name: str, *operations: str) -> None:
    """Let everybody do these things with a topic, ``read``, ``write`` and ``describe``, and nothing else."""
    asyncio.run(_allow_only(bootstrap, name, operations))


async def _allow_only(bootstrap: str, name: str, operations: Sequence[str]) -> None:
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.protocol.admin import CreateAclsRequest

    topic, literally, allow = 2, 3, 3
    codes = {"read": 3, "write": 4, "describe": 8, "alter": 7}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        # One that nobody needs makes all that is not named forbidden.
        for operation in operations or ("alter",):
            await admin._send_request(CreateAclsRequest(topic, name, literally, "User:*", "*", codes[operation], allow))
    finally:
        await admin.close()


async def _create_topic(bootstrap: str, name: str, partitions: int, configs: dict[str, str]) -> None:
    # Imported here because running a broker needs no client.
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic
    from aiokafka.errors import for_code

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        for topic, code, *message in answer.topic_errors:
            if code:
                raise for_code(code)(f"{topic}: {message}")
        # Kafka answers a little before it knows the topic itself: one client in twenty was told that there is none.
        async with asyncio.timeout(_TOPIC_SECONDS):
            while not await _has_leaders(admin, name):
                await asyncio.sleep(0.01)
    finally:
        await admin.close()


async def _has_leaders(admin: "AIOKafkaAdminClient", topic: str) -> bool:
    described = (await admin.describe_topics([topic]))[0]
    return described["error_code"] == 0 and all(part["error_code"] == 0 for part in described["partitions"])


def _command(home: Path, folder: Path) -> list[str]:
    return [
        *java(home),
        # Quick to start and modest beside the tests; a broker that runs for days would want neither.
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx512m",
        # Java keeps these two in the system's folder, and leaves them there when it is killed.
        "-XX:-UsePerfData",
        f"-Djava.io.tmpdir={folder}",
        f"-Dlog4j2.configurationFile={_LOGGING}",
        "kafka.Kafka",
        str(folder / "server.properties"),
    ]


def _serve() -> None:
    with Kafka() as kafka, suppress(KeyboardInterrupt):
        sys.stdout.write(f"{kafka.bootstrap}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    _serve()
