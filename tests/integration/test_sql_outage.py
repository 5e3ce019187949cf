"""The database goes away in mid-stream, or the pipeline does: nothing is lost, and with a key nothing is doubled."""

import json
import operator
import signal
import time
from collections.abc import Iterator
from functools import partial

import sqlalchemy

import rxstream as rs
from tests.brokers.kafka import Kafka, TopicFactory
from tests.brokers.postgres import Postgres
from tests.integration._jobs.going import going
from tests.integration._jobs.sql import count, filling, made_table, select
from tests.integration._jobs.topics import committed, eventually
from tests.integration._jobs.topics import write as write_topic

ROWS = 4_000


def numbers(*, to: int = ROWS) -> rs.Stream[dict[str, int]]:
    """So many rows, slowly enough that what is done to the database happens in their midst."""

    def items() -> Iterator[dict[str, int]]:
        for number in range(to):
            time.sleep(0.0005)
            yield {"id": number}

    return rs.from_iterable(items())


def some(url: str, table: str) -> int:
    """Wait for the first rows, and count them."""
    return eventually(lambda: count(url, table), lambda found: found >= 200)


def test_a_server_that_is_killed_is_waited_for_and_nothing_is_lost_or_doubled(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int PRIMARY KEY")
    with going(numbers().to(rs.to_sql(postgres.url, table, key="id", batch=100))) as run:
        before = some(postgres.url, table)
        postgres.kill()
        time.sleep(0.3)  # the outage lasts: it is asked several times in vain
        postgres.start()
        run.join()

    assert before < ROWS, "the server must go away in the middle"
    assert sorted(select(postgres.url, f"id FROM {table}")) == [(number,) for number in range(ROWS)]


def test_without_a_key_no_more_than_the_transaction_under_way_is_doubled(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int")
    with going(numbers().to(rs.to_sql(postgres.url, table, batch=100))) as run:
        some(postgres.url, table)
        postgres.kill()
        postgres.start()
        run.join()

    found = select(postgres.url, f"id FROM {table}")
    assert set(found) == {(number,) for number in range(ROWS)}
    assert len(found) <= ROWS + 100


def test_a_server_that_restarts_in_good_order_is_waited_for(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int PRIMARY KEY")
    with going(numbers().to(rs.to_sql(postgres.url, table))) as run:
        some(postgres.url, table)
        postgres.stop()
        postgres.start()
        run.join()

    assert count(postgres.url, table) == ROWS


def test_a_connection_that_the_server_ends_is_made_anew(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int PRIMARY KEY")
    with going(numbers().to(rs.to_sql(postgres.url, table, key="id"))) as run:
        some(postgres.url, table)
        for _ in range(3):
            select(postgres.url, "pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        run.join()

    assert count(postgres.url, table) == ROWS


def lock(connection: sqlalchemy.Connection, table: str, number: int) -> None:
    """Lock one row until the transaction's end."""
    row = sqlalchemy.select(sqlalchemy.text("*")).select_from(sqlalchemy.table(table))
    connection.execute(row.where(sqlalchemy.column("id") == number).with_for_update())


def test_a_deadlock_is_no_error_of_the_rows(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int PRIMARY KEY, km int")
    rows = rs.from_iterable([{"id": 1, "km": 1}, {"id": 2, "km": 1}])
    rs.run(rows.to(rs.to_sql(postgres.url, table)))
    engine = sqlalchemy.create_engine(postgres.url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as other:
        # Who looks for deadlocks first is the one who gives way: the sink, after a second.
        other.execute(sqlalchemy.text("SET deadlock_timeout = '30s'"))
        lock(other, table, 2)
        with going(rows.to(rs.to_sql(postgres.url, table, key="id"))) as run:
            eventually(lambda: select(postgres.url, "count(*) FROM pg_locks WHERE NOT granted"), lambda n: n == [(1,)])
            lock(other, table, 1)
            other.commit()
            run.join()

    assert sorted(select(postgres.url, f"* FROM {table}")) == [(1, 1), (2, 1)]


def test_told_to_stop_while_it_writes_it_finishes_what_it_has(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int PRIMARY KEY")
    with filling(postgres.url, table) as job:
        some(postgres.url, table)
        job.send_signal(signal.SIGTERM)
        code, said = job.wait(20), json.loads(job.communicate()[0])

    assert (code, said["reason"]) == (0, "stopped")
    assert said["emitted"] == count(postgres.url, table)


def test_told_to_stop_while_the_database_is_away_it_ends_when_its_budget_is_over(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int PRIMARY KEY")
    with filling(postgres.url, table, shutdown=1.0) as job:
        some(postgres.url, table)
        postgres.kill()
        job.send_signal(signal.SIGTERM)
        began = time.monotonic()
        job.wait(20)

    assert time.monotonic() - began < 5.0


def test_told_to_stop_while_the_database_does_not_answer_it_ends_when_its_budget_is_over(postgres: Postgres) -> None:
    table = made_table(postgres.url, "id int PRIMARY KEY")
    engine = sqlalchemy.create_engine(postgres.url, poolclass=sqlalchemy.NullPool)
    with filling(postgres.url, table, shutdown=1.0) as job, engine.connect() as other:
        some(postgres.url, table)
        other.execute(sqlalchemy.text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
        job.send_signal(signal.SIGTERM)
        began = time.monotonic()
        job.wait(20)

    assert time.monotonic() - began < 5.0


def test_a_pipeline_from_kafka_that_is_killed_goes_on_and_doubles_nothing(
    postgres: Postgres, kafka: Kafka, topic: TopicFactory
) -> None:
    table, name = made_table(postgres.url, "id int PRIMARY KEY"), topic()
    write_topic(kafka.bootstrap, name, [b"%d" % number for number in range(ROWS)])
    for least in (500, 1_500):
        with filling(postgres.url, table, bootstrap=kafka.bootstrap, topic=name) as job:
            eventually(lambda: count(postgres.url, table), partial(operator.le, least))
            job.kill()
    with filling(postgres.url, table, bootstrap=kafka.bootstrap, topic=name):
        done = eventually(lambda: committed(kafka.bootstrap, name), lambda found: found == {0: ROWS})

    assert done == {0: ROWS}
    assert sorted(select(postgres.url, f"id FROM {table}")) == [(number,) for number in range(ROWS)]
