"""The pages build without a warning, and no link within them is dead."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]


class Page(HTMLParser):
    """What a page links to, and which places in it can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {given[name] or "" for name in ("id", "name") if name in given}
        for name in ("href", "src"):
            if given.get(name):
                self.links.append(given[name] or "")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, built as `make docs` does; a warning is an error."""
    # Beside it what notebooks show is kept.
    out = tmp_path_factory.mktemp("pages") / "html"
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "-q", "-E", "-b", "html"]
    done = subprocess.run([*command, "docs", str(out)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return out


def dead_links(pages: dict[Path, Page]) -> Iterator[str]:
    """The links within the pages that lead nowhere."""
    for at, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (at.parent / unquote(parts.path)).resolve() if parts.path else at
            anchors = pages[target].anchors if target in pages else None
            if not target.exists() or (parts.fragment and anchors is not None and parts.fragment not in anchors):
                yield f"{at.name}: {link}"


def test_no_link_within_the_pages_is_dead(built: Path) -> None:
    pages = {page: Page(page.read_text()) for page in built.rglob("*.html")}

    assert len(pages) > 50
    assert list(dead_links(pages)) == []


def test_every_operators_page_has_its_diagram_drawn(built: Path) -> None:
    pages = {page.name: page.read_text() for page in (built / "operators").glob("*.html") if page.name != "README.html"}

    assert [name for name, text in pages.items() if '<svg xmlns="http://www.w3.org/2000/svg"' not in text] == []


@pytest.mark.parametrize("page", ["index", "time", "event-time", "errors", "delivery"])
def test_a_picture_stands_in_the_page_itself_where_it_follows_its_theme(built: Path, page: str) -> None:
    text = (built / f"{page}.html").read_text()

    assert 'role="img"' in text
    assert ".svg" not in "".join(re.findall(r"<img[^>]*>", text))


def test_a_drawn_diagram_can_be_read_as_text_too(built: Path) -> None:
    assert (
        "<summary>as text</summary><pre>-1-2-3-|\n[ map(lambda x: x * 2) ]"
        in (built / "operators" / "map.html").read_text()
    )


def test_every_notebook_is_a_page_with_what_its_cells_showed(built: Path) -> None:
    pages = {page.stem: page.read_text() for page in (built / "notebooks").glob("*.html")}

    assert pages.keys() == {notebook.stem for notebook in (ROOT / "notebooks").glob("*.ipynb")}
    assert "completed after 0.0 s" in pages["01-first-pipeline"]
    assert "Marble diagram" in pages["01-first-pipeline"]


def test_every_page_that_is_written_is_built(built: Path) -> None:
    written = {page.relative_to(ROOT / "docs").with_suffix("") for page in (ROOT / "docs").rglob("*.md")}
    shown = {page.relative_to(built).with_suffix("") for page in built.rglob("*.html")}

    assert {page for page in written if "_build" not in page.parts} <= shown
