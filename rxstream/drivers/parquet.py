"""Reading Parquet files: the one place that imports pyarrow."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from rxstream.core import did_you_mean
from rxstream.errors import ConfigurationError, ConnectError

#: Rows read at a time.
_ROWS: Final = 512
#: Bytes of each column read at a time: without a bound, whole row groups would be.
_BUFFER: Final = 1 << 18

Row = dict[str, Any]


def parquet_rows(who: str, path: Path, columns: Sequence[str]) -> Iterator[list[Row | Exception]]:
    """Yield batches of rows as dicts of typed values; a row that cannot be read is the error that says why.

    Instants that name a zone become aware datetimes in UTC; nanoseconds are cut to the microseconds that they hold.

    Args:
        who: For messages.
        path: The file.
        columns: Which columns there must be.

    Raises:
        ConfigurationError: If there is no such column.
        ConnectError: If the file is not there, or is damaged.
    """
    try:
        with _pq().ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER) as file:
            schema = file.schema_arrow
            _check_columns(who, path, schema.names, columns)
            plain = _pa().schema([field.with_type(_plain(field.type)) for field in schema])
            for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
                yield _rows(batch if plain == schema else batch.cast(plain, safe=False))
    except (OSError, _pa().ArrowException) as error:
        raise _refused(who, path, error) from error


def _check_columns(who: str, path: Path, names: Sequence[str], columns: Sequence[str]) -> None:
    for name in columns:
        if name not in names:
            raise ConfigurationError(
                f"{who}: the file must have a column {name!r}; {str(path)!r} has {', '.join(names)}. "
                f"{did_you_mean(name, names)}"
            )


def _refused(who: str, path: Path, error: Exception) -> Exception:
    if isinstance(error, OSError) and error.errno is not None:
        return ConnectError(
            f"{who}: the file must be there and readable; {str(path)!r}: {error.strerror or error}. Check the path."
        )
    return ConnectError(f"{who}: the file must be whole; {str(path)!r}: {error}. Check the file.")


def _rows(batch: Any) -> list[Row | Exception]:
    try:
        rows: list[Row | Exception] = batch.to_pylist()
    except Exception:  # noqa: BLE001 - whatever it is, it is one row's, and the others are to be read
        return [_row(batch.slice(place, 1)) for place in range(batch.num_rows)]
    return rows


def _row(batch: Any) -> Row | Exception:
    try:
        (row,) = batch.to_pylist()
    except Exception as error:  # noqa: BLE001 - handed over, for the error handler
        return error
    found: Row = row
    return found


def _plain(kind: Any) -> Any:
    """The type whose values are those of the standard library, whatever else is installed."""
    pa, types = _pa(), _pa().types
    if types.is_timestamp(kind):
        zone = None if kind.tz is None else "UTC"
        return pa.timestamp("us" if kind.unit == "ns" else kind.unit, tz=zone)
    if types.is_time64(kind):
        return pa.time64("us")
    if types.is_duration(kind):
        return pa.duration("us" if kind.unit == "ns" else kind.unit)
    return _nested(kind)


def _nested(kind: Any) -> Any:
    pa, types = _pa(), _pa().types
    if types.is_struct(kind):
        return pa.struct([field.with_type(_plain(field.type)) for field in kind])
    if types.is_map(kind):
        return pa.map_(_plain(kind.key_type), kind.item_field.with_type(_plain(kind.item_type)))
    for is_list, made in _lists(kind):
        if is_list(kind):
            return made(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


def _lists(kind: Any) -> list[tuple[Callable[[Any], bool], Callable[[Any], Any]]]:
    pa, types = _pa(), _pa().types
    fixed = partial(pa.list_, list_size=getattr(kind, "list_size", -1))
    return [
        (types.is_list, pa.list_),
        (types.is_large_list, pa.large_list),
        (types.is_fixed_size_list, fixed),
    ]


@cache
def _pa() -> Any:
    return importlib.import_module("pyarrow")


@cache
def _pq() -> Any:
    return importlib.import_module("pyarrow.parquet")
