"""The pictures in the pages are what the library draws of the code that stands there."""

import re
from pathlib import Path

import pytest

from docs.make_pictures import DOCS, FOLDER, PICTURES
from tests.unit.notebook.svg import parsed, texts

RENEW = "Run: .venv/bin/python docs/make_pictures.py"
PAGES = [DOCS.parent / "README.md", *DOCS.rglob("*.md")]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_its_page_makes_of_it(name: str) -> None:
    assert (FOLDER / f"{name}.svg").read_text() == PICTURES[name].drawn(), RENEW


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_xml_with_a_role_a_title_and_a_description(name: str) -> None:
    root = parsed((FOLDER / f"{name}.svg").read_text())

    assert root.attrib["role"] == "img"
    assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]
    assert all(child.text for child in [*root][:2])
    assert texts(root)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_follows_day_and_night_by_itself(name: str) -> None:
    assert "@media(prefers-color-scheme:dark)" in (FOLDER / f"{name}.svg").read_text()


def test_every_concept_has_a_picture_in_its_page() -> None:
    shown = {page.name: re.findall(r"pictures/([\w-]+)\.svg", page.read_text()) for page in PAGES}

    for concept in ("time", "event-time", "errors", "delivery"):
        assert shown[f"{concept}.md"] == [concept]
    assert shown["README.md"] or "first-pipeline" in (DOCS.parent / "README.md").read_text()


def test_there_is_no_picture_that_nothing_draws_or_nobody_shows() -> None:
    shown = {name for page in PAGES for name in re.findall(r"pictures/([\w-]+)\.svg", page.read_text())}

    assert {path.stem for path in FOLDER.iterdir()} == PICTURES.keys() == shown, RENEW


def test_every_picture_in_a_page_says_in_words_what_it_shows() -> None:
    assert not [page.name for page in map(Path, PAGES) if "![](" in page.read_text()]
