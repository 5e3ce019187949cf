"""Data frames: the one place that imports pandas or Polars."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from rxstream.errors import MissingExtraError

#: Columns by their names, each with a cell for every row.
Columns = Mapping[str, Sequence[Any]]
#: The libraries, and the extra that brings each; where both are there, the first is taken.
FRAMES: Final = {"pandas": "frames", "polars": "polars"}
#: What pandas would make floats or objects of beside a null, and what it is to make of them.
_NULLABLE: Final[Mapping[type, str]] = {int: "Int64", bool: "boolean"}


def require_frames(who: str, kind: str | None) -> Callable[[Columns, int], Any]:
    """Find what makes a frame of columns and the number of their rows.

    Args:
        who: Who asks, for the message.
        kind: The library; None: the first that is there.

    Raises:
        MissingExtraError: If it is not there.
    """
    for name in FRAMES if kind is None else (kind,):
        with suppress(ImportError):
            importlib.import_module(name)
            return _pandas_frame if name == "pandas" else _polars_frame
    wanted = "pandas or polars, neither of which is" if kind is None else f"{kind}, which is not"
    missing = kind or "pandas"
    raise MissingExtraError(
        f"{who}: needs {wanted} installed. Run: pip install 'rxstream[{FRAMES[missing]}]'", name=missing
    )


def _pandas_frame(columns: Columns, rows: int) -> Any:
    pandas: Any = importlib.import_module("pandas")
    series = {name: _pandas_series(pandas, cells) for name, cells in columns.items()}
    return pandas.DataFrame(series, index=pandas.RangeIndex(rows), columns=list(columns))


def _pandas_series(pandas: Any, cells: Sequence[Any]) -> Any:
    kinds = {type(cell) for cell in cells if cell is not None}
    with suppress(ValueError, OverflowError, TypeError):
        if _is_zoned(cells, kinds):
            return pandas.to_datetime(pandas.Series(cells, dtype=object), utc=True)
        (only,) = kinds if len(kinds) == 1 and None in cells else (object,)
        return pandas.Series(cells, dtype=_NULLABLE.get(only))
    return pandas.Series(cells, dtype=object)


def _polars_frame(columns: Columns, _rows: int) -> Any:
    polars: Any = importlib.import_module("polars")
    return polars.DataFrame([_polars_series(polars, name, cells) for name, cells in columns.items()])


def _polars_series(polars: Any, name: str, cells: Sequence[Any]) -> Any:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {int, float}:
        cells = [None if cell is None else float(cell) for cell in cells]
    with suppress(TypeError, ValueError, OverflowError, polars.exceptions.PolarsError):
        made = polars.Series(name, cells, dtype=polars.Datetime("us", "UTC") if _is_zoned(cells, kinds) else None)
        if made.to_list() == [list(cell) if isinstance(cell, tuple) else cell for cell in cells]:
            return made
    # What has no common type stays what it is: fields of dicts that the first one has not would get lost, and zones.
    return polars.Series(name, cells, dtype=polars.Object)


def _is_zoned(cells: Sequence[Any], kinds: set[type]) -> bool:
    """Whether cells are instants, all of which have a zone."""
    return bool(kinds) and kinds <= {datetime} and all(cell is None or cell.tzinfo is not None for cell in cells)
