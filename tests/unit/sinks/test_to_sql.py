"""Items written into a table, each settled when its transaction is committed: on SQLite, in a file."""

import asyncio
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops

URL = "sqlite:///rides.db"
RIDES = "CREATE TABLE rides (id INTEGER PRIMARY KEY, city TEXT NOT NULL DEFAULT 'Oslo', km REAL CHECK (km >= 0))"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the file as it was given, so every test has the same short one."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def rides() -> Callable[[], list[Any]]:
    """Make the table, and return what reads it in the order of storing."""
    do(RIDES)
    return lambda: do("SELECT id, city, km FROM rides ORDER BY rowid")


def do(statement: str, *arguments: Any) -> list[Any]:
    """Do something to the database beside rxstream."""
    with closing(sqlite3.connect("rides.db")) as database, database:
        return database.execute(statement, arguments).fetchall()


Refused = list[tuple[Any, str]]


def write(items: Iterable[Any], table: str = "rides", **options: Any) -> Refused:
    """Write items; returns those that were refused with what was said of it."""
    refused: Refused = []
    pipeline = rs.from_iterable(items).to(
        rs.to_sql(URL, table, **options), on_error=lambda event, error: refused.append((event.value, str(error)))
    )
    rs.run(pipeline)
    return refused


def ride(number: int, city: str = "Oslo", km: float | None = 1.0) -> dict[str, Any]:
    return {"id": number, "city": city, "km": km}


# Values


@dataclass
class Ride:
    id: int
    city: str


class Way(NamedTuple):
    id: int
    km: float


class Trip:
    def __init__(self, number: int) -> None:
        self.id = number
        self.length = 7.0


def test_rows_are_stored_in_order() -> None:
    do("CREATE TABLE rides (city TEXT)")
    write({"city": str(number)} for number in range(2_500))

    assert do("SELECT city FROM rides ORDER BY rowid") == [(str(number),) for number in range(2_500)]


def test_dicts_dataclasses_and_named_tuples_are_rows(rides: Callable[[], Any]) -> None:
    assert write([ride(1), Ride(2, "Rome"), Way(3, 7.5)]) == []
    assert rides() == [(1, "Oslo", 1.0), (2, "Rome", None), (3, "Oslo", 7.5)]


def test_what_a_value_does_not_have_gets_the_tables_default(rides: Callable[[], Any]) -> None:
    write([{"id": 1}, {"km": 2.0, "id": 2}, {"id": 3, "city": "Rome"}, {"id": 4}])

    assert rides() == [(1, "Oslo", None), (2, "Oslo", 2.0), (3, "Rome", None), (4, "Oslo", None)]


def test_none_is_null(rides: Callable[[], Any]) -> None:
    write([ride(1, km=None)])

    assert rides() == [(1, "Oslo", None)]


def test_columns_may_be_picked_by_name(rides: Callable[[], Any]) -> None:
    write([{"id": 1, "city": "Rome", "driver": "Ann"}, Ride(2, "Bern")], columns=["id", "city"])

    assert rides() == [(1, "Rome", None), (2, "Bern", None)]


def test_columns_may_be_other_fields_and_functions_of_the_value(rides: Callable[[], Any]) -> None:
    write([Trip(1)], columns={"id": "id", "km": "length", "city": lambda trip: f"City {trip.id}"})

    assert rides() == [(1, "City 1", 7.0)]


def test_a_function_of_the_value_sees_its_passport(rides: Callable[[], Any]) -> None:
    def city(_value: Any) -> Any:
        event = rs.current_event()
        return None if event is None else event.key

    write([rs.Event({"id": 1}, key="Bern")], columns={"id": "id", "city": city})

    assert rides() == [(1, "Bern", None)]


def test_a_value_changed_afterwards_is_stored_as_it_came(rides: Callable[[], Any]) -> None:
    reused: dict[str, Any] = {}

    def items() -> Iterator[dict[str, Any]]:
        for number in range(3):
            reused.update(ride(number))
            yield reused

    write(items())

    assert [row[0] for row in rides()] == [0, 1, 2]


def test_an_instant_goes_into_a_column_without_zone_as_utc() -> None:
    do("CREATE TABLE rides (at TIMESTAMP)")
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    write([{"at": noon}, {"at": noon.astimezone(timezone(timedelta(hours=2)))}, {"at": noon.replace(tzinfo=None)}])

    assert do("SELECT at FROM rides") == [("2026-01-01 12:00:00.000000",)] * 3


def test_a_name_with_a_schema_is_found() -> None:
    do(RIDES)
    write([ride(1)], "main.rides")

    assert do("SELECT id FROM rides") == [(1,)]


# Keys


def test_a_row_of_the_same_key_is_replaced(rides: Callable[[], Any]) -> None:
    write([ride(1), ride(2)], key="id")
    write([ride(2, "Rome"), ride(3)], key="id")

    assert rides() == [(1, "Oslo", 1.0), (2, "Rome", 1.0), (3, "Oslo", 1.0)]


def test_a_replay_with_a_key_doubles_nothing(rides: Callable[[], Any]) -> None:
    items = [ride(number % 70, city=str(number)) for number in range(200)]
    write(items, key="id")
    once = rides()
    write(items, key="id")

    assert (len(once), rides()) == (70, once)


def test_a_replay_without_a_key_doubles_all() -> None:
    do("CREATE TABLE rides (city TEXT)")
    write([{"city": "Oslo"}])
    write([{"city": "Oslo"}])

    assert do("SELECT city FROM rides") == [("Oslo",)] * 2


def test_of_several_items_with_one_key_the_last_wins(rides: Callable[[], Any]) -> None:
    assert write([ride(1, "a"), ride(2, "b"), ride(1, "c"), ride(1, "d")], key="id") == []
    assert sorted(rides()) == [(1, "d", 1.0), (2, "b", 1.0)]


def test_an_item_with_fewer_columns_leaves_the_others_as_they_were(rides: Callable[[], Any]) -> None:
    write([ride(1, "Rome", 5.0), {"id": 1, "km": 6.0}], key="id")

    assert rides() == [(1, "Rome", 6.0)]


def test_a_key_may_be_several_columns() -> None:
    do("CREATE TABLE rides (city TEXT, day TEXT, km REAL, UNIQUE (city, day))")
    rows = [("a", "x", 1), ("a", "y", 2), ("a", "x", 3)]
    write([dict(zip(("city", "day", "km"), row, strict=True)) for row in rows], key=["day", "city"])

    assert sorted(do("SELECT * FROM rides")) == [("a", "x", 3.0), ("a", "y", 2.0)]


def test_a_row_that_is_all_key_is_stored_once() -> None:
    do("CREATE TABLE rides (city TEXT, day TEXT, PRIMARY KEY (city, day))")
    items = [{"city": "a", "day": "x"}, {"city": "a", "day": "y"}, {"city": "a", "day": "x"}]
    write(items, key=("city", "day"))
    write(items, key=("city", "day"))

    assert sorted(do("SELECT * FROM rides")) == [("a", "x"), ("a", "y")]


def test_a_key_may_be_what_a_unique_index_is_made_on() -> None:
    do("CREATE TABLE rides (city TEXT, km REAL)")
    do("CREATE UNIQUE INDEX by_city ON rides (city)")
    write([{"city": "a", "km": 1}, {"city": "a", "km": 2}], key="city")

    assert do("SELECT * FROM rides") == [("a", 2.0)]


def test_keys_without_a_hash_are_left_to_the_database(rides: Callable[[], Any]) -> None:
    (told,) = write([{"id": [1]}], key="id")

    assert told[1].startswith("to_sql: the table rides must take every row; ")
    assert rides() == []


# What is refused


def test_a_violated_constraint_is_told_with_the_source_event_and_the_others_are_stored(
    rides: Callable[[], Any],
) -> None:
    message = (
        "to_sql: the table rides must take every row; CHECK constraint failed: km >= 0. "
        "Correct the value, or the table."
    )
    items = [1.0, 2.0, -3.0, 4.0, -5.0]
    failed: list[Any] = []
    stream = rs.from_iterable(items).pipe(ops.map(lambda km: {"id": round(abs(km)), "km": km}))

    rs.run(stream.to(rs.to_sql(URL, "rides"), on_error=lambda event, error: failed.append((event.value, error))))

    assert [(value, str(error)) for value, error in failed] == [(-3.0, message), (-5.0, message)]
    assert [row[2] for row in rides()] == [1.0, 2.0, 4.0]


def test_a_refusal_is_a_delivery_error_with_the_clients_own_as_its_cause(rides: Callable[[], Any]) -> None:
    with pytest.raises(rs.DeliveryError) as caught:
        rs.run(rs.from_iterable([ride(1), ride(1)]).to(rs.to_sql(URL, "rides")))

    assert isinstance(caught.value.__cause__, sqlalchemy.exc.IntegrityError)
    assert [row[0] for row in rides()] == [1]


def test_a_number_too_large_for_the_database_fails_alone(rides: Callable[[], Any]) -> None:
    message = (
        "to_sql: the table rides must take every row; Python int too large to convert to SQLite INTEGER. "
        "Correct the value, or the table."
    )

    assert write([ride(1), ride(2**80), ride(3)]) == [(ride(2**80), message)]
    assert [row[0] for row in rides()] == [1, 3]


def test_a_constraint_that_is_checked_at_the_commit_fails_its_item_alone() -> None:
    do("CREATE TABLE cities (name TEXT PRIMARY KEY)")
    do("INSERT INTO cities VALUES ('Oslo')")
    do("CREATE TABLE rides (city TEXT REFERENCES cities DEFERRABLE INITIALLY DEFERRED)")
    refused: list[str] = []
    with foreign_keys():
        rs.run(
            rs.from_iterable([{"city": "Oslo"}, {"city": "Olso"}, {"city": "Oslo"}]).to(
                rs.to_sql(URL, "rides"), on_error=lambda event, _: refused.append(event.value["city"])
            )
        )

    assert (refused, do("SELECT city FROM rides")) == (["Olso"], [("Oslo",)] * 2)


@contextmanager
def foreign_keys() -> Iterator[None]:
    """Let SQLite check references, which it does only where each connection asks for it."""

    def ask(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", ask)
    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", ask)


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        (
            5,
            {},
            "to_sql: a value must be a dict, a dataclass or a named tuple; got 5. "
            "Map it to one, or say columns={column: function}.",
        ),
        ({}, {}, "to_sql: a row must have at least one column; got {}. Drop such values before."),
        (
            {"id": 1, "cty": "Oslo"},
            {},
            "to_sql: a row must have only columns of the table rides, which has none named 'cty'; "
            "got {'id': 1, 'cty': 'Oslo'}. Did you mean 'city'?",
        ),
        (
            {"id": 1, "cty": "Oslo"},
            {"columns": ["id", "city"]},
            "to_sql: a value must have the field 'city'; got {'id': 1, 'cty': 'Oslo'}. Did you mean 'cty'?",
        ),
        (5, {"columns": ["id"]}, "to_sql: a value must have the field 'id'; got 5. Map the value to one."),
        (
            {"id": None, "km": 1},
            {"key": "id"},
            "to_sql: the key 'id' must not be None, as the database would store such a row again and again; "
            "got {'id': None, 'km': 1}. Give it a value.",
        ),
    ],
    ids=["a number", "empty", "an unknown column", "a missing field", "no fields", "no key"],
)
def test_a_value_that_makes_no_row_goes_to_the_handler_alone(
    value: Any, options: dict[str, Any], message: str, rides: Callable[[], Any]
) -> None:
    assert write([ride(7), value, ride(8)], **options) == [(value, message)]
    assert [row[0] for row in rides()] == [7, 8]


def test_an_error_of_the_callers_function_arrives_as_it_is(rides: Callable[[], Any]) -> None:
    items = [{"id": 1, "km": "1.5"}, {"id": 2, "km": "x"}]

    assert write(items, columns={"id": "id", "km": lambda item: float(item["km"])}) == [
        (items[1], "could not convert string to float: 'x'")
    ]
    assert rides() == [(1, "Oslo", 1.5)]


# Batches


@pytest.fixture
def transactions() -> Iterator[list[int]]:
    """Note how many rows each committed transaction had."""
    sizes: list[int] = []
    open_rows = 0

    def count(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        nonlocal open_rows
        if statement.startswith("INSERT"):
            open_rows += len(parameters) if many else 1

    def note(_connection: Any) -> None:
        nonlocal open_rows
        if open_rows:
            sizes.append(open_rows)
        open_rows = 0

    sqlalchemy.event.listen(sqlalchemy.Engine, "after_cursor_execute", count)
    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", note)
    yield sizes
    sqlalchemy.event.remove(sqlalchemy.Engine, "after_cursor_execute", count)
    sqlalchemy.event.remove(sqlalchemy.Engine, "commit", note)


@pytest.mark.parametrize("batch", [1, 7])
def test_a_transaction_has_at_most_a_batch_of_rows(
    batch: int, rides: Callable[[], Any], transactions: list[int]
) -> None:
    write([ride(number) for number in range(50)], batch=batch)

    assert (max(transactions), sum(transactions)) == (batch, 50)
    assert len(rides()) == 50


def test_with_room_for_more_a_transaction_has_what_is_there(rides: Callable[[], Any], transactions: list[int]) -> None:
    write([ride(number) for number in range(50)], batch=1_000)

    assert (len(transactions), sum(transactions)) == (2, 50)
    assert len(rides()) == 50


def test_an_item_is_stored_at_once_when_nothing_more_is_waiting(rides: Callable[[], Any]) -> None:
    waited: list[float] = []

    async def slow() -> Any:
        for number in range(2):
            began = time.monotonic()
            yield ride(number)
            while len(rides()) <= number:
                await asyncio.sleep(0.001)
            waited.append(time.monotonic() - began)

    rs.run(rs.from_aiter(slow).to(rs.to_sql(URL, "rides", batch=1_000)))

    assert max(waited) < 0.5


@contextmanager
def locked_until_the_tenth_tick(url: str) -> Iterator[list[rs.Pipeline]]:
    """Two pipelines: one writes into a database that the other's tenth tick unlocks."""
    with closing(sqlite3.connect("rides.db", isolation_level=None)) as other:

        async def source() -> Any:
            other.execute("BEGIN EXCLUSIVE")
            yield ride(1)

        def release(tick: int) -> None:
            if tick == 9:
                other.rollback()

        ticks = rs.interval(0.03).pipe(ops.take(12))
        yield [rs.from_aiter(source).to(rs.to_sql(url, "rides")), ticks.to(release)]


def test_nothing_but_the_sink_waits_for_the_database(rides: Callable[[], Any]) -> None:
    with locked_until_the_tenth_tick(URL) as pipelines:
        began = time.monotonic()
        rs.run(*pipelines)

    # A client that held up the loop would wait for its five seconds.
    assert time.monotonic() - began < 4.0
    assert len(rides()) == 1


def test_a_database_that_is_busy_for_longer_is_asked_again(
    rides: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    with locked_until_the_tenth_tick(f"{URL}?timeout=0.01") as pipelines:
        rs.run(*pipelines)

    assert caplog.messages == ["to_sql(rides): waiting for the database; database is locked"]
    assert len(rides()) == 1


# The start


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"table": "ridse"},
            "to_sql: the table must exist; sqlite:///rides.db has none named 'ridse'. Did you mean 'rides'?",
        ),
        (
            {"table": "bills"},
            "to_sql: the table must exist; sqlite:///rides.db has none named 'bills'. Create it, or correct the name.",
        ),
        (
            {"table": "other.rides"},
            "to_sql: the table must exist; sqlite:///rides.db has none named 'other.rides'. "
            "Create it, or correct the name.",
        ),
        (
            {"columns": ["id", "kms"]},
            "to_sql: the column must exist; the table rides at sqlite:///rides.db has none named 'kms'. "
            "Did you mean 'km'?",
        ),
        (
            {"key": "code"},
            "to_sql: the column must exist; the table rides at sqlite:///rides.db has none named 'code'. "
            "Create it, or correct the name.",
        ),
        (
            {"key": ["city", "id"]},
            "to_sql: key must be the primary key or unique in the table rides at sqlite:///rides.db; got city, id. "
            "Make a unique index on it, or correct key.",
        ),
        (
            {"url": "sqlite:///nowhere.db"},
            "to_sql: the database must answer at sqlite:///nowhere.db; there is no such file. "
            "Start it, or correct the url (user, password, database).",
        ),
        (
            {"url": "sqlite:///text.db"},
            "to_sql: the database must answer at sqlite:///text.db; file is not a database. "
            "Start it, or correct the url (user, password, database).",
        ),
    ],
    ids=lambda given: str(given)[:30],
)
def test_what_is_not_there_ends_the_run_before_anything_is_read(arguments: dict[str, Any], message: str) -> None:
    do(RIDES)
    Path("text.db").write_text("no database" * 100)
    read: list[Any] = []
    sink = rs.to_sql(**{"url": URL, "table": "rides", **arguments})

    with pytest.raises(rs.ConnectError) as caught:
        rs.run(rs.from_iterable([ride(1)]).pipe(ops.observe(read.append)).to(sink))

    assert (str(caught.value), read, Path("nowhere.db").exists()) == (message, [], False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"url": "rides.db"},
            "to_sql: url must be an address for SQLAlchemy; got 'rides.db'. "
            "Write driver://user:password@host:port/database.",
        ),
        (
            {"url": "postgresql//ann:pass@word@host/rides"},
            "to_sql: url must be an address for SQLAlchemy; got '…@host/rides'. "
            "Write driver://user:password@host:port/database.",
        ),
        (
            {"url": 5},
            "to_sql: url must be an address for SQLAlchemy; got 5. Write driver://user:password@host:port/database.",
        ),
        (
            {"url": "postgres://ann:secret@host/rides"},
            "to_sql: url must begin with a database that SQLAlchemy knows; got 'postgres'. Did you mean 'postgresql'?",
        ),
        (
            {"url": "sqlite+aiosqlite:///rides.db"},
            "to_sql: url must name a driver that is not async; got 'sqlite+aiosqlite'. "
            "Name another one, or leave it to SQLAlchemy: sqlite://….",
        ),
        (
            {"url": "mssql+pyodbc://host/rides", "key": "id"},
            "to_sql: key needs a database that can replace rows (PostgreSQL, SQLite, MySQL or MariaDB); got 'mssql'. "
            "Leave key out, and rows may come twice.",
        ),
        ({"table": ""}, "to_sql: table must be a name; got ''. Give one, or schema.name."),
        ({"table": 5}, "to_sql: table must be a name; got 5. Give one, or schema.name."),
        (
            {"columns": "id"},
            "to_sql: columns must be names, or a mapping of names to fields or functions; got 'id'. "
            "Leave it out to take each value's own.",
        ),
        (
            {"columns": []},
            "to_sql: columns must be names, or a mapping of names to fields or functions; got []. "
            "Leave it out to take each value's own.",
        ),
        ({"columns": {"id": 5}}, "to_sql: columns['id'] must be callable; got 5. Give a function."),
        (
            {"columns": ["id"], "key": "city"},
            "to_sql: key must be among the columns id; got 'city'. Add it to columns.",
        ),
        ({"key": 5}, "to_sql: key must be a column's name, or several; got 5. Correct it."),
        ({"key": []}, "to_sql: key must be a column's name, or several; got []. Correct it."),
        ({"key": ""}, "to_sql: key must be a column's name, or several; got ''. Correct it."),
        ({"batch": 0}, "to_sql: batch must be a whole number of at least 1; got 0. Correct it."),
    ],
    ids=lambda given: str(given)[:40],
)
def test_a_wrong_argument_is_refused_by_the_call(
    arguments: dict[str, Any], message: str, refusal: Callable[[Callable[[], object]], str]
) -> None:
    assert refusal(lambda: rs.to_sql(**{"url": URL, "table": "rides", **arguments})) == message


def test_an_address_may_be_sqlalchemys_own_object(rides: Callable[[], Any]) -> None:
    rs.run(rs.from_iterable([ride(1)]).to(rs.to_sql(sqlalchemy.make_url(URL), "rides")))

    assert len(rides()) == 1


def test_one_sink_serves_several_pipelines_and_runs(rides: Callable[[], Any]) -> None:
    sink = rs.to_sql(URL, "rides")
    for first in (0, 20):
        streams = [rs.from_iterable([ride(number) for number in range(at, at + 10)]) for at in (first, first + 10)]
        rs.run(*[stream.to(sink) for stream in streams])

    assert sorted(row[0] for row in rides()) == list(range(40))


def test_dead_letters_may_be_rows() -> None:
    do("CREATE TABLE letters (value TEXT, reason TEXT)")

    def reason(_value: Any) -> Any:
        event = rs.current_event()
        return None if event is None else (event.header("rx-error-message") or b"").decode()

    letters = rs.to_sql(URL, "letters", columns={"value": str, "reason": reason})
    rs.collect(rs.from_iterable(["1", "x"]).pipe(ops.map(int)), on_error=rs.handlers.dead_letter(letters))

    assert do("SELECT * FROM letters") == [("x", "invalid literal for int() with base 10: 'x'")]


def test_a_malformed_address_shows_its_password_nowhere() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.to_sql("postgresql//ann:secret@host/rides", "rides")

    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_sqlalchemy_missing_is_told_with_the_extra_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    with pytest.raises(rs.MissingExtraError) as caught:
        rs.to_sql(URL, "rides")

    assert str(caught.value) == ("to_sql: needs sqlalchemy, which is not installed. Run: pip install 'rxstream[sql]'")


def test_a_driver_that_is_missing_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)

    with pytest.raises(rs.MissingExtraError) as caught:
        rs.to_sql("mysql+pymysql://host/rides", "rides")

    assert str(caught.value) == "to_sql: needs pymysql, which is not installed. Run: pip install pymysql"


# Against a model


KEYS = st.integers(0, 5)
ITEMS = st.lists(st.tuples(KEYS, st.sampled_from([1.0, 2.0, 3.0, -1.0])), max_size=40)


@given(ITEMS, st.integers(1, 9))
def test_what_is_stored_is_what_a_dict_of_the_good_rows_would_hold(items: list[tuple[int, float]], batch: int) -> None:
    do("DROP TABLE IF EXISTS rides")
    do(RIDES)
    refused = write(({"id": key, "km": km} for key, km in items), key="id", batch=batch)
    good = {key: km for key, km in items if km >= 0}

    assert dict(do("SELECT id, km FROM rides")) == good
    assert all(value["km"] < 0 for value, _ in refused)


@given(ITEMS, st.integers(1, 9))
def test_without_a_key_all_good_rows_are_stored_in_order_and_each_bad_one_is_told(
    items: list[tuple[int, float]], batch: int
) -> None:
    do("DROP TABLE IF EXISTS rides")
    do("CREATE TABLE rides (id INTEGER, km REAL CHECK (km >= 0))")
    refused = write(({"id": key, "km": km} for key, km in items), batch=batch)

    assert do("SELECT id, km FROM rides ORDER BY rowid") == [(key, km) for key, km in items if km >= 0]
    assert [(value["id"], value["km"]) for value, _ in refused] == [(key, km) for key, km in items if km < 0]
