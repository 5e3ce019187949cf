"""One table of a SQL database, and the one connection to it."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from rxstream.core import did_you_mean
from rxstream.drivers.sql import UPSERTING, insert_of, is_passing, sqlalchemy, words
from rxstream.errors import ConnectError, DeliveryError

Row = dict[str, Any]

#: Drivers that can be told how many seconds they may take to connect; the others are left behind.
_PATIENT: Final = frozenset({"psycopg", "psycopg2", "pymysql", "mysqldb"})
_CONNECT_SECONDS: Final = 5
#: Options in an address that no message may show.
_SECRET: Final = re.compile("pass|pwd|secret|token", re.IGNORECASE)


class DatabaseAway(Exception):  # noqa: N818 - it is a state of the database, not a mistake
    """The database cannot be asked just now; what was being written may have to be written again."""


class Table:
    """One table, and the one connection to its database. Every method but ``abort`` blocks.

    Args:
        who: Whose it is, for messages.
        url: From `checked_url`.
        name: The table's, with its schema before a dot.
        key: The columns whose values make a row the same as another; none: every row is a new one.
    """

    def __init__(self, who: str, url: Any, name: str, key: Sequence[str]) -> None:
        #: The columns, each with whether it holds instants: with a zone (True), without (False), or none (None).
        self.columns: Mapping[str, bool | None] = {}
        self.name = name
        self.address = (
            sqlalchemy()
            .URL.create(url.drivername, url.username, host=url.host, port=url.port, database=url.database)
            .render_as_string()
        )
        hidden = [url.password, *(url.query[name] for name in url.query if _SECRET.search(name))]
        self._secrets = [str(secret) for secret in hidden if secret and str(secret) not in self.address]
        self._who = who
        self._url = url
        schema, _, self._bare_name = name.rpartition(".")
        self._schema = schema or None
        self._key = tuple(key)
        self._engine: Any = None
        self._table: Any = None
        self._statements: dict[frozenset[str], Any] = {}
        self._insert: Callable[[Any], Any] = sqlalchemy().insert
        self._is_mysql = False
        self._wire: Any = None

    def open(self, columns: Sequence[str]) -> None:
        """Connect, and learn the table's columns; ``columns`` are those that will be written, if that is known.

        Raises:
            ConnectError: If the database does not answer or refuses, or the table or a column does not exist.
        """
        self._engine = self._made_engine()
        try:
            with self._engine.connect() as connection:
                self._learn(connection)
                for column in (*columns, *self._key):
                    self._require_column(column)
                self._require_unique(connection)
                self._require_rights(connection, {*columns, *self._key})
        except sqlalchemy().exc.SQLAlchemyError as error:
            raise self.unreachable(self._said(error)) from self._without_secrets(error)

    def _made_engine(self) -> Any:
        url, file = self._url, self._url.database
        is_sqlite = url.get_backend_name() == "sqlite"
        if is_sqlite and file and file != ":memory:" and "uri" not in url.query and not Path(file).exists():
            # SQLite would make an empty one.
            raise self.unreachable("there is no such file")
        options: dict[str, Any] = {}
        if url.get_driver_name() in _PATIENT:
            # Whatever the address says: a thread that is still connecting would hold up the end of the run.
            options["connect_timeout"] = _CONNECT_SECONDS
        return sqlalchemy().create_engine(
            url,
            poolclass=sqlalchemy().QueuePool,
            pool_size=1,
            max_overflow=0,
            # A batch's values would make an error's message thousands of lines long.
            hide_parameters=True,
            connect_args=options,
        )

    def unreachable(self, reason: str) -> ConnectError:
        """What is raised where the database does not answer or refuses."""
        return ConnectError(
            f"{self._who}: the database must answer at {self.address}; {reason}. "
            "Start it, or correct the url (user, password, database)."
        )

    def _learn(self, connection: Any) -> None:
        alchemy, dialect = sqlalchemy(), self._engine.dialect
        inspector = alchemy.inspect(connection)
        try:
            found = inspector.get_columns(self._bare_name, schema=self._schema)
        except (alchemy.exc.NoSuchTableError, alchemy.exc.OperationalError) as error:
            # Of a schema that is not there SQLite says more than others do.
            if self._schema is None and isinstance(error, alchemy.exc.OperationalError):
                raise
            raise self._no_table(inspector) from None
        # Of the columns no more than names and types: nothing is to be read back, which would need further rights.
        made = [alchemy.Column(column["name"], column["type"]) for column in found]
        self._table = alchemy.Table(
            self._bare_name, alchemy.MetaData(), *made, schema=self._schema, implicit_returning=False
        )
        self.columns = {
            column.name: bool(column.type.timezone) if isinstance(column.type, alchemy.DateTime) else None
            for column in made
        }
        self._statements = {}
        if self._key:
            self._insert = insert_of(dialect.name)
            self._is_mysql = UPSERTING[dialect.name] == "mysql"

    def _no_table(self, inspector: Any) -> ConnectError:
        schema = self._schema
        known: list[str] = []
        with suppress(sqlalchemy().exc.SQLAlchemyError):  # a schema that is not there, in some databases
            known = inspector.get_table_names(schema=schema) + inspector.get_view_names(schema=schema)
        full = [f"{schema}.{name}" if schema else name for name in known]
        return ConnectError(
            f"{self._who}: the table must exist; {self.address} has none named {self.name!r}. "
            f"{_remedy(self.name, full)}"
        )

    def _require_column(self, column: str) -> None:
        if column not in self.columns:
            raise ConnectError(
                f"{self._who}: the column must exist; the table {self.name} at {self.address} has none "
                f"named {column!r}. {_remedy(column, list(self.columns))}"
            )

    def _require_unique(self, connection: Any) -> None:
        """See to it that the database itself knows the key: it would refuse every row, or, as MySQL, take all."""
        if self._key and set(self._key) not in list(_unique_sets(connection, self._bare_name, self._schema)):
            raise ConnectError(
                f"{self._who}: key must be the primary key or unique in the table {self.name} at "
                f"{self.address}; got {', '.join(self._key)}. Make a unique index on it, or correct key."
            )

    def _require_rights(self, connection: Any, columns: set[str]) -> None:
        dialect = self._engine.dialect
        if dialect.name in UPSERTING:
            statement = self._statement(frozenset(columns)).values(dict.fromkeys(columns, sqlalchemy().null()))
            # Explained, not done: the database says no where it would say no to the rows.
            connection.exec_driver_sql(f"EXPLAIN {statement.compile(dialect=dialect)}")

    def insert(self, rows: Sequence[Row]) -> None:
        """Store rows in one transaction, in their order; returning means it is committed.

        Raises:
            DatabaseAway: If the connection is lost, or the database cannot do it just now.
            DeliveryError: If the database refuses a row; none is stored then.
        """
        errors = sqlalchemy().exc
        try:
            connection = self._engine.connect()
        except errors.DBAPIError as error:
            raise DatabaseAway(self._said(error)) from error
        try:
            with connection, connection.begin():
                self._wire = connection.connection.dbapi_connection
                for columns, part in groupby(rows, key=dict.keys):
                    connection.execute(self._statement(frozenset(columns)), self._distinct(list(part)))
        except Exception as error:
            # Any: types raise errors of their own for values they cannot store.
            if is_passing(error):
                raise DatabaseAway(self._said(error)) from error
            raise DeliveryError(
                f"{self._who}: the table {self.name} must take every row; {self._said(error)}. "
                "Correct the value, or the table."
            ) from error
        finally:
            self._wire = None

    def abort(self) -> None:
        """Break off a write that hangs, from another thread: nobody waits for its answer any more."""
        wire = self._wire
        if hasattr(wire, "fileno"):
            with suppress(Exception), socket.socket(fileno=os.dup(wire.fileno())) as connection:
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        if self._engine is not None:
            self._engine.dispose()

    def _statement(self, columns: frozenset[str]) -> Any:
        made = self._statements.get(columns)
        if made is None:
            made = self._statements[columns] = self._made_statement(columns)
        return made

    def _made_statement(self, columns: frozenset[str]) -> Any:
        statement = self._insert(self._table)
        others = [column for column in self.columns if column in columns and column not in self._key]
        if not self._key:
            return statement
        if self._is_mysql:
            # Where all is key, it is set to what it is: INSERT IGNORE would pass over other errors too.
            return statement.on_duplicate_key_update({c: statement.inserted[c] for c in others or self._key})
        if not others:
            return statement.on_conflict_do_nothing(index_elements=self._key)
        new = {column: statement.excluded[column] for column in others}
        return statement.on_conflict_do_update(index_elements=self._key, set_=new)

    def _distinct(self, rows: list[Row]) -> list[Row]:
        """The last row of each key: PostgreSQL replaces no row twice in one statement."""
        if not self._key:
            return rows
        key_of = itemgetter(*self._key)
        try:
            return list({key_of(row): row for row in rows}.values())
        except TypeError:
            # Keys without a hash, such as arrays: what one statement does not take, two will.
            return rows

    def _said(self, error: BaseException) -> str:
        said = words(error)
        for secret in self._secrets:
            said = said.replace(secret, "***")
        return said

    def _without_secrets(self, error: BaseException) -> BaseException | None:
        return None if any(secret in str(error) for secret in self._secrets) else error


def _unique_sets(connection: Any, table: str, schema: str | None) -> Iterator[set[Any]]:
    """Yield the sets of columns of which the database lets no two rows agree."""
    inspector = sqlalchemy().inspect(connection)
    yield set(inspector.get_pk_constraint(table, schema=schema)["constrained_columns"])
    for constraint in inspector.get_unique_constraints(table, schema=schema):
        yield set(constraint["column_names"])
    for index in inspector.get_indexes(table, schema=schema):
        # One with a condition says nothing about the rows that do not fulfil it.
        if index["unique"] and not any(option.endswith("_where") for option in index.get("dialect_options", ())):
            yield set(index["column_names"])


def _remedy(name: str, known: Sequence[str]) -> str:
    hint = did_you_mean(name, known)
    return "Create it, or correct the name." if hint == "Choose one of them." else hint
