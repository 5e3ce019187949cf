"""Lanes as an SVG: marbles in a line for every stage, and time below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from rxstream.notebook._axis import Clock, Scale, crowded, risings, spread, thinned, ticks
from rxstream.notebook._paper import escaped, fixed_width, number, sheet, wide_width
from rxstream.notebook._record import Key, Lane, Mark
from rxstream.notebook._words import short

_SCALE: Final = Scale(length=(640.0, 1_000.0), gap=6.0, step=(9.0, 42.0), anchor=0.5)
#: How long values may be, from what is best to what there is room for; 0: a dot.
_LONGEST: Final = (18, 12, 6, 3, 0)
_MARGIN: Final = 20.0
_TALL: Final = 52.0
_MARBLE: Final = 24.0
_DOT: Final = 8.0
_LONGEST_NAME: Final = 30

_STYLE: Final = (
    ".rx .lane{stroke:var(--rx-line);stroke-width:1.4;fill:none}"
    ".rx .head{fill:var(--rx-line)}"
    ".rx .end{stroke:var(--rx-ink);stroke-width:2.4}"
    ".rx .marble rect{fill:var(--rx-operator);stroke:var(--rx-operator-line)}"
    ".rx .source .marble rect{fill:var(--rx-source);stroke:var(--rx-source-line)}"
    ".rx .last .marble rect{fill:var(--rx-sink);stroke:var(--rx-sink-line)}"
    ".rx .many .marble rect{stroke:none;fill:var(--rx-quiet);fill-opacity:.55}"
    ".rx .source.many .marble rect{fill:var(--rx-source-line)}"
    ".rx .last.many .marble rect{fill:var(--rx-sink-line)}"
    ".rx .marble.late rect,.rx .many .marble.late rect{stroke:var(--rx-late);stroke-width:2;stroke-dasharray:3 2}"
    ".rx .instant{text-anchor:middle}"
    ".rx .marble text{text-anchor:middle;fill:var(--rx-ink);"
    "font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    ".rx .cross{stroke:var(--rx-error);stroke-width:2.4;stroke-linecap:round;fill:none}"
    ".rx .failed .cross{stroke-width:1.8}"
    ".rx .watermark{fill:var(--rx-time)}"
    ".rx .grid{stroke:var(--rx-frame);stroke-width:1}"
)


class _Sheet(NamedTuple):
    """How lanes are drawn: how long values may be, where things stand, and where lanes begin and end."""

    longest: int
    places: Mapping[Key, float]
    left: float
    right: float


def marble_picture(lanes: Sequence[Lane]) -> str:
    """Draw lanes below each other."""
    shown = [thinned(lane) for lane in lanes]
    names = [_names(lane, marks) for lane, marks in zip(lanes, shown, strict=True)]
    gutter = max(max(wide_width(name, 13), fixed_width(given, 11)) for name, given in names)
    clock = Clock(mark.key.at for marks in shown for mark in marks)
    laid = _laid(shown, 2 * _MARGIN + max(gutter, fixed_width(clock.caption, 11) if clock.passes else 0.0))
    instants = ticks(laid.places, clock, _instant_width, _SCALE) if clock.passes else []
    elements = [*_axis(instants, clock, _MARGIN + len(lanes) * _TALL)]
    for place, (lane, marks, name) in enumerate(zip(lanes, shown, names, strict=True)):
        row = _Row(name, _look(lanes, place), _MARGIN + (place + 0.5) * _TALL, clock)
        elements += _lane(lane, marks, laid, row)
        elements += [_watermark(x, at, row) for x, at in risings(lanes, place, laid.places).items()]
    right = max([laid.right + _MARGIN, *(x + _instant_width(text) / 2 for x, text in instants)])
    size = (right + _MARGIN, 2 * _MARGIN + len(lanes) * _TALL + _MARGIN)
    told = "; ".join(f"{lane.node.name}: {_counted(lane)}" for lane in lanes)
    return sheet(size, title="Marble diagram", description=told, style=_STYLE, drawn=elements)


class _Row(NamedTuple):
    """One lane on the sheet: its name and arguments, its look, its height, and who writes its instants."""

    name: tuple[str, str]
    look: str
    y: float
    clock: Clock


def _names(lane: Lane, marks: Sequence[Mark]) -> tuple[str, str]:
    values = sum(mark.kind == "value" for mark in lane.marks)
    drawn = sum(mark.kind == "value" for mark in marks)
    given = short(lane.node.given) if drawn == values else f"{drawn} of {values} shown"
    return short(lane.node.name, _LONGEST_NAME), given


def _counted(lane: Lane) -> str:
    values = sum(mark.kind == "value" for mark in lane.marks)
    return f"{values} item{'s' * (values != 1)}{'' if lane.ended else ', not ended'}"


def _look(lanes: Sequence[Lane], place: int) -> str:
    if not lanes[place].above:
        return "source"
    return "operator" if any(place in lane.above for lane in lanes) else "last"


def _laid(shown: Sequence[Sequence[Mark]], left: float) -> _Sheet:
    for longest in _LONGEST:
        places = spread(shown, lambda mark: _wide(mark, longest), _SCALE)  # noqa: B023 - it is called at once
        if places is not None:
            break
    else:
        longest, places = 0, crowded(shown, _SCALE.length[1])
    begin = left + _MARBLE
    moved = {key: begin + place for key, place in places.items()}
    right = max((moved[mark.key] + _wide(mark, longest) / 2 for marks in shown for mark in marks), default=begin)
    return _Sheet(longest, moved, left, max(right, left + _SCALE.length[0] / 2))


def _wide(mark: Mark, longest: int) -> float:
    if mark.kind != "value":
        return _DOT if mark.kind == "end" else _DOT * 2
    if not longest:
        return _DOT
    return max(_MARBLE, fixed_width(short(mark.label, longest), 11) + 14)


def _instant_width(text: str) -> float:
    return fixed_width(text, 11)


def _axis(instants: Sequence[tuple[float, str]], clock: Clock, y: float) -> Iterator[str]:
    yield f'<text class="quiet" x="{number(_MARGIN)}" y="{number(y + 16)}">{escaped(clock.caption)}</text>'
    for x, text in instants:
        yield f'<path class="grid" d="M{number(x)} {number(_MARGIN)}V{number(y + 2)}"/>'
        yield f'<text class="quiet instant" x="{number(x)}" y="{number(y + 16)}">{escaped(text)}</text>'


def _watermark(x: float, at: int, row: _Row) -> str:
    said = escaped(f"watermark {row.clock.whole(at)}")
    return f'<path class="watermark" d="M{number(x)} {number(row.y + 14)}l3.5 6h-7z"><title>{said}</title></path>'


def _lane(lane: Lane, marks: Sequence[Mark], laid: _Sheet, row: _Row) -> Iterator[str]:
    y = number(row.y)
    many = "" if laid.longest else " many"
    yield f'<g class="{row.look}{many}">'
    yield from _label(row)
    end = laid.places[marks[-1].key] if lane.ended else laid.right + _MARGIN / 2
    yield f'<path class="lane" d="M{number(laid.left)} {y}H{number(end)}"/>'
    if not lane.ended:
        yield f'<path class="head" d="M{number(end + 7)} {y}l-7 -4v8z"/>'
    for mark in marks:
        yield _mark(mark, laid, row)
    yield "</g>"


def _label(row: _Row) -> Iterator[str]:
    name, given = row.name
    y = row.y + (4.5 if not given else -2)
    yield f'<text class="name" x="{number(_MARGIN)}" y="{number(y)}">{escaped(name)}</text>'
    if given:
        yield f'<text class="quiet" x="{number(_MARGIN)}" y="{number(y + 15)}">{escaped(given)}</text>'


def _mark(mark: Mark, laid: _Sheet, row: _Row) -> str:
    x, y = laid.places[mark.key], row.y
    hint = f"<title>{escaped(_hint(mark, row.clock))}</title>"
    if mark.kind == "end":
        return f'<path class="end" d="M{number(x)} {number(y - 11)}v22">{hint}</path>'
    if mark.kind != "value":
        cross = f"M{number(x - 6)} {number(y - 6)}l12 12m0 -12l-12 12"
        return f'<g class="{mark.kind}">{hint}<path class="cross" d="{cross}"/></g>'
    width, tall = _wide(mark, laid.longest), _MARBLE if laid.longest else _DOT
    rect = (
        f'<rect x="{number(x - width / 2)}" y="{number(y - tall / 2)}" width="{number(width)}" '
        f'height="{number(tall)}" rx="{number(tall / 2)}"/>'
    )
    text = ""
    if laid.longest:
        label = escaped(short(mark.label, laid.longest))
        text = f'<text x="{number(x)}" y="{number(y + 4)}">{label}</text>'
    return f'<g class="marble{" late" if mark.late else ""}">{hint}{rect}{text}</g>'


def _hint(mark: Mark, clock: Clock) -> str:
    said = {"end": "completed", "failed": "failed: ", "error": "ended with "}.get(mark.kind, "")
    told = [said if mark.kind == "end" else said + mark.text, f"at {clock.whole(mark.key.at)}"]
    if mark.time is not None and mark.time != mark.key.at:
        told.append(f"timestamp {clock.whole(mark.time)}")
    return " · ".join([*told, "late"] if mark.late else told)
