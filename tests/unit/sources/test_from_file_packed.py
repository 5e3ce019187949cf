"""Files that other libraries unpack or read: Zstandard and Parquet."""

import importlib
import resource
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rxstream as rs
from rxstream import operators as ops

zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the path as it was given, so every test has the same short one."""
    monkeypatch.chdir(tmp_path)


class Without:
    """Takes libraries away for the time of a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, module: str) -> None:
        """Let nobody find this one."""
        self._monkeypatch.setitem(sys.modules, module, None)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Without:
    return Without(monkeypatch)


def put(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name


def table(**columns: Any) -> str:
    """Write columns, given as pairs of values and their type, into a file."""
    pq.write_table(pa.table({name: pa.array(*column) for name, column in columns.items()}), "a.parquet")
    return "a.parquet"


def events(stream: rs.Stream[Any]) -> list[rs.Event[Any]]:
    return rs.collect(stream.pipe(ops.events()))


# Zstandard


@pytest.mark.parametrize(
    ("name", "content", "items"),
    [
        ("a.csv.zst", b"a\n1\n2\n", [{"a": "1"}, {"a": "2"}]),
        ("a.jsonl.zst", b"1\n\n[2]", [1, [2]]),
        ("a.log.ZST", b"\xef\xbb\xbfx\r\ny", ["x", "y"]),
    ],
)
def test_a_zst_is_unpacked_on_the_way(name: str, content: bytes, items: list[Any]) -> None:
    assert rs.collect(rs.from_file(put(name, zstd.compress(content)))) == items


def test_a_zst_of_several_frames_is_read_to_its_end() -> None:
    packed = zstd.compress(b"1\n2") + zstd.compress(b"3\n4\n")

    assert rs.collect(rs.from_file(put("a.jsonl.zst", packed))) == [1, 23, 4]


@pytest.mark.parametrize("content", [b"no zst at all\n", zstd.compress(b"1\n" * 9)[:-3]], ids=["another", "cut off"])
def test_a_zst_that_is_damaged_fails_naming_the_file(content: bytes) -> None:
    with pytest.raises(rs.ConnectError, match=r"^from_file: the file must be whole; 'a\.txt\.zst': "):
        rs.collect(rs.from_file(put("a.txt.zst", content)))


def test_a_zst_that_is_not_there_is_refused_by_the_run() -> None:
    with pytest.raises(rs.ConnectError) as caught:
        rs.collect(rs.from_file("none.txt.zst"))

    assert str(caught.value) == (
        "from_file: the file must be there and readable; 'none.txt.zst': No such file or directory. Check the path."
    )


# Parquet


def test_rows_of_parquet_are_dicts_of_typed_values() -> None:
    path = table(n=([1, None],), x=([0.5, 2.0],), city=(["Oslo", "Bergen"],), tags=([["a"], []],))

    assert rs.collect(rs.from_file(path)) == [
        {"n": 1, "x": 0.5, "city": "Oslo", "tags": ["a"]},
        {"n": None, "x": 2.0, "city": "Bergen", "tags": []},
    ]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Oslo"])
def test_instants_that_name_a_zone_are_aware_and_in_utc(unit: str, zone: str) -> None:
    path = table(t=([NOON], pa.timestamp(unit, tz=zone)))
    (row,) = rs.collect(rs.from_file(path))

    assert (row["t"], row["t"].utcoffset(), type(row["t"])) == (NOON, timedelta(0), datetime)


def test_nanoseconds_are_cut_to_microseconds_wherever_they_stand() -> None:
    instant, odd = pa.timestamp("ns", tz="UTC"), 1_001
    path = table(
        alone=([odd], instant),
        listed=([[odd]], pa.list_(instant)),
        inside=([{"x": odd}], pa.struct([("x", instant)])),
        mapped=([[("k", odd)]], pa.map_(pa.string(), instant)),
        clock=([odd], pa.time64("ns")),
        span=([odd], pa.duration("ns")),
    )
    (row,) = rs.collect(rs.from_file(path))
    cut = datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)

    assert row == {
        "alone": cut,
        "listed": [cut],
        "inside": {"x": cut},
        "mapped": [("k", cut)],
        "clock": time(0, 0, 0, 1),
        "span": timedelta(microseconds=1),
    }


def test_a_column_of_instants_gives_the_time() -> None:
    path = table(t=([NOON, NOON + timedelta(hours=1)], pa.timestamp("ns", tz="UTC")), city=(["Oslo", "Bergen"],))
    found = events(rs.from_file(path, time="t", key="city"))

    assert [(event.key, event.timestamp) for event in found] == [
        ("Oslo", NOON),
        ("Bergen", NOON + timedelta(hours=1)),
    ]


def test_an_instant_of_a_type_without_a_zone_is_a_data_error() -> None:
    path = table(t=([datetime(2026, 1, 1)], pa.timestamp("us")))

    with pytest.raises(rs.StreamError) as caught:
        rs.collect(rs.from_file(path, time="t"))

    assert str(caught.value) == (
        "from_file: a timestamp must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance tzinfo=UTC."
    )


def test_the_line_is_the_row_across_batches_and_row_groups() -> None:
    pq.write_table(pa.table({"n": range(1, 2_001)}), "a.parquet", row_group_size=700)
    found = events(rs.from_file("a.parquet"))

    assert [event.origin for event in found] == [rs.Origin("a.parquet", None, event.value["n"]) for event in found]
    assert len(found) == 2_000


def test_a_row_that_has_no_form_in_python_reaches_the_handler_and_the_others_flow() -> None:
    failures: list[tuple[Any, str]] = []
    path = table(t=([0, 1 << 60, 1_000_000], pa.timestamp("us", tz="UTC")))
    stream = rs.from_file(path)
    items = rs.collect(stream, on_error=lambda event, error: failures.append((event.origin.offset, str(error))))
    ((line, message),) = failures

    assert ([item["t"].second for item in items], line) == ([0, 1], 2)
    assert message.startswith("from_file: a row must be readable (")


def test_a_named_column_that_a_parquet_file_has_not_is_refused_before_any_row() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.collect(rs.from_file(table(city=(["Oslo"],)), key="cty"), on_error=rs.handlers.skip())

    assert str(caught.value) == (
        "from_file: the file must have a column 'cty'; 'a.parquet' has city. Did you mean 'city'?"
    )


@pytest.mark.parametrize("content", [b"", b"PAR1....PAR1", b"no parquet" * 9])
def test_a_parquet_file_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(rs.ConnectError, match=r"^from_file: the file must be whole; 'a\.parquet': .*\. Check the file"):
        rs.collect(rs.from_file(put("a.parquet", content)))


def test_a_parquet_file_with_a_damaged_page_is_refused() -> None:
    path = Path(table(n=(list(range(5_000)),)))
    written = path.read_bytes()
    path.write_bytes(written[:4] + b"\xff" * 2_000 + written[2_004:])

    with pytest.raises(rs.ConnectError, match=r"^from_file: the file must be whole; 'a\.parquet': "):
        rs.collect(rs.from_file(path))


def test_a_parquet_file_that_is_not_there_is_refused_by_the_run() -> None:
    with pytest.raises(rs.ConnectError) as caught:
        rs.collect(rs.from_file("none.parquet"))

    assert str(caught.value).startswith("from_file: the file must be there and readable; 'none.parquet': ")


def test_a_parquet_file_is_never_in_memory_as_a_whole() -> None:
    values = pa.array([f"{number:050}" for number in range(400_000)])
    pq.write_table(pa.table({"a": values}), "a.parquet", row_group_size=400_000, use_dictionary=False)
    del values
    rs.collect(rs.from_file("a.parquet").pipe(ops.take(1)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rs.run(rs.from_file("a.parquet").to(lambda _row: None))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 15_000  # kB, of a file of 20 MB


# Missing libraries


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        ("a.parquet", "pyarrow", "parquet"),
        ("a.csv.zst", zstd.__name__, "zst"),
    ],
)
def test_a_library_that_is_missing_is_named_with_its_remedy(
    name: str, module: str, extra: str, without: Without
) -> None:
    without(module)

    with pytest.raises(rs.MissingExtraError) as caught:
        rs.from_file(name)

    assert str(caught.value) == (
        f"from_file: needs {module}, which is not installed. Run: pip install 'rxstream[{extra}]'"
    )


# What is refused


@pytest.mark.parametrize("name", ["a.csv.gz", "a.txt.zst", "a.jsonl.zip", "a.parquet"])
def test_what_does_not_grow_line_by_line_cannot_be_followed(name: str) -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_file(name, follow=True)

    assert str(caught.value) == (
        f"from_file: a file that is followed must be plain csv, jsonl or lines; got {name!r}. "
        "Leave follow= out, or follow what it is made from."
    )
