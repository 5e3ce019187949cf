"""The check of a sink finds each rule that is broken, and nothing else."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rxstream as rs
from rxstream.testing import check_sink
from tests.unit.testing import boxes

GONE = "Let it do nothing where nothing is open."
EARLY = "Do not return before they are safe."
NAMES = "write must have stored what it does not name in its BatchError, and only that"
NAME_THEM = "Name those that were refused, and store the others."


def with_items(kind: Any) -> Callable[[], Any]:
    def made() -> Any:
        sink = kind()
        return sink, lambda: sink.items

    return made


@pytest.mark.parametrize(
    "kind", [boxes.Box, boxes.Selective, boxes.Confirming, boxes.Encoding, boxes.Packing, boxes.Plain, rs.to_list]
)
def test_who_keeps_the_contract_passes(kind: Any) -> None:
    check_sink(with_items(kind))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (boxes.Closed, "open must get ready, also when called again; it raised OSError('shut'). See the cause."),
        (
            boxes.Peeking,
            "write must take an empty batch; it raised IndexError('list index out of range'). See the cause.",
        ),
        (
            boxes.Marking,
            "write must store nothing for an empty batch; got 1 values for 0. Store one item for each value.",
        ),
        (boxes.Batching, "write must take a batch of one; it raised ValueError('too few'). See the cause."),
        (boxes.Small, "write must take a batch of a thousand; it raised ValueError('too many'). See the cause."),
        (boxes.Buffering, f"write must have stored the value when it returns; got 0 values for 1. {EARLY}"),
        (
            boxes.Unordered,
            "write must have stored all values, in order, when it returns; "
            f"got 'item-1000' for 'item-1' at place 1. {EARLY}",
        ),
        (
            boxes.Erasing,
            "close must leave what is stored as it is; got 0 values for 1004. Only let go.",
        ),
        (
            boxes.Keyless,
            "write must take values with key, timestamp, headers and origin; it raised ValueError('no keys'). "
            "See the cause.",
        ),
        (
            boxes.Fragile,
            f"close must do no harm where it is closed already; it raised RuntimeError('closed already'). {GONE}",
        ),
        (
            boxes.Renewing,
            "open must leave what is stored as it is, when called again; got 2 values for 4. "
            "Go on behind what is there.",
        ),
        (
            boxes.Misnaming,
            "write must name places from 0 to 2 in its BatchError; got [7]. Name the places in the batch.",
        ),
        (
            boxes.Unnaming,
            "write must name places from 0 to 2 in its BatchError; got []. Name the places in the batch.",
        ),
        (boxes.Blaming, f"{NAMES}; it named [1, 2], and 'item-1' at place 2 is there. {NAME_THEM}"),
        (boxes.Silent, f"{NAMES}; it named [], and 'item-0' at place 0 is not there. {NAME_THEM}"),
        (
            boxes.Offended,
            "write must go on after one that failed; it raised RuntimeError('offended'). See the cause.",
        ),
        (boxes.Deaf, f"write must have stored the values after one that failed; got []. {EARLY}"),
        (
            boxes.Stuck,
            f"close must let go of everything, also after a failure; it raised RuntimeError('stuck'). {GONE}",
        ),
    ],
)
def test_who_breaks_a_rule_is_told_which(kind: Any, message: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_sink(with_items(kind))

    assert str(caught.value) == f"check_sink: {kind.__name__}.{message}"


def test_the_order_of_batches_is_looked_at_too() -> None:
    with pytest.raises(AssertionError) as caught:
        check_sink(with_items(boxes.Stacking))

    assert str(caught.value) == (
        "check_sink: Stacking.write must have stored all values, in order, when it returns; "
        f"got 'item-1' for 'item-0' at place 0. {EARLY}"
    )


def test_what_is_no_sink_is_told_so() -> None:
    with pytest.raises(AssertionError) as caught:
        check_sink(lambda: 5)

    assert str(caught.value) == (
        "check_sink: a sink must be rs.to_…(…), a function of one value, an Observer or an object with open, write and "
        "close; got 5. Give one of these."
    )


def test_where_nobody_can_look_the_rest_is_checked() -> None:
    check_sink(boxes.Erasing)
    with pytest.raises(AssertionError, match="closed already"):
        check_sink(boxes.Fragile)


def test_functions_are_sinks_too() -> None:
    def made() -> Any:
        items: list[Any] = []
        return items.append, lambda: items

    check_sink(made)


def test_factory_and_reader_may_be_async() -> None:
    async def made() -> Any:
        sink = boxes.Box()

        async def read_back() -> list[Any]:
            await asyncio.sleep(0)
            return sink.items

        return sink, read_back

    check_sink(made)


def test_to_file_passes(tmp_path: Path) -> None:
    paths = (tmp_path / f"{number}.lines" for number in range(100))

    def made() -> Any:
        path = next(paths)
        return rs.to_file(path, format="lines", append=True), lambda: path.read_text().splitlines()

    check_sink(made)


def test_values_may_be_made_by_the_factory(tmp_path: Path) -> None:
    paths = (tmp_path / f"{number}.jsonl" for number in range(100))

    def made() -> Any:
        path = next(paths)

        def read_back() -> list[Any]:
            return [json.loads(line) for line in path.read_text().splitlines()]

        return rs.to_file(path, append=True), read_back, lambda number: {"n": number}

    check_sink(made)
