"""The code on a page, as one session from its top."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

_BLOCK: Final = re.compile(r"(?:<!-- needs: (?P<needs>\w+) -->\n)?```(?P<language>\w*)\n(?P<body>.*?)```", re.DOTALL)


class Block(NamedTuple):
    """One block of a page.

    Args:
        needs: What it does not run without; None: it runs as it stands.
        language: What it is written in.
        body: Its text.
    """

    needs: str | None
    language: str
    body: str


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(found["needs"], found["language"], found["body"]) for found in _BLOCK.finditer(text)]


def session(page: Path) -> dict[str, Any]:
    """Run what runs on a page as it stands, in an empty folder; returns what it has made, by name."""
    made: dict[str, Any] = {"__name__": "__main__"}
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        os.chdir(folder)
        try:
            for needs, language, body in blocks(page):
                if language == "python" and needs is None:
                    exec(compile(body, page.name, "exec"), made)  # noqa: S102 - the pages are ours
        finally:
            os.chdir(here)
    return made
