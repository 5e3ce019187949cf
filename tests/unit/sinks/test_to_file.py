"""Items written into a file, a line each: whole lines only, whatever happens."""

import asyncio
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the path as it was given, so every test has the same short one."""
    monkeypatch.chdir(tmp_path)


def write(items: Any, name: str, on_error: Any = None, **options: Any) -> bytes:
    """Write items into a file; returns what it then holds."""
    rs.run(rs.from_iterable(items).to(rs.to_file(name, **options), on_error=on_error))
    return Path(name).read_bytes()


@dataclass
class Ride:
    city: str
    when: datetime


# Formats


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.JSONL"])
def test_jsonl_writes_an_object_a_line(name: str) -> None:
    assert write([{"n": 1, "t": "grün"}, [1, 2], None], name) == '{"n": 1, "t": "grün"}\n[1, 2]\nnull\n'.encode()


def test_jsonl_writes_instants_as_iso_text_and_dataclasses_as_objects() -> None:
    ride = Ride("Oslo", datetime(2026, 1, 1, 12, tzinfo=UTC))

    assert write([ride, date(2026, 1, 2)], "a.jsonl") == (
        b'{"city": "Oslo", "when": "2026-01-01T12:00:00+00:00"}\n"2026-01-02"\n'
    )


def test_a_line_end_within_a_json_text_stays_within_its_line() -> None:
    assert write(["a\nb"], "a.jsonl") == b'"a\\nb"\n'


@pytest.mark.parametrize("name", ["a.txt", "a.log"])
def test_lines_writes_text_a_line(name: str) -> None:
    assert write(["grün", 5, b"\xff"], name) == "grün\n5\n".encode() + b"\xff\n"


def test_csv_writes_the_first_dicts_names_and_then_the_rows() -> None:
    assert write([{"city": "Oslo", "km": 12}, {"km": 7, "city": "Bergen"}], "a.csv") == (
        b"city,km\nOslo,12\nBergen,7\n"
    )


def test_csv_quotes_what_must_be_quoted() -> None:
    assert write([{"a": "1,5", "b": 'say "x"\ny'}], "a.csv") == b'a,b\n"1,5","say ""x""\ny"\n'


def test_what_csv_wrote_from_file_reads() -> None:
    rows = [{"a": "1,5", "b": 'say "x"\r\ny'}, {"a": "", "b": " "}, {"a": "\r", "b": "x\ry"}]
    write(rows, "a.csv")

    assert rs.collect(rs.from_file("a.csv")) == rows


def test_a_format_that_is_given_counts_more_than_the_names_ending() -> None:
    assert write(["x"], "a.csv", format="lines") == b"x\n"


# Begin anew or go on


def test_a_run_begins_anew_behind_a_source_that_repeats_itself() -> None:
    Path("a.txt").write_text("old\n")

    assert write(["new"], "a.txt") == b"new\n"


def test_a_run_that_emits_nothing_leaves_an_empty_file() -> None:
    Path("a.txt").write_text("old\n")

    assert write([], "a.txt") == b""


def test_append_goes_on_behind_what_is_there() -> None:
    Path("a.txt").write_text("old\n")

    assert write(["new"], "a.txt", append=True) == b"old\nnew\n"


def test_append_makes_a_file_that_is_not_there() -> None:
    assert write(["new"], "a.txt", append=True) == b"new\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"whole\ntorn", b"whole\nnew\n"),
        (b"torn", b"new\n"),
        (b"whole\n" + b"torn" * 50_000, b"whole\nnew\n"),
        (b"\n", b"\nnew\n"),
    ],
    ids=["behind a line", "alone", "longer than a block", "behind an empty line"],
)
def test_a_torn_last_line_is_cut_off_before_the_next_append(before: bytes, after: bytes) -> None:
    Path("a.txt").write_bytes(before)

    assert write(["new"], "a.txt", append=True) == after


@pytest.mark.parametrize(
    ("torn", "whole"),
    [
        (b'a\n1\n"x\ny', b"a\n1\n"),
        (b'a\n1\n"x\ny\n', b"a\n1\n"),
        (b'a\n"1\n1"\n"x ""\ny\n\nz', b'a\n"1\n1"\n'),
        (b'a\n1\n"' + b"x\n" * 50_000, b"a\n1\n"),
        (b'a\n5" pipe\n6\n', b'a\n5" pipe\n6\n'),
    ],
    ids=["within a row", "behind a line of it", "behind a quote", "longer than a block", "a quote of its own"],
)
def test_of_csv_a_torn_row_is_cut_off_with_all_its_lines(torn: bytes, whole: bytes) -> None:
    Path("a.csv").write_bytes(torn)

    assert write([{"a": "new"}], "a.csv", append=True) == whole + b"new\n"


def test_csv_does_not_go_on_behind_what_is_none() -> None:
    Path("a.csv").write_bytes(b"\xff\n1\n")

    with pytest.raises(rs.ConnectError) as caught:
        write([{"a": 1}], "a.csv", append=True)

    assert str(caught.value) == (
        "to_file: the file that goes on must be CSV; 'a.csv': 'utf-8' codec can't decode byte 0xff in position 0: "
        "invalid start byte. Name another one."
    )


def test_appended_csv_has_one_header() -> None:
    write([{"a": 1, "b": 2}], "a.csv")

    assert write([{"a": 3, "b": 4}], "a.csv", append=True) == b"a,b\n1,2\n3,4\n"


def test_appended_csv_keeps_to_the_columns_of_the_files_header() -> None:
    write([{"a": 1, "b": 2}], "a.csv")

    assert write([{"b": 4, "a": 3}], "a.csv", append=True) == b"a,b\n1,2\n3,4\n"


def test_appended_csv_writes_a_header_where_only_a_torn_one_stands() -> None:
    Path("a.csv").write_bytes(b"a,")

    assert write([{"a": 1, "b": 2}], "a.csv", append=True) == b"a,b\n1,2\n"


def test_the_same_pipeline_run_twice_writes_a_csv_header_both_times() -> None:
    pipeline = rs.from_iterable([{"a": 1}]).to(rs.to_file("a.csv"))
    rs.run(pipeline)
    rs.run(pipeline)

    assert Path("a.csv").read_bytes() == b"a\n1\n"


# Items that cannot be written


def refused(items: Any, name: str) -> tuple[bytes, list[tuple[Any, str, str]]]:
    """Write items; returns what the file holds, and the items that failed with their errors."""
    failed: list[tuple[Any, str, str]] = []
    written = write(items, name, lambda event, error: failed.append((event.value, type(error).__name__, str(error))))
    return written, failed


def test_a_text_with_a_line_end_goes_to_the_handler_and_the_others_are_written() -> None:
    message = "to_file: a line must not hold a line end; got 'b\\nc'. Split it, or write jsonl."

    assert refused(["a", "b\nc", "d"], "a.txt") == (b"a\nd\n", [("b\nc", "DeliveryError", message)])


def test_a_csv_row_that_is_no_dict_goes_to_the_handler() -> None:
    message = "to_file: a CSV row must be a dict; got 5. Map the value to one."

    assert refused([5, {"a": 1}], "a.csv") == (b"a\n1\n", [(5, "DeliveryError", message)])


def test_a_csv_row_with_other_columns_goes_to_the_handler() -> None:
    message = "to_file: every CSV row must have the columns a, b; got a. Map it to them."

    assert refused([{"a": 1, "b": 2}, {"a": 3}], "a.csv") == (b"a,b\n1,2\n", [({"a": 3}, "DeliveryError", message)])


def test_a_value_without_a_form_in_json_goes_to_the_handler() -> None:
    message = "complex has no form in JSON: 1j. Map it to a dict, list, text or number."

    assert refused([1, 1j, 2], "a.jsonl") == (b"1\n2\n", [(1j, "TypeError", message)])


# Files that cannot be written


# A limit on the size of files stands for a full disk: the first write takes a part, and the next one fails.
_LIMITED = """
import resource, signal
import rxstream as rs

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (25, 25))
run = rs.run(
    rs.from_iterable(["0123456789"] * 2).to(
        rs.to_file("a.txt", append=True), on_error=lambda event, error: print(event.value, repr(error))
    )
)
print(run.pipelines[0].emitted, run.pipelines[0].failed)
"""


def write_limited() -> list[str]:
    """Append two lines of which one and a half fit; returns what was printed of it."""
    Path("a.txt").write_bytes(b"fits\n")
    done = subprocess.run([sys.executable, "-c", _LIMITED], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.splitlines()


def test_a_full_disk_goes_to_the_handler_with_every_item_of_the_batch() -> None:
    error = "DeliveryError(\"to_file: 'a.txt' must take 22 bytes; File too large. Make room, then run again.\")"

    assert write_limited() == [f"0123456789 {error}", f"0123456789 {error}", "0 2"]


def test_a_full_disk_leaves_no_half_line() -> None:
    write_limited()

    assert Path("a.txt").read_bytes() == b"fits\n"


def test_a_csv_header_is_written_with_the_first_row_that_fits(tmp_path: Path) -> None:
    sink = rs.to_file(tmp_path / "a.csv")

    async def write_twice() -> None:
        await sink.open()
        rows = [sink.encode({"a": number}) for number in (1, 2)]
        with pytest.raises(rs.DeliveryError), _no_room():
            await sink.write(rows[:1])
        await sink.write(rows[1:])
        await sink.close()

    asyncio.run(write_twice())

    assert (tmp_path / "a.csv").read_bytes() == b"a\n2\n"


@contextmanager
def _no_room() -> Iterator[None]:
    """Let no file get longer."""
    handler, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_device_takes_lines_as_a_file_does() -> None:
    report = rs.run(rs.from_iterable([1, 2]).to(rs.to_file("/dev/null", format="lines"), name="p"))

    assert report["p"].emitted == 2


@pytest.mark.parametrize(
    ("path", "reason"),
    [("nowhere/a.txt", "No such file or directory"), ("folder.txt", "Is a directory")],
)
def test_a_file_that_cannot_be_opened_ends_the_run_before_anything_is_read(path: str, reason: str) -> None:
    Path("folder.txt").mkdir()
    read: list[int] = []
    pipeline = rs.from_iterable([1]).pipe(ops.observe(read.append)).to(rs.to_file(path))

    with pytest.raises(rs.ConnectError) as caught:
        rs.run(pipeline)

    assert (str(caught.value), read) == (
        f"to_file: the file must be writable; {path!r}: {reason}. Check the path and its folder.",
        [],
    )


# Several writers


def test_two_pipelines_may_write_into_one_sinks_file() -> None:
    sink = rs.to_file("a.txt")
    rs.run(rs.from_iterable(["a"] * 3).to(sink), rs.from_iterable(["b"] * 3).to(sink))

    assert sorted(Path("a.txt").read_text().split()) == ["a", "a", "a", "b", "b", "b"]


# Dead letters


def test_a_dead_letter_is_an_object_with_all_that_is_known() -> None:
    event = rs.Event("x", key="k", timestamp=datetime(2026, 1, 1, tzinfo=UTC), headers=(("own", b"1"),))
    letters = rs.handlers.dead_letter(rs.to_file("dead.jsonl"))
    rs.collect(rs.from_iterable([event]).pipe(ops.map(int)), on_error=letters)

    assert json.loads(Path("dead.jsonl").read_bytes()) == {
        "key": "k",
        "value": "x",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "headers": {
            "own": "1",
            "rx-error-type": "builtins.ValueError",
            "rx-error-message": "invalid literal for int() with base 10: 'x'",
            "rx-error-operator": "map",
            "rx-attempts": "1",
        },
    }


def test_dead_letters_cannot_be_csv() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.handlers.dead_letter(rs.to_file("dead.csv"))

    assert str(caught.value) == (
        'to_file: dead letters must be written as jsonl; got csv. Name the file ….jsonl, or say format="jsonl".'
    )


# Wrong arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"path": "rides"},
            'to_file: the name must say the format; got \'rides\'. Say format="jsonl", "csv" or "lines".',
        ),
        (
            {"path": "rides.csv.gz"},
            "to_file: the file must be csv, jsonl or lines, not packed, so that a crash costs no line; "
            "got .gz for 'rides.csv.gz'. Write one of these, and convert it afterwards.",
        ),
        (
            {"path": "rides.zst", "format": "csv"},
            "to_file: the file must be csv, jsonl or lines, not packed, so that a crash costs no line; "
            "got .zst for 'rides.zst'. Write one of these, and convert it afterwards.",
        ),
        (
            {"path": "rides.parquet"},
            "to_file: the file must be csv, jsonl or lines, not packed, so that a crash costs no line; "
            "got parquet for 'rides.parquet'. Write one of these, and convert it afterwards.",
        ),
        (
            {"format": "parquet"},
            "to_file: the file must be csv, jsonl or lines, not packed, so that a crash costs no line; "
            "got parquet for 'a.csv'. Write one of these, and convert it afterwards.",
        ),
        (
            {"format": "jsnl"},
            "to_file: format must be one of 'csv', 'jsonl', 'lines'; got 'jsnl'. Did you mean 'jsonl'?",
        ),
        (
            {"format": 5},
            "to_file: format must be one of 'csv', 'jsonl', 'lines'; got 5. Choose one of them.",
        ),
    ],
)
def test_a_wrong_argument_is_refused_by_the_call(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.to_file(**{"path": "a.csv", **arguments})

    assert str(caught.value) == message


@pytest.mark.parametrize("arguments", [{"path": 5}, {"path": "a.csv", "append": "yes"}])
def test_an_argument_of_a_wrong_kind_is_refused_by_the_call(arguments: dict[str, Any]) -> None:
    with pytest.raises(rs.ConfigurationError, match=r"^to_file: .*; got .*\. "):
        rs.to_file(**arguments)


def test_append_false_is_refused_behind_a_source_that_acknowledges() -> None:
    records = rs.from_kafka("t", bootstrap_servers="localhost:9092", group_id="g")

    with pytest.raises(rs.ConfigurationError) as caught:
        records.to(rs.to_file("a.txt", append=False))

    assert str(caught.value) == (
        "to_file: behind from_kafka the file must go on where it ended, as what was handled does not come again; "
        "got append=False. Leave it out."
    )
