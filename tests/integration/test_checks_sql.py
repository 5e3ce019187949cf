"""The sink for SQL databases keeps the contract that anybody's own must keep."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import rxstream as rs
from rxstream.testing import check_sink


def test_to_sql_keeps_the_contract_of_a_sink(tmp_path: Path) -> None:
    paths = (tmp_path / f"{number}.db" for number in range(100))

    def made() -> Any:
        path = next(paths)

        def asked(query: str) -> list[Any]:
            with closing(sqlite3.connect(path)) as database:
                return database.execute(query).fetchall()

        def read_back() -> list[Any]:
            return [{"n": number} for (number,) in asked("SELECT n FROM numbers ORDER BY rowid")]

        asked("CREATE TABLE numbers (n INTEGER)")
        return rs.to_sql(f"sqlite:///{path}", "numbers"), read_back, lambda number: {"n": number}

    check_sink(made)
