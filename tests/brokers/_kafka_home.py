"""Fetch Kafka once and keep it in the cache folder, ready to run."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.brokers.install import apt_install, run
from tests.brokers.unavailable import BrokerUnavailable

_VERSION = "4.1.1"  # as in pom.xml
_HERE = Path(__file__).parent
_JAVA = 17
_CLUSTER = "rxstream-tests-00000000"


def kafka_home() -> Path:
    """Return the folder with Kafka's jars and a formatted, empty disk, made when first asked for.

    Raises:
        BrokerUnavailable: If it cannot be made, or there is no Java to run it.
    """
    _need_java()
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rxstream" / f"kafka-{_VERSION}"
    if not home.exists():
        if shutil.which("mvn") is None:
            apt_install("maven", why="Kafka is fetched by Maven")
        _make(home)
    return home


def java(home: Path) -> list[str]:
    """Return the beginning of every command that runs one of Kafka's programs."""
    return ["java", "-cp", str(home / "libs" / "*")]


def write_settings(path: Path, *, data: Path, broker: int, login: int, controller: int) -> None:
    """Write the settings of a broker with its disk at ``data`` and these ports."""
    template = (_HERE / "kafka.properties").read_text(encoding="utf-8")
    path.write_text(template.format(data=data, broker=broker, login=login, controller=controller), encoding="utf-8")


def _need_java() -> None:
    if _java_version() < _JAVA:
        apt_install("default-jre-headless", why=f"Kafka needs Java {_JAVA}")
    if _java_version() < _JAVA:
        command = f"sudo apt-get install -y openjdk-{_JAVA}-jre-headless"
        raise BrokerUnavailable(f"Kafka needs Java {_JAVA}, and the one on the path is older", command)


def _java_version() -> int:
    """Return the major version of the Java on the path, 0 for none."""
    program = shutil.which("java")
    if program is None:
        return 0
    asked = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', asked.stderr)
    return int(found[1]) if found else 0


def _make(home: Path) -> None:
    # Made beside its place and moved there whole: whoever finds it finds all of it.
    staging = _sibling(home)
    try:
        _fetch_jars(staging / "libs")
        _format_disk(staging)
        _move(staging, home)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _sibling(home: Path) -> Path:
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
    except OSError as error:
        reason = f"Kafka is kept in {home.parent}, which cannot be written ({error.strerror})"
        raise BrokerUnavailable(reason, "export XDG_CACHE_HOME=/a/folder/that/can") from error


def _fetch_jars(libs: Path) -> None:
    goal = ["mvn", "-q", "-B", "-f", str(_HERE / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    arguments = [*goal, f"-DoutputDirectory={libs}"]
    run(arguments, why=f"Kafka {_VERSION} must be fetched", command=shlex.join(goal))


def _format_disk(home: Path) -> None:
    # Brokers start from copies of it, which saves each the second that formatting takes. It knows no ports.
    settings = home / "format.properties"
    write_settings(settings, data=home / "disk", broker=1, login=2, controller=3)
    arguments = [*java(home), "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(settings)]
    run(arguments, why=f"Kafka {_VERSION} must format a disk", command=shlex.join(arguments))


def _move(staging: Path, home: Path) -> None:
    try:
        staging.rename(home)
    except OSError:
        # Another process has been faster, and its copy is as good.
        if not home.exists():
            raise
