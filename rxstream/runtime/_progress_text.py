"""The state of a run as lines of text that fit a width."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rxstream.runtime._numbers import shortened, spaced
from rxstream.runtime._progress_state import State
from rxstream.runtime._report import PipelineReport

#: Pipelines that are told of one by one.
_MOST: Final = 8
#: What is counted, the word for it, and its style; what is nought everywhere is left out behind the first two.
_COUNTS: Final = (
    ("received", "in", ""),
    ("emitted", "out", ""),
    ("late", "late", "yellow"),
    ("failed", "failed", "red"),
)
#: Between two parts of a line.
GAP: Final = "  "


class Part(NamedTuple):
    """A piece of a line, and how it looks."""

    text: str
    style: str = ""


class Marks(NamedTuple):
    """What is drawn with: the bar's signs, and the one for what was cut off."""

    done: str
    open: str
    cut: str


#: For a terminal that shows all signs, and for any other.
FINE: Final = Marks("━", "─", "…")
PLAIN: Final = Marks("#", ".", "~")


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much is told."""

    bar: int
    clock: bool
    whole: bool
    name: int


#: From all there is to what fits anywhere.
_DETAILS: Final = (
    _Detail(bar=20, clock=True, whole=True, name=24),
    _Detail(bar=10, clock=True, whole=True, name=24),
    _Detail(bar=10, clock=False, whole=True, name=24),
    _Detail(bar=0, clock=False, whole=True, name=24),
    _Detail(bar=0, clock=False, whole=False, name=16),
    _Detail(bar=0, clock=False, whole=False, name=8),
)


def lines_of(state: State, width: int, marks: Marks) -> list[list[Part]]:
    """Tell the state in lines of at most ``width`` columns, leaving out what matters least."""
    for detail in _DETAILS:
        lines = _lines(state, detail, marks)
        if all(columns_of(line) <= width for line in lines):
            return lines
    return [_cut(line, width, marks) for line in lines]


def sentence_of(state: State, entry: PipelineReport) -> str:
    """Tell of one pipeline in a line for a log."""
    rate = state.rates[state.report.pipelines.index(entry)]
    counts = [f"{spaced(count)} {word}" for count, word, _ in _told(entry, [entry])]
    at = f"{time_text(state.report.wall)}  {_clean(entry.name)}: "
    return at + ", ".join([*counts, f"{spaced(rate)}/s", *(part.text for part in said_of_run(state))])


def time_text(seconds: float) -> str:
    """Seconds as minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _lines(state: State, detail: _Detail, marks: Marks) -> list[list[Part]]:
    shown = state.report.pipelines[:_MOST]
    foot = _foot(state, detail, marks)
    rows = [_row(state, place, detail, marks) for place in range(len(shown))]
    if len(rows) == 1:
        return [[*(part for part in rows[0] if part.text), *foot]]
    if len(state.report.pipelines) > _MOST:
        foot.insert(0, Part(f"and {len(state.report.pipelines) - _MOST} more"))
    return [*_aligned(rows), *([foot] if foot else [])]


def _row(state: State, place: int, detail: _Detail, marks: Marks) -> list[Part]:
    entry, number = state.report.pipelines[place], spaced if detail.whole else shortened
    name = _cut([Part(_clean(entry.name), "bold")], detail.name, marks)
    counts = [Part(f"{number(count)} {word}", style) for count, word, style in _told(entry, state.report.pipelines)]
    return [*name, *counts, Part(f"{number(state.rates[place])}/s")]


def _told(entry: PipelineReport, all_of_them: Sequence[PipelineReport]) -> Iterator[tuple[int, str, str]]:
    for name, word, style in _COUNTS:
        count: int = getattr(entry, name)
        if word in {"in", "out"} or any(getattr(other, name) for other in all_of_them):
            yield count, word, style if count else ""


def said_of_run(state: State) -> list[Part]:
    """What is said of the run as a whole."""
    report = state.report
    if state.is_over:
        unsettled = [Part(f"{spaced(report.unsettled)} unsettled", "red")] if report.unsettled else []
        word, style = ("failed", "red") if report.reason == "error" else (report.reason, "")
        return [Part(f"{word} after {report.wall:.1f} s", style), *unsettled]
    parts = []
    if state.share is not None:
        parts += [Part(f"{int(state.share * 100)} %")]
    if state.left is not None:
        parts += [Part(f"{time_text(state.left)} left")]
    if state.lag is not None:
        parts += [Part(f"{spaced(state.lag)} behind", "yellow" if state.lag else "")]
    if state.replays and report.ended.year > 1970:
        parts += [Part(f"at {report.ended:%Y-%m-%d %H:%M}")]
    return parts


def _foot(state: State, detail: _Detail, marks: Marks) -> list[Part]:
    parts = said_of_run(state)
    if not detail.clock:
        parts = [part for part in parts if not part.text.startswith("at ")]
    if not detail.bar or state.share is None or state.is_over:
        return parts
    done = int(state.share * detail.bar)
    return [Part(f"{marks.done * done}{marks.open * (detail.bar - done)}", "green"), *parts]


def _aligned(rows: list[list[Part]]) -> list[list[Part]]:
    """Numbers to the right, one below the other."""
    widths = [max(_columns(part.text) for part in column) for column in zip(*rows, strict=True)]
    return [
        [
            Part(part.text + pad if place == 0 else pad + part.text, part.style)
            for place, (part, width) in enumerate(zip(row, widths, strict=True))
            for pad in (" " * (width - _columns(part.text)),)
        ]
        for row in rows
    ]


def _clean(text: str) -> str:
    """Without what would move the cursor."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _columns(text: str) -> int:
    return sum(_sign_columns(sign) for sign in text)


def _sign_columns(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def columns_of(line: Sequence[Part]) -> int:
    """How wide a line is."""
    return sum(_columns(part.text) for part in line) + len(GAP) * max(0, len(line) - 1)


def _cut(line: list[Part], width: int, marks: Marks) -> list[Part]:
    """Leave out what is behind the width."""
    kept: list[Part] = []
    for part in line:
        room = width - columns_of(kept) - len(GAP) * bool(kept)
        if _columns(part.text) <= room:
            kept.append(part)
            continue
        if room > 1:
            kept.append(Part(_begin_of(part.text, room - 1) + marks.cut, part.style))
        break
    return kept


def _begin_of(text: str, width: int) -> str:
    while _columns(text) > width:
        text = text[:-1]
    return text
