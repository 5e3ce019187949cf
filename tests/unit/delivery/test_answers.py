"""Records that are settled by an answer: ack and nack, from anywhere, once each."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.delivery.belt import Belt


def by_hand(count: int, **options: Any) -> Belt:
    """A source of so many numbers, whose records wait for answers."""
    return Belt(range(count), manual=True, **options)


def current() -> rs.Event[Any]:
    """The passport of the value at hand."""
    event = rs.current_event()
    assert event is not None
    return event


def answered(belt: Belt, answer: Callable[[rs.Event[Any]], None], **options: Any) -> rs.Report:
    """Run a pipeline whose sink answers each record."""
    return rs.run(belt.stream.to(lambda _: answer(current()), name="p", **options))


def test_what_is_acknowledged_is_settled() -> None:
    belt = by_hand(5)
    answered(belt, lambda event: event.ack())

    assert belt.committed == 5


def test_what_is_not_answered_is_not_settled() -> None:
    belt = by_hand(5)
    answered(belt, lambda event: event.ack() if event.value != 3 else None)

    assert belt.committed == 3


def test_what_is_dropped_is_not_settled_without_an_answer() -> None:
    belt = by_hand(5)
    rs.run(belt.stream.pipe(ops.filter(lambda _: False)).to(print))

    assert belt.committed == 0


def test_an_acknowledged_record_is_not_settled_before_its_sink_has_it() -> None:
    belt, committed = by_hand(2), []

    class Slow:
        async def open(self) -> None:
            """Nothing to get ready."""

        async def write(self, batch: Any) -> None:
            await asyncio.sleep(0.05)
            committed.append(belt.committed)

        async def close(self) -> None:
            """Nothing to let go of."""

    rs.run(belt.stream.pipe(ops.observe(lambda _: current().ack())).to(Slow()))

    assert (committed, belt.committed) == ([0], 2)


@pytest.mark.parametrize("first", ["ack", "nack"])
def test_a_second_answer_does_nothing(first: str) -> None:
    belt, failed = by_hand(1), []

    def answer(event: rs.Event[Any]) -> None:
        event.ack() if first == "ack" else event.nack("first")
        event.ack()
        current().nack("second")

    answered(belt, answer, on_error=lambda _event, error: failed.append(str(error)))

    assert (belt.committed, failed) == (1, [] if first == "ack" else ["first"])


def test_events_can_be_answered_later() -> None:
    belt, kept = by_hand(5), rs.to_list()

    async def answer_all() -> None:
        while len(kept.items) < 5:
            await asyncio.sleep(0.001)
        for event in reversed(kept.items):
            event.replace(value="other").ack()

    rs.run(belt.stream.pipe(ops.events()).to(kept), answer_all)

    assert belt.committed == 5


def test_a_thread_may_answer() -> None:
    belt = by_hand(5)

    async def answer_elsewhere(_value: Any) -> None:
        await asyncio.to_thread(current().ack)

    rs.run(belt.stream.to(answer_elsewhere))

    assert belt.committed == 5


def test_a_thread_that_is_not_waited_for_may_answer() -> None:
    belt, done = by_hand(1), threading.Event()

    def answer(event: rs.Event[Any]) -> None:
        def work() -> None:
            event.ack()
            done.set()

        threading.Thread(target=work).start()

    async def wait(_value: Any) -> None:
        answer(current())
        while belt.committed == 0 and not done.is_set():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)

    rs.run(belt.stream.to(wait))

    assert belt.committed == 1


def test_a_refused_record_goes_to_the_handler_with_the_reason() -> None:
    belt, failed = by_hand(3), []
    reason = LookupError("no such customer")

    def note(event: rs.Event[Any], error: BaseException) -> None:
        failed.append((event.value, error, rs.error_context(error).operator))

    report = answered(belt, lambda event: event.nack(reason) if event.value == 1 else event.ack(), on_error=note)

    assert (failed, belt.committed, report["p"].failed) == ([(1, reason, "nack")], 3, 1)


def test_a_reason_in_words_is_a_delivery_error() -> None:
    with pytest.raises(rs.DeliveryError, match=r"^not today"):
        answered(by_hand(1), lambda event: event.nack("not today"))


def test_a_refused_record_that_no_handler_takes_ends_the_run_unsettled() -> None:
    belt = by_hand(5, size=1)

    with pytest.raises(rs.DeliveryError):
        answered(belt, lambda event: event.nack("no") if event.value == 2 else event.ack())
    assert belt.committed == 2


def test_a_refused_record_is_settled_when_its_letter_is_confirmed() -> None:
    belt, letters = by_hand(3), rs.to_list()
    answered(belt, lambda event: event.nack("no"), on_error=rs.handlers.dead_letter(letters))

    assert (letters.items, belt.committed) == ([0, 1, 2], 3)


def test_a_source_pauses_while_too_many_wait_for_answers() -> None:
    belt, kept, most = by_hand(100, size=5, max_in_flight=20), rs.to_list(), []

    async def answer_slowly() -> None:
        answered = 0
        while answered < 100:
            await asyncio.sleep(0.002)
            most.append(len(kept.items) - answered)
            for event in kept.items[answered:]:
                event.ack()
                answered += 1

    rs.run(belt.stream.pipe(ops.events()).to(kept), answer_slowly)

    assert 5 < max(most) <= 20
    assert belt.committed == 100


def test_an_event_that_needs_no_answer_says_so() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.Event("x").ack()

    assert str(caught.value) == (
        "Event.ack: the source must be read with ack=\"manual\"; got Event('x'), which is settled without an answer. "
        'Leave the call out, or read with ack="manual".'
    )


@given(order=st.permutations(range(12)), cut=st.integers(0, 12), size=st.sampled_from([1, 3, 12]))
def test_answers_in_any_order_settle_what_is_below_the_first_that_misses(order: list[int], cut: int, size: int) -> None:
    belt, kept = by_hand(12, size=size), rs.to_list()

    async def answer_some() -> None:
        while len(kept.items) < 12:
            await asyncio.sleep(0)
        for place in order[:cut]:
            kept.items[place].ack()

    rs.run(belt.stream.pipe(ops.events()).to(kept), answer_some)

    assert belt.committed == min(order[cut:], default=12)
