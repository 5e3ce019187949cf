"""Tumbling windows as one would make them by hand: slowly, and with nothing in common with the real ones."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Record(NamedTuple):
    """One item; the instant is in milliseconds."""

    time: int
    key: object
    value: object


class ByHand(NamedTuple):
    """The windows that come out, as (key, start, end, values), and the values that came too late."""

    panes: list[tuple[object, int, int, list[object]]]
    late: list[object]


def windows_by_hand(
    records: Sequence[Record],
    watermark: Callable[[Sequence[Record]], int],
    *,
    size: int,
    offset: int = 0,
    grace: int = 0,
) -> ByHand:
    """Cut records into windows; ``watermark`` says it of the records up to and with the one that comes."""
    waiting: dict[tuple[int, int], dict[object, list[Record]]] = {}
    made = ByHand([], [])

    def close(bounds: tuple[int, int]) -> None:
        for key, members in waiting.pop(bounds).items():
            in_order = [record.value for record in sorted(members, key=lambda record: record.time)]
            made.panes.append((key, *bounds, in_order))

    for place, record in enumerate(records):
        closed_up_to = watermark(records[: place + 1]) - grace
        for bounds in sorted(found for found in waiting if found[1] <= closed_up_to):
            close(bounds)
        start = max(edge for edge in range(offset - 200 * size, record.time + 1, size) if edge <= record.time)
        if start + size <= closed_up_to:
            made.late.append(record.value)
        else:
            waiting.setdefault((start, start + size), {}).setdefault(record.key, []).append(record)
    for bounds in sorted(waiting):
        close(bounds)
    return made
