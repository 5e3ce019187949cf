"""Files that are read on where the run before left them."""

import asyncio
import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rxstream as rs
from rxstream import operators as ops


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the path as it was given, so every test has the same short one."""
    monkeypatch.chdir(tmp_path)


def put(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name


def here() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def add(name: str, content: bytes) -> None:
    with Path(name).open("ab") as file:
        file.write(content)


def read(name: str = "a.txt", **options: Any) -> list[Any]:
    """Read on, up to the end as it is now."""
    return rs.collect(rs.from_file(name, position="a.position", **options))


def read_until(wrong: object, name: str = "a.txt") -> list[Any]:
    """Read on, up to an item that nobody handles."""
    seen: list[Any] = []

    def handle(item: Any) -> None:
        if item == wrong:
            raise ValueError(item)
        seen.append(item)

    with pytest.raises(ValueError, match=str(wrong)):
        rs.run(rs.from_file(name, position="a.position").to(handle))
    return seen


def put_numbers() -> None:
    """Put two thousand lines of 200 bytes, so that they are not all read at once."""
    put("a.txt", b"".join(b"%04d%s\n" % (number, b"x" * 196) for number in range(2_000)))


def numbers() -> list[str]:
    return [line[:4] for line in read()]


def read_but(failing: set[str], *, until: str) -> None:
    """Read on up to a line, but for some, which fail when that one is done."""
    done = asyncio.Event()

    async def work(line: str) -> None:
        if line[:4] == until:
            done.set()
        if line[:4] in failing:
            await done.wait()
            raise ValueError(line)

    stream = rs.from_file("a.txt", position="a.position").pipe(ops.map_async(work, concurrency=3, order="done"))
    with pytest.raises(ValueError, match="x"):
        rs.run(stream.to(lambda _none: None))


# Going on


def test_the_next_run_reads_what_has_come_since() -> None:
    first = read(put("a.txt", b"1\n2\n"))
    add("a.txt", b"3\n")

    assert (first, read(), read()) == (["1", "2"], ["3"], [])


def test_an_item_that_was_not_handled_comes_again_and_those_before_it_do_not() -> None:
    put("a.txt", b"1\n2\n3\n4\n")

    assert (read_until("3"), read()) == (["1", "2"], ["3", "4"])


def test_an_item_that_the_handler_took_does_not_come_again() -> None:
    put("a.jsonl", b"1\noops\n3\n")
    rs.collect(rs.from_file("a.jsonl", position="a.position"), on_error=rs.handlers.skip())

    assert read("a.jsonl") == []


def test_what_was_settled_above_an_unsettled_item_does_not_come_again() -> None:
    put_numbers()
    read_but({"0700"}, until="1499")
    again = numbers()

    assert (again[0], min(again[1:]) > "1490", again[-1]) == ("0700", True, "1999")


def test_what_was_settled_above_is_still_known_after_a_run_that_did_not_come_so_far() -> None:
    put_numbers()
    read_but({"0699", "0700"}, until="1499")
    read_but({"0700"}, until="0699")
    again = numbers()

    assert (again[0], min(again[1:]) > "1490", again[-1]) == ("0700", True, "1999")


def test_lines_are_counted_on() -> None:
    read(put("a.txt", b"1\n\n2\n"))
    add("a.txt", b"\n3\n")
    (event,) = rs.collect(rs.from_file("a.txt", position="a.position").pipe(ops.events()))

    assert event.origin == rs.Origin("a.txt", None, 5)


def test_a_csv_that_is_read_on_keeps_its_header() -> None:
    first = read(put("a.csv", b'\na,b\n1,"x\ny"\n'))
    add("a.csv", b"2,z\n")

    assert (first, read("a.csv")) == ([{"a": "1", "b": "x\ny"}], [{"a": "2", "b": "z"}])


def test_with_time_it_is_a_history() -> None:
    events = rs.collect(
        rs.from_file(put("a.csv", b"t\n5\n7\n"), position="a.position", time="t", unit="s").pipe(ops.events())
    )

    assert [event.timestamp_ns for event in events] == [5_000_000_000, 7_000_000_000]


def test_a_report_says_how_many_lines_were_committed() -> None:
    report = rs.run(rs.from_file(put("a.txt", b"1\n\n2\n"), position="a.position").to(print, name="p"))

    assert (report["p"].received, report["p"].committed) == (2, 2)


# Packed files and Parquet


def _gz(lines: list[str]) -> str:
    return put("a.jsonl.gz", gzip.compress("\n".join(lines).encode()))


def _parquet(lines: list[str]) -> str:
    pq.write_table(pa.table({"n": [json.loads(line) for line in lines]}), "a.parquet", row_group_size=3)
    return "a.parquet"


@pytest.mark.parametrize(("write", "of"), [(_gz, lambda n: n), (_parquet, lambda n: {"n": n})], ids=["gz", "parquet"])
def test_what_cannot_be_entered_in_the_middle_goes_on_too(
    write: Callable[[list[str]], str], of: Callable[[int], Any]
) -> None:
    name = write([str(number) for number in range(1_200)])
    seen = read_until(of(1_000), name)

    assert (len(seen), read(name), read(name)) == (1_000, [of(number) for number in range(1_000, 1_200)], [])


def test_a_packed_file_in_the_place_of_another_is_read_from_its_beginning() -> None:
    read(_gz(["1", "2"]))
    Path("a.jsonl.gz").unlink()

    assert read(_gz(["3", "4", "5"])) == [3, 4, 5]


# A last line without an end


def test_a_last_line_without_an_end_comes_once() -> None:
    first = read(put("a.txt", b"1\n2"))

    assert (first, read()) == (["1", "2"], [])


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_last_line_whose_end_came_later_does_not_come_again(end: bytes) -> None:
    read(put("a.txt", b"1\n2"))
    add("a.txt", end + b"3\n")

    assert read() == ["3"]


def test_a_last_line_that_has_grown_comes_again_as_it_is_now() -> None:
    read(put("a.txt", b"1\n2"))
    add("a.txt", b"34\n5\n")

    assert (read(), read()) == (["234", "5"], [])


def test_a_last_line_that_was_longer_than_a_chunk_is_known_again() -> None:
    read(put("a.txt", b"1\n" + b"x" * 200_000))
    add("a.txt", b"\n2\n")

    assert read() == ["2"]


# Renamed, cut off and other files


def test_a_renamed_file_is_read_to_its_end_before_the_one_that_has_its_name() -> None:
    read(put("a.txt", b"1\n"))
    add("a.txt", b"2\n")
    Path("a.txt").rename("a.txt.1")
    put("a.txt", b"3\n")

    assert (read(), read()) == (["2", "3"], [])


def test_a_renamed_file_is_read_to_its_end_where_no_other_has_its_name_yet() -> None:
    read(put("a.txt", b"1\n"))
    add("a.txt", b"2\n")
    Path("a.txt").rename("a.txt.1")

    assert read() == ["2"]


def test_where_the_file_is_gone_the_one_that_has_its_name_is_read_from_its_beginning() -> None:
    read(put("a.txt", b"1\n2\n"))
    put("b.txt", b"3\n4\n5\n")
    Path("b.txt").replace("a.txt")

    assert read() == ["3", "4", "5"]


@pytest.mark.parametrize("content", [b"", b"3\n", b"3\n4\n5\n6\n"])
def test_a_file_that_was_written_anew_in_its_place_is_read_from_its_beginning(content: bytes) -> None:
    read(put("a.txt", b"1\n2\n"))

    assert read(put("a.txt", content)) == content.decode().split()


def test_a_copy_is_another_file() -> None:
    read(put("a.txt", b"1\n"))
    shutil.copy("a.txt", "b.txt")
    Path("b.txt").replace("a.txt")

    assert read() == ["1"]


def test_a_position_may_be_that_of_the_file_under_its_former_name() -> None:
    read(put("a.txt", b"1\n"))
    add("a.txt", b"2\n")
    Path("a.txt").rename("b.txt")

    assert read("b.txt") == ["2"]


# The file of the position


def test_an_empty_position_counts_as_none() -> None:
    put("a.position", b"")

    assert read(put("a.txt", b"1\n")) == ["1"]


@pytest.mark.parametrize(
    "garbage",
    [b"garbage", b"\xff\xfe", b"[1]", b"{}", b'{"from_file": "a.txt", "line": "x"}', b'{"from_file": "a.t'],
)
def test_a_position_that_is_none_is_refused(garbage: bytes) -> None:
    put("a.position", garbage)

    with pytest.raises(rs.ConfigurationError) as caught:
        read(put("a.txt", b"1\n"))

    assert str(caught.value) == (
        "from_file: position must be a file that from_file wrote; 'a.position' is none. "
        "Remove it to begin anew, or name another."
    )


def test_the_position_of_another_file_is_refused() -> None:
    read(put("a.txt", b"1\n"))

    with pytest.raises(rs.ConfigurationError) as caught:
        read(put("b.txt", b"1\n"))

    assert str(caught.value) == (
        "from_file: position must be that of 'b.txt'; 'a.position' is that of "
        f"{str(Path('a.txt').absolute())!r}. Name another, or remove it to begin anew."
    )


def test_nothing_but_the_position_is_left_beside_the_file() -> None:
    read(put("a.txt", b"1\n"))

    assert here() == ["a.position", "a.txt"]


def test_what_a_crash_left_of_a_position_is_no_position() -> None:
    read(put("a.txt", b"1\n"))
    put("a.position.new", b"{half of")
    add("a.txt", b"2\n")

    assert (read(), here()) == (["2"], ["a.position", "a.txt"])


def test_a_position_in_no_folder_is_refused_before_anything_is_read() -> None:
    with pytest.raises(rs.ConnectError) as caught:
        rs.collect(rs.from_file(put("a.txt", b"1\n"), position="no/where"))

    assert str(caught.value) == (
        "from_file: the position must be readable and writable; 'no/where': no such folder. Check the path."
    )


def test_a_position_that_cannot_be_written_ends_the_run() -> None:
    Path("a.position.new").mkdir()

    with pytest.raises(rs.StateError) as caught:
        read(put("a.txt", b"1\n"))

    assert str(caught.value) == (
        "from_file: the position must be written; 'a.position': Is a directory. Make room, then run again."
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"position": 5},
            "from_file: position must be text or a Path; got 5. Give the name of a file of its own.",
        ),
        (
            {"position": "./a.txt"},
            "from_file: position must be another file than the one that is read; got './a.txt' for both. "
            "Give the name of a file of its own.",
        ),
        (
            {"follow": "yes"},
            "from_file: follow must be True or False; got 'yes'. Leave it out.",
        ),
    ],
)
def test_a_wrong_argument_is_refused_by_the_call(options: dict[str, Any], message: str) -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.from_file("a.txt", **options)

    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.parquet"])
def test_a_file_that_is_not_there_is_refused_by_the_run(name: str) -> None:
    with pytest.raises(rs.ConnectError) as caught:
        read(name)

    assert str(caught.value) == (
        f"from_file: the file must be there and readable; {name!r}: No such file or directory. Check the path."
    )
