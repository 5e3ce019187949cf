"""What every picture is drawn with: its colours, by day and by night, its letters' widths, and safe text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from unicodedata import east_asian_width

from rxstream.notebook._words import clean

#: What stands outside of pictures may set these colours too: notebooks and documentation have a night of their own.
_DAY: Final = (
    "--rx-page:#ffffff;--rx-frame:#e4e7ec;--rx-ink:#1d2733;--rx-quiet:#657080;--rx-line:#98a2b0;"
    "--rx-operator:#f7f8fa;--rx-operator-line:#c9d0d9;--rx-source:#e9f2fc;--rx-source-line:#7ba9d8;"
    "--rx-sink:#e8f6ee;--rx-sink-line:#79b895;--rx-handler:#fdf1e7;--rx-handler-line:#dba06b;"
    "--rx-late:#c4700f;--rx-error:#c2362f;--rx-time:#8a63c9"
)
_NIGHT: Final = (
    "--rx-page:#14181f;--rx-frame:#2a313c;--rx-ink:#e5e9f0;--rx-quiet:#9aa5b4;--rx-line:#66717f;"
    "--rx-operator:#1d232c;--rx-operator-line:#3d4755;--rx-source:#17283c;--rx-source-line:#4577ab;"
    "--rx-sink:#162e22;--rx-sink-line:#3f8560;--rx-handler:#35261a;--rx-handler-line:#a9713f;"
    "--rx-late:#eea04a;--rx-error:#f0776f;--rx-time:#b295e6"
)
_NIGHTS: Final = ('body[data-jp-theme-light="false"]', 'body[data-theme="dark"]', "body.vscode-dark")
_DAYS: Final = ('body[data-jp-theme-light="true"]', 'body[data-theme="light"]', "body.vscode-light")

STYLE: Final = (
    f".rx{{{_DAY}}}"
    f"@media(prefers-color-scheme:dark){{.rx{{{_NIGHT}}}}}"
    f"{','.join(f'{where} .rx' for where in _DAYS)}{{{_DAY}}}"
    f"{','.join(f'{where} .rx' for where in _NIGHTS)}{{{_NIGHT}}}"
    ".rx{max-width:100%;height:auto}"
    ".rx text{fill:var(--rx-ink);font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}"
    ".rx .name{font-weight:600}"
    ".rx .quiet{fill:var(--rx-quiet);font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    ".rx .page{fill:var(--rx-page);stroke:var(--rx-frame)}"
)

#: How wide letters are, in parts of their size; the widest of the usual fonts counts.
_FIXED: Final = 0.62
_NARROW: Final = frozenset("ijlft.,:;|!'()[] ")
_WIDE: Final = frozenset("mwMWQOGD@%&—…")


def fixed_width(text: str, size: float) -> float:
    """How wide a line of equally wide letters is."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text) * _FIXED * size


def wide_width(text: str, size: float) -> float:
    """How wide a line of bold letters is at most."""
    return sum(_letter(letter) for letter in text) * size


def _letter(letter: str) -> float:
    if letter in _NARROW:
        return 0.45
    if letter in _WIDE:
        return 1.02
    return 0.72 if letter.isascii() else 1.4 if east_asian_width(letter) in "WF" else 0.85


def escaped(text: str) -> str:
    """Text as it stands in XML, which has no place for some characters."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def number(value: float) -> str:
    """A coordinate, no longer than it need be."""
    # Adding nought makes nought of a negative nought.
    return f"{round(value, 1) + 0.0:.9g}"


def sheet(size: tuple[float, float], *, title: str, description: str, style: str, drawn: Iterable[str]) -> str:
    """A whole picture.

    Args:
        size: Its width and height.
        title: What it shows, in a few words.
        description: The same for those who cannot see it.
        style: Rules beside those of every picture.
        drawn: The elements.
    """
    width, height = map(number, size)
    inner = [number(length - 1) for length in size]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="rx" role="img" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}">',
            f"<title>{escaped(title)}</title>",
            f"<desc>{escaped(description)}</desc>",
            f"<style>{STYLE}{style}</style>",
            f'<rect class="page" x="0.5" y="0.5" width="{inner[0]}" height="{inner[1]}" rx="10"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def line(points: Sequence[tuple[float, float]]) -> str:
    """A path's data, straight from point to point."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
