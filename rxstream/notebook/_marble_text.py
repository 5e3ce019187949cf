"""Lanes as text: what happened at one moment stands in one column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rxstream.notebook._axis import Clock, Scale, crowded, risings, spread, thinned, ticks
from rxstream.notebook._record import Key, Lane, Mark
from rxstream.notebook._words import short

_SCALE: Final = Scale(length=(48.0, 92.0), gap=1.0, step=(1.0, 4.0), anchor=0.0)
#: How long values may be, from what is best to what there is room for; 0: a dot.
_LONGEST: Final = (12, 5, 0)
_WIDEST_NAME: Final = 30
_SIGNS: Final = {"end": "|", "error": "#", "failed": "✗"}


def marble_text(lanes: Sequence[Lane]) -> str:
    """Write lanes below each other."""
    shown = [thinned(lane) for lane in lanes]
    if not any(shown):
        return "\n".join(_name(lane, marks) for lane, marks in zip(lanes, shown, strict=True))
    longest, places = _places(shown)
    left = max(len(_name(lane, marks)) for lane, marks in zip(lanes, shown, strict=True)) + 2
    right = 1 + max(int(places[mark.key]) + len(_sign(mark, longest)) for marks in shown for mark in marks)
    lines = []
    for at, (lane, marks) in enumerate(zip(lanes, shown, strict=True)):
        row = _row(marks, places, longest, ended=lane.ended, right=right)
        lines.append(f"{_name(lane, marks):<{left}}{row}")
        risen = _risen(risings(lanes, at, places))
        if risen:
            lines.append(f"{'':<{left}}{risen}")
    clock = Clock(mark.key.at for marks in shown for mark in marks)
    lines.append(f"{clock.caption:<{left}}{_instants(places, clock)}")
    return "\n".join(line.rstrip() for line in lines).rstrip()


def _places(shown: Sequence[Sequence[Mark]]) -> tuple[int, Mapping[Key, float]]:
    for longest in _LONGEST:
        places = spread(shown, lambda mark: float(len(_sign(mark, longest))), _SCALE)  # noqa: B023 - it is called at once
        if places is not None:
            return longest, {key: float(int(place)) for key, place in places.items()}
    return 0, {key: float(int(place)) for key, place in crowded(shown, _SCALE.length[1]).items()}


def _name(lane: Lane, marks: Sequence[Mark]) -> str:
    said = f"{lane.node.name}  {lane.node.given}".rstrip()
    values = sum(mark.kind == "value" for mark in lane.marks)
    hidden = values - sum(mark.kind == "value" for mark in marks)
    return short(said, _WIDEST_NAME) + (f"  ({values - hidden} of {values})" if hidden else "")


def _sign(mark: Mark, longest: int) -> str:
    if mark.kind != "value":
        return _SIGNS[mark.kind]
    if not longest:
        return "!" if mark.late else "•"
    return short(mark.label, longest) + ("!" if mark.late else "")


def _row(marks: Sequence[Mark], places: Mapping[Key, float], longest: int, *, ended: bool, right: int) -> str:
    row = ["-"] * (right + 1)
    end = 0
    for mark in marks:
        sign = _sign(mark, longest)
        # One more than its place, as a lane begins before its first item.
        end = 1 + int(places[mark.key]) + len(sign)
        row[end - len(sign) : end] = sign
    return "".join(row[:end] if ended else [*row, ">"])


def _risen(places: Iterable[float]) -> str:
    risen = {1 + int(place) for place in places}
    return "".join("'" if column in risen else " " for column in range(max(risen, default=-1) + 1))


def _instants(places: Mapping[Key, float], clock: Clock) -> str:
    if not clock.passes:
        return ""
    row = ""
    for place, text in ticks(places, clock, len, _SCALE):
        row = f"{row:<{1 + int(place)}}{text}"
    return row
