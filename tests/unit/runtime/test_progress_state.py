"""What is known of a run while it lasts."""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import Feed, Poll
from rxstream.runtime._loop import ClockLoop
from rxstream.runtime._options import Asked, Options
from rxstream.runtime._progress_state import Looks, State
from rxstream.runtime._run import Run

Given = Callable[[Callable[[Any], Any]], rs.Stream[Any]]


def states_at(made: Given, *, when: Callable[[Any], bool], asked: Asked | None = None) -> list[State]:
    """The states of a run when certain items come, and at its end; ``made`` is given the operator that looks."""
    looks: list[Looks] = []
    states: list[State] = []

    def look(item: Any) -> None:
        if when(item):
            states.append(looks[0].look())

    options = Options((made(ops.observe(look)).to(rs.to_list(), name="p"),), asked or Asked())

    def begun(run: Run) -> None:
        looks.append(Looks(run, options))

    with asyncio.Runner(loop_factory=ClockLoop if options.replays else None) as runner:
        runner.run(options.execute(begun)).result()
    return [*states, looks[0].look()]


def shares(made: Given, *, when: Callable[[Any], bool], asked: Asked | None = None) -> list[float | None]:
    """How much was done, as far as it is known, whenever an item comes that is meant."""
    return [state.share for state in states_at(made, when=when, asked=asked)[:-1]]


class Lagging:
    """A live source of one item, behind which others wait."""

    def __init__(self) -> None:
        self._polls = [Poll(["item"])]

    def lag(self) -> int:
        """How many wait."""
        return 41

    async def read(self) -> Poll | None:
        return self._polls.pop() if self._polls else None

    async def commit(self, positions: Mapping[Any, int], above: Any) -> Mapping[Any, int]:
        return positions

    async def close(self) -> None:
        pass


async def lagging() -> Lagging:
    return Lagging()


# How much is done


def test_of_a_list_it_is_what_was_handed_over() -> None:
    items = list(range(200_000))
    (share,) = shares(lambda look: rs.from_iterable(items).pipe(look), when=lambda item: item == 100_000)

    # What was cut off for the next pass counts as well.
    assert share is not None
    assert 0.5 <= share <= 0.53


def test_of_several_sources_it_is_that_of_all_together() -> None:
    def merged(look: Any) -> rs.Stream[Any]:
        past = rs.from_history([(number, number) for number in range(10_000)], unit="s")
        return past.pipe(ops.merge(rs.from_history([(1e6, -1)] * 10_000, unit="s")), look)

    (share,) = shares(merged, when=lambda item: item == 9_999)

    assert share is not None
    assert 0.5 <= share <= 0.65


@pytest.mark.parametrize("opened", [open, gzip.open], ids=["plain", "packed"])
def test_of_a_file_it_is_what_was_read_of_its_bytes(tmp_path: Path, opened: Any) -> None:
    path = tmp_path / ("rows.jsonl" if opened is open else "rows.jsonl.gz")
    with opened(path, "wt") as file:
        file.writelines(f"{number * 7919 % 1_000_003}\n" for number in range(200_000))
    places = iter(range(200_000))
    (share,) = shares(lambda look: rs.from_file(path).pipe(look), when=lambda _: next(places) == 100_000)

    assert share is not None
    assert 0.4 <= share <= 0.7


def test_of_a_generator_nobody_knows() -> None:
    assert shares(lambda look: rs.from_iterable(iter([1])).pipe(look), when=bool) == [None]


def test_where_one_source_is_not_known_nothing_is() -> None:
    merged = rs.from_iterable([1]).pipe(ops.merge(rs.from_iterable(iter([0]))))

    assert shares(merged.pipe, when=bool) == [None]


def test_what_begins_later_is_not_taken_for_nothing() -> None:
    later = rs.from_iterable([1]).pipe(ops.concat(rs.from_iterable([0])))

    assert shares(later.pipe, when=bool) == [None]


def test_up_to_an_end_that_was_asked_for_it_is_the_time_that_has_passed() -> None:
    asked = Asked(until=datetime.fromtimestamp(100, UTC))
    made = shares(lambda look: rs.interval(1).pipe(look), when=lambda tick: tick == 49, asked=asked)

    assert made == [0.5]


def test_of_a_timer_without_an_end_nobody_knows() -> None:
    assert shares(lambda look: rs.interval(1).pipe(look, ops.take(1)), when=lambda _: True) == [None]


# What waits


def test_of_what_is_live_it_is_known_how_much_waits() -> None:
    live: rs.Stream[Any] = rs.Stream(feed=Feed(name="live", lift=rs.Event, connect=lagging, live=True))
    first, last = states_at(live.pipe, when=bool)

    assert (first.lag, first.share, last.lag) == (41, None, None)


def test_of_what_is_past_nothing_waits() -> None:
    first, _ = states_at(lambda look: rs.from_iterable([1]).pipe(look), when=bool)

    assert first.lag is None


# Rates


def test_at_the_end_the_rate_is_that_of_the_whole_run() -> None:
    last = states_at(lambda look: rs.from_iterable(range(1_000)).pipe(look), when=lambda _: False)[-1]

    assert last.is_over
    assert last.rates == (1_000 / last.report.wall,)


def test_before_anything_has_come_the_rate_is_nought() -> None:
    first, _ = states_at(lambda look: rs.from_iterable([1]).pipe(look), when=bool)

    assert first.rates[0] >= 0
    assert not first.is_over
