"""Fusion: adjacent operators become one generated function."""

import traceback
from collections.abc import Callable
from functools import reduce
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import InBatches

ListStep = Callable[[list[int]], list[int]]

#: Each step as an operator, and as one would write it for a list.
STEPS: dict[str, tuple[Callable[[], Any], ListStep]] = {
    "map": (lambda: ops.map(lambda x: x * 2 + 1), lambda items: [x * 2 + 1 for x in items]),
    "filter": (lambda: ops.filter(lambda x: x % 3), lambda items: [x for x in items if x % 3]),
    "flat_map": (lambda: ops.flat_map(lambda x: [x] * (x % 3)), lambda items: [x for x in items for _ in range(x % 3)]),
    "process": (
        lambda: ops.process(lambda x: x - 1 if x % 5 else None),
        lambda items: [x - 1 for x in items if x % 5],
    ),
    "scan": (lambda: ops.scan(lambda total, x: total + x, 0), lambda items: list(accumulate(items))),
    "count by key": (
        lambda: ops.scan_by_key(lambda n, _: n + 1, 0, key=lambda x: x % 2),
        lambda items: [sum(y % 2 == x % 2 for y in items[: place + 1]) for place, x in enumerate(items)],
    ),
    "key_by": (lambda: ops.key_by(lambda x: x % 2), lambda items: items),
    "observe": (lambda: ops.observe(lambda _: None), lambda items: items),
    "there and back": (lambda: lambda stream: stream.pipe(ops.events(), ops.values()), lambda items: items),
    "take": (lambda: ops.take(5), lambda items: items[:5]),
    "reactivex's map": (lambda: rx.map(lambda x: x + 1), lambda items: [x + 1 for x in items]),
    "merged with itself": (
        lambda: lambda stream: stream.pipe(ops.merge(stream)),
        lambda items: [x for x in items for _ in range(2)],
    ),
}
CHAINS = st.lists(st.sampled_from(sorted(STEPS)), max_size=6)


@given(st.lists(st.integers(0, 99), max_size=30), CHAINS, st.sampled_from([1, 2, 7, 1000]))
def test_any_chain_over_any_batches_gives_what_lists_give(
    in_batches: InBatches, items: list[int], names: list[str], size: int
) -> None:
    made = [STEPS[name] for name in names]

    found = rs.collect(in_batches(rs.from_iterable(items), size).pipe(*(step() for step, _ in made)))

    assert found == reduce(lambda so_far, step: step[1](so_far), made, items)


@given(st.lists(st.integers(0, 99), max_size=30), CHAINS)
def test_a_plain_subscription_of_any_chain_gives_what_lists_give(items: list[int], names: list[str]) -> None:
    made, found = [STEPS[name] for name in names], []

    rs.from_iterable(items).pipe(*(step() for step, _ in made)).subscribe(found.append)

    assert found == reduce(lambda so_far, step: step[1](so_far), made, items)


@given(st.lists(st.integers(0, 99), max_size=30), CHAINS)
def test_any_chain_taken_apart_by_foreign_operators_gives_the_same(items: list[int], names: list[str]) -> None:
    made = [STEPS[name] for name in names]
    apart = [step for made_by, _ in made for step in (made_by(), rx.map(lambda x: x))]

    assert rs.collect(rs.from_iterable(items).pipe(*apart)) == reduce(lambda so_far, step: step[1](so_far), made, items)


@given(st.lists(st.integers(0, 99), max_size=30), CHAINS, st.sampled_from([1, 2, 7, 1000]))
def test_any_chain_lets_the_same_items_fail_over_any_batches(
    in_batches: InBatches, items: list[int], names: list[str], size: int
) -> None:
    chain = [ops.observe(lambda x: 1 / (x % 4)), *(STEPS[name][0]() for name in names)]

    found = rs.collect(in_batches(rs.from_iterable(items), size).pipe(*chain), on_error=rs.handlers.skip())

    assert found == rs.collect(rs.from_iterable([x for x in items if x % 4]).pipe(*chain))


def generated(capsys: pytest.CaptureFixture[str], stream: rs.Stream[Any]) -> list[str]:
    """The names of the parts that a stream's code was generated for."""
    stream.explain()
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith("# ")]


def test_adjacent_operators_become_one_function(capsys: pytest.CaptureFixture[str]) -> None:
    stream = rs.from_iterable([1]).pipe(ops.map(str), ops.filter(len), ops.key_by(str), ops.observe(print))

    assert generated(capsys, stream) == ["# from_iterable → map → filter → key_by → observe: one function"]


def test_a_foreign_operator_stands_between_two_functions(capsys: pytest.CaptureFixture[str]) -> None:
    stream = rs.from_iterable([1]).pipe(ops.map(str), rx.distinct(), ops.filter(len), ops.map(len))

    assert generated(capsys, stream) == [
        "# from_iterable → map: one function",
        "# distinct: one item at a time",
        "# filter → map: one function",
    ]


def frames_of(*steps: Any) -> list[traceback.FrameSummary]:
    """The frames of rxstream's generated code in the traceback of what a chain raises."""
    with pytest.raises(ZeroDivisionError) as caught:
        rs.collect(rs.from_iterable([1, 0]).pipe(*steps))
    frames = traceback.extract_tb(caught.value.__traceback__)
    return [frame for frame in frames if frame.filename.startswith("<rxstream")]


def test_a_traceback_shows_the_generated_line() -> None:
    frames = frames_of(ops.filter(lambda x: x < 5), ops.map(lambda x: 1 / x), ops.observe(print))

    assert [frame.line for frame in frames] == ["value = f_2(value)  # map"]


def test_a_traceback_names_what_the_code_is_made_of() -> None:
    [frame] = frames_of(ops.map(lambda x: 1 / x))

    assert frame.filename.startswith("<rxstream from_iterable → map → list.append ")


def test_a_traceback_goes_on_to_the_users_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        rs.collect(rs.from_iterable([0]).pipe(ops.map(lambda x: 1 / x)))

    assert traceback.extract_tb(caught.value.__traceback__)[-1].filename == __file__


@pytest.mark.parametrize("place", range(5))
def test_an_error_names_the_one_of_many_that_failed(place: int) -> None:
    steps = [ops.map(lambda x: x + 1) for _ in range(5)]
    steps[place] = ops.observe(lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError) as caught:
        rs.collect(rs.from_iterable([10]).pipe(*steps))

    assert rs.error_context(caught.value) == ("pipeline-1", "observe", 10 + place)


def test_an_error_of_a_sink_names_the_sink() -> None:
    def store(_: int) -> None:
        raise ValueError("full")

    with pytest.raises(ValueError, match="full") as caught:
        rs.run(rs.from_iterable([7]).pipe(ops.map(str)).to(store, name="numbers"))

    assert rs.error_context(caught.value) == ("numbers", "store", "7")


def test_an_errors_notes_name_pipeline_operator_and_event() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        rs.run(rs.from_iterable([rs.Event(0, key="k")]).pipe(ops.map(lambda x: 1 / x)).to(print, name="numbers"))

    assert caught.value.__notes__ == ["pipeline 'numbers', operator 'map', event Event(0, key='k')"]


def test_an_error_that_passed_through_no_pipeline_has_no_context() -> None:
    assert rs.error_context(ValueError()) == (None, None, None)


@pytest.mark.parametrize("count", [60, 61, 500, 3000])
def test_any_number_of_operators_can_be_fused(count: int) -> None:
    assert rs.collect(rs.from_iterable([0, 1]).pipe(*[ops.map(lambda x: x + 1)] * count)) == [count, count + 1]


def test_an_error_far_down_a_long_chain_names_its_operator() -> None:
    steps = [*[ops.map(lambda x: x + 1)] * 100, ops.observe(lambda _: 1 / 0), *[ops.map(str)] * 100]

    with pytest.raises(ZeroDivisionError) as caught:
        rs.collect(rs.from_iterable([0]).pipe(*steps))

    assert rs.error_context(caught.value) == ("pipeline-1", "observe", 100)


def test_users_names_cannot_get_in_the_way() -> None:
    def value(value_1: int) -> int:
        emit = slot = stop = fail = value_1
        return (emit + slot + stop + fail) // 4 + 1

    assert rs.collect(rs.from_iterable([1]).pipe(ops.map(value), ops.map(value))) == [3]


def test_a_function_that_asks_for_its_item_again_gets_the_same() -> None:
    steps = ops.map(lambda x: (x, rs.current_event().value)), ops.map(lambda pair: (*pair, rs.current_event().value))

    assert rs.collect(rs.from_iterable([1, 2]).pipe(*steps)) == [(1, 1, 1), (2, 2, 2)]


def test_users_words_in_notes_are_no_code(tmp_path: Path) -> None:
    path = tmp_path / "left dropped\nraise SystemExit"

    rs.run(rs.from_iterable(["a"]).pipe(ops.map(str.upper)).to(rs.to_file(path, format="lines")))

    assert path.read_text() == "A\n"
