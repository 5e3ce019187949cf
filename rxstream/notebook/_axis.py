"""Where on a line things stand that happened one after the other: in proportion to time as far as there is room."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Final, NamedTuple

from rxstream.notebook._record import Key, Lane, Mark
from rxstream.notebook._words import span_text

#: So many items of a lane are drawn at most; more would only hide each other.
MOST: Final = 1_000
_DAY: Final = 86_400_000_000_000
_SECOND: Final = 1_000_000_000
#: Clocks that begin with the epoch do not mean 1970: who has no history has no date.
_NO_DATES: Final = 30 * 365 * _DAY


def thinned(lane: Lane) -> Sequence[Mark]:
    """The marks of a lane that are drawn: evenly chosen where there are many values, and all that is unusual."""
    values = sum(mark.kind == "value" for mark in lane.marks)
    if values <= MOST:
        return lane.marks
    return list(_chosen(lane.marks, values))


def _chosen(marks: Sequence[Mark], values: int) -> Iterator[Mark]:
    seen = 0
    for mark in marks:
        if mark.kind != "value" or mark.late or seen * MOST // values != (seen - 1) * MOST // values:
            yield mark
        seen += mark.kind == "value"


@dataclass(frozen=True, slots=True)
class Scale:
    """How things are put on the line.

    Args:
        length: How long it is to be, and how long it may be.
        gap: What stays free between two marks of a lane.
        step: How far one moment is from the next at least, and how far where no time passes and there is room.
        anchor: Which part of a mark's width stands before its place.
    """

    length: tuple[float, float]
    gap: float
    step: tuple[float, float]
    anchor: float


Width = Callable[[Mark], float]


def spread(lanes: Sequence[Sequence[Mark]], width: Width, scale: Scale) -> Mapping[Key, float] | None:
    """Give every moment a place of its own, so that no marks of a lane touch.

    Returns:
        The places; None: there is not so much room.
    """
    keys = sorted({mark.key for lane in lanes for mark in lane})
    if len(keys) * scale.step[0] > scale.length[1]:
        return None
    standing: dict[Key, list[tuple[int, float]]] = {key: [] for key in keys}
    for at, lane in enumerate(lanes):
        for mark in lane:
            standing[mark.key].append((at, width(mark)))
    span = keys[-1].at - keys[0].at if keys else 0
    step = scale.step[0] if span else min(scale.step[1], max(scale.step[0], scale.length[0] / max(len(keys), 1)))
    for share in _SHARES:
        places = _spread(keys, standing, scale, _Pace(step, scale.length[0] * share / span if span else 0.0))
        if not places or places[keys[-1]] <= scale.length[1]:
            return places
    return None


#: How much of the length goes by time; the rest is what marks need beside each other.
_SHARES: Final = (1.0, 0.5, 0.0)


class _Pace(NamedTuple):
    """How far one moment is from the next at least, and by how much for each nanosecond between them."""

    step: float
    per_ns: float


def _spread(
    keys: Sequence[Key], standing: Mapping[Key, list[tuple[int, float]]], scale: Scale, pace: _Pace
) -> dict[Key, float]:
    places: dict[Key, float] = {}
    ends: dict[int, float] = {}
    before: Key | None = None
    for key in keys:
        place = 0.0 if before is None else places[before] + max(pace.step, (key.at - before.at) * pace.per_ns)
        for lane, width in standing[key]:
            place = max(place, ends.get(lane, -scale.gap) + scale.gap + width * scale.anchor)
        for lane, width in standing[key]:
            ends[lane] = place + width * (1 - scale.anchor)
        places[key] = place
        before = key
    return places


def crowded(lanes: Sequence[Sequence[Mark]], length: float) -> Mapping[Key, float]:
    """Places by nothing but time, or by order where no time passes; what happened close together stands together."""
    keys = sorted({mark.key for lane in lanes for mark in lane})
    span = keys[-1].at - keys[0].at
    if span:
        return {key: (key.at - keys[0].at) / span * length for key in keys}
    return {key: place * length / max(len(keys) - 1, 1) for place, key in enumerate(keys)}


def risings(lanes: Sequence[Lane], at: int, places: Mapping[Key, float]) -> Mapping[float, int]:
    """Where a lane's watermark rose, and how far: at the item that made it, or at the first thing that came of it.

    What a lane above has told in just the same way is not told again.
    """
    lane = lanes[at]
    if any(_told(lanes[above]) == _told(lane) for above in lane.above):
        return {}
    keys = sorted(places)
    found: dict[float, int] = {}
    for key, watermark in lane.watermarks:
        place = bisect_left(keys, key)
        if place < len(keys):
            # Of those that would stand on each other the last one counts.
            found[round(places[keys[place]])] = watermark
    return found


def _told(lane: Lane) -> Sequence[tuple[tuple[int, ...], int]]:
    return [(key[:1], watermark) for key, watermark in lane.watermarks]


class Clock:
    """How instants are written beside each other: no longer than is needed to tell them apart.

    Args:
        instants: All that will be written, in nanoseconds.
    """

    def __init__(self, instants: Iterable[int]) -> None:
        told = sorted(set(instants)) or [0]
        self._first = told[0]
        self.passes = told[0] != told[-1]
        self._is_dated = told[0] > _NO_DATES
        days = {at // _DAY for at in told}
        self._form = "%Y-%m-%d"
        #: The day of all of them, and whose.
        self.day = ""
        if any(at % _DAY for at in told):
            exact = any(at % _SECOND for at in told)
            time = "%H:%M:%S.%f" if exact else "%H:%M:%S" if any(at % (60 * _SECOND) for at in told) else "%H:%M"
            self._form = time if len(days) == 1 else f"%m-%d {time}"
            self.day = _instant(told[0]).strftime("%Y-%m-%d UTC") if len(days) == 1 else "UTC"

    def short(self, at: int) -> str:
        """An instant as it stands on the axis."""
        if not self._is_dated:
            return span_text(at)
        written = _instant(at).strftime(self._form)
        return written[:-3] if self._form.endswith("%f") else written

    def whole(self, at: int) -> str:
        """An instant with all that is known of it."""
        return f"{_instant(at).isoformat()}".replace("+00:00", "Z") if self._is_dated else span_text(at)

    @property
    def caption(self) -> str:
        """What holds for all instants of the axis."""
        if not self.passes:
            return f"all at {self.whole(self._first) if self._is_dated else 'one instant'}, in order"
        return self.day if self._is_dated else ""


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at // _SECOND, UTC).replace(microsecond=at % _SECOND // 1_000)


def ticks(
    places: Mapping[Key, float], clock: Clock, width: Callable[[str], float], scale: Scale
) -> list[tuple[float, str]]:
    """Where instants are written under the axis, as many as there is room for."""
    written: list[tuple[float, str]] = []
    free, at_before = -inf, None
    for key in sorted(places):
        if key.at != at_before:
            text, place = clock.short(key.at), places[key]
            if place - width(text) * scale.anchor >= free:
                written.append((place, text))
                free = place + width(text) * (1 - scale.anchor) + 2 * scale.gap
        at_before = key.at
    return written
