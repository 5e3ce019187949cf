"""How diagrams and pictures come into the pages that are built: as they are drawn, and in the page's own colours."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from docs.diagrams import diagram


class Marble(SphinxDirective):
    """A marble diagram: run and drawn, and below the picture its text, to be opened."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make what stands in the page."""
        text = "\n".join(self.content)
        shown = f"<details><summary>as text</summary><pre>{html.escape(text)}</pre></details>"
        return [nodes.raw("", diagram(text).drawn() + shown, format="html")]


def inlined(app: Sphinx, doctree: nodes.document, _name: str) -> None:
    """Put pictures into the page itself: there they follow its theme, and one can point at what they show."""
    for image in list(doctree.findall(nodes.image)):
        if image["uri"].endswith(".svg"):
            svg = (Path(app.srcdir) / image["uri"]).read_text(encoding="utf-8")
            image.replace_self(nodes.raw("", svg, format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Add both."""
    app.add_directive("marble", Marble)
    app.connect("doctree-resolved", inlined)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
