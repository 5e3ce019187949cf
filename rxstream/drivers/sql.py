"""Talking to SQL databases: the one place that imports sqlalchemy."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from rxstream.core import did_you_mean
from rxstream.drivers.clients import require_client
from rxstream.errors import ConfigurationError, MissingExtraError

#: Databases that replace a row of the same key, and where SQLAlchemy keeps their way of saying so.
UPSERTING: Final = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
#: What to install where the module has another name, or lacks a part.
_PACKAGES: Final = {"psycopg": "'psycopg[binary]'", "MySQLdb": "mysqlclient"}

#: States of a database that pass: connections lost, deadlocks, a server that stops or starts, too many clients, a lock
#: not to be had, and what has become a standby and takes no rows.
_PASSING_STATES: Final = re.compile("08|40|57P|53300|55P03|25006")
_PASSING_MYSQL: Final = frozenset({1040, 1205, 1213})
_SQLITE_BUSY_OR_LOCKED: Final = frozenset({5, 6})


@cache
def sqlalchemy() -> Any:
    """The client library."""
    return importlib.import_module("sqlalchemy")


def insert_of(database: str) -> Callable[[Any], Any]:
    """What makes an INSERT that can replace rows, in that database's own words."""
    made: Callable[[Any], Any] = importlib.import_module(f"sqlalchemy.dialects.{UPSERTING[database]}").insert
    return made


def checked_url(who: str, url: Any, *, upserts: bool) -> Any:
    """Read a ``url=`` argument: SQLAlchemy's, as text or as its own object.

    Args:
        who: Whose argument it is.
        url: The address.
        upserts: Whether the database must be able to replace rows.

    Raises:
        ConfigurationError: If it is none, or names a database or a driver that cannot be used.
        MissingExtraError: If SQLAlchemy or the driver is not installed.
    """
    require_client(who, "sqlalchemy", extra="sql")
    parsed = _parsed(who, url)
    try:
        dialect = parsed.get_dialect()
    except sqlalchemy().exc.NoSuchModuleError as error:
        name = parsed.drivername
        hint = did_you_mean(name, [*UPSERTING, "oracle", "mssql", "postgresql+psycopg", "mysql+pymysql"])
        raise ConfigurationError(
            f"{who}: url must begin with a database that SQLAlchemy knows; got {name!r}. {hint}"
        ) from error
    _check_dialect(who, parsed, dialect, upserts)
    _require_driver(who, dialect)
    return parsed


def _parsed(who: str, url: Any) -> Any:
    try:
        return sqlalchemy().make_url(url)
    except (sqlalchemy().exc.ArgumentError, ValueError):
        # Whatever stands before the last @ may be a password; SQLAlchemy's own error would show it too.
        shown = re.sub(r".*@", "…@", url, flags=re.DOTALL) if isinstance(url, str) else url
        raise ConfigurationError(
            f"{who}: url must be an address for SQLAlchemy; got {shown!r}. "
            "Write driver://user:password@host:port/database."
        ) from None


def _check_dialect(who: str, url: Any, dialect: Any, upserts: bool) -> None:
    if dialect.is_async:
        raise ConfigurationError(
            f"{who}: url must name a driver that is not async; got {url.drivername!r}. "
            f"Name another one, or leave it to SQLAlchemy: {dialect.name}://…."
        )
    if upserts and dialect.name not in UPSERTING:
        raise ConfigurationError(
            f"{who}: key needs a database that can replace rows (PostgreSQL, SQLite, MySQL or MariaDB); "
            f"got {dialect.name!r}. Leave key out, and rows may come twice."
        )


def _require_driver(who: str, dialect: Any) -> None:
    try:
        dialect.import_dbapi()
    except ImportError as error:
        name = error.name or dialect.driver
        raise MissingExtraError(
            f"{who}: needs {name}, which is not installed. Run: pip install {_PACKAGES.get(name, name)}", name=name
        ) from error


def words(error: BaseException) -> str:
    """What a database said, in one line and without SQLAlchemy's frame."""
    cause = getattr(error, "orig", None) or error
    told = getattr(cause, "diag", None)
    parts = [getattr(told, "message_primary", None), getattr(told, "message_detail", None)]
    text = ". ".join(part.rstrip(".") for part in parts if part) or next(iter(str(cause).splitlines()), "")
    return " ".join(text.split()).rstrip(".") or type(cause).__name__


def is_passing(error: BaseException) -> bool:
    """Whether what failed would succeed later, with the same rows."""
    if not isinstance(error, sqlalchemy().exc.DBAPIError):
        return False
    cause: Any = error.orig
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return (
        bool(error.connection_invalidated)
        or bool(isinstance(state, str) and _PASSING_STATES.match(state))
        or getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_BUSY_OR_LOCKED
        or (bool(cause.args) and cause.args[0] in _PASSING_MYSQL)
    )
