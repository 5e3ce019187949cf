"""Every example in a docstring gives what it says."""

import asyncio
import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
import reactivex

import rxstream
from rxstream import operators

#: What an example may use without importing it.
GLOBALS = {
    "rs": rxstream,
    "ops": operators,
    "asyncio": asyncio,
    "reactivex": reactivex,
    "datetime": datetime,
    "UTC": UTC,
    "Path": Path,
}


def modules() -> Iterator[ModuleType]:
    """All modules of rxstream but the one that runs when it is imported."""
    yield rxstream
    for found in pkgutil.walk_packages(rxstream.__path__, "rxstream."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for module in modules() for test in finder.find(module, extraglobs=GLOBALS)]
    return [test for test in found if test.examples]


OPERATORS = sorted(
    name for name in operators.__all__ if getattr(operators, name).__module__.startswith("rxstream.operators")
)


@pytest.mark.parametrize("test", examples(), ids=lambda test: test.name)
def test_an_example_gives_what_it_says(test: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[str] = []

    # The examples' own globals are for this run only, so a test may run again.
    doctest.DocTestRunner().run(test, out=told.append, clear_globs=False)

    assert "".join(told) == ""


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_an_example(name: str) -> None:
    assert ">>> " in (getattr(operators, name).__doc__ or "")
