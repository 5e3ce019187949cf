"""Items written into a table of a real PostgreSQL."""

import socket
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy

import rxstream as rs
from tests.brokers.ports import LOOPBACK, free_port
from tests.brokers.postgres import Postgres
from tests.brokers.server import wait_until
from tests.integration._jobs.sql import count, do, made_table, select
from tests.integration.test_brokers import processes_in

RIDES = "id int PRIMARY KEY, city text NOT NULL DEFAULT 'Oslo', km float8 CHECK (km >= 0)"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Refused = list[tuple[Any, str]]


def write(url: str, table: str, items: Iterable[Any], **options: Any) -> Refused:
    """Write items; returns those that were refused with what was said of it."""
    refused: Refused = []
    sink = rs.to_sql(url, table, **options)
    rs.run(rs.from_iterable(items).to(sink, on_error=lambda event, error: refused.append((event.value, str(error)))))
    return refused


def start(url: str, table: str = "rides", **options: Any) -> str:
    """Run what cannot start; returns what is said of it, which names no secret and does not take long."""
    began = time.monotonic()
    with pytest.raises(rs.ConnectError) as caught:
        rs.run(rs.from_iterable([{"id": 1}]).to(rs.to_sql(url, table, **options)))

    assert time.monotonic() - began < 10.0
    return str(caught.value)


def address(postgres: Postgres) -> str:
    return postgres.url.replace(f":{postgres.password}", "")


# Rows


def test_rows_are_stored_in_order(postgres: Postgres) -> None:
    table = made_table(postgres.url, "place serial, number int")
    write(postgres.url, table, ({"number": number} for number in range(5_000)), batch=700)

    assert select(postgres.url, f"number FROM {table} ORDER BY place") == [(number,) for number in range(5_000)]


def test_values_of_many_types_come_back_as_they_were(postgres: Postgres) -> None:
    table = made_table(postgres.url, "a timestamptz, b date, c numeric, d jsonb, e text[], f uuid, g bytea, h bool")
    row = (NOON, NOON.date(), Decimal("1.50"), {"x": [1, None]}, ["p", "q"], UUID(int=7), b"\0\xff", None)
    refused = write(postgres.url, table, [dict(zip("abcdefgh", row, strict=True))])

    assert (refused, select(postgres.url, f"* FROM {table}")) == ([], [row])


def test_an_aware_instant_is_the_same_in_columns_with_and_without_zone(postgres: Postgres) -> None:
    table = made_table(postgres.url, "zoned timestamptz, plain timestamp")
    other = NOON.astimezone(timezone(timedelta(hours=5)))
    write(postgres.url, table, [{"zoned": other, "plain": other}])

    assert select(postgres.url, f"* FROM {table}") == [(NOON, NOON.replace(tzinfo=None))]


def test_an_instant_without_zone_is_refused_by_a_column_that_has_one(postgres: Postgres) -> None:
    table = made_table(postgres.url, "at timestamptz")
    item = {"at": NOON.replace(tzinfo=None)}

    assert write(postgres.url, table, [item]) == [
        (
            item,
            "to_sql: the column 'at' has a time zone, so an instant must have one; "
            "got datetime.datetime(2026, 1, 1, 12, 0). Write value.replace(tzinfo=…).",
        )
    ]


def test_a_name_with_a_schema_is_found(postgres: Postgres) -> None:
    do(postgres.url, "CREATE SCHEMA IF NOT EXISTS own")
    table = made_table(postgres.url, "id int")
    do(postgres.url, f"ALTER TABLE {table} SET SCHEMA own")
    write(postgres.url, f"own.{table}", [{"id": 1}])

    assert count(postgres.url, f"own.{table}") == 1


def test_names_that_need_quotes_are_quoted(postgres: Postgres) -> None:
    table = made_table(postgres.url, '"Km/h" int PRIMARY KEY, "100%" text, "order" text')
    item = {"Km/h": 1, "100%": "a", "order": "b"}

    assert write(postgres.url, table, [item, item], key="Km/h") == []
    assert select(postgres.url, f"* FROM {table}") == [(1, "a", "b")]


# Keys


def test_of_several_items_with_one_key_the_last_wins(postgres: Postgres) -> None:
    table = made_table(postgres.url, RIDES)
    items = [{"id": number % 7, "km": float(number)} for number in range(100)]

    assert write(postgres.url, table, items, key="id") == []
    assert dict(select(postgres.url, f"id, km FROM {table}")) == {item["id"]: item["km"] for item in items}


def test_a_replay_with_a_key_doubles_nothing(postgres: Postgres) -> None:
    table = made_table(postgres.url, RIDES)
    items = [{"id": number, "city": str(number)} for number in range(3_000)]
    for _ in range(2):
        write(postgres.url, table, items, key=["id"])

    assert sorted(select(postgres.url, f"id, city FROM {table}")) == [(n, str(n)) for n in range(3_000)]


def test_a_row_that_is_all_key_is_stored_once(postgres: Postgres) -> None:
    table = made_table(postgres.url, "a int, b int, UNIQUE (a, b)")
    items = [{"a": 1, "b": 1}, {"b": 1, "a": 1}, {"a": 1, "b": 2}]

    assert write(postgres.url, table, items * 2, key=("b", "a")) == []
    assert sorted(select(postgres.url, f"* FROM {table}")) == [(1, 1), (1, 2)]


def test_keys_that_only_the_database_finds_equal_are_one_row(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id numeric PRIMARY KEY, city text")
    items = [{"id": Decimal("NaN"), "city": "a"}, {"id": Decimal("NaN"), "city": "b"}]

    assert write(postgres.url, table, items, key="id") == []
    assert select(postgres.url, f"city FROM {table}") == [("b",)]


# What is refused


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"id": 2, "km": -1.0}, 'new row for relation "{}" violates check constraint "{}_km_check". '),
        ({"id": 2, "city": None}, 'null value in column "city" of relation "{}" violates not-null constraint. '),
        ({"id": 1}, 'duplicate key value violates unique constraint "{}_pkey". Key (id)=(1) already exists'),
        ({"id": 2**40}, "integer out of range"),
        ({"id": "two"}, 'invalid input syntax for type integer: "two"'),
        ({"id": 2, "city": "a\0b"}, "PostgreSQL text fields cannot contain NUL (0x00) bytes"),
        ({"id": 2, "km": object()}, "cannot adapt type 'object'"),
    ],
    ids=["check", "null", "double", "range", "text", "nul", "type"],
)
def test_what_the_database_refuses_fails_alone(bad: dict[str, Any], reason: str, postgres: Postgres) -> None:
    table = made_table(postgres.url, RIDES)
    ((value, said),) = write(postgres.url, table, [{"id": 0}, {"id": 1}, bad, {"id": 3}, {"id": 4}])

    assert value == bad
    assert said.startswith(f"to_sql: the table {table} must take every row; {reason.replace('{}', table)}")
    assert sorted(select(postgres.url, f"id FROM {table}")) == [(0,), (1,), (3,), (4,)]


def test_a_refusal_is_told_in_one_sentence_with_its_remedy(postgres: Postgres) -> None:
    table = made_table(postgres.url, RIDES)
    ((_, said),) = write(postgres.url, table, [{"id": 1}, {"id": 1}])

    assert said == (
        f"to_sql: the table {table} must take every row; duplicate key value violates unique constraint "
        f'"{table}_pkey". Key (id)=(1) already exists. Correct the value, or the table.'
    )


def test_a_constraint_that_is_checked_at_the_commit_fails_its_item_alone(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int UNIQUE DEFERRABLE INITIALLY DEFERRED")
    refused = write(postgres.url, table, [{"id": number} for number in (1, 2, 1, 3)])

    assert [value for value, _ in refused] == [{"id": 1}]
    assert sorted(select(postgres.url, f"id FROM {table}")) == [(1,), (2,), (3,)]


# The start


def test_a_wrong_password_is_told_without_it(postgres: Postgres) -> None:
    port = sqlalchemy.make_url(postgres.url).port

    assert start(postgres.url.replace(postgres.password, "not-the-one")) == (
        f"to_sql: the database must answer at {address(postgres)}; connection failed: connection to server at "
        f'"{LOOPBACK}", port {port} failed: FATAL: password authentication failed for user "rxstream". '
        "Start it, or correct the url (user, password, database)."
    )


def test_a_password_that_the_client_repeats_is_shown_in_no_error(postgres: Postgres) -> None:
    with pytest.raises(rs.ConnectError) as caught:
        rs.run(rs.from_iterable([]).to(rs.to_sql(f"{postgres.url}?sslmode={postgres.password}", "rides")))

    assert str(caught.value) == (
        f"to_sql: the database must answer at {address(postgres)}; connection is bad: invalid sslmode value: "
        '"***". Start it, or correct the url (user, password, database).'
    )
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_a_database_that_is_away_is_told_with_its_address() -> None:
    port = free_port()

    assert start(f"postgresql+psycopg://ann:secret@{LOOPBACK}:{port}/rides") == (
        f"to_sql: the database must answer at postgresql+psycopg://ann@{LOOPBACK}:{port}/rides; connection failed: "
        f'connection to server at "{LOOPBACK}", port {port} failed: Connection refused. '
        "Start it, or correct the url (user, password, database)."
    )


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server((LOOPBACK, 0)) as silent:
        port = silent.getsockname()[1]
        said = start(f"postgresql+psycopg://ann:secret@{LOOPBACK}:{port}/rides")

    assert said == (
        f"to_sql: the database must answer at postgresql+psycopg://ann@{LOOPBACK}:{port}/rides; connection timeout "
        "expired. Start it, or correct the url (user, password, database)."
    )


def test_a_database_that_does_not_exist_is_told(postgres: Postgres) -> None:
    said = start(postgres.url.replace("/postgres", "/nowhere"))

    assert said.endswith(
        'FATAL: database "nowhere" does not exist. Start it, or correct the url (user, password, database).'
    )


def test_a_table_that_does_not_exist_is_told_with_the_nearest_one(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int")

    assert start(postgres.url, f"{table}s") == (
        f"to_sql: the table must exist; {address(postgres)} has none named '{table}s'. Did you mean '{table}'?"
    )


def test_a_schema_that_does_not_exist_is_told(postgres: Postgres) -> None:
    assert start(postgres.url, "nowhere.rides") == (
        f"to_sql: the table must exist; {address(postgres)} has none named 'nowhere.rides'. "
        "Create it, or correct the name."
    )


def test_a_key_that_is_unique_only_among_some_rows_is_refused(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int, old bool")
    do(postgres.url, f"CREATE UNIQUE INDEX ON {table} (id) WHERE NOT old")

    assert start(postgres.url, table, key="id") == (
        f"to_sql: key must be the primary key or unique in the table {table} at {address(postgres)}; got id. "
        "Make a unique index on it, or correct key."
    )


def test_a_user_who_may_not_write_is_told_so(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int PRIMARY KEY")
    do(postgres.url, "DROP ROLE IF EXISTS reader")
    do(postgres.url, "CREATE ROLE reader LOGIN PASSWORD 'only-reads'")
    url = postgres.url.replace(f"rxstream:{postgres.password}", "reader:only-reads")

    assert start(url, table) == (
        f"to_sql: the database must answer at {address(postgres).replace('rxstream', 'reader')}; "
        f"permission denied for table {table}. Start it, or correct the url (user, password, database)."
    )


def test_the_right_to_insert_is_enough_without_a_key(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id serial PRIMARY KEY, city text")
    do(postgres.url, "DROP ROLE IF EXISTS writer")
    do(postgres.url, f"CREATE ROLE writer LOGIN PASSWORD 'only-writes'; GRANT INSERT (city) ON {table} TO writer")
    do(postgres.url, f"GRANT USAGE ON SEQUENCE {table}_id_seq TO writer")
    write(postgres.url.replace(f"rxstream:{postgres.password}", "writer:only-writes"), table, [{"city": "Oslo"}])
    found = select(postgres.url, f"* FROM {table}")
    do(postgres.url, "DROP OWNED BY writer; DROP ROLE writer")

    assert found == [(1, "Oslo")]


# The server of these tests


def test_postgres_keeps_its_rows_and_its_address_when_killed(postgres: Postgres) -> None:
    table, url = made_table(postgres.url, "id int"), postgres.url
    write(url, table, [{"id": 1}])
    postgres.kill()
    postgres.start()

    assert (postgres.url, select(url, f"* FROM {table}")) == (url, [(1,)])


@pytest.mark.usefixtures("postgres")
def test_a_closed_postgres_leaves_nothing_behind() -> None:
    with Postgres() as other:
        while_up = processes_in(other.folder)

    assert other.pid in while_up
    assert wait_until(lambda: processes_in(other.folder) == [], 5)
    assert not other.folder.exists()
