"""Every example in a docstring gives what it says."""

import asyncio
import doctest
import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from types import ModuleType

import pytest
import reactivex

import rxstream
from docs.make_operator_pages import OPERATORS, read
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


#: Its arguments can be anything.
TAKES_ANYTHING = {"start_with"}
#: What stands behind the head of a docstring, in this order.
SECTIONS = ["Args", "Raises", "State", "Delivery", "Example"]


@pytest.mark.parametrize("test", examples(), ids=lambda test: test.name)
def test_an_example_gives_what_it_says(test: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[str] = []

    # The examples' own globals are for this run only, so a test may run again.
    doctest.DocTestRunner().run(test, out=told.append, clear_globs=False)

    assert "".join(told) == ""


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_says_in_a_line_what_it_does(name: str) -> None:
    summary = read(OPERATORS[name]).summary

    assert summary.endswith(".")
    assert "\n" not in summary


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_says_more_than_its_diagram_shows(name: str) -> None:
    documented = read(OPERATORS[name])

    assert documented.diagrams
    assert documented.edges


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_its_sections_in_their_order(name: str) -> None:
    sections = read(OPERATORS[name]).sections
    needless = {"Args", "Raises"} if not signature(OPERATORS[name]).parameters else set()
    needless |= {"Raises"} if name in TAKES_ANYTHING else set()

    assert [title for title in sections if title != "See also"] == [one for one in SECTIONS if one not in needless]
    assert all(sections.values())


@pytest.mark.parametrize("name", OPERATORS)
def test_every_argument_of_an_operator_is_described(name: str) -> None:
    described = re.findall(r"^(\w+): ", read(OPERATORS[name]).sections.get("Args", ""), re.MULTILINE)

    assert described == list(signature(OPERATORS[name]).parameters)


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_an_example_that_shows_something(name: str) -> None:
    found = doctest.DocTestParser().get_examples(read(OPERATORS[name]).sections["Example"])

    assert any(example.want for example in found)
