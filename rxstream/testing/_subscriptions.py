"""Failed expectations of subscriptions, told: the first difference in words, then all of them as lanes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rxstream.testing._diagram import Span
from rxstream.testing._lanes import Lane, draw
from rxstream.testing._progress import instant_text


def subscription_failure(what: str, expected: Sequence[Span], actual: Sequence[Span], *, frame: int) -> str | None:
    """Say how a source's subscriptions differ from what was expected; None: they do not.

    Args:
        what: The source's name.
        expected: When it should be subscribed to.
        actual: When it was.
        frame: How long a frame lasts, in nanoseconds.
    """
    pairs = list(zip_longest(expected, actual))
    place = next((place for place, (one, other) in enumerate(pairs) if one != other), None)
    if place is None:
        return None
    one, other = pairs[place]
    said = f"subscription {place + 1} expected {_told(one, frame)}, got {_told(other, frame)}"
    lines = [f"  {line}" for line in _compared(pairs, place, frame)]
    return "\n".join([f"{what}: {said}", "", *lines])


def _told(span: Span | None, frame: int) -> str:
    if span is None or span.begin is None:
        return "none"
    begin = instant_text(span.begin, frame)
    return f"from {begin} on" if span.end is None else f"from {begin} to {instant_text(span.end, frame)}"


def _compared(pairs: Sequence[tuple[Span | None, Span | None]], place: int, frame: int) -> Iterator[str]:
    spans = [span for pair in pairs for span in pair]
    lanes = draw([span.marks if span is not None else [] for span in spans], frame)
    width = len(f"expected {len(pairs)}: ")
    for index, (span, lane) in enumerate(zip(spans, lanes, strict=True)):
        yield f"{_name(index) + ':':{width}}{lane.text if span is not None else ''}".rstrip()
        if index == 2 * place + 1:
            yield " " * (width + _column(pairs[place], lanes[index - 1 : index + 1])) + "^"
    for index, (span, lane) in enumerate(zip(spans, lanes, strict=True)):
        if any(lane.off):
            yield f"{_name(index)} {_told(span, frame)}"


def _name(index: int) -> str:
    return f"{'actual' if index % 2 else 'expected'} {index // 2 + 1}"


def _column(pair: tuple[Span | None, Span | None], lanes: Sequence[Lane]) -> int:
    one, other = pair
    # Their beginnings, unless it is their ends that differ.
    place = 1 if one is not None and other is not None and one.begin == other.begin else 0
    return min(lane.columns[place] for lane in lanes if place < len(lane.columns))
