"""``rxstream graph module:object``: draw pipelines of one's own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from rxstream.cli._run import pipelines_of
from rxstream.core import did_you_mean
from rxstream.errors import ConfigurationError
from rxstream.notebook import bundle_of

#: What a file's name says of its contents.
_FORMS: Final = {".svg": "image/svg+xml", ".mmd": "text/vnd.mermaid", ".txt": "text/plain"}


def add_to(commands: Any, debug: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "graph",
        help="draw a Pipeline, a list of them, or what a function returns",
        description=(
            "Draw pipelines: sources, operators, branches, joins, sinks and error handlers. Nothing is run. "
            "Example: rxstream graph billing.pipelines:orders -o orders.svg"
        ),
        parents=[debug],
    )
    parser.add_argument("target", metavar="module:object", help="where the pipelines are")
    parser.add_argument(
        "-o", dest="out", type=Path, metavar="FILE", help="file.svg, file.mmd (Mermaid) or file.txt; else the terminal"
    )
    parser.set_defaults(command=_graph)


def _graph(given: argparse.Namespace) -> int:
    out: Path | None = given.out
    form = _FORMS[".txt"] if out is None else _form_of(out)
    drawn = bundle_of(*pipelines_of(given.target, who="graph"))[form]
    if out is None:
        sys.stdout.write(drawn)
    else:
        _write(out, drawn)
    return 0


def _write(out: Path, drawn: str) -> None:
    try:
        out.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"graph: the file must be one that can be written; got {str(out)!r}: {error.strerror}. Choose another one."
        ) from error


def _form_of(out: Path) -> str:
    form = _FORMS.get(out.suffix)
    if form is None:
        raise ConfigurationError(
            f"graph: the file's name must end in .svg, .mmd or .txt; got {str(out)!r}. "
            f"{did_you_mean(out.suffix, _FORMS)}"
        )
    return form
