"""Lay results out as a table that reads alike in a terminal and in Markdown."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import floor, log10
from statistics import median

from tests.benchmarks._harness import Results

_HEAD = ("work", "contender", "median", "min-max", "ratio", "target")


def table(results: Iterable[Results]) -> str:
    """Return a line for each contender under each figure."""
    rows = [_HEAD, *(row for each in results for row in _rows(each))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def _rows(results: Results) -> Iterable[tuple[str, ...]]:
    title = f"{results.work.name}: {results.figure.name}"
    names = ["", *(contender.name for contender in results.work.contenders)]
    for before, name in pairwise(names):
        yield ("" if before else title, name, *_cells(results, name))


def _cells(results: Results, name: str) -> tuple[str, str, str, str]:
    targets = _targets(results, name)
    if name in results.absent:
        return "-", f"absent: {results.absent[name]}", "-", targets
    unit = results.figure.unit
    shown = [figure / unit.size for figure in results.rounds[name]]
    ratio = results.ratio(name, results.work.contenders[0].name)
    spread = f"{digits(min(shown))}-{digits(max(shown))}"
    return f"{digits(median(shown))} {unit.name}", spread, "-" if ratio is None else digits(ratio), targets


def _targets(results: Results, name: str) -> str:
    return ", ".join(
        f"{target} ({_verdict(target.met(results, name))})" for target in results.figure.targets.get(name, ())
    )


def _verdict(met: bool | None) -> str:
    return {True: "met", False: "MISSED", None: "unknown"}[met]


def digits(number: float) -> str:
    """Show a positive number with three significant digits, and never fewer than its whole part."""
    decimals = max(0, 2 - floor(log10(number))) if number else 0
    return f"{number:,.{decimals}f}".replace(",", " ")


def missed(results: Iterable[Results]) -> Sequence[str]:
    """Return a line for each target that was not reached."""
    return [
        f"{each.work.name}: {each.figure.name}: {name}: {target}"
        for each in results
        for name, targets in each.figure.targets.items()
        for target in targets
        if target.met(each, name) is False
    ]
