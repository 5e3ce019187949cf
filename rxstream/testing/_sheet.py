"""Streams drawn together: a lane each, and below them what columns and characters cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from rxstream.testing._difference import is_same
from rxstream.testing._lanes import Lane, draw
from rxstream.testing._progress import instant_text
from rxstream.testing._said import Notification, Said
from rxstream.testing._symbols import Symbols, is_symbol

#: How many notifications of a stream are drawn.
_MOST: Final = 40


class Shown(NamedTuple):
    """One notification as it was drawn.

    Args:
        lane: The name of its lane.
        place: Which of its lane it is, counted from 0.
        symbol: Its character.
        notification: What it is.
        off: Whether its column does not say its instant.
    """

    lane: str
    place: int
    symbol: str
    notification: Notification
    off: bool


class Sheet(NamedTuple):
    """Streams as they were drawn."""

    lanes: Mapping[str, Lane]
    shown: Sequence[Shown]


def sheet(streams: Mapping[str, Said], frame: int, *, most: int = _MOST) -> Sheet:
    """Draw streams together, so that a character means the same in all of them.

    Args:
        streams: What each lane holds.
        frame: How long a frame lasts, in nanoseconds.
        most: How many notifications of a stream are drawn; a lane with more ends in an ellipsis.
    """
    begun = _begun(streams, most)
    symbols = Symbols(*begun.values())
    marks = {name: symbols.marks(said) for name, said in begun.items()}
    drawn = dict(zip(streams, draw(list(marks.values()), frame), strict=True))
    shown = [
        Shown(name, place, marks[name][place].symbol, notification, drawn[name].off[place])
        for name, said in begun.items()
        for place, notification in enumerate(said.notifications)
    ]
    whole = {name: len(begun[name].notifications) == len(said.notifications) for name, said in streams.items()}
    lanes = {name: lane if whole[name] else lane._replace(text=f"{lane.text}…") for name, lane in drawn.items()}
    return Sheet(lanes, shown)


def _begun(streams: Mapping[str, Said], most: int) -> Mapping[str, Said]:
    """Cut all streams at the instant to which those that say more than can be drawn are."""
    last = [said.notifications[most - 1].at for said in streams.values() if len(said.notifications) > most]
    if not last:
        return streams
    return {
        name: replace(said, notifications=[one for one in said.notifications[:most] if one.at <= min(last)])
        for name, said in streams.items()
    }


def legend(made: Sheet, frame: int, *, without: int | None = None) -> Iterator[str]:
    """Explain, line by line, what does not explain itself; each thing once.

    Args:
        made: What was drawn.
        frame: How long a frame lasts, in nanoseconds.
        without: A place whose notifications are left out.
    """
    rest = [one for one in made.shown if one.place != without and (one.off or not _explains_itself(one))]
    while rest:
        alike = [one for one in rest if _is_alike(rest[0], one)]
        yield from _entry(alike, set(made.lanes), frame)
        rest = [one for one in rest if not _is_alike(rest[0], one)]


def _is_alike(one: Shown, other: Shown) -> bool:
    return one.symbol == other.symbol and is_same(one.notification.value, other.notification.value)


def _explains_itself(one: Shown) -> bool:
    value = one.notification.value
    return one.notification.kind == "end" or (is_symbol(value) and one.symbol == value)


def _entry(alike: Sequence[Shown], lanes: set[str], frame: int) -> Iterator[str]:
    symbol, value = alike[0].symbol, alike[0].notification.value
    where = ", ".join(_instants(alike, lanes, frame))
    if isinstance(value, Said):
        yield f"{symbol} = a stream at {where}:"
        yield from (f"  {line}" for line in _alone(value, frame))
    elif _explains_itself(alike[0]):
        yield f"{symbol} at {where}"
    else:
        yield f"{symbol} = {value!r} at {where}"


def _instants(alike: Sequence[Shown], lanes: set[str], frame: int) -> Iterator[str]:
    for at in sorted({one.notification.at for one in alike}):
        there = {one.lane for one in alike if one.notification.at == at}
        yield instant_text(at, frame) + ("" if there == lanes else f" ({', '.join(sorted(there))})")


def _alone(said: Said, frame: int) -> Iterator[str]:
    made = sheet({"": said}, frame)
    yield made.lanes[""].text
    yield from legend(made, frame)
