"""What the pages show is what their code prints."""

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from docs.sessions import Block
from docs.sessions import blocks as blocks_of

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("time.md", "testing.md", "event-time.md", "delivery.md", "your-own.md", "errors.md", "tutorial.md")
HOW_TOS = tuple(sorted(f"how-to/{page.name}" for page in (DOCS / "how-to").glob("*.md")))
OPERATORS = tuple(sorted(f"operators/{page.name}" for page in (DOCS / "operators").glob("*.md")))
#: Blocks that are shown and not run in the page's session: tests, what needs a broker, and what a shell is told.
ASIDE = {("pytest", "python"), ("kafka", "python"), ("rabbitmq", "python"), (None, "sh"), (None, "dockerfile")}
#: How many lines are read in a few minutes; the tutorial takes ten.
LINES = {"tutorial.md": 200} | dict.fromkeys(HOW_TOS, 100)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def blocks(page: str) -> list[Block]:
    """Return what each block of a page needs, its language and its text."""
    return blocks_of(DOCS / page)


def shown(page: str) -> list[tuple[str, str]]:
    """The code of a page that runs as it stands, each with what is shown right below it."""
    found = blocks(page)
    outputs = [body if language == "text" else "" for _, language, body in [*found[1:], Block(None, "", "")]]
    return [
        (code, output)
        for (needs, language, code), output in zip(found, outputs, strict=True)
        if language == "python" and needs is None
    ]


def printed(page: str) -> Iterator[str]:
    """Run the page from its top, as one session, and yield what each piece of code prints."""
    session: dict[str, Any] = {"__name__": "__main__"}
    for code, _ in shown(page):
        out = io.StringIO()
        with redirect_stdout(out):
            exec(compile(code, page, "exec"), session)
        yield out.getvalue()


@pytest.mark.parametrize("page", PAGES + HOW_TOS + OPERATORS)
def test_the_code_on_a_page_prints_what_stands_below_it(page: str) -> None:
    assert list(printed(page)) == [output for _, output in shown(page)]


@pytest.mark.parametrize("page", PAGES + HOW_TOS)
def test_every_block_is_run_or_compared(page: str) -> None:
    languages = [(needs, language) for needs, language, _ in blocks(page)]

    assert set(languages) <= {(None, "python"), (None, "text")} | ASIDE
    assert languages.count((None, "text")) == len([output for _, output in shown(page) if output])


@pytest.mark.parametrize("page", PAGES + HOW_TOS)
def test_code_that_needs_a_broker_is_python_all_the_same(page: str) -> None:
    for needs, language, code in blocks(page):
        if needs is not None and language == "python":
            compile(code, page, "exec")


@pytest.mark.parametrize("page", PAGES + HOW_TOS + OPERATORS)
def test_a_page_is_read_in_a_few_minutes(page: str) -> None:
    assert len((DOCS / page).read_text().splitlines()) <= LINES.get(page, 150)


@pytest.mark.parametrize("page", ["testing.md", "how-to/test-with-marbles.md"])
def test_the_tests_on_a_page_pass(page: str, tmp_path: Path) -> None:
    (tests,) = (code for needs, _, code in blocks(page) if needs == "pytest")
    (tmp_path / "test_page.py").write_text(tests)

    # The plugin is found as in any project: because it is installed.
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "--strict-markers", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert f"{tests.count('def test_')} passed" in ran.stdout, ran.stdout + ran.stderr
