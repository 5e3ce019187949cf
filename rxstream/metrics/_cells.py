"""What an item has in the columns of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rxstream.core import Event, fields_of
from rxstream.operators._joined import MISSING, Joined
from rxstream.operators._window_pane import Pane


class Cell(NamedTuple):
    """One cell of a row.

    Args:
        name: The column's name.
        value: What stands in it.
        place: Columns of a lower place stand further to the left.
    """

    name: str
    value: Any
    place: int = 1


def columns_of(items: Sequence[Any]) -> dict[str, list[Any]]:
    """Make columns of items, in the order in which the items have them; what one has not is None."""
    found: dict[tuple[int, str], list[Any]] = {}
    for number, item in enumerate(items):
        for cell in _cells(item):
            at = (cell.place, cell.name)
            if at not in found:
                found[at] = [None] * len(items)
            found[at][number] = _plain(cell.value)
    # Sorting is stable: within a place they stand as they came.
    names = sorted(found, key=lambda at: at[0])
    columns: dict[str, list[Any]] = {}
    for place, name in names:
        columns[name] = _together(columns.get(name), found[place, name])
    return _with_sides(columns, items)


def _cells(item: Any) -> Iterator[Cell]:
    if isinstance(item, Pane):
        own = [Cell("key", item.key, 0), Cell("start", item.start, 0), Cell("end", item.end, 0)]
        own += [Cell("revision", item.revision, 2), Cell("final", item.final, 2)]
        yield from _around(own, (cell._replace(place=1) for cell in _sorted(item.value)))
    elif isinstance(item, Event):
        # A pane's key, and that of what is joined, is its Event's.
        key = [] if isinstance(item.value, Pane | Joined) else [Cell("key", item.key, 3)]
        yield from _around([*key, Cell("timestamp", item.timestamp, 3)], _cells(item.value))
    elif isinstance(item, Joined):
        yield Cell("key", item.key, 0)
        for place, side in enumerate(("left", "right"), 1):
            yield from _side(side, getattr(item, side), place)
    else:
        named = fields_of(item)
        yield from [Cell("value", item)] if named is None else [Cell(str(name), named[name]) for name in named]


def _around(own: Sequence[Cell], of_value: Iterable[Cell]) -> Iterator[Cell]:
    """What an item has of its own, and what its value has; a name that both have is the item's."""
    taken = {cell.name for cell in own}
    yield from own
    for cell in of_value:
        yield cell._replace(name=f"value_{cell.name}") if cell.name in taken else cell


def _sorted(item: Any) -> list[Cell]:
    return sorted(_cells(item), key=lambda cell: cell.place)


def _side(side: str, value: Any, place: int) -> Iterator[Cell]:
    if value is MISSING:
        return
    if _is_plain(value):
        yield Cell(side, value, place)
        return
    for cell in _sorted(value):
        yield Cell(f"{side}_{cell.name}", cell.value, place)


def _with_sides(columns: dict[str, list[Any]], items: Sequence[Any]) -> dict[str, list[Any]]:
    """A side that is missing everywhere has a column all the same."""
    if any(isinstance(item, Joined) for item in items):
        for side in ("left", "right"):
            if not any(name == side or name.startswith(f"{side}_") for name in columns):
                columns[side] = [None] * len(items)
    return columns


def _together(one: list[Any] | None, other: list[Any]) -> list[Any]:
    return other if one is None else [b if a is None else a for a, b in zip(one, other, strict=True)]


def _is_plain(value: Any) -> bool:
    return not isinstance(value, Pane | Event | Joined) and fields_of(value) is None


def _plain(value: Any) -> Any:
    if value is MISSING:
        return None
    return value.astimezone(UTC) if type(value) is datetime and value.tzinfo is not None else value
