"""A pipeline says which record has been unsettled for longest, and who holds it."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.delivery.belt import Belt


def told_while(stream: rs.Stream[Any], *sinks: Any) -> str:
    """What a pipeline says of itself once its sinks have got what they get, its seconds left out."""
    pipeline = stream.to(*sinks, name="p")

    async def ask() -> str:
        async with rs.running(pipeline, shutdown=0.01):
            await asyncio.sleep(0.1)
            return pipeline.why_stuck()

    return re.sub(r"\d+\.\d s", "… s", asyncio.run(ask()))


class Hanging:
    """A sink that never answers."""

    async def open(self) -> None:
        """Nothing to get ready."""

    async def write(self, _batch: Any) -> None:
        """Take them and say nothing."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Nothing to let go of."""


def live(count: int, **options: Any) -> rs.Stream[Any]:
    """So many numbers from a source that remembers what was settled, and goes on without end."""
    return Belt(range(count), live=True, **options).stream


async def hang(_value: Any) -> None:
    """Never return."""
    await asyncio.Event().wait()


def test_nothing_is_stuck_where_everything_is_settled() -> None:
    assert told_while(live(5), rs.to_list()) == "p: nothing is stuck"


def test_a_pipeline_that_does_not_run_says_so() -> None:
    pipeline = Belt(range(5)).stream.to(rs.to_list(), name="p")
    rs.run(pipeline)

    assert pipeline.why_stuck() == "p: not running"


HOLDERS: list[tuple[str, Callable[[], tuple[rs.Stream[Any], Any]]]] = [
    ("Hanging", lambda: (live(5), Hanging())),
    ("hang", lambda: (live(5), hang)),
    ("map_async", lambda: (live(5).pipe(ops.map_async(hang)), rs.to_list())),
    ("process", lambda: (live(5).pipe(ops.process(hang)), rs.to_list())),
    ("debounce", lambda: (live(1).pipe(ops.debounce(60)), rs.to_list())),
    ("buffer", lambda: (live(5).pipe(ops.buffer(100)), rs.to_list())),
    ("window", lambda: (live(5).pipe(ops.event_time(int, unit="s"), ops.window(rs.tumbling(10))), rs.to_list())),
    ("whoever is to answer it (event.ack)", lambda: (live(5, manual=True), rs.to_list())),
]


@pytest.mark.parametrize(("holder", "build"), HOLDERS, ids=[holder for holder, _ in HOLDERS])
def test_it_names_the_first_record_and_its_holder(holder: str, build: Callable[[], Any]) -> None:
    stream, sink = build()

    assert told_while(stream, sink) == f"p: belt[0] at 0, key 0, unsettled for … s, held by {holder}"


def test_what_was_settled_before_it_is_left_out() -> None:
    async def hang_at_three(value: int) -> None:
        if value == 3:
            await hang(value)

    said = told_while(live(5), hang_at_three)

    assert said == "p: belt[0] at 3, key 0, unsettled for … s, held by hang_at_three"


def test_who_has_it_now_is_named_and_not_who_had_it_before() -> None:
    buffered = live(5).pipe(ops.delay(0.01), ops.map_async(hang))

    assert told_while(buffered, rs.to_list()).endswith("held by map_async")


def test_items_of_a_source_that_remembers_nothing_are_counted() -> None:
    async def numbers() -> Any:
        for number in range(3):
            yield number

    assert told_while(rs.from_aiter(numbers), hang) == "p: 3 items wait for hang"


def test_it_is_logged_when_the_shutdown_budget_is_over(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "rxstream"):
        told_while(live(5), Hanging())

    [said] = [record.getMessage() for record in caplog.records if record.getMessage().startswith("p: ")]
    assert re.fullmatch(r"p: belt\[0\] at 0, key 0, unsettled for \d\.\d s, held by Hanging", said)


def test_it_is_logged_when_a_source_has_been_paused_for_long(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rxstream.runtime._pump._LONG", 0.05)

    with caplog.at_level(logging.WARNING, "rxstream"):
        told_while(live(5, size=1, max_in_flight=2), Hanging())

    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert re.fullmatch(
        r"no more is read, as too much waits: p: belt\[0\] at 0, key 0, unsettled for \d\.\d s, held by Hanging",
        said[0],
    )
