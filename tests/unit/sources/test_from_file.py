"""What a file's rows, lines and objects become, and what happens to those that are none."""

import gzip
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops

Failures = list[tuple[rs.Event[Any], BaseException]]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the path as it was given, so every test has the same short one."""
    monkeypatch.chdir(tmp_path)


def put(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name


def read(stream: rs.Stream[Any]) -> tuple[list[Any], Failures]:
    """Run a stream; returns its items, and what its error handler was told."""
    failures: Failures = []
    items = rs.collect(stream, on_error=lambda event, error: failures.append((event, error)))
    return items, failures


def events(stream: rs.Stream[Any]) -> list[rs.Event[Any]]:
    return rs.collect(stream.pipe(ops.events()))


# Formats


def test_rows_of_csv_are_dicts_of_text_by_the_names_in_the_first_row() -> None:
    stream = rs.from_file(put("rides.csv", b"city,km\nOslo,12\nBergen,7\n"))

    assert rs.collect(stream) == [{"city": "Oslo", "km": "12"}, {"city": "Bergen", "km": "7"}]


def test_lines_of_jsonl_are_what_their_json_says() -> None:
    stream = rs.from_file(put("rides.jsonl", b'{"km": 12}\n[1, 2]\n"text"\nnull\n'))

    assert rs.collect(stream) == [{"km": 12}, [1, 2], "text", None]


def test_lines_come_without_their_ends() -> None:
    stream = rs.from_file(put("words.txt", "grün\n blue \n".encode()))

    assert rs.collect(stream) == ["grün", " blue "]


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.csv.gz", "a.csv.zip", "a.2013.csv"])
def test_a_names_ending_says_csv(name: str) -> None:
    assert repr(rs.from_file(name)) == "Stream(from_file)"


@pytest.mark.parametrize("name", ["a.log", "a.txt", "a.TXT"])
def test_a_names_ending_says_lines(name: str) -> None:
    assert rs.collect(rs.from_file(put(name, b"{}\n"))) == ["{}"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson"])
def test_a_names_ending_says_jsonl(name: str) -> None:
    assert rs.collect(rs.from_file(put(name, b"{}\n"))) == [{}]


def test_a_format_that_is_given_counts_more_than_the_names_ending() -> None:
    stream = rs.from_file(put("rides.csv", b"a,b\n"), format="lines")

    assert rs.collect(stream) == ["a,b"]


def test_a_path_object_is_a_path_too() -> None:
    stream = rs.from_file(Path(put("words.txt", b"a\n")))

    assert rs.collect(stream) == ["a"]


# Packed files


def test_a_gz_is_unpacked_on_the_way() -> None:
    stream = rs.from_file(put("rides.csv.gz", gzip.compress(b"a\n1\n2\n")))

    assert rs.collect(stream) == [{"a": "1"}, {"a": "2"}]


def test_a_zip_of_one_member_is_unpacked_on_the_way() -> None:
    with zipfile.ZipFile("rides.csv.zip", "w") as archive:
        archive.writestr("whatever.csv", b"a\n1\n2\n")

    assert rs.collect(rs.from_file("rides.csv.zip")) == [{"a": "1"}, {"a": "2"}]


def test_lines_of_a_zip_are_read_as_those_of_a_file() -> None:
    with zipfile.ZipFile("words.txt.zip", "w") as archive:
        archive.writestr("words.txt", b"\xef\xbb\xbfa\r\n\r\nb")

    assert rs.collect(rs.from_file("words.txt.zip")) == ["a", "b"]


def test_a_folder_in_a_zip_does_not_count_as_a_member() -> None:
    with zipfile.ZipFile("words.txt.zip", "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/words.txt", b"a\n")

    assert rs.collect(rs.from_file("words.txt.zip")) == ["a"]


@pytest.mark.parametrize("members", [[], ["a.csv", "b.csv"]])
def test_a_zip_that_does_not_hold_one_file_is_refused(members: list[str]) -> None:
    with zipfile.ZipFile("rides.csv.zip", "w") as archive:
        for member in members:
            archive.writestr(member, b"a\n1\n")

    with pytest.raises(rs.ConnectError) as caught:
        rs.collect(rs.from_file("rides.csv.zip"))

    assert str(caught.value) == (
        f"from_file: the archive must hold one file; 'rides.csv.zip' holds {len(members)}. Unpack it."
    )


def test_a_zip_that_is_none_is_refused() -> None:
    with pytest.raises(rs.ConnectError) as caught:
        rs.collect(rs.from_file(put("rides.csv.zip", b"a\n1\n")))

    assert str(caught.value) == (
        "from_file: 'rides.csv.zip' must be a zip archive; File is not a zip file. Check the file."
    )


def test_a_gz_that_is_none_is_refused_naming_the_file() -> None:
    with pytest.raises(rs.ConnectError, match=r"^from_file: .*'rides\.csv\.gz'"):
        rs.collect(rs.from_file(put("rides.csv.gz", b"a\n1\n")))


def test_a_gz_that_was_cut_off_fails_naming_the_file() -> None:
    with pytest.raises(rs.StreamError, match=r"^from_file: .*'rides\.csv\.gz'"):
        rs.collect(rs.from_file(put("rides.csv.gz", gzip.compress(b"a\n1\n")[:-10])))


# Line ends, blanks and marks


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a,b\n1,2\n3,4\n", id="LF"),
        pytest.param(b"a,b\r\n1,2\r\n3,4\r\n", id="CRLF"),
        pytest.param(b"a,b\n1,2\n3,4", id="no final newline"),
        pytest.param(b"\xef\xbb\xbfa,b\n1,2\n3,4\n", id="byte order mark"),
        pytest.param(b"a,b\n\n1,2\n\r\n\n3,4\n\n", id="blank lines"),
    ],
)
def test_csv_does_not_depend_on_how_its_lines_end(name: str, content: bytes) -> None:
    stream = rs.from_file(put(name, gzip.compress(content) if name.endswith(".gz") else content))

    assert rs.collect(stream) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"1\n2\n", id="LF"),
        pytest.param(b"1\r\n2\r\n", id="CRLF"),
        pytest.param(b"1\n2", id="no final newline"),
        pytest.param(b"\xef\xbb\xbf1\n2\n", id="byte order mark"),
        pytest.param(b"\n1\n \t\n\r\n2\n\n", id="blank lines"),
    ],
)
def test_jsonl_does_not_depend_on_how_its_lines_end(content: bytes) -> None:
    assert rs.collect(rs.from_file(put("a.jsonl", content))) == [1, 2]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf"], ids=["empty", "one blank line", "only a mark"])
def test_a_file_of_nothing_gives_nothing(name: str, content: bytes) -> None:
    assert read(rs.from_file(put(name, content))) == ([], [])


def test_a_csv_of_nothing_but_its_header_gives_nothing() -> None:
    assert read(rs.from_file(put("a.csv", b"a,b\n"))) == ([], [])


def test_a_header_may_stand_below_blank_lines() -> None:
    assert rs.collect(rs.from_file(put("a.csv", b"\n\na,b\n1,2\n"))) == [{"a": "1", "b": "2"}]


def test_a_quoted_field_may_hold_commas_quotes_and_line_ends() -> None:
    stream = rs.from_file(put("a.csv", b'a,b\n"1,5","say ""x""\nand\r\ny"\n3,4\n'))

    assert rs.collect(stream) == [{"a": "1,5", "b": 'say "x"\nand\r\ny'}, {"a": "3", "b": "4"}]


def test_text_may_have_another_encoding() -> None:
    stream = rs.from_file(put("a.csv", "name\nJosé\n".encode("latin-1")), encoding="latin-1")

    assert rs.collect(stream) == [{"name": "José"}]


def test_the_encoding_counts_for_json_too() -> None:
    stream = rs.from_file(put("a.jsonl", '"José"\n'.encode("latin-1")), encoding="latin-1")

    assert rs.collect(stream) == ["José"]


def test_a_long_file_is_read_whole_and_in_order() -> None:
    content = "".join(f"{number},{'x' * 50}\n" for number in range(5_000))
    stream = rs.from_file(put("a.csv", f"n,pad\n{content}".encode()))

    assert [int(row["n"]) for row in rs.collect(stream)] == list(range(5_000))


def test_each_run_reads_the_file_anew() -> None:
    stream = rs.from_file(put("a.txt", b"1\n"))
    rs.collect(stream)
    put("a.txt", b"2\n")

    assert rs.collect(stream) == ["2"]


# Origins


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("a.csv", b"h\n1\n\n2\n", [2, 4]),
        ("a.csv", b'h\n"1\nmore\nstill"\n2\n', [2, 5]),
        ("a.csv", b'"h\nh"\n1\n', [3]),
        ("a.jsonl", b"\n1\n\n2\n", [2, 4]),
        ("a.txt", b"x\r\n\r\ny", [1, 3]),
    ],
)
def test_an_origin_is_path_and_line(name: str, content: bytes, lines: list[int]) -> None:
    found = events(rs.from_file(put(name, content)))

    assert [event.origin for event in found] == [rs.Origin(name, None, line) for line in lines]


def test_lines_are_counted_across_the_chunks_of_a_long_file() -> None:
    stream = rs.from_file(put("a.txt", b"x" * 99 + b"\n" + (b"y" * 99 + b"\n\n") * 2_000))

    assert [event.origin.offset for event in events(stream)][-2:] == [3_998, 4_000]


# Bad rows


@pytest.mark.parametrize(
    ("content", "raw", "reason"),
    [
        (b"a,b\n1,2\n3\n4,5\n", b"3", "a row must have 2 fields, as the first one has; this has 1"),
        (b"a,b\n1,2\n3,4,5\r\n4,5\n", b"3,4,5", "a row must have 2 fields, as the first one has; this has 3"),
        (b"a,b\n1,2\n\xff,4\n4,5\n", b"\xff,4", "a row must be utf-8 text"),
    ],
)
def test_a_bad_row_reaches_the_handler_and_the_others_flow(content: bytes, raw: bytes, reason: str) -> None:
    items, failures = read(rs.from_file(put("a.csv", content)))
    ((event, error),) = failures

    assert (items, type(error)) == ([{"a": "1", "b": "2"}, {"a": "4", "b": "5"}], rs.DecodeError)
    assert (event.value, event.origin) == (raw, rs.Origin("a.csv", None, 3))
    assert str(error) == f"from_file: {reason}; got {raw!r}. Mend the row."


def test_a_bad_row_over_several_lines_comes_whole_and_with_its_first_line() -> None:
    _, failures = read(rs.from_file(put("a.csv", b'a,b\n"x\ny",2,3\n4,5\n')))
    ((event, _),) = failures

    assert (event.value, event.origin.offset) == (b'"x\ny",2,3', 2)


def test_a_bad_last_row_without_a_line_end_reaches_the_handler() -> None:
    items, failures = read(rs.from_file(put("a.csv", b"a,b\n1,2\n3")))

    assert (items, failures[0][0].value) == ([{"a": "1", "b": "2"}], b"3")


def test_a_field_that_is_too_long_for_csv_reaches_the_handler_and_the_next_row_flows() -> None:
    items, failures = read(rs.from_file(put("a.csv", b"a,b\n" + b"x" * 140_000 + b",2\n4,5\n")))
    ((event, error),) = failures

    assert (items, len(event.value), event.origin.offset) == ([{"a": "4", "b": "5"}], 140_002, 2)
    assert str(error).startswith("from_file: a row must be CSV (field larger than field limit (131072)); got b'xxx")


def test_a_quote_that_never_closes_does_not_swallow_rows_unseen() -> None:
    items, failures = read(rs.from_file(put("a.csv", b'a,b\n1,"2\n3,4\n5,6\n')))

    assert (items, [type(error) for _, error in failures]) == ([], [rs.DecodeError])


def test_a_header_that_is_no_text_is_not_passed_over() -> None:
    with pytest.raises(rs.StreamError, match=r"^from_file: .*utf-8"):
        rs.collect(rs.from_file(put("a.csv", b"a,\xff\n1,2\n")))


def test_a_line_that_is_no_json_reaches_the_handler_and_the_others_flow() -> None:
    items, failures = read(rs.from_file(put("a.jsonl", b"1\n{oops\r\n3\n")))
    ((event, error),) = failures

    assert (items, type(error)) == ([1, 3], rs.DecodeError)
    assert (event.value, event.origin) == (b"{oops", rs.Origin("a.jsonl", None, 2))
    assert str(error) == (
        "from_file: a line must be JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)); "
        "got b'{oops'. Mend the line."
    )


def test_a_json_line_that_is_no_text_reaches_the_handler() -> None:
    items, failures = read(rs.from_file(put("a.jsonl", b'"\xff"\n3\n')))
    ((event, error),) = failures

    assert (items, event.value, type(error)) == ([3], b'"\xff"', rs.DecodeError)


def test_a_line_that_is_no_text_reaches_the_handler_and_the_others_flow() -> None:
    items, failures = read(rs.from_file(put("a.txt", b"1\n\xff\n3\n")))
    ((event, error),) = failures

    assert (items, event.value, event.origin.offset) == (["1", "3"], b"\xff", 2)
    assert str(error) == (
        "from_file: a line must be utf-8 text ('utf-8' codec can't decode byte 0xff in position 0: invalid start byte);"
        " got b'\\xff'. Say encoding=…"
    )


@pytest.mark.parametrize(("name", "content"), [("a.csv", b"a,t\n1\n2,1\n"), ("a.jsonl", b'x\n{"a": "2", "t": "1"}\n')])
def test_a_bad_row_has_neither_key_nor_timestamp(name: str, content: bytes) -> None:
    stream = rs.from_file(put(name, content), time="t", unit="s", key="a")
    _, failures = read(stream)
    ((event, error),) = failures

    assert (event.key, event.timestamp, type(error)) == (None, None, rs.DecodeError)


def test_a_bad_row_without_a_handler_ends_the_run() -> None:
    with pytest.raises(rs.DecodeError):
        rs.collect(rs.from_file(put("a.csv", b"a,b\n1\n")))


# time=, unit=, key=, disorder=


def test_time_names_the_column_of_the_instants() -> None:
    stream = rs.from_file(put("a.csv", b"t\n2026-01-01T00:00:00Z\n2026-01-01T02:00:00+01:00\n"), time="t")

    assert [event.timestamp for event in events(stream)] == [
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 1, tzinfo=UTC),
    ]


def test_time_may_be_a_function_of_the_value() -> None:
    stream = rs.from_file(put("a.txt", b"1\n2\n"), time=lambda line: datetime(2026, 1, int(line), tzinfo=UTC))

    assert [event.timestamp.day for event in events(stream)] == [1, 2]


@pytest.mark.parametrize(("unit", "number"), [("s", "1.5"), ("ms", "1500"), ("us", "1500000"), ("ns", "1500000000")])
def test_unit_says_what_numbers_count(unit: str, number: str) -> None:
    (event,) = events(rs.from_file(put("a.csv", f"t\n{number}\n".encode()), time="t", unit=unit))

    assert event.timestamp_ns == 1_500_000_000


def test_nanoseconds_stay_exact() -> None:
    (event,) = events(rs.from_file(put("a.csv", b"t\n1700000000123456789\n"), time="t", unit="ns"))

    assert event.timestamp_ns == 1_700_000_000_123_456_789


@pytest.mark.parametrize("key", ["city", lambda row: row["city"]], ids=["column", "function"])
def test_key_is_a_column_or_a_function_of_the_value(key: Any) -> None:
    (event,) = events(rs.from_file(put("a.csv", b"city,km\nOslo,12\n"), key=key))

    assert event.key == "Oslo"


def test_key_names_a_field_of_json_objects() -> None:
    (event,) = events(rs.from_file(put("a.jsonl", b'{"city": "Oslo"}\n'), key="city"))

    assert event.key == "Oslo"


def test_a_row_earlier_than_the_one_before_ends_the_run() -> None:
    stream = rs.from_file(put("a.csv", b"t\n7\n5\n"), time="t", unit="s")

    with pytest.raises(rs.OutOfOrderError, match=r"^from_file: items must be sorted by time; "):
        read(stream)


def test_disorder_lets_rows_be_earlier() -> None:
    stream = rs.from_file(put("a.csv", b"t\n7\n5\n"), time="t", unit="s", disorder=2)

    assert [event.timestamp_ns for event in events(stream)] == [7_000_000_000, 5_000_000_000]


def test_disorder_holds_windows_open_for_as_long() -> None:
    panes = ops.window(rs.tumbling(10), into=rs.agg.count())
    late = rs.from_file(put("a.csv", b"t\n8\n12\n9\n30\n"), time="t", unit="s", disorder=timedelta(seconds=5))

    assert [pane.value for pane in rs.collect(late.pipe(panes))] == [2, 1, 1]


def test_two_files_are_merged_by_time() -> None:
    left = rs.from_file(put("a.csv", b"t\n1\n3\n"), time="t", unit="s", key=lambda _: "a")
    right = rs.from_file(put("b.csv", b"t\n2\n3\n"), time="t", unit="s", key=lambda _: "b")

    merged = events(left.pipe(ops.merge(right)))

    assert [(event.key, event.value["t"]) for event in merged] == [("a", "1"), ("b", "2"), ("a", "3"), ("b", "3")]


def test_a_naive_instant_in_the_data_reaches_the_handler() -> None:
    stream = rs.from_file(put("a.csv", b"t\n2026-01-01T00:00:00\n2026-01-01T00:00:00Z\n"), time="t")
    items, failures = read(stream)
    ((event, error),) = failures

    assert (len(items), event.value, type(error)) == (1, {"t": "2026-01-01T00:00:00"}, rs.StreamError)
    assert str(error) == (
        "from_file: a timestamp must be an aware datetime; got datetime.datetime(2026, 1, 1, 0, 0). "
        "Give it a zone, for instance tzinfo=UTC."
    )


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        (
            None,
            "from_file: a timestamp must be ISO 8601 text with a zone; got 'soon'. "
            'Give time= a function that reads it, or unit="s", "ms", "us" or "ns" for numbers.',
        ),
        (
            "s",
            "from_file: a timestamp must be a number, as unit= says; got 'soon'. "
            "Leave unit= out for datetimes and ISO 8601 text.",
        ),
    ],
)
def test_an_instant_that_is_none_reaches_the_handler(unit: str | None, message: str) -> None:
    _, failures = read(rs.from_file(put("a.csv", b"t\nsoon\n"), time="t", unit=unit))
    ((event, error),) = failures

    assert (event.value, event.origin, str(error)) == ({"t": "soon"}, rs.Origin("a.csv", None, 2), message)


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_number_that_is_no_instant_reaches_the_handler(number: str) -> None:
    _, failures = read(rs.from_file(put("a.csv", f"t\n{number}\n".encode()), time="t", unit="s"))
    ((_, error),) = failures

    assert str(error) == (
        f"from_file: a timestamp must be a number, as unit= says; got {number!r}. "
        "Leave unit= out for datetimes and ISO 8601 text."
    )


def test_a_time_function_that_fails_sends_its_row_to_the_handler() -> None:
    stream = rs.from_file(put("a.txt", b"1\nx\n3\n"), time=int, unit="s")
    items, failures = read(stream)
    ((event, error),) = failures

    assert (items, event.value, type(error)) == (["1", "3"], "x", ValueError)


def test_a_json_object_without_the_named_field_reaches_the_handler() -> None:
    _, failures = read(rs.from_file(put("a.jsonl", b'{"city": "Oslo"}\n'), key="cty").pipe(ops.events()))
    ((_, error),) = failures

    assert str(error) == (
        "from_file: key must be a field of every value; 'cty' is none of {'city': 'Oslo'}. Did you mean 'city'?"
    )


# Wrong arguments and files


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"path": "rides"},
            'from_file: the name must say the format; got \'rides\'. Say format="csv", "jsonl", "lines" or "parquet".',
        ),
        (
            {"path": "rides.parquet.gz"},
            "from_file: the name must say the format; got 'rides.parquet.gz'. "
            'Say format="csv", "jsonl", "lines" or "parquet".',
        ),
        (
            {"format": "cvs"},
            "from_file: format must be one of 'csv', 'jsonl', 'lines', 'parquet'; got 'cvs'. Did you mean 'csv'?",
        ),
        (
            {"format": 7},
            "from_file: format must be one of 'csv', 'jsonl', 'lines', 'parquet'; got 7. Choose one of them.",
        ),
        (
            {"unit": "sec"},
            "from_file: unit must be one of 's', 'ms', 'us', 'ns'; got 'sec'. Did you mean 's'?",
        ),
        (
            {"time": 5},
            "from_file: time must be callable; got 5. Give a function.",
        ),
        (
            {"key": 5},
            "from_file: key must be callable; got 5. Give a function.",
        ),
        (
            {"disorder": -1},
            "from_file: disorder must not be negative; got -1. Give seconds or a timedelta.",
        ),
        (
            {"disorder": "1 day"},
            "from_file: disorder must be a duration; got '1 day'. Give seconds or a timedelta.",
        ),
        (
            {"encoding": "utf-16"},
            "from_file: encoding must be a known one that keeps line ends as single bytes; got 'utf-16'. "
            "Convert the file to UTF-8.",
        ),
        (
            {"encoding": "klingon"},
            "from_file: encoding must be a known one that keeps line ends as single bytes; got 'klingon'. "
            "Convert the file to UTF-8.",
        ),
    ],
)
def test_a_wrong_argument_is_refused_by_the_call(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_file(**{"path": "rides.csv", **arguments})

    assert str(caught.value) == message


@pytest.mark.parametrize("arguments", [{"path": None}, {"path": 5}, {"path": "a.csv", "encoding": None}])
def test_an_argument_of_a_wrong_kind_is_refused_by_the_call(arguments: dict[str, Any]) -> None:
    with pytest.raises(rs.ConfigurationError, match=r"^from_file: .*; got .*\. "):
        rs.from_file(**arguments)


def test_an_async_time_function_is_refused_by_the_call() -> None:
    async def instant(row: object) -> datetime: ...

    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_file("rides.csv", time=instant)

    assert str(caught.value) == (
        "from_file: time must be a plain function; got the async instant. "
        "Await it with ops.process(f) or ops.map_async(f)."
    )


def test_an_unknown_argument_is_refused_by_python() -> None:
    with pytest.raises(TypeError):
        rs.from_file("rides.csv", "csv")  # type: ignore[misc]  # everything but the path is keyword-only


@pytest.mark.parametrize(
    ("path", "reason"),
    [("none.csv", "No such file or directory"), ("folder.csv", "Is a directory"), ("no/where.csv.gz", "No such file")],
)
def test_a_file_that_is_not_there_is_refused_by_the_run(path: str, reason: str) -> None:
    Path("folder.csv").mkdir()

    with pytest.raises(rs.ConnectError) as caught:
        rs.collect(rs.from_file(path))

    assert str(caught.value).startswith(f"from_file: the file must be there and readable; {path!r}: {reason}")
    assert str(caught.value).endswith(". Check the path.")


def test_a_named_column_that_the_file_has_not_is_refused_before_any_row() -> None:
    stream = rs.from_file(put("rides.csv", b"city,when\nOslo,1\n"), time="wen", unit="s")

    with pytest.raises(rs.ConfigurationError) as caught:
        rs.collect(stream, on_error=rs.handlers.skip())

    assert str(caught.value) == (
        "from_file: the file must have a column 'wen'; 'rides.csv' has city, when. Did you mean 'when'?"
    )
