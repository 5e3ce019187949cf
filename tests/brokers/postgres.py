"""Run a real PostgreSQL, one server on loopback, for as long as a test or a benchmark needs it."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.brokers.install import apt_install
from tests.brokers.leash import Leash
from tests.brokers.ports import LOOPBACK, free_port
from tests.brokers.server import Server, process_exists, wait_until

_VERSIONS = Path("/usr/lib/postgresql")
_USER = "rxstream"
_PASSWORD = "known-to-all-tests"  # noqa: S105 - of a server that only these tests reach
_GONE_SECONDS = 20.0


class Postgres(Server):
    """A PostgreSQL server that starts on entering and is gone, with its data, on leaving.

    Raises:
        BrokerUnavailable: On construction, if PostgreSQL cannot be had here.
    """

    def __init__(self) -> None:
        if not _installed():
            apt_install("postgresql", why="PostgreSQL is not installed")
        programs = max(_installed(), key=lambda folder: float(folder.parent.name))
        leash = Leash("postgres")
        self._port = free_port()
        data = leash.folder / "data"
        _make_cluster(programs, leash.folder, data)
        super().__init__(
            "PostgreSQL",
            leash,
            command=[*_as_its_user(), str(programs / "postgres"), "-D", str(data), *_settings(self._port)],
            ready=lambda: _answers(programs, self._port),
        )

    @property
    def url(self) -> str:
        """The address to give to SQLAlchemy, the same after each start."""
        return f"postgresql+psycopg://{_USER}:{_PASSWORD}@{LOOPBACK}:{self._port}/postgres"

    @property
    def password(self) -> str:
        """What no message may show."""
        return _PASSWORD

    def stop(self) -> None:
        """Let the server shut down in good order, without waiting for its clients."""
        self._signal(signal.SIGINT)
        if not wait_until(lambda: not self.running(), _GONE_SECONDS):
            self.kill()

    def kill(self) -> None:
        """End the server and the processes that serve its clients at once, as a crash of the machine would."""
        children = _children(self.pid) if self.running() and self.pid is not None else []
        super().kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        # While one of them is left, the next start is refused.
        wait_until(lambda: not any(map(process_exists, children)), _GONE_SECONDS)

    def close(self) -> None:
        """End all processes and remove the folder."""
        self.kill()
        super().close()


def _installed() -> list[Path]:
    return [program.parent for program in _VERSIONS.glob("*/bin/postgres")]


def _as_its_user() -> list[str]:
    """What stands before a command to run it as the user that Debian has for it; the server refuses to be root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL"]


def _make_cluster(programs: Path, folder: Path, data: Path) -> None:
    secret = folder / "password"
    secret.write_text(_PASSWORD)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (folder, secret):
            shutil.chown(path, owner.pw_uid, owner.pw_gid)
    subprocess.run(
        [
            *[*_as_its_user(), str(programs / "initdb"), "--no-sync", "--no-instructions", "--encoding=UTF8"],
            *["--locale=C", "--auth=scram-sha-256", "-U", _USER, f"--pwfile={secret}", "-D", str(data)],
        ],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _settings(port: int) -> list[str]:
    settings = {
        "listen_addresses": LOOPBACK,
        "port": port,
        "unix_socket_directories": "",
        # What is written outlives the processes all the same; only a machine's crash would need more.
        "fsync": "off",
    }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _answers(programs: Path, port: int) -> bool:
    asked = [str(programs / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(port), "-t", "1"]
    return subprocess.run(asked, check=False).returncode == 0


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _serve() -> None:
    with Postgres() as postgres, suppress(KeyboardInterrupt):
        sys.stdout.write(f"{postgres.url}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    _serve()
