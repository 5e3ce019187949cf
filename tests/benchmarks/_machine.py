"""Say on what machine, and with what versions, something was measured."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = (
    "rxstream",
    "reactivex",
    "aio-pika",
    "aiokafka",
    "aiostream",
    "bytewax",
    "confluent-kafka",
    "csp",
    "faststream",
    "pika",
    "quixstreams",
    "streamz",
)


def machine() -> str:
    """Return a line for the machine, and one for Python and the libraries."""
    cores = f"{os.cpu_count()} cores"
    here = f"{_processor()}, {cores}, {platform.system()} {platform.release()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"- {here}\n- {', '.join([python, *map(_library, _LIBRARIES)])}\n"


def _processor() -> str:
    # Linux knows the model only here; elsewhere platform does.
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _library(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} not installed"
