"""Run a real RabbitMQ, one node on loopback, for as long as a test or a benchmark needs it."""

import signal
import sys
from contextlib import suppress
from pathlib import Path

from tests.brokers.install import apt_install
from tests.brokers.leash import Leash
from tests.brokers.ports import LOOPBACK, accepts, free_port
from tests.brokers.server import Server

# Debian's own start script. The one on the path changes user and folder; this one leaves both to its caller.
_PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
# What it is told of queues goes to their tables at once: a new node that is killed may forget what is in its log only.
_REMEMBERS_AT_ONCE = "-mnesia dump_log_write_threshold 1"


class RabbitMQ(Server):
    """A RabbitMQ node that starts on entering and is gone, with its data, on leaving.

    Raises:
        BrokerUnavailable: On construction, if RabbitMQ cannot be had here.
    """

    def __init__(self) -> None:
        if not _PROGRAM.exists():
            apt_install("rabbitmq-server", why="RabbitMQ is not installed")
        leash = Leash("rabbitmq")
        folder = leash.folder
        self._port = free_port()
        names = free_port()
        super().__init__(
            "RabbitMQ",
            leash,
            command=[str(_PROGRAM), "-noinput"],
            environment=_environment(folder, names=names),
            ready=lambda: accepts(self._port),
        )
        _write_settings(folder, port=self._port)
        # Erlang's name service, which the node would otherwise start itself, to outlive it.
        leash.run(["epmd", "-address", LOOPBACK, "-port", str(names)], log=folder / "epmd.log")

    @property
    def url(self) -> str:
        """The address to give to clients, the same after each start."""
        return f"amqp://guest:guest@{LOOPBACK}:{self._port}/%2F"


def _write_settings(folder: Path, *, port: int) -> None:
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = {LOOPBACK}:{port}\n")
    (folder / "enabled_plugins").write_text("[].\n")


def _environment(folder: Path, *, names: int) -> dict[str, str]:
    return {
        # The cookie lies in the home folder.
        "HOME": str(folder),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "no-such-file"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_NODENAME": "rxstream@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        # The script then becomes the node instead of its parent: the process that is started is the one to signal.
        "RABBITMQ_ALLOW_INPUT": "1",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{127,0,0,1}} {_REMEMBERS_AT_ONCE}",
        "ERL_AFLAGS": "-start_epmd false",
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(names),
    }


def _serve() -> None:
    with RabbitMQ() as rabbitmq, suppress(KeyboardInterrupt):
        sys.stdout.write(f"{rabbitmq.url}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    _serve()
