"""Start, stop and kill one server process."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Self

from tests.brokers.leash import Leash

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.02
_LINES_OF_LOG = 30


class Server:
    """One server program, the same command in the same folder each time it starts.

    As a context manager it starts on entering and is gone, with its folder, on leaving.
    """

    def __init__(
        self,
        name: str,
        leash: Leash,
        *,
        command: list[str],
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare the server; ``ready`` is asked again and again until it says yes."""
        self.name = name
        # Where it keeps its data, settings and log; all its processes work there.
        self.folder = leash.folder
        # The process started last.
        self.pid: int | None = None
        self._command = command
        self._ready = ready
        self._environment = environment
        self._leash = leash
        self._log = self.folder / "output.log"

    def running(self) -> bool:
        """Tell whether the process is there."""
        return self.pid is not None and process_exists(self.pid)

    def start(self) -> None:
        """Start the process and wait until it is ready; one that runs is left alone.

        It comes back to the address and the data it had.
        """
        if self.running():
            return
        self._log.unlink(missing_ok=True)
        self.pid = self._leash.run(self._command, environment=self._environment, log=self._log)
        if not wait_until(lambda: self._ready() or not self.running(), _START_SECONDS):
            self.kill()
            raise RuntimeError(self._complaint(f"must be ready within {_START_SECONDS:g} s"))
        if not self.running():
            raise RuntimeError(self._complaint("must stay up; it ended while it started"))

    def stop(self) -> None:
        """Let the process shut down in good order; it is killed if it takes too long."""
        self._signal(signal.SIGTERM)
        if not wait_until(lambda: not self.running(), _STOP_SECONDS):
            self.kill()

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        self._signal(signal.SIGKILL)
        if not wait_until(lambda: not self.running(), _STOP_SECONDS):
            raise RuntimeError(f"{self.name}: process {self.pid} must end by SIGKILL; it is still there.")

    def close(self) -> None:
        """End the process and remove its folder."""
        self._leash.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None and self.running():
            os.kill(self.pid, number)

    def _said(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _complaint(self, what: str) -> str:
        last = "\n".join(self._said().splitlines()[-_LINES_OF_LOG:])
        return f"{self.name}: {what}. The last lines of its log:\n{last}"


def process_exists(pid: int) -> bool:
    """Tell whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask ``condition`` again and again, and return whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
