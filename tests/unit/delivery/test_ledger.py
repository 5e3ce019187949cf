"""The ledger: which records are still being worked on, and how far their source may commit."""

import asyncio
import gc
import weakref
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rxstream.core import Poll, Span
from rxstream.delivery import Ledger
from tests.unit.delivery.belt import FEED, Record, spans_of

HERE = ("belt", 0)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(FEED)


def records_at(*positions: int) -> list[Record]:
    return [Record(0, position, None) for position in positions]


def opened(ledger: Ledger, records: list[Record]) -> Any:
    return ledger.open(Poll(records, spans_of(records)))


def safe(ledger: Ledger) -> int | None:
    """The position that could be committed now; None where there is none."""
    return ledger.commits().get(HERE)


def test_nothing_read_is_nothing_to_commit(ledger: Ledger) -> None:
    assert ledger.commits() == {}


def test_an_open_batch_holds_everything(ledger: Ledger) -> None:
    opened(ledger, records_at(0, 1, 2))

    assert safe(ledger) is None


def test_a_closed_batch_that_nobody_holds_is_settled(ledger: Ledger) -> None:
    opened(ledger, records_at(0, 1, 2)).close()

    assert safe(ledger) == 3


def test_a_pinned_record_holds_the_position_at_itself(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(0, 1, 2))
    batch.pin(Record(0, 1, None), waiting=True)
    batch.close()

    assert safe(ledger) == 1


def test_a_record_pinned_twice_is_settled_with_the_second_unpin(ledger: Ledger) -> None:
    batch, [record] = opened(ledger, records_at(0)), records_at(0)
    batch.pin(record, waiting=True)
    batch.pin(record, waiting=True)
    batch.close()

    batch.unpin(record, waiting=True)
    once = safe(ledger)
    batch.unpin(record, waiting=True)

    assert (once, safe(ledger)) == (None, 1)


def test_a_batch_held_as_a_whole_holds_all_of_it(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(5, 6))
    batch.hold_all()
    batch.close()
    held = safe(ledger)

    batch.release_all()

    assert (held, safe(ledger)) == (None, 7)


def test_what_is_settled_behind_a_stuck_record_waits(ledger: Ledger) -> None:
    stuck = opened(ledger, records_at(0))
    stuck.pin(Record(0, 0, None), waiting=True)
    stuck.close()
    for position in range(1, 500):
        opened(ledger, records_at(position)).close()
    before = safe(ledger)

    stuck.unpin(Record(0, 0, None), waiting=True)

    assert (before, safe(ledger)) == (0, 500)


def test_gaps_between_positions_are_no_hindrance(ledger: Ledger) -> None:
    opened(ledger, records_at(0, 10)).close()
    opened(ledger, records_at(100, 1000)).close()

    assert safe(ledger) == 1001


def test_partitions_are_settled_each_by_itself(ledger: Ledger) -> None:
    records = [Record(0, 0, None), Record(1, 7, None)]
    batch = opened(ledger, records)
    batch.pin(records[0], waiting=True)
    batch.close()

    assert ledger.commits() == {("belt", 1): 8}


def test_what_is_committed_need_not_be_again(ledger: Ledger) -> None:
    opened(ledger, records_at(0, 1)).close()
    ledger.note_committed(ledger.commits())

    assert ledger.commits() == {}


def test_nothing_settled_is_nothing_to_commit(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(5))
    batch.pin(Record(0, 5, None), waiting=True)
    batch.close()

    # Else a source that begins elsewhere than where its group is would move the group there.
    assert ledger.commits() == {}


def test_a_pass_that_broke_leaves_its_record_and_all_behind_unsettled(ledger: Ledger) -> None:
    records = records_at(0, 1, 2, 3)

    opened(ledger, records).close_at(records[2])

    assert safe(ledger) == 2


def test_a_pass_that_broke_at_a_record_that_is_held_leaves_it_unsettled_for_ever(ledger: Ledger) -> None:
    records = records_at(0, 1)
    batch = opened(ledger, records)
    batch.pin(records[1], waiting=True)
    batch.close_at(records[1])

    batch.unpin(records[1], waiting=True)

    assert safe(ledger) == 1


def test_a_pass_that_broke_in_a_batch_that_is_held_leaves_it_unsettled_for_ever(ledger: Ledger) -> None:
    records = records_at(0, 1)
    batch = opened(ledger, records)
    batch.hold_all()
    batch.close_at(records[1])

    batch.release_all()

    assert safe(ledger) == 1


def test_a_pass_that_broke_before_its_first_record_settles_nothing(ledger: Ledger) -> None:
    opened(ledger, records_at(0, 1)).close_at(None)

    assert safe(ledger) is None


def test_committed_are_counted_as_records_and_not_as_positions(ledger: Ledger) -> None:
    opened(ledger, records_at(0, 10, 20)).close()
    ledger.note_committed(ledger.commits())

    assert ledger.committed == 3


def test_unsettled_are_counted_as_records_and_not_as_positions(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(0, 10, 20))
    batch.hold_all()
    batch.close()

    assert ledger.unsettled == 3


def test_a_forgotten_partition_is_not_committed(ledger: Ledger) -> None:
    opened(ledger, records_at(0)).close()

    ledger.forget([HERE])

    assert ledger.commits() == {}


def test_a_forgotten_partition_begins_anew(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(0, 1))
    batch.pin(Record(0, 0, None), waiting=True)
    batch.close()
    ledger.forget([HERE])

    opened(ledger, records_at(1, 2)).close()

    assert safe(ledger) == 3


def test_what_was_held_of_a_forgotten_partition_can_be_released(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(0))
    batch.pin(Record(0, 0, None), waiting=True)
    batch.close()
    ledger.forget([HERE])

    batch.unpin(Record(0, 0, None), waiting=True)

    assert (ledger.commits(), ledger.waiting) == ({}, 0)


def test_a_commit_that_is_answered_after_its_partition_was_forgotten_does_no_harm(ledger: Ledger) -> None:
    opened(ledger, records_at(0)).close()
    positions = ledger.commits()
    ledger.forget([HERE])

    ledger.note_committed(positions)

    assert ledger.commits() == {}


def test_records_that_wait_for_work_take_room(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(*range(10)))
    for record in records_at(*range(10)):
        batch.pin(record, waiting=True)

    assert (ledger.waiting, ledger.has_room) == (10, False)


def test_records_kept_as_state_take_no_room(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(*range(20)))
    for record in records_at(*range(20)):
        batch.pin(record, waiting=False)

    assert (ledger.waiting, ledger.has_room) == (0, True)


def test_there_is_room_again_when_a_quarter_of_it_is_free(ledger: Ledger) -> None:
    records = records_at(*range(10))
    batches = [opened(ledger, [record]) for record in records]
    for batch, record in zip(batches, records, strict=True):
        batch.pin(record, waiting=True)

    first = zip(batches[:3], records[:3], strict=True)
    room = [(batch.unpin(record, waiting=True), ledger.has_room)[1] for batch, record in first]

    assert room == [False, False, True]


def test_there_is_room_for_a_poll_of_any_size_where_nothing_waits(ledger: Ledger) -> None:
    opened(ledger, records_at(*range(100))).close()

    assert ledger.has_room


def test_a_batch_held_twice_over_takes_room_once(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(0, 1, 2))
    batch.hold_all()
    batch.hold_all()
    batch.pin(Record(0, 0, None), waiting=True)

    assert ledger.waiting == 3


def test_who_waits_for_room_is_woken(ledger: Ledger) -> None:
    async def wait() -> bool:
        batch = opened(ledger, records_at(*range(10)))
        batch.hold_all()
        waiting = asyncio.ensure_future(ledger.wait_room())
        await asyncio.sleep(0)
        blocked = not waiting.done()
        batch.release_all()
        await asyncio.wait_for(waiting, 30)
        return blocked

    assert asyncio.run(wait())


@dataclass
class Model:
    """A batch as it should be."""

    batch: Any
    records: list[Record]
    open: bool = True
    whole: int = 0
    pins: Counter[Record] = field(default_factory=Counter)
    waiting: int = 0

    @property
    def all_of_it(self) -> bool:
        """Whether every record of it is unsettled."""
        return self.open or self.whole > 0


def above(ledger: Ledger) -> list[tuple[int, int]]:
    """The ranges settled above the position that could be committed."""
    return list(ledger.above(HERE))


def test_what_is_settled_above_a_record_that_is_not_is_told_in_ranges(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(0, 1, 2, 3, 4, 5))
    batch.pin(Record(0, 1, None), waiting=True)
    batch.pin(Record(0, 4, None), waiting=True)
    batch.close()

    assert (safe(ledger), above(ledger)) == (1, [(2, 4), (5, 6)])


def test_a_batch_that_is_being_worked_on_is_not_settled_above_another(ledger: Ledger) -> None:
    stuck = opened(ledger, records_at(0, 1))
    stuck.pin(Record(0, 0, None), waiting=True)
    stuck.close()
    opened(ledger, records_at(2, 3)).hold_all()
    opened(ledger, records_at(4, 5)).close()

    assert above(ledger) == [(1, 2), (4, 6)]


def test_one_record_that_waits_keeps_no_others_from_being_read_however_large_polls_are(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(*range(10)))
    for position in range(10):
        batch.pin(Record(0, position, None), waiting=True)
    full = ledger.has_room
    for position in range(1, 10):
        batch.unpin(Record(0, position, None), waiting=True)

    assert (full, ledger.has_room) == (False, True)


def test_where_everything_is_settled_nothing_is_above(ledger: Ledger) -> None:
    opened(ledger, records_at(0, 1)).close()

    assert above(ledger) == []


def test_what_is_settled_is_not_kept_because_something_else_of_its_batch_is_not(ledger: Ledger) -> None:
    class Kept:
        partition, position = 0, 0

    records = [Kept() for _ in range(3)]
    for position, record in enumerate(records):
        record.position = position
    batch = ledger.open(Poll(records, (Span(HERE, 0, 3, 3),)))
    batch.pin(records[1], waiting=False)
    batch.close()
    ledger.commits()
    settled, held = weakref.ref(records[2]), weakref.ref(records[1])
    del records, record
    gc.collect()

    assert (settled(), held() is None) == (None, False)


def test_what_was_settled_above_is_to_be_committed_once(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(0, 1, 2))
    batch.pin(Record(0, 0, None), waiting=True)
    batch.close()
    first = ledger.commits()
    ledger.note_committed(first)

    assert (first, ledger.commits()) == ({HERE: 0}, {})


def test_what_could_not_be_committed_is_to_be_committed_still(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(0, 1, 2))
    batch.pin(Record(0, 0, None), waiting=True)
    batch.close()
    ledger.commits()
    ledger.note_committed({})

    assert ledger.commits() == {HERE: 0}


def test_what_is_settled_while_a_commit_is_under_way_is_to_be_committed_next(ledger: Ledger) -> None:
    batch = opened(ledger, records_at(0, 1, 2, 3))
    batch.pin(Record(0, 0, None), waiting=True)
    batch.pin(Record(0, 2, None), waiting=True)
    batch.close()
    under_way = ledger.commits()
    batch.unpin(Record(0, 2, None), waiting=True)
    ledger.note_committed(under_way)

    assert ledger.commits() == {HERE: 0}


class Interleavings(RuleBasedStateMachine):
    """Batches of two partitions are opened, held, released and closed in any order."""

    @initialize()
    def begin(self) -> None:
        self.ledger = Ledger(FEED)
        self.committed: dict[Any, int] = {}
        self.models: list[Model] = []
        self.ends = {0: 0, 1: 0}
        self.seen: dict[int, int] = {}

    @rule(steps=st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(1, 3)), min_size=1, max_size=5))
    def open(self, steps: list[tuple[int, int]]) -> None:
        records = []
        for partition, step in steps:
            position = self.ends[partition] + step - 1
            records.append(Record(partition, position, None))
            self.seen.setdefault(partition, position)
            self.ends[partition] += step
        self.models.append(Model(self.ledger.open(Poll(records, spans_of(records))), records))

    def one_of(self, data: Any, models: list[Model]) -> Model:
        return models[data.draw(st.integers(0, len(models) - 1))]

    @precondition(lambda self: any(model.all_of_it for model in self.models))
    @rule(data=st.data(), waiting=st.booleans())
    def pin(self, data: Any, waiting: bool) -> None:
        model = self.one_of(data, [model for model in self.models if model.all_of_it])
        record = data.draw(st.sampled_from(model.records))
        model.batch.pin(record, waiting)
        model.pins[(record, waiting)] += 1

    @precondition(lambda self: any(model.pins for model in self.models))
    @rule(data=st.data())
    def unpin(self, data: Any) -> None:
        model = self.one_of(data, [model for model in self.models if model.pins])
        record, waiting = pinned = data.draw(st.sampled_from(sorted(model.pins)))
        model.batch.unpin(record, waiting)
        model.pins -= Counter([pinned])

    @precondition(lambda self: any(model.all_of_it for model in self.models))
    @rule(data=st.data())
    def hold_all(self, data: Any) -> None:
        model = self.one_of(data, [model for model in self.models if model.all_of_it])
        model.batch.hold_all()
        model.whole += 1

    @precondition(lambda self: any(model.whole for model in self.models))
    @rule(data=st.data())
    def release_all(self, data: Any) -> None:
        model = self.one_of(data, [model for model in self.models if model.whole])
        model.batch.release_all()
        model.whole -= 1

    @precondition(lambda self: any(model.open for model in self.models))
    @rule(data=st.data())
    def close(self, data: Any) -> None:
        model = self.one_of(data, [model for model in self.models if model.open])
        model.batch.close()
        model.open = False

    @rule()
    def commit(self) -> None:
        self.committed |= (positions := self.ledger.commits())
        self.ledger.note_committed(positions)

        records = [record for model in self.models for record in model.records]
        below = [record for record in records if record.position < self.committed.get(("belt", record.partition), 0)]
        assert self.ledger.committed == len(below)

    def safe(self, partition: int) -> int:
        return self.ledger.commits().get(("belt", partition), self.seen[partition])

    def unsettled(self, partition: int) -> list[tuple[int, bool]]:
        """Positions that are unsettled, and whether all of their batch is."""
        return sorted(
            (record.position, model.all_of_it)
            for model in self.models
            for record in model.records
            if record.partition == partition
            and (model.all_of_it or model.pins[record, True] + model.pins[record, False])
        )

    @invariant()
    def the_safe_position_passes_no_unsettled_record_and_never_goes_back(self) -> None:
        for partition in self.seen:
            found, unsettled = self.safe(partition), self.unsettled(partition)
            assert self.seen[partition] <= found <= min(unsettled, default=(self.ends[partition], True))[0]
            if unsettled and not unsettled[0][1]:
                assert found == unsettled[0][0]
            self.seen[partition] = found

    @invariant()
    def what_is_settled_above_is_known_and_nothing_else(self) -> None:
        for partition in self.seen:
            unsettled = {position for position, _ in self.unsettled(partition)}
            read = {
                record.position for model in self.models for record in model.records if record.partition == partition
            }
            above = {
                position
                for position in read
                for first, end in self.ledger.above(("belt", partition))
                if first <= position < end
            }
            assert above == {
                position for position in read - unsettled if position > min(unsettled, default=self.ends[partition])
            }

    @invariant()
    def as_many_wait_as_there_are(self) -> None:
        assert self.ledger.waiting == sum(
            len(model.records)
            if model.whole
            else min(len(model.records), sum(count for (_, waiting), count in model.pins.items() if waiting))
            for model in self.models
        )

    def teardown(self) -> None:
        for model in self.models:
            for (record, waiting), count in model.pins.items():
                for _ in range(count):
                    model.batch.unpin(record, waiting)
            for _ in range(model.whole):
                model.batch.release_all()
            if model.open:
                model.batch.close()
        assert {partition: self.safe(partition) for partition in self.seen} == {
            partition: end for partition, end in self.ends.items() if end
        }
        assert (self.ledger.unsettled, self.ledger.waiting) == (0, 0)


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
