"""Run code in a fresh interpreter, and see how much memory it held at most.

There is a process between the two, because a child's peak begins at what its parent held when it was started:
below a large process, a small program would seem large.
"""

import resource
import subprocess
import sys
from collections.abc import Sequence


def run_fresh(code: str, *arguments: str) -> tuple[float, float]:
    """Return the number that ``code`` printed last, and the most bytes that its process held."""
    command = [sys.executable, "-m", __spec__.name, sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    *_, printed, most = done.stdout.split()
    return float(printed), float(most)


def _run(command: Sequence[str]) -> None:
    # What it prints goes where this process's own output goes.
    subprocess.run(command, check=True)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    sys.stdout.write(f"{most if sys.platform == 'darwin' else most * 1024}\n")


if __name__ == "__main__":
    _run(sys.argv[1:])
