"""Items as a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reactivex import Observable

from rxstream.core import as_stream, choice
from rxstream.drivers.frames import FRAMES, require_frames
from rxstream.errors import ConfigurationError
from rxstream.metrics._cells import columns_of
from rxstream.runtime import collect


def to_frame(items: Any, *, kind: str | None = None) -> Any:
    """Make a data frame of items, or of what a stream gives, which is run as `collect` does.

    What has fields (a dict, a dataclass, a named tuple) has a column for each, anything else the column ``value``. A
    `Pane` has ``key``, ``start`` and ``end``, its value's columns, ``revision`` and ``final``; an `Event` its value's
    columns, ``key`` and ``timestamp``. Where the value has a field of one of these names, that is ``value_key`` and so
    on. A `Joined` has ``key`` and its sides' fields with ``left_`` and ``right_`` before them, or ``left`` and
    ``right`` where they have none. Instants with a zone are in UTC; ``rs.MISSING``, and what an item has not, is null.

    Edges: no items make a frame without columns. Whole numbers beside a null stay whole. What has no common type stays
    as it is, in a column of objects.

    Args:
        items: A stream, or anything that can be iterated.
        kind: ``"pandas"`` or ``"polars"``; None: pandas where it is installed, else Polars.

    Returns:
        A ``pandas.DataFrame`` or ``polars.DataFrame``.

    Raises:
        ConfigurationError: If ``items`` is neither, or ``kind`` no such word.
        MissingExtraError: If the library is not installed; found out before anything runs.
        Exception: From a stream, as `collect`.

    Example:
        >>> rides = rs.from_history([(0, 3), (70, 5)], unit="s")
        >>> frame = rs.to_frame(rides.pipe(ops.window(rs.tumbling(60), into={"km": rs.agg.sum()})))
        >>> list(frame.columns), [int(km) for km in frame["km"]]
        (['key', 'start', 'end', 'km', 'revision', 'final'], [3, 5])
    """
    made = require_frames("to_frame", None if kind is None else choice("to_frame", tuple(FRAMES), kind=kind))
    if isinstance(items, Observable):
        items = collect(as_stream(items))
    if not isinstance(items, Iterable) or isinstance(items, str | bytes | Mapping):
        raise ConfigurationError(
            f"to_frame: items must be a stream or a list of items; got {items!r}. For a single one write [item]."
        )
    rows = list(items)
    return made(columns_of(rows), len(rows))
