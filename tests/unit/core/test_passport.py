"""The slot that names the record being worked on, and the holds that keep one."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.core import UNSET, Hold, Slot, item_key, passport, source_event, thread_slot


class Batch:
    """A batch that writes down who holds what."""

    tracks = True

    def __init__(self) -> None:
        self.pins: list[Any] = []

    def lift(self, record: Any) -> rs.Event[Any]:
        return rs.Event(record, key="lifted")

    def pin(self, record: Any, waiting: bool) -> None:
        self.pins.append(record)

    def unpin(self, record: Any, waiting: bool) -> None:
        self.pins.remove(record)

    def hold_all(self) -> None:
        raise AssertionError("nobody holds a whole batch here")

    release_all = hold_all


@pytest.fixture
def batch() -> Batch:
    return Batch()


@pytest.fixture
def slot(batch: Batch) -> Iterator[Slot]:
    """This thread's slot, which names the record 7."""
    slot = thread_slot()
    slot.event, slot.batch = 7, batch
    yield slot
    slot.clear()


def test_outside_of_any_run_there_is_no_event() -> None:
    assert rs.current_event() is None


@pytest.mark.usefixtures("slot")
def test_an_event_is_lifted_when_it_is_asked_for() -> None:
    assert rs.current_event() == rs.Event(7, key="lifted")


def test_what_operators_said_of_the_key_counts(slot: Slot) -> None:
    slot.key = None

    assert (rs.current_event(), item_key(slot)) == (rs.Event(7), None)


def test_an_items_passport_has_the_items_value(slot: Slot) -> None:
    assert passport(slot, "item") == rs.Event("item", key="lifted")


def test_the_source_event_is_as_the_source_made_it(slot: Slot) -> None:
    slot.key = "new"

    assert source_event(slot) == rs.Event(7, key="lifted")


@pytest.mark.usefixtures("slot")
def test_every_thread_has_a_slot_of_its_own() -> None:
    seen: list[object] = []

    thread = threading.Thread(target=lambda: seen.append(rs.current_event()))
    thread.start()
    thread.join()

    assert seen == [None]


def test_a_hold_pins_its_record(slot: Slot, batch: Batch) -> None:
    Hold(slot, waiting=True)

    assert batch.pins == [7]


def test_a_released_hold_pins_nothing(slot: Slot, batch: Batch) -> None:
    Hold(slot, waiting=True).release()

    assert batch.pins == []


def test_a_hold_of_two_units_takes_two_to_release(slot: Slot, batch: Batch) -> None:
    hold = Hold(slot, waiting=True).again()

    hold.release()
    once = list(batch.pins)
    hold.release()

    assert (once, batch.pins) == ([7], [])


def test_releasing_twice_settles_once(slot: Slot, batch: Batch) -> None:
    kept, hold = Hold(slot, waiting=True), Hold(slot, waiting=True)

    hold.release()
    hold.release()

    assert (batch.pins, kept.units) == ([7], 1)


def test_what_is_kept_of_something_kept_holds_it_too(slot: Slot, batch: Batch) -> None:
    slot.hold = outer = Hold(slot, waiting=True)
    inner = Hold(slot, waiting=True)

    outer.release()
    pinned = list(batch.pins)
    inner.release()

    assert (pinned, batch.pins) == ([7, 7], [])


def test_a_joint_hold_settles_all_its_parts(slot: Slot, batch: Batch) -> None:
    parts = [Hold(slot, waiting=False) for _ in range(3)]
    joint = Hold.joint(rs.Event("all"), parts)

    joint.release()

    assert batch.pins == []


def test_a_hold_of_thousands_of_parts_is_released_without_recursion(slot: Slot, batch: Batch) -> None:
    hold = Hold(slot, waiting=False)
    for _ in range(5_000):
        hold = Hold.joint(rs.Event("nested"), [hold])

    hold.release()

    assert batch.pins == []


def test_under_a_hold_an_item_is_handed_on_with_its_passport(slot: Slot) -> None:
    slot.key = "kept"
    hold, seen = Hold(slot, waiting=False), []
    slot.clear()

    hold.emit(lambda item: seen.append((item, rs.current_event())), "item")

    assert seen == [("item", rs.Event(7, key="kept"))]


def test_after_a_hold_handed_on_the_slot_is_as_before(slot: Slot) -> None:
    hold = Hold(slot, waiting=False)
    slot.event, slot.key = 8, "other"

    hold.emit(lambda _: None, "item")

    assert (slot.event, slot.key, slot.hold) == (8, "other", None)


def test_after_a_hold_handed_on_in_vain_the_slot_is_as_before(slot: Slot) -> None:
    hold = Hold(slot, waiting=False)
    slot.clear()

    with pytest.raises(ZeroDivisionError):
        hold.emit(lambda _: 1 / 0, "item")

    assert slot.event is UNSET


def test_a_sink_that_feeds_another_stream_finds_its_own_event_again() -> None:
    seen: list[object] = []
    subject: Subject[str] = Subject()
    rs.from_observable(subject).pipe(ops.observe(lambda _: seen.append(rs.current_event()))).subscribe()

    def sink(_: int) -> None:
        rs.from_iterable([rs.Event("inner", key="inner")]).subscribe(lambda _: seen.append(rs.current_event()))
        seen.append(rs.current_event())

    rs.run(rs.from_iterable([rs.Event(1, key="outer")]).to(sink))

    assert seen == [rs.Event("inner", key="inner"), rs.Event(1, key="outer")]


def test_a_sinks_event_has_the_sources_value_and_the_items_key() -> None:
    seen: list[object] = []
    stream = rs.from_iterable([rs.Event(1, key="own")]).pipe(ops.map(str), ops.key_by(len))

    rs.run(stream.to(lambda _: seen.append(rs.current_event())))

    assert seen == [rs.Event(1, key=1)]


def test_work_on_something_kept_counts_as_one_record_that_waits(slot: Slot, batch: Batch) -> None:
    slot.hold = kept = Hold(slot, waiting=False)
    work = Hold(slot, waiting=True)

    pinned = list(batch.pins)
    work.release()
    kept.release()

    assert (pinned, batch.pins) == ([7, 7], [])


def test_what_nobody_wants_any_more_does_not_wait_and_is_not_settled(slot: Slot, batch: Batch) -> None:
    slot.hold = Hold(slot, waiting=False)
    work = Hold(slot, waiting=True)

    work.stop_waiting()

    assert batch.pins == [7]
