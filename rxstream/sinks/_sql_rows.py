"""Making rows of values: a dict of columns, as the value itself or the caller's ``columns=`` says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from rxstream.core import callable_, did_you_mean, fields_of
from rxstream.drivers.sql_table import Row
from rxstream.errors import ConfigurationError, DeliveryError


def row_reader(columns: Any) -> tuple[tuple[str, ...], Callable[[Any], Row]]:
    """Read a ``columns=`` argument; returns the columns' names, none if the values say, and what makes a row.

    Raises:
        ConfigurationError: If it is neither None, nor names, nor a mapping of names to fields or functions.
        DeliveryError: From the function made, for a value without one of the fields.
    """
    if columns is None:
        return (), _whole
    if isinstance(columns, list | tuple) and columns and all(isinstance(name, str) for name in columns):
        columns = {name: name for name in columns}
    if not isinstance(columns, Mapping) or not columns or not all(isinstance(name, str) for name in columns):
        raise ConfigurationError(
            f"to_sql: columns must be names, or a mapping of names to fields or functions; got {columns!r}. "
            "Leave it out to take each value's own."
        )
    readers = {name: _reader(f"columns[{name!r}]", spec) for name, spec in columns.items()}

    def read(value: Any) -> Row:
        return {name: reader(value) for name, reader in readers.items()}

    return tuple(readers), read


def _reader(what: str, spec: Any) -> Callable[[Any], Any]:
    if not isinstance(spec, str):
        callable_("to_sql", **{what: spec})
        read: Callable[[Any], Any] = spec
        return read

    def read_field(value: Any) -> Any:
        try:
            return value[spec] if isinstance(value, Mapping) else getattr(value, spec)
        except (KeyError, AttributeError):
            hint = did_you_mean(spec, list(value)) if isinstance(value, Mapping) and value else "Map the value to one."
            raise DeliveryError(f"to_sql: a value must have the field {spec!r}; got {value!r}. {hint}") from None

    return read_field


def _whole(value: Any) -> Row:
    """All there is in a value."""
    row = fields_of(value)
    if row is not None:
        return dict(row)
    raise DeliveryError(
        f"to_sql: a value must be a dict, a dataclass or a named tuple; got {value!r}. "
        "Map it to one, or say columns={column: function}."
    )


def fitting(
    read: Callable[[Any], Row], table: str, columns: Mapping[str, bool | None], key: Collection[str]
) -> Callable[[Any], Row]:
    """Make the function that makes rows which fit a table.

    Args:
        read: Makes a row of a value.
        table: The table's name.
        columns: Its columns, each with whether it holds instants: with a zone, without, or none (None).
        key: The columns that every row must have.

    Raises:
        DeliveryError: From the function made, for a row that does not fit.
    """
    names = frozenset(columns)
    instants = [(name, zoned) for name, zoned in columns.items() if zoned is not None]

    def row(value: Any) -> Row:
        made = read(value)
        if not made or not made.keys() <= names:
            raise _misfit(table, made, columns)
        for name in key:
            if made.get(name) is None:
                raise DeliveryError(
                    f"to_sql: the key {name!r} must not be None, as the database would store such a row again and "
                    f"again; got {made!r}. Give it a value."
                )
        for name, zoned in instants:
            at = made.get(name)
            if isinstance(at, datetime) and (at.tzinfo is None) is zoned:
                made[name] = _instant(name, at)
        return made

    return row


def _misfit(table: str, row: Row, columns: Mapping[str, Any]) -> DeliveryError:
    unknown = next((name for name in row if name not in columns), None)
    if unknown is None:
        return DeliveryError("to_sql: a row must have at least one column; got {}. Drop such values before.")
    return DeliveryError(
        f"to_sql: a row must have only columns of the table {table}, which has none named {unknown!r}; got {row!r}. "
        f"{did_you_mean(unknown, list(columns))}"
    )


def _instant(name: str, value: datetime) -> datetime:
    """An instant for a column that has a zone where the instant has none, or the other way round."""
    if value.tzinfo is None:
        raise DeliveryError(
            f"to_sql: the column {name!r} has a time zone, so an instant must have one; got {value!r}. "
            "Write value.replace(tzinfo=…)."
        )
    # Otherwise databases keep the hour and forget the zone, and two rows of one instant differ.
    return value.astimezone(UTC).replace(tzinfo=None)
