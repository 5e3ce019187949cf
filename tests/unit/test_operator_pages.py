"""Each operator's page says what its docstring says, and the table of operators leads to all of them."""

import re

import pytest

from docs.make_operator_pages import OPERATORS, PAGES, page
from rxstream import operators as ops

README = (PAGES / "README.md").read_text()
RENEW = "Run: .venv/bin/python docs/make_operator_pages.py"


@pytest.mark.parametrize("name", OPERATORS)
def test_a_page_is_what_its_docstring_makes_of_it(name: str) -> None:
    path = PAGES / f"{name}.md"

    assert path.exists(), RENEW
    assert path.read_text() == page(name), RENEW


def test_there_is_no_page_without_an_operator() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} <= OPERATORS.keys(), RENEW


def test_every_link_leads_somewhere() -> None:
    links = {(path, link) for path in PAGES.glob("*.md") for link in re.findall(r"\]\(([^)]+)\)", path.read_text())}

    assert not [(path.name, link) for path, link in links if not (path.parent / link).exists()]


def test_a_question_leads_to_every_operator() -> None:
    asked = re.findall(r"^\| .*\? \| \[(\w+)\]\((\w+)\.md\) \|$", README, re.MULTILINE)

    assert {name for name, _ in asked} == OPERATORS.keys()
    assert not [name for name, linked in asked if name != linked]


def test_the_operators_of_reactivex_are_all_listed() -> None:
    listed = re.search(r"^`all`.*?\n\n", README, re.DOTALL | re.MULTILINE)

    assert listed is not None
    assert re.findall(r"`(\w+)`", listed[0]) == sorted(set(ops.__all__) - OPERATORS.keys())


def test_an_operator_that_differs_from_the_one_of_its_name_in_reactivex_is_rxstreams() -> None:
    rows = README.partition("| operator | here | in reactivex |")[2].splitlines()[2:]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}

    assert named <= OPERATORS.keys()
