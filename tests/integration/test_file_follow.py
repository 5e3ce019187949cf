"""Files that are followed while others write, rename and cut them off."""

import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.brokers.server import wait_until
from tests.integration._jobs.file_writer import BYTES, LINES, numbered, writing
from tests.integration._jobs.going import going

SECONDS = 10.0
#: Longer than the time between two looks at a file's name.
APART = 0.15
#: The same ones in every run; not made smaller when they fail, as each takes seconds.
EXAMPLES = settings(deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
PIECES = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"d\n", b"e\n\nf\n", b"g\r\nh"]), max_size=8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "a.txt"
    made.touch()
    return made


def add(path: Path, content: bytes) -> None:
    with path.open("ab", buffering=0) as file:
        file.write(content)


def lines_of(content: bytes, *, half_too: bool) -> list[str]:
    *whole, half = content.split(b"\n")
    return [line.decode().rstrip("\r") for line in [*whole, half if half_too else b""] if line.strip()]


def comes(seen: list[Any], count: int) -> list[Any]:
    """Wait for so many items; returns those that came."""
    wait_until(lambda: len(seen) >= count, SECONDS)
    return seen


def follow(path: Path, seen: list[Any], **options: Any) -> rs.Pipeline:
    return rs.from_file(path, follow=True, **options).to(seen.append)


# Growing


def test_what_a_process_writes_in_pieces_of_any_size_comes_once_and_in_order(path: Path) -> None:
    seen: list[str] = []
    with going(follow(path, seen)), writing(path, "a", count=8_000, pieces=BYTES):
        comes(seen, 8_000)

    assert seen == numbered("a", 8_000)


def test_of_several_writers_every_line_comes_once_and_each_ones_in_order(path: Path) -> None:
    seen: list[str] = []
    with going(follow(path, seen)), writing(path, "abc", count=4_000, pieces=LINES):
        comes(seen, 12_000)

    assert {name: [line for line in seen if line[0] == name] for name in "abc"} == {
        name: numbered(name, 4_000) for name in "abc"
    }


def test_half_a_line_is_not_handed_over_until_its_end_has_come(path: Path) -> None:
    seen: list[str] = []
    with going(follow(path, seen)):
        add(path, b"1\nhal")
        halfway = list(comes(seen, 1))
        wait_until(lambda: len(seen) > 1, 0.3)
        add(path, b"f\n")
        comes(seen, 2)

    assert (halfway, seen) == (["1"], ["1", "half"])


def test_a_row_over_several_lines_is_handed_over_when_its_last_one_has_come(tmp_path: Path) -> None:
    path, seen = tmp_path / "a.csv", list[Any]()
    path.write_bytes(b'a,b\n1,"x\n')
    with going(follow(path, seen)):
        wait_until(lambda: len(seen) > 0, 0.3)
        add(path, b'y"\n2,z\n')
        comes(seen, 2)

    assert seen == [{"a": "1", "b": "x\ny"}, {"a": "2", "b": "z"}]


def test_a_stop_ends_it_at_once(path: Path) -> None:
    with going(follow(path, [])) as run:
        began = time.monotonic()
        report = run.stop()

    assert (report is not None and report.reason, time.monotonic() - began < 2) == ("stopped", True)


def test_a_file_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(rs.ConnectError, match=r"^from_file: the file must be there and readable; "):
        rs.run(follow(tmp_path / "none.txt", []))


# Past and live


def test_what_stands_there_at_the_start_is_a_past_that_is_merged_by_time(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t\n1\n3\n")
    seen: list[Any] = []
    source = rs.from_file(tmp_path / "a.csv", follow=True, time="t", unit="s")
    history = rs.from_history([(datetime.fromtimestamp(n, UTC), {"t": f"{n}"}) for n in (2, 4)])
    pipeline = source.pipe(ops.merge(history), ops.map(lambda row: row["t"])).to(seen.append)
    with going(pipeline):
        comes(seen, 4)
        add(tmp_path / "a.csv", b"5\n")
        comes(seen, 5)

    assert seen == ["1", "2", "3", "4", "5"]


def test_it_goes_live_once_between_what_was_there_and_what_comes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t\n1\n3\n5")
    seen: list[str] = []
    source = rs.from_file(tmp_path / "a.csv", follow=True, time="t", unit="s").pipe(ops.take(4))

    def go_on() -> None:
        seen.append("live")
        add(tmp_path / "a.csv", b"7\n60\n")

    rs.run(source.to(lambda row: seen.append(row["t"])), on_live=go_on)

    assert seen == ["1", "3", "live", "57", "60"]


# Renamed


def rotate(path: Path, number: int) -> None:
    path.rename(path.with_name(f"{path.name}.{number}"))
    path.touch()


def test_what_is_written_to_a_renamed_file_before_the_writer_has_heard_is_not_lost(path: Path) -> None:
    seen: list[str] = []
    with going(follow(path, seen)), path.open("ab", buffering=0) as file:
        file.write(b"1\n")
        comes(seen, 1)
        rotate(path, 1)
        wait_until(lambda: False, 2 * APART)
        file.write(b"2\n")
        add(path, b"3\n")
        comes(seen, 3)

    assert seen == ["1", "2", "3"]


@settings(EXAMPLES, max_examples=6)
@given(generations=st.lists(st.tuples(PIECES, st.booleans()), min_size=2, max_size=4))
def test_every_line_comes_once_however_often_the_file_is_renamed(generations: list[tuple[list[bytes], bool]]) -> None:
    """A run goes on over a renaming, or is stopped before and begun again behind it."""
    seen: list[str] = []
    contents = [b"".join(pieces) for pieces, _ in generations]
    expected = [line for content in contents for line in lines_of(content, half_too=True)] + ["end"]
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        path.touch()
        source = follow(path, seen, position=Path(folder, "position"))
        run = going(source)
        run.__enter__()
        for number, (pieces, restarts) in enumerate(generations):
            for piece in pieces:
                add(path, piece)
            time.sleep(APART)
            if restarts:
                run.__exit__(None, None, None)
            rotate(path, number)
            if restarts:
                run = going(source)
                run.__enter__()
        add(path, b"end\n")
        comes(seen, len(expected))
        run.__exit__(None, None, None)

    assert seen == expected


# Cut off


@settings(EXAMPLES, max_examples=10)
@given(generations=st.lists(PIECES, min_size=2, max_size=4))
def test_a_file_that_is_cut_off_begins_anew(generations: list[list[bytes]]) -> None:
    seen: list[str] = []
    expected: list[str] = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        path.touch()
        with going(follow(path, seen, position=Path(folder, "position"))):
            for number, pieces in enumerate(generations):
                # Different from what stood there before.
                content = b"%d\n" % number + b"".join(pieces)
                path.write_bytes(content)
                expected += lines_of(content, half_too=False)
                comes(seen, len(expected))

    assert seen == expected


def test_a_csv_that_is_cut_off_begins_with_its_header(tmp_path: Path) -> None:
    path, seen = tmp_path / "a.csv", list[Any]()
    path.write_bytes(b"a\n1\n")
    with going(follow(path, seen)):
        comes(seen, 1)
        path.write_bytes(b"b,c\n2,3\n")
        comes(seen, 2)

    assert seen == [{"a": "1"}, {"b": "2", "c": "3"}]
