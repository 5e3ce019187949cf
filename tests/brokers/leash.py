"""Tie programs and their folder to the life of the process that started them.

A second process, the holder, starts the programs and waits for the end of its input. That end comes however the
first process goes, by ``close``, by an exception or by ``kill -9``: then the holder kills what still runs and
removes the folder. A parent-death signal alone would not do: it is bound to a thread, and removes no folder.
"""

import atexit
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1


class Leash:
    """Runs programs that end, and whose folder goes, no later than this process."""

    def __init__(self, name: str) -> None:
        """Make the folder, with ``name`` in its own name."""
        self._holder = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, f"rxstream-{name}-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Out of reach of the terminal's Ctrl-C, which is for the first process to act on.
            start_new_session=True,
        )
        atexit.register(self.close)
        self.folder = Path(self._answer())

    def run(self, command: list[str], *, log: Path, environment: Mapping[str, str] | None = None) -> int:
        """Start a program in the folder, its output appended to ``log``, and return its process id.

        ``environment`` is added to this process's own.
        """
        assert self._holder.stdin is not None
        self._holder.stdin.write(json.dumps([command, os.environ | dict(environment or {}), str(log)]) + "\n")
        self._holder.stdin.flush()
        return int(self._answer())

    def close(self) -> None:
        """Kill what still runs and remove the folder; a second call does nothing."""
        atexit.unregister(self.close)
        # Leaving closes the holder's input, which is what it waits for, and awaits its end.
        with self._holder:
            pass

    def _answer(self) -> str:
        assert self._holder.stdout is not None
        return self._holder.stdout.readline().rstrip("\n")


def hold(prefix: str) -> None:
    """Start what the first process asks for; when its input ends, kill all of it and remove the folder."""
    folder = tempfile.mkdtemp(prefix=prefix)
    programs: list[subprocess.Popen[bytes]] = []
    try:
        _serve(folder, programs)
    except (BrokenPipeError, json.JSONDecodeError):
        pass  # the first process has ended in the middle of a word
    finally:
        for program in programs:
            _end(program)
        shutil.rmtree(folder, ignore_errors=True)


def _serve(folder: str, programs: list[subprocess.Popen[bytes]]) -> None:
    def reap(*_: object) -> None:
        for program in programs:
            program.poll()

    signal.signal(signal.SIGCHLD, reap)
    _tell(folder)
    for line in sys.stdin:
        programs.append(_start(*json.loads(line)))
        reap()  # it may have ended before it was on the list
        _tell(programs[-1].pid)


def _tell(answer: object) -> None:
    os.write(sys.stdout.fileno(), f"{answer}\n".encode())


def _start(command: list[str], environment: dict[str, str], log: str) -> subprocess.Popen[bytes]:
    with Path(log).open("ab") as output:
        return subprocess.Popen(
            command,
            env=environment,
            cwd=Path(log).parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_the_holder if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread here
        )


def _die_with_the_holder() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end(program: subprocess.Popen[bytes]) -> None:
    if program.poll() is None:
        # The group, and so what the program has started itself.
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


if __name__ == "__main__":
    hold(sys.argv[1])
