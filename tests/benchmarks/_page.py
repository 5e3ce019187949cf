"""The page of the docs that keeps what was measured: a section for each benchmark, with the machine it ran on."""

from collections.abc import Mapping, Sequence

_HEAD = """\
# Benchmarks

What rxstream costs beside other ways of doing the same work, measured side by side: the contenders took turns, so that
what else the machine was doing fell on all of them. *Ratio* is how many times the speed of the work's first contender,
the median over the rounds (of memory: how many times as little). Every section was written by
`python -m tests.benchmarks --write` and its name, in one run on the machine that it names.

Where a broker takes part it runs on the same machine, and every contender delivers at least once: bytewax keeps its
positions in its recovery store, the others in the broker. FastStream's batches do not go to the partitions of their
keys, which spares it the sorting.
"""
_SECTION = "\n## "


def section(what: str, machine: str, table: str) -> str:
    """Lay out what one benchmark found."""
    return f"\n{what}\n\n{machine}\n{table}"


def renewed(page: str, found: Mapping[str, str], names: Sequence[str]) -> str:
    """Return the page with new sections in the place of old ones.

    Args:
        page: The page as it was.
        found: The new sections, by name.
        names: Those there may be, in order.
    """
    _, *old = page.split(_SECTION)
    sections = dict(each.split("\n", 1) for each in old) | found
    return _HEAD + "".join(f"{_SECTION}{name}\n{sections[name].rstrip()}\n" for name in names if name in sections)
