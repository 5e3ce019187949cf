"""Where a file is cut, by chunks, by runs or by those who write it, changes nothing of what is read."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.sources._file_batches import batches_of
from rxstream.sources._file_growing import Growing
from rxstream.sources._file_rows import Asked

FIELDS = st.text(alphabet='ab",\n\r é', max_size=6)
ROWS = st.lists(st.tuples(FIELDS, FIELDS), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
)
ENDS = st.sampled_from(["\n", "\r\n"])
#: Anything at all, but with many of the bytes that mean something.
CONTENT = st.lists(
    st.sampled_from([b"a", b"b,c", b'"', b"\n", b"\r\n", b"\xff", b"a,b\n", b"1\n", b'"\n"']), max_size=40
)
CUTS = st.lists(st.integers(1, 7), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    """A file that every example writes anew."""
    with TemporaryDirectory() as folder:
        yield Path(folder, "a")


def text_of(rows: list[tuple[str, str]], end: str, blank_every: int) -> str:
    """What Python's own writer makes of rows, with blank lines between them."""
    written = io.StringIO()
    for number, row in enumerate([("x", "y"), *rows]):
        line = io.StringIO()
        # With this line end it quotes whatever may be taken for one.
        csv.writer(line, lineterminator="\r\n").writerow(row)
        written.write(line.getvalue()[:-2] + end * (2 if number % blank_every == 0 else 1))
    return written.getvalue()


def whole(path: Path, format: str) -> list[Any]:
    return [record for batch in batches_of(Asked(path, format, "utf-8", ())) for record in batch]


def in_pieces(path: Path, format: str, *, content: bytes, cuts: list[int]) -> list[Any]:
    """Read a file that is written piece by piece, as far as it goes each time, and at last what stands behind."""
    path.write_bytes(b"")
    found: list[Any] = []
    with path.open("ab", buffering=0) as writer, path.open("rb", buffering=0) as reader:
        growing = Growing(Asked(path, format, "utf-8", ()), reader)
        while content:
            cut = cuts[len(content) % len(cuts)]
            writer.write(content[:cut])
            content = content[cut:]
            while (records := growing.read(cut)) is not None:
                found += records
        return found + list(growing.rest())


@given(rows=ROWS, end=ENDS, blank_every=st.integers(1, 3), stripped=st.booleans())
def test_csv_reads_what_pythons_own_writer_wrote(
    path: Path, rows: list[tuple[str, str]], end: str, blank_every: int, stripped: bool
) -> None:
    text = text_of(rows, end, blank_every)
    path.write_bytes((text.rstrip("\r\n") if stripped else text).encode())

    assert rs.collect(rs.from_file(path, format="csv")) == [{"x": x, "y": y} for x, y in rows]


@given(values=st.lists(VALUES, max_size=12), end=ENDS, blank=st.booleans(), stripped=st.booleans())
def test_jsonl_reads_what_pythons_own_json_wrote(
    path: Path, values: list[Any], end: str, blank: bool, stripped: bool
) -> None:
    text = "".join(json.dumps(value) + end * (2 if blank else 1) for value in values)
    path.write_bytes((text.rstrip("\r\n") if stripped else text).encode())

    assert rs.collect(rs.from_file(path, format="jsonl")) == values


@pytest.mark.parametrize("format", ["csv", "lines"])
@given(pieces=CONTENT, cuts=CUTS)
def test_a_file_that_grows_gives_what_it_gives_as_a_whole(
    path: Path, format: str, pieces: list[bytes], cuts: list[int]
) -> None:
    content = b"a,b\n" + b"".join(pieces)
    found = in_pieces(path, format, content=content, cuts=cuts)

    assert found == whole(path, format)


@given(rows=ROWS, end=ENDS, blank_every=st.integers(1, 3), taken=st.integers(1, 12))
def test_two_runs_read_what_one_does(
    path: Path, rows: list[tuple[str, str]], end: str, blank_every: int, taken: int
) -> None:
    path.write_bytes(text_of(rows, end, blank_every).encode())
    position = path.with_name("position")
    position.unlink(missing_ok=True)
    stream = rs.from_file(path, format="csv", position=position)
    first, rest = rs.collect(stream.pipe(ops.take(taken))), rs.collect(stream)

    assert [*first, *rest] == [{"x": x, "y": y} for x, y in rows]


def test_a_line_may_be_longer_than_many_chunks(path: Path) -> None:
    content = b"x" * 300_000 + b"\n" + b"y" * 300_000

    assert in_pieces(path, "lines", content=content, cuts=[70_000]) == [(1, b"x" * 300_000), (2, b"y" * 300_000)]
