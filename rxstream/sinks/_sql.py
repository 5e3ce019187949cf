"""Write the items into a table of a SQL database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rxstream.core import find_refused, positive_count
from rxstream.drivers.sql import checked_url
from rxstream.drivers.sql_table import DatabaseAway, Row, Table
from rxstream.errors import ConfigurationError, DeliveryError
from rxstream.sinks._sql_rows import fitting, row_reader

_LOG: Final = logging.getLogger("rxstream")
#: Seconds in which the database must answer at the start.
_CONNECT_BUDGET: Final = 9.0
#: Seconds until a database that went away is asked again: the first time, and at most.
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0


def to_sql(
    url: Any,
    table: str,
    *,
    columns: Sequence[str] | Mapping[str, str | Callable[[Any], Any]] | None = None,
    key: str | Sequence[str] | None = None,
    batch: int = 1000,
) -> SqlSink:
    """Write each item as a row of a table, in order; with ``key=``, in place of the row that has the same key.

    A value is a dict of columns, a dataclass or a named tuple; a column it does not have gets the table's default,
    None is NULL. Aware datetimes keep their instant: a column without time zone gets UTC. What the database refuses
    goes to the error handler alone. A database that goes away is waited for.

    Args:
        url: SQLAlchemy's: ``"postgresql+psycopg://user:password@host/database"``, ``"sqlite:///file.db"``.
        table: The table's name, with its schema before a dot if need be; it must exist.
        columns: Names of the fields to take; or a mapping of each column to a field's name or a function of the value.
            None: all that the value has.
        key: The column, or columns, that make a row the same as another: its primary key, or what is unique. Needs
            PostgreSQL, SQLite, MySQL or MariaDB. Of several items with one key in a transaction the last is written.
        batch: At most how many rows a transaction has. It is written when full and when nothing more is waiting.

    Raises:
        ConfigurationError: If an argument is none of these.
        MissingExtraError: If SQLAlchemy or the database's driver is not installed.
        ConnectError: From the run, if the database does not answer, or the table or a column does not exist.

    Delivery: an item is settled when its transaction is committed. What was written but not settled before a crash, or
        when the connection was lost, is written again: with ``key=`` in its own place, without it a second time.

    Example:
        >>> import contextlib, sqlite3
        >>> with contextlib.closing(sqlite3.connect("rides.db")) as database:
        ...     _ = database.execute("CREATE TABLE rides (id INTEGER PRIMARY KEY, km REAL)")
        ...     rides = [{"id": 1, "km": 2.5}, {"id": 2, "km": 7}, {"id": 1, "km": 3}]
        ...     _ = rs.run(rs.from_iterable(rides).to(rs.to_sql("sqlite:///rides.db", "rides", key="id")))
        ...     sorted(database.execute("SELECT * FROM rides"))
        [(1, 3.0), (2, 7.0)]
    """
    if not isinstance(table, str) or not table.strip("."):
        raise ConfigurationError(f"to_sql: table must be a name; got {table!r}. Give one, or schema.name.")
    keys = _keys(key)
    names, read = row_reader(columns)
    missing = next((name for name in keys if names and name not in names), None)
    if missing is not None:
        raise ConfigurationError(
            f"to_sql: key must be among the columns {', '.join(names)}; got {missing!r}. Add it to columns."
        )
    size = positive_count("to_sql", batch=batch)
    place = Table("to_sql", checked_url("to_sql", url, upserts=bool(keys)), table, keys)
    return SqlSink(f"to_sql({table})", place, names, read, keys, size)


def _keys(key: Any) -> tuple[str, ...]:
    keys = () if key is None else (key,) if isinstance(key, str) else key
    if not isinstance(keys, list | tuple) or not all(isinstance(name, str) and name for name in keys) or key == []:
        raise ConfigurationError(f"to_sql: key must be a column's name, or several; got {key!r}. Correct it.")
    return tuple(keys)


class SqlSink:
    """The sink that `to_sql` makes."""

    real_time = True

    def __init__(
        self,
        name: str,
        table: Table,
        columns: tuple[str, ...],
        read: Callable[[Any], Row],
        key: tuple[str, ...],
        size: int,
    ) -> None:
        self.name = name
        self.encode: Callable[[Any], Row] = read
        self._table = table
        self._columns = columns
        self._read = read
        self._key = key
        self._size = size

    async def open(self) -> None:
        """Connect, and learn the table's columns.

        Raises:
            ConnectError: If the database does not answer, or the table or a column does not exist.
        """
        table = self._table
        try:
            await asyncio.wait_for(asyncio.to_thread(table.open, self._columns), _CONNECT_BUDGET)
        except BaseException as error:
            table.close()
            if isinstance(error, TimeoutError):
                raise table.unreachable(f"it did not within {_CONNECT_BUDGET:.0f} s") from error
            raise
        self.encode = fitting(self._read, table.name, table.columns, self._key)

    async def write(self, batch: Sequence[Row]) -> None:
        """Store the rows, in their order and a transaction for each so many.

        Raises:
            BatchError: For those that the database refuses; the others are stored.
        """
        parts = [range(start, min(start + self._size, len(batch))) for start in range(0, len(batch), self._size)]
        refused = await find_refused(parts, lambda part: self._stored([batch[place] for place in part]))
        if refused is not None:
            raise refused

    async def _stored(self, rows: Sequence[Row]) -> DeliveryError | None:
        """Store rows in one transaction, as soon as the database can; returns why it refuses them."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await asyncio.to_thread(self._table.insert, rows)
            except DeliveryError as error:
                return error
            except DatabaseAway as error:
                if pause == _FIRST_PAUSE:
                    _LOG.warning("%s: waiting for the database; %s", self.name, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            except asyncio.CancelledError:
                self._table.abort()
                raise
            else:
                return None

    async def close(self) -> None:
        """Close the connection."""
        self._table.close()
