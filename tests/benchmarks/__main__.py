"""Run the benchmarks, print what they found, and keep it in the docs if asked to."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from tests.benchmarks._harness import Work, compare
from tests.benchmarks._machine import machine
from tests.benchmarks._table import missed, table

_BENCHMARKS = (
    "chain",
    "keyed",
    "batches",
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
_PAGE = """\
# Benchmarks

What rxstream costs beside other ways of doing the same work, measured side by side: the contenders took turns, so that
what else the machine was doing fell on all of them. *Ratio* is how many times the speed of the work's first contender,
the median over the rounds (of memory: how many times as little). `python -m tests.benchmarks --write` made this page.

Where a broker takes part it runs on the same machine, and every contender delivers at least once: bytewax keeps its
positions in its recovery store, the others in the broker. FastStream's batches do not go to the partitions of their
keys, which spares it the sorting.

{machine}
{table}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, or 1 if a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(_BENCHMARKS)}; none means all")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_DOCUMENT.name} (needs all of them)")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(_BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(_BENCHMARKS)}")
    if asked.write and asked.names:
        parser.error("--write replaces the whole page: give it no names")

    results = [each for name in asked.names or _BENCHMARKS for work in _works(name) for each in compare(work)]
    sys.stdout.write(f"{machine()}\n{table(results)}")
    if asked.write:
        _DOCUMENT.write_text(_PAGE.format(machine=machine(), table=table(results)), encoding="utf-8")
    sys.stderr.writelines(f"target missed: {line}\n" for line in missed(results))
    return 1 if missed(results) else 0


def _works(name: str) -> Iterator[Work]:
    # Read when asked for, and drawn one by one: a benchmark keeps its broker or file only while its own work is done.
    works: Callable[[], Iterator[Work]] = import_module(f"tests.benchmarks.{name}").works
    return works()


if __name__ == "__main__":
    sys.exit(main())
