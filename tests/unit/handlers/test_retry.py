"""What failed is tried again where it failed, while later items of its key wait behind it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt
from tests.unit.handlers.unsteady import UnsteadySink, unsteady

KEYED = [rs.Event(f"{key}{number}", key=key) for number in range(3) for key in "ab"]


def again(attempts: int = 3, **options: Any) -> Any:
    """A handler whose waits are exactly a second."""
    return rs.handlers.retry(attempts, **{"delay": 1, "backoff": 1, "jitter": 0, **options})


def by_key(items: list[str]) -> dict[str, list[str]]:
    """Items whose first letter is their key, in their order."""
    found = defaultdict(list)
    for item in items:
        found[item[0]].append(item)
    return dict(found)


# Where it failed


FAILING: list[Callable[[Any], Any]] = [
    ops.map,
    ops.filter,
    ops.observe,
    lambda take: ops.flat_map(lambda item: [take(item)]),
    ops.process,
    lambda take: ops.scan_by_key(lambda _, item: take(item), None),
]


@pytest.mark.parametrize("operator", FAILING, ids=["map", "filter", "observe", "flat_map", "process", "scan_by_key"])
def test_an_operators_function_is_called_again_until_it_succeeds(operator: Callable[[Any], Any]) -> None:
    stream = rs.from_iterable(KEYED).pipe(operator(unsteady({"a0": 2, "b1": 1})))

    assert by_key(rs.collect(stream, on_error=again())) == {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]}


def test_nothing_above_is_done_again() -> None:
    above: list[str] = []
    stream = rs.from_iterable(KEYED).pipe(ops.observe(above.append), ops.map(unsteady({"a0": 2})))
    rs.collect(stream, on_error=again())

    assert sorted(above) == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_what_follows_is_done_once() -> None:
    below: list[str] = []
    stream = rs.from_iterable(["x"]).pipe(ops.map(unsteady({"x": 2})), ops.observe(below.append))
    rs.collect(stream, on_error=again())

    assert below == ["x"]


def test_each_operator_has_its_attempts() -> None:
    first, second = unsteady({"x": 2}), unsteady({"x": 2})

    assert rs.collect(rs.from_iterable(["x"]).pipe(ops.map(first), ops.map(second)), on_error=again()) == ["x"]


def test_the_state_of_operators_is_one() -> None:
    take = unsteady({2: 1})
    stream = rs.from_iterable([1, 2, 3]).pipe(ops.map(take), ops.scan(lambda total, item: total + item, 0))

    assert rs.collect(stream, on_error=again()) == [1, 3, 6]


def test_an_awaited_function_is_called_again() -> None:
    take = unsteady({"a0": 2, "b1": 1})

    async def awaited(item: str) -> Any:
        return take(item)

    stream = rs.from_iterable(KEYED).pipe(ops.map_async(awaited, concurrency=2, order="key"))

    assert by_key(rs.collect(stream, on_error=again())) == {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]}


def test_awaited_results_keep_the_order_of_the_items_where_they_have_to() -> None:
    take = unsteady({"a0": 2})

    async def awaited(item: str) -> Any:
        return take(item)

    stream = rs.from_iterable(KEYED).pipe(ops.map_async(awaited, concurrency=4))

    assert rs.collect(stream, on_error=again()) == ["a0", "b0", "a1", "b1", "a2", "b2"]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_function_as_the_sink_is_called_again(asynchronous: bool) -> None:
    take, seen = unsteady({"a0": 2, "b1": 1}), []

    def store(item: str) -> None:
        seen.append(take(item))

    async def store_later(item: str) -> None:
        store(item)

    rs.run(rs.from_iterable(KEYED).to(store_later if asynchronous else store, on_error=again()))

    assert by_key(seen) == {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]}


def test_a_sinks_write_is_repeated_with_what_failed() -> None:
    sink = UnsteadySink({"a0": 2})
    report = rs.run(rs.from_iterable(KEYED).to(sink, on_error=again(), name="p"))

    assert (sink.written[1:], report["p"].emitted) == ([["a0"], ["a0"]], 6)


def test_a_write_that_failed_as_a_whole_is_repeated_as_a_whole() -> None:
    sink = UnsteadySink({}, down=2)
    report = rs.run(rs.from_iterable(KEYED).to(sink, on_error=again(), name="p"))

    assert sink.written == [[event.value for event in KEYED]] * 3
    assert (report["p"].emitted, report["p"].retried) == (6, 2)


def test_later_items_of_a_key_that_a_sink_refused_are_written_behind_it(marbles: Marbles) -> None:
    sink = UnsteadySink({"x": 2})
    source = marbles.hot("xab-a--b|").pipe(ops.key_by(lambda item: item == "b"))
    rs.run(source.to(sink, on_error=again(delay=2)))

    assert sink.items == ["b", "x", "a", "a", "b"]


def test_a_handler_for_some_operators_tries_again_only_those() -> None:
    above, below = unsteady({"x": 1}), unsteady({"x": 1})
    stream = rs.from_iterable(["x"]).pipe(ops.map(above), ops.catch_each(again()), ops.map(below))

    with pytest.raises(ValueError, match="x for the time 1"):
        rs.collect(stream)
    assert rs.collect(rs.from_iterable(["x"]).pipe(ops.map(unsteady({"x": 2})), ops.catch_each(again()))) == ["x"]


# When


def test_waits_grow_up_to_the_longest(marbles: Marbles) -> None:
    source = marbles.cold("a|")
    stream = source.pipe(ops.map(unsteady({"a": 4})), ops.catch_each(again(5, backoff=2, max_delay=3)))

    # after 1, 2, 3 and 3 seconds
    marbles.expect(stream, "---------(a|)")


def test_later_items_of_the_key_wait_and_others_go_on(marbles: Marbles) -> None:
    source = marbles.hot("     xab------b|")
    take = unsteady({"x": 2})
    stream = source.pipe(ops.key_by(lambda item: item == "b"), ops.map(take), ops.catch_each(again(delay=2)))

    marbles.expect(stream, "     --b-(xa)-b|")


def test_the_end_waits_for_what_is_tried_again(marbles: Marbles) -> None:
    stream = marbles.cold("a|").pipe(ops.map(unsteady({"a": 1})), ops.catch_each(again(delay=3)))

    marbles.expect(stream, "---(a|)")


def test_a_wait_is_at_most_its_share_longer_or_shorter() -> None:
    policy = rs.handlers.retry(delay=10, jitter=0.2)
    waits = [policy.wait_before(ValueError(), 1) for _ in range(200)]

    assert min(waits) >= 8  # type: ignore[type-var]  # there is a wait each time
    assert max(waits) <= 12  # type: ignore[type-var]  # likewise
    assert len(set(waits)) > 100


def test_a_window_waits_for_items_that_are_tried_again() -> None:
    noon = datetime(2024, 6, 1, 12, tzinfo=UTC)
    history = [(noon + timedelta(seconds=second), f"{second}") for second in range(30)]
    take = unsteady({"3": 2, "14": 1})
    stream = rs.from_history(history).pipe(
        ops.map(take), ops.window(rs.tumbling(10)), ops.map(lambda pane: len(pane.value))
    )

    assert rs.collect(stream, on_error=again(delay=7)) == [10, 10, 10]


# For good


def test_an_item_that_fails_to_the_last_attempt_goes_to_the_next_handler() -> None:
    letters = rs.to_list()
    handler = again(then=rs.handlers.dead_letter(letters))
    report = rs.run(
        rs.from_iterable(KEYED).pipe(ops.map(unsteady({"a0": 3}))).to(print_nothing, on_error=handler, name="p")
    )

    assert letters.items == ["a0"]
    assert (report["p"].failed, report["p"].retried, report["p"].emitted) == (1, 2, 5)


def print_nothing(_item: Any) -> None:
    """A sink that takes everything."""


def test_a_cured_item_has_not_failed() -> None:
    report = rs.run(
        rs.from_iterable(["x"]).pipe(ops.map(unsteady({"x": 2}))).to(print_nothing, on_error=again(), name="p")
    )

    assert (report["p"].failed, report["p"].retried) == (0, 2)


def test_without_another_handler_the_run_ends_with_the_last_error() -> None:
    with pytest.raises(ValueError, match="x for the time 3"):
        rs.collect(rs.from_iterable(["x"]).pipe(ops.map(unsteady({"x": 3}))), on_error=again())


def test_the_letter_says_how_often_it_was_tried() -> None:
    attempts: list[bytes | None] = []

    def note(_value: Any) -> None:
        attempts.append(rs.current_event().header("rx-attempts"))  # type: ignore[union-attr]  # there is one in a sink

    handler = again(4, then=rs.handlers.dead_letter(note))
    rs.run(rs.from_iterable(["x"]).pipe(ops.map(unsteady({"x": 9}))).to(print_nothing, on_error=handler))

    assert attempts == [b"4"]


def test_other_errors_go_to_the_next_handler_at_once() -> None:
    calls: list[str] = []

    def fail(item: str) -> None:
        calls.append(item)
        raise KeyError(item)

    handler = again(on=(ValueError, OSError), then=rs.handlers.skip())
    rs.collect(rs.from_iterable(["x"]).pipe(ops.map(fail)), on_error=handler)

    assert calls == ["x"]


def test_what_cannot_be_decoded_is_not_decoded_again(tmp_path: Any) -> None:
    (tmp_path / "rows.jsonl").write_text("{\n1\n")
    letters = rs.to_list()
    handler = again(then=rs.handlers.dead_letter(letters))
    report = rs.run(rs.from_file(tmp_path / "rows.jsonl").to(print_nothing, on_error=handler, name="p"))

    assert (letters.items, report["p"].retried) == ([b"{"], 0)


# Delivery


def test_a_record_is_settled_when_an_attempt_has_succeeded() -> None:
    belt = Belt(range(10), size=3)
    committed: list[int] = []

    def note(_item: int) -> None:
        committed.append(belt.committed)

    rs.run(belt.stream.pipe(ops.map(unsteady({4: 1}))).to(note, on_error=again(delay=0.05)))

    assert belt.committed == 10
    assert max(committed[:-6]) <= 4


def test_a_source_pauses_while_as_many_wait_as_it_may_have_in_flight() -> None:
    belt = Belt(range(100), size=5, max_in_flight=10)
    read: list[int] = []
    read_when_cured: list[int] = []

    def note(item: int) -> None:
        if item == 0:
            read_when_cured.append(len(read))

    stream = belt.stream.pipe(ops.key_by(lambda _: "one"), ops.observe(read.append), ops.map(unsteady({0: 1})))
    rs.run(stream.to(note, on_error=again(delay=0.2)))

    assert (read_when_cured, belt.committed) == ([10], 100)


Failures = st.dictionaries(st.integers(0, 19), st.sampled_from([1, 2, 4, 99]), max_size=8)


@given(
    keys=st.lists(st.sampled_from(["a", "b", None]), min_size=20, max_size=20),
    first=Failures,
    second=Failures,
    at_sink=Failures,
    down=st.integers(0, 2),
    size=st.sampled_from([1, 3, 20]),
)
def test_every_item_arrives_once_in_the_order_of_its_key_or_is_reported(
    keys: list[str | None], first: dict[int, int], second: dict[int, int], at_sink: dict[int, int], down: int, size: int
) -> None:
    belt, letters, out = Belt(range(20), size=size), rs.to_list(), UnsteadySink(at_sink, down=down)
    stream = belt.stream.pipe(
        ops.key_by(lambda item: keys[item] or "none"),
        ops.map(unsteady(first)),
        ops.filter(lambda _: True),
        ops.process(unsteady(second)),
    )
    handler = rs.handlers.retry(7, delay=0.0001, backoff=1, then=rs.handlers.dead_letter(letters))
    rs.run(stream.to(out, on_error=handler))

    lost = {item for failures in (first, second, at_sink) for item, count in failures.items() if count == 99}
    for key in set() if at_sink else set(keys):
        arrived = [item for item in out.items if keys[item] == key]
        assert arrived == sorted(arrived)
    assert (sorted(out.items), sorted(letters.items)) == (sorted(set(range(20)) - lost), sorted(lost))
    assert belt.committed == 20


# Refused


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"attempts": 0}, "retry: attempts must be a whole number of at least 1; got 0. Correct it."),
    ({"backoff": 0.5}, "retry: backoff must be a number from 1 on; got 0.5. 1 waits equally long."),
    ({"jitter": 2}, "retry: jitter must be a share from 0 to 1; got 2. 0 waits exactly."),
    (
        {"on": "ValueError"},
        "retry: on must be an exception class or a tuple of them; got 'ValueError'. Give for instance ConnectionError.",
    ),
    (
        {"then": 5},
        "retry: then must be rs.handlers.…(…) or a function of the event and the error; got 5. Give one of these.",
    ),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG, ids=[next(iter(wrong)) for wrong, _ in WRONG])
def test_wrong_arguments_are_refused_by_the_call(wrong: dict[str, Any], sentence: str, refusal: Refusal) -> None:
    assert refusal(lambda: rs.handlers.retry(**wrong)) == sentence


def test_a_plain_subscription_cannot_wait() -> None:
    stream = rs.from_iterable([1]).pipe(ops.map(str), ops.catch_each(again()))

    with pytest.raises(rs.ConfigurationError) as caught:
        stream.subscribe(print)
    assert str(caught.value) == (
        "subscribe: retry has to wait, which a plain subscription cannot do. "
        "Run it with rs.run or rs.run_async, or test it with rxstream.testing.marbles."
    )


def test_a_stopped_run_waits_for_what_is_tried_again() -> None:
    take, seen = unsteady({0: 1}), []

    async def serve() -> rs.Report:
        async with rs.running(rs.interval(0.01).pipe(ops.map(take)).to(seen.append, on_error=again(delay=0.1))) as run:
            while not run.report.pipelines[0].received:
                await asyncio.sleep(0.001)
            return await run.stop()

    report = asyncio.run(serve())

    assert 0 in seen
    assert report.reason == "stopped"
