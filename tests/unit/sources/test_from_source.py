"""A source of one's own, as a stream."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import Partition
from tests.unit.conftest import Refusal

SHELF = ("shelf", 0)


def noted(value: Any, offset: int, partition: int = 0) -> rs.Event[Any]:
    return rs.Event(value, origin=rs.Origin("shelf", partition, offset))


class Shelf:
    """What each read gives, one after the other, and then the end; notes what is called.

    Args:
        reads: Lists of Events, or errors, or functions to await.
    """

    def __init__(self, *reads: Any) -> None:
        self.reads = list(reads)
        self.calls: list[Any] = []
        self.asked: list[int] = []

    async def open(self, positions: Mapping[Partition, int]) -> None:
        self.calls.append(("open", dict(positions)))

    async def read(self, max_items: int) -> Sequence[rs.Event[Any]] | None:
        self.asked.append(max_items)
        await asyncio.sleep(0)
        found = self.reads.pop(0) if self.reads else None
        if isinstance(found, BaseException):
            raise found
        return await found() if callable(found) else found

    async def commit(self, positions: Mapping[Partition, int]) -> None:
        self.calls.append(("commit", dict(positions)))

    async def close(self) -> None:
        self.calls.append("close")


def failure_of(shelf: Any) -> str:
    with pytest.raises(rs.StreamError) as caught:
        rs.collect(rs.from_source(shelf))
    return str(caught.value)


def test_what_is_read_is_the_stream_up_to_the_end() -> None:
    shelf = Shelf([noted("a", 0), noted("b", 1)], [noted("c", 2)])

    assert rs.collect(rs.from_source(shelf)) == ["a", "b", "c"]


def test_it_is_opened_read_committed_and_closed() -> None:
    shelf = Shelf([noted("a", 3), noted("b", 7)])
    rs.collect(rs.from_source(shelf))

    assert shelf.calls == [("open", {}), ("commit", {SHELF: 8}), "close"]


def test_the_next_run_is_told_what_was_committed() -> None:
    shelf = Shelf([noted("a", 3)], None, [noted("b", 4)])
    stream = rs.from_source(shelf)
    first, second = rs.collect(stream), rs.collect(stream)

    assert (first, second) == (["a"], ["b"])
    assert shelf.calls[3:] == [("open", {SHELF: 4}), ("commit", {SHELF: 5}), "close"]


def test_methods_that_have_nothing_to_wait_for_need_not_be_async() -> None:
    class Plain:
        def __init__(self) -> None:
            self.reads = [[noted("a", 0)], [], [noted("b", 1)]]
            self.committed: Any = None

        def open(self, positions: Any) -> None: ...

        def read(self, max_items: int) -> Any:
            return self.reads.pop(0) if self.reads else None

        def commit(self, positions: Any) -> None:
            self.committed = positions

        def close(self) -> None: ...

    source: Any = Plain()

    assert (rs.collect(rs.from_source(source)), source.committed) == (["a", "b"], {SHELF: 2})


def test_an_item_brings_its_passport() -> None:
    event = rs.Event(1, key="k", headers=(("h", b"1"),), origin=rs.Origin("shelf", 0, 5))

    assert rs.collect(rs.from_source(Shelf([event])).pipe(ops.events())) == [event]


def test_partitions_are_committed_each_for_itself() -> None:
    shelf = Shelf([noted("a", 0, partition=1), noted("b", 9), noted("c", 4, partition=1)])
    rs.collect(rs.from_source(shelf))

    assert shelf.calls[1] == ("commit", {("shelf", 1): 5, SHELF: 10})


def test_items_without_an_origin_are_not_committed() -> None:
    shelf = Shelf([rs.Event("a"), noted("b", 1), rs.Event("c")], [rs.Event("d")])

    assert rs.collect(rs.from_source(shelf)) == ["a", "b", "c", "d"]
    assert shelf.calls[1:-1] == [("commit", {SHELF: 2})]


@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=6), max_size=6))
def test_whatever_is_read_comes_in_order_and_is_committed(reads: list[list[tuple[int, bool]]]) -> None:
    ends: dict[Partition, int] = {}
    given: list[list[rs.Event[Any]]] = []
    for read in reads:
        given.append([])
        for partition, has_origin in read:
            offset = ends.get(("shelf", partition), 0)
            given[-1].append(noted(offset, offset, partition) if has_origin else rs.Event(-1))
            ends |= {("shelf", partition): offset + 1} if has_origin else {}
    shelf = Shelf(*given)
    items = rs.collect(rs.from_source(shelf))

    assert items == [event.value for read in given for event in read]
    assert [call for call in shelf.calls if call[0] == "commit"] == [("commit", ends)] * bool(ends)


def test_what_is_not_settled_is_not_committed() -> None:
    def refuse(value: str) -> None:
        if value == "b":
            raise ValueError(value)

    shelf = Shelf([noted("a", 0), noted("b", 1), noted("c", 2)])
    with pytest.raises(ValueError, match="b"):
        rs.run(rs.from_source(shelf).to(refuse))

    assert shelf.calls[1:] == [("commit", {SHELF: 1}), "close"]


# What comes of errors


@pytest.mark.parametrize("error", [rs.ConnectError("shelf: nobody answers. Wait."), OSError("torn")])
def test_an_error_of_a_read_ends_the_run_as_it_is(error: Exception) -> None:
    shelf = Shelf([noted("a", 0)], error)
    seen = rs.to_list()
    with pytest.raises(type(error)) as caught:
        rs.run(rs.from_source(shelf).to(seen))

    assert (caught.value, seen.items, shelf.calls[-1]) == (error, ["a"], "close")


def test_one_that_cannot_be_opened_is_closed() -> None:
    class Shut(Shelf):
        async def open(self, positions: Mapping[Partition, int]) -> None:
            raise rs.ConnectError("shelf: it is shut. Open it.")

    shelf = Shut()
    with pytest.raises(rs.ConnectError):
        rs.collect(rs.from_source(shelf))

    assert shelf.calls == ["close"]


def test_a_close_that_fails_behind_an_open_that_fails_is_a_note() -> None:
    class Broken(Shelf):
        async def open(self, positions: Mapping[Partition, int]) -> None:
            raise OSError("first")

        async def close(self) -> None:
            raise OSError("second")

    with pytest.raises(OSError, match="first") as caught:
        rs.collect(rs.from_source(Broken()))

    assert "from_source: then Broken.close failed too: OSError('second')" in caught.value.__notes__


def test_offsets_that_do_not_increase_are_refused() -> None:
    assert failure_of(Shelf([noted("a", 3)], [noted("b", 3)])) == (
        "from_source: offsets must be whole numbers that increase within a partition; Shelf.read gave 3 after 3 in "
        "('shelf', 0). Number the items in the order in which read gives them."
    )


def test_an_offset_that_is_no_number_is_refused() -> None:
    event: Any = rs.Event("a", origin=rs.Origin("shelf", 0, "7"))  # type: ignore[arg-type]  # the mistake

    assert failure_of(Shelf([event])) == (
        "from_source: offsets must be whole numbers that increase within a partition; Shelf.read gave '7' in "
        "('shelf', 0). Number the items in the order in which read gives them."
    )


def test_a_read_that_gives_values_is_refused() -> None:
    assert failure_of(Shelf([5])) == (
        "from_source: Shelf.read must give Events; got 5. "
        "Wrap it: rs.Event(value, origin=rs.Origin(source, partition, offset))."
    )


def test_a_read_that_gives_no_list_is_refused() -> None:
    assert failure_of(Shelf("abc")) == (
        "from_source: Shelf.read must give a list of Events, or None at the end; got 'abc'. "
        "Return a list; an empty one says that there is nothing for now."
    )


def test_a_read_that_cancels_itself_is_told_to_catch_it() -> None:
    assert failure_of(Shelf(asyncio.CancelledError())) == (
        "from_source: Shelf.read must return, or raise an error of its own; it raised CancelledError. "
        "Catch that where it cancels what it waits for."
    )


# How it is read


def test_a_read_that_gives_nothing_at_once_is_not_asked_again_at_once() -> None:
    shelf = Shelf(*[[]] * 5, [noted("a", 0)])
    report = rs.run(rs.from_source(shelf).to(rs.to_list()))

    assert 0.09 < report.wall < 1


def test_items_that_are_waited_for_come_at_once() -> None:
    async def later() -> list[rs.Event[Any]]:
        await asyncio.sleep(0.001)
        return [noted("a", next(offsets))]

    offsets = iter(range(1000))
    report = rs.run(rs.from_source(Shelf(*[later] * 100)).to(rs.to_list()))

    assert report.wall < 1


def test_a_read_that_waits_is_cancelled_for_the_commit_and_goes_on() -> None:
    shelf = Shelf([noted("a", 0)])
    arrived = asyncio.Event()

    async def waiting() -> Any:
        try:
            await arrived.wait()
        except asyncio.CancelledError:
            shelf.calls.append("cancelled")
            shelf.reads.insert(0, waiting)
            raise
        return [noted("b", 1)]

    class Watched(Shelf):
        async def commit(self, positions: Mapping[Partition, int]) -> None:
            await shelf.commit(positions)
            arrived.set()

    watched = Watched()
    watched.reads = shelf.reads
    shelf.reads.append(waiting)

    assert rs.collect(rs.from_source(watched)) == ["a", "b"]
    assert shelf.calls == ["cancelled", ("commit", {SHELF: 1}), ("commit", {SHELF: 2})]


def test_a_read_that_waits_does_not_keep_the_run_from_stopping() -> None:
    async def for_ever() -> None:
        await asyncio.Event().wait()

    async def stopped() -> rs.Report:
        async with rs.running(rs.from_source(shelf).to(rs.to_list(), name="p")) as run:
            while run.report["p"].received == 0:
                await asyncio.sleep(0.001)
            return await run.stop()

    shelf = Shelf([noted("a", 0)], for_ever)
    report = asyncio.run(stopped())

    assert (report.reason, report.wall < 1) == ("stopped", True)
    assert shelf.calls[1:] == [("commit", {SHELF: 1}), "close"]


def test_nothing_is_read_while_4000_items_wait() -> None:
    async def stuck(_value: Any) -> None:
        await asyncio.Event().wait()

    async def run() -> int:
        async with rs.running(rs.from_source(shelf).to(stuck, name="p"), shutdown=0.01) as run:
            while run.report["p"].received < 4_000:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.1)  # in which a reader that does not pause would go on
            return run.report["p"].received

    shelf = Shelf(*([noted(place, place) for place in range(start, start + 500)] for start in range(0, 20_000, 500)))

    assert asyncio.run(run()) == 4_000
    assert shelf.asked == [500] * 8


def test_beside_a_past_it_is_read_from_the_start_and_comes_behind_it() -> None:
    shelf = Shelf([noted("live", 0)])
    seen, read = rs.to_list(), []
    past = rs.from_history([(0, "past"), (0.1, "past")], unit="s")
    rs.run(past.pipe(ops.merge(rs.from_source(shelf))).to(seen), speed=1, on_live=lambda: read.append(len(shelf.asked)))

    assert seen.items == ["past", "past", "live"]
    assert read[0] > 0


# What is refused


def test_a_method_that_is_missing_is_named(refusal: Refusal) -> None:
    class Half:
        def open(self, positions: Any) -> None: ...

        def read(self, max_items: int) -> None: ...

    source: Any = Half()

    assert refusal(lambda: rs.from_source(source)) == (
        "from_source: source must have the methods open, read, commit and close; "
        "Half has no commit and no close. Add what is missing, see rs.Source."
    )


def test_a_class_is_refused(refusal: Refusal) -> None:
    source: Any = Shelf

    assert refusal(lambda: rs.from_source(source)) == (
        "from_source: source must be an object; got the class Shelf. Call it: Shelf(…)."
    )


def test_an_operator_that_may_lose_records_is_refused_behind_it() -> None:
    build: Callable[[], object] = lambda: rs.collect(rs.from_source(Shelf()).pipe(rx.pairwise()))  # noqa: E731 - one line
    with pytest.raises(rs.UntrackedOperatorError, match=r"behind from_source\(Shelf\)"):
        build()


def test_a_source_is_told_by_its_methods() -> None:
    assert isinstance(Shelf(), rs.Source)
