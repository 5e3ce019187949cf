"""Items that failed, sent to a sink of their own with all that is known of the failure."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Letters:
    """A sink that keeps the letters' passports, and fails if it is told to."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.events: list[rs.Event[Any]] = []
        self.calls: list[str] = []
        self._error = error

    async def open(self) -> None:
        self.calls.append("open")

    async def write(self, batch: Any) -> None:
        if self._error is not None:
            raise self._error
        self.events += batch.events

    async def close(self) -> None:
        self.calls.append("close")


def letter_of(event: Any, *operators: Any, error: Callable[[Any], Any] = int) -> rs.Event[Any]:
    """The letter of an item that fails in ``error``."""
    letters = Letters()
    stream = rs.from_iterable([event]).pipe(*operators, ops.map(error))
    rs.collect(stream, on_error=rs.handlers.dead_letter(letters))
    return letters.events[0]


def test_the_others_flow() -> None:
    letters = rs.to_list()
    items = rs.collect(rs.from_iterable(["1", "x", "3"]).pipe(ops.map(int)), on_error=rs.handlers.dead_letter(letters))

    assert (items, letters.items) == ([1, 3], ["x"])


def test_a_letter_has_the_records_headers_and_those_that_say_what_happened() -> None:
    letter = letter_of(rs.Event("x", headers=(("own", b"1"),), origin=rs.Origin("orders", 3, 14)))

    assert letter.headers == (
        ("own", b"1"),
        ("rx-error-type", b"builtins.ValueError"),
        ("rx-error-message", b"invalid literal for int() with base 10: 'x'"),
        ("rx-error-operator", b"map"),
        ("rx-source", b"orders"),
        ("rx-partition", b"3"),
        ("rx-offset", b"14"),
        ("rx-attempts", b"1"),
    )


def test_a_record_without_an_origin_gives_a_letter_without_one() -> None:
    names = [name for name, _ in letter_of("x").headers]

    assert names == ["rx-error-type", "rx-error-message", "rx-error-operator", "rx-attempts"]


def test_an_origin_without_a_partition_leaves_it_out() -> None:
    letter = letter_of(rs.Event("x", origin=rs.Origin("a.csv", None, 7)))

    assert (letter.header("rx-source"), letter.header("rx-partition"), letter.header("rx-offset")) == (
        b"a.csv",
        None,
        b"7",
    )


def test_an_errors_type_is_told_with_its_module() -> None:
    def fail(_item: Any) -> None:
        raise rs.DeliveryError("no")

    assert letter_of("x", error=fail).header("rx-error-type") == b"rxstream.errors.DeliveryError"


def test_a_letter_has_the_sources_key_and_timestamp_whatever_operators_made_of_them() -> None:
    event = rs.Event("x", key="k", timestamp=NOON)
    letter = letter_of(event, ops.key_by(lambda _: "other"), ops.event_time(lambda _: 5, unit="s"))

    assert (letter.key, letter.timestamp) == ("k", NOON)


def test_a_letter_has_the_sources_value_whatever_operators_made_of_it() -> None:
    assert letter_of("x", ops.map(lambda text: text * 2)).value == "x"


def test_a_letter_has_the_sources_headers_whatever_operators_made_of_them() -> None:
    changed = ops.map(lambda event: event.replace(headers=(("new", b"2"),)))
    letter = letter_of(rs.Event("x", headers=(("own", b"1"),)), ops.events(), changed, ops.values())

    assert (letter.header("own"), letter.header("new")) == (b"1", None)


def test_a_letter_of_a_line_has_the_bytes_as_they_came(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":  1}\n')
    letters = rs.to_list()
    stream = rs.from_file(path).pipe(ops.map(lambda found: found["b"]))
    rs.collect(stream, on_error=rs.handlers.dead_letter(letters))

    assert letters.items == [b'{"a":  1}']


def test_a_letter_of_an_undecodable_line_has_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"1\n{oops\n")
    letters = Letters()
    rs.collect(rs.from_file(path), on_error=rs.handlers.dead_letter(letters))
    (letter,) = letters.events

    assert (letter.value, letter.header("rx-offset"), letter.header("rx-error-operator")) == (
        b"{oops",
        b"2",
        b"from_file",
    )


def test_a_letter_that_fails_again_keeps_its_first_place() -> None:
    first = (("rx-source", b"orders"), ("rx-partition", b"3"), ("rx-offset", b"14"), ("rx-error-operator", b"filter"))
    letter = letter_of(rs.Event("x", headers=first, origin=rs.Origin("dead", 0, 1)))

    assert [letter.header(name) for name in ("rx-source", "rx-partition", "rx-offset", "rx-error-operator")] == [
        b"orders",
        b"3",
        b"14",
        b"map",
    ]


def test_a_letter_that_fails_again_has_every_header_once() -> None:
    names = [name for name, _ in letter_of(letter_of("x")).headers]

    assert len(names) == len(set(names))


# Sinks for letters


def test_a_function_sees_the_value_and_the_headers_in_the_passport() -> None:
    seen: list[Any] = []

    def note(value: Any) -> None:
        seen.append((value, rs.current_event().header("rx-error-operator")))  # type: ignore[union-attr]  # there is one

    rs.collect(rs.from_iterable(["x"]).pipe(ops.map(int)), on_error=rs.handlers.dead_letter(note))

    assert seen == [("x", b"map")]


def test_an_async_function_is_awaited_and_sees_the_same() -> None:
    seen: list[Any] = []

    async def note(value: Any) -> None:
        await asyncio.sleep(0)
        seen.append((value, rs.current_event().header("rx-error-operator")))  # type: ignore[union-attr]  # there is one

    rs.collect(rs.from_iterable(["x", "y"]).pipe(ops.map(int)), on_error=rs.handlers.dead_letter(note))

    assert seen == [("x", b"map"), ("y", b"map")]


def test_a_file_gets_an_object_a_letter(tmp_path: Path) -> None:
    source, dead = tmp_path / "a.csv", tmp_path / "dead.jsonl"
    source.write_bytes(b"n\n1\nx\n")
    stream = rs.from_file(source, key="n").pipe(ops.map(lambda row: int(row["n"])))
    rs.collect(stream, on_error=rs.handlers.dead_letter(rs.to_file(dead)))
    letter = json.loads(dead.read_text())

    assert (letter["key"], json.loads(letter["value"]), letter["headers"]["rx-offset"]) == ("x", {"n": "x"}, "3")
    assert letter["headers"]["rx-source"] == str(source)


def test_a_letters_sink_is_opened_before_anything_is_read_and_closed_once() -> None:
    letters = Letters()
    opened: list[list[str]] = []
    stream = rs.from_iterable([1, 2]).pipe(ops.observe(lambda _: opened.append(list(letters.calls))))
    rs.collect(stream, on_error=rs.handlers.dead_letter(letters))

    assert (opened, letters.calls) == ([["open"], ["open"]], ["open", "close"])


def test_the_report_counts_letters_that_were_confirmed() -> None:
    pipeline = rs.from_iterable(["1", "x", "y"]).pipe(ops.map(int))
    report = rs.run(pipeline.to(rs.to_list(), on_error=rs.handlers.dead_letter(Letters()), name="p"))

    assert (report["p"].dead_lettered, report["p"].failed, report["p"].emitted) == (2, 2, 1)


def test_two_pipelines_may_share_a_handler() -> None:
    letters = Letters()
    handler = rs.handlers.dead_letter(letters)
    rs.run(*(rs.from_iterable([text]).pipe(ops.map(int)).to(rs.to_list(), on_error=handler) for text in "xy"))

    assert (sorted(letter.value for letter in letters.events), letters.calls) == (["x", "y"], ["open", "close"])


@pytest.mark.parametrize("kind", ["sink", "function", "async function"])
def test_a_letter_that_cannot_be_sent_ends_the_run(kind: str) -> None:
    full = OSError("full")

    def fail(_value: Any) -> None:
        raise full

    async def fail_later(_value: Any) -> None:
        raise full

    sink = {"sink": Letters(full), "function": fail, "async function": fail_later}[kind]
    with pytest.raises(OSError, match=r"^full"):
        rs.run(
            rs.from_iterable(["x"]).pipe(ops.map(int)).to(rs.to_list(), on_error=rs.handlers.dead_letter(sink)),
            shutdown=1,
        )


# then=


def test_then_is_called_with_the_event_and_the_error_once_the_letter_is_on_its_way() -> None:
    letters = rs.to_list()
    called: list[Any] = []

    def then(event: rs.Event[Any], error: BaseException) -> None:
        called.append((event.value, type(error), list(letters.items)))

    rs.collect(rs.from_iterable(["x"]).pipe(ops.map(int)), on_error=rs.handlers.dead_letter(letters, then=then))

    assert called == [("x", ValueError, ["x"])]


def test_then_stop_ends_the_run_with_a_letter() -> None:
    letters = Letters()
    handler = rs.handlers.dead_letter(letters, then=rs.handlers.stop())
    with pytest.raises(ValueError, match=r"^invalid literal"):
        rs.run(rs.from_iterable(["x", "y"]).pipe(ops.map(int)).to(rs.to_list(), on_error=handler))

    assert [letter.value for letter in letters.events] == ["x"]


def test_then_may_be_async() -> None:
    called: list[Any] = []

    async def then(event: rs.Event[Any], _error: BaseException) -> None:
        await asyncio.sleep(0)
        called.append(event.value)

    handler = rs.handlers.dead_letter(rs.to_list(), then=then)
    rs.collect(rs.from_iterable(["x", "y"]).pipe(ops.map(int)), on_error=handler)

    assert called == ["x", "y"]


# Wrong arguments


def test_what_cannot_take_letters_is_refused_by_the_call() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.handlers.dead_letter(5)

    assert str(caught.value) == (
        "dead_letter: a sink must be rs.to_…(…), a function of one value, an Observer or an object with open, write "
        "and close; got 5. Give one of these."
    )


def test_a_then_that_cannot_be_called_is_refused_by_the_call() -> None:
    with pytest.raises(rs.ConfigurationError, match=r"^dead_letter: then must be rs\.handlers\.…\(…\) or a "):
        rs.handlers.dead_letter(rs.to_list(), then=5)


def test_append_false_is_refused_for_letters_behind_a_source_that_acknowledges() -> None:
    records = rs.from_kafka("t", bootstrap_servers="localhost:9092", group_id="g")

    with pytest.raises(rs.ConfigurationError, match=r"^to_file: behind from_kafka the file must go on"):
        records.to(print, on_error=rs.handlers.dead_letter(rs.to_file("dead.jsonl", append=False)))
