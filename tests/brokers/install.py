"""Install what a broker needs, with Debian's package manager."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.brokers.unavailable import BrokerUnavailable

_POLICY = Path("/usr/sbin/policy-rc.d")
_INSTALL = ["apt-get", "-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "install"]
_NO_SERVICE_STARTS = "#!/bin/sh\nexit 101\n"


def apt_install(*packages: str, why: str) -> None:
    """Install Debian packages without starting their services.

    Raises:
        BrokerUnavailable: If there is no apt, no right to use it, or it fails. ``why`` begins the reason.
    """
    command = shlex.join(["sudo", "apt-get", "install", "-y", *packages])
    if shutil.which("apt-get") is None:
        raise BrokerUnavailable(
            f"{why}, and this system has no apt-get", f"install what Debian calls {' and '.join(packages)}"
        )
    if os.geteuid() != 0:
        raise BrokerUnavailable(f"{why}, and only root may install it", command)
    with _services_stay_down():
        run(["apt-get", "-q", "update"], why=why, command=command)
        run([*_INSTALL, *packages], why=why, command=command)


def run(arguments: list[str], *, why: str, command: str) -> None:
    """Run a program to its end.

    Raises:
        BrokerUnavailable: If it fails; what it complained of is in the reason.
    """
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        arguments,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise BrokerUnavailable(f"{why}, and {arguments[0]} failed: {_complaint(done.stdout)}", command)


def _complaint(said: str) -> str:
    # The first error that Maven or apt marks as one: Maven's last line only says where to read about it.
    marked = re.search(r"(?:\[ERROR\]|^E:) +(\S.*)", said, re.MULTILINE)
    return marked[1] if marked else (said.strip().splitlines() or ["it said nothing"])[-1]


@contextmanager
def _services_stay_down() -> Iterator[None]:
    # A policy that is there already is the machine owner's; in containers it forbids starts anyway.
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text(_NO_SERVICE_STARTS)
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
