"""Run the benchmarks, print what they found, and keep it in the docs if asked to."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from tests.benchmarks._harness import Results, Work, compare
from tests.benchmarks._machine import machine
from tests.benchmarks._page import renewed, section
from tests.benchmarks._table import missed, table

_BENCHMARKS = (
    "chain",
    "keyed",
    "batches",
    "windows",
    "joins",
    "inner",
    "branches",
    "concurrency",
    "subject",
    "events",
    "memory",
    "flights",
    "kafka_consume",
    "kafka_copy",
    "kafka_json",
    "rabbitmq_copy",
    "ledger",
    "replay",
    "ticks",
    "later",
)
_DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, or 1 if a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(_BENCHMARKS)}; none means all")
    parser.add_argument("--write", action="store_true", help=f"keep what was found in docs/{_DOCUMENT.name}")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(_BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(_BENCHMARKS)}")

    results = {name: _measured(name) for name in asked.names or _BENCHMARKS}
    everything = [each for found in results.values() for each in found]
    sys.stdout.write(f"{machine()}\n{table(everything)}")
    if asked.write:
        found = {name: section(_what(name), machine(), table(results[name])) for name in results}
        _DOCUMENT.write_text(renewed(_DOCUMENT.read_text(encoding="utf-8"), found, _BENCHMARKS), encoding="utf-8")
    sys.stderr.writelines(f"target missed: {line}\n" for line in missed(everything))
    return 1 if missed(everything) else 0


def _measured(name: str) -> Sequence[Results]:
    # Read when asked for, and drawn one by one: a benchmark keeps its broker or file only while its own work is done.
    works: Callable[[], Iterator[Work]] = import_module(f"tests.benchmarks.{name}").works
    return [each for work in works() for each in compare(work)]


def _what(name: str) -> str:
    return (import_module(f"tests.benchmarks.{name}").__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
